"""Small images that wait at the same time are read in one call.

The fixed cost of a reader call is large beside the work for one thumbnail: 16 in one call take
half of the processor time that 16 calls take. No request waits for a batch to fill: a reading
thread that becomes free takes what is waiting.
"""

from collections import deque
from concurrent.futures import Future

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.serving.responses import ImageFile, ReadResult, result_of

SMALL_BYTES = 2_000  # a 28x28 image has 300 to 900; larger ones would delay the small ones
BATCH_IMAGES = 16


class Batcher:
    """A queue of small images for the reading threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._waiting: deque[tuple[ImageFile, Future[ReadResult]]] = deque()

    def submit(self, image: ImageFile) -> Future[ReadResult]:
        """Queues an image. A later `run_batch` sets its result or a `ProblemError`."""
        future: Future[ReadResult] = Future()
        self._waiting.append((image, future))
        return future

    def run_batch(self) -> None:
        """Reads what is waiting, up to one batch. Does nothing if another thread has taken it."""
        batch = self._pop()
        if not batch:
            return
        try:
            readings = self._reader.read(
                [image.content for image, _ in batch], names=[image.name for image, _ in batch]
            )
        except Exception as error:
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), reading in zip(batch, readings, strict=True):
            _settle(future, reading if isinstance(reading, ImageError) else reading.as_json())

    def _pop(self) -> list[tuple[ImageFile, Future[ReadResult]]]:
        batch: list[tuple[ImageFile, Future[ReadResult]]] = []
        while len(batch) < BATCH_IMAGES:
            try:
                image, future = self._waiting.popleft()
            except IndexError:  # popleft is atomic; checking the length first would not be
                break
            if future.set_running_or_notify_cancel():
                batch.append((image, future))
        return batch


def _settle(future: "Future[ReadResult]", entry: dict[str, object] | ImageError) -> None:
    try:
        future.set_result(result_of(entry))
    except Exception as error:
        future.set_exception(error)
