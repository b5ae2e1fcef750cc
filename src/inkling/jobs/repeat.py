"""The job `repeat`: trains a recipe with several seeds, and reports mean, sd and interval."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inkling.data.fetch import Notify
from inkling.errors import RunError
from inkling.files import write_text
from inkling.jobs.train import RUNS, resume, train
from inkling.training.callback import Callback
from inkling.training.device import DeviceName
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import dump_recipe, resolve_recipe
from inkling.training.run_folder import RunFolder, make_folder, recipe_sha256
from inkling.training.seed_statistics import SeedSummary, summarise

SEEDS_FILE = "seeds.jsonl"  # a line per finished seed: the output of train --json

OnSeed = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class SeedJob:
    """One seed to train, and the folder of its run."""

    recipe: Recipe
    seed: int
    folder: Path
    device: DeviceName


# Trains the seeds: yields the result of `train --json` for each, in the order of completion.
SeedEngine = Callable[[Sequence[SeedJob]], Iterator[dict[str, Any]]]


@dataclass(frozen=True)
class Repetition:
    """The results of all seeds of a recipe. `runs` are the outputs of `train --json` by seed."""

    folder: Path
    recipe: str
    data: str
    runs: tuple[dict[str, Any], ...]
    accuracy: SeedSummary
    validation_accuracy: SeedSummary | None
    train_seconds: SeedSummary

    def as_json(self) -> dict[str, Any]:
        """The output of `repeat --json`."""
        return {
            "folder": str(self.folder),
            "recipe": self.recipe,
            "data": self.data,
            "n": len(self.runs),
            "seeds": [run["seed"] for run in self.runs],
            "accuracy": asdict(self.accuracy),
            "validation_accuracy": (
                asdict(self.validation_accuracy) if self.validation_accuracy else None
            ),
            "train_seconds": asdict(self.train_seconds),
            "runs": list(self.runs),
        }


def repeat(  # noqa: PLR0913 (all but two by keyword)
    recipe: str | Recipe,
    seeds: int,
    *,
    first_seed: int = 0,
    data: str | None = None,
    out: str | Path | None = None,
    changes: Sequence[str] = (),
    device: DeviceName = "auto",
    callback: Callback | None = None,
    notify: Notify | None = None,
    on_seed: OnSeed | None = None,
    engine: SeedEngine | None = None,
) -> Repetition:
    """Trains a recipe with several seeds, each in its own run folder.

    Seeds that `out` already has are kept. A stopped seed is resumed from its checkpoint.

    Parameters
    ----------
    recipe
        The name of a bundled recipe, the path of a TOML file, or a `Recipe`.
    seeds
        The number of seeds.
    first_seed
        The first seed.
    data
        A name or a path, as for `train`. Default: that of the recipe.
    out
        The folder of the runs. Default: `runs/<recipe>-repeat`.
    changes
        Changes to the recipe, such as `("training.epochs=3",)`.
    device
        `auto`, `cpu`, `cuda` or `mps`.
    callback
        Gets the progress after each step and each epoch.
    notify
        A function that gets messages, such as the address of a download.
    on_seed
        Gets the output of `train --json` for each finished seed.
    engine
        Trains the seeds. Default: this process, one by one.

    Returns
    -------
    Repetition
        The results of all seeds with mean, standard deviation and 95 % interval.

    Raises
    ------
    RunError
        `out` belongs to another recipe, data or setting, or `seeds` is below 1.
    RecipeError
        The recipe is invalid, or a seed is above 2147483647.
    DataError
        The data cannot be loaded.
    """
    chosen = resolve_recipe(recipe, changes, data)
    if seeds < 1:
        raise RunError(f"cannot train {seeds} seeds. Use one or more")
    folder = Path(out) if out else RUNS / f"{chosen.name}-repeat"
    chosen.with_seed(first_seed + seeds - 1)  # report invalid seeds before creating the folder
    chosen = chosen.with_seed(first_seed)
    _claim(folder, chosen)
    done = _read_lines(folder / SEEDS_FILE)

    def in_turn(jobs: Sequence[SeedJob]) -> Iterator[dict[str, Any]]:
        return (_train_seed(job, callback, notify) for job in jobs)

    wanted = range(first_seed, first_seed + seeds)
    jobs = [
        SeedJob(chosen, seed, folder / f"seed-{seed}", device)
        for seed in wanted
        if seed not in done
    ]
    for result in _train_all(jobs, engine or in_turn):
        done[result["seed"]] = result
        _write_lines(folder / SEEDS_FILE, done)
        if on_seed:
            on_seed(result)
    return _summary(folder, chosen.name, [done[seed] for seed in wanted])


def _train_all(jobs: Sequence[SeedJob], engine: SeedEngine) -> Iterator[dict[str, Any]]:
    """Adds finished seeds without a line, then trains the others."""
    left: list[SeedJob] = []
    for job in jobs:
        run = RunFolder(job.folder)
        if run.complete:
            card = run.read_card()
            yield {key: card[key] for key in _keys(card)}
        else:
            left.append(job)
    if left:
        yield from engine(left)


def _train_seed(job: SeedJob, callback: Callback | None, notify: Notify | None) -> dict[str, Any]:
    """Trains one seed, or resumes it."""
    run = RunFolder(job.folder)
    if run.recipe_path.exists() and run.resumable:
        result = resume(
            job.folder, device=job.device, callback=callback, notify=notify, figures=False
        )
    else:
        if job.folder.exists():
            shutil.rmtree(job.folder)  # made by this command and killed before its first checkpoint
        result = train(
            job.recipe,
            seed=job.seed,
            out=job.folder,
            device=job.device,
            callback=callback,
            notify=notify,
            figures=False,
        )
    return result.as_json()


def _keys(card: dict[str, Any]) -> list[str]:
    wanted = ("run", "recipe", "data", "seed", "device", "parameters", "train_seconds")
    return [
        key
        for key in (*wanted, "total_seconds", "validation", "test", "weights_sha256")
        if key in card
    ]


def _claim(folder: Path, recipe: Recipe) -> None:
    """Creates the folder for `recipe`, or checks that it belongs to it."""
    make_folder(folder)
    path = RunFolder(folder).recipe_path
    if not path.exists():
        if any(folder.iterdir()):
            raise RunError(f"{folder} is not a folder of `inkling repeat`. Choose another --out")
        write_text(path, dump_recipe(recipe))
        return
    found = RunFolder(folder).read_recipe()
    if recipe_sha256(found.with_seed(0)) != recipe_sha256(recipe.with_seed(0)):
        raise RunError(
            f"{folder} has seeds of another recipe, data or setting (see {path}). "
            "Choose another --out"
        )


def _read_lines(path: Path) -> dict[int, dict[str, Any]]:
    if not path.exists():
        return {}
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
        return {line["seed"]: line for line in lines}
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path} is damaged ({error}). Remove it; the runs beside it are kept"
        ) from error


def _write_lines(path: Path, done: dict[int, dict[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(done[seed]) + "\n" for seed in sorted(done)))


def _summary(folder: Path, name: str, runs: list[dict[str, Any]]) -> Repetition:
    validations = [run["validation"]["accuracy"] for run in runs if run["validation"]]
    return Repetition(
        folder=folder,
        recipe=name,
        data=runs[0]["data"],
        runs=tuple(runs),
        accuracy=summarise([run["test"]["accuracy"] for run in runs]),
        validation_accuracy=summarise(validations) if validations else None,
        train_seconds=summarise([run["train_seconds"] for run in runs]),
    )
