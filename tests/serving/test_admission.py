"""Which images are accepted and rejected, and how long the overload mode lasts."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from inkling.serving.admission import OVERLOAD_SECONDS, Admission
from inkling.serving.problems import ProblemError

CAPACITY = 8


class ManualClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def admission(clock: ManualClock) -> Iterator[Admission]:
    admission = Admission(2, CAPACITY, clock)
    yield admission
    admission.close()


async def submit(admission: Admission, count: int) -> int:
    """How many of `count` images, submitted at once, are read; the others are rejected."""
    ready = threading.Event()
    asked = [asyncio.ensure_future(admission.run(ready.wait)) for _ in range(count)]
    await asyncio.sleep(0.05)
    ready.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(answer is True or isinstance(answer, ProblemError) for answer in answers)
    return sum(answer is True for answer in answers)


def test_a_burst_may_use_the_full_capacity(admission: Admission) -> None:
    assert asyncio.run(submit(admission, CAPACITY)) == CAPACITY
    assert asyncio.run(submit(admission, CAPACITY)) == CAPACITY
    assert admission.in_use == 0


def test_after_a_rejection_half_of_the_capacity_is_used_for_a_while(
    admission: Admission, clock: ManualClock
) -> None:
    assert asyncio.run(submit(admission, CAPACITY + 1)) == CAPACITY
    clock.now += 0.9 * OVERLOAD_SECONDS
    assert asyncio.run(submit(admission, CAPACITY)) == CAPACITY // 2
    clock.now += 0.2 * OVERLOAD_SECONDS  # rejections during overload mode do not prolong it
    assert asyncio.run(submit(admission, CAPACITY)) == CAPACITY


def test_an_idle_service_accepts_a_batch_larger_than_its_capacity(admission: Admission) -> None:
    assert asyncio.run(admission.run(lambda: "read", CAPACITY + 5)) == "read"


async def fill(admission: Admission, *images: int) -> list[bool]:
    """Submits groups of so many images at once; which groups were accepted."""
    ready = threading.Event()
    asked = [asyncio.ensure_future(admission.run(ready.wait, count)) for count in images]
    await asyncio.sleep(0.05)
    ready.set()
    return [answer is True for answer in await asyncio.gather(*asked, return_exceptions=True)]


def test_a_large_batch_is_accepted_beside_a_few_users(admission: Admission) -> None:
    assert asyncio.run(fill(admission, 1, 1, 1, 64)) == [True] * 4
    assert asyncio.run(fill(admission, 64, 64)) == [True, True]
    assert admission.in_use == 0


def test_a_rejected_batch_does_not_start_overload_mode(admission: Admission) -> None:
    assert asyncio.run(fill(admission, 64, 1, 64, 1)) == [True, True, False, True]
    assert asyncio.run(submit(admission, CAPACITY)) == CAPACITY


def test_one_slot_is_always_available(clock: ManualClock) -> None:
    admission = Admission(1, 1, clock)
    assert asyncio.run(submit(admission, 3)) == 1
    assert asyncio.run(submit(admission, 3)) == 1
    admission.close()
