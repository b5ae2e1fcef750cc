"""Admission control: each request holds a slot from its head to its response.

A slot guarantees that the request's images are read. The number of slots bounds the number of
images that are read or wait, and with it the waiting time.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from inkling.serving.problems import BUSY, RETRY_AFTER, ProblemError

SLOT = "inkling.slot"  # the key of a request's slots in its ASGI scope
OVERLOAD_SECONDS = 5.0
# Seconds without a part of the body after which a slot is lent. A fast sender needs less; a slow
# one must not keep fast ones out.
STALL_SECONDS = 0.05


class Admission:
    """Slots for at most `capacity` images. All methods are called on the event loop.

    The capacity is large enough for a burst. A rejected image means overload; for
    `OVERLOAD_SECONDS` after it only half of the capacity is used, so that accepted images do not
    wait behind a full queue (after the controlled delay of Maurer, 2015).
    A batch uses at most half of the capacity, otherwise it would never be accepted beside a few
    users. A rejected batch says little about the load, so only a single image starts overload mode.
    """

    def __init__(self, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.capacity = capacity
        self.in_use = 0  # slots of images that arrive, wait or are read
        self._clock = clock
        self._overload_until = -math.inf
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @property
    def largest(self) -> int:
        """The number of slots of the largest batch."""
        return max(1, self.capacity // 2)

    def acquire(self, slots: int = 1) -> "Slot":
        """Slots for one request. Raises `ProblemError` (busy). An idle service always accepts."""
        if self._waiting:
            raise busy()
        if not self._fits(slots, self._usable()):
            if slots == 1 and not self._is_overloaded():
                self._overload_until = self._clock() + OVERLOAD_SECONDS
            raise busy()
        self.in_use += slots
        return Slot(self, slots)

    async def wait_for(self, slots: int) -> None:
        """Slots for a request that was accepted before and gave its own back.

        It goes before new requests. Raises `ProblemError` (busy) only if as many images as the
        capacity wait here already.
        """
        if not self._waiting and self._fits(slots, self.capacity):
            self.in_use += slots
            return
        if len(self._waiting) >= self.capacity:
            raise busy()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, slots))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(slots)
            raise

    def give_back(self, slots: int) -> None:
        """Frees slots, and passes them to the requests in `wait_for`."""
        self.in_use -= slots
        while self._waiting:
            turn, wanted = self._waiting[0]
            if not turn.cancelled() and not self._fits(wanted, self.capacity):
                return
            self._waiting.popleft()
            if not turn.cancelled():
                self.in_use += wanted
                turn.set_result(None)

    def _fits(self, slots: int, usable: int) -> bool:
        return self.in_use == 0 or self.in_use + slots <= usable

    def _usable(self) -> int:
        return self.largest if self._is_overloaded() else self.capacity

    def _is_overloaded(self) -> bool:
        return self._clock() < self._overload_until


class Slot:
    """The slots of one request. Held until `release`, but not during a stalled upload."""

    def __init__(self, admission: Admission, held: int) -> None:
        self._admission = admission
        self._wanted = held
        self._held = held

    async def resize(self, images: int) -> None:
        """As many slots as `images` need; waits if there are more than before."""
        wanted = min(images, self._admission.largest)
        if wanted <= self._held:
            self._admission.give_back(self._held - wanted)
            self._held = self._wanted = wanted
            return
        self.release()  # no request waits while it holds slots: two could wait for each other
        self._wanted = wanted
        await self._restore()

    @asynccontextmanager
    async def receiving(self) -> AsyncIterator[Callable[[], None]]:
        """Lends the slots while the body stalls; yields a function to call after each part."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(STALL_SECONDS, self.release)

        def restart() -> None:
            nonlocal timer
            timer.cancel()
            timer = loop.call_later(STALL_SECONDS, self.release)

        try:
            yield restart
        finally:
            timer.cancel()
        await self._restore()

    def release(self) -> None:
        """Gives the slots back. Does nothing the second time."""
        held, self._held = self._held, 0
        if held:
            self._admission.give_back(held)

    async def _restore(self) -> None:
        if not self._held:
            await self._admission.wait_for(self._wanted)
            self._held = self._wanted


def busy() -> ProblemError:
    """The rejection of a request for which there is no slot."""
    return ProblemError(BUSY, "The queue is full. Retry in 1 second.", headers=RETRY_AFTER)
