"""The confusion matrix of a report, as a table with links to the images of each cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.evaluation.report.images import paper_uri
from inkling.evaluation.test_predictions import SavedPredictions


@dataclass(frozen=True)
class ConfusionCell:
    """One cell. `tint` (0 to 1) grows with the errors; `has_images` is true if it has a link."""

    key: str
    count: int
    fraction: str
    tint: float
    right: bool
    words: str
    has_images: bool


@dataclass(frozen=True)
class Tile:
    """One image of a panel, with the answer and its confidence."""

    uri: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Panel:
    """The images of one cell."""

    key: str
    title: str
    note: str
    tiles: tuple[Tile, ...]
    first: bool


def confusion_rows(
    matrix: NDArray[np.int64], classes: tuple[str, ...], test_predictions: SavedPredictions | None
) -> list[list[ConfusionCell]]:
    """The cells of `matrix` (C, C), row by row."""
    totals = matrix.sum(axis=1)
    errors = matrix - np.diag(np.diag(matrix))
    worst = max(int(errors.max(initial=0)), 1)
    shown = set(_members(test_predictions)) if test_predictions else set()
    return [
        [
            ConfusionCell(
                key=f"cell-{row}-{column}",
                count=int(count),
                fraction=_fraction(int(count), int(totals[row])),
                tint=0.0 if row == column else round(float(count) / worst, 3),
                right=row == column,
                words=_words(classes, row, column, int(count)),
                has_images=(row, column) in shown,
            )
            for column, count in enumerate(counts)
        ]
        for row, counts in enumerate(matrix)
    ]


def confusion_panels(
    matrix: NDArray[np.int64], classes: tuple[str, ...], test_predictions: SavedPredictions
) -> list[Panel]:
    """A panel for each cell with images. The most frequent confusion is shown first."""
    members = _members(test_predictions)
    if not members:
        return []
    first = max(members, key=lambda cell: (cell[0] != cell[1], matrix[cell]))
    panels = []
    for (row, column), places in sorted(members.items()):
        count = int(matrix[row, column])
        note = "" if len(places) == count else f"{len(places)} of them, "
        order = "the least confident first" if row == column else "the most confident first"
        panels.append(
            Panel(
                key=f"cell-{row}-{column}",
                title=_words(classes, row, column, count),
                note=note + order if count > 1 else "",
                tiles=tuple(_tile(test_predictions, place) for place in places),
                first=(row, column) == first,
            )
        )
    return panels


def _members(test_predictions: SavedPredictions) -> dict[tuple[int, int], list[int]]:
    """The indices of the saved images by (label, answer), in display order."""
    confidence = test_predictions.probabilities.max(axis=1)
    cells: dict[tuple[int, int], list[int]] = {}
    for place in np.argsort(-confidence, kind="stable").tolist():
        label = int(test_predictions.digits.labels[place])
        answer = int(test_predictions.probabilities[place].argmax())
        cells.setdefault((label, answer), []).append(place)
    for (label, answer), places in cells.items():
        if label == answer:
            places.reverse()
    return cells


def _tile(test_predictions: SavedPredictions, place: int) -> Tile:
    label = test_predictions.digits.classes[test_predictions.digits.labels[place]]
    answer = test_predictions.digits.classes[int(test_predictions.probabilities[place].argmax())]
    confidence = float(test_predictions.probabilities[place].max())
    index = int(test_predictions.indices[place])
    return Tile(
        uri=paper_uri(test_predictions.digits.images[place]),
        alt=f"test image {index}: {label}, read as {answer}",
        caption=in_percent(confidence),
    )


def in_percent(fraction: float) -> str:
    """The text in percent, whole except near 100."""
    if fraction >= 0.99995:
        return "100%"
    return f"{fraction:.2%}" if fraction >= 0.995 else f"{fraction:.0%}"


def _words(classes: tuple[str, ...], row: int, column: int, count: int) -> str:
    images = "1 image" if count == 1 else f"{count:,} images"
    if row == column:
        return f"{classes[row]} read correctly: {images}"
    return f"{classes[row]} read as {classes[column]}: {images}"


def _fraction(count: int, total: int) -> str:
    """The percentage of the row, as a short text for a cell."""
    if total == 0 or count == 0:
        return "·"
    fraction = 100 * count / total
    return f"{fraction:.1f}" if fraction < 99.95 or count == total else "99.9"
