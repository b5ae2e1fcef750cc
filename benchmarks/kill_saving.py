"""Kills processes that save files: a file is the old one or the new one."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling.errors import RunError
from inkling.exporters.weights import load_weights_file
from inkling.files import write_text
from inkling.jobs.export import export
from inkling.jobs.verify import verify
from inkling.models.zoo import build_model
from inkling.reading.recognise.network import load_network
from inkling.training.checkpoint import load_checkpoint, save_checkpoint
from inkling.training.recipe_text import dump_recipe, load_recipe
from inkling.training.run_folder import RunFolder
from inkling.training.state import start_state
from killed_process import (
    CHANGES,
    RECIPE,
    few_digits,
    kill_after,
    seconds_of,
    train_on,
    weights_of,
)


@dataclass(frozen=True)
class Saving:
    """A way to write files. `again`: it replaces them, so it can run in a loop.

    `check` raises, or says what it found.
    """

    name: str
    save: Callable[[int], object]
    check: Callable[[], str]
    again: bool = True
    part: float = 1.0  # of all kills, relative to the others


def savings(folder: Path) -> list[Saving]:
    """Each kind of file that inkling writes and would be missed."""
    data, run = few_digits(folder), folder / "run"
    seconds_of(lambda: train_on(data, run))
    recipe = load_recipe(RECIPE, CHANGES)
    states = [start_state(recipe, build_model(recipe.model, 10)) for _ in range(2)]
    for step, state in enumerate(states):
        state.step = step
        state.keep()
    loaded = start_state(recipe, build_model(recipe.model, 10))
    weights = [state.model.state_dict() for state in states]
    copy = RunFolder(folder / "copy")
    hashes = [copy.write_weights(one) for one in weights]
    texts = [dump_recipe(recipe), dump_recipe(load_recipe("mlp-deep", ()))]
    best = folder / "best.toml"
    fresh = folder / "fresh"

    def check_checkpoint() -> str:
        load_checkpoint(folder / "checkpoint", loaded, "same")
        return f"step {loaded.step}"

    def check_weights() -> str:
        return f"weights {hashes.index(weights_of(copy.path))}"

    def check_recipe() -> str:
        load_recipe(str(best))
        return f"text {texts.index(best.read_text())}"

    def check_run() -> str:
        state = "unfinished"
        if RunFolder(fresh).complete:
            state = "finished"
            if not verify(fresh).ok:
                raise RunError(f"{fresh} does not pass inkling verify")
        elif (fresh / "recipe.toml").exists():
            RunFolder(fresh).read_recipe()
        empty(fresh)
        return state

    def exported(to: str) -> Saving:
        path = folder / f"model.{to}"

        def check() -> str:
            if not path.exists():
                return "no file"
            load_network(path) if to == "onnx" else load_weights_file(path, "cpu")
            path.unlink()
            return "whole file"

        part = 0.3 if to == "onnx" else 1.0
        return Saving(to, lambda _: export(run, to=to, out=path), check, again=False, part=part)

    return [
        Saving("checkpoint", lambda k: save_checkpoint(folder / "checkpoint", states[k], "same"),
               check_checkpoint),
        Saving("weights of a run", lambda k: copy.write_weights(weights[k]), check_weights),
        Saving("tuned recipe", lambda k: write_text(best, texts[k]), check_recipe),
        Saving("run", lambda _: train_on(data, fresh), check_run, again=False, part=0.5),
        *map(exported, ("safetensors", "pth", "onnx")),
    ]  # fmt: skip


def empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True) if folder.exists() else ():
        path.rmdir() if path.is_dir() else path.unlink()


def kill_saving(
    count: int, rng: np.random.Generator, folder: Path, only: str = ""
) -> dict[str, object]:
    """Kills `count` savings, of the kinds with `only` in their name."""
    out: dict[str, object] = {}
    total, left = 0, 0
    kinds = [kind for kind in savings(folder) if only in kind.name]
    for kind in kinds:

        def once(kind: Saving = kind) -> None:
            kind.save(0)

        def forever(kind: Saving = kind) -> None:
            for turn in range(1_000_000):
                kind.save(turn % 2)

        seconds = seconds_of(once)
        kind.check()
        kills, wanted = 0, round(count * kind.part / sum(each.part for each in kinds))
        found: Counter[str] = Counter()
        while kills < wanted:
            limit = max(4 * seconds, 0.05) if kind.again else seconds
            if kill_after(forever if kind.again else once, rng.uniform(0, limit)):
                kills += 1
            found[kind.check()] += 1
        left += sum(path.name.endswith(".tmp") for path in folder.rglob(".*"))
        for path in folder.rglob(".*.tmp"):
            path.unlink()
        total += kills
        out[kind.name] = {"kills": kills, "found": dict(found)}
        print(kind.name, out[kind.name], file=sys.stderr, flush=True)
    return {"kills": total, "kinds": out, "hidden_temporary_files": left, "passed": True}
