"""Collects the images for finetuning: corrections, MNIST and synthetic crops."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from inkling.data.catalog import AUTO, find_source
from inkling.data.corrections import class_number, read_corrections
from inkling.data.fetch import Notify
from inkling.data.replay import load_replay
from inkling.data.splits import stratified_split
from inkling.errors import DataError
from inkling.reading.preprocess.thumbnails import preprocess_thumbnails
from inkling.reading.recognise.network import Network
from inkling.types import Digits

MIN_CORRECTIONS = 10  # least number of corrections, so that at least two are held out
HELD_OUT_FRACTION = 0.2  # fraction of the corrections
REPLAYED = 20_000  # MNIST training digits that are mixed in
VALIDATED = 5_000  # last MNIST training digits, which the bundled reader was not trained on
SPLIT_SEED = 0


@dataclass(frozen=True, eq=False)
class FinetuneData:
    """Crops in the network's form, with labels as indices of its classes.

    `own` is for training, and `held` is the held-out fifth. `chosen_by` are validation sets by
    name. Entries that are None do not apply to models whose classes are not digits.
    """

    own: Digits
    held: Digits
    replay: Digits
    chosen_by: dict[str, Digits] = field(default_factory=dict)
    validation: Digits | None = None
    mnist_test: Digits | None = None
    mnist_name: str = "MNIST"
    synthetic_test: Digits | None = None


def collect(
    corrections: str | Path | None, data: str | None, network: Network, notify: Notify | None
) -> FinetuneData:
    """Collects all images for finetuning. Raises `DataError`."""
    classes = network.card.classes
    parts: list[tuple[Digits, Digits]] = []
    if corrections is not None:
        parts.append(_split(read_corrections(Path(corrections), classes), str(corrections)))
    if data is not None:
        parts.append(_labelled(data, classes, notify))
    if not parts:
        raise DataError("finetune needs --corrections FOLDER or --data X")
    own, held = (_join([part[k] for part in parts], classes) for k in (0, 1))
    if not network.card.reads_digits:
        if notify:
            notify("the model's classes are not digits: MNIST and synthetic crops do not apply")
        return FinetuneData(own, held, _join([], classes))
    return _with_digits(own, held, classes, notify)


def _with_digits(
    own: Digits, held: Digits, classes: tuple[str, ...], notify: Notify | None
) -> FinetuneData:
    """Adds MNIST and the replay set, for a digit model."""
    source = find_source(AUTO, notify=notify)
    training, test = source.load_training(), source.load_test()
    validated = min(VALIDATED, len(training) // 5)
    early = np.arange(len(training) - validated)
    chosen = np.random.default_rng(SPLIT_SEED).permutation(early)[:REPLAYED]
    replayed = _as_crops(training.take(chosen), classes)
    validation = _as_crops(training.take(np.arange(len(early), len(training))), classes)
    replay = load_replay()
    synthetic = _counted_in(replay.held_out, classes)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(synthetic))
    half = synthetic.take(order[::2])
    return FinetuneData(
        own,
        held,
        _join([replayed, _counted_in(replay.training, classes)], classes),
        chosen_by={"MNIST": validation, "synthetic": half},
        validation=_join([half, validation.take(np.arange(0, len(validation), 5))], classes),
        mnist_test=test,
        mnist_name="MNIST" if source.name == "mnist" else source.name,
        synthetic_test=synthetic.take(order[1::2]),
    )


def _labelled(data: str, classes: tuple[str, ...], notify: Notify | None) -> tuple[Digits, Digits]:
    """The training and test part of labelled data, or a split into four fifths and one fifth."""
    source = find_source(data, notify=notify)
    if not source.has_test:
        return _split(_named(source.load_everything(), data, classes), data)
    parts = [_named(part, data, classes) for part in (source.load_training(), source.load_test())]
    _refuse_few(len(parts[0]) + len(parts[1]), data)
    return parts[0], parts[1]


def _named(digits: Digits, data: str, classes: tuple[str, ...]) -> Digits:
    """Converts to crops, with labels as indices of `classes`. Raises `DataError`."""
    where = (
        f"{data} (train a model of its own: inkling train --data {data}; then "
        "inkling export RUN --to onnx)"
    )
    places = [class_number(name, classes, where) for name in digits.classes]
    named = tuple(classes[place] for place in places)
    return _as_crops(Digits(digits.images, digits.labels, named), classes)


def _split(digits: Digits, name: str) -> tuple[Digits, Digits]:
    """Splits into four fifths and one fifth, stratified if possible."""
    _refuse_few(len(digits), name)
    count = round(HELD_OUT_FRACTION * len(digits))
    try:
        keep, held = stratified_split(digits.labels, count, SPLIT_SEED)
    except DataError:  # too many classes with one image
        order = np.random.default_rng(SPLIT_SEED).permutation(len(digits))
        keep, held = order[count:], order[:count]
    return digits.take(keep), digits.take(held)


def _refuse_few(count: int, name: str) -> None:
    if count < MIN_CORRECTIONS:
        raise DataError(
            f"{name} has {count} labelled images; finetune needs at least {MIN_CORRECTIONS}"
        )


def _as_crops(digits: Digits, classes: tuple[str, ...]) -> Digits:
    """Crops images as the reader does. Drops those without ink.

    Cropping a crop again changes it by at most half a grey level.
    """
    inked = digits.images.reshape(len(digits), -1).any(axis=1)
    digits = digits.take(np.flatnonzero(inked))
    if len(digits):
        seen = preprocess_thumbnails(digits.images)
        images = np.where(seen.plain[:, None, None], seen.pixels, digits.images)
        digits = Digits(images, digits.labels, digits.classes)
    return _counted_in(digits, classes)


def _counted_in(digits: Digits, classes: tuple[str, ...]) -> Digits:
    """Maps labels to indices of `classes`. Drops images of other classes."""
    places = np.array([classes.index(name) if name in classes else -1 for name in digits.classes])
    labels = places[digits.labels]
    kept = np.flatnonzero(labels >= 0)
    return Digits(digits.images[kept], labels[kept], classes)


def _join(parts: list[Digits], classes: tuple[str, ...]) -> Digits:
    images = [part.images for part in parts] or [np.zeros((0, 28, 28), np.uint8)]
    labels = [part.labels for part in parts] or [np.zeros(0, np.int64)]
    return Digits(np.concatenate(images), np.concatenate(labels), classes)
