"""Finds a data set by name or path. Training and test part are loaded separately.

Nothing is loaded until it is needed. Training uses only `load_training`; `inkling.jobs` loads the
test part once, after the last step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from inkling.data.embedded import embedded_digits
from inkling.data.fetch import Notify, fetch, progress_of
from inkling.data.idx import read_idx
from inkling.data.options import split_options
from inkling.data.published import MNIST, PUBLISHED, PublishedFile, PublishedSet
from inkling.data.splits import TEST_FRACTION, TEST_SEED, stratified_split
from inkling.errors import DataError, FetchError
from inkling.types import Digits

if TYPE_CHECKING:
    from inkling.data.own import OwnData

AUTO = "auto"
EMBEDDED = "digits"
NAMES = (*PUBLISHED, EMBEDDED)
FetchFile = Callable[[PublishedSet, PublishedFile], bytes]


@dataclass(frozen=True)
class Source:
    """A source of labelled images. Each call of `load_*` reads them again.

    `has_test` is true if the data has a test part. Otherwise a fixed fifth of each class is held
    out, and `load_everything` returns all images for evaluation. `load_validation` is None without
    a validation part. `describe` tells how the user's own files (`own`) were read.
    """

    name: str
    load_training: Callable[[], Digits]
    load_test: Callable[[], Digits]
    load_everything: Callable[[], Digits]
    has_test: bool
    notice: str = ""
    load_validation: Callable[[], Digits] | None = None
    describe: Callable[[], dict[str, Any]] | None = None
    own: "OwnData | None" = None


def find_source(
    name: str = AUTO, fetch_file: FetchFile | None = None, notify: Notify | None = None
) -> Source:
    """Finds the source of `name`: one of `NAMES`, `auto`, or a path.

    `auto` is MNIST, or the embedded digits with a notice if MNIST is not available. Raises
    `DataError` for other names.
    """
    fetch_file = fetch_file or partial(fetch, notify=notify, progress=progress_of(notify))
    if name == AUTO:
        return _mnist_or_embedded(fetch_file, notify)
    if name in PUBLISHED:
        return _published(PUBLISHED[name], fetch_file)
    if name == EMBEDDED:
        return _embedded()
    return _own(name, notify)


def _mnist_or_embedded(fetch_file: FetchFile, notify: Notify | None) -> Source:
    """MNIST if both of its training files are available, else the embedded digits.

    The first load reuses these files, to avoid unpacking and hashing them twice.
    """
    seen: dict[str, bytes] = {}
    try:
        for file in (MNIST.train_labels, MNIST.train_images):
            seen[file.name] = fetch_file(MNIST, file)
    except FetchError as error:
        notice = f"MNIST could not be loaded. Using the embedded digits (1,797 scans).\n{error}"
        if notify:
            notify(notice)
        return _embedded(notice)

    def fetch_once(published: PublishedSet, file: PublishedFile) -> bytes:
        return seen.pop(file.name, None) or fetch_file(published, file)

    return _published(MNIST, fetch_once)


def _published(published: PublishedSet, fetch_file: FetchFile) -> Source:
    def load(images: PublishedFile, labels: PublishedFile) -> Digits:
        # Labels first: a missing set is then noticed after 30 kB instead of 12 MB.
        label_bytes, image_bytes = fetch_file(published, labels), fetch_file(published, images)
        return _from_idx(image_bytes, label_bytes, images.name, labels.name, published.classes)

    test = partial(load, published.test_images, published.test_labels)
    training = partial(load, published.train_images, published.train_labels)
    return Source(published.name, training, test, test, has_test=True)


def _from_idx(
    images: bytes, labels: bytes, images_name: str, labels_name: str, classes: tuple[str, ...]
) -> Digits:
    pixels = read_idx(images, images_name, dimensions=3)
    answers = read_idx(labels, labels_name, dimensions=1)
    if len(pixels) != len(answers):
        raise DataError(
            f"{images_name} has {len(pixels):,} images, {labels_name} {len(answers):,} labels"
        )
    return Digits(pixels, answers.astype(np.int64), classes)


def _embedded(notice: str = "") -> Source:
    """The embedded scans. A fixed, stratified fifth is the test part."""
    everything = cache(embedded_digits)

    def part(index: int) -> Digits:
        digits = everything()
        held_out = round(len(digits) * TEST_FRACTION)
        return digits.take(stratified_split(digits.labels, held_out, TEST_SEED)[index])

    return Source(EMBEDDED, partial(part, 0), partial(part, 1), everything, False, notice)


def _own(name: str, notify: Notify | None) -> Source:
    """The user's own files."""
    from inkling.data.own import open_own  # brings all formats and the reader's image work

    path, options = split_options(name)
    if not path.exists():
        raise DataError(
            f"no dataset called '{path}': use {', '.join(NAMES)}, or the path of your own data "
            "(a folder with one subfolder per class, CSV, .npz, IDX files, ...: see docs/data.md)"
        )
    own = open_own(path, options, name, notify)
    return Source(
        name,
        own.training,
        own.test,
        own.everything,
        own.has_test,
        load_validation=own.validation if own.has_validation else None,
        describe=own.describe,
        own=own,
    )
