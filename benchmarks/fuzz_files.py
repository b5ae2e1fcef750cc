"""Fuzzes all file readers with mutated files: only typed errors, none slow.

    python benchmarks/fuzz_files.py [--count 5000] [--seed 1] [--only NAME] [--json FILE]

Models, runs, recipes, checkpoints, CSV and npz data: `count` mutations in all, the same number
for each. Ends with exit code 1 if anything but a result or an `InklingError` came back, a file took
over 2 s of processor time, or the process grew by over 400 MB.
"""

import argparse
import csv
import io
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fuzz_images import mutate
from inkling.data.catalog import find_source
from inkling.data.embedded import embedded_digits
from inkling.errors import InklingError
from inkling.evaluation.classifier import load_classifier
from inkling.jobs.train import resume, train
from inkling.jobs.verify import verify
from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import BUNDLED
from inkling.training.manifest import MANIFEST_NAME
from inkling.training.recipe_text import load_recipe
from outcome import add_json_option, finish

SLOWEST = 2.0  # seconds of processor time for one file
LARGEST = 400.0  # MB by which the process may grow


@dataclass(frozen=True)
class Target:
    """A valid file, and a function that opens a mutated copy of it as a user would."""

    name: str
    path: Path
    open: Callable[[Path], object]


@dataclass
class Outcome:
    """The results of the mutations of one target."""

    results: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    slowest: float = 0.0


def read_with(model: Path) -> object:
    thumbnails = embedded_digits().images[:3]
    page = np.full((60, 120), 250, np.uint8)
    page[10:50, 30:34] = page[10:50, 80:84] = 20
    return Reader.load(model, workers=1).read([*thumbnails, page])


def load_data(path: Path) -> object:
    source = find_source(str(path))
    return source.load_training(), source.load_test()


def classify(run: Path) -> object:
    return load_classifier(run, "cpu").predict_logits(embedded_digits().images[:3])


def targets(folder: Path) -> list[Target]:
    run = folder / "run"
    train("mlp-basic", data="digits", out=run, changes=["training.epochs=1"])
    found = [Target("model", BUNDLED, read_with)]
    for name in ("recipe.toml", "card.json", "model.safetensors", MANIFEST_NAME):
        found.append(Target(f"run: {name}", run / name, lambda path: classify(path.parent)))
        found.append(Target(f"verify: {name}", run / name, lambda path: verify(path.parent)))
    state = next(run.glob("checkpoint*/*"))
    found.append(Target("checkpoint", state, go_on))
    found.append(Target("recipe", run / "recipe.toml", lambda path: load_recipe(str(path))))
    found += [Target(path.suffix[1:], path, load_data) for path in data_files(folder)]
    return found


def data_files(folder: Path) -> list[Path]:
    images, labels = embedded_digits().images[:40], np.arange(40) % 10
    table, arrays = folder / "data.csv", folder / "data.npz"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["label", *(f"pixel{index}" for index in range(784))])
    writer.writerows([label, *image.ravel()] for label, image in zip(labels, images, strict=True))
    table.write_text(text.getvalue())
    np.savez_compressed(arrays, images=images, labels=labels)
    return [table, arrays]


def go_on(state: Path) -> object:
    """A run that stopped after its only epoch: nothing is left to train but the end."""
    run = state.parent.parent
    for name in ("card.json", MANIFEST_NAME):
        (run / name).unlink(missing_ok=True)
    return resume(run, figures=False)


def attack(target: Target, count: int, seed: int, folder: Path) -> Outcome:
    rng = np.random.default_rng([seed, len(target.name), *target.name.encode()])
    outcome = Outcome()
    for index in range(count):
        path = mutated_copy(target, rng, folder / "mutated")
        started = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                target.open(path)
            outcome.results["opened"] += 1
        except InklingError as error:
            outcome.results[type(error).__name__] += 1
        except Exception as error:  # the faults that fuzzing looks for
            outcome.crashes.append(f"{target.name} {index}: {type(error).__name__}: {error}"[:300])
        outcome.slowest = max(outcome.slowest, time.process_time() - started)
    return outcome


def mutated_copy(target: Target, rng: np.random.Generator, folder: Path) -> Path:
    """The file alone, or its whole run, with this one file mutated."""
    content = mutate(target.path.read_bytes(), rng)
    run = next((parent for parent in target.path.parents if (parent / "card.json").exists()), None)
    if run is None or target.name == "recipe":
        folder.mkdir(exist_ok=True)
        path = folder / target.path.name
        path.write_bytes(content)
        return path
    for source in (path for path in run.rglob("*") if path.is_file()):
        if source.suffix in (".png", ".html"):
            continue
        copy = folder / run.name / source.relative_to(run)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content if source == target.path else source.read_bytes())
    if target.name.startswith("run") and MANIFEST_NAME not in target.name:
        (folder / run.name / MANIFEST_NAME).unlink(missing_ok=True)  # as in runs without hashes
    return folder / run.name / target.path.relative_to(run)


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="mutations, all targets together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets with this in their name")
    add_json_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen = [target for target in targets(folder) if options.only in target.name]
        for target in chosen:  # load what each needs, so that growth is the mutations' own
            mutated = mutated_copy(target, np.random.default_rng(0), folder / "mutated")
            mutated.write_bytes(target.path.read_bytes())
            target.open(mutated)
        before = memory()
        each = -(-options.count // len(chosen))
        outcomes = {}
        for target in chosen:
            outcomes[target.name] = attack(target, each, options.seed, folder)
            print(target.name, outcomes[target.name], file=sys.stderr, flush=True)
    crashes = [crash for outcome in outcomes.values() for crash in outcome.crashes]
    slowest = max(outcome.slowest for outcome in outcomes.values())
    growth = memory() - before
    good = not crashes and slowest < SLOWEST and growth < LARGEST
    measured = {
        "files": each * len(chosen),
        "seed": options.seed,
        "outcomes": {name: dict(outcome.results) for name, outcome in outcomes.items()},
        "crashes": crashes[:20],
        "crash_count": len(crashes),
        "slowest_processor_s": round(slowest, 3),
        "memory_growth_mb": round(growth, 1),
        "passed": good,
    }
    finish(measured, options.json)


if __name__ == "__main__":
    main()
