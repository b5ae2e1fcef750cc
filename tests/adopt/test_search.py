"""Which candidates a search tries."""

from dataclasses import replace

import torch
from torch import nn

from inkling.adopt.chain import build_chain
from inkling.adopt.choices import UserChoices, open_choices
from inkling.adopt.layers import find_layers
from inkling.adopt.named_tensors import NamedTensors
from inkling.adopt.scoring import Images, score_logits
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


def test_a_rare_activation_has_the_usual_ones_with_all_scalings_as_rivals() -> None:
    net = nn.Sequential(nn.Linear(784, 16), nn.SiLU(), nn.Linear(16, 10))
    named = NamedTensors(dict(net.state_dict()), {})
    choices = open_choices(build_chain(find_layers(named)), named, UserChoices())
    usual = next(iter(choices.starts(0, 1)))
    assert not choices.usual_alternatives(usual)
    rare = replace(usual, activations=("silu",) * len(usual.activations))
    rivals = choices.usual_alternatives(rare)
    assert {plan.activations[0] for plan in rivals} == {"relu", "tanh", "sigmoid"}
    assert len({(plan.input.mean, plan.input.std, plan.input.inverted) for plan in rivals}) > 5


def test_logits_of_another_size_than_calibrated_ones_score_worse() -> None:
    labels = torch.arange(10).repeat(50)
    noise = torch.randn(500, 10, generator=torch.Generator().manual_seed(0))
    logits = 3 * (3 * nn.functional.one_hot(labels, 10) + noise)  # the log of the posterior
    scores = [score_logits(factor * logits, labels) for factor in (0.3, 1, 3)]
    assert scores[1].loss < min(scores[0].loss, scores[2].loss)
    assert scores[0].accuracy == scores[1].accuracy == scores[2].accuracy
