"""The confusion matrix as a table whose every cell leads to its pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkling.evaluation.evidence import Evidence
from inkling.evaluation.report.pictures import paper_uri


@dataclass(frozen=True)
class Cell:
    """One cell; `tint` runs from 0 to 1 among the errors, `pictures` tells whether it has any."""

    key: str
    count: int
    share: str
    tint: float
    right: bool
    words: str
    pictures: bool


@dataclass(frozen=True)
class Tile:
    """One picture of a panel, with what was answered and how surely."""

    uri: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Panel:
    """The pictures of one cell."""

    key: str
    title: str
    note: str
    tiles: tuple[Tile, ...]
    first: bool


def confusion_rows(
    matrix: NDArray[np.int64], classes: tuple[str, ...], evidence: Evidence | None
) -> list[list[Cell]]:
    """The cells of `matrix` (C, C), row by row."""
    totals = matrix.sum(axis=1)
    errors = matrix - np.diag(np.diag(matrix))
    worst = max(int(errors.max(initial=0)), 1)
    shown = set(_members(evidence)) if evidence else set()
    return [
        [
            Cell(
                key=f"cell-{row}-{column}",
                count=int(count),
                share=_share(int(count), int(totals[row])),
                tint=0.0 if row == column else round(float(count) / worst, 3),
                right=row == column,
                words=_words(classes, row, column, int(count)),
                pictures=(row, column) in shown,
            )
            for column, count in enumerate(counts)
        ]
        for row, counts in enumerate(matrix)
    ]


def confusion_panels(
    matrix: NDArray[np.int64], classes: tuple[str, ...], evidence: Evidence
) -> list[Panel]:
    """A panel for every cell with pictures; the most frequent confusion is the one shown first."""
    members = _members(evidence)
    if not members:
        return []
    first = max(members, key=lambda cell: (cell[0] != cell[1], matrix[cell]))
    panels = []
    for (row, column), places in sorted(members.items()):
        count = int(matrix[row, column])
        note = "" if len(places) == count else f"{len(places)} of them, "
        order = "the least sure first" if row == column else "the surest first"
        panels.append(
            Panel(
                key=f"cell-{row}-{column}",
                title=_words(classes, row, column, count),
                note=note + order if count > 1 else "",
                tiles=tuple(_tile(evidence, place) for place in places),
                first=(row, column) == first,
            )
        )
    return panels


def _members(evidence: Evidence) -> dict[tuple[int, int], list[int]]:
    """Places of the kept pictures by (label, answer), in the order they are shown in."""
    confidence = evidence.probabilities.max(axis=1)
    cells: dict[tuple[int, int], list[int]] = {}
    for place in np.argsort(-confidence, kind="stable").tolist():
        label = int(evidence.pictures.labels[place])
        answer = int(evidence.probabilities[place].argmax())
        cells.setdefault((label, answer), []).append(place)
    for (label, answer), places in cells.items():
        if label == answer:
            places.reverse()
    return cells


def _tile(evidence: Evidence, place: int) -> Tile:
    label = evidence.pictures.classes[evidence.pictures.labels[place]]
    answer = evidence.pictures.classes[int(evidence.probabilities[place].argmax())]
    confidence = float(evidence.probabilities[place].max())
    index = int(evidence.indices[place])
    return Tile(
        uri=paper_uri(evidence.pictures.images[place]),
        alt=f"test picture {index}: {label}, read as {answer}",
        caption=in_percent(confidence),
    )


def in_percent(share: float) -> str:
    """Whole percents, except near 100 where the rest is what matters."""
    if share >= 0.99995:
        return "100%"
    return f"{share:.2%}" if share >= 0.995 else f"{share:.0%}"


def _words(classes: tuple[str, ...], row: int, column: int, count: int) -> str:
    pictures = "1 picture" if count == 1 else f"{count:,} pictures"
    if row == column:
        return f"{classes[row]} read as it is: {pictures}"
    return f"{classes[row]} read as {classes[column]}: {pictures}"


def _share(count: int, total: int) -> str:
    """In percent of the row, as short as a cell wants it."""
    if total == 0 or count == 0:
        return "·"
    share = 100 * count / total
    return f"{share:.1f}" if share < 99.95 or count == total else "99.9"
