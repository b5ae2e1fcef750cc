"""Loads, validates and runs classifier models: ONNX graphs with a card in their metadata."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inkling.errors import ModelError
from inkling.reading.decisions import DEFAULT, Decisions
from inkling.reading.model_hash import check_hash
from inkling.reading.recognise.softmax import softmax
from inkling.reading.recognise.tta import average_over_shifts
from inkling.reading.session import open_session
from inkling.types import DIGIT_NAMES, MEAN, SIDE, STD

BUNDLED = Path(__file__).parent.parent / "weights" / "reader.onnx"
BATCH = 256  # images per run of the network; larger batches exceed the processor's cache
NONE = "none"  # the class for shapes that are no digit
UNFITTED = 0.5  # a threshold for models whose card has none


@dataclass(frozen=True)
class Card:
    """The metadata of a model. `thresholds` are probabilities after the temperature."""

    mean: float = MEAN
    std: float = STD
    classes: tuple[str, ...] = DIGIT_NAMES
    temperature: float = 1.0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    finetuned: bool = False  # to the handwriting of one user
    decisions: Decisions = DEFAULT

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The classes without `none`, in the order of the probabilities. Digits are sorted."""
        names = tuple(name for name in self.classes if name != NONE)
        return DIGIT_NAMES if set(names) == set(DIGIT_NAMES) else names

    @cached_property
    def unsure(self) -> float:
        """The probability of the best class below which a digit is unsure."""
        return _first(self.decisions.unsure, self.thresholds.get("unsure"))

    @cached_property
    def not_a_digit(self) -> float:
        """The probability of no class from which the verdict is not-a-digit."""
        return _first(self.decisions.not_a_digit, self.thresholds.get("not_a_digit"))

    @cached_property
    def reads_digits(self) -> bool:
        """Whether the classes other than `none` are the ten digits."""
        return self.labels == DIGIT_NAMES


def _first(chosen: float | None, fitted: float | None) -> float:
    """The threshold that the caller chose, or that of the model's card."""
    if chosen is not None:
        return chosen
    return UNFITTED if fitted is None else fitted


@dataclass(frozen=True, eq=False)
class Network:
    """A loaded model. `probabilities` may be called from several threads at once."""

    session: onnxruntime.InferenceSession
    card: Card
    bundled: bool = False  # its content is that of the bundled model

    @property
    def knows_none(self) -> bool:
        """Whether the model has the class `none`."""
        return NONE in self.card.classes

    @cached_property
    def _table(self) -> NDArray[np.float32]:
        grey = np.arange(256, dtype=np.float32) / 255
        return ((grey - self.card.mean) / self.card.std).astype(np.float32)

    @cached_property
    def order(self) -> list[int]:
        """The columns of the graph's output in the order of the probabilities."""
        names = (*self.card.labels, NONE) if self.knows_none else self.card.labels
        return [self.card.classes.index(name) for name in names]

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Calibrated probabilities (N, labels + 1) of crops (N, 28, 28) uint8, light on dark.

        The last column is `none`. It is 0 for models without that class.
        """
        out = np.zeros((len(pixels), 1 + len(self.card.labels)), np.float32)
        for start in range(0, len(pixels), BATCH):
            images = self._images(pixels[start : start + BATCH])
            logits = self._run(images)[:, self.order]
            out[start : start + BATCH, : logits.shape[1]] = softmax(logits / self.card.temperature)
        return out

    def _images(self, pixels: NDArray[np.uint8]) -> NDArray:
        """The input of the graph: normalised pixels, or raw pixels if the graph scales them."""
        stored = self.session.get_inputs()[0]
        if stored.shape:
            return self._table[pixels][:, None]
        return pixels if stored.type == "tensor(uint8)" else pixels.astype(np.float32)

    def judge(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The probabilities, with test-time augmentation of doubtful crops."""
        doubtful = self.card.decisions.doubtful_crop
        return average_over_shifts(pixels, self.probabilities(pixels), self.probabilities, doubtful)

    def _run(self, images: NDArray) -> NDArray[np.float32]:
        try:
            return np.asarray(self.session.run(None, {self._input: images})[0])
        except Exception as error:  # ONNX Runtime raises undocumented types
            raise ModelError(f"the model cannot be run. Export it again ({error})") from error

    @cached_property
    def _input(self) -> str:
        return self.session.get_inputs()[0].name


