"""Models of other classes than the ten digits: letters, operators, names of several characters."""

import json
from pathlib import Path

import numpy as np
import pytest

from inkling.reading.pipeline import Reader
from inkling.reading.text import join_text
from inkling.reading.trace import Trace
from inkling.types import Alternative, Box, Prediction, Reading
from tests.reading.drawings import drawn_seven, drawn_zero
from tests.reading.test_reader import tiny_model


def box(label: str, x: int) -> Prediction:
    digit = int(label) if label.isdecimal() else None
    return Prediction(digit, 0.9, Box(x, 0, 8, 12), label=label)


@pytest.mark.parametrize(
    ("labels", "text"),
    [("abc", "abc"), (["1", "plus", "2"], "1 plus 2"), (["x", "7"], "x7")],
)
def test_text_is_made_of_labels(labels: list[str], text: str) -> None:
    boxes = [box(label, 12 * place) for place, label in enumerate(labels)]
    assert join_text(boxes, [range(len(boxes))], []) == text


def test_digits_are_their_own_labels() -> None:
    entry = Prediction(7, 0.9, Box(0, 0, 1, 1), (Alternative(1, 0.1),)).as_json()
    assert (entry["digit"], entry["label"]) == (7, "7")
    assert entry["alternatives"] == [{"digit": 1, "label": "1", "confidence": 0.1}]


@pytest.mark.parametrize("classes", [list("abcdef"), ["none", "x", "7", "plus"]])
def test_a_model_of_other_classes_reads(tmp_path: Path, classes: list[str]) -> None:
    # Without thresholds of its own the verdicts of random weights would all be doubts.
    card = {"thresholds": {"unsure": 0.01, "not_a_digit": 1.01}, "temperature": 0.05}
    reader = Reader.load(tiny_model(tmp_path / "m.onnx", classes, card))
    labels = [name for name in classes if name != "none"]
    assert list(reader.network.card.labels) == labels
    images = [np.hstack([drawn_seven(100, 100), drawn_zero()]), drawn_seven(28, 28, 3)]
    for reading, trace in zip(reader.read(images), reader.trace(images), strict=True):
        assert isinstance(reading, Reading)
        assert isinstance(trace, Trace)
        assert trace.reading.text == reading.text
        assert reading.text.replace(" ", "")
        for each, probs in zip(reading.digits, trace.answer.probs, strict=True):
            assert each.label in labels
            assert each.digit == (7 if each.label == "7" else None)
            assert probs[labels.index(each.label)] == pytest.approx(each.confidence, abs=1e-4)
            assert len(probs) == len(labels) + 1
        assert json.loads(json.dumps(reading.as_json()))["digits"][0]["label"] in labels
    assert len(reader.read([images[0]])[0].digits) == 2  # type: ignore[union-attr]
