"""The lines of one grid in a flattened patch: level and upright, chosen together.

A line belongs to a grid where it runs all the way between two lines that cross it. The longest are
taken first, so the strokes of digits, which stop short of the frame, find nothing to hold on to.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkling.reading.preprocess.pixels import Map
from inkling.reading.tables.chains import Chains, along, crest, find_chains

WINDOW = 15  # pixels along which evidence is averaged in a flattened patch
SHORT = 7  # pixels; the window where it is asked whether a piece of line is there
SLOPES = (-0.04, 0.0, 0.04)
APART = 3.0  # pixels; chains at levels closer than that are one line
OVERLAP = 6.0  # pixels by which chains that continue one another may overlap
NEAR = 120.0  # pixels from a chain's end within which another may continue it
STEP = 3.0  # pixels that it may then lie higher or lower
SLANT = 0.04  # and more for each pixel between them
END = 8  # columns; where a chain ends is the mean over so many
WANDER = 3  # pixels that a line may leave its smoothed course
TOUCH = 6.0  # pixels; lines that end closer to a crossing one reach it
SURE = 0.4  # evidence of a piece of line
FAINT = 0.3  # and of one that is expected
FILLED = 0.8  # of an edge, for it to be there
TIP = 0.15  # of an edge, at either end
ENDS = 0.6  # of its tips
SHORTEST = 10.0  # pixels; chains shorter than that are no lines
SEED = 0.75  # of the longest line's support; such lines are taken together to begin with
CEILINGS = (1.0, 0.7, 0.5, 0.35, 0.25)  # of it; lines outside the grid may be longer
EXPLAINED = 0.7  # of what there is of a line must lie in whole edges
WEAK = 0.45  # of an edge of a line that was chosen, for it to be there
EXPECTED = 0.85  # of a faint edge of such a line
STEADY = 0.75  # of a line's edges; where so many are there, a trace of another is enough
TRACE = 0.3  # of such an edge
LEAST = 0.75  # of the longest line's support; a line with less needs more than one edge
RUNNING = 0.6  # of the edges between a line's first and last, which must be whole
THIN = 0.25  # of the usual distance; lines closer together than that are one, drawn double
ROUNDS = 12
COURSE = 25  # pixels over which a line's course is smoothed

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lines:
    """Candidate lines of one direction, sorted by position.

    `position` (N,) is each one's mean row, `course` (N, W) its row at each column, `start` and
    `stop` (N,) the columns between which there is anything of it.
    """

    position: Floats
    course: Floats
    start: Floats
    stop: Floats

    def take(self, chosen: Bools | NDArray[np.int64]) -> "Lines":
        """Some of them."""
        return Lines(
            self.position[chosen], self.course[chosen], self.start[chosen], self.stop[chosen]
        )

    def at(self, columns: Floats) -> Floats:
        """Rows (N, M) at some columns (M,)."""
        index = np.clip(np.rint(columns).astype(np.int64), 0, self.course.shape[1] - 1)
        return self.course[:, index]


@dataclass(frozen=True, eq=False)
class Strength:
    """Where there are level pieces of line, surely or faintly, (H, W) bool each."""

    sure: Bools
    faint: Bools


@dataclass(frozen=True, eq=False)
class Rulings:
    """Level lines `v` (R) and upright ones `u` (C), increasing.

    `level` (R, C - 1) says which edges of level lines are there, `upright` (C, R - 1) likewise.
    """

    v: Lines
    u: Lines
    level: Bools
    upright: Bools


def measure(flat: Map) -> Strength:
    """Where there are level pieces of line in a flattened evidence map (H, W)."""
    smooth = along(flat, SHORT, SLOPES)
    pool = np.ones((2 * WANDER + 1, 1), np.uint8)
    sure, faint = (
        np.asarray(cv2.dilate(crest(smooth, least), pool)).astype(bool) for least in (SURE, FAINT)
    )
    return Strength(sure, faint)


def find_lines(flat: Map) -> Lines:
    """The level lines of a flattened patch (H, W): chains that continue one another."""
    chains = find_chains(flat, WINDOW, SLOPES).longer_than(SHORTEST)
    owner = _cluster(chains)
    width = flat.shape[1]
    rows = []
    for number in range(int(owner.max(initial=-1)) + 1):
        own = owner[chains.owner] == number
        rows.append(_course(chains.x[own], chains.y[own], width))
    if not rows:
        empty = np.zeros(0)
        return Lines(empty, np.zeros((0, width)), empty, empty)
    position = np.array([row[0] for row in rows])
    order = np.argsort(position)
    course = np.stack([row[1] for row in rows])
    start, stop = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    return Lines(position, course, start, stop).take(order)


def _cluster(chains: Chains) -> NDArray[np.int64]:
    """Which line each chain belongs to: chains that continue one another, nearest ends first."""
    count = len(chains.start)
    first, last = _end_rows(chains)
    gap = chains.start[None, :] - chains.stop[:, None]
    step = np.abs(first[None, :] - last[:, None])
    level = np.abs(chains.level[None, :] - chains.level[:, None])
    follows = (gap > -OVERLAP) & (
        ((gap < NEAR) & (step < STEP + SLANT * np.maximum(gap, 0))) | (level < APART)
    )
    np.fill_diagonal(follows, False)
    pairs = np.argwhere(follows)
    cost = gap[follows] + 10 * np.minimum(step, level)[follows]
    owner = np.arange(count)
    spans = [[(float(a), float(b))] for a, b in zip(chains.start, chains.stop, strict=True)]
    for one, other in pairs[np.argsort(cost, kind="stable")].tolist():
        a, b = int(owner[one]), int(owner[other])
        if a == b or _overlap(spans[a], spans[b]):
            continue
        owner[owner == b] = a
        spans[a] += spans[b]
    return np.unique(owner, return_inverse=True)[1]


def _overlap(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> bool:
    return any(a < d - OVERLAP and c < b - OVERLAP for a, b in one for c, d in other)


def _end_rows(chains: Chains) -> tuple[Floats, Floats]:
    """The mean rows (N,) of each chain's first and last few columns."""
    count = len(chains.start)

    def mean(own: Bools) -> Floats:
        owner = chains.owner[own]
        size = np.maximum(np.bincount(owner, minlength=count), 1)
        return np.bincount(owner, chains.y[own], count) / size

    return (
        mean(chains.x <= chains.start[chains.owner] + END),
        mean(chains.x >= chains.stop[chains.owner] - END),
    )


