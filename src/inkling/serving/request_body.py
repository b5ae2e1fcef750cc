"""Limits request bodies by size, total memory and time.

A rejected body is not read to its end by this code: the server discards what still arrives, so
that a client that is busy sending can read the response.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from inkling.serving.admission import Slot
from inkling.serving.problems import (
    BUSY,
    RETRY_AFTER,
    TOO_LARGE,
    TOO_SLOW,
    ClientGoneError,
    ProblemError,
)
from inkling.serving.settings import MEGABYTE, Settings


class BodyReader:
    """Receives bodies within the limits of `settings`; one for each worker."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.held = 0  # bytes of all bodies in memory

    @asynccontextmanager
    async def body(self, request: Request, slot: Slot) -> AsyncIterator[bytes]:
        """The whole body. Its bytes count as held until the block ends.

        `slot` is lent to other requests while the body stalls, and held again afterwards.

        Raises `ProblemError` (too large, too slow, or too many bytes held at the same time) and
        `ClientGoneError`.
        """
        self._check_content_length(request)
        received = bytearray()
        try:
            async with slot.receiving() as restart:
                await self._receive(request, received, restart)
            yield bytes(received)
        finally:
            self.held -= len(received)

    async def _receive(
        self, request: Request, received: bytearray, restart: Callable[[], None]
    ) -> None:
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                async for chunk in request.stream():
                    received += chunk
                    self.held += len(chunk)
                    self._check_held(len(received))
                    restart()
        except TimeoutError:
            seconds = f"{self.settings.body_seconds:g}"
            raise ProblemError(
                TOO_SLOW,
                f"The body was not complete after {seconds} seconds.",
                headers={"Connection": "close"},
            ) from None
        except ClientDisconnect:
            raise ClientGoneError from None

    def _check_content_length(self, request: Request) -> None:
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.settings.body_bytes:
            raise self._too_large()

    def _check_held(self, received: int) -> None:
        if received > self.settings.body_bytes:
            raise self._too_large()
        if self.held > self.settings.held_bytes:
            raise ProblemError(
                BUSY,
                "The request bodies that are arriving fill the memory limit. Retry in 1 second.",
                headers=RETRY_AFTER,
            )

    def _too_large(self) -> ProblemError:
        limit = self.settings.body_bytes / MEGABYTE
        return ProblemError(
            TOO_LARGE,
            f"The body exceeds {limit:g} MB. Send a smaller image, or fewer images.",
        )
