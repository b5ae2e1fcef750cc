"""The same recipe with many seeds, and what came of it: mean, sd, interval."""

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
from inkling.training.recipe_text import dump_recipe, load_recipe
from inkling.training.run_folder import RunFolder, make_folder, recipe_sha256
from inkling.training.seed_statistics import Summary, summarise

LINES = "seeds.jsonl"  # a line a seed that ended: what train --json prints

OnSeed = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class SeedJob:
    """One seed to train, and the folder of its run."""

    recipe: Recipe
    seed: int
    folder: Path
    device: DeviceName


# What trains the seeds: the result of `train --json` for each, in the order in which they end.
SeedEngine = Callable[[Sequence[SeedJob]], Iterator[dict[str, Any]]]


@dataclass(frozen=True)
class Repetition:
    """All seeds of one recipe; `runs` are the objects of `train --json`, in order of seed."""

    folder: Path
    recipe: str
    data: str
    runs: tuple[dict[str, Any], ...]
    accuracy: Summary
    validation_accuracy: Summary | None
    train_seconds: Summary

    def as_json(self) -> dict[str, Any]:
        """What `repeat --json` prints."""
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
    """Train with `seeds` seeds from `first_seed` on, each a run of its own within `out`.

    `out` is `runs/<recipe>-repeat` where it is None. Where it holds seeds of the same recipe and
    data already, those are kept and the rest is done; a seed that was stopped midway goes on from
    its checkpoint. `engine` says what trains the seeds: by default this process, one by one. Raises
    `RunError` where the folder holds something else, `RecipeError` for seeds beyond 2147483647.
    """
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, list(changes))
    if data is not None:
        chosen = chosen.model_copy(update={"data": data})
    if seeds < 1:
        raise RunError(f"cannot repeat {seeds} times; ask for one seed or more")
    folder = Path(out) if out else RUNS / f"{chosen.name}-repeat"
    chosen.with_seed(first_seed + seeds - 1)  # known now, not once the folder is claimed
    chosen = chosen.with_seed(first_seed)
    _claim(folder, chosen)
    done = _read_lines(folder / LINES)

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
        _write_lines(folder / LINES, done)
        if on_seed:
            on_seed(result)
    return _summary(folder, chosen.name, [done[seed] for seed in wanted])


def _train_all(jobs: Sequence[SeedJob], engine: SeedEngine) -> Iterator[dict[str, Any]]:
    """Those that ended but whose line was never written, or is lost; then the others."""
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
    """One seed, from its beginning or from where it was stopped."""
    run = RunFolder(job.folder)
    if run.recipe_path.exists() and run.resumable:
        result = resume(
            job.folder, device=job.device, callback=callback, notify=notify, figures=False
        )
    else:
        if job.folder.exists():
            shutil.rmtree(job.folder)  # ours alone, and killed before its first checkpoint
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
    """Make `folder` that of `recipe`, or see that it is."""
    make_folder(folder)
    path = RunFolder(folder).recipe_path
    if not path.exists():
        if any(folder.iterdir()):
            raise RunError(f"{folder} is no folder of `inkling repeat`; choose another --out")
        write_text(path, dump_recipe(recipe))
        return
    found = RunFolder(folder).read_recipe()
    if recipe_sha256(found.with_seed(0)) != recipe_sha256(recipe.with_seed(0)):
        raise RunError(
            f"{folder} holds seeds of another recipe, data or setting (see {path}); "
            "choose another --out"
        )


def _read_lines(path: Path) -> dict[int, dict[str, Any]]:
    if not path.exists():
        return {}
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
        return {line["seed"]: line for line in lines}
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path} is damaged ({error}); remove it, the runs beside it stay"
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
