"""Work is divided among threads, and its results keep their order."""

import threading

import pytest

from inkling.reading.parallel import ThreadMap


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_work_is_done_in_order_on_any_number_of_threads(workers: int) -> None:
    parallel_map = ThreadMap(workers)
    seen: list[str] = []

    def work(number: int) -> int:
        seen.append(threading.current_thread().name)
        return number * number

    assert parallel_map(work, range(40)) == [k * k for k in range(40)]
    alone = threading.current_thread().name
    assert (set(seen) == {alone}) is (workers == 1)
    seen.clear()
    assert parallel_map(work, [7]) == [49]
    assert seen == [alone]  # one item needs no thread
    seen.clear()
    parallel_map(work, [1, 2])
    assert (alone in seen) is (workers == 1)
    assert parallel_map(work, []) == []
