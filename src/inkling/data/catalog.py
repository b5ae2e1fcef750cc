"""From a name or a path to pictures: the training part and the test part, read separately.

Nothing is loaded until it is asked for. Training asks for `load_training` only; the test part is
opened by `inkling.jobs`, once, after the last step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from inkling.data.arrays import read_arrays
from inkling.data.embedded import embedded_digits
from inkling.data.fetch import Notify, fetch, progress_of
from inkling.data.folder import check_names, class_names, read_folder
from inkling.data.idx import read_idx
from inkling.data.published import MNIST, PUBLISHED, PublishedFile, PublishedSet
from inkling.data.splits import stratified_split
from inkling.data.table import read_table
from inkling.errors import DataError, FetchError
from inkling.types import Digits

AUTO = "auto"
EMBEDDED = "digits"
NAMES = (*PUBLISHED, EMBEDDED)
TEST_SHARE = 0.2  # held out of data that comes without a test part
TEST_SEED = 0  # always the same pictures, whatever the seed of the run
IDX_KINDS = ("images-idx3", "labels-idx1")
FetchFile = Callable[[PublishedSet, PublishedFile], bytes]


@dataclass(frozen=True)
class Source:
    """Where labelled pictures come from; each `load_*` reads them anew.

    `has_test` tells whether the data itself names its test part. Where it does not, a fixed
    fifth of each class is held out, and `load_everything` gives all of it for evaluation.
    """

    name: str
    load_training: Callable[[], Digits]
    load_test: Callable[[], Digits]
    load_everything: Callable[[], Digits]
    has_test: bool
    notice: str = ""


def find_source(
    name: str = AUTO, fetch_file: FetchFile | None = None, notify: Notify | None = None
) -> Source:
    """The source that `name` means: one of `NAMES`, `auto`, or a path.

    `auto` is MNIST, or the embedded digits with a notice where no place has MNIST. Raises
    `DataError` for anything else, naming what is allowed.
    """
    fetch_file = fetch_file or partial(fetch, notify=notify, progress=progress_of(notify))
    if name == AUTO:
        return _mnist_or_embedded(fetch_file, notify)
    if name in PUBLISHED:
        return _published(PUBLISHED[name], fetch_file)
    if name == EMBEDDED:
        return _unsplit(EMBEDDED, embedded_digits)
    path = Path(name).expanduser()
    if not path.exists():
        raise DataError(
            f"no data called '{name}': use {', '.join(NAMES)}, or the path of a folder with a "
            "sub-folder a class, a .csv with a label column, or a .npz"
        )
    return _path(path, notify)


def _mnist_or_embedded(fetch_file: FetchFile, notify: Notify | None) -> Source:
    """Whether MNIST can be had is known once both of its training files are there.

    The look at them is the first load's as well: unpacking and hashing twice would take longer.
    """
    seen: dict[str, bytes] = {}
    try:
        for file in (MNIST.train_labels, MNIST.train_images):
            seen[file.name] = fetch_file(MNIST, file)
    except FetchError as error:
        source = _unsplit(EMBEDDED, embedded_digits)
        notice = f"MNIST cannot be had, so the embedded digits (1,797 scans) stand in.\n{error}"
        if notify:
            notify(notice)
        return Source(**{**vars(source), "notice": notice})

    def fetch_once(published: PublishedSet, file: PublishedFile) -> bytes:
        return seen.pop(file.name, None) or fetch_file(published, file)

    return _published(MNIST, fetch_once)


def _published(published: PublishedSet, fetch_file: FetchFile) -> Source:
    def load(images: PublishedFile, labels: PublishedFile) -> Digits:
        # Labels first: a set that cannot be had is known after 30 kB instead of 12 MB.
        label_bytes, image_bytes = fetch_file(published, labels), fetch_file(published, images)
        return _from_idx(image_bytes, label_bytes, images.name, labels.name, published.classes)

    test = partial(load, published.test_images, published.test_labels)
    training = partial(load, published.train_images, published.train_labels)
    return Source(published.name, training, test, test, has_test=True)


def _from_idx(
    images: bytes, labels: bytes, images_name: str, labels_name: str, classes: tuple[str, ...]
) -> Digits:
    pictures = read_idx(images, images_name, dimensions=3)
    answers = read_idx(labels, labels_name, dimensions=1)
    if len(pictures) != len(answers):
        raise DataError(
            f"{images_name} holds {len(pictures):,} pictures, {labels_name} {len(answers):,} labels"
        )
    return Digits(pictures, answers.astype(np.int64), classes)


def _unsplit(name: str, load: Callable[[], Digits], notice: str = "") -> Source:
    """A source whose data names no test part: a fixed, stratified fifth becomes it."""
    everything = cache(lambda: _light_on_dark(load()))

    def part(index: int) -> Digits:
        digits = everything()
        held_out = round(len(digits) * TEST_SHARE)
        return digits.take(stratified_split(digits.labels, held_out, TEST_SEED)[index])

    return Source(name, partial(part, 0), partial(part, 1), everything, False, notice)


def _split(name: str, training: Callable[[], Digits], test: Callable[[], Digits]) -> Source:
    def load_test() -> Digits:
        return _light_on_dark(test())

    return Source(name, lambda: _light_on_dark(training()), load_test, load_test, has_test=True)


def _path(path: Path, notify: Notify | None) -> Source:
    name = str(path)
    if path.is_dir():
        return _directory(path, notify)
    if path.suffix.lower() == ".csv":
        return _unsplit(name, partial(read_table, path))
    if path.suffix.lower() == ".npz":
        read = cache(partial(read_arrays, path))
        training, test = read()
        if test is None:
            return _unsplit(name, lambda: training)
        return _split(name, lambda: training, lambda: test)
    raise DataError(f"{path} is neither a folder nor a .csv nor a .npz")


def _directory(folder: Path, notify: Notify | None) -> Source:
    """What names alone can tell of a test part is told now, not after an hour of training."""
    name = str(folder)
    if any(folder.glob("train-images-idx3-ubyte*")):
        _check_idx(folder)
        return _split(name, partial(_idx_pair, folder, "train"), partial(_idx_pair, folder, "t10k"))
    if (folder / "train").is_dir() and (folder / "test").is_dir():
        names = class_names(folder / "train")
        check_names(folder / "test", names)
        return _split(
            name,
            partial(read_folder, folder / "train", names, notify),
            partial(read_folder, folder / "test", names, notify),
        )
    class_names(folder)  # fails early where this is no folder of classes
    return _unsplit(name, partial(read_folder, folder, notify=notify))


def _check_idx(folder: Path) -> None:
    names = [f"{prefix}-{kind}-ubyte" for prefix in ("train", "t10k") for kind in IDX_KINDS]
    missing = [
        name
        for name in names
        if not (folder / name).exists() and not (folder / f"{name}.gz").exists()
    ]
    if missing:
        raise DataError(
            f"{folder} lacks {' and '.join(missing)}: data in IDX form is four files, gzip or "
            "not, two to train on and two to test on"
        )


def _idx_pair(folder: Path, prefix: str) -> Digits:
    """The user's own data in IDX form; there is no published hash to hold it to."""
    import gzip
    import zlib

    parts = []
    for kind in IDX_KINDS:
        path = folder / f"{prefix}-{kind}-ubyte"
        packed = path.with_name(path.name + ".gz")
        try:
            parts.append(
                gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
            )
        except (OSError, EOFError, zlib.error) as error:
            damaged = packed if packed.exists() else path
            raise DataError(f"cannot read {damaged}: {error}") from error
    labels = read_idx(parts[1], f"{prefix}-labels-idx1-ubyte", dimensions=1)
    classes = tuple(str(label) for label in range(max(10, int(labels.max(initial=0)) + 1)))
    return _from_idx(
        parts[0], parts[1], f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte", classes
    )


def _light_on_dark(digits: Digits) -> Digits:
    """Turn a set of dark ink on light ground over, so that every network sees MNIST's way."""
    edge = np.concatenate([digits.images[:, [0, -1]].ravel(), digits.images[:, :, [0, -1]].ravel()])
    if len(edge) == 0 or np.median(edge) < 128:
        return digits
    return Digits(255 - digits.images, digits.labels, digits.classes)
