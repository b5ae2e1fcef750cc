"""A run's weights for other tools: safetensors, or a plain `state_dict` for torch.load."""

import shutil
from pathlib import Path

import torch

from inkling.errors import RunError
from inkling.files import replacing
from inkling.training.run_folder import RunFolder


def export_pth(run: RunFolder, path: Path) -> None:
    """Write a `state_dict` that `torch.load(path, weights_only=True)` reads."""
    run.read_card()
    weights = run.read_weights(torch.device("cpu"))
    with replacing(path) as temporary:
        torch.save(weights, temporary)


def export_safetensors(run: RunFolder, path: Path) -> None:
    """Write a copy of the weights as they lie in the run."""
    run.read_card()
    if not run.weights_path.is_file():
        raise RunError(f"{run.weights_path} is missing")
    with replacing(path) as temporary:
        shutil.copyfile(run.weights_path, temporary)
