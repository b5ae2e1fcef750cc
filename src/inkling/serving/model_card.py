"""The response of `/v1/model`: the card of the model file, its name and its hash."""

import hashlib
import json
from pathlib import Path
from typing import Any

from inkling.reading.pipeline import Reader
from inkling.reading.recognise.network import BUNDLED


def describe_model(reader: Reader, path: Path | None) -> dict[str, Any]:
    """The full card as stored in the model, with the file name and its SHA-256."""
    file = path or BUNDLED
    written = reader.network.session.get_modelmeta().custom_metadata_map["card"]
    card = reader.network.card
    return {
        **json.loads(written),
        "classes": list(card.classes),
        "labels": list(card.labels),
        "mean": card.mean,
        "std": card.std,
        "temperature": card.temperature,
        "thresholds": dict(card.thresholds),
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
