"""Measures the overhead and memory of bulk reading, with local processes and with Ray.

    python benchmarks/bulk.py [--images N] [--rounds N] [--engines processes,ray] [--workers 1,2]
                              [--memory N,N,...] [--json FILE]

Thumbnails are MNIST's test images as PNG files ($INKLING_DATA; without it the embedded scans), in a
tar and a parquet file. Each round measures everything, because the load of a machine changes. A
ratio is the median over rounds of the ratios within one round. The bare reader has the images in
memory and runs in as many processes of one thread as the run that it is compared with. `steady`
leaves out the start of the processes and the models: it is the throughput from the moment at which
as many parts are written as there are workers, to the last part. (From the first part on, two
workers that write theirs at the same time would seem faster than they are.) `whole` is that of the
whole command.
"""

import argparse
import gzip
import io
import itertools
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from inkling.data.embedded import embedded_digits
from inkling.reading.pipeline import Reader
from outcome import add_json_option

BATCH = 2048
WORKERS_EVERY = 4  # samples of the driver for one of the workers
ENGINES: dict[str, list[str]] = {"processes": [], "ray": ["--on", "ray"]}


def thumbnails() -> list[bytes]:
    path = Path(os.environ.get("INKLING_DATA", "")) / "mnist" / "t10k-images-idx3-ubyte.gz"
    if path.is_file():
        content = gzip.decompress(path.read_bytes())[16:]
        images = [content[k : k + 784] for k in range(0, len(content), 784)]
    else:
        images = [image.tobytes() for image in embedded_digits().images]
    return [as_png(image) for image in images]


def as_png(pixels: bytes) -> bytes:
    file = io.BytesIO()
    Image.frombytes("L", (28, 28), pixels).save(file, "PNG")
    return file.getvalue()


def repeated(images: list[bytes], count: int) -> Iterator[bytes]:
    return itertools.islice(itertools.cycle(images), count)


def write_tar(path: Path, images: list[bytes], count: int) -> None:
    with tarfile.open(path, "w") as archive:
        for number, image in enumerate(repeated(images, count)):
            info = tarfile.TarInfo(f"{number:07d}.png")
            info.size = len(image)
            archive.addfile(info, io.BytesIO(image))
            archive.members.clear()  # type: ignore[attr-defined]


def write_parquet(path: Path, images: list[bytes], count: int) -> None:
    schema = pa.schema([("image", pa.binary())])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in batched(repeated(images, count), 10_000):
            writer.write_table(pa.table({"image": batch}, schema))


