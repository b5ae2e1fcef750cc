import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from inkling.models.compact import Compact, CompactSpec
from inkling.models.zoo import build_model, count_parameters


def multiplications(model: nn.Module) -> int:
    """Of one image, counted in the layers as they run."""
    total = 0

    def count(layer: nn.Module, _: object, output: torch.Tensor) -> None:
        nonlocal total
        places = output.shape[2] * output.shape[3] if output.ndim == 4 else 1
        total += places * next(layer.parameters()).numel()

    layers = [part for part in model.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    model.eval()(torch.zeros(1, 1, 28, 28))
    for hook in hooks:
        hook.remove()
    return total


@settings(max_examples=15)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(1, 5),
)
def test_any_widths_give_logits(
    channels: tuple[int, int, int], middle: int, last: int, batch: int
) -> None:
    spec = CompactSpec(channels=channels, middle=middle, last=last, hidden=7)
    model = build_model(spec, 11).eval()
    assert model(torch.zeros(batch, 1, 28, 28)).shape == (batch, 11)


def test_the_readers_network_is_small_and_cheap() -> None:
    model = Compact(CompactSpec(), 11)
    assert count_parameters(model) < 370_000
    assert multiplications(model) < 2_500_000


def test_dropout_is_for_training_alone() -> None:
    torch.manual_seed(0)
    model = Compact(CompactSpec(dropout=0.5), 11)
    images = torch.randn(4, 1, 28, 28)
    assert not torch.equal(model(images), model(images))
    model.eval()
    torch.testing.assert_close(model(images), model(images))


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="extra"):
        CompactSpec.model_validate({"kind": "compact", "depth": 3})
