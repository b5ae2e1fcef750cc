"""Finds candidate cuts between touching digits: straight cuts along the slant of the writing.

A candidate is a slanted column with less ink than its neighbours, or one where the outline is
narrow, as between two round digits that touch. In wide spaces between candidates, more are added.
The networks decide which cuts are right. Extra candidates cost little; a missing one loses a digit.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map, resize

CUT_HEIGHT = 40  # pixels; height to which the ink is scaled
SLANTS = np.linspace(-0.2, 0.8, 11)  # pixels to the right per pixel upwards
NEAR = 2  # columns; a valley is lower than all columns within this distance
APART = 4  # columns; of two closer candidates, the one with less ink is used
FAR = 10  # columns; one more candidate is added in a wider space
MARGIN = 4  # columns; no cut is closer to the first or last ink
MOST = 30  # greatest number of cuts of one part


def find_slant(ink: Map) -> float:
    """The slant of the writing in `ink` (H, W): pixels to the right per pixel upwards.

    Without slant, upright strokes cover the fewest columns, and the sum of squares of the column
    sums is greatest (as in Bozinovic and Srihari, 1989).
    """
    small = resize(ink, (24, max(3, round(ink.shape[1] * 24 / ink.shape[0]))))
    rows, columns = np.nonzero(small > 0.4)
    if rows.size < 8:
        return 0.0
    sharpness = []
    for slant in SLANTS:
        at = np.rint(columns - slant * (12 - rows)).astype(np.int64)
        sharpness.append(float((np.bincount(at - at.min()).astype(np.float64) ** 2).sum()))
    return float(SLANTS[int(np.argmax(sharpness))])


def find_cuts(ink: Map, slant: float) -> list[NDArray[np.float64]]:
    """Candidate cuts through the ink (H, W) of one part, from left to right.

    Each cut is (H,) float64. In row y, pixels left of `cut[y]` are on its left side.
    """
    height, width = ink.shape
    across = max(3, round(width * CUT_HEIGHT / height))
    small = resize(np.ascontiguousarray(ink), (CUT_HEIGHT, across))
    upright, shift = _without_slant(small, slant)
    up = (height - 1) / 2 - np.arange(height)
    scale = width / across
    return [(column + 0.5 - shift) * scale + slant * up for column in _candidates(upright).tolist()]


def _without_slant(small: Map, slant: float) -> tuple[Map, int]:
    """Removes the slant of the ink. Also returns the number of columns added on the left."""
    height, width = small.shape
    offsets = np.rint(slant * ((height - 1) / 2 - np.arange(height))).astype(np.int64)
    reach = int(np.abs(offsets).max(initial=0))
    out = np.zeros((height, width + 2 * reach), np.float32)
    for row, offset in enumerate(offsets.tolist()):
        out[row, reach - offset : reach - offset + width] = small[row]
    return out, reach


def _candidates(upright: Map) -> NDArray[np.int64]:
    """The columns of the candidate cuts, from left to right."""
    ink = upright.sum(axis=0)
    inked = np.flatnonzero(ink > 0.5)
    if not inked.size:
        return inked
    first, last = int(inked[0]) + MARGIN, int(inked[-1]) - MARGIN
    columns = np.union1d(_valleys(ink), _valleys(_heights(upright)))
    columns = columns[(columns >= first) & (columns <= last)]
    chosen: list[int] = []
    for column in columns[np.argsort(ink[columns], kind="stable")].tolist():
        if all(abs(column - other) >= APART for other in chosen):
            chosen.append(column)
    stops = sorted({first - MARGIN, *chosen, last + MARGIN})
    for start, stop in itertools.pairwise(stops):
        if stop - start > FAR:
            chosen.append((start + stop) // 2)
    return np.array(sorted(chosen[:MOST]), np.int64)


def _heights(upright: Map) -> Map:
    """The height from the highest to the lowest ink of each column, (W,), in pixels."""
    inked = upright > 0.4
    rows = np.arange(1, len(upright) + 1)[:, None]
    lowest = np.where(inked, rows, 0).max(axis=0)
    highest = np.where(inked, rows, len(upright) + 1).min(axis=0)
    return np.maximum(lowest - highest + 1, 0).astype(np.float32)


def _valleys(values: Map) -> NDArray[np.int64]:
    """Indices of local minima; of a flat valley, its middle."""
    padded = np.pad(values, NEAR, constant_values=np.inf)
    near = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEAR + 1).min(axis=1)
    lowest = np.flatnonzero(values <= near)
    runs = np.split(lowest, np.flatnonzero(np.diff(lowest) > 1) + 1)
    return np.array([run[len(run) // 2] for run in runs if len(run)], np.int64)
