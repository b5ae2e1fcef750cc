"""Kills training and saving with kill -9 at random moments, and checks what is left.

    python benchmarks/kills.py training [--count 200]   resume each time: the same weights
    python benchmarks/kills.py saving [--count 1000]    checkpoints, runs, recipes, exports

The process to be killed is a fork of one that has imported everything, so a kill costs no start.
Ends with exit code 1 if a resumed run has other weights, or a file is neither the old nor the new.
"""

import argparse
import hashlib
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from inkling.data.embedded import embedded_digits
from inkling.errors import RunError
from inkling.exporters.weights import load_weights_file
from inkling.files import write_text
from inkling.jobs.export import export
from inkling.jobs.train import resume, train
from inkling.jobs.verify import verify
from inkling.models.zoo import build_model
from inkling.reading.recognise.network import load_network
from inkling.training.checkpoint import load_checkpoint, save_checkpoint
from inkling.training.recipe_text import dump_recipe, load_recipe
from inkling.training.run_folder import RunFolder
from inkling.training.state import start_state
from outcome import add_json_option, finish

RECIPE = "mlp-dropout-adam"
CHANGES = ("training.epochs=5", "training.batch_size=8", "training.threads=1", "model.widths=[32]")
KILLS_OF_A_RUN = 3  # at most; then it may end


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


def start(work: Callable[[], object]) -> int:
    """The process id of a fork that does the work without output."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        work()
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def seconds_of(work: Callable[[], object]) -> float:
    """Does the work in a fork; returns its seconds."""
    began = time.perf_counter()
    _, status = os.waitpid(start(work), 0)
    if status:
        raise SystemExit(f"the work failed: {status}")
    return time.perf_counter() - began


def kill_after(work: Callable[[], object], seconds: float) -> bool:
    """Whether the work was killed before its end."""
    process = start(work)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if os.waitpid(process, os.WNOHANG)[0]:
            return False
        time.sleep(0.0005)
    os.kill(process, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(process, 0)[1])


def train_on(data: Path, run: Path) -> None:
    """What a user does: resume the run, or begin again if it has not begun."""
    if (run / "recipe.toml").exists():
        resume(run, figures=False)
    else:
        train(RECIPE, data=str(data), out=run, changes=CHANGES, seed=3, figures=False)


def few_digits(folder: Path) -> Path:
    digits = embedded_digits()
    path = folder / "few.npz"
    np.savez(path, X=digits.images[:400], y=digits.labels[:400])
    return path


def weights_of(run: Path) -> str:
    return hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()


def kill_training(count: int, rng: np.random.Generator, folder: Path) -> dict[str, object]:
    data, whole = few_digits(folder), folder / "whole"
    seconds = seconds_of(lambda: train_on(data, whole))
    kills, runs = 0, 0
    after: Counter[str] = Counter()
    hashes: Counter[str] = Counter()
    while kills < count:
        run = folder / f"run-{runs}"
        for _ in range(KILLS_OF_A_RUN):
            if not kill_after(lambda: train_on(data, run), rng.uniform(0, seconds)):  # noqa: B023
                break
            kills += 1
            known = RunFolder(run)
            after["finished" if known.complete else "resumable" if known.resumable else
                  "begun" if known.recipe_path.exists() else "not begun"] += 1  # fmt: skip
            if known.complete:
                break
        if not RunFolder(run).complete:
            seconds_of(lambda: train_on(data, run))  # noqa: B023
        hashes[weights_of(run)] += 1
        if not verify(run).ok:
            raise SystemExit(f"{run} does not pass inkling verify")
        runs += 1
    return {
        "kills": kills,
        "runs": runs,
        "seconds_of_a_run": round(seconds, 2),
        "state_after_a_kill": dict(after),
        "passed": list(hashes) == [weights_of(whole)],
        "different_weights": len(hashes),
    }


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


def kill_saving(count: int, rng: np.random.Generator, folder: Path) -> dict[str, object]:
    out: dict[str, object] = {}
    total, left = 0, 0
    kinds = savings(folder)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["training", "saving"])
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    add_json_option(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)  # a fork has none of the other threads
    rng = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as name:
        job, count = (kill_training, 200) if options.what == "training" else (kill_saving, 1000)
        measured = job(options.count or count, rng, Path(name))
    finish(measured, options.json)


if __name__ == "__main__":
    main()
