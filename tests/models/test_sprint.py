"""The sprint's own products against torch's convolution and pooling, forward and back."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inkling.data.loader import normalise_images
from inkling.models.sprint import Sprint, SprintSpec
from inkling.models.windows import cut_windows, unfold
from inkling.types import Digits


@given(st.integers(1, 4), st.sampled_from([torch.float32, torch.bfloat16]))
@settings(max_examples=10)
def test_windows_are_the_images_own_pixels(count: int, kind: torch.dtype) -> None:
    images = torch.randn(count, 1, 28, 28).to(kind)
    windows = cut_windows(images)
    plain = F.unfold(images.float(), 8, stride=4).transpose(1, 2).reshape(count * 36, 64)
    # The order within a window is another; which pixels there are is not.
    assert torch.equal(windows.float().sort(1).values, plain.sort(1).values)


@given(st.integers(1, 3), st.integers(1, 5), st.integers(3, 7))
@settings(max_examples=15)
def test_unfolded_images_give_a_convolution(batch: int, channels: int, side: int) -> None:
    images = torch.randn(batch, side, side, channels)
    kernels = torch.randn(4, 3, 3, channels)
    ours = unfold(images, 3) @ kernels.flatten(1).T
    theirs = F.conv2d(images.permute(0, 3, 1, 2), kernels.permute(0, 3, 1, 2))
    torch.testing.assert_close(ours, theirs.permute(0, 2, 3, 1).flatten(0, 2))


def as_torch_has_it(network: Sprint, images: Tensor) -> Tensor:
    """The same network of torch's own layers, gradients by autograd."""
    kernels = network.filters.view(-1, 1, 6, 6)
    pooled = F.max_pool2d(F.conv2d(images, kernels, network.shift, stride=2), 2)
    features = F.relu(network.norm(network.mix(F.relu(pooled))))
    return network.head(features.permute(0, 2, 3, 1).flatten(1))


@pytest.mark.parametrize("frozen", [False, True], ids=["moving", "frozen"])
@given(count=st.integers(2, 9), channels=st.sampled_from([(2, 4), (6, 2), (32, 64)]))
@settings(max_examples=8)
def test_logits_and_gradients_are_those_of_torch(
    frozen: bool, count: int, channels: tuple[int, int]
) -> None:
    torch.manual_seed(count)
    network = Sprint(SprintSpec(channels=channels), 10).train()
    network.norm.train(not frozen)
    with torch.no_grad():
        network.norm.weight.uniform_(0.5, 2)
        network.norm.bias.normal_()
        network.shift.normal_()
    images, upstream = torch.randn(count, 1, 28, 28), torch.randn(count, 10)
    other = copy.deepcopy(network)
    ours, theirs = network(images), as_torch_has_it(other, images)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    ours.backward(upstream)
    theirs.backward(upstream)
    for (name, mine), reference in zip(network.named_parameters(), other.parameters(), strict=True):
        assert mine.grad is not None, name
        assert reference.grad is not None, name
        torch.testing.assert_close(mine.grad, reference.grad, rtol=1e-3, atol=1e-3, msg=name)
    torch.testing.assert_close(network.norm.running_mean, other.norm.running_mean)
    torch.testing.assert_close(network.norm.running_var, other.norm.running_var)


def test_sixteen_bits_give_nearly_the_same_gradients(few: Digits) -> None:
    torch.manual_seed(0)
    network = Sprint(SprintSpec(), 10).train()
    images = normalise_images(torch.tensor(few.images[:64]))
    network.init_from_data(images)
    labels = torch.tensor(few.labels[:64])
    found = []
    for enabled in (False, True):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            logits = network(images)
        F.cross_entropy(logits.float(), labels).backward()
        found.append([p.grad.flatten().clone() for p in network.parameters() if p.grad is not None])
    for exact, rough in zip(*found, strict=True):
        assert F.cosine_similarity(exact, rough, dim=0) > 0.98


def test_it_answers_the_same_while_training_and_after(few: Digits) -> None:
    """Two ways of computing, one network: batch norm's statistics aside, which are frozen here."""
    torch.manual_seed(0)
    network = Sprint(SprintSpec(), 10)
    images = normalise_images(torch.tensor(few.images[:16]))
    network.init_from_data(images)
    network.train()
    network.norm.eval()
    trained = network(images)
    network.eval()
    torch.testing.assert_close(network(images), trained, rtol=1e-4, atol=1e-4)


def test_first_filters_come_from_the_images(few: Digits) -> None:
    images = normalise_images(torch.tensor(few.images))
    network = Sprint(SprintSpec(channels=(16, 32)), 10)
    network.init_from_data(images)
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
    network.init_from_data(normalise_images(torch.tensor(few.images[:50])))
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


def test_filters_learn_in_every_third_step_only() -> None:
    torch.manual_seed(0)
    network = Sprint(SprintSpec(channels=(2, 4), filters_every=3), 10).train()
    reference = Sprint(SprintSpec(channels=(2, 4)), 10).train()
    reference.load_state_dict(network.state_dict())
    images, labels = torch.randn(5, 1, 28, 28), torch.arange(5)
    for step in range(7):
        for each in (network, reference):
            each.zero_grad()
            F.cross_entropy(each(images), labels).backward()
        for (name, mine), theirs in zip(
            network.named_parameters(), reference.parameters(), strict=True
        ):
            if name in {"filters", "shift"} and step % 3:
                assert mine.grad is None
            else:
                torch.testing.assert_close(mine.grad, theirs.grad, msg=name)


def test_the_count_of_steps_is_in_the_weights() -> None:
    first = Sprint(SprintSpec(channels=(2, 4), filters_every=2), 10).train()
    first(torch.randn(3, 1, 28, 28))
    resumed = Sprint(SprintSpec(channels=(2, 4), filters_every=2), 10).train()
    resumed.load_state_dict(first.state_dict())
    resumed(torch.randn(3, 1, 28, 28)).sum().backward()  # the second step
    assert resumed.filters.grad is None
    assert resumed.head.weight.grad is not None


def test_inference_mode_gives_the_answers_of_plain_layers(few: Digits) -> None:
    torch.manual_seed(0)
    network = Sprint(SprintSpec(), 10).eval()
    images = normalise_images(torch.tensor(few.images[:16]))
    network.init_from_data(images)
    with torch.no_grad():
        plain = network(images)
    with torch.inference_mode():
        torch.testing.assert_close(network(images), plain, rtol=1e-5, atol=1e-5)
