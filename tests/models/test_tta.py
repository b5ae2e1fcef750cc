"""Several looks at one image against the same looks made by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage

from inkling.exporters.onnx import export_onnx, make_card, moved_scans
from inkling.models.cnn import CnnSpec
from inkling.models.inference import predict_logits
from inkling.models.mlp import MlpSpec
from inkling.models.sprint import SprintSpec
from inkling.models.tta import SHIFTS, TtaModel
from inkling.models.zoo import build_model, count_parameters
from inkling.types import BACKGROUND


def digits(count: int) -> torch.Tensor:
    """Blobs with a border of bare ground, as digits have, (count, 1, 28, 28)."""
    torch.manual_seed(3)
    ink = torch.zeros(count, 1, 28, 28)
    ink[:, :, 6:22, 6:22] = torch.rand(count, 1, 16, 16)
    return ink + BACKGROUND


class Nose(torch.nn.Module):
    """A stand-in that keeps the images it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(images)
        return torch.stack([images.mean((1, 2, 3)), images[:, 0, 14, 14]], 1)


def test_the_looks_are_the_image_moved_turned_and_scaled() -> None:
    nose, images = Nose(), digits(4)
    TtaModel(nose, 9).eval()(images)
    assert torch.equal(nose.seen[0], images)
    right, left, down, up, clockwise, _, larger, smaller = nose.seen[1:]
    for look, (x, y) in zip((right, left, down, up), SHIFTS, strict=True):
        rolled = images.roll((y, x), (2, 3))
        assert torch.equal(look, rolled)
    turned = ndimage.rotate((images[0, 0] - BACKGROUND).numpy(), -5, order=1, reshape=False)
    assert np.abs((clockwise[0, 0] - BACKGROUND).numpy() - turned).max() < 0.02
    assert (smaller - BACKGROUND).sum() < (images - BACKGROUND).sum() < (larger - BACKGROUND).sum()


def test_the_answer_is_the_mean_probability() -> None:
    nose, images = Nose(), digits(5)
    answer = TtaModel(nose, 5).eval()(images)
    each = [Nose()(look).softmax(1) for look in nose.seen]
    assert torch.allclose(answer.exp(), torch.stack(each).mean(0), atol=1e-6)


def test_while_training_only_the_image_itself_is_seen() -> None:
    nose, images = Nose(), digits(2)
    TtaModel(nose, 9).train()(images)
    assert len(nose.seen) == 1


def test_looks_add_no_parameters_and_one_look_is_the_plain_network() -> None:
    plain, several = MlpSpec(widths=(8,)), MlpSpec(widths=(8,), tta_views=9)
    assert not isinstance(build_model(plain, 10), TtaModel)
    network = build_model(several, 10)
    assert isinstance(network, TtaModel)
    assert count_parameters(network) == count_parameters(build_model(plain, 10))
    assert all(name.startswith("network.") for name in network.state_dict())


def test_a_network_that_starts_from_images_still_does() -> None:
    torch.manual_seed(0)
    network = build_model(SprintSpec(tta_views=5), 10)
    assert isinstance(network, TtaModel)
    before = network.network.filters.clone()  # type: ignore[union-attr]
    network.init_from_data(torch.randn(20, 1, 28, 28))
    assert not torch.equal(before, network.network.filters)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "spec",
    [
        MlpSpec(widths=(8,), tta_views=9),
        CnnSpec(channels=(4,), tta_views=2),
        SprintSpec(channels=(2, 4), tta_views=5),
    ],
)
def test_an_exported_file_looks_as_often(
    spec: MlpSpec | CnnSpec | SprintSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    monkeypatch.setattr("inkling.exporters.onnx.COMPARED_IMAGES", 1_000)  # nine looks at each
    network = build_model(spec, 10)
    scans = moved_scans()[:500]
    # Raises where a logit differs by more than 1e-4.
    export_onnx(network, make_card(tuple("0123456789")), tmp_path / "m.onnx", scans)


def test_portions_do_not_change_what_several_looks_say(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build_model(MlpSpec(widths=(8,), tta_views=4), 10)
    images = digits(20)
    whole = predict_logits(network, images)
    monkeypatch.setattr("inkling.models.inference.PORTION", 7)
    assert torch.allclose(predict_logits(network, images), whole, atol=1e-6)
