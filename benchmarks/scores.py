"""Scores of answers with known text, for several benchmarks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.errors import ImageError
from inkling.types import Reading

SURE = 0.95  # confidence from which a wrong answer is a confident error
Answer = Reading | ImageError


@dataclass(frozen=True)
class Score:
    """One answer against the right text; `""` is right where there is nothing to read.

    `right` compares the digits, whichever verdict came with them. Spaces and line breaks do not
    count.
    """

    right: bool
    refused: bool  # any verdict but `digits`
    sure_wrong: bool  # `digits`, with a confidence of at least `SURE`, and wrong


def digits_of(text: str) -> str:
    """The text without spaces and line breaks."""
    return "".join(text.split())


def confidence_of(answer: Answer) -> float:
    """The confidence of the least certain digit that was read, 0 if nothing was."""
    if isinstance(answer, ImageError):
        return 0.0
    read = [digit.confidence for digit in answer.digits if digit.verdict in ("digits", "unsure")]
    return min(read, default=0.0)


def score(answer: Answer, text: str) -> Score:
    """Compares one answer with the right text."""
    if isinstance(answer, ImageError):
        return Score(right=False, refused=True, sure_wrong=False)
    answered = answer.verdict == "digits"
    right = digits_of(answer.text) == digits_of(text)
    sure = answered and confidence_of(answer) >= SURE
    return Score(right, refused=not answered, sure_wrong=sure and not right)


def score_all(answers: Sequence[Answer], texts: Iterable[str]) -> list[Score]:
    """Compares each answer with its right text."""
    return [score(answer, str(text)) for answer, text in zip(answers, texts, strict=True)]


def summarise(scores: Sequence[Score]) -> dict[str, float | int | None]:
    """Fractions of all answers; `right_of_given` of those with the verdict `digits`."""
    given = [one.right for one in scores if not one.refused]
    return {
        "n": len(scores),
        "right": _mean([one.right for one in scores]),
        "refused": _mean([one.refused for one in scores]),
        "right_of_given": _mean(given),
        "sure_wrong": _mean([one.sure_wrong for one in scores]),
    }


def _mean(values: Sequence[bool]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None
