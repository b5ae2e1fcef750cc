"""Admission control: a bounded number of images is read or waits for a reading thread."""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from inkling.serving.problems import BUSY, RETRY_AFTER, ProblemError

Result = TypeVar("Result")
OVERLOAD_SECONDS = 5.0


class Admission:
    """Runs work off the event loop, on `threads` threads, for at most `capacity` images.

    The capacity bounds the waiting time: with two threads, each slot adds half the time of one
    image. The capacity is large enough for a burst. A rejected image means overload; for
    `OVERLOAD_SECONDS` after it only half of the capacity is used, so that accepted images do not
    wait behind a full queue (after the controlled delay of Maurer, 2015).
    A batch uses at most half of the capacity, otherwise it would never be accepted beside a few
    users. A rejected batch says little about the load, so only a single image starts the overload
    mode. All methods are called on the event loop.
    """

    def __init__(
        self, threads: int, capacity: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.capacity = capacity
        self.in_use = 0  # slots of images that are read or wait
        self._clock = clock
        self._overload_until = -math.inf
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reading")

    def rejects(self, images: int = 1) -> bool:
        """Whether this many more images must be rejected now; a single one starts overload mode."""
        if not self.is_full(images):
            return False
        if images == 1 and not self._is_overloaded():
            self._overload_until = self._clock() + OVERLOAD_SECONDS
        return True

    def is_full(self, images: int = 1) -> bool:
        """Whether there is no room for this many more images. An idle service accepts any batch."""
        usable = max(1, self.capacity // 2) if self._is_overloaded() else self.capacity
        return self.in_use > 0 and self.in_use + self._slots_for(images) > usable

    def _is_overloaded(self) -> bool:
        return self._clock() < self._overload_until

    def _slots_for(self, images: int) -> int:
        return min(images, max(1, self.capacity // 2))

    async def run(self, work: Callable[[], Result], images: int = 1) -> Result:
        """The result of `work`, run on a reading thread. Raises `ProblemError` when full."""
        self._acquire(images)
        return await self._until_done(self._pool.submit(work), images)

    async def run_for(self, result: "Future[Result]", work: Callable[[], None]) -> Result:
        """The value of `result`, which `work` (run for this or another request) sets."""
        try:
            self._acquire(1)
        except ProblemError:
            result.cancel()
            raise
        self._pool.submit(work)
        return await self._until_done(result, 1)

    def _acquire(self, images: int) -> None:
        if self.rejects(images):
            raise busy()
        self.in_use += self._slots_for(images)

    async def _until_done(self, future: "Future[Result]", images: int) -> Result:
        """Waits for the result; the slots are free before the result is returned."""
        loop = asyncio.get_running_loop()

        def release(_: "Future[Result]") -> None:
            loop.call_soon_threadsafe(self._release, images)

        future.add_done_callback(release)
        return await asyncio.wrap_future(future)

    def _release(self, images: int) -> None:
        self.in_use -= self._slots_for(images)

    def close(self) -> None:
        """Finishes the work that has started and ends the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def busy() -> ProblemError:
    """The refusal of an image for which there is no slot."""
    return ProblemError(BUSY, "The queue is full. Retry in 1 second.", headers=RETRY_AFTER)
