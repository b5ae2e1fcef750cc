"""The reader: decodes images, finds and recognises their digits, returns one reading per image.

Images are processed in batches: thumbnails by a fast path, all others by the full pipeline.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from inkling.errors import ImageError
from inkling.reading.decisions import Decisions
from inkling.reading.model_hash import check_bundled
from inkling.reading.opening import name_images, open_in_groups
from inkling.reading.parallel import ThreadMap
from inkling.reading.preprocess.photo import Photo, Source, Sources, as_sources
from inkling.reading.recognise.network import Network, load_network
from inkling.reading.thumbnail_path import overrules, read_thumbnails, trace_thumbnails
from inkling.reading.trace import Trace, trace_images
from inkling.types import Reading

PAGE = 16  # other images whose crops share network batches; each takes about 10 MB


class Reader:
    """Reads the digits in images with one model.

    Loading takes longer than reading a thumbnail, so make one `Reader` and reuse it. Several
    threads may use it at the same time.
    """

    def __init__(
        self, network: Network, workers: int | None = None, decisions: Decisions | None = None
    ) -> None:
        """Makes a reader from a loaded network. `Reader.load` is the usual way.

        Parameters
        ----------
        network
            The result of `load_network`.
        workers
            The number of threads. Default: one per core.
        decisions
            The thresholds between a digit, an unsure digit and no digit.

        Raises
        ------
        ModelError
            A bundled model is missing or damaged.
        """
        check_bundled()
        if decisions is not None:
            network = replace(network, card=replace(network.card, decisions=decisions))
        self.network = network
        self._parallel_map = ThreadMap(workers or os.cpu_count() or 1)

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        workers: int | None = None,
        decisions: Decisions | None = None,
    ) -> "Reader":
        """Loads a model and makes a reader with it.

        Parameters
        ----------
        path
            An ONNX model written by `inkling export` or `inkling finetune`. Default: the bundled
            model.
        workers
            The number of threads. Default: one per core.
        decisions
            The thresholds between a digit, an unsure digit and no digit. Default: `Decisions()`.

        Raises
        ------
        ModelError
            The file does not exist, is damaged, or is not a model that inkling can use.
        """
        return cls(load_network(path), workers, decisions)

    def read(
        self,
        sources: Sources | Source,
        *,
        names: Sequence[str] | None = None,
        expect_one: bool = False,
    ) -> list[Reading | ImageError]:
        """Reads any number of images.

        Parameters
        ----------
        sources
            A list of images, or one image. An image is a path, the bytes of a file, an open
            binary file, a PIL image, or an array or tensor of shape (H, W), (H, W, C) or
            (C, H, W) with C of 1, 3 or 4. Its values are booleans, integers, or floats on a scale
            of 0 to 1, -1 to 1 or 0 to 255. A single array of shape (N, H, W), (N, H, W, C) or
            (N, C, H, W) is a list of N images. An `ImageError` in the list is returned unchanged.
        names
            The names of the images in the readings. Default: the path of each image, or
            "image 1", "image 2", ... for images without a path.
        expect_one
            Each image holds at most one digit.

        Returns
        -------
        list of Reading or ImageError
            One entry per image, in order. An image that cannot be read gives an `ImageError`; it
            does not affect the others.

        Raises
        ------
        ImageError
            `sources` is neither an image nor a list of images.
        """
        sources = as_sources(sources)
        names = name_images(sources) if names is None else names
        readings: list[Reading | ImageError] = []
        for photos in open_in_groups(sources, names, self._parallel_map):
            start = len(readings)
            readings += self._read_photos(photos, names[start : start + len(photos)], expect_one)
        return readings

    def _read_photos(
        self, photos: Sequence[Photo | ImageError], names: Sequence[str], expect_one: bool
    ) -> list[Reading | ImageError]:
        readings: list[Reading | ImageError | None] = [
            photo if isinstance(photo, ImageError) else None for photo in photos
        ]
        refused: dict[int, Reading] = {}
        for index, reading in read_thumbnails(photos, names, self.network, self._parallel_map):
            if reading.verdict == "not-a-digit":
                refused[index] = reading
            else:
                readings[index] = reading
        rest = [index for index, reading in enumerate(readings) if reading is None]
        for start in range(0, len(rest), PAGE):
            page = rest[start : start + PAGE]
            seen = [(photo, names[i]) for i in page if isinstance(photo := photos[i], Photo)]
            for index, trace in zip(page, self._trace(seen, expect_one), strict=True):
                readings[index] = trace.reading
                if index in refused and not overrules(trace.reading, self.network.card.decisions):
                    readings[index] = refused[index]
        return [reading for reading in readings if reading is not None]

    def trace(
        self,
        sources: Sources | Source,
        *,
        names: Sequence[str] | None = None,
        expect_one: bool = False,
    ) -> list[Trace | ImageError]:
        """Reads images as `read` does, and returns the result of every step.

        Parameters
        ----------
        sources
            As for `read`.
        names
            As for `read`.
        expect_one
            As for `read`.

        Returns
        -------
        list of Trace or ImageError
            One entry per image, in order.

        Raises
        ------
        ImageError
            `sources` is neither an image nor a list of images.
        """
        sources = as_sources(sources)
        names = name_images(sources) if names is None else names
        photos = [
            photo for some in open_in_groups(sources, names, self._parallel_map) for photo in some
        ]
        fast = trace_thumbnails(photos, names, self.network, self._parallel_map)
        traces = {index: Trace(image, answer) for index, (image, answer) in fast.items()}
        refused = {i for i, trace in traces.items() if trace.reading.verdict == "not-a-digit"}
        seen = {i: (p, names[i]) for i, p in enumerate(photos) if isinstance(p, Photo)}
        rest = [index for index in seen if index not in traces or index in refused]
        found = trace_images(
            [seen[index] for index in rest], self.network, self._parallel_map, expect_one
        )
        for index, trace in zip(rest, found, strict=True):
            if index not in refused or overrules(trace.reading, self.network.card.decisions):
                traces[index] = trace
        return [p if isinstance(p, ImageError) else traces[i] for i, p in enumerate(photos)]

    def _trace(self, images: Sequence[tuple[Photo, str]], expect_one: bool) -> list[Trace]:
        return trace_images(images, self.network, self._parallel_map, expect_one)


@cache
def _bundled() -> Reader:
    """A reader with the bundled model, cached because loading it takes three times a thumbnail."""
    return Reader.load()


def read(source: Source, *, model: str | Path | None = None, expect_one: bool = False) -> Reading:
    """Reads the digits in one image.

    For many images, make one `Reader` and pass it a list.

    Parameters
    ----------
    source
        A path, the bytes of a file, an open binary file, a PIL image, or an array or tensor of
        shape (H, W), (H, W, C) or (C, H, W) with C of 1, 3 or 4.
    model
        An ONNX model to use instead of the bundled one.
    expect_one
        The image holds at most one digit.

    Returns
    -------
    Reading
        The text, and each digit with its box in pixels and its calibrated probability.

    Raises
    ------
    ImageError
        The image does not exist, is damaged or too large, or has an unknown format.
    ModelError
        `model` cannot be used.
    """
    reader = _bundled() if model is None else Reader.load(model)
    answer = reader.read([source], expect_one=expect_one)[0]
    if isinstance(answer, ImageError):
        raise answer
    return answer
