"""Evaluates the reader on the user's own labelled images, and writes a page of mistakes.

The label is the name of the image's folder if that is `0` to `9`, `blank` or `not-a-digit`.
Otherwise it is the beginning of the file name (`7_1-anna.png`, `1250__3.png`).
"""

import base64
import html
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling.errors import DataError, ImageError
from inkling.evaluation.metrics import calibration_error, reliability_bins
from inkling.files import write_text
from inkling.reading.explain import as_png
from inkling.reading.pipeline import Reader
from inkling.reading.preprocess.formats import images_under
from inkling.types import Reading

SHOWN_MISTAKES = 200  # greatest number of mistakes on the page
LABEL_WORDS = ("blank", "not-a-digit")
FILE_LABEL = re.compile(r"^(\d+|blank|not-a-digit)_")
SOURCE = re.compile(r"^[^_]+_[^-]*-(.+)$")


@dataclass(frozen=True)
class Labelled:
    """An image and its label: digits, `blank` or `not-a-digit`."""

    path: Path
    label: str
    source: str  # the writer, from the name after a hyphen; empty if unknown


@dataclass(frozen=True)
class Scored:
    """A labelled image and its reading."""

    given: Labelled
    answer: Reading | ImageError

    @property
    def right(self) -> bool:
        """Whether the whole text is right, or the verdict if there is nothing to read."""
        if isinstance(self.answer, ImageError):
            return False
        if self.given.label in LABEL_WORDS:
            return self.answer.verdict == self.given.label
        return self.answer.text == self.given.label

    @property
    def refused(self) -> bool:
        """Whether an image with digits was answered without a digit."""
        readable = self.given.label not in LABEL_WORDS
        return readable and (isinstance(self.answer, ImageError) or not self.answer.text)


@dataclass(frozen=True)
class OwnScore:
    """The reader's result on a folder."""

    scored: tuple[Scored, ...]
    expect_one: bool = False  # each image holds at most one digit

    def as_json(self) -> dict[str, object]:
        """The output of `evaluate --own --json`."""
        right = [one.right for one in self.scored]
        by_source: dict[str, list[bool]] = defaultdict(list)
        for one in self.scored:
            by_source[one.given.source].append(one.right)
        means = {source: float(np.mean(each)) for source, each in sorted(by_source.items())}
        verdicts = Counter(
            "error" if isinstance(one.answer, ImageError) else one.answer.verdict
            for one in self.scored
        )
        return {
            "n": len(right),
            "accuracy": float(np.mean(right)),
            "accuracy_by_source": float(np.mean(list(means.values()))),
            "sources": means,
            "refused": float(np.mean([one.refused for one in self.scored])),
            "verdicts": dict(sorted(verdicts.items())),
            "ece": score_calibration(self.scored),
        }


def find_labelled(folder: Path) -> list[Labelled]:
    """All labelled images under a folder, sorted by path.

    Raises `DataError` if there are none.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder. Give a folder of labelled images")
    found = [labelled for path in images_under(folder) if (labelled := _labelled(path)) is not None]
    if not found:
        raise DataError(
            f"{folder} has no labelled images. Name them 7_1.png or 1250__3.png, "
            "or put them into folders 0 to 9"
        )
    return found


def _labelled(path: Path) -> Labelled | None:
    folder, match = path.parent.name, FILE_LABEL.match(path.stem)
    # The folder comes first: cameras name their files by date, as in 20240115_142233.jpg.
    if folder in (*"0123456789", *LABEL_WORDS):
        label = folder
    elif match is not None:
        label = match[1]
    elif folder.isdecimal():
        label = folder
    else:
        return None
    source = SOURCE.match(path.stem)
    return Labelled(path, label, source[1] if source else "")


def score_own(folder: str | Path, reader: Reader, *, expect_one: bool = False) -> OwnScore:
    """Reads all labelled images of a folder. Raises `DataError` if there are none."""
    labelled = find_labelled(Path(folder))
    answers = reader.read([one.path for one in labelled], expect_one=expect_one)
    scored = tuple(Scored(*pair) for pair in zip(labelled, answers, strict=True))
    return OwnScore(scored, expect_one)


def score_calibration(scored: tuple[Scored, ...]) -> float:
    """The expected calibration error over images of one digit.

    0 if there are none.
    """
    confidence, right = [], []
    for one in scored:
        answer = one.answer
        if isinstance(answer, Reading) and len(answer.digits) == 1 and len(one.given.label) == 1:
            confidence.append(answer.digits[0].confidence)
            right.append(answer.digits[0].label == one.given.label)
    return calibration_error(reliability_bins(np.array(confidence), np.array(right, bool)))


def write_gallery(score: OwnScore, reader: Reader, path: Path) -> None:
    """Writes a self-contained HTML page of the mistakes."""
    wrong = [one for one in score.scored if not one.right]
    paths = [one.given.path for one in wrong[:SHOWN_MISTAKES]]
    traces = reader.trace(paths, expect_one=score.expect_one)
    cards = []
    for one, trace in zip(wrong, traces, strict=False):
        said = _said(one.answer)
        image = ""
        if not isinstance(trace, ImageError):
            data = base64.b64encode(as_png(trace)).decode()
            image = (
                f'<img alt="the steps to {html.escape(said)}" src="data:image/png;base64,{data}">'
            )
        cards.append(
            f"<article><h2>{html.escape(one.given.path.name)}</h2><p>is <b>"
            f"{html.escape(one.given.label)}</b>, was read as <b>{html.escape(said)}</b></p>"
            f"{image}</article>"
        )
    numbers = score.as_json()
    page = PAGE_HTML.format(
        right=f"{numbers['accuracy']:.2%}", n=numbers["n"], wrong=len(wrong), cards="".join(cards)
    )
    write_text(path, page)


def _said(answer: Reading | ImageError) -> str:
    if isinstance(answer, ImageError):
        return str(answer)
    return answer.text or answer.verdict


PAGE_HTML = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mistakes</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem; color: #1c2026; background: #f5f6f8; }}
h1 {{ font-weight: 600; margin-bottom: 0; }} h2 {{ font-size: 1rem; margin: 0; }}
article {{ background: #fff; border: 1px solid #e2e6eb; border-radius: 8px;
  padding: 1rem; margin: 1rem 0; }}
article p {{ margin: 0 0 .5rem; color: #707882; }} article b {{ color: #1c2026; }}
img {{ max-width: 100%; height: auto; }}
</style>
<h1>{right} of {n} images read right</h1>
<p>{wrong} were not. Each one is shown with its processing steps.</p>
{cards}
</html>
"""
