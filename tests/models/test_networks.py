import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inkling.models.cnn import CnnSpec
from inkling.models.inference import predict_logits
from inkling.models.mlp import MlpSpec
from inkling.models.zoo import build_model, count_parameters

ACTIVATIONS = st.sampled_from(["relu", "leaky-relu", "gelu", "silu", "tanh", "sigmoid"])
MLPS = st.builds(
    MlpSpec,
    widths=st.lists(st.integers(1, 40), max_size=4).map(tuple),
    activation=ACTIVATIONS,
    dropout=st.floats(0, 0.9),
    batch_norm=st.booleans(),
)
CNNS = st.builds(
    CnnSpec,
    channels=st.lists(st.integers(1, 8), min_size=1, max_size=4).map(tuple),
    kernel=st.sampled_from([1, 3, 5]),
    hidden=st.lists(st.integers(1, 40), max_size=2).map(tuple),
    activation=ACTIVATIONS,
    batch_norm=st.booleans(),
)


@settings(max_examples=40)
@given(st.one_of(MLPS, CNNS), st.integers(2, 12))
def test_every_network_of_the_family_gives_logits(spec: MlpSpec | CnnSpec, classes: int) -> None:
    model = build_model(spec, classes)
    logits = predict_logits(model, torch.randn(3, 1, 28, 28))
    assert logits.shape == (3, classes)
    assert logits.isfinite().all()
    assert model.training


def test_the_student_network_has_its_published_size() -> None:
    assert count_parameters(build_model(MlpSpec(widths=(128, 64)), 10)) == 109_386


def test_layers_stand_in_the_usual_order() -> None:
    spec = MlpSpec(widths=(8,), dropout=0.5, batch_norm=True)
    names = [type(layer).__name__ for layer in build_model(spec, 10).layers]  # type: ignore[union-attr]
    assert names == ["Flatten", "Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear"]


def test_portions_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_model(CnnSpec(batch_norm=True, dropout=0.5), 10)
    images = torch.randn(50, 1, 28, 28)
    whole = predict_logits(model, images)
    monkeypatch.setattr("inkling.models.inference.PORTION", 7)
    assert torch.allclose(predict_logits(model, images), whole, atol=1e-5)


@pytest.mark.parametrize("wrong", [{"widths": (0,)}, {"dropout": 1.0}, {"widths": (10**9,)}])
def test_impossible_networks_are_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        MlpSpec(**wrong)


def test_an_even_kernel_has_no_middle() -> None:
    with pytest.raises(ValidationError, match="must be odd"):
        CnnSpec(kernel=4)
