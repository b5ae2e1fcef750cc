"""Callbacks: objects that the training loop reports its progress to."""

from typing import Protocol

from inkling.training.history import EpochMetrics


class Callback(Protocol):
    """A receiver of progress: a progress bar, a tuner that prunes, a test."""

    def on_step(self, step: int, total: int) -> None:
        """After each step; `step` counts from 1."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """After each epoch; `history` ends with `metrics`."""


class NullCallback:
    """A callback that does nothing."""

    def on_step(self, step: int, total: int) -> None:
        """Nothing."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Nothing."""
