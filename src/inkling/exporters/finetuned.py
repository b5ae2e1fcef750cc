"""Writes finetuned weights back into the ONNX graph that they came from."""

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from inkling.errors import MissingExtraError, ModelError
from inkling.exporters.onnx import TOLERANCE
from inkling.models.onnx_graph import ScaledGraph
from inkling.reading.model_hash import with_hash
from inkling.reading.recognise.network import Network, load_network
from inkling.types import MEAN, SIDE, STD

if TYPE_CHECKING:
    from onnx import ModelProto

RAW_SCALING = {"mean": 0.0, "std": 1 / 255}  # normalisation of a graph with inputs from 0 to 255
COMPARED_IMAGES = 256  # random images for comparing the file with the network


def read_graph(path: Path, network: Network) -> "tuple[ModelProto, ScaledGraph]":
    """Reads the graph of a model file, and converts it to a network that can be trained.

    `network` is the file as the reader loads it. Raises `ModelError` if finetune cannot train
    the graph, and `MissingExtraError` without onnx.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("train", "onnx") from error
    proto = onnx.load(path)
    raw = not network.session.get_inputs()[0].shape
    scaling = RAW_SCALING if raw else {"mean": network.card.mean, "std": network.card.std}
    return proto, ScaledGraph(proto, str(path), **scaling)


def write_graph(
    proto: "ModelProto", graph: ScaledGraph, card: dict[str, Any], path: Path
) -> Network:
    """Writes `proto` with the weights of `graph` and a new card to `path`, and loads it.

    Raises `ModelError` if the file's output differs from the network's.
    """
    proto = copy.deepcopy(proto)
    graph.write_into(proto)
    kept = [one for one in proto.metadata_props if one.key not in ("card", "sha256")]
    del proto.metadata_props[:]
    proto.metadata_props.extend(kept)
    entry = proto.metadata_props.add()
    entry.key, entry.value = "card", json.dumps(card, sort_keys=True)
    path.write_bytes(with_hash(proto.SerializeToString()))
    network = load_network(path)
    _compare(network, graph)
    return network


def _compare(network: Network, graph: ScaledGraph) -> None:
    pixels = (
        np.random.default_rng(0).integers(0, 256, (COMPARED_IMAGES, SIDE, SIDE)).astype(np.uint8)
    )
    images = (torch.from_numpy(pixels).float().unsqueeze(1) / 255 - MEAN) / STD
    with torch.no_grad():
        logits = graph(images)[:, network.order] / network.card.temperature
    expected = logits.softmax(1).numpy()
    gap = float(np.abs(network.probabilities(pixels)[:, : expected.shape[1]] - expected).max())
    if not gap <= TOLERANCE:
        raise ModelError(f"the written model differs from the network by {gap:.1e}")
