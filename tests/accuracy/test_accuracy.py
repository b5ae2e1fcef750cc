"""The reader's answers to images drawn by the project: an accuracy test without MNIST.

`references/make_accuracy_images.py` drew the images; they are kept as files. None of them was used
to train the reader or to choose a setting.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from inkling.reading.pipeline import Reader
from inkling.types import Reading

FOLDER = Path(__file__).parent
# Wrong answers of each kind that are allowed: one more than on 2026-11-28; of blank and other
# images as many as then. Two scribbles and a pattern are read, none with the verdict `digits`.
ALLOWED = {"drawing": 1, "thumbnail": 1, "photo": 1, "row": 1, "blank": 2, "other": 3}


@cache
def answers() -> dict[str, dict[str, str]]:
    return json.loads((FOLDER / "answers.json").read_text("utf-8"))


@cache
def readings() -> dict[str, Reading]:
    found = Reader.load().read([FOLDER / "images" / name for name in answers()])
    return {
        name: reading
        for name, reading in zip(answers(), found, strict=True)
        if isinstance(reading, Reading)
    }


def is_right(name: str) -> bool:
    """The digits are those written, or nothing is written and the verdict says so."""
    truth, reading = answers()[name], readings()[name]
    if truth["text"]:
        return "".join(reading.text.split()) == truth["text"]
    return reading.verdict == truth["verdict"]


@pytest.mark.parametrize("kind", list(ALLOWED))
def test_few_answers_of_a_kind_are_wrong(kind: str) -> None:
    names = [name for name, truth in answers().items() if truth["kind"] == kind]
    wrong = [f"{name}: {readings()[name].text}" for name in names if not is_right(name)]
    assert len(names) >= 10
    assert len(wrong) <= ALLOWED[kind], wrong


def test_confident_answers_are_right() -> None:
    sure = [name for name, reading in readings().items() if reading.verdict == "digits"]
    assert len(sure) > 115
    wrong = [name for name in sure if not is_right(name)]
    assert len(wrong) <= 1, wrong


def test_every_image_has_its_answer() -> None:
    names = sorted(path.name for path in (FOLDER / "images").iterdir())
    assert names == sorted(answers()) == sorted(readings())
    assert Counter(truth["kind"] for truth in answers().values()).keys() == ALLOWED.keys()
