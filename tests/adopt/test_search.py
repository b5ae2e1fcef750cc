"""Which candidates a search tries."""

import torch
from torch import nn

from inkling.adopt.chain import build_chain
from inkling.adopt.choices import UserChoices, open_choices
from inkling.adopt.layers import find_layers
from inkling.adopt.named_tensors import NamedTensors
from inkling.adopt.scoring import Images
from inkling.adopt.search import Search, input_sizes


def test_an_image_is_padded_or_resized_to_a_larger_side() -> None:
    assert input_sizes(28, "pad") == [{"side": 28, "fit": "pad"}]
    assert input_sizes(32, "pad") == [{"side": 32, "fit": "pad"}, {"side": 32, "fit": "resize"}]
    assert input_sizes(32, "resize") == [{"side": 32, "fit": "resize"}]


def test_a_lenet_of_padded_images_has_the_resized_ones_as_rivals(images: Images) -> None:
    """28 pixels padded by 2 in the first convolution fit the same tensors as 32 pixels do."""
    lenet = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    named = NamedTensors(dict(lenet.state_dict()), {})
    chain = build_chain(find_layers(named))
    choices = open_choices(chain, named, UserChoices())
    first = next(iter(choices.starts(0, 1)))
    assert first.input.side == 28
    rivals = {
        (plan.input.side, plan.input.fit) for plan in Search(choices, images)._geometries(first)
    }
    assert {(32, "pad"), (32, "resize")} <= rivals
    assert torch.equal(chain.convolutions[0].layer.weights["weight"], lenet[0].weight)
