"""Reads preprocessed images and keeps the result of every step.

Drawings on a uniform background take a fast path, all others the slow path. An image that is hardly
read is rotated and read again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from inkling.reading.parallel import ThreadMap
from inkling.reading.preprocess.photo import Photo
from inkling.reading.preprocessed import Preprocessed, preprocess, preprocess_fast
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.row import is_plain
from inkling.reading.results import Answer, answer_image
from inkling.reading.rotation import (
    ROTATIONS,
    choose_rotation,
    may_be_rotated,
    restore_boxes,
    rotate_photo,
)
from inkling.types import SIDE, Reading, Rotation

NO_CROPS = np.zeros((0, SIDE, SIDE), np.uint8)


@dataclass(frozen=True, eq=False)
class Trace:
    """All intermediate results for one image, for `explain` and the service."""

    preprocessed: Preprocessed
    answer: Answer
    rotation: Rotation = 0  # degrees clockwise; the other fields describe the rotated image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the image as given."""
        photo = self.preprocessed.photo
        return (photo.height, photo.width) if self.rotation % 180 else (photo.width, photo.height)

    @property
    def reading(self) -> Reading:
        """The result as `read` returns it; boxes refer to the image as given."""
        return restore_boxes(self.answer.reading, self.rotation, *self.size)


def trace_images(
    images: Sequence[tuple[Photo, str]], network: Network, parallel_map: ThreadMap, expect_one: bool
) -> list[Trace]:
    """Reads decoded images, each with its name. Rotates those that are hardly read."""
    traces = _trace_upright(images, network, parallel_map, expect_one)
    if expect_one:
        return traces
    decisions = network.card.decisions
    poor = [k for k, trace in enumerate(traces) if may_be_rotated(trace.reading, decisions)]
    for index in poor:
        photo, name = images[index]
        rotated = [(rotate_photo(photo, degrees), name) for degrees in ROTATIONS]
        tried: dict[Rotation, Trace] = {0: traces[index]}
        found = _trace_upright(rotated, network, parallel_map, False)
        for degrees, trace in zip(ROTATIONS, found, strict=True):
            tried[degrees] = replace(trace, rotation=degrees)
        readings: dict[Rotation, Reading]
        readings = {degrees: trace.answer.reading for degrees, trace in tried.items()}
        traces[index] = tried[choose_rotation(readings, decisions)]
    return traces


def _trace_upright(
    images: Sequence[tuple[Photo, str]], network: Network, parallel_map: ThreadMap, expect_one: bool
) -> list[Trace]:
    """Reads drawings by the fast path, and by the slow path all images that it leaves."""
    digits = network.card.reads_digits
    paths: tuple[tuple[Callable[[tuple[Photo, str]], Preprocessed | None], bool], ...]
    paths = (
        (partial(preprocess_fast, marks=digits), True),
        (partial(preprocess, marks=digits), False),
    )
    traces: dict[int, Trace] = {}
    for path, sure in paths:
        left = [index for index in range(len(images)) if index not in traces]
        made = zip(left, parallel_map(path, [images[i] for i in left]), strict=True)
        ready = {index: image for index, image in made if image is not None}
        answers = _answer(list(ready.values()), network, parallel_map, expect_one, sure)
        traces |= {i: a for i, a in zip(ready, answers, strict=True) if a is not None}
    return [traces[index] for index in range(len(images))]


def _answer(
    images: Sequence[Preprocessed],
    network: Network,
    parallel_map: ThreadMap,
    expect_one: bool,
    sure: bool,
) -> list[Trace | None]:
    """The answers for preprocessed images. With `sure`, None for each doubtful one."""
    pixels = [crop.pixels for image in images for crop in image.crops]
    every = network.judge(np.stack(pixels)) if pixels else network.judge(NO_CROPS)
    ends = np.cumsum([len(image.crops) for image in images], dtype=np.int64)
    probs = np.split(every.astype(np.float32), ends[:-1]) if images else []

    def answer(pair: tuple[Preprocessed, NDArray[np.float32]]) -> Trace | None:
        image, probs = pair
        if sure and not is_plain(image.crops, probs, network.card.decisions):
            return None
        return Trace(image, answer_image(image, probs, network, expect_one))

    return parallel_map(answer, list(zip(images, probs, strict=True)))
