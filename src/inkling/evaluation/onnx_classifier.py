"""The classifier of an ONNX file, with the interface of `TorchClassifier`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkling.reading.recognise.network import NONE, load_network


class OnnxClassifier:
    """Classifies with the network in `path`. Its logits are calibrated log-probabilities."""

    def __init__(self, path: Path) -> None:
        """Loads the model. Raises `ModelError` if the file is not a digit model."""
        self.network = load_network(path)
        self.classes = self.network.card.labels + (NONE,) * self.network.knows_none
        metadata = self.network.session.get_modelmeta().custom_metadata_map
        self.card: dict[str, Any] = json.loads(metadata["card"])

    def predict_logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits (N, C) of images (N, 28, 28) uint8, light ink on dark."""
        probabilities = self.predict_proba(images).astype(np.float32)
        return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))

    def predict_proba(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Calibrated probabilities (N, C) of images (N, 28, 28) uint8, light ink on dark."""
        return self.network.probabilities(images)[:, : len(self.classes)].astype(np.float64)
