"""The reader: any number of pictures in, one reading each out, the network called on many."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.errors import ImageError
from inkling.reading.model_hash import check_bundled
from inkling.reading.preprocess.photo import Photo, Source, Sources, as_sources, open_photo
from inkling.reading.preprocess.thumbnails import (
    Thumbnails,
    is_thumbnail,
    preprocess_thumbnails,
    thumbnail_of,
)
from inkling.reading.preprocessed import Preprocessed, preprocess, preprocess_fast
from inkling.reading.recognise.network import Network, load_network
from inkling.reading.recognise.row import is_plain
from inkling.reading.recognise.thumbnail_network import judge_inverse, judge_thumbnails
from inkling.reading.recognise.verdict import crop_of_thumb, read_plain
from inkling.reading.results import Answer, answer_image
from inkling.reading.rotation import (
    ROTATIONS,
    choose_rotation,
    may_be_rotated,
    restore_boxes,
    rotate_photo,
)
from inkling.types import SIDE, Reading, Rotation

CHUNK = 192  # thumbnails that a thread takes at a time
STACK = 10_000  # thumbnails of one array that are read together
TOGETHER = 1024  # pictures that are opened before any is read
OPENED = 8  # of them by one call on all cores
HELD = 64_000_000  # bytes of decoded pixels that are held at a time, about
NO_CROPS = np.zeros((0, SIDE, SIDE), np.uint8)
PAGE = 16  # other pictures whose crops go through the network together; each holds some 10 MB

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Trace:
    """The whole road of one picture, for `explain` and the service."""

    look: Preprocessed
    answer: Answer
    rotation: Rotation = 0  # degrees clockwise; `look` and `answer` are of the rotated image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the image as given."""
        photo = self.look.photo
        return (photo.height, photo.width) if self.rotation % 180 else (photo.width, photo.height)

    @property
    def reading(self) -> Reading:
        """The answer, in the form that `read` gives; boxes are in the image as given."""
        return restore_boxes(self.answer.reading, self.rotation, *self.size)