def _course(x: Floats, y: Floats, width: int) -> tuple[float, Floats, float, float]:
    """Mean row, row at each column, first and last column of the points of one line."""
    columns = x.astype(np.int64)
    count = np.bincount(columns, minlength=width).astype(np.float64)
    total = np.bincount(columns, y, width)
    known = np.flatnonzero(count)
    course = np.interp(np.arange(width), known, total[known] / count[known])
    padded = np.pad(course, COURSE // 2, mode="edge")
    smooth = np.convolve(padded, np.full(COURSE, 1 / COURSE), "valid")
    return float(y.mean()), smooth, float(known[0]), float(known[-1])


def groups(level: Lines, upright: Lines) -> list[tuple[Bools, Bools]]:
    """Lines that meet one another, directly or through others; largest group first."""
    rows, columns = len(level.position), len(upright.position)
    v = level.at(upright.position)  # (R, C)
    u = upright.at(level.position).T  # (R, C)
    meets = (
        (level.start[:, None] - TOUCH <= u)
        & (u <= level.stop[:, None] + TOUCH)
        & (upright.start - TOUCH <= v)
        & (v <= upright.stop + TOUCH)
    )
    graph = np.zeros((rows + columns,) * 2, np.uint8)
    graph[:rows, rows:] = meets
    label = _components(graph | graph.T)
    found = []
    for number in np.unique(label):
        own = label == number
        if own[:rows].sum() >= 2 and own[rows:].sum() >= 2:
            found.append((own[:rows], own[rows:]))

    def size(pair: tuple[Bools, Bools]) -> float:
        one, other = level.take(pair[0]), upright.take(pair[1])
        return float((one.stop.max() - one.start.min()) * (other.stop.max() - other.start.min()))

    return sorted(found, key=size, reverse=True)


def _components(graph: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Labels (N,) of the connected parts of a graph (N, N)."""
    label = np.full(len(graph), -1, np.int64)
    for first in range(len(graph)):
        if label[first] >= 0:
            continue
        front = [first]
        label[first] = first
        while front:
            item = front.pop()
            fresh = np.flatnonzero((graph[item] > 0) & (label < 0))
            label[fresh] = first
            front += fresh.tolist()
    return label


def choose(level: Lines, upright: Lines, down: Strength, across: Strength) -> Rulings | None:
    """The lines of one grid in a group; None where there are not two by two.

    `down` (H, W) says where there are level pieces, `across` (W, H) where upright ones.
    """
    v_support, u_support = support(level, down.sure), support(upright, across.sure)
    best: tuple[float, Bools, Bools] | None = None
    for v_top in CEILINGS:
        for u_top in CEILINGS:
            in_v, in_u = _seed(v_support, v_top), _seed(u_support, u_top)
            held_v = _held(level.take(in_v), v_support[in_v], upright.take(in_u), down.sure)
            held_u = _held(upright.take(in_u), u_support[in_u], level.take(in_v), across.sure)
            if held_v.sum() < 2 or held_u.sum() < 2:
                continue
            score = float(v_support[in_v][held_v].sum() + u_support[in_u][held_u].sum())
            if best is None or score > 1.05 * best[0]:
                best = score, in_v, in_u
    if best is None:
        return None
    in_v, in_u = best[1], best[2]
    for _ in range(ROUNDS):
        before = in_v, in_u
        in_v = in_v & _held(level, v_support, upright.take(in_u), down.sure)
        in_u = in_u & _held(upright, u_support, level.take(in_v), across.sure)
        if in_v.sum() < 2 or in_u.sum() < 2:
            return None
        in_v = in_v | _held(level, v_support, upright.take(in_u), down.sure)
        in_u = in_u | _held(upright, u_support, level.take(in_v), across.sure)
        if np.array_equal(before[0], in_v) and np.array_equal(before[1], in_u):
            break
    v = level.take(_apart(in_v, level.position, v_support))
    u = upright.take(_apart(in_u, upright.position, u_support))
    if len(v.position) < 2 or len(u.position) < 2:
        return None
    return Rulings(v, u, present(v, u, down), present(u, v, across))


def _apart(chosen: Bools, position: Floats, support: Floats) -> NDArray[np.int64]:
    """Indices of the chosen lines, of those drawn double the one of which there is more."""
    own = np.flatnonzero(chosen)
    while len(own) > 2:
        gaps = np.diff(position[own])
        closest = int(gaps.argmin())
        if gaps[closest] >= max(THIN * float(np.median(gaps)), APART):
            break
        pair = own[closest : closest + 2]
        own = own[own != pair[int(support[pair].argmin())]]
    return own


def _seed(support: Floats, top: float) -> Bools:
    highest = top * float(support.max())
    return (support >= SEED * highest) & (support <= 1.1 * highest)


def support(lines: Lines, strength: Bools) -> Floats:
    """Over how many pixels each line is there, (N,)."""
    columns = np.arange(strength.shape[1])
    rows = np.clip(np.rint(lines.course).astype(np.int64), 0, len(strength) - 1)
    there = strength[rows, columns]
    own = (columns >= lines.start[:, None]) & (columns <= lines.stop[:, None])
    return (there & own).sum(axis=1, dtype=np.float64)


def _held(lines: Lines, support: Floats, across: Lines, strength: Bools) -> Bools:
    """Which lines are made of edges that run all the way between two of the lines `across`."""
    if len(across.position) < 2:
        return np.zeros(len(lines.position), bool)
    there = _surely(lines, across, strength)
    count = there.sum(axis=1)
    length = np.diff(across.position)
    explained = (there * length).sum(axis=1)
    between = (filled(lines, across, strength) * length).sum(axis=1)
    enough = (count > 1) | (support >= LEAST * support.max(initial=0))
    first = there.argmax(axis=1)
    last = there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    running = count >= RUNNING * (last + 1 - first)
    return (count > 0) & enough & running & (explained >= EXPLAINED * between)


def _surely(lines: Lines, across: Lines, strength: Bools) -> Bools:
    """Which edges (N, M - 1) are whole, to both their ends."""
    whole = filled(lines, across, strength)
    first = filled(lines, across, strength, (0, TIP))
    last = filled(lines, across, strength, (1 - TIP, 1))
    return (whole >= FILLED) & (first >= ENDS) & (last >= ENDS)


def present(lines: Lines, across: Lines, strength: Strength) -> Bools:
    """Which edges (N, M - 1) of chosen lines are there, broken or faint ones too."""
    sure, faint = filled(lines, across, strength.sure), filled(lines, across, strength.faint)
    tips = np.minimum(
        filled(lines, across, strength.faint, (0, TIP)),
        filled(lines, across, strength.faint, (1 - TIP, 1)),
    )
    there = (sure >= FILLED) | ((sure >= WEAK) & (tips >= ENDS)) | (faint >= EXPECTED)
    steady = there.mean(axis=1, keepdims=True) >= STEADY
    return there | (steady & (faint >= TRACE))


def filled(
    lines: Lines, across: Lines, strength: Bools, part: tuple[float, float] = (0, 1)
) -> Floats:
    """How much of each edge (N, M - 1), or of a `part` of it, is there: 0 to 1."""
    height, width = strength.shape
    rows = np.clip(np.rint(lines.course).astype(np.int64), 0, height - 1)
    total = np.zeros((len(rows), width + 1))
    np.cumsum(strength[rows, np.arange(width)], axis=1, dtype=np.float64, out=total[:, 1:])
    bound = across.at(lines.position).T  # (N, M): where the lines across cross these
    bound = np.clip(np.rint(bound).astype(np.int64), 0, width)
    length = np.diff(bound, axis=1)
    margin = np.clip(length // 4, 0, 3)
    inner = np.maximum(length - 2 * margin, 1)
    low = bound[:, :-1] + margin + np.floor(part[0] * inner).astype(np.int64)
    high = bound[:, :-1] + margin + np.ceil(part[1] * inner).astype(np.int64)
    low = np.minimum(low, width - 1)
    high = np.clip(high, low + 1, width)
    each = np.arange(len(rows))[:, None]
    return (total[each, high] - total[each, low]) / (high - low)
