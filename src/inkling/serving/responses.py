"""From image bytes to the JSON of a response: the work of the reading threads."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.errors import ImageError, UnknownFormatError
from inkling.reading.explain import step_images
from inkling.reading.pipeline import Reader
from inkling.reading.tables.read_tables import TableOptions
from inkling.reading.trace import Trace
from inkling.serving.problems import INVALID, NOT_AN_IMAGE, UNREADABLE, ProblemError
from inkling.serving.table_entries import Entry, add_tables

UNNAMED = "image 1"  # the reader's name for an image without a name
STEP_SIDE = 640  # pixels; the longer side of a processing step's image


@dataclass(frozen=True)
class ImageFile:
    """The bytes of an image file and its name in the response."""

    content: bytes
    name: str = UNNAMED


@dataclass(frozen=True)
class ReadOptions:
    """How to read an image, and what to add to the reading.

    `one`: the image holds at most one digit. `seen`: add the network's inputs and outputs.
    `explain`: add those and the processing steps. `table`: add the tables, read with these options.
    """

    one: bool = False
    seen: bool = False
    explain: bool = False
    table: TableOptions | None = None


@dataclass(frozen=True)
class ReadResult:
    """A complete JSON body, and its verdicts for the metrics."""

    content: bytes
    verdicts: tuple[str, ...]


def read_one(reader: Reader, image: ImageFile, options: ReadOptions) -> ReadResult:
    """Reads one image. Raises `ProblemError` if it cannot be read."""
    return result_of(_read(reader, [image], options)[0])


def read_many(reader: Reader, images: Sequence[ImageFile], options: ReadOptions) -> ReadResult:
    """Reads each image: a list with one entry per image, as in `inkling read --json`."""
    entries = [
        {"image": image.name, "error": str(entry)} if isinstance(entry, ImageError) else entry
        for image, entry in zip(images, _read(reader, images, options), strict=True)
    ]
    verdicts = [entry.get("verdict", "error") for entry in entries]
    return ReadResult(_encode(entries), tuple(verdicts))


def result_of(entry: dict[str, Any] | ImageError) -> ReadResult:
    """The response for one reading. Raises `ProblemError` for an `ImageError`."""
    if isinstance(entry, ImageError):
        raise _problem_of(entry)
    return ReadResult(_encode(entry), (entry["verdict"],))


def decode_base64(text: str, where: str) -> bytes:
    """The bytes of a base64 string or data URL. Raises `ProblemError`."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProblemError(INVALID, f"{where} is not base64: {error}") from error


def as_data_url(pixels: NDArray[np.uint8]) -> str:
    """(H, W) or (H, W, 3) RGB uint8 as a PNG in a data URL."""
    swapped = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    _, content = cv2.imencode(".png", swapped)
    return "data:image/png;base64," + base64.b64encode(content.tobytes()).decode()


def _read(reader: Reader, images: Sequence[ImageFile], options: ReadOptions) -> list[Entry]:
    contents = [image.content for image in images]
    entries = _read_plainly(reader, images, contents, options)
    if options.table is None:
        return entries
    return add_tables(reader, contents, entries, options.table)


def _read_plainly(
    reader: Reader, images: Sequence[ImageFile], contents: list[bytes], options: ReadOptions
) -> list[Entry]:
    names = [image.name for image in images]
    if options.seen or options.explain:
        traces = reader.trace(contents, names=names, expect_one=options.one)
        return [t if isinstance(t, ImageError) else _describe(t, options) for t in traces]
    readings = reader.read(contents, names=names, expect_one=options.one)
    return [r if isinstance(r, ImageError) else r.as_json() for r in readings]


def _describe(trace: Trace, options: ReadOptions) -> dict[str, Any]:
    """The reading, with the image size that its boxes refer to and the network's inputs."""
    more = {"size": list(trace.size), "seen": _network_inputs(trace)}
    steps = {"steps": _steps(trace)} if options.explain else {}
    return {**trace.reading.as_json(), **more, **steps}


def _network_inputs(trace: Trace) -> list[dict[str, Any]]:
    """For each box: the network's input image and its output probabilities."""
    boxes = zip(trace.reading.digits, trace.answer.crops, trace.answer.probs, strict=False)
    return [
        {
            "image": as_data_url(crop.pixels),
            "probabilities": [round(float(prob), 6) for prob in probs[:-1]],
            "none": round(float(probs[-1]), 6),
        }
        for _, crop, probs in boxes
    ]


def _steps(trace: Trace) -> list[dict[str, Any]]:
    """The image as decoded, with even light, and the detected ink with its boxes."""
    return [
        {"title": title, "image": as_data_url(_shrink(np.asarray(image)))}
        for title, image in step_images(trace)
    ]


def _shrink(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = STEP_SIDE / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _problem_of(error: ImageError) -> ProblemError:
    """415 if the bytes are not an image, 422 if the image is damaged or too large."""
    unknown = isinstance(error, UnknownFormatError)
    return ProblemError(NOT_AN_IMAGE if unknown else UNREADABLE, str(error))
