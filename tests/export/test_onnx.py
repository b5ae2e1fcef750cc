import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from inkling.data.loader import normalise_images
from inkling.errors import ModelError
from inkling.exporters.onnx import (
    INPUT,
    export_onnx,
    export_run_onnx,
    make_card,
    moved_scans,
    verify_onnx,
)
from inkling.exporters.raw_input import InputType, accept_raw_images
from inkling.jobs.train import train
from inkling.models.cnn import Cnn, CnnSpec
from inkling.models.compact import Compact, CompactSpec
from inkling.models.mlp import Mlp, MlpSpec
from inkling.reading.recognise.network import load_network
from inkling.training.run_folder import RunFolder
from inkling.types import DIGIT_NAMES, Digits

CLASSES = (*DIGIT_NAMES, "none")
CARD = make_card(CLASSES, temperature=1.5, thresholds={"unsure": 0.4, "not_a_digit": 0.6})


def settled(model: nn.Module) -> nn.Module:
    """With running statistics that are not those of a fresh batch norm."""
    generator = torch.Generator().manual_seed(3)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_(0, 0.2, generator=generator)
            part.running_var.uniform_(0.5, 1.5, generator=generator)
    return model.eval()


def networks() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {
        "mlp": settled(Mlp(MlpSpec(widths=(32, 16), batch_norm=True, dropout=0.2), 11)),
        "cnn": settled(Cnn(CnnSpec(channels=(8, 16), batch_norm=True), 11)),
        "compact": settled(Compact(CompactSpec(channels=(8, 16, 16), last=1, hidden=32), 11)),
    }


Exported = Callable[[str, InputType | None], Path]


@pytest.fixture(scope="module")
def exported(few: Digits, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Exports a network once for all tests: the file `model.onnx`, alone in its folder.

    A file for raw images is the plain one changed, as `export_onnx` does it. The MLP goes through
    `export_onnx` as a whole.
    """

    @cache
    def export(kind: str, raw: InputType | None) -> Path:
        path = tmp_path_factory.mktemp("exported") / "model.onnx"
        if raw is None or kind == "mlp":
            export_onnx(networks()[kind], CARD, path, few.images, raw=raw)
        else:
            shutil.copy(export(kind, None), path)
            accept_raw_images(path, raw)
        return path

    return export


@pytest.mark.parametrize("kind", ["mlp", "cnn", "compact"])
def test_the_file_answers_as_the_network(kind: str, few: Digits, exported: Exported) -> None:
    model, path = networks()[kind], exported(kind, None)
    session = onnxruntime.InferenceSession(path)
    for count in (1, 7, 300):  # the batch is free
        images = normalise_images(torch.tensor(few.images[:count]))
        with torch.inference_mode():
            expected = model(images).numpy()
        found = np.asarray(session.run(None, {INPUT: images.numpy()})[0])
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert [entry.name for entry in path.parent.iterdir()] == ["model.onnx"]  # weights are inside


def test_the_graph_is_folded_and_says_what_it_is(few: Digits, exported: Exported) -> None:
    path = exported("compact", None)
    proto = onnx.load(path)
    assert {node.op_type for node in proto.graph.node} <= {"Conv", "Relu", "Reshape", "Gemm"}
    assert json.loads({p.key: p.value for p in proto.metadata_props}["card"]) == CARD
    network = load_network(path)
    assert network.card.temperature == 1.5
    assert network.card.thresholds == {"unsure": 0.4, "not_a_digit": 0.6}
    probs = network.probabilities(few.images[:20])
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)


def test_a_network_in_training_mode_is_exported_as_it_answers(few: Digits, tmp_path: Path) -> None:
    model = networks()["mlp"].train()
    export_onnx(model, make_card(CLASSES), tmp_path / "model.onnx", few.images)
    assert model.training


def test_another_network_is_refused(few: Digits, exported: Exported) -> None:
    with pytest.raises(ModelError, match="differs from the network"):
        verify_onnx(networks()["cnn"], exported("mlp", None), few.images)


class Stray(nn.Module):
    """Answers otherwise each time: no file can agree with it."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(784, 11)
        self.calls = 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.layer(images.flatten(1)) + self.calls


def test_what_is_refused_leaves_the_old_file(few: Digits, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"the old one")
    with pytest.raises(ModelError, match="was not written"):
        export_onnx(Stray(), make_card(CLASSES), path, few.images)
    assert path.read_bytes() == b"the old one"
    assert len(list(tmp_path.iterdir())) == 1


def test_no_images_no_proof(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no examples"):
        export_onnx(
            networks()["mlp"],
            make_card(CLASSES),
            tmp_path / "model.onnx",
            np.zeros((0, 28, 28), np.uint8),
        )


def test_a_run_is_exported_with_its_card(few_npz: Path, tmp_path: Path) -> None:
    result = train(
        "cnn-basic",
        data=str(few_npz),
        out=tmp_path / "run",
        changes=["training.epochs=1", "training.validation=40", "model.channels=[4]"],
        device="cpu",
    )
    path = tmp_path / "run.onnx"
    export_run_onnx(RunFolder(result.run), path)
    network = load_network(path)
    assert network.card.classes == DIGIT_NAMES
    card = json.loads({p.key: p.value for p in onnx.load(path).metadata_props}["card"])
    assert card["weights_sha256"] == result.weights_sha256
    assert card["recipe"] == "cnn-basic"


def test_moved_scans_are_ten_thousand_different_images() -> None:
    scans = moved_scans()
    assert scans.shape == (10_000, 28, 28)
    assert len(np.unique(scans.reshape(10_000, -1), axis=0)) > 9_900


@pytest.mark.parametrize("kind", ["uint8", "float"])
@pytest.mark.parametrize("network", ["mlp", "cnn", "compact"])
def test_raw_images_are_scaled_inside(
    kind: InputType, network: str, few: Digits, exported: Exported
) -> None:
    model, path = networks()[network], exported(network, kind)
    session = onnxruntime.InferenceSession(path)
    stored = few.images.astype(np.uint8 if kind == "uint8" else np.float32)
    with torch.inference_mode():
        expected = model(normalise_images(torch.tensor(few.images))).numpy()
    for shape in ((-1, 28, 28), (-1, 1, 28, 28)):
        found = np.asarray(session.run(None, {INPUT: stored.reshape(shape)})[0])
        np.testing.assert_allclose(found, expected, atol=1e-4)
    proto = onnx.load(path)
    assert proto.opset_import[0].version <= 14  # torch writes 23
    assert json.loads({p.key: p.value for p in proto.metadata_props}["card"])["std"] == 0.3081
    reader = load_network(path)
    assert (reader.probabilities(few.images).argmax(axis=1) == expected.argmax(axis=1)).all()


def test_pixels_that_were_scaled_already_are_refused(few: Digits, exported: Exported) -> None:
    session = onnxruntime.InferenceSession(exported("mlp", "uint8"))
    with pytest.raises(Exception, match="Unexpected input data type"):
        session.run(None, {INPUT: few.images.astype(np.float32) / 255})
