"""Shows the progress of training: a live bar on a terminal, and one line per epoch."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from inkling.training.history import EpochMetrics

# 80 columns, the width of narrow terminals.
HEADER = "epoch  train loss  train acc  valid loss  valid acc  learning rate  images/s"
REFRESH_S = 0.1  # drawing the bar at every step would take longer than the step


class TrainingDisplay:
    """A callback for `inkling.jobs.train` that writes to stderr. Use it in a `with` statement."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.progress: Progress | None = None
        self.task: TaskID | None = None
        self.drawn = 0.0

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.progress = Progress(
                TextColumn("training"),
                BarColumn(),
                TextColumn("{task.completed:,.0f}/{task.total:,.0f} steps"),
                TimeRemainingColumn(),
                console=self.console,
                transient=True,
                auto_refresh=False,
            )
            self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.progress:
            self.progress.stop()

    def on_step(self, step: int, total: int) -> None:
        """Updates the bar, at most every tenth of a second."""
        now = time.monotonic()
        if self.progress is None or (now - self.drawn < REFRESH_S and step < total):
            return
        self.drawn = now
        if self.task is None:
            self.task = self.progress.add_task("training", total=total)
        self.progress.update(self.task, completed=step)
        self.progress.refresh()

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Prints one line for the epoch."""
        if metrics.epoch == 1:
            self._print(HEADER)
        self._print(_line(metrics))

    def _print(self, text: str) -> None:
        if self.progress:
            self.progress.console.print(text)
        else:
            print(text, file=sys.stderr, flush=True)


class CountDisplay:
    """Shows the number of finished items and the total if known, on a terminal only."""

    def __init__(self, verb: str, noun: str) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.progress = Progress(
            TextColumn(verb),
            BarColumn(),
            TextColumn(f"{{task.completed:,.0f}} {noun}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.progress.add_task(verb, total=None)

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def show(self, done: int, total: int | None) -> None:
        """Updates the bar."""
        self.progress.update(self.task, completed=done, total=total)


def _line(metrics: EpochMetrics) -> str:
    validation = f"{'none':>10}  {'':9}"
    if metrics.validation_loss is not None and metrics.validation_accuracy is not None:
        validation = f"{metrics.validation_loss:10.4f}  {metrics.validation_accuracy:9.2%}"
    return (
        f"{metrics.epoch:5d}  {metrics.train_loss:10.4f}  {metrics.train_accuracy:9.2%}  "
        f"{validation}  {metrics.learning_rate:13.2e}  {metrics.examples_per_second:10,.0f}"
    )
