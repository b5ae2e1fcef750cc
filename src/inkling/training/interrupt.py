"""Defers Ctrl-C to the end of a step, so that a consistent state can be saved."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType


@dataclass
class StopRequest:
    """Whether a stop was requested."""

    asked: bool = False


@contextlib.contextmanager
def deferred_interrupt() -> Iterator[StopRequest]:
    """Within the block, the first Ctrl-C or SIGTERM sets `asked`, and a second one raises at once.

    Only the main thread gets signals. In other threads the block does nothing.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if request.asked:
            raise KeyboardInterrupt
        request.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
