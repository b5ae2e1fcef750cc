"""Exports a run's weights as safetensors, or as a plain `state_dict` for torch.load.

The recipe and the card are stored in the file, so that `inkling evaluate` can read it.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from inkling.errors import ModelError, RecipeError
from inkling.evaluation.classifier import TorchClassifier
from inkling.files import write_bytes
from inkling.models.zoo import build_model
from inkling.training.device import DeviceName, choose_device
from inkling.training.recipe_text import dump_recipe, parse_recipe
from inkling.training.run_folder import RunFolder

ENTRY = "inkling"  # key of the metadata; in a .pth, name of a record in its zip archive
MAX_ENTRY = 1 << 22  # limit for recipe and card, in bytes
WEIGHTS_SUFFIXES = (".pth", ".safetensors")


def export_pth(run: RunFolder, path: Path) -> None:
    """Writes a `state_dict` for `torch.load(path, weights_only=True)`."""
    about = _about(run)
    # In memory at first: torch and safetensors raise errors of their own if the disk is full.
    content = io.BytesIO()
    torch.save(run.read_weights(torch.device("cpu")), content)
    # A .pth is a zip archive. torch ignores unknown records.
    with zipfile.ZipFile(content, "a") as archive:
        root = archive.namelist()[0].split("/")[0]
        archive.writestr(f"{root}/{ENTRY}", about)
    write_bytes(path, content.getvalue())


def export_safetensors(run: RunFolder, path: Path) -> None:
    """Writes the weights, with recipe and card in the metadata."""
    about = _about(run)
    write_bytes(path, save(run.read_weights(torch.device("cpu")), {ENTRY: about}))


def _about(run: RunFolder) -> str:
    card, recipe = run.read_card(), run.read_recipe()
    return json.dumps({"card": card, "recipe": dump_recipe(recipe)}, sort_keys=True)


def load_weights_file(path: Path, device: DeviceName = "auto") -> TorchClassifier:
    """Loads the network of a `.pth` or `.safetensors` file that `inkling export` wrote.

    Raises `ModelError` for a damaged file, and for one of another origin.
    """
    about, weights = _read(path)
    if about is None:
        raise ModelError(f"{path} was not written by inkling export, so its network is unknown")
    try:
        entries: dict[str, Any] = json.loads(about)
        card = dict(entries["card"])
        classes = tuple(str(name) for name in card["classes"])
        recipe = parse_recipe(entries["recipe"], str(path))
        where = choose_device(device)
        model = build_model(recipe.model, len(classes))
        model.load_state_dict(weights)
    except (ValueError, KeyError, TypeError, RecipeError, RuntimeError) as error:
        raise ModelError(f"{path} does not fit the recipe and card inside it: {error}") from error
    return TorchClassifier(model.to(where), classes, card)


def _read(path: Path) -> tuple[str | None, dict[str, Tensor]]:
    """Reads the recipe and card as JSON, and the weights."""
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                about = (file.metadata() or {}).get(ENTRY)
            return about, load_file(path)
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(f"/{ENTRY}")]
            about = None
            if names and archive.getinfo(names[0]).file_size <= MAX_ENTRY:
                about = archive.read(names[0]).decode()
        if about is None:
            return None, {}
        return about, torch.load(path, map_location="cpu", weights_only=True)
    except zipfile.BadZipFile:
        return None, {}
    except Exception as error:  # torch raises many types for damaged files
        raise ModelError(f"cannot read {path}: {error}") from error
