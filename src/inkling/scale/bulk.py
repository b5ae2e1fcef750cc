"""The bulk job: from sources to one answer file, by whichever engine, resumed where it stopped."""

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
    """How far a run is. `fraction` is None where the number of images is not known."""

    images: int
    failed: int
    images_per_second: float
    fraction: float | None
    seconds_left: float | None


@dataclass(frozen=True)
class Summary:
    """What `read --out --json` prints."""

    out: str
    images: int
    failed: int
    resumed: int  # images that an earlier run had answered
    seconds: float

    @property
    def all_failed(self) -> bool:
        """Whether nothing could be read."""
        return self.images > 0 and self.failed == self.images


def local_engine(workers: int | None = None) -> Engine:
    """Processes on this machine, one for each core by default; none for a single chunk."""

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
    """Answer each image of `sources` once, in `out`: `.csv`, `.jsonl` or `.parquet`.

    A run that was stopped, however, goes on where it was; an unreadable image becomes a row with
    its error. Raises `InklingError`; what is done is kept. Where a folder changed meanwhile, `out`
    holds the images that were found at the beginning, and `RunError` says so.
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
            raise RunError("there are no images to read; name a folder or files that have some")
        ledger.finish()
        if change is not None:
            raise RunError(
                f"{change}, while the images were read: {out} holds the {ledger.rows:,} that were "
                "found at the beginning; read the rest with another --out"
            )
        return Summary(str(out), ledger.rows, ledger.failed, resumed, time.monotonic() - started)


def _as_generator(answers: Answers) -> Generator[tuple[Chunk, Part]]:
    """So that it can be closed: an engine stops its workers then."""
    yield from answers


class _Meter:
    """Speed and time left, from what this run itself has answered."""

    def __init__(self, ledger: Ledger, report: Callable[[Progress], None]) -> None:
        self.ledger, self.report = ledger, report
        self.before = ledger.rows
        self.started = time.monotonic()
        self.fraction: float | None = None

    def update(self, chunk: Chunk) -> None:
        """One more chunk is written."""
        seconds = time.monotonic() - self.started
        images = self.ledger.rows
        speed = (images - self.before) / max(seconds, 1e-9)
        if chunk.done is not None:
            self.fraction = max(self.fraction or 0.0, chunk.done)
        left = None
        if self.fraction:
            # All chunks are of one source's order, so images grow with the fraction.
            left = images * (1 - self.fraction) / self.fraction / max(speed, 1e-9)
        self.report(Progress(images, self.ledger.failed, speed, self.fraction, left))
