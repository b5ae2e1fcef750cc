"""From the bytes of a request to the bytes of its answer: what the reading threads do."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import UnidentifiedImageError

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader, Trace
from inkling.serving.problems import INVALID, NOT_AN_IMAGE, UNREADABLE, ProblemError
from inkling.serving.steps import describe_seen, describe_steps

UNNAMED = "picture 1"  # as the reader calls a picture that has no name


@dataclass(frozen=True)
class Picture:
    """The bytes of a picture file, and what its reading calls it."""

    content: bytes
    name: str = UNNAMED


@dataclass(frozen=True)
class Wish:
    """How a picture is to be read, and what the answer shall tell beside the reading."""

    one: bool = False
    seen: bool = False
    explain: bool = False


@dataclass(frozen=True)
class Answer:
    """A finished JSON body, and the verdicts in it, for counting."""

    content: bytes
    verdicts: tuple[str, ...]


def answer_one(reader: Reader, picture: Picture, wish: Wish) -> Answer:
    """The reading of one picture. Raises `ProblemError` where it cannot be read."""
    return answer_reading(_read(reader, [picture], wish)[0])


def answer_reading(entry: dict[str, Any] | ImageError) -> Answer:
    """The answer that carries one reading. Raises `ProblemError` where there is none."""
    if isinstance(entry, ImageError):
        raise _refusal(entry)
    return Answer(_encode(entry), (entry["verdict"],))


def answer_many(reader: Reader, pictures: Sequence[Picture], wish: Wish) -> Answer:
    """A list with an entry for each picture, as `inkling read --json` prints it."""
    entries = [
        {"image": picture.name, "error": str(entry)} if isinstance(entry, ImageError) else entry
        for picture, entry in zip(pictures, _read(reader, pictures, wish), strict=True)
    ]
    verdicts = [entry.get("verdict", "error") for entry in entries]
    return Answer(_encode(entries), tuple(verdicts))


def _read(
    reader: Reader, pictures: Sequence[Picture], wish: Wish
) -> list[dict[str, Any] | ImageError]:
    contents = [picture.content for picture in pictures]
    names = [picture.name for picture in pictures]
    if wish.seen or wish.explain:
        traces = reader.trace(contents, names=names, expect_one=wish.one)
        return [t if isinstance(t, ImageError) else _describe(t, wish) for t in traces]
    readings = reader.read(contents, names=names, expect_one=wish.one)
    return [r if isinstance(r, ImageError) else r.as_json() for r in readings]


def decode_base64(text: str, where: str) -> bytes:
    """The bytes that `text` stands for; a data URL's head is skipped. Raises `ProblemError`."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProblemError(INVALID, f"{where} is no base64: {error}") from error


def _describe(trace: Trace, wish: Wish) -> dict[str, Any]:
    """The reading, with the size of the picture that its boxes refer to and what was seen."""
    photo = trace.look.photo
    more = {"size": [photo.width, photo.height], "seen": describe_seen(trace)}
    steps = {"steps": describe_steps(trace)} if wish.explain else {}
    return {**trace.reading.as_json(), **more, **steps}


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _refusal(error: ImageError) -> ProblemError:
    """No picture at all is 415; one that is damaged or too large is 422."""
    unknown = isinstance(error.__cause__, UnidentifiedImageError)
    return ProblemError(NOT_AN_IMAGE if unknown else UNREADABLE, str(error))
