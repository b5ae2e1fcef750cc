"""Prints the answers of `inkling read`, as JSON or as lines of text."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from inkling.errors import ImageError
    from inkling.types import Prediction, Reading


def print_answers(entries: "Sequence[tuple[str, Reading | ImageError]]", as_json: bool) -> None:
    """Prints one entry per image, in order. Without JSON, errors go to stderr."""
    if as_json:
        typer.echo(json.dumps([_as_json(name, answer) for name, answer in entries], indent=1))
        return
    for name, answer in entries:
        if isinstance(answer, Exception):
            typer.echo(f"{name}: {answer}", err=True)
        else:
            typer.echo(f"{name}: {describe(answer)}")


def _as_json(name: str, answer: "Reading | ImageError") -> dict[str, object]:
    if isinstance(answer, Exception):
        return {"image": name, "error": str(answer)}
    return answer.as_json()


def describe(reading: "Reading") -> str:
    """The text, the confidence of the least certain digit, and remarks in parentheses.

    If the image has several lines of text, each one is on its own indented line.
    """
    read = [box for box in reading.digits if box.verdict in ("digits", "unsure")]
    remarks = _remarks(reading, read)
    after = f" ({'; '.join(remarks)})" if remarks else ""
    if reading.verdict in ("blank", "not-a-digit"):
        return reading.verdict + after
    sure = f"{min(box.confidence for box in read):.1%}"
    unsure = reading.verdict == "unsure"
    certainty = f"unsure, {sure}" if unsure else f"{sure} sure"
    lines = reading.text.split("\n")
    if len(lines) == 1:
        return f"{reading.text}{'?' if unsure else ''}  {certainty}{after}"
    return "\n    ".join([f"{len(lines)} lines, {certainty}{after}", *lines])


def _remarks(reading: "Reading", read: "Sequence[Prediction]") -> list[str]:
    """Remarks about doubts, ink that was not read, and a rotation."""
    remarks = list(dict.fromkeys(doubt for box in read for doubt in box.doubts))
    others = len(getattr(reading, "others", ()))
    if others and reading.verdict != "not-a-digit":
        remarks.append(f"{others} other mark{'' if others == 1 else 's'} left out")
    rotation = getattr(reading, "rotation", 0)
    if rotation:
        remarks.append(f"read after a rotation by {rotation} degrees clockwise")
    return remarks