def batched(images: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    while batch := list(itertools.islice(images, size)):
        yield batch


def bare_process(images: list[bytes], begin: Any, seconds: Any) -> None:
    reader = Reader.load(workers=1)
    reader.read(images[:300])
    begin.wait()
    start = time.perf_counter()
    for first in range(0, len(images), BATCH):
        reader.read(images[first : first + BATCH])
    seconds.put((len(images), time.perf_counter() - start))


def bare(images: list[bytes], processes: int) -> float:
    """Images per second of readers that have their images in memory."""
    context = multiprocessing.get_context("spawn")
    begin, seconds = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=bare_process, args=(images[k::processes], begin, seconds))
        for k in range(processes)
    ]
    for worker in workers:
        worker.start()
    done = [seconds.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(count for count, _ in done) / max(spent for _, spent in done)


def bulk(source: Path, processes: int, on: list[str], every: float = 0.1) -> dict[str, float]:
    """One run of the command: images per second, steady and whole; memory `every` so many s."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answers.parquet"
        command = [sys.executable, "-m", "inkling", "read", str(source), "--out", str(out)]
        start = time.perf_counter()
        with subprocess.Popen(
            [*command, "--workers", str(processes), "--json", *on],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            peaks = Peaks(process.pid, every)
            times = watch(process, Path(folder) / "answers.parquet.parts" / "parts.jsonl")
            stdout = process.stdout.read() if process.stdout else b""
        spent = time.perf_counter() - start
        images = json.loads(stdout)["images"]
    started = min(processes * BATCH, times[-1][1] // 2)
    first, last = next(one for one in times if one[1] >= started), times[-1]
    steady = (last[1] - first[1]) / max(last[0] - first[0], 1e-9)
    return {"steady": steady, "whole": images / spent, "images": images, **peaks.stop()}


def watch(process: subprocess.Popen[bytes], lines: Path) -> list[tuple[float, int]]:
    """When how many images were answered."""
    times: list[tuple[float, int]] = []
    while process.poll() is None:
        try:
            done = [json.loads(line)["rows"] for line in lines.read_bytes().split(b"\n")[:-1]]
        except (OSError, ValueError):
            done = []
        if done and (not times or times[-1][1] != sum(done)):
            times.append((time.perf_counter(), sum(done)))
        time.sleep(0.02)
    return times or [(0.0, 0), (1.0, 0)]


class Peaks:
    """The greatest memory (unique set, MB) of a process and of its workers, sampled."""

    def __init__(self, process: int, every: float) -> None:
        self.driver, self.worker, self.every = 0.0, 0.0, every
        self.process = psutil.Process(process)
        self.end = threading.Event()
        self.thread = threading.Thread(target=self._sample)
        self.thread.start()

    def _sample(self) -> None:
        for turn in itertools.count():
            if self.end.wait(self.every):
                return
            try:
                self.driver = max(self.driver, self.process.memory_full_info().uss / 1e6)
                if turn % WORKERS_EVERY:  # to find them takes several milliseconds
                    continue
                for child in self.process.children(recursive=True):
                    used = child.memory_full_info().uss / 1e6
                    if "spawn_main" in " ".join(child.cmdline()):
                        self.worker = max(self.worker, used)
            except psutil.Error:
                continue

    def stop(self) -> dict[str, float]:
        self.end.set()
        self.thread.join()
        return {"driver_mb": round(self.driver, 1), "worker_mb": round(self.worker, 1)}


def speed(
    images: list[bytes], sources: list[Path], rounds: int, engines: list[str], counts: list[int]
) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    rates: dict[tuple[str, str, int], list[dict[str, float]]] = {}
    base: dict[int, list[float]] = {workers: [] for workers in counts}
    for _ in range(rounds):
        for workers in counts:
            base[workers].append(bare(images, workers))
            for name, source in itertools.product(engines, sources):
                key = (name, source.suffix, workers)
                rates.setdefault(key, []).append(bulk(source, workers, ENGINES[name]))
    for (name, suffix, workers), runs in rates.items():
        ratios = [run["steady"] / bare for run, bare in zip(runs, base[workers], strict=True)]
        out.append(
            {
                "engine": name,
                "source": suffix,
                "workers": workers,
                "bare": round(statistics.median(base[workers])),
                "steady": round(statistics.median(run["steady"] for run in runs)),
                "whole": round(statistics.median(run["whole"] for run in runs)),
                "ratio": round(statistics.median(ratios), 3),
                "ratios": [round(ratio, 3) for ratio in ratios],
            }
        )
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--memory", default="10000,100000,300000")
    add_json_option(parser)
    options = parser.parse_args()
    some = thumbnails()
    out: dict[str, Any] = {"cores": os.cpu_count(), "load": os.getloadavg()}
    with tempfile.TemporaryDirectory() as folder:
        sources = [Path(folder) / "thumbs.tar", Path(folder) / "thumbs.parquet"]
        write_tar(sources[0], some, options.images)
        write_parquet(sources[1], some, options.images)
        images = list(repeated(some, options.images))
        if options.rounds:
            counts = [int(text) for text in options.workers.split(",")]
            engines = options.engines.split(",")
            out["speed"] = speed(images, sources, options.rounds, engines, counts)
        del images
        out["memory"] = []
        for count in [int(text) for text in options.memory.split(",") if text]:
            write_tar(sources[0], some, count)
            # A join of a few parts takes 0.1 s, so its peak falls between rare samples.
            run = bulk(sources[0], 2, [], every=0.03)
            keys = ("images", "driver_mb", "worker_mb", "steady")
            out["memory"].append({key: run[key] for key in keys})
    for line in [*out.get("speed", []), *out["memory"]]:
        print(line)
    if options.json:
        options.json.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
