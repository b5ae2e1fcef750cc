"""Which requests get slots, how long the overload mode lasts, and what holds a slot."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import pytest

from inkling.serving.admission import OVERLOAD_SECONDS, STALL_SECONDS, Admission, Slot
from inkling.serving.problems import ProblemError

CAPACITY = 8
BATCH = CAPACITY // 2


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
def admission(clock: ManualClock) -> Admission:
    return Admission(CAPACITY, clock)


def acquire(admission: Admission, *requests: int) -> list[Slot]:
    """The slots of the accepted ones of these requests, each with its number of slots."""
    accepted = []
    for slots in requests:
        with contextlib.suppress(ProblemError):
            accepted.append(admission.acquire(slots))
    return accepted


def release(slots: list[Slot]) -> int:
    for slot in slots:
        slot.release()
    return len(slots)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 10))


def test_a_burst_may_use_the_full_capacity(admission: Admission) -> None:
    for _ in range(2):
        assert release(acquire(admission, *[1] * CAPACITY)) == CAPACITY
        assert admission.in_use == 0


def test_after_a_rejection_half_of_the_capacity_is_used_for_a_while(
    admission: Admission, clock: ManualClock
) -> None:
    assert release(acquire(admission, *[1] * (CAPACITY + 1))) == CAPACITY
    clock.now += 0.9 * OVERLOAD_SECONDS
    assert release(acquire(admission, *[1] * CAPACITY)) == CAPACITY // 2
    clock.now += 0.2 * OVERLOAD_SECONDS  # rejections during overload mode do not prolong it
    assert release(acquire(admission, *[1] * CAPACITY)) == CAPACITY


def test_a_batch_is_accepted_beside_a_few_users(admission: Admission) -> None:
    assert admission.largest == BATCH
    assert release(acquire(admission, 1, 1, 1, BATCH)) == 4
    assert release(acquire(admission, BATCH, BATCH)) == 2


def test_a_rejected_batch_does_not_start_overload_mode(admission: Admission) -> None:
    assert release(acquire(admission, BATCH, 1, BATCH, 1)) == 3
    assert release(acquire(admission, *[1] * CAPACITY)) == CAPACITY


def test_one_slot_is_always_available(clock: ManualClock) -> None:
    admission = Admission(1, clock)
    for _ in range(2):
        assert release(acquire(admission, 1, 1, 1)) == 1


def test_releasing_twice_frees_the_slots_once(admission: Admission) -> None:
    first, second = acquire(admission, 1, 1)
    first.release()
    first.release()
    assert admission.in_use == 1
    second.release()


def test_a_small_batch_gives_back_what_it_does_not_need(admission: Admission) -> None:
    async def check() -> None:
        (slot,) = acquire(admission, BATCH)
        await slot.resize(2)
        assert admission.in_use == 2
        slot.release()
        assert admission.in_use == 0

    run(check())


def test_a_form_with_many_files_waits_before_new_requests(admission: Admission) -> None:
    async def check() -> None:
        others = acquire(admission, *[1] * (CAPACITY - 1))
        (slot,) = acquire(admission, 1)
        growing = asyncio.ensure_future(slot.resize(100))
        await asyncio.sleep(0)
        assert not growing.done()
        assert acquire(admission, 1) == []  # it may not overtake the form
        release(others[:BATCH])
        await growing
        assert admission.in_use == CAPACITY - 1
        release([slot, *others[BATCH:]])
        assert admission.in_use == 0

    run(check())


def test_two_growing_requests_do_not_wait_for_each_other(clock: ManualClock) -> None:
    async def check() -> None:
        admission = Admission(4, clock)
        slots = acquire(admission, 1, 1, 1, 1)
        growing = [asyncio.ensure_future(slot.resize(2)) for slot in slots]
        for _ in range(2):
            await asyncio.sleep(0.01)
            done = [slot for slot, task in zip(slots, growing, strict=True) if task.done()]
            release(done)
        await asyncio.gather(*growing)

    run(check())


async def upload(slot: Slot, *pauses: float) -> None:
    """Receives a part of a body after each pause, in seconds."""
    async with slot.receiving() as restart:
        for pause in pauses:
            await asyncio.sleep(pause)
            restart()


def test_a_stalled_upload_lends_its_slot_and_is_read_after_all(admission: Admission) -> None:
    async def check() -> None:
        slow = acquire(admission, *[1] * CAPACITY)
        uploads = [asyncio.ensure_future(upload(slot, 6 * STALL_SECONDS)) for slot in slow]
        await asyncio.sleep(3 * STALL_SECONDS)
        assert admission.in_use == 0
        fast = acquire(admission, *[1] * CAPACITY)
        assert len(fast) == CAPACITY
        await asyncio.sleep(5 * STALL_SECONDS)  # the uploads are complete: they wait
        assert not any(task.done() for task in uploads)
        assert acquire(admission, 1) == []
        release(fast)
        await asyncio.gather(*uploads)
        assert admission.in_use == CAPACITY
        release(slow)
        assert admission.in_use == 0

    run(check())


def test_a_steady_upload_keeps_its_slot(admission: Admission) -> None:
    async def check() -> None:
        (slot,) = acquire(admission, 1)
        task = asyncio.ensure_future(upload(slot, *[STALL_SECONDS / 5] * 15))
        while not task.done():
            assert admission.in_use == 1
            await asyncio.sleep(STALL_SECONDS / 4)
        slot.release()

    run(check())


def test_a_cancelled_wait_loses_no_slot(admission: Admission) -> None:
    async def check() -> None:
        others = acquire(admission, *[1] * CAPACITY)
        waits = [asyncio.ensure_future(admission.wait_for(1)) for _ in range(2)]
        await asyncio.sleep(0)
        waits[0].cancel()
        release(others)
        await waits[1]
        assert admission.in_use == 1
        late = asyncio.ensure_future(admission.wait_for(CAPACITY))
        await asyncio.sleep(0)
        admission.give_back(1)  # the late one has its slots, and is cancelled before it runs
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late
        assert admission.in_use == 0

    run(check())


def test_more_late_uploads_than_the_capacity_are_rejected(admission: Admission) -> None:
    async def check() -> None:
        (slot,) = acquire(admission, CAPACITY)
        waits = [asyncio.ensure_future(admission.wait_for(1)) for _ in range(CAPACITY)]
        await asyncio.sleep(0)
        with pytest.raises(ProblemError):
            await admission.wait_for(1)
        slot.release()
        await asyncio.gather(*waits)

    run(check())
