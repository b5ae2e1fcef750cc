"""Runs bulk reading on a Ray cluster: Ray Data moves chunks to a pool of readers, and parts back.

The rows of the data set are chunks, not images. Ray Data's `read_binary_files` makes one row per
file without its position in the source, so a killed run could not resume exactly. See
docs/decisions/0012.
"""

import logging
import pickle
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import cv2

from inkling.scale.answering import Answerer
from inkling.scale.chunk import Chunk, Part, Work
from inkling.scale.cluster import HERE, cluster, explain_failure
from inkling.scale.contents import Loaded
from inkling.scale.processes import Answers, count_cores

WAVE_CHUNKS = 4096  # chunks of one data set; its blocks are listed in the driver's memory
WAVE_BYTES = 512 << 20  # limit for the chunks in Ray's object store
IN_FLIGHT = 2  # chunks per reader: one in progress and one waiting
CLIENT = "ray://"  # an address of the Ray client, for a driver outside the cluster
HEAD = "node:__internal_head__"  # the resource that Ray gives to the head node alone


class RayEngine:
    """Reads chunks on the cluster at `address` ("ray": this machine) by `workers` readers."""

    def __init__(self, address: str, workers: int | None = None) -> None:
        self.address, self.workers = address, workers

    def __call__(self, work: Work, chunks: Iterator[Chunk]) -> Answers:
        """The parts in the order in which they are ready. Raises `InklingError`."""
        first = next(chunks, None)
        if first is None:  # everything is answered
            return
        here = self.address == HERE
        cores = (self.workers or count_cores()) if here else None
        with cluster(self.address, cores) as ray:
            wave = [first]
            while wave:
                yield from self._answer(ray, work, wave, chunks)
                wave = [chunk] if (chunk := next(chunks, None)) else []

    def _answer(
        self, ray: ModuleType, work: Work, wave: list[Chunk], chunks: Iterator[Chunk]
    ) -> Answers:
        """One data set: `wave`, and as many more of `chunks` as it may hold."""
        known: dict[int, Chunk] = {}
        blocks = [_put(ray, chunk, known) for chunk in _fill(wave, chunks)]
        most = self.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        answer = _answer_by_client if self.address.startswith(CLIENT) else _answer_blocks
        try:
            for rows in answer(work, blocks, most):
                for row in rows:
                    part = Part(**row)
                    yield known.pop(part.number), part
        except Exception as error:  # Ray wraps the exceptions of tasks in its own classes
            raise explain_failure(error) from error


def _answer_blocks(work: Work, blocks: list[Any], most: int) -> Iterator[list[dict[str, Any]]]:
    """The parts of the chunks in `blocks`, as the fields of `Part`, by `most` readers."""
    from ray import data

    _be_quiet(data)
    # A pool that may shrink to one reader survives the loss of a node.
    pool = data.ActorPoolStrategy(
        min_size=1,
        max_size=most,
        initial_size=most,
        max_tasks_in_flight_per_actor=IN_FLIGHT,
    )
    dataset = data.from_arrow_refs(blocks).map_batches(
        _Reader,
        fn_constructor_args=(work,),
        batch_size=1,
        batch_format="pyarrow",
        compute=pool,
        num_cpus=1,
    )
    batches: Any = dataset.iter_batches(batch_size=None, batch_format="pyarrow")
    for batch in batches:
        yield batch.to_pylist()


def _answer_by_client(work: Work, blocks: list[Any], most: int) -> Iterator[list[dict[str, Any]]]:
    """The same from outside the cluster: Ray Data runs in an actor on the head node.

    Since Ray 2.60, Ray Data cannot run in a process that is connected by the Ray client.
    """
    import ray

    runner = ray.remote(_Runner).options(num_cpus=0, resources={HEAD: 0.001})
    actor: Any = runner.remote(work, blocks, most)
    while rows := ray.get(actor.take.remote()):
        yield rows


class _Runner:
    """An actor that runs one data set, for a driver outside the cluster."""

    def __init__(self, work: Work, blocks: list[Any], most: int) -> None:
        self.parts = _answer_blocks(work, blocks, most)

    def take(self) -> list[dict[str, Any]] | None:
        """The next parts. None at the end."""
        return next(self.parts, None)


class _Reader:
    """An actor of the pool."""

    def __init__(self, work: Work) -> None:
        cv2.setNumThreads(1)  # each core has an actor
        self.answerer = Answerer(work)

    def __call__(self, batch: Any) -> Any:
        import pyarrow as pa

        chunks = [pickle.loads(one) for one in batch["chunk"].to_pylist()]  # noqa: S301 (our own bytes)
        return pa.Table.from_pylist([vars(self.answerer.answer(chunk)) for chunk in chunks])


def _fill(wave: list[Chunk], chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    yield from wave
    count, size = len(wave), 0
    while count < WAVE_CHUNKS and size < WAVE_BYTES and (chunk := next(chunks, None)):
        if isinstance(chunk.content, Loaded):
            size += sum(len(one) for one in chunk.content.images if isinstance(one, bytes))
        count += 1
        yield chunk


def _put(ray: ModuleType, chunk: Chunk, known: dict[int, Chunk]) -> Any:
    """Puts a chunk into the object store. The driver keeps only what the ledger needs."""
    import pyarrow as pa

    known[chunk.number] = replace(chunk, names=(), content=Loaded(()))
    return ray.put(pa.table({"chunk": [pickle.dumps(chunk)]}))


def _be_quiet(data: ModuleType) -> None:
    """Disables Ray's progress output, because the command prints its own."""
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
