"""A trained network with everything it needs to answer: what `inkling.load` gives."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inkling.data.loader import normalise_images
from inkling.errors import DataError, RunError
from inkling.evaluation.metrics import softmax
from inkling.models.inference import predict_logits
from inkling.models.zoo import build_model
from inkling.training.device import DeviceName, choose_device
from inkling.training.run_folder import RunFolder
from inkling.types import SIDE


class Classifier(Protocol):
    """Whatever gives logits for images and says of which classes."""

    classes: tuple[str, ...]
    card: dict[str, Any]

    def predict_logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits (N, C) of images (N, 28, 28) uint8."""
        ...

    def predict_proba(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Calibrated probabilities (N, C) of images (N, 28, 28) uint8."""
        ...


class TorchClassifier:
    """Answers for images of (N, 28, 28) uint8, light ink on dark background."""

    def __init__(
        self, model: nn.Module, classes: tuple[str, ...], card: dict[str, Any] | None = None
    ) -> None:
        self.model = model.eval()
        self.classes = classes
        self.card = card or {}
        self.temperature = float(self.card.get("temperature", 1.0))
        self.device = next(model.parameters()).device

    def predict_logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits (N, C), before calibration.

        Raises `DataError` if `images` is not (N, 28, 28) uint8.
        """
        images = np.asarray(images)
        if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or images.dtype != np.uint8:
            raise DataError(
                f"images must be uint8 of shape (N, {SIDE}, {SIDE}), "
                f"got {images.dtype} of shape {images.shape}"
            )
        if len(images) == 0:
            return np.zeros((0, len(self.classes)), np.float32)
        tensor = normalise_images(torch.tensor(images, device=self.device))
        return predict_logits(self.model, tensor).cpu().numpy()

    def predict_proba(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Probabilities (N, C) of images (N, 28, 28) uint8, calibrated by the card's temperature.

        They are those of the same model exported to ONNX. A classifier without a card has the
        temperature 1.
        """
        return softmax(self.predict_logits(images) / self.temperature)

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Class numbers (N,) of images (N, 28, 28) uint8."""
        return self.predict_logits(images).argmax(axis=1)


def load_classifier(run: str | Path, device: DeviceName = "auto") -> TorchClassifier:
    """The network of a run folder. Raises `RunError` where it is no ended, whole run."""
    folder = RunFolder(Path(run))
    card = folder.read_card()
    recipe = folder.read_recipe()
    classes = tuple(card["classes"])
    where = choose_device(device)
    model = build_model(recipe.model, len(classes)).to(where)
    try:
        model.load_state_dict(folder.read_weights(where))
    except RuntimeError as error:
        raise RunError(f"{folder.weights_path} does not fit its recipe: {error}") from error
    return TorchClassifier(model, classes, card)
