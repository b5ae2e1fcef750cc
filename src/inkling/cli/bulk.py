"""The command `inkling read --out`: reads any number of images into a file, and shows progress."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from inkling.cli.output import note, print_result
from inkling.errors import RunError

if TYPE_CHECKING:
    from inkling.scale.bulk import Engine, Progress, Summary
    from inkling.scale.sources import Source

EVERY_S = 5.0  # seconds between two lines; a terminal's line is redrawn twice a second
REFRESH_S = 0.5


def read_to_file(
    arguments: Sequence[str],
    out: Path,
    *,
    model: Path | None,
    expect_one: bool,
    on: str | None,
    workers: int | None,
    column: str | None,
    pages: bool,
    as_json: bool,
) -> None:
    """Reads all images into `out`. Raises `InklingError`, also if no image could be read."""
    from inkling.scale.bulk import local_engine, read_bulk

    # Before pyarrow is imported, here and in the workers. Its own pool, mimalloc, keeps the memory
    # of joined answers: 64 to 99 MB for 5 to 147 parts, in place of 42 to 43 MB.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    sources = _open_pages(arguments) if pages else _open_streams(arguments, column)
    engine: Engine = local_engine(workers)
    if on is not None:
        from inkling.scale.ray_data import RayEngine

        engine = RayEngine(on, workers)
    display = ProgressLine()
    try:
        summary = read_bulk(
            sources, out, model=model, expect_one=expect_one, engine=engine, report=display.show
        )
    except KeyboardInterrupt as error:
        raise RunError(f"stopped; repeat the command to resume {out}") from error
    finally:
        display.close()
    _name_skipped(sources)
    print_result(vars(summary), as_json, lambda: [_sentence(summary)])
    if summary.all_failed:
        raise RunError(f"no image could be read; see the column 'error' of {out}")


def _open_streams(arguments: Sequence[str], column: str | None) -> "list[Source]":
    from inkling.scale.sources import open_sources

    return open_sources(arguments, sys.stdin.buffer, column)


def _open_pages(arguments: Sequence[str]) -> "list[Source]":
    """A stream of all pages of all images in files, folders and patterns."""
    from inkling.cli.inputs import expand
    from inkling.scale.sources import Listed

    inputs = expand(arguments, sys.stdin.buffer, every_page=True)
    for sentence in inputs.notes:
        note(sentence)
    return [Listed([(one.name, one.content) for one in inputs.named])]


def _name_skipped(sources: "Sequence[Source]") -> None:
    """Reports each image format that was skipped in a folder, once."""
    from inkling.reading.preprocess.formats import skipped_sentence
    from inkling.scale.folders import Folder

    for folder in (source for source in sources if isinstance(source, Folder)):
        for kind, count in sorted(folder.skipped.items()):
            note(skipped_sentence(kind, count, folder.root))


def _sentence(summary: "Summary") -> str:
    failed = f", {summary.failed:,} of them could not be read" if summary.failed else ""
    earlier = f", {summary.resumed:,} by an earlier run" if summary.resumed else ""
    return f"{summary.out}: {summary.images:,} images{failed}{earlier} ({summary.seconds:.1f} s)"


class ProgressLine:
    """A progress line on stderr. A terminal redraws it, other outputs get new lines."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.status = self.console.status("") if self.console.is_terminal else None
        self.shown = time.monotonic()
        self.started = False

    def show(self, progress: "Progress") -> None:
        """Shows the progress, unless it was shown a moment ago."""
        now = time.monotonic()
        if now - self.shown < (REFRESH_S if self.status else EVERY_S):
            return
        if self.status is None:
            print(describe(progress), file=sys.stderr, flush=True)
        else:
            if not self.started:
                self.status.start()
                self.started = True
            self.status.update(describe(progress))
        self.shown = now

    def close(self) -> None:
        """Ends the line on a terminal."""
        if self.status is not None:
            self.status.stop()


def describe(progress: "Progress") -> str:
    """Images done and failed, images per second, time left."""
    line = f"{progress.images:,} images, {progress.failed:,} failed"
    if progress.fraction is not None:
        line += f", {progress.fraction:.0%}"
    line += f", {progress.images_per_second:,.0f} images/s"
    if progress.seconds_left is not None:
        line += f", {_duration(progress.seconds_left)} left"
    return line


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
