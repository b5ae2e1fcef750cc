"""The classifier that `inkling.load` returns: a trained network with its card."""

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
    """An object that computes logits of images for its classes."""

    classes: tuple[str, ...]
    card: dict[str, Any]

    def predict_logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits (N, C) of images (N, 28, 28) uint8."""
        ...

    def predict_proba(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Calibrated probabilities (N, C) of images (N, 28, 28) uint8."""
        ...


class TorchClassifier:
    """A trained network that classifies images (N, 28, 28) uint8, light ink on dark.

    `inkling.load` makes it from a run folder.

    Parameters
    ----------
    model
        The network. Its input is (N, 1, 28, 28), normalised.
    classes
        The names of its outputs, in order.
    card
        The card of the run. Its `temperature` calibrates the probabilities.

    Attributes
    ----------
    classes
        The names of the classes, in the order of the columns of `predict_proba`.
    """

    def __init__(
        self, model: nn.Module, classes: tuple[str, ...], card: dict[str, Any] | None = None
    ) -> None:
        self.model = model.eval()
        self.classes = classes
        self.card = card or {}
        self.temperature = float(self.card.get("temperature", 1.0))
        self.device = next(model.parameters()).device

    def predict_logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits before calibration.

        Parameters
        ----------
        images
            (N, 28, 28) uint8, light ink on dark.

        Returns
        -------
        ndarray
            (N, C) float32.

        Raises
        ------
        DataError
            `images` has another shape or type.
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
        """Probabilities, calibrated by the temperature of the card.

        They equal those of the same model exported to ONNX.

        Parameters
        ----------
        images
            (N, 28, 28) uint8, light ink on dark.

        Returns
        -------
        ndarray
            (N, C) float64; each row sums to 1.

        Raises
        ------
        DataError
            `images` has another shape or type.
        """
        return softmax(self.predict_logits(images) / self.temperature)

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The most probable classes.

        Parameters
        ----------
        images
            (N, 28, 28) uint8, light ink on dark.

        Returns
        -------
        ndarray
            (N,) int64, indices into `classes`.

        Raises
        ------
        DataError
            `images` has another shape or type.
        """
        return self.predict_logits(images).argmax(axis=1)


def load_classifier(run: str | Path, device: DeviceName = "auto") -> TorchClassifier:
    """Loads the network of a run folder.

    Parameters
    ----------
    run
        A finished run folder.
    device
        `auto`, `cpu`, `cuda` or `mps`.

    Returns
    -------
    TorchClassifier
        The network, ready to predict on that device.

    Raises
    ------
    RunError
        The folder is not a finished run, or is damaged or altered.
    """
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
