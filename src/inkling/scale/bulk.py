"""Bulk reading: reads all images of the sources into one file, with resume."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import inkling
from inkling.errors import RunError
from inkling.scale.answering import model_sha256
from inkling.scale.chunk import Chunk, Part, Work
from inkling.scale.ledger import Identity, Ledger, open_ledger
from inkling.scale.processes import Answers, answer_here, answer_in_processes, count_cores
from inkling.scale.rows import check_format
from inkling.scale.sources import Source, find_change, plan

Engine = Callable[[Work, Iterator[Chunk]], Answers]


@dataclass(frozen=True)
class Progress:
    """The progress of a run. `fraction` is None if the number of images is unknown."""

    images: int
    failed: int
    images_per_second: float
    fraction: float | None
    seconds_left: float | None


@dataclass(frozen=True)
class Summary:
    """The output of `read --out --json`."""

    out: str
    images: int
    failed: int
    resumed: int  # images that an earlier run answered
    seconds: float

    @property
    def all_failed(self) -> bool:
        """Whether no image could be read."""
        return self.images > 0 and self.failed == self.images


def local_engine(workers: int | None = None) -> Engine:
    """Worker processes on this machine, by default one per core; none for a single chunk."""

    def answer(work: Work, chunks: Iterator[Chunk]) -> Answers:
        first = list(islice(chunks, 2))
        if len(first) < 2:
            return answer_here(work, iter(first))
        return answer_in_processes(work, chain(first, chunks), workers or count_cores())

    return answer


def read_bulk(
    sources: Sequence[Source],
    out: Path,
    *,
    model: Path | None = None,
    expect_one: bool = False,
    engine: Engine | None = None,
    report: Callable[[Progress], None] | None = None,
) -> Summary:
    """Reads each image of `sources` once, into `out`: `.csv`, `.jsonl`, `.parquet` or `.xlsx`.

    A stopped run is resumed. An unreadable image becomes a row with its error. Raises
    `InklingError`; finished work is kept. If a folder changed during the run, `out` has the images
    that were found at the beginning, and a `RunError` is raised.
    """
    started = time.monotonic()
    check_format(out)
    suffix = out.suffix.lower()
    work = Work(suffix, model, expect_one)
    identity = Identity(inkling.__version__, model_sha256(model), expect_one, suffix)
    with open_ledger(out, identity) as ledger:
        if ledger.finished is not None:
            ledger.check_finished(plan(sources))
            total = int(ledger.finished["rows"])
            failed = int(ledger.finished["failed"])
            return Summary(str(out), total, failed, total, time.monotonic() - started)
        resumed = ledger.rows
        meter = _Meter(ledger, report or (lambda progress: None))
        chunks = ledger.missing(plan(sources))
        with closing(_as_generator((engine or local_engine())(work, chunks))) as answers:
            for chunk, part in answers:
                ledger.keep(part, chunk.digest)
                meter.update(chunk)
        change = find_change(sources)
        if not ledger.rows:
            raise RunError("there are no images to read. Name a folder or files with images")
        ledger.finish()
        if change is not None:
            raise RunError(
                f"{change} while the images were read: {out} has the {ledger.rows:,} that were "
                "found at the beginning. Read the rest with another --out"
            )
        return Summary(str(out), ledger.rows, ledger.failed, resumed, time.monotonic() - started)


def _as_generator(answers: Answers) -> Generator[tuple[Chunk, Part]]:
    """A generator, so that closing it stops the engine's workers."""
    yield from answers


class _Meter:
    """Measures speed and remaining time of this run."""

    def __init__(self, ledger: Ledger, report: Callable[[Progress], None]) -> None:
        self.ledger, self.report = ledger, report
        self.before = ledger.rows
        self.started = time.monotonic()
        self.fraction: float | None = None

    def update(self, chunk: Chunk) -> None:
        """Counts one more written chunk."""
        seconds = time.monotonic() - self.started
        images = self.ledger.rows
        speed = (images - self.before) / max(seconds, 1e-9)
        if chunk.done is not None:
            self.fraction = max(self.fraction or 0.0, chunk.done)
        left = None
        if self.fraction:
            # Chunks are in order, so the number of images grows with the fraction.
            left = images * (1 - self.fraction) / self.fraction / max(speed, 1e-9)
        self.report(Progress(images, self.ledger.failed, speed, self.fraction, left))
