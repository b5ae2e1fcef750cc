"""Finds the strides, paddings and pools of convolutions from the width of the next layer.

A checkpoint has kernels, but no strides, paddings or pools. The first matrix gives the number of
outputs of the last convolution. Settings that lead to it are sorted from common to rare.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

MOST_STEPS = 200_000
AGAIN = 0.2  # factor of the cost of a pool that an earlier convolution has, too
# The cost of the total number of halvings of the image. Two is the usual number.
DOWN_COSTS = (1.5, 0.5, 0.0, 0.5, 1.5, 3.0)


@dataclass(frozen=True)
class Pool:
    """A pooling window after a convolution."""

    kernel: int
    stride: int
    padding: int = 0


@dataclass(frozen=True)
class LayerGeometry:
    """The stride and padding of one convolution, and the pool after it."""

    stride: int = 1
    padding: int = 0
    pool: Pool | None = None


@dataclass(frozen=True)
class Geometry:
    """All places from the image to the first matrix. `pooled`: side of a global pool, 0 for none.

    `cost` is higher for rarer settings.
    """

    side: int
    places: tuple[LayerGeometry, ...]
    pooled: int
    cost: float
    sides: tuple[int, ...] = ()  # after each convolution and its pool


@dataclass(frozen=True)
class ConvShape:
    """The properties of a convolution that the search needs."""

    kernel: int
    room: int | None
    fixed: tuple[int, int] | None  # stride and padding, if the file has them


POOLS: tuple[tuple[Pool | None, float], ...] = (
    (None, 0.1),
    (Pool(2, 2), 0.0),
    (Pool(3, 2), 2.5),
    (Pool(3, 3), 2.5),
    (Pool(3, 2, 1), 3.0),
    (Pool(2, 1), 3.5),
    (Pool(4, 4), 3.5),
    (Pool(2, 2, 1), 4.0),
    (Pool(3, 1, 1), 5.0),
)


@dataclass(frozen=True)
class _State:
    """A search state: side of the image, rule of the last padding, halvings so far, last pool."""

    side: int
    style: str = ""
    downs: int = 0
    pool: Pool | None = None


def _after(side: int, kernel: int, place: LayerGeometry) -> int | None:
    """The side of the image after a convolution and its pool; None if it does not fit."""
    reach = side + 2 * place.padding - kernel
    if reach < 0:
        return None
    side = reach // place.stride + 1
    pool = place.pool
    if pool is None:
        return side
    if side + 2 * pool.padding < pool.kernel:
        return None
    return (side + 2 * pool.padding - pool.kernel) // pool.stride + 1


class GeometrySearch:
    """Best-first search with the exact remaining cost, so that paths are found in order of cost."""

    def __init__(self, shapes: tuple[ConvShape, ...], per_channel: int | None) -> None:
        self.shapes, self.per_channel = shapes, per_channel
        self.rest = cache(self._rest)

    def best(self, side: int, most: int) -> list[Geometry]:
        """The `most` cheapest geometries for an image of `side` pixels."""
        counter, found = 0, []
        heap: list[tuple[float, int, float, _State, tuple[LayerGeometry, ...], tuple[int, ...]]] = [
            (0.0, counter, 0.0, _State(side), (), ())
        ]
        while heap and len(found) < most and counter < MOST_STEPS:
            _, _, cost, state, places, sides = heapq.heappop(heap)
            if len(places) == len(self.shapes):
                found += [
                    Geometry(side, places, pooled, cost + extra, sides)
                    for pooled, extra in self._ends(state)
                ]
                continue
            for place, after, extra in self._moves(len(places), state):
                rest = self.rest(len(places) + 1, after)
                if rest < float("inf"):
                    counter += 1
                    total = cost + extra
                    entry = (total + rest, counter, total, after)
                    heapq.heappush(heap, (*entry, (*places, place), (*sides, after.side)))
        return sorted(found, key=lambda one: one.cost)[:most]

    def neighbours(self, geometry: Geometry) -> list[Geometry]:
        """Geometries that differ in one convolution or in the position of one pool."""
        places = geometry.places
        changed = [
            (*places[:index], place, *places[index + 1 :])
            for index in range(len(places))
            for place in self._other_places(index, places[index])
        ]
        for index, place in enumerate(places):
            if place.pool is not None:
                without = [*places[:index], replace(place, pool=None), *places[index + 1 :]]
                for other, target in enumerate(without):
                    if target.pool is None and other != index:
                        moved = replace(target, pool=place.pool)
                        changed.append((*without[:other], moved, *without[other + 1 :]))
        found = [self._walk(geometry.side, tuple(way)) for way in changed]
        return [one for one in found if one is not None]

    def _other_places(self, index: int, place: LayerGeometry) -> list[LayerGeometry]:
        choices = _conv_choices(self.shapes[index])
        pools = [replace(place, pool=pool) for pool, _ in POOLS if pool != place.pool]
        ways = [(stride, padding) for stride, padding, _, _ in choices]
        others = [way for way in ways if way != (place.stride, place.padding)]
        return pools + [LayerGeometry(stride, padding, place.pool) for stride, padding in others]

    def _walk(self, side: int, places: tuple[LayerGeometry, ...]) -> Geometry | None:
        """The geometry of given places; None if they do not fit the image or the next layer."""
        state, sides = _State(side), []
        for shape, place in zip(self.shapes, places, strict=True):
            after = _after(state.side, shape.kernel, place)
            if after is None:
                return None
            state = _State(after)
            sides.append(after)
        ends = self._ends(state)
        return Geometry(side, places, ends[0][0], 0.0, tuple(sides)) if ends else None

    def _rest(self, index: int, state: "_State") -> float:
        """The least cost of convolution `index` and all later ones."""
        if index == len(self.shapes):
            return min((cost for _, cost in self._ends(state)), default=float("inf"))
        return min(
            (extra + self.rest(index + 1, after) for _, after, extra in self._moves(index, state)),
            default=float("inf"),
        )

    def _ends(self, state: "_State") -> list[tuple[int, float]]:
        """The ways to convert the last image to the next layer's input, each with its cost."""
        side, usual = state.side, DOWN_COSTS[min(state.downs, len(DOWN_COSTS) - 1)]
        if self.per_channel is None:
            return [(0, usual)] if side == 1 else [(1, usual)]
        pooled = round(self.per_channel**0.5)
        if pooled * pooled != self.per_channel or pooled > side:
            return []
        if pooled == side:
            return [(0, usual)]
        return [(pooled, usual + (0.5 if pooled == 1 else 3.0))]

    def _moves(
        self, index: int, state: "_State"
    ) -> Iterator[tuple[LayerGeometry, "_State", float]]:
        shape = self.shapes[index]
        for stride, padding, name, cost in _conv_choices(shape):
            change = 0.7 if state.style and name != state.style and shape.kernel > 1 else 0.0
            style = state.style if shape.kernel == 1 else name
            for pool, pool_cost in POOLS:
                place = LayerGeometry(stride, padding, pool)
                side = _after(state.side, shape.kernel, place)
                if side is None:
                    continue
                downs = state.downs + (stride > 1) + (pool is not None and pool.stride > 1)
                again = AGAIN if pool and pool == state.pool else 1.0
                extra = cost + change + again * pool_cost + self._room_cost(shape, pool, stride)
                yield place, _State(side, style, downs, pool or state.pool), extra

    @staticmethod
    def _room_cost(shape: ConvShape, pool: Pool | None, stride: int) -> float:
        """The cost of a pool by the numbering of the modules."""
        cost = 1.0 if pool and stride > 1 else 0.0
        if shape.room is None:
            return cost
        if pool is None:
            return cost + (1.0 if shape.room >= 2 else 0.0)
        return cost + (2.0 if shape.room <= 1 else 0.0)


def _conv_choices(shape: ConvShape) -> list[tuple[int, int, str, float]]:
    """Tuples (stride, padding, name of the padding's rule, cost)."""
    if shape.fixed is not None:
        stride, padding = shape.fixed
        return [(stride, padding, "", 0.0)]
    half = shape.kernel // 2
    paddings = {0: ("none", 0.0)}
    if half:
        paddings[half] = ("same", 0.1)
    for other, cost in ((1, 1.5), (2, 2.5), (3, 4.0), (shape.kernel - 1, 4.0)):
        if other <= shape.kernel:
            paddings.setdefault(other, (f"by {other}", cost))
    strides = [(1, 0.0), (2, 1.2)] + ([(3, 4.0), (4, 4.0)] if shape.kernel >= 3 else [])
    return [
        (stride, padding, name, cost + own)
        for padding, (name, cost) in paddings.items()
        for stride, own in strides
    ]
