"""The reader: any number of pictures in, one reading each out, the network called on them all."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.errors import ImageError
from inkling.reading.crops import Crop, crops_of_parts, cut_crops
from inkling.reading.lattice import Lattice, best_path, build_lattice
from inkling.reading.light import Light, even_light
from inkling.reading.model import Network, load_network
from inkling.reading.photo import Photo, Source, open_photo
from inkling.reading.segment import Segments, segment
from inkling.reading.verdict import predict, summarise
from inkling.types import Prediction, Reading

CONFIDENT = 0.9  # a line whose every part is this sure needs no lattice


@dataclass(frozen=True, eq=False)
class Look:
    """A picture on its way: everything that is known before the network is asked."""

    name: str
    photo: Photo
    light: Light
    segments: Segments
    crops: tuple[Crop, ...]


@dataclass(frozen=True, eq=False)
class Trace:
    """The whole road of one picture, for `explain` and the service."""

    look: Look
    crops: tuple[Crop, ...]  # those the answer rests on; cuts may have changed them
    chances: NDArray[np.float32]  # (crops, 11)
    reading: Reading


class Reader:
    """Reads pictures with one network. Make it once; it may be used from several threads."""

    def __init__(self, network: Network) -> None:
        """`network` as `load_network` gives it."""
        self.network = network
        self._workers = os.cpu_count() or 1

    @classmethod
    def load(cls, path: str | Path | None = None) -> "Reader":
        """A reader with the model at `path`, or the bundled one. Raises `ModelError`."""
        return cls(load_network(path))

    def read(
        self, sources: Sequence[Source] | NDArray, *, expect_one: bool = False
    ) -> list[Reading | ImageError]:
        """One entry for each source, in order: its reading, or why it could not be read.

        A source is a path, the bytes of a file, an array (H, W), (H, W, 3) or (H, W, 4), or a PIL
        picture; an array (N, H, W) is N pictures. With `expect_one` a picture is taken to hold one
        digit at most.
        """
        return [
            trace.reading if isinstance(trace, Trace) else trace
            for trace in self.trace(sources, expect_one=expect_one)
        ]

    def trace(
        self,
        sources: Sequence[Source | ImageError] | NDArray,
        *,
        names: Sequence[str] | None = None,
        expect_one: bool = False,
    ) -> list[Trace | ImageError]:
        """As `read`, with every step that led to the answer.

        `names` are what the readings call the pictures: without them a path's own, else a number.
        A source that is an `ImageError` already is handed on.
        """
        names = [_name(*each) for each in enumerate(sources)] if names is None else names
        with ThreadPoolExecutor(self._workers) as pool:
            looks = list(pool.map(_look_or_error, sources, names))
        seen = [look for look in looks if isinstance(look, Look)]
        chances = self._chances([look.crops for look in seen])
        traces = iter(
            [self._answer(look, odds, expect_one) for look, odds in zip(seen, chances, strict=True)]
        )
        return [next(traces) if isinstance(look, Look) else look for look in looks]

    def _chances(self, groups: Sequence[Sequence[Crop]]) -> list[NDArray[np.float32]]:
        """Probabilities (crops, 11) for each group of crops, from one pass of the network."""
        flat = [crop.pixels for group in groups for crop in group]
        every = (
            self.network.probabilities(np.stack(flat)) if flat else np.zeros((0, 11), np.float32)
        )
        ends = np.cumsum([len(group) for group in groups])
        return np.split(every, ends[:-1]) if len(ends) else []

    def _answer(self, look: Look, chances: NDArray[np.float32], expect_one: bool) -> Trace:
        crops = look.crops
        rows = look.segments.rows
        chosen: list[tuple[Crop, NDArray[np.float32]]] = []
        for row in range(max(rows, default=-1) + 1):
            mine = [index for index, r in enumerate(rows) if r == row]
            line = [(crops[index], chances[index]) for index in mine]
            if line and float(chances[mine, :10].max(axis=1).min()) < CONFIDENT:
                line = self._read_lattice(look, row) or line
            chosen += line
        if expect_one and len(chosen) > 1:
            chosen = [max(chosen, key=lambda pair: float(pair[1][:10].max()))]
        predictions = [predict(crop, odds, self.network.card) for crop, odds in chosen]
        kept = _without_marks(predictions)
        crops = tuple(chosen[index][0] for index in kept)
        odds = np.array([chosen[index][1] for index in kept], np.float32).reshape(-1, 11)
        boxes = [predictions[index] for index in kept]
        return Trace(look, crops, odds, summarise(look.name, boxes))

    def _read_lattice(self, look: Look, row: int) -> list[tuple[Crop, NDArray[np.float32]]]:
        strokes = list(look.segments.strokes[row])
        lattice, labels = build_lattice(look.light, look.segments.labels, strokes)
        parts = [run.part for run in lattice.runs]
        crops = crops_of_parts(look.light, labels, parts, [row] * len(parts))
        chances = self._chances([crops])[0]
        path = best_path(lattice, _scores(lattice, chances))
        return [(crops[index], chances[index]) for index in path]


def _name(number: int, source: Source | ImageError) -> str:
    return str(source) if isinstance(source, (str, Path)) else f"picture {number + 1}"


def _look_or_error(source: Source | ImageError, name: str) -> Look | ImageError:
    if isinstance(source, ImageError):
        return source
    try:
        photo = open_photo(source, name)
    except ImageError as error:
        return error
    return look_at(photo, name)


def look_at(photo: Photo, name: str) -> Look:
    """Everything before the network for one decoded picture."""
    light = even_light(photo.pixels)
    segments = segment(light)
    return Look(name, photo, light, segments, tuple(cut_crops(light, segments)))


def _scores(lattice: Lattice, chances: NDArray[np.float32]) -> NDArray[np.float64]:
    """How well each run explains its ink: as a digit, or as a dot, a dash or a stray stroke."""
    digit = chances[:, :10].max(axis=1)
    stray = []
    for run, none in zip(lattice.runs, chances[:, 10], strict=True):
        tall = run.part.h / max(lattice.height, 1)
        single = run.stop - run.start == 1
        chance = 0.6 if tall < 0.35 else 0.3 if tall < 0.5 else 0.03
        stray.append(max(float(none), 0.05) * chance if single else 0.001)
    return np.log(np.maximum(np.maximum(digit, np.array(stray)), 1e-6))


def _without_marks(predictions: list[Prediction]) -> list[int]:
    """Which boxes are no dots, commas or dashes beside digits; what stands alone is kept."""
    tall = max((p.box.h for p in predictions if p.verdict != "not-a-digit"), default=0)
    return [
        index
        for index, p in enumerate(predictions)
        if p.verdict != "not-a-digit" or p.box.h > 0.6 * tall
    ]


def read(source: Source, *, model: str | Path | None = None, expect_one: bool = False) -> Reading:
    """Reads one picture: a path, bytes, an array or a PIL picture. Raises `ImageError`.

    For many pictures make a `Reader` once and give it all of them.
    """
    answer = Reader.load(model).read([source], expect_one=expect_one)[0]
    if isinstance(answer, ImageError):
        raise answer
    return answer
