"""Small pictures that wait at the same moment are read in one go.

A thumbnail's own work is little beside what each call of the reader costs: 16 in one call take
half the processor time that 16 calls take. Nobody waits for a group to fill: a reading thread
that becomes free takes what is there.
"""

from collections import deque
from concurrent.futures import Future

from inkling.errors import ImageError
from inkling.reading.pipeline import Reader
from inkling.serving.answers import Answer, Picture, answer_reading

SMALL_BYTES = 2_000  # a 28x28 picture has 300 to 900; large ones would keep small ones waiting
GROUP = 16


class Together:
    """A line of small pictures for the reading threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._waiting: deque[tuple[Picture, Future[Answer]]] = deque()

    def put(self, picture: Picture) -> Future[Answer]:
        """Adds a picture; its answer, or a `ProblemError`, comes when somebody calls `take`."""
        future: Future[Answer] = Future()
        self._waiting.append((picture, future))
        return future

    def take(self) -> None:
        """Reads what is waiting, up to a group; nothing where another thread has taken it."""
        group = self._pop()
        if not group:
            return
        try:
            readings = self._reader.read(
                [picture.content for picture, _ in group], names=[p.name for p, _ in group]
            )
        except Exception as error:
            for _, future in group:
                future.set_exception(error)
            return
        for (_, future), reading in zip(group, readings, strict=True):
            _settle(future, reading if isinstance(reading, ImageError) else reading.as_json())

    def _pop(self) -> list[tuple[Picture, Future[Answer]]]:
        group: list[tuple[Picture, Future[Answer]]] = []
        while len(group) < GROUP:
            try:
                picture, future = self._waiting.popleft()
            except IndexError:  # deque is safe between threads, a look before the leap is not
                break
            if future.set_running_or_notify_cancel():
                group.append((picture, future))
        return group


def _settle(future: "Future[Answer]", entry: dict[str, object] | ImageError) -> None:
    try:
        future.set_result(answer_reading(entry))
    except Exception as error:
        future.set_exception(error)
