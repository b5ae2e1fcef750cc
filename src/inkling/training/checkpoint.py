"""Saves and loads checkpoints: one safetensors file with all other state as JSON in its header.

The file is replaced atomically, so that a kill at any time leaves the old or the new one. It
contains no pickle, so loading it executes no code.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from inkling.errors import RunError
from inkling.files import write_bytes
from inkling.training.history import EpochMetrics

if TYPE_CHECKING:  # it imports the optimisers, which takes half a second
    from inkling.training.state import TrainingState

CHECKPOINT_FORMAT = 2  # format 1 had other names: kept. for best.
STATE_FILE = "state.safetensors"
COUNTERS = ("best_epoch", "epoch", "batch", "step", "seconds", "epoch_seconds")


def save_checkpoint(folder: Path, state: "TrainingState", identity: str) -> None:
    """Writes all state for a bit-identical resume into `folder`."""
    tensors = {"totals": state.totals, "rng.cpu": torch.get_rng_state()}
    tensors |= _device_rng(state)
    tensors |= _prefixed("model.", state.model.state_dict())
    tensors |= _prefixed("best.", state.best)
    if state.average:
        tensors |= _prefixed("average.", state.average.model.state_dict())
    for index, slots in state.optimizer.state_dict()["state"].items():
        filled = {key: value for key, value in slots.items() if value is not None}
        tensors |= _prefixed(f"optimizer.{index}.", filled)
    header = {name: getattr(state, name) for name in COUNTERS} | {
        "format": CHECKPOINT_FORMAT,
        "identity": identity,
        "threads": torch.get_num_threads(),
        "history": [asdict(epoch) for epoch in state.history],
        "updates": state.average.updates if state.average else 0,
    }
    # Cloned, because safetensors rejects tensors that share memory.
    contiguous = {name: value.detach().contiguous().clone() for name, value in tensors.items()}
    write_bytes(folder / STATE_FILE, save(contiguous, metadata={"state": json.dumps(header)}))


def has_checkpoint(folder: Path) -> bool:
    """Whether there is a checkpoint."""
    return (folder / STATE_FILE).is_file()


def member_folder(folder: Path, index: int) -> Path:
    """The checkpoint folder of an ensemble's member, beside the `folder` of a single network."""
    return folder.with_name(f"{folder.name}-{index}")


def saved_threads(folder: Path | None) -> int:
    """The thread count of a checkpoint, or of the checkpoint of an ensemble's first member.

    0 if there is no readable checkpoint; `load_checkpoint` reports the error.
    """
    if folder is None:
        return 0
    for candidate in (folder, member_folder(folder, 0)):
        if has_checkpoint(candidate):
            try:
                with safe_open(candidate / STATE_FILE, framework="pt") as file:
                    return int(json.loads((file.metadata() or {})["state"])["threads"])
            except (OSError, SafetensorError, KeyError, ValueError, TypeError):
                return 0
    return 0


def load_checkpoint(folder: Path, state: "TrainingState", identity: str) -> None:
    """Restores `state` and torch's random generators from the checkpoint.

    Raises `RunError` if it is damaged or belongs to another recipe.
    """
    path = folder / STATE_FILE
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if header["format"] != CHECKPOINT_FORMAT:
            raise RunError(
                f"{path} is of format {header['format']}, this version reads {CHECKPOINT_FORMAT}"
            )
        if header["identity"] != identity:
            raise RunError(f"{path} belongs to another recipe or other data and cannot be resumed")
        _restore(state, header, tensors)
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise RunError(
            f"{path} cannot be resumed ({error}). Remove it to restart the run"
        ) from error


def _restore(state: "TrainingState", header: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    state.model.load_state_dict(_under("model.", tensors))
    if state.average:
        state.average.model.load_state_dict(_under("average.", tensors))
        state.average.updates = header["updates"]
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimizer.", tensors).items():
        index, _, key = name.partition(".")
        slots.setdefault(int(index), {})[key] = value
    # The recipe gives the optimiser's settings. The groups only name the parameters.
    groups = state.optimizer.state_dict()["param_groups"]
    state.optimizer.load_state_dict({"state": slots, "param_groups": groups})
    device = next(state.model.parameters()).device
    state.best = {name: value.to(device) for name, value in _under("best.", tensors).items()}
    state.totals = tensors["totals"].to(state.totals)
    state.history = [EpochMetrics(**epoch) for epoch in header["history"]]
    for name in COUNTERS:
        setattr(state, name, header[name])
    torch.set_rng_state(tensors["rng.cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(tensors["rng.device"], device)
    elif device.type == "mps":
        torch.mps.set_rng_state(tensors["rng.device"])


def _device_rng(state: "TrainingState") -> dict[str, Tensor]:
    device = next(state.model.parameters()).device
    if device.type == "cuda":
        return {"rng.device": torch.cuda.get_rng_state(device)}
    if device.type == "mps":
        return {"rng.device": torch.mps.get_rng_state()}
    return {}


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: value for name, value in tensors.items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = len(prefix)
    return {name[start:]: value for name, value in tensors.items() if name.startswith(prefix)}
