"""The fast path for thumbnails: their crops, classified in large batches, and the answers.

It leaves the thumbnails that it cannot read to the other paths (`trace.py`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from inkling.errors import ImageError
from inkling.reading.decisions import DEFAULT, Decisions
from inkling.reading.detect.parts import make_part
from inkling.reading.detect.segments import Segments
from inkling.reading.detect.text_map import TextMap
from inkling.reading.parallel import ThreadMap
from inkling.reading.preprocess.light import Light
from inkling.reading.preprocess.photo import Photo
from inkling.reading.preprocess.thumbnails import (
    PAPER,
    Thumbnails,
    ink_of_thumbnail,
    preprocess_thumbnails,
    thumbnail_of,
)
from inkling.reading.preprocessed import Preprocessed
from inkling.reading.recognise.crops import Crop
from inkling.reading.recognise.marks import Marks
from inkling.reading.recognise.network import Network
from inkling.reading.recognise.thumbnail_network import judge_inverse, judge_thumbnails
from inkling.reading.recognise.verdict import crop_of_thumb, read_plain
from inkling.reading.results import Answer
from inkling.types import Reading

CHUNK = 192  # thumbnails per task of a thread


def read_thumbnails(
    photos: Sequence[Photo | ImageError],
    names: Sequence[str],
    network: Network,
    parallel_map: ThreadMap,
) -> Iterator[tuple[int, Reading]]:
    """The readings of the thumbnails that the fast path reads, each with its index."""
    for thumbs, probs, indices in _judge(photos, network, parallel_map):
        yield from read_plain(thumbs, probs, indices, names, network.card)


def trace_thumbnails(
    photos: Sequence[Photo | ImageError],
    names: Sequence[str],
    network: Network,
    parallel_map: ThreadMap,
) -> dict[int, tuple[Preprocessed, Answer]]:
    """The same with the ink, the crop and the probabilities of each thumbnail, by its index."""
    found: dict[int, tuple[Preprocessed, Answer]] = {}
    for thumbs, probs, indices in _judge(photos, network, parallel_map):
        place = {index: k for k, index in enumerate(indices)}
        for index, reading in read_plain(thumbs, probs, indices, names, network.card):
            photo, k = photos[index], place[index]
            if isinstance(photo, Photo):
                crop = crop_of_thumb(thumbs, k)
                image = _preprocessed(reading.image, photo, crop, bool(thumbs.light_ink[k]))
                found[index] = image, Answer(reading, (crop,), probs[k : k + 1])
    return found


def _preprocessed(name: str, photo: Photo, crop: Crop, light_ink: bool) -> Preprocessed:
    """A thumbnail in the form of a preprocessed image: all its ink is one part."""
    pixels = thumbnail_of(photo.pixels)
    ink, found_light = ink_of_thumbnail(photo.pixels if pixels is None else pixels)
    if found_light != light_ink:
        ink = 1 - ink
    grey = np.rint(255 - 255 * ink).astype(np.uint8)
    light = Light(ink, ink.shape[1] / photo.width, light_ink, np.zeros_like(ink), grey)
    writing = TextMap(light, ink, 0)
    labels = (ink > PAPER).astype(np.int32)
    part = make_part(writing, labels, 1)
    parts = () if part is None else (part,)
    segments = Segments(labels, parts, (0,) * len(parts), (parts,))
    return Preprocessed(name, photo, writing, segments, Marks(), (crop,))


def overrules(reading: Reading, decisions: Decisions = DEFAULT) -> bool:
    """Whether the slow path's answer counts for a thumbnail in which the fast path saw no digit.

    It may see that there is no ink at all, or several digits; it also sees digits in letters.
    """
    if reading.verdict in ("blank", "not-a-digit"):
        return True
    sure = [digit for digit in reading.digits if digit.confidence >= decisions.confident]
    return reading.verdict == "digits" and len(sure) == len(reading.digits) > 1


def _judge(
    photos: Sequence[Photo | ImageError], network: Network, parallel_map: ThreadMap
) -> Iterator[tuple[Thumbnails, NDArray[np.float32], list[int]]]:
    """All thumbnails, grouped by size: their crops, probabilities (N, labels + 1), indices."""
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

    stacks = [np.stack([small[i] for i in indices]) for indices in chunks]

    def preprocess_chunk(job: tuple[NDArray[np.uint8], list[int]]) -> Thumbnails:
        stack, indices = job
        thumbs = preprocess_thumbnails(stack)
        sizes = [(p.width, p.height) for i in indices if isinstance(p := photos[i], Photo)]
        return thumbs.at_sizes(np.array(sizes, np.int64))

    seen = parallel_map(preprocess_chunk, list(zip(stacks, chunks, strict=True)))
    if not seen:
        return
    pixels = np.concatenate([thumbs.pixels for thumbs in seen])
    probs = judge_thumbnails(pixels, network, parallel_map)
    ends = np.cumsum([len(indices) for indices in chunks])
    parts = zip(stacks, seen, np.split(probs, ends[:-1]), chunks, strict=True)
    for stack, thumbs, of_chunk, indices in parts:
        yield *judge_inverse(stack, thumbs, of_chunk, network), indices
