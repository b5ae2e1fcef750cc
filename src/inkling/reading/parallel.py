"""Applies a function to many items in threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class ThreadMap:
    """`map` in a number of threads. The results have the order of the items."""

    workers: int

    def __call__(self, work: Callable[[Given], Made], items: Sequence[Given]) -> list[Made]:
        """Applies `work` to each item, in threads if there are several items."""
        if len(items) < 2 or self.workers < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(work, items))
