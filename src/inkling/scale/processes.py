"""Runs bulk reading on one machine: worker processes with one reader each, and a bounded queue."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

import cv2

from inkling.errors import RunError
from inkling.scale.answering import Answerer
from inkling.scale.chunk import Chunk, Part, Work

QUEUED = 2  # chunks per worker: one in progress and one waiting
TRIES = 3  # attempts for a chunk whose worker process dies

Answers = Iterator[tuple[Chunk, Part]]


def count_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def answer_here(work: Work, chunks: Iterator[Chunk]) -> Answers:
    """Reads the chunks in this process, which is faster for a few images than starting workers."""
    answerer = Answerer(work)
    for chunk in chunks:
        yield chunk, answerer.answer(chunk)


def answer_in_processes(work: Work, chunks: Iterator[Chunk], workers: int) -> Answers:
    """Reads the chunks in worker processes. Yields the parts in the order in which they are ready.

    Raises the `InklingError` of a source or a model, and `RunError` if the process of one chunk
    dies `TRIES` times.
    """
    taken: dict[int, Chunk] = {}  # submitted and not answered yet
    while True:
        for chunk in list(taken.values()):  # after a crash: one at a time, to find the cause
            yield chunk, _answer_alone(work, chunk)
            del taken[chunk.number]
        pool = _start(work, workers)
        try:
            yield from _answer_all(pool, chunks, workers * QUEUED, taken)
            pool.shutdown()
            return
        except BrokenProcessPool:
            continue
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _answer_all(
    pool: ProcessPoolExecutor, chunks: Iterator[Chunk], most: int, taken: dict[int, Chunk]
) -> Answers:
    waiting: dict[Future[Part], Chunk] = {}

    def submit(count: int) -> None:
        for chunk in islice(chunks, count):
            taken[chunk.number] = chunk
            waiting[pool.submit(_answer, chunk)] = chunk

    submit(most)
    while waiting:
        ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in ready:
            chunk = waiting.pop(future)
            part = future.result()
            submit(1)  # before the part is written, because the worker is idle
            yield chunk, part
            del taken[chunk.number]


def _answer_alone(work: Work, chunk: Chunk) -> Part:
    for _ in range(TRIES - 1):
        with _start(work, 1) as pool:
            try:
                return pool.submit(_answer, chunk).result()
            except BrokenProcessPool:
                continue
    raise RunError(
        f"a worker process died {TRIES} times while reading {chunk.names[0]} to "
        f"{chunk.names[-1]}, because of too little memory or a bug in a library. "
        "Leave these images out"
    )


def _start(work: Work, workers: int) -> ProcessPoolExecutor:
    # New interpreters: a fork would copy the locks of threads and the driver's memory.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(work,))


class _Worker:
    """The state of one worker process. The first chunk loads the model."""

    work: Work
    answerer: Answerer | None = None


def _begin(work: Work) -> None:
    cv2.setNumThreads(1)  # each core has a worker process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver stops its workers
    threading.Thread(target=_end_with_the_driver, daemon=True).start()
    _Worker.work = work


def _end_with_the_driver() -> None:
    """Exits when the driver dies, because a killed driver cannot stop its workers."""
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)


def _answer(chunk: Chunk) -> Part:
    if _Worker.answerer is None:
        _Worker.answerer = Answerer(_Worker.work)
    return _Worker.answerer.answer(chunk)