def load_network(path: str | Path | None = None) -> Network:
    """Loads the model at `path`, or the bundled one. Raises `ModelError` if it is not usable."""
    path = BUNDLED if path is None else Path(path)
    if path.is_dir():
        raise ModelError(
            f"{path} is a folder, not an ONNX file. Export it with: inkling export {path} --to onnx"
        )
    if not path.is_file():
        raise ModelError(f"there is no model file {path}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot open {path}: {error.strerror or error}") from error
    check_hash(content, path)
    try:
        session = open_session(path)
    except Exception as error:  # ONNX Runtime raises undocumented types
        raise ModelError(
            f"{path} is not a valid ONNX model. Make one with 'inkling export'"
        ) from error
    _check_shapes(session, path)
    network = Network(session, _read_card(session, path), _is_bundled(content))
    _try_out(network, path)
    return network


def _is_bundled(content: bytes) -> bool:
    """Whether a model is the bundled one, by its content: the path must not change the answers."""
    return BUNDLED.is_file() and content == BUNDLED.read_bytes()


def _try_out(network: Network, path: Path) -> None:
    """Runs a batch of two images, because some damaged graphs fail only when they run."""
    try:
        probs = network.probabilities(np.zeros((2, SIDE, SIDE), np.uint8))
    except Exception as error:  # ONNX Runtime raises undocumented types
        raise ModelError(f"{path} is damaged: it cannot be run ({error})") from error
    if not np.isfinite(probs).all():
        raise ModelError(f"{path} is damaged: its output is not finite")


def _check_shapes(session: onnxruntime.InferenceSession, path: Path) -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    shape = inputs[0].shape if len(inputs) == 1 else None
    if shape == [] and inputs[0].type in ("tensor(uint8)", "tensor(float)") and outputs:
        return  # an export that accepts several shapes and scales the pixels itself
    if shape is None or len(shape) != 4 or shape[1:] != [1, SIDE, SIDE] or not outputs:
        raise ModelError(f"{path} is not a digit model: its input is not {SIDE} x {SIDE} pixels")
    if inputs[0].type != "tensor(float)" or len(outputs[0].shape) != 2:
        raise ModelError(
            f"{path} must take float32 images and return one row per image. "
            "Make a model with 'inkling export'"
        )
    if isinstance(shape[0], int):
        raise ModelError(
            f"{path} has a fixed batch size of {shape[0]}. Make a model with 'inkling export'"
        )


def _read_card(session: onnxruntime.InferenceSession, path: Path) -> Card:
    try:
        text = session.get_modelmeta().custom_metadata_map.get("card")
    except UnicodeDecodeError as error:
        raise ModelError(f"the card in {path} is damaged: {error}") from error
    if text is None:
        raise ModelError(f"{path} has no card. Make a model with 'inkling export'")
    try:
        entries: dict[str, Any] = json.loads(text)
        card = Card(
            float(entries["mean"]),
            float(entries["std"]),
            tuple(str(name) for name in entries["classes"]),
            float(entries.get("temperature", 1.0)),
            {str(name): float(value) for name, value in entries.get("thresholds", {}).items()},
            "finetuned" in entries,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"the card in {path} is invalid: {error}") from error
    if card.std <= 0 or card.temperature <= 0:
        raise ModelError(f"the card in {path} has a temperature or std that is not positive")
    if len(card.labels) < 2 or "" in card.classes or len(set(card.classes)) < len(card.classes):
        raise ModelError(
            f"the card in {path} needs at least two classes, all with different names; "
            f"it has {card.classes}"
        )
    width = session.get_outputs()[0].shape[-1]
    if width != len(card.classes):
        raise ModelError(f"{path} has {width} outputs, but {len(card.classes)} classes in its card")
    return card
