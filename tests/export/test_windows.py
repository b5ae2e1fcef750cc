"""The mark network: its file, and what it says of rows that were not composed for it."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from inkling.errors import ModelError
from inkling.exporters.half import fold_norms, round_to_half
from inkling.exporters.windows import export_windows
from inkling.models.marks import MarkNet
from inkling.reading.recognise.mark_network import CLASSES, HEIGHT, MODEL, WIDTH
from inkling.reading.session import open_session


def windows(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (count, 2, HEIGHT, WIDTH), np.uint8)


def test_the_file_answers_as_the_network_does(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net, path = round_to_half(fold_norms(MarkNet().eval())), tmp_path / "marks.onnx"
    export_windows(net, {}, path, list(windows(3)))
    inputs = windows(5).astype(np.float32) / np.float32(255)
    session = open_session(path)
    logits = session.run(None, {session.get_inputs()[0].name: inputs})[0]
    with torch.no_grad():
        expected = net(torch.from_numpy(inputs)).numpy()
    assert expected.shape == (5, len(CLASSES))
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_weights_that_16_bits_do_not_hold_are_refused(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = MarkNet().eval()
    with torch.no_grad():
        net.head[1].weight.fill_(1.0003)
    with pytest.raises(ModelError):
        export_windows(fold_norms(net), {}, tmp_path / "marks.onnx", list(windows(3)))
    assert not list(tmp_path.iterdir())


def test_its_hash_is_the_documented_one() -> None:
    page = Path(__file__).parents[2] / "docs" / "reader-model.md"
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in page.read_text("utf-8")
