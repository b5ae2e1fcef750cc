"""Measures the reader on synthetic rows, pages, lists, forms and dates.

    python benchmarks/pages.py [--kind NAME]... [--count 100] [--seed 5] [--save FOLDER]

MNIST's last 5,000 training digits, which no bundled network learned from, and free fonts, laid out
and drawn by `benchmarks/sheets` without the project's renderer. For each kind, as fractions:

right       all digits, in order, and in the right lines where the answer has several lines
order       all digits, in order; lines are ignored
layout      the number of digits is right in all and at most one in five differs: what is
            wrong then is a digit, not the layout
alone       sheets of which each digit is read correctly by itself, as a 28x28 image: about the
            best that any layout analysis could reach with this model
edits       edit distance to the right digits, by their number
sure_wrong  verdict `digits`, confidence of at least 0.95, and the digits are wrong
refused     any verdict but `digits`
marks       the kinds of all marks are named (once answers have `others`)
rotation    the rotation of the sheet is named (once answers have `rotation`)

Blank sheets and words are right if the answer has no digits. `verdicts` counts the verdicts.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.types import Digits
from outcome import add_json_option
from scores import Answer, confidence_of, digits_of, score
from sheets.kinds import KINDS, make_sheet
from sheets.layout import Layout
from sheets.paper import Sheet
from variants import load_digits

BATCH = 16  # sheets drawn and read at a time
UNNAMED = ("stray", "ring")  # marks without a kind of their own in the answers


@dataclass(frozen=True)
class Measured:
    """The score of one answer. None for measures that do not apply."""

    right: bool
    order: bool
    layout: bool
    alone: bool
    edits: int
    digits: int
    sure_wrong: bool
    refused: bool
    verdict: str
    marks: bool | None
    rotation: bool | None


def measure(answer: Answer, layout: Layout, alone: NDArray[np.bool_]) -> Measured:
    """Compares one answer with the layout it should have found."""
    wanted = "".join(layout.lines)
    scored = score(answer, wanted)
    failed = isinstance(answer, ImageError)
    entry: dict[str, Any] = {} if failed else answer.as_json()
    said = "" if failed else digits_of(answer.text)
    # No text is right only where nothing was to be read and nothing was answered.
    order = scored.right and (bool(wanted) or scored.refused)
    return Measured(
        right=order and _lines_right(entry, layout),
        order=order,
        layout=len(said) == len(wanted) and _differences(said, wanted) <= len(wanted) / 5,
        alone=bool(alone[layout.sources].all()),
        edits=edit_distance(said, wanted),
        digits=len(wanted),
        sure_wrong=scored.sure_wrong,
        refused=scored.refused,
        verdict="error" if failed else answer.verdict,
        marks=_marks_right(entry, layout),
        rotation=_rotation_right(entry, layout),
    )


def _lines_right(entry: dict[str, Any], layout: Layout) -> bool:
    """Whether `text` and `lines` are split as the sheet is; true before answers have lines."""
    if "lines" not in entry:
        return True
    if not layout.lines:
        return not entry["text"]
    said = [digits_of(line) for line in entry["text"].split("\n")]
    lines = [_spelt(entry, line) for line in entry["lines"]]
    return said == list(layout.lines) and [line for line in lines if line] == said


def _spelt(entry: dict[str, Any], line: Sequence[int]) -> str:
    """The digits of one line that were read."""
    boxes = [entry["digits"][index] for index in line]
    return "".join(str(box["digit"]) for box in boxes if box["verdict"] in ("digits", "unsure"))


def _marks_right(entry: dict[str, Any], layout: Layout) -> bool | None:
    if "others" not in entry or not layout.marks or set(layout.marks) <= {"ring"}:
        return None
    found = Counter(other["kind"] for other in entry["others"])
    if set(layout.marks) <= set(UNNAMED):  # any ink reported will do
        return bool(found)
    return found == Counter(layout.marks)


def _rotation_right(entry: dict[str, Any], layout: Layout) -> bool | None:
    if "rotation" not in entry or not layout.lines:
        return None
    return bool(entry["rotation"] == (360 - 90 * layout.quarter) % 360)


def _differences(said: str, wanted: str) -> int:
    return sum(one != other for one, other in zip(said, wanted, strict=True))


def edit_distance(said: str, wanted: str) -> int:
    """Levenshtein's distance: insertions, deletions and substitutions."""
    row = list(range(len(wanted) + 1))
    for number, letter in enumerate(said, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(wanted, 1):
            best = min(row[place] + 1, row[place - 1] + 1, before + (letter != other))
            before, row[place] = row[place], best
    return row[-1]


def summarise(measured: Sequence[Measured]) -> dict[str, Any]:
    """The fractions of one kind."""
    out: dict[str, Any] = {"n": len(measured)}
    for name in ("right", "order", "layout", "alone", "sure_wrong", "refused", "marks", "rotation"):
        values = [v for one in measured if (v := getattr(one, name)) is not None]
        if values:
            out[name] = round(float(np.mean(values)), 4)
    total = sum(one.digits for one in measured)
    if not total:
        del out["alone"], out["layout"], out["order"]
        return out | {"verdicts": dict(Counter(one.verdict for one in measured))}
    return out | {"edits": round(sum(one.edits for one in measured) / total, 4)}


def save_sheet(folder: Path, name: str, sheet: Sheet, answer: Answer) -> None:
    """Writes an image whose name says what is right and what was read."""
    said = str(answer) if isinstance(answer, ImageError) else answer.text or answer.verdict
    sure = f"{confidence_of(answer):.2f}"
    wanted = "+".join(sheet.layout.lines) or "nothing"
    words = f"{name}_truth-{wanted[:60]}_read-{said[:60]}_{sure}_{sheet.layout.note}"
    image = sheet.image[..., ::-1] if sheet.image.ndim == 3 else sheet.image
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / (re.sub(r"[^\w.+-]+", "+", words) + ".png")), image)


def measure_kind(
    kind: str, reader: Reader, digits: Digits, alone: NDArray[np.bool_], options: argparse.Namespace
) -> list[Measured]:
    """Draws and reads all sheets of one kind."""
    measured: list[Measured] = []
    for start in range(0, options.count, BATCH):
        numbers = range(start, min(start + BATCH, options.count))
        sheets = [make_sheet(kind, digits, options.seed, number) for number in numbers]
        answers = reader.read([sheet.image for sheet in sheets])
        for number, sheet, answer in zip(numbers, sheets, answers, strict=True):
            measured.append(measure(answer, sheet.layout, alone))
            if options.save and (options.save_all or not measured[-1].right):
                save_sheet(options.save, f"{kind}_{number:04}", sheet, answer)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kind", action="append", choices=tuple(KINDS), help="may be repeated")
    parser.add_argument("--count", type=int, default=100, help="sheets of each kind")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--model")
    parser.add_argument("--save", type=Path, help="write the sheets that were read wrongly here")
    parser.add_argument("--save-all", action="store_true", help="with --save: every sheet")
    add_json_option(parser)
    options = parser.parse_args()
    reader, digits = Reader.load(options.model), load_digits("held-out", None)
    labels = [str(label) for label in digits.labels]
    single = [score(a, t).right for a, t in zip(reader.read(digits.images), labels, strict=True)]
    out: dict[str, Any] = {}
    for kind in options.kind or KINDS:
        out[kind] = summarise(measure_kind(kind, reader, digits, np.array(single), options))
        print(kind, json.dumps(out[kind]), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"seed": options.seed, **out}, indent=1) + "\n")


if __name__ == "__main__":
    main()
