"""Where pictures wait for one of the reading threads: bounded, so that nobody waits for long."""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from inkling.serving.problems import BUSY, RETRY_AFTER, ProblemError

Answer = TypeVar("Answer")
CROWDED = 5.0  # seconds


class Desk:
    """Runs work off the event loop, on `threads` threads, for at most `places` pictures.

    Waiting time is bounded by turning away what would have to wait long: at 2 threads a place
    costs half a picture's time. Places are many enough for a burst; once one is turned away, more
    is asked than can be done, and for `CROWDED` seconds only half of them are given, so that
    whoever is let in does not wait for a full queue (after the controlled delay of Maurer, 2015).
    A batch takes half of the places at most, or it would never get in beside a few users; and its
    refusal says little about the crowd, so that only a single picture's halves the places.
    All methods are called on the event loop.
    """

    def __init__(
        self, threads: int, places: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.places = places
        self.taken = 0  # places of what is being read or waits
        self._clock = clock
        self._crowded_until = -math.inf
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reading")

    def turns_away(self, pictures: int = 1) -> bool:
        """Whether so many more pictures must be turned away now; remembers it of a single one."""
        if not self.is_full(pictures):
            return False
        if pictures == 1 and not self._is_crowded():
            self._crowded_until = self._clock() + CROWDED
        return True

    def is_full(self, pictures: int = 1) -> bool:
        """Whether there is no place for so many more pictures. An empty desk has one for all."""
        given = max(1, self.places // 2) if self._is_crowded() else self.places
        return self.taken > 0 and self.taken + self._places_for(pictures) > given

    def _is_crowded(self) -> bool:
        return self._clock() < self._crowded_until

    def _places_for(self, pictures: int) -> int:
        return min(pictures, max(1, self.places // 2))

    async def run(self, work: Callable[[], Answer], pictures: int = 1) -> Answer:
        """What `work` gives, run on a reading thread. Raises `ProblemError` where it is full."""
        self._enter(pictures)
        return await self._until_done(self._pool.submit(work), pictures)

    async def run_for(self, answer: "Future[Answer]", work: Callable[[], None]) -> Answer:
        """What will be in `answer`, which `work`, done for this or another, will put there."""
        try:
            self._enter(1)
        except ProblemError:
            answer.cancel()
            raise
        self._pool.submit(work)
        return await self._until_done(answer, 1)

    def _enter(self, pictures: int) -> None:
        if self.turns_away(pictures):
            raise busy()
        self.taken += self._places_for(pictures)

    async def _until_done(self, future: "Future[Answer]", pictures: int) -> Answer:
        """Waits; the places are free again before anybody hears that it is done."""
        loop = asyncio.get_running_loop()

        def leave(_: "Future[Answer]") -> None:
            loop.call_soon_threadsafe(self._leave, pictures)

        future.add_done_callback(leave)
        return await asyncio.wrap_future(future)

    def _leave(self, pictures: int) -> None:
        self.taken -= self._places_for(pictures)

    def close(self) -> None:
        """Finishes what was begun and ends the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def busy() -> ProblemError:
    """The refusal of a picture for which there is no place."""
    return ProblemError(
        BUSY, "as many pictures are waiting as may; ask again in a second", headers=RETRY_AFTER
    )