class Reader:
    """Reads pictures with one model. Make it once; it may be used from several threads."""

    def __init__(self, network: Network, workers: int | None = None) -> None:
        """`network` as `load_network` gives it; `workers` threads, as many as cores by default.

        Raises `ModelError` if another model of the package is missing or damaged.
        """
        check_bundled()
        self.network = network
        self._workers = workers or os.cpu_count() or 1
        cv2.setNumThreads(1)  # pictures are spread over the cores, not one picture's rows

    @classmethod
    def load(cls, path: str | Path | None = None, workers: int | None = None) -> "Reader":
        """A reader with the model at `path`, or the bundled one. Raises `ModelError`."""
        return cls(load_network(path), workers)

    def read(
        self,
        sources: Sources | Source,
        *,
        names: Sequence[str] | None = None,
        expect_one: bool = False,
    ) -> list[Reading | ImageError]:
        """One entry for each source, in order: its reading, or why it could not be read.

        A source is a path, the bytes of a file, an open binary file, a PIL image, or an array or
        tensor (H, W), (H, W, C) or (C, H, W). One source needs no list around it. One array or
        tensor is one image where its shape is (H, W), (H, W, 3) or (H, W, 4), else N images.
        `names` are what the readings call the images: without them a path's own, else a number.
        A source that is an `ImageError` already is handed on. With `expect_one` an image is taken
        to hold one digit at most.
        """
        sources = as_sources(sources)
        names = _names(sources) if names is None else names
        readings: list[Reading | ImageError] = []
        for photos in self._open_some(sources, names):
            start = len(readings)
            readings += self._read_photos(photos, names[start : start + len(photos)], expect_one)
        return readings

    def _read_photos(
        self, photos: Sequence[Photo | ImageError], names: Sequence[str], expect_one: bool
    ) -> list[Reading | ImageError]:
        readings: list[Reading | ImageError | None] = [
            photo if isinstance(photo, ImageError) else None for photo in photos
        ]
        for index, reading in self._read_thumbs(photos, names):
            readings[index] = reading
        rest = [index for index, reading in enumerate(readings) if reading is None]
        for start in range(0, len(rest), PAGE):
            page = rest[start : start + PAGE]
            seen = [(photo, names[i]) for i in page if isinstance(photo := photos[i], Photo)]
            for index, trace in zip(page, self._trace(seen, expect_one), strict=True):
                readings[index] = trace.reading
        return [reading for reading in readings if reading is not None]

    def trace(
        self,
        sources: Sources | Source,
        *,
        names: Sequence[str] | None = None,
        expect_one: bool = False,
    ) -> list[Trace | ImageError]:
        """As `read`, with every step that led to the answer."""
        sources = as_sources(sources)
        names = _names(sources) if names is None else names
        photos = [photo for some in self._open_some(sources, names) for photo in some]
        short = self._trace_thumbs(photos, names)
        seen = {i: (p, names[i]) for i, p in enumerate(photos) if isinstance(p, Photo)}
        rest = [index for index in seen if index not in short]
        found = self._trace([seen[index] for index in rest], expect_one)
        traces = dict(zip(rest, found, strict=True))
        looked = self._trace_upright([seen[index] for index in short], expect_one)
        for (index, answer), trace in zip(short.items(), looked, strict=True):
            traces[index] = Trace(trace.look, answer)
        return [p if isinstance(p, ImageError) else traces[i] for i, p in enumerate(photos)]

    def _trace_thumbs(
        self, photos: Sequence[Photo | ImageError], names: Sequence[str]
    ) -> dict[int, Answer]:
        """What the readings of thumbnails by the short way rest on, by their indices."""
        answers: dict[int, Answer] = {}
        for thumbs, probs, indices in self._see_thumbs(photos):
            place = {index: k for k, index in enumerate(indices)}
            for index, reading in read_plain(thumbs, probs, indices, names, self.network.card):
                k = place[index]
                answers[index] = Answer(reading, (crop_of_thumb(thumbs, k),), probs[k : k + 1])
        return answers

    def _open_some(
        self, sources: Sources, names: Sequence[str]
    ) -> Iterator[list[Photo | ImageError]]:
        """The pictures in their order, as many at a time as may be held in memory together."""
        if isinstance(sources, np.ndarray) and sources.ndim == 3 and sources.dtype == np.uint8:
            height, width = sources.shape[1:]
            if is_thumbnail((height, width)):
                for start in range(0, len(sources), STACK):
                    part = sources[start : start + STACK]
                    yield [Photo(pixels, width, height) for pixels in part]
                return
        held: list[Photo | ImageError] = []
        size = 0
        for start in range(0, len(sources), OPENED):
            part = slice(start, start + OPENED)
            some = list(zip(sources[part], names[part], strict=True))
            opened = self._spread(_open_or_error, some)
            held += opened
            size += sum(photo.pixels.nbytes for photo in opened if isinstance(photo, Photo))
            if size > HELD or len(held) >= TOGETHER:
                yield held
                held, size = [], 0
        if held:
            yield held

    def _read_thumbs(
        self, photos: Sequence[Photo | ImageError], names: Sequence[str]
    ) -> Iterator[tuple[int, Reading]]:
        """The readings of thumbnails that are plain and plainly read, each with its index."""
        for thumbs, probs, indices in self._see_thumbs(photos):
            yield from read_plain(thumbs, probs, indices, names, self.network.card)

    def _see_thumbs(
        self, photos: Sequence[Photo | ImageError]
    ) -> Iterator[tuple[Thumbnails, NDArray[np.float32], list[int]]]:
        """All thumbnails in stacks of one size: crops, probabilities, indices."""
        shapes: dict[tuple[int, ...], list[int]] = defaultdict(list)
        small: dict[int, NDArray[np.uint8]] = {}
        for index, photo in enumerate(photos):
            if isinstance(photo, Photo):
                pixels = thumbnail_of(photo.pixels)
                if pixels is not None:
                    small[index] = pixels
                    shapes[pixels.shape].append(index)
        chunks = [
            indices[start : start + CHUNK]
            for indices in shapes.values()
            for start in range(0, len(indices), CHUNK)
        ]

        def look(indices: list[int]) -> Thumbnails:
            thumbs = preprocess_thumbnails(np.stack([small[i] for i in indices]))
            sizes = [(p.width, p.height) for i in indices if isinstance(p := photos[i], Photo)]
            return thumbs.at_sizes(np.array(sizes, np.int64))

        seen = self._spread(look, chunks)
        if not seen:
            return
        pixels = np.concatenate([thumbs.pixels for thumbs in seen])
        probs = judge_thumbnails(pixels, self.network, self._spread)
        ends = np.cumsum([len(indices) for indices in chunks])
        parts = zip(seen, np.split(probs, ends[:-1]), chunks, strict=True)
        for thumbs, of_chunk, indices in parts:
            yield *judge_inverse(thumbs, of_chunk, self.network), indices

    def _trace(self, seen: Sequence[tuple[Photo, str]], expect_one: bool) -> list[Trace]:
        """Images as they lie, and rotated where they are hardly read like that."""
        traces = self._trace_upright(seen, expect_one)
        if expect_one:
            return traces
        poor = [index for index, trace in enumerate(traces) if may_be_rotated(trace.reading)]
        for index in poor:
            photo, name = seen[index]
            rotated = [(rotate_photo(photo, degrees), name) for degrees in ROTATIONS]
            tried: dict[Rotation, Trace] = {0: traces[index]}
            for degrees, trace in zip(ROTATIONS, self._trace_upright(rotated, False), strict=True):
                tried[degrees] = replace(trace, rotation=degrees)
            traces[index] = tried[choose_rotation({k: t.answer.reading for k, t in tried.items()})]
        return traces

    def _trace_upright(self, seen: Sequence[tuple[Photo, str]], expect_one: bool) -> list[Trace]:
        """The fast path for drawings, the slow one for what that leaves in doubt."""
        ways: tuple[tuple[Callable[[tuple[Photo, str]], Preprocessed | None], bool], ...]
        ways = ((preprocess_fast, True), (preprocess, False))
        traces: dict[int, Trace] = {}
        for way, sure in ways:
            left = [index for index in range(len(seen)) if index not in traces]
            found = zip(left, self._spread(way, [seen[i] for i in left]), strict=True)
            looks = {index: look for index, look in found if look is not None}
            answers = self._answer(list(looks.values()), expect_one, sure)
            traces |= {i: a for i, a in zip(looks, answers, strict=True) if a is not None}
        return [traces[index] for index in range(len(seen))]

    def _answer(
        self, looks: Sequence[Preprocessed], expect_one: bool, sure: bool
    ) -> list[Trace | None]:
        """The answers for pictures that were looked at; None for a doubtful one where all must be
        `sure`.
        """
        pixels = [crop.pixels for look in looks for crop in look.crops]
        every = self.network.judge(np.stack(pixels)) if pixels else self.network.judge(NO_CROPS)
        ends = np.cumsum([len(look.crops) for look in looks], dtype=np.int64)
        probs = np.split(every.astype(np.float32), ends[:-1]) if looks else []

        def answer(pair: tuple[Preprocessed, NDArray[np.float32]]) -> Trace | None:
            look, probs = pair
            if sure and not is_plain(look.crops, probs):
                return None
            return Trace(look, answer_image(look, probs, self.network, expect_one))

        return self._spread(answer, list(zip(looks, probs, strict=True)))

    def _spread(self, work: Callable[[Given], Made], items: Sequence[Given]) -> list[Made]:
        """`work` done on each item, on all cores where there are several items."""
        if len(items) < 2 or self._workers < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(self._workers) as pool:
            return list(pool.map(work, items))


def _names(sources: Sources) -> list[str]:
    return [
        str(source) if isinstance(source, (str, Path)) else f"picture {number}"
        for number, source in enumerate(sources, 1)
    ]


def _open_or_error(pair: tuple[Source | ImageError, str]) -> Photo | ImageError:
    source, name = pair
    if isinstance(source, ImageError):
        return source
    try:
        return open_photo(source, name)
    except ImageError as error:
        return error


@cache
def _bundled() -> Reader:
    """The bundled model, opened once: that takes three times as long as reading a thumbnail."""
    return Reader.load()


def read(source: Source, *, model: str | Path | None = None, expect_one: bool = False) -> Reading:
    """Reads one image: a path, bytes, an open file, an array, a tensor or a PIL image.

    Raises `ImageError`. For many images make a `Reader` once and give it all of them.
    """
    reader = _bundled() if model is None else Reader.load(model)
    answer = reader.read([source], expect_one=expect_one)[0]
    if isinstance(answer, ImageError):
        raise answer
    return answer
