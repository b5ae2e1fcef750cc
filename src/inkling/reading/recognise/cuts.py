"""Where touching digits may be cut apart: straight cuts along the writing's slant.

Candidates are the columns, in slanted writing's own sense, that meet less ink than their
neighbours; those where the outline draws in from above and below, as between two round digits
that press against each other; and some between where these are far apart. Which of them are
true, the network judges: too many cost little, a missing one costs a digit.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map, resize

CUT_HEIGHT = 40  # pixels; the height at which cuts are sought
SLANTS = np.linspace(-0.2, 0.8, 11)  # pixels to the right for one upwards
NEAR = 2  # columns; a valley is lower than all within this distance
APART = 4  # columns; of two candidates nearer than this, the one with less ink stands
FAR = 10  # columns; in a wider space between candidates one more is put
SIDE = 4  # columns; nearer to a side nothing is cut off
MOST = 30  # cuts of one part


def find_slant(ink: Map) -> float:
    """How far the writing in `ink` (H, W) leans: pixels to the right for one upwards.

    Upright strokes stand in the fewest columns when the lean is taken off: the sum of squares of
    the column sums is then greatest (as in Bozinovic and Srihari, 1989).
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
    """Candidate cuts through the ink (H, W) of one part, from the left.

    Each is (H,) float64: in row y, pixels left of `cut[y]` are on the cut's left.
    """
    height, width = ink.shape
    across = max(3, round(width * CUT_HEIGHT / height))
    small = resize(np.ascontiguousarray(ink), (CUT_HEIGHT, across))
    upright, shift = _without_slant(small, slant)
    up = (height - 1) / 2 - np.arange(height)
    scale = width / across
    return [(column + 0.5 - shift) * scale + slant * up for column in _candidates(upright).tolist()]


def _without_slant(small: Map, slant: float) -> tuple[Map, int]:
    """The ink with its lean taken off, and how many columns were added on the left for it."""
    height, width = small.shape
    offsets = np.rint(slant * ((height - 1) / 2 - np.arange(height))).astype(np.int64)
    reach = int(np.abs(offsets).max(initial=0))
    out = np.zeros((height, width + 2 * reach), np.float32)
    for row, offset in enumerate(offsets.tolist()):
        out[row, reach - offset : reach - offset + width] = small[row]
    return out, reach


def _candidates(upright: Map) -> NDArray[np.int64]:
    """Columns at which to cut, from the left."""
    ink = upright.sum(axis=0)
    inked = np.flatnonzero(ink > 0.5)
    if not inked.size:
        return inked
    first, last = int(inked[0]) + SIDE, int(inked[-1]) - SIDE
    columns = np.union1d(_valleys(ink), _valleys(_heights(upright)))
    columns = columns[(columns >= first) & (columns <= last)]
    chosen: list[int] = []
    for column in columns[np.argsort(ink[columns], kind="stable")].tolist():
        if all(abs(column - other) >= APART for other in chosen):
            chosen.append(column)
    stops = sorted({first - SIDE, *chosen, last + SIDE})
    for start, stop in itertools.pairwise(stops):
        if stop - start > FAR:
            chosen.append((start + stop) // 2)
    return np.array(sorted(chosen[:MOST]), np.int64)


def _heights(upright: Map) -> Map:
    """From the topmost to the lowest ink of each column, (W,), in pixels."""
    inked = upright > 0.4
    rows = np.arange(1, len(upright) + 1)[:, None]
    lowest = np.where(inked, rows, 0).max(axis=0)
    highest = np.where(inked, rows, len(upright) + 1).min(axis=0)
    return np.maximum(lowest - highest + 1, 0).astype(np.float32)


def _valleys(values: Map) -> NDArray[np.int64]:
    """Indices that are lowest of all near them; the middle of a flat valley."""
    padded = np.pad(values, NEAR, constant_values=np.inf)
    near = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEAR + 1).min(axis=1)
    lowest = np.flatnonzero(values <= near)
    runs = np.split(lowest, np.flatnonzero(np.diff(lowest) > 1) + 1)
    return np.array([run[len(run) // 2] for run in runs if len(run)], np.int64)
