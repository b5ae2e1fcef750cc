"""The networks that compute otherwise while training leave as plain graphs."""

from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from inkling.data.loader import normalise_images
from inkling.exporters.onnx import export_onnx, make_card
from inkling.models.ensemble import EnsembleSpec
from inkling.models.mlp import MlpSpec
from inkling.models.sprint import Sprint, SprintSpec
from inkling.models.zoo import ModelSpec, build_model
from inkling.types import DIGIT_NAMES, Digits

SPECS: dict[str, ModelSpec] = {
    "sprint": SprintSpec(),
    "ensemble": EnsembleSpec(members=2, member=SprintSpec(channels=(8, 8))),
    "ensemble of mlps": EnsembleSpec(members=3, member=MlpSpec(widths=(16,))),
}


@pytest.mark.parametrize("kind", SPECS)
def test_they_are_exported_and_compared(kind: str, few: Digits, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network: nn.Module = build_model(SPECS[kind], 10)
    if isinstance(network, Sprint):
        network.init_from_data(normalise_images(torch.tensor(few.images)))
    path = tmp_path / "network.onnx"
    export_onnx(network, make_card(DIGIT_NAMES), path, few.images)  # raises where they differ
    operations = {node.op_type for node in onnx.load(path).graph.node}
    assert operations, "the graph is empty"
    if kind == "sprint":
        assert operations >= {"Conv", "MaxPool", "Relu"}
