"""Who is let in, who is turned away, and for how long a crowd is remembered."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from inkling.serving.desk import CROWDED, Desk
from inkling.serving.problems import ProblemError

PLACES = 8


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def desk(clock: Hands) -> Iterator[Desk]:
    desk = Desk(2, PLACES, clock)
    yield desk
    desk.close()


async def ask_for(desk: Desk, count: int) -> int:
    """How many of `count` pictures, asked for at once, are read; the rest is turned away."""
    ready = threading.Event()
    asked = [asyncio.ensure_future(desk.run(ready.wait)) for _ in range(count)]
    await asyncio.sleep(0.05)
    ready.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(answer is True or isinstance(answer, ProblemError) for answer in answers)
    return sum(answer is True for answer in answers)


def test_all_places_are_given_to_a_burst(desk: Desk) -> None:
    assert asyncio.run(ask_for(desk, PLACES)) == PLACES
    assert asyncio.run(ask_for(desk, PLACES)) == PLACES
    assert desk.taken == 0


def test_after_one_was_turned_away_half_the_places_are_given_for_a_while(
    desk: Desk, clock: Hands
) -> None:
    assert asyncio.run(ask_for(desk, PLACES + 1)) == PLACES
    clock.now += 0.9 * CROWDED
    assert asyncio.run(ask_for(desk, PLACES)) == PLACES // 2
    clock.now += 0.2 * CROWDED  # those turned away meanwhile do not prolong it
    assert asyncio.run(ask_for(desk, PLACES)) == PLACES


def test_a_batch_larger_than_all_places_is_taken_when_nothing_waits(desk: Desk) -> None:
    assert asyncio.run(desk.run(lambda: "read", PLACES + 5)) == "read"


async def fill(desk: Desk, *pictures: int) -> list[bool]:
    """Asks for all of them at once, a number of pictures each; which were let in."""
    ready = threading.Event()
    asked = [asyncio.ensure_future(desk.run(ready.wait, count)) for count in pictures]
    await asyncio.sleep(0.05)
    ready.set()
    return [answer is True for answer in await asyncio.gather(*asked, return_exceptions=True)]


def test_a_large_batch_gets_in_beside_a_few_users(desk: Desk) -> None:
    assert asyncio.run(fill(desk, 1, 1, 1, 64)) == [True] * 4
    assert asyncio.run(fill(desk, 64, 64)) == [True, True]
    assert desk.taken == 0


def test_a_refused_batch_leaves_single_pictures_their_places(desk: Desk) -> None:
    assert asyncio.run(fill(desk, 64, 1, 64, 1)) == [True, True, False, True]
    assert asyncio.run(ask_for(desk, PLACES)) == PLACES


def test_one_place_is_always_given(clock: Hands) -> None:
    desk = Desk(1, 1, clock)
    assert asyncio.run(ask_for(desk, 3)) == 1
    assert asyncio.run(ask_for(desk, 3)) == 1
    desk.close()
