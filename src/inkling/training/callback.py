"""Callbacks: objects that the training loop reports its progress to."""

from typing import Protocol

from inkling.training.history import EpochMetrics


class Callback(Protocol):
    """Receives the progress of a training, for example for a progress bar or pruning."""

    def on_step(self, step: int, total: int) -> None:
        """Called after each step. `step` counts from 1."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Called after each epoch. `metrics` is the last entry of `history`."""


class NullCallback:
    """A callback that does nothing."""

    def on_step(self, step: int, total: int) -> None:
        """Nothing."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Nothing."""
