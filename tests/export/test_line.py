"""The line network as a file of 16 bits, and the one that ships."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from inkling.errors import ModelError
from inkling.exporters import line as export
from inkling.exporters.half import fold_norms, round_to_half
from inkling.models.line import LineNet
from inkling.reading.recognise.line_network import MODEL
from inkling.reading.recognise.strip import HEIGHT


def small_net() -> torch.nn.Module:
    torch.manual_seed(0)
    net = LineNet((8, 8, 8, 8, 16))
    with torch.no_grad():
        net(torch.rand(4, 1, HEIGHT, 80))
    return round_to_half(fold_norms(net.eval()))


def test_half_the_bytes_give_the_same_answers(tmp_path: Path) -> None:
    net, path = small_net(), tmp_path / "line.onnx"
    rng = np.random.default_rng(0)
    strips = [rng.integers(0, 256, (HEIGHT, width), np.uint8) for width in (30, 39)]
    export.export_line(net, {"strips": 2}, path, strips)
    kinds = {
        tensor.data_type for tensor in onnx.load(path).graph.initializer if len(tensor.dims) > 1
    }
    assert onnx.TensorProto.FLOAT16 in kinds
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(1).random((1, 1, HEIGHT, 120), np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(session.run(None, {"images": image})[0], expected, atol=1e-4)


def test_weights_that_16_bits_do_not_hold_are_not_written(tmp_path: Path) -> None:
    net = small_net()
    with torch.no_grad():
        for weights in net.parameters():
            weights.normal_()
    strip = np.random.default_rng(0).integers(0, 256, (HEIGHT, 64), np.uint8)
    with pytest.raises(ModelError, match="differs"):
        export.export_line(net, {}, tmp_path / "line.onnx", [strip])
    assert not list(tmp_path.iterdir())


def test_the_one_that_ships_is_the_documented_one() -> None:
    onnx.checker.check_model(onnx.load(MODEL))
    page = Path(__file__).parents[2] / "docs" / "reader-model.md"
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in page.read_text("utf-8")
