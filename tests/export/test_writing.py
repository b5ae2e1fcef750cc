"""The map of writing that ships, and its export."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from inkling.errors import ModelError
from inkling.exporters import onnx as onnx_export
from inkling.exporters import writing as export
from inkling.exporters.half import fold_norms, round_to_half
from inkling.models.writing import WritingNet
from inkling.reading.detect.text_map_network import MODEL
from inkling.reading.recognise.line_network import MODEL as LINE
from inkling.reading.recognise.network import BUNDLED
from inkling.reading.recognise.thumbnail_network import MODEL as THUMBS


def settled(net: WritingNet) -> torch.nn.Module:
    """With running statistics that are not those of a fresh batch norm, ready to be written."""
    torch.manual_seed(0)
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(2, 2, 64, 64))
    return round_to_half(fold_norms(net.eval()))


@pytest.mark.parametrize("shape", [(16, 16), (64, 48), (16, 400)])
def test_a_map_is_as_large_as_its_image(shape: tuple[int, int]) -> None:
    with torch.no_grad():
        assert WritingNet().eval()(torch.zeros(3, 2, *shape)).shape == (3, 1, *shape)


def test_the_file_gives_what_the_network_gives(tmp_path: Path) -> None:
    net, path = settled(WritingNet((4, 6, 8, 8))), tmp_path / "map.onnx"
    images = [np.random.default_rng(0).normal(size=(2, 50, 90)).astype(np.float32)]
    export.export_writing(net, {"scenes": 3}, path, images)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(1).normal(size=(1, 2, 32, 80)).astype(np.float32)
    found = np.asarray(session.run(None, {"images": image})[0])
    with torch.no_grad():
        expected = net(torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)
    props = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert json.loads(props["card"]) == {"scenes": 3}


def test_a_file_that_differs_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "TOLERANCE", 0.0)
    image = np.random.default_rng(0).normal(size=(2, 64, 64)).astype(np.float32)
    with pytest.raises(ModelError, match="differs"):
        export.export_writing(settled(WritingNet((4, 6, 8, 8))), {}, tmp_path / "map.onnx", [image])
    assert not list(tmp_path.iterdir())


def test_the_models_that_ship_are_small_and_whole() -> None:
    models = (MODEL, LINE, THUMBS, BUNDLED)
    for model in models:
        onnx.checker.check_model(onnx.load(model))
    assert sum(model.stat().st_size for model in models) <= 1_500_000


def test_its_hash_is_the_documented_one() -> None:
    import hashlib

    page = Path(__file__).parents[2] / "docs" / "reader-model.md"
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in page.read_text("utf-8")
