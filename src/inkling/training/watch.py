"""Who looks on while a network learns."""

from typing import Protocol

from inkling.training.history import EpochMetrics


class Watch(Protocol):
    """Somebody who looks on: a progress bar, a tuner that prunes, a test."""

    def on_step(self, step: int, total: int) -> None:
        """After each step; `step` counts from 1."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """After each epoch; `history` ends with `metrics`."""


class Quiet:
    """A watch that looks away."""

    def on_step(self, step: int, total: int) -> None:
        """Nothing."""

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        """Nothing."""
