"""The job `verify`: checks the hashes of a run or a model, and of the bundled models."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inkling.errors import ModelError, RunError
from inkling.reading.model_hash import WEIGHTS, check_hash, stored_hash
from inkling.reading.recognise.network import load_network
from inkling.training.manifest import MANIFEST_NAME, altered_files, read_manifest

# As in `RunFolder`, whose module imports torch.
RECIPE, CARD, WEIGHTS_FILE = "recipe.toml", "card.json", "model.safetensors"


@dataclass(frozen=True)
class FileCheck:
    """One file and its state: `ok`, `altered`, `missing`, `not listed`, `no hash` or `damaged`."""

    file: str
    state: str

    @property
    def failed(self) -> bool:
        """Whether the file fails. A file without a hash does not."""
        return self.state not in ("ok", "no hash")


@dataclass(frozen=True)
class Verification:
    """The result for a target and for the bundled models."""

    target: str
    files: tuple[FileCheck, ...]
    bundled: tuple[FileCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether all files passed."""
        return not any(check.failed for check in (*self.files, *self.bundled))

    def as_json(self) -> dict[str, Any]:
        """The output of `verify --json`."""
        return {
            "target": self.target,
            "ok": self.ok,
            "files": [asdict(check) for check in self.files],
            "bundled": [asdict(check) for check in self.bundled],
        }


def verify(target: str | Path) -> Verification:
    """Checks every hash of a run folder or of an ONNX file, and of the bundled models.

    Raises `RunError` or `ModelError` if the target does not exist or is neither.
    """
    path = Path(target)
    if path.is_dir():
        files = _check_run(path)
    elif path.is_file():
        files = (_check_model(path),)
    else:
        raise RunError(f"{path} does not exist. Give a run folder or an ONNX model")
    bundled = tuple(_check_model(model) for model in sorted(WEIGHTS.glob("*.onnx")))
    return Verification(str(path), files, bundled)


def _check_run(path: Path) -> tuple[FileCheck, ...]:
    if not (path / RECIPE).is_file() and not (path / CARD).is_file():
        raise RunError(f"{path} is not a run folder: there is no {RECIPE}")
    if not (path / CARD).is_file():
        raise RunError(f"the run {path} is not finished. Only finished runs have hashes")
    try:
        listed, faults = read_manifest(path), altered_files(path)
    except RunError:
        return (FileCheck(MANIFEST_NAME, "damaged"),)
    if not listed:  # an older run without a list; the card has the hash of the weights
        return (FileCheck(WEIGHTS_FILE, _state_of_weights(path)),)
    states = dict.fromkeys(listed, "ok") | faults
    if states.get(WEIGHTS_FILE) == "ok":
        states[WEIGHTS_FILE] = _state_of_weights(path)
    return tuple(FileCheck(name, state) for name, state in sorted(states.items()))


def _state_of_weights(run: Path) -> str:
    try:
        expected = json.loads((run / CARD).read_text("utf-8")).get("weights_sha256")
        found = hashlib.sha256((run / WEIGHTS_FILE).read_bytes()).hexdigest()
    except (OSError, ValueError, AttributeError):
        return "damaged"
    if expected is None:
        return "no hash"
    return "ok" if expected == found else "altered"


def _check_model(path: Path) -> FileCheck:
    try:
        content = path.read_bytes()
        check_hash(content, path)
    except OSError:
        return FileCheck(str(path), "missing")
    except ModelError:
        return FileCheck(str(path), "altered")
    if path.parent != WEIGHTS:
        load_network(path)  # raises ModelError with the reason
    return FileCheck(str(path), "ok" if stored_hash(content) else "no hash")
