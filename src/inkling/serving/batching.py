"""Small images that arrive at the same time are read in one call.

The fixed cost of a reader call is large beside the work for one thumbnail: 16 in one call take
0.8 ms of processor time each, one alone takes 3. No request waits for a batch to fill: a batch is
what has arrived when the event loop has handled all sockets.
"""

import asyncio
import struct
import time
from collections import deque
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.serving.responses import ImageFile, ReadResult, result_of
from inkling.types import Reading

SMALL_BYTES = 2_000  # a 28x28 image has 300 to 900; larger ones would delay the small ones
BATCH_IMAGES = 16
THUMBNAIL_SIDE = 64  # pixels
# Processor seconds for which a batch may hold up the event loop. After a slower batch, the next
# ones are read on a thread: thumbnails that need the reader's slow path take 10 times as long.
LOOP_SECONDS = 0.03
PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


@dataclass(frozen=True, eq=False)
class Waiting:
    """An image and the future of its result."""

    image: ImageFile
    result: "asyncio.Future[ReadResult]"


@dataclass(frozen=True, eq=False)
class BatchReadings:
    """What the reader returned for a batch, and the processor seconds that it took."""

    readings: list[Reading | ImageError]
    seconds: float


class Batcher:
    """Reads small images in batches: on the event loop while that is fast, else on `pool`."""

    def __init__(self, reader: Reader, pool: Executor, threads: int) -> None:
        self._reader = Reader(reader.network, workers=1)  # the batches run side by side instead
        self._pool = pool
        self._idle_threads = threads
        self._waiting: deque[Waiting] = deque()
        self._scheduled = False
        self._fast = True

    async def read(self, image: ImageFile) -> ReadResult:
        """The result for one image. Raises `ProblemError` if it cannot be read."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(image, loop.create_future())
        self._waiting.append(waiting)
        self._schedule(loop)
        return await waiting.result

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._scheduled and self._waiting:
            self._scheduled = True
            loop.call_soon(self._start_batch, loop)

    def _start_batch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._scheduled = False
        if not self._idle_threads:  # the end of a batch schedules the next one
            return
        count = min(BATCH_IMAGES, len(self._waiting))
        batch = [self._waiting.popleft() for _ in range(count)]
        if self._fast and all(is_thumbnail(waiting.image.content) for waiting in batch):
            self._finish(batch, _completed(self._reader, batch))
        else:
            self._idle_threads -= 1
            future = asyncio.wrap_future(self._pool.submit(_read_batch, self._reader, batch))
            future.add_done_callback(lambda done: self._end_thread(batch, done))
        self._schedule(loop)

    def _end_thread(self, batch: list[Waiting], done: "asyncio.Future[BatchReadings]") -> None:
        self._idle_threads += 1
        self._finish(batch, done)
        self._schedule(asyncio.get_running_loop())

    def _finish(
        self,
        batch: list[Waiting],
        done: "asyncio.Future[BatchReadings] | Future[BatchReadings]",
    ) -> None:
        if done.cancelled() or done.exception() is not None:
            error = RuntimeError("cancelled") if done.cancelled() else done.exception()
            for waiting in batch:
                if not waiting.result.done() and error is not None:
                    waiting.result.set_exception(error)
            return
        self._fast = done.result().seconds < LOOP_SECONDS
        for waiting, reading in zip(batch, done.result().readings, strict=True):
            _settle(waiting.result, reading)


def is_thumbnail(content: bytes) -> bool:
    """Whether the bytes start like a PNG file of at most 64 x 64 pixels."""
    if not content.startswith(PNG_HEAD) or len(content) < 24:
        return False
    width, height = struct.unpack(">II", content[16:24])
    return 0 < width <= THUMBNAIL_SIDE and 0 < height <= THUMBNAIL_SIDE


def _read_batch(reader: Reader, batch: list[Waiting]) -> BatchReadings:
    started = time.thread_time()
    contents = [waiting.image.content for waiting in batch]
    readings = reader.read(contents, names=[waiting.image.name for waiting in batch])
    return BatchReadings(readings, time.thread_time() - started)


def _completed(reader: Reader, batch: list[Waiting]) -> "Future[BatchReadings]":
    """The batch read at once, in the form in which a thread returns it."""
    done: Future[BatchReadings] = Future()
    try:
        done.set_result(_read_batch(reader, batch))
    except Exception as error:
        done.set_exception(error)
    return done


def _settle(result: "asyncio.Future[ReadResult]", reading: Reading | ImageError) -> None:
    if result.done():  # its request was cancelled
        return
    try:
        entry = reading if isinstance(reading, ImageError) else reading.as_json()
        result.set_result(result_of(entry))
    except Exception as error:
        result.set_exception(error)
