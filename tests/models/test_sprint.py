"""The sprint's own products against torch's convolution and pooling, forward and back."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inkling.data.loader import normalise_images
from inkling.models.sprint import Sprint, SprintSpec
from inkling.models.windows import (
    PooledFilters,
    WindowedConvolution,
    cut_windows,
    filter_placement,
)
from inkling.types import Digits


@given(st.integers(1, 4), st.sampled_from([torch.float32, torch.bfloat16]))
@settings(max_examples=10, deadline=None)
def test_windows_are_the_pictures_own_pixels(count: int, kind: torch.dtype) -> None:
    images = torch.randn(count, 1, 28, 28).to(kind)
    windows = cut_windows(images)
    plain = F.unfold(images.float(), 8, stride=4).transpose(1, 2).reshape(count * 36, 64)
    # The order within a window is another; which pixels there are is not.
    assert torch.equal(windows.float().sort(1).values, plain.sort(1).values)


def both(filters: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
    """Convolution and max pool, as one product and as torch has it: (B * 36, C) each."""
    count = len(filters)
    wide = (filters @ filter_placement()).view(count, 4, 64).permute(2, 1, 0).flatten(1)
    ours = PooledFilters.apply(cut_windows(images), wide)
    theirs = F.max_pool2d(F.conv2d(images, filters.view(count, 1, 6, 6), stride=2), 2)
    return ours, theirs.permute(0, 2, 3, 1).flatten(0, 2)


def test_pooled_filters_are_convolution_and_max_pool() -> None:
    torch.manual_seed(0)
    images = torch.randn(3, 1, 28, 28)
    filters = torch.randn(5, 36, requires_grad=True)
    ours, theirs = both(filters, images)
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn_like(ours)
    (mine,) = torch.autograd.grad((ours * weights).sum(), filters)
    (reference,) = torch.autograd.grad((theirs * weights).sum(), filters)
    torch.testing.assert_close(mine, reference, rtol=1e-4, atol=1e-4)


@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(3, 7))
@settings(max_examples=15, deadline=None)
def test_windowed_convolution_is_conv2d(batch: int, inputs: int, outputs: int, side: int) -> None:
    images = torch.randn(batch, inputs, side, side, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(outputs, inputs, 3, 3, dtype=torch.float64, requires_grad=True)
    ours, theirs = WindowedConvolution.apply(images, weight), F.conv2d(images, weight)
    torch.testing.assert_close(ours, theirs)
    upstream = torch.randn_like(theirs)
    mine = torch.autograd.grad(ours, (images, weight), upstream)
    reference = torch.autograd.grad(theirs, (images, weight), upstream)
    for left, right in zip(mine, reference, strict=True):
        torch.testing.assert_close(left, right)


def test_it_answers_the_same_while_training_and_after(few: Digits) -> None:
    """Two ways of computing, one network: batch norm's statistics aside, which are frozen here."""
    torch.manual_seed(0)
    network = Sprint(SprintSpec(), 10)
    images = normalise_images(torch.tensor(few.images[:16]))
    network.start_from(images)
    network.train()
    network.norm.eval()
    trained = network(images)
    network.eval()
    torch.testing.assert_close(network(images), trained, rtol=1e-4, atol=1e-4)


def test_first_filters_come_from_the_pictures(few: Digits) -> None:
    images = normalise_images(torch.tensor(few.images))
    network = Sprint(SprintSpec(channels=(16, 32)), 10)
    network.start_from(images)
    answers = F.conv2d(
        images, network.filters.detach().view(-1, 1, 6, 6), network.shift.detach(), stride=2
    )
    torch.testing.assert_close(answers[:, :8], -answers[:, 8:])
    spread = answers.transpose(0, 1).flatten(1)
    torch.testing.assert_close(spread.mean(1), torch.zeros(16), atol=1e-4, rtol=0)
    correlation = torch.corrcoef(spread[:8])
    torch.testing.assert_close(correlation, torch.eye(8), atol=1e-3, rtol=0)
    assert spread.var(1).max() <= 1.01  # whitened, with a floor below small eigenvalues


def test_filters_may_start_at_random(few: Digits) -> None:
    network = Sprint(SprintSpec(whiten=False), 10)
    before = network.filters.detach().clone()
    network.start_from(normalise_images(torch.tensor(few.images[:50])))
    assert torch.equal(network.filters, before)


@pytest.mark.parametrize("name", ["cnn-sprint-98", "cnn-sprint-99", "cnn-sprint-994"])
def test_weights_come_back_whole(name: str) -> None:
    from inkling.models.zoo import build_model
    from inkling.training.recipe_text import load_recipe

    spec = load_recipe(name).model
    network, other = build_model(spec, 10).eval(), build_model(spec, 10).eval()
    other.load_state_dict(network.state_dict())
    images = torch.randn(2, 1, 28, 28)
    assert torch.equal(network(images), other(images))
