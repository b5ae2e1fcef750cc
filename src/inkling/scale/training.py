"""Runs seeds and trials as Ray tasks, with the same results as on this machine."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import optuna
import torch
from optuna.trial import FrozenTrial

from inkling.errors import RunError
from inkling.files import write_bytes
from inkling.jobs.repeat import SeedJob
from inkling.jobs.study import ENDED
from inkling.jobs.train import train
from inkling.jobs.tune import TrialJob, run_trial
from inkling.scale.cluster import HERE, cluster, explain_failure
from inkling.scale.processes import count_cores
from inkling.training.manifest import update_manifest
from inkling.training.recipe import Recipe
from inkling.training.threads import choose_threads

RETRIES = 5  # retries of a task whose node was lost
# Variables with the location of the data. A node without the data downloads it.
PASSED_ON = ("INKLING_DATA", "XDG_CACHE_HOME", "INKLING_MIRRORS")


@dataclass(frozen=True)
class Place:
    """The driver's working folder, environment and number of threads, for a task."""

    folder: str
    environment: dict[str, str]
    threads: int

    def enter(self) -> None:
        """Applies them to this process. The same number of threads gives bit-identical sums."""
        os.environ.update(self.environment)
        if Path(self.folder).is_dir():
            os.chdir(self.folder)
        torch.set_num_threads(self.threads)


class SeedsOnRay:
    """Trains each seed as a task on the cluster at `address` ("ray": this machine)."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __call__(self, jobs: Sequence[SeedJob]) -> Iterator[dict[str, Any]]:
        """Yields the result of each seed after its run was copied here. Raises `InklingError`."""
        place = _place(jobs[0].recipe)
        with cluster(self.address, _cores(self.address)) as ray:
            options = _options(ray, self.address, jobs[0].recipe, jobs[0].device, place)
            task = ray.remote(_train_seed).options(**options)
            waiting = {task.remote(job, place): job for job in jobs}
            while waiting:
                (ready,), _ = ray.wait(list(waiting), num_returns=1)
                try:
                    result, files = ray.get(ready)
                except Exception as error:  # Ray wraps the exceptions of tasks
                    raise explain_failure(error) from error
                yield _keep(waiting.pop(ready).folder, result, files)


class TrialsOnRay:
    """Runs trials as tasks on the cluster at `address`; the study is in Optuna's storage."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __call__(
        self,
        job: TrialJob,
        study: optuna.Study,
        trials: int,
        seconds: float | None,
        report: Callable[[optuna.Study, FrozenTrial], None],
    ) -> None:
        """Runs until the study has `trials` finished trials. Raises `InklingError`."""
        place = _place(job.recipe)
        end = None if seconds is None else time.monotonic() + seconds
        draw = len(study.trials)
        with cluster(self.address, _cores(self.address)) as ray:
            options = _options(ray, self.address, job.recipe, job.device, place)
            task = ray.remote(_run_trial).options(**options)
            most = max(1, int(ray.cluster_resources().get("CPU", 1) // options["num_cpus"]))
            running: list[Any] = []
            while True:
                wanted = trials - len(study.get_trials(deepcopy=False, states=ENDED))
                if end is not None and time.monotonic() > end:
                    wanted = 0
                while len(running) < min(most, wanted):
                    running.append(task.remote(job, draw, place))
                    draw += 1
                if not running:
                    return
                ready, running = ray.wait(running, num_returns=1)
                try:
                    number = ray.get(ready[0])
                except Exception as error:  # Ray wraps the exceptions of tasks
                    raise explain_failure(error) from error
                report(study, study.get_trials(deepcopy=False)[number])


def _train_seed(job: SeedJob, place: Place) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Trains in a temporary folder on a node. Returns the result and the files of the run."""
    place.enter()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / job.folder.name
        result = train(job.recipe, seed=job.seed, out=run, device=job.device, figures=False)
        paths = [path for path in run.rglob("*") if path.is_file()]
        files = {str(path.relative_to(run)): path.read_bytes() for path in paths}
        return result.as_json(), files


def _run_trial(job: TrialJob, draw: int, place: Place) -> int:
    place.enter()
    return run_trial(job, draw)


def _keep(folder: Path, result: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
    """Writes the run to its folder on this machine, atomically."""
    result = result | {"run": str(folder)}
    card = json.loads(files["card.json"]) | {"run": str(folder)}
    files = files | {"card.json": (json.dumps(card, indent=2) + "\n").encode()}
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in files.items():
            write_bytes(fresh / name, content)
        update_manifest(fresh, fresh / "card.json")
        shutil.rmtree(folder, ignore_errors=True)  # a seed that was stopped
        fresh.chmod(0o755)
        fresh.rename(folder)
    except OSError as error:
        raise RunError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return result


def _place(recipe: Recipe) -> Place:
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    threads = choose_threads(recipe.training.threads)
    return Place(os.getcwd(), environment, threads)  # noqa: PTH109


def _cores(address: str) -> int | None:
    return count_cores() if address == HERE else None


def _options(
    ray: ModuleType, address: str, recipe: Recipe, device: str, place: Place
) -> dict[str, Any]:
    """The cores and the fraction of a GPU in the recipe."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    largest = max((node.get("CPU", 0) for node in nodes), default=0)
    cores = place.threads
    if address == HERE:
        cores = min(cores, int(largest))  # as without Ray, threads may be more than cores
    elif cores > largest:
        raise RunError(
            f"no node of the cluster has {cores} cores, only {largest:.0f}. "
            f"Add --set training.threads={largest:.0f}"
        )
    gpus = recipe.training.gpus or (1 if device == "cuda" else 0)
    return {"num_cpus": cores, "num_gpus": gpus, "max_retries": RETRIES}
