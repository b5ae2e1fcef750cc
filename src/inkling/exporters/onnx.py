"""Exports a network to ONNX with weights, preprocessing and card, and verifies the file.

The file is compared with the network on 10,000 images before it replaces `path`.
"""

import contextlib
import copy
import io
import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inkling.data.embedded import embedded_digits
from inkling.data.loader import normalise_images
from inkling.errors import MissingExtraError, ModelError
from inkling.evaluation.classifier import load_classifier
from inkling.exporters.half import store_half
from inkling.exporters.raw_input import InputType, accept_raw_images
from inkling.files import replacing
from inkling.models.inference import predict_logits
from inkling.reading.model_hash import with_hash
from inkling.training.run_folder import RunFolder
from inkling.types import MEAN, SIDE, STD

MODEL_CARD_FORMAT = 1
OPSET = 23  # the newest one that torch 2.13 exports without conversion
TOLERANCE = 1e-4  # greatest difference of a logit
COMPARED_IMAGES = 10_000  # images on which both must agree
CARRIED = (
    "recipe", "data", "seed", "network", "parameters", "validation", "test", "data_sha256",
    "weights_sha256", "versions", "temperature", "thresholds",
)  # fmt: skip
INPUT, OUTPUT = "images", "logits"


def make_card(classes: tuple[str, ...], **entries: Any) -> dict[str, Any]:
    """The card of a model file, with additional `entries`.

    A network's pixels are (grey / 255 - mean) / std, light ink on dark.
    """
    known = {
        "format": MODEL_CARD_FORMAT,
        "side": SIDE,
        "mean": MEAN,
        "std": STD,
        "classes": list(classes),
        "temperature": 1.0,
        "thresholds": {},
    }
    return known | entries


def export_onnx(
    model: nn.Module,
    card: dict[str, Any],
    path: Path,
    examples: NDArray[np.uint8],
    half: bool = False,
    raw: InputType | None = None,
) -> None:
    """Writes `model` with its weights to `path`, with free batch size and `card` in its metadata.

    With `raw`, the input is pixels from 0 to 255 of that type, otherwise normalised images. With
    `half`, the weights are stored with 16 bits, and must be 16-bit values (`round_to_half`).

    The file is compared with the network on `examples` (N, 28, 28) uint8, repeated up to 10,000.
    Raises `ModelError` without changing `path` if an answer differs or a logit differs by more than
    1e-4, and `MissingExtraError` without onnx.
    """
    model = copy.deepcopy(model).cpu().eval()
    free = {0: torch.export.Dim("batch")}
    with replacing(path) as temporary:
        write_graph(model, torch.zeros(2, 1, SIDE, SIDE), free, card, temporary)
        if half:
            store_half(temporary)
        if raw is not None:
            accept_raw_images(temporary, raw)
        verify_onnx(model, temporary, examples)


def export_run_onnx(run: RunFolder, path: Path, raw: InputType = "uint8") -> None:
    """Writes the network and card of a finished run as `export_onnx` does.

    The file takes pixels from 0 to 255 as uint8 or float32, (N, 28, 28) or (N, 1, 28, 28).

    It is compared on shifted versions of the embedded scans. Raises `RunError` if the run is not
    finished.
    """
    classifier = load_classifier(run.path, "cpu")
    entries = {name: classifier.card[name] for name in CARRIED if name in classifier.card}
    card = make_card(classifier.classes, **entries, input=f"{raw}, 0 to 255")
    export_onnx(classifier.model, card, path, moved_scans(), raw=raw)


def moved_scans() -> NDArray[np.uint8]:
    """10,000 real digits (N, 28, 28) without a download: 1,797 scans, each with six shifts."""
    scans = embedded_digits().images
    moves = ((0, 0), (-2, 0), (2, 1), (0, -2), (1, 2), (-1, -1))
    return np.concatenate([np.roll(scans, move, axis=(1, 2)) for move in moves])[:COMPARED_IMAGES]


def write_graph(
    model: nn.Module, example: torch.Tensor, free: dict[int, Any], card: dict[str, Any], path: Path
) -> None:
    """Writes a model with one input and one output to `path`, with `card` in its metadata.

    `example` is an input. `free` are the dimensions that may have other sizes.
    Raises `MissingExtraError` without onnx.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("train", "onnx") from error
    with _quiet():
        program = torch.onnx.export(
            model,
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=(free,),
            optimize=True,
            verbose=False,
        )
    if program is None:
        raise ModelError("torch could not export this network to ONNX")
    proto = program.model_proto
    onnx.helper.set_model_props(proto, {"card": json.dumps(card, sort_keys=True)})
    for node in proto.graph.node:  # source locations: a fifth of the file
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*proto.graph.value_info, *proto.graph.input, *proto.graph.output):
        del value.metadata_props[:]
    del proto.graph.metadata_props[:]
    onnx.checker.check_model(proto)
    path.write_bytes(with_hash(proto.SerializeToString()))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppresses the exporter's messages for its developers."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def verify_onnx(model: nn.Module, path: Path, examples: NDArray[np.uint8]) -> float:
    """The greatest difference of a logit between a file and its network.

    Raises `ModelError` if it is over 1e-4 or an answer differs, on `examples` (N, 28, 28)
    uint8 repeated up to 10,000.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError("train", "onnxruntime") from error
    if len(examples) == 0:
        raise ModelError("there are no examples to verify the exported model on")
    images = normalise_images(torch.tensor(np.resize(examples, (COMPARED_IMAGES, SIDE, SIDE))))
    expected = predict_logits(model, images).numpy()
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    stored = session.get_inputs()[0]
    if not stored.shape:  # no fixed shape: raw pixels
        kind = np.uint8 if stored.type == "tensor(uint8)" else np.float32
        images = torch.tensor(np.resize(examples, (COMPARED_IMAGES, SIDE, SIDE)).astype(kind))
    portions = [session.run([OUTPUT], {INPUT: part.numpy()})[0] for part in images.split(2_000)]
    found = np.concatenate([np.asarray(portion) for portion in portions])
    gap = float(np.abs(found - expected).max())
    # If the two best logits differ by less than the tolerance, both are accepted answers.
    rows, answers = np.arange(len(found)), found.argmax(axis=1)
    strays = int((expected[rows, answers] < expected.max(axis=1) - TOLERANCE).sum())
    if gap > TOLERANCE or strays or not np.isfinite(gap):
        raise ModelError(
            f"the exported model differs from the network: logits by up to {gap:.1e}, "
            f"{strays} of {COMPARED_IMAGES:,} answers; it was not written"
        )
    return gap


def verify_each(net: nn.Module, path: Path, images: Sequence[NDArray[np.float32]]) -> None:
    """Compares a file with its network on `images`, each (C, H, W) of any size.

    Raises `ModelError` if a logit differs by more than 1e-4 of the largest one.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for image in images:
        with torch.no_grad():
            expected = net(torch.from_numpy(image[None])).numpy()
        found = np.asarray(session.run([OUTPUT], {INPUT: image[None]})[0])
        gap = float(np.abs(found - expected).max())
        if not gap <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
            raise ModelError(f"the exported network differs by {gap:.1e}; it was not written")
