"""The run folder: the paths of a run's files, and how it is created and opened.

`card.json` is written last. A folder without it is an unfinished run.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from inkling.errors import RecipeError, RunError
from inkling.files import write_bytes, write_text
from inkling.training.checkpoint import has_checkpoint, member_folder
from inkling.training.manifest import check_content, write_manifest
from inkling.training.old_names import upgrade_card
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import dump_recipe, parse_recipe

CARD_FORMAT = 1
BEGUN = ".recipe.toml.*.tmp"  # what a run leaves that was killed while its recipe was written


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def recipe_path(self) -> Path:
        """The recipe with all defaults."""
        return self.path / "recipe.toml"

    @property
    def metrics_path(self) -> Path:
        """One line of JSON per epoch."""
        return self.path / "metrics.jsonl"

    @property
    def weights_path(self) -> Path:
        """The weights of the run."""
        return self.path / "model.safetensors"

    @property
    def card_path(self) -> Path:
        """The card: classes, results, hashes. It is written last."""
        return self.path / "card.json"

    @property
    def checkpoint_path(self) -> Path:
        """The folder of the checkpoint. An ensemble has `checkpoint-0` and so on."""
        return self.path / "checkpoint"

    @property
    def figures_path(self) -> Path:
        """The folder of the figures."""
        return self.path / "figures"

    @property
    def report_path(self) -> Path:
        """The self-contained HTML report."""
        return self.path / "report.html"

    @property
    def complete(self) -> bool:
        """Whether the run is finished."""
        return self.card_path.is_file()

    @property
    def resumable(self) -> bool:
        """Whether there is a checkpoint of the network or of an ensemble's first member."""
        first = member_folder(self.checkpoint_path, 0)
        return has_checkpoint(self.checkpoint_path) or has_checkpoint(first)

    def read_recipe(self) -> Recipe:
        """The recipe. Raises `RunError` if the folder is not a run, or `RecipeError`."""
        try:
            content = self.recipe_path.read_bytes()
            text = content.decode("utf-8")
        except OSError as error:
            what = "is not a run folder" if self.path.exists() else "does not exist"
            raise RunError(f"{self.path} {what}: there is no {self.recipe_path.name}") from error
        except UnicodeDecodeError as error:
            raise RecipeError(f"{self.recipe_path} is damaged: {error}") from error
        check_content(self.path, self.recipe_path, content)
        return parse_recipe(text, str(self.recipe_path))

    def read_card(self) -> dict[str, Any]:
        """The card. Raises `RunError` if the run is unfinished or damaged."""
        try:
            content = self.card_path.read_bytes()
            card = json.loads(content.decode("utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            recipe = self.read_recipe()
            raise RunError(
                f"the run {self.path} ({recipe.name}) is not finished. "
                f"Resume it with inkling train --resume {self.path}"
            ) from error
        except (OSError, ValueError) as error:
            raise RunError(f"{self.card_path} is damaged: {error}") from error
        check_content(self.path, self.card_path, content)
        if not isinstance(card, dict):
            raise RunError(f"{self.card_path} is damaged: it is not a table")
        if card.get("format") != CARD_FORMAT:
            raise RunError(
                f"{self.card_path} has the format {card.get('format')}; "
                f"this version reads {CARD_FORMAT}"
            )
        if not isinstance(card.get("classes"), list) or not card["classes"]:
            raise RunError(f"{self.card_path} is damaged: it has no classes")
        return upgrade_card(card)

    def write_card(self, card: dict[str, Any]) -> None:
        """Writes the card, which marks the run as finished."""
        write_text(self.card_path, json.dumps(card, indent=2) + "\n")
        write_manifest(self.path)

    def write_weights(self, weights: dict[str, Tensor]) -> str:
        """Writes the weights. Returns the SHA-256 of the file, the same for the same weights."""
        content = save({name: value.cpu().contiguous() for name, value in weights.items()})
        write_bytes(self.weights_path, content)
        return sha256_of(self.weights_path)

    def read_weights(self, device: torch.device) -> dict[str, Tensor]:
        """Reads the weights. Raises `RunError` if they are missing, damaged or altered."""
        try:
            content = self.weights_path.read_bytes()
            self._check_weights(content)
            return {name: value.to(device) for name, value in load(content).items()}
        except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
            raise RunError(f"cannot read {self.weights_path}: {error}") from error

    def _check_weights(self, content: bytes) -> None:
        expected = self.read_card().get("weights_sha256") if self.complete else None
        if expected is not None and expected != hashlib.sha256(content).hexdigest():
            raise RunError(
                f"{self.weights_path} was altered: its SHA-256 is not the one in"
                f" {self.card_path.name}. Restore the file, or train again"
            )


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def recipe_sha256(recipe: Recipe) -> str:
    """The hash of the settings that affect training, to match checkpoints and recipes."""
    training = recipe.training.model_copy(update={"gpus": None})
    decisive = recipe.model_copy(
        update={"title": "", "expect": None, "search": {}, "training": training}
    )
    return hashlib.sha256(dump_recipe(decisive).encode()).hexdigest()


def make_folder(path: Path) -> None:
    """Creates a folder for several runs, or uses an existing one. Raises `RunError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise RunError(f"{path} is a file, not a folder. Choose another --out") from error
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"cannot make the folder {path}: {reason}. Choose another --out") from error


def create_run(path: Path, recipe: Recipe) -> RunFolder:
    """Creates a run folder with its recipe. Raises `RunError` if `path` is not free."""
    check_free(path)
    run = RunFolder(path)
    for left in path.glob(BEGUN):
        left.unlink(missing_ok=True)
    write_text(run.recipe_path, dump_recipe(recipe))
    return run


def check_free(path: Path) -> None:
    """Raises `RunError` if `path` exists and is not an empty folder.

    A folder is free, too, if a run was killed in it while its recipe was written.
    """
    if path.exists() and not (path.is_dir() and set(path.iterdir()) == set(path.glob(BEGUN))):
        advice = (
            f"Resume it with --resume {path}, or choose another --out"
            if (path / "recipe.toml").exists()
            else "Choose another --out"
        )
        raise RunError(f"{path} exists. It is unchanged. {advice}")


def next_run_path(folder: Path, name: str, suffix: str = "") -> Path:
    """The first free one of `name`, `name-2`, `name-3`, ... with `suffix` in `folder`."""
    number, path = 1, folder / f"{name}{suffix}"
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}{suffix}"
    return path
