"""The network that reads a line: shapes, and what is done to it before it is written."""

import copy

import pytest
import torch

from inkling.exporters.half import fold_norms, round_to_half
from inkling.models.line import CLASSES, LineNet
from inkling.reading.recognise.line_network import STRIDE
from inkling.reading.recognise.strip import HEIGHT


def settled() -> LineNet:
    torch.manual_seed(0)
    net = LineNet()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(4, 1, HEIGHT, 80))
    return net.eval()


@pytest.mark.parametrize("width", [STRIDE, 40, 256])
def test_four_columns_are_a_frame(width: int) -> None:
    with torch.no_grad():
        found = LineNet().eval()(torch.zeros(2, 1, HEIGHT, width))
    assert found.shape == (2, width // STRIDE, CLASSES)


def test_a_far_stroke_changes_no_frame() -> None:
    net, strip = settled(), torch.rand(1, 1, HEIGHT, 200)
    other = strip.clone()
    other[..., 160:] = 0
    with torch.no_grad():
        same = (net(strip) - net(other)).abs().amax(dim=(0, 2))
    assert same[:20].max() == 0
    assert same[40:].max() > 0


def test_folded_norms_change_no_answer() -> None:
    net, strip = settled(), torch.rand(3, 1, HEIGHT, 96)
    folded = fold_norms(copy.deepcopy(net))
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded.modules())
    with torch.no_grad():
        torch.testing.assert_close(folded(strip), net(strip), atol=1e-4, rtol=1e-4)


def test_rounded_weights_are_such_as_16_bits_hold() -> None:
    net = round_to_half(settled())
    assert all(torch.equal(w, w.half().float()) for w in net.parameters())
