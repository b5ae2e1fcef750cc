"""Networks read back from their files: they answer alike, and their weights can be trained."""

import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import pytest
import torch

from inkling.errors import ModelError
from inkling.exporters.finetuned import read_graph, write_graph
from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.onnx import export_onnx, make_card
from inkling.exporters.raw_input import InputType, accept_raw_images
from inkling.models.cnn import Cnn, CnnSpec
from inkling.models.mlp import Mlp, MlpSpec
from inkling.models.onnx_graph import OnnxGraph
from inkling.reading.recognise.network import BUNDLED, load_network
from inkling.training.finetune import logits_of
from inkling.types import Digits

CLASSES = (*"0123456789", "none")


def agree(path: Path, digits: Digits) -> None:
    network = load_network(path)
    _, graph = read_graph(path, network)
    logits = torch.from_numpy(logits_of(graph, digits))[:, network.order]
    expected = (logits / network.card.temperature).softmax(1).numpy()
    found = network.probabilities(digits.images)[:, : expected.shape[1]]
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_the_bundled_reader_is_read_back(few: Digits) -> None:
    agree(BUNDLED, few)


def small_cnn() -> torch.nn.Module:
    torch.manual_seed(0)
    return Cnn(CnnSpec(channels=(8, 16), batch_norm=True), 11).eval()


def test_exported_networks_are_read_back(few: Digits, tmp_path: Path) -> None:
    path, raw = tmp_path / "model.onnx", tmp_path / "raw.onnx"
    export_onnx(small_cnn(), make_card(CLASSES), path, few.images)
    agree(path, few)
    for kind in get_args(InputType):
        shutil.copy(path, raw)
        accept_raw_images(raw, kind)
        agree(raw, few)


def test_a_network_of_16_bits_is_read_back(few: Digits, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = round_to_half(fold_norms(small_cnn()))
    export_onnx(model, make_card(CLASSES), path, few.images, half=True)
    agree(path, few)


def test_new_weights_are_written(few: Digits, tmp_path: Path) -> None:
    torch.manual_seed(0)
    path, new = tmp_path / "model.onnx", tmp_path / "new.onnx"
    export_onnx(Mlp(MlpSpec(widths=(16,)), 11), make_card(CLASSES), path, few.images, raw="uint8")
    before = load_network(path)
    proto, graph = read_graph(path, before)
    with torch.no_grad():
        for weights in graph.parameters():
            weights.mul_(1.5)
    after = write_graph(proto, graph, make_card(CLASSES, temperature=2.0), new)
    assert after.card.temperature == 2.0
    assert [each.op_type for each in onnx.load(new).graph.node] == [
        each.op_type for each in proto.graph.node
    ]
    agree(new, few)
    assert not np.allclose(before.probabilities(few.images), after.probabilities(few.images))


def test_unknown_operators_are_named() -> None:
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Einsum", ["images"], ["logits"], equation="abcd->ab")],
        "strange",
        [helper.make_tensor_value_info("images", kind, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", kind, ["n", 1])],
    )
    with pytest.raises(ModelError, match=r"m\.onnx has operators that finetune cannot.*Einsum"):
        OnnxGraph(helper.make_model(graph), "m.onnx")
