import pytest
import torch
from torch import nn

from inkling.models.cnn import Cnn, CnnSpec
from inkling.models.zoo import count_parameters


@pytest.mark.parametrize("head", ["flatten", "average"])
@pytest.mark.parametrize("depth", [1, 3])
def test_depth_and_head(head: str, depth: int) -> None:
    spec = CnnSpec.model_validate(
        {"channels": [4, 6], "depth": depth, "head": head, "hidden": [], "batch_norm": True}
    )
    network = Cnn(spec, 10).eval()
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    convolutions = [part for part in network.modules() if isinstance(part, nn.Conv2d)]
    assert len(convolutions) == 2 * depth
    pools = [part for part in network.modules() if isinstance(part, nn.MaxPool2d)]
    assert len(pools) == (2 if head == "flatten" else 1)


def test_a_network_under_8000_parameters_fits_the_spec() -> None:
    spec = CnnSpec(channels=(9, 13, 16), depth=2, head="average", hidden=(), batch_norm=True)
    assert count_parameters(Cnn(spec, 10)) == 7882


def test_the_mean_head_does_not_care_where_the_ink_lies() -> None:
    torch.manual_seed(0)
    spec = CnnSpec(channels=(8,), head="average", hidden=())
    network = Cnn(spec, 10).eval()
    image = torch.zeros(1, 1, 28, 28)
    image[0, 0, 8:14, 8:12] = 1
    moved = image.roll((5, 6), (2, 3))
    torch.testing.assert_close(network(image), network(moved), rtol=1e-4, atol=1e-5)
