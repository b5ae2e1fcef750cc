"""Where pictures wait for one of the reading threads: bounded, so that nobody waits for long."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from inkling.serving.problems import BUSY, RETRY_AFTER, ProblemError

Answer = TypeVar("Answer")


class Desk:
    """Runs work off the event loop, on `threads` threads, for at most `places` pictures.

    Waiting time is bounded by turning away what would have to wait long: at 2 threads a place
    costs half a picture's time. All methods are called on the event loop.
    """

    def __init__(self, threads: int, places: int) -> None:
        self.places = places
        self.taken = 0  # pictures being read or waiting
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reading")

    @property
    def full(self) -> bool:
        """Whether one more picture would be turned away."""
        return self.taken >= self.places

    async def run(self, work: Callable[[], Answer], pictures: int = 1) -> Answer:
        """What `work` gives, run on a reading thread. Raises `ProblemError` where it is full.

        A batch of more pictures than there are places is taken when nothing else waits.
        """
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
        if self.taken and self.taken + pictures > self.places:
            raise busy()
        self.taken += pictures

    async def _until_done(self, future: "Future[Answer]", pictures: int) -> Answer:
        """Waits; the places are free again before anybody hears that it is done."""
        loop = asyncio.get_running_loop()

        def leave(_: "Future[Answer]") -> None:
            loop.call_soon_threadsafe(self._leave, pictures)

        future.add_done_callback(leave)
        return await asyncio.wrap_future(future)

    def _leave(self, pictures: int) -> None:
        self.taken -= pictures

    def close(self) -> None:
        """Finishes what was begun and ends the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def busy() -> ProblemError:
    """The refusal of a picture for which there is no place."""
    return ProblemError(
        BUSY, "as many pictures are waiting as may; ask again in a second", headers=RETRY_AFTER
    )
