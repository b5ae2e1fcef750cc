"""Finds the order of the layers: the outputs of each layer must fit the inputs of the next."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from inkling.adopt.layers import WeightLayer
from inkling.errors import ModelError

MAX_STEPS = 50_000  # limit of the search for an order
IMAGE_CHANNELS = (1, 3)
# Parts of the names of layers beside the chain, as residual networks have them.
BRANCHES = re.compile(r"(^|[._])(shortcut|downsample|skip|residual|res_conv|identity_conv)", re.I)
MLP_SIDES = range(8, 65)  # pixels; sides of the images that an MLP may take


@dataclass(frozen=True, eq=False)
class Block:
    """A layer with a matrix or filters, and the norm and learned activation after it.

    `room` counts the modules without weights before the next layer with weights, and
    `norm_room` those between layer and norm, where the numbering of names tells; else None.
    """

    layer: WeightLayer
    norm: WeightLayer | None = None
    prelu: WeightLayer | None = None
    room: int | None = None
    norm_room: int | None = None
    groups: int = 1
    turned: bool = False  # the matrix is kept as (inputs, outputs)

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return self.layer.inputs if self.turned else self.layer.outputs

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        own = self.layer.outputs if self.turned else self.layer.inputs
        return own * self.groups


@dataclass(frozen=True, eq=False)
class Chain:
    """The blocks of a network in the order in which they are applied."""

    blocks: tuple[Block, ...]
    input_norm: WeightLayer | None = None
    unused: tuple[str, ...] = ()

    @property
    def convolutions(self) -> tuple[Block, ...]:
        """The convolutional blocks, which come first."""
        return tuple(block for block in self.blocks if block.layer.kind == "conv")

    @property
    def dense(self) -> tuple[Block, ...]:
        """The blocks with matrices."""
        return tuple(block for block in self.blocks if block.layer.kind == "linear")

    @property
    def keras(self) -> bool:
        """Whether the weights are in Keras' layout."""
        return any(block.layer.keras for block in self.blocks)


def build_chain(layers: Sequence[WeightLayer]) -> Chain:
    """The order in which all layers fit together. The order of the file is tried first.

    Raises `ModelError` if there is no such order, or if a layer has the name of a branch: by
    chance, the layers of a residual network may fit together in some order.
    """
    computing = [layer for layer in layers if layer.computes]
    if not computing:
        raise ModelError("it has no layer with a matrix")
    branch = next((layer.name for layer in computing if BRANCHES.search(layer.name)), None)
    if branch is not None:
        raise ModelError(
            f"its layer {branch} is a branch beside other layers, as in a residual network; "
            "inkling adopts networks without branches"
        )
    ordered = _order(computing)
    if ordered is None:
        raise ModelError(_misfit(computing))
    return _attach(ordered, layers)


def _order(layers: Sequence[WeightLayer]) -> list[Block] | None:
    """Depth-first search, in the order of the file. Uses each layer once."""
    steps = 0

    def extend(done: list[Block], left: list[WeightLayer]) -> list[Block] | None:
        nonlocal steps
        steps += 1
        if not left:
            return done
        if steps > MAX_STEPS:
            return None
        for index, layer in enumerate(left):
            for block in _follow(done[-1] if done else None, layer):
                found = extend([*done, block], left[:index] + left[index + 1 :])
                if found is not None:
                    return found
        return None

    return extend([], list(layers)) if len(layers) <= 200 else None


def _follow(before: Block | None, layer: WeightLayer) -> list[Block]:
    """The ways in which `layer` may follow. Empty if it does not fit."""
    if before is None:
        return _first(layer)
    if layer.kind == "conv":
        if before.layer.kind != "conv" or before.outputs % layer.inputs:
            return []
        groups = before.outputs // layer.inputs
        return [Block(layer, groups=groups)] if layer.outputs % groups == 0 else []
    if layer.kind == "recurrent":
        return []
    ways = [Block(layer), Block(layer, turned=True)] if layer.flexible else [Block(layer)]
    if before.layer.kind == "linear":
        return [way for way in ways if way.inputs == before.outputs]
    return [way for way in ways if way.inputs % before.outputs == 0]


def _first(layer: WeightLayer) -> list[Block]:
    if layer.kind == "conv":
        return [Block(layer)] if layer.inputs in IMAGE_CHANNELS else []
    if layer.kind == "recurrent":
        return [Block(layer)]
    ways = [Block(layer), Block(layer, turned=True)] if layer.flexible else [Block(layer)]
    return [way for way in ways if image_side(way.inputs)]


def image_side(width: int) -> int:
    """The side of a square image of so many pixels; 0 if there is none."""
    side = int(np.sqrt(width))
    return side if side * side == width and side in MLP_SIDES else 0


def _misfit(layers: Sequence[WeightLayer]) -> str:
    """What about the shapes does not fit a digit classifier."""
    first = layers[0]
    shapes = ", ".join(f"{layer.name} {tuple(_main(layer))}" for layer in layers[:6])
    if not any(_first(layer) for layer in layers):
        return (
            f"it is for another task: no layer takes images of one or three channels, or the "
            f"pixels of a square image (its first layer {first.name} takes {first.inputs} numbers)"
        )
    more = ", ..." if len(layers) > 6 else ""
    return (
        "its layers do not form a single chain in which each takes what the one before it gives "
        f"({shapes}{more}); inkling adopts networks without branches"
    )


def _main(layer: WeightLayer) -> tuple[int, ...]:
    return tuple(next(iter(layer.weights.values())).shape)


def _attach(ordered: list[Block], layers: Sequence[WeightLayer]) -> Chain:
    """Norms and learned activations, each behind the layer that it belongs to."""
    blocks = list(ordered)
    input_norm = None
    places = {block.layer.name: index for index, block in enumerate(blocks)}
    names = [layer.name for layer in layers]
    unused = []
    for layer in layers:
        if layer.computes:
            continue
        role: Literal["norm", "prelu"] = "prelu" if layer.kind == "prelu" else "norm"
        index = _home(layer, role, blocks, places, names)
        if index is not None:
            blocks[index] = replace(blocks[index], **{role: layer})
        elif role == "norm" and input_norm is None and _fits_input(layer, blocks[0]):
            input_norm = layer
        else:
            unused.append(layer.name)
    return Chain(tuple(_with_room(blocks, layers)), input_norm, tuple(unused))


def _home(
    norm: WeightLayer,
    role: Literal["norm", "prelu"],
    blocks: list[Block],
    places: dict[str, int],
    names: list[str],
) -> int | None:
    """The block that a norm belongs to: the one before it in the file, or that of its number."""

    def free(index: int) -> bool:
        fits = role == "prelu" and norm.outputs == 1
        return getattr(blocks[index], role) is None and (
            fits or blocks[index].outputs == norm.outputs or _spatial(norm, blocks[index])
        )

    position = names.index(norm.name)
    before = names[position - 1] if position else ""
    if before in places and free(places[before]):
        return places[before]
    number = _number(norm.name)
    same = [index for name, index in places.items() if _number(name) == number and free(index)]
    if number is not None and len(same) == 1:
        return same[0]
    open_places = [index for index in sorted(places.values()) if free(index)]
    return (same or open_places or [None])[0]


def _spatial(norm: WeightLayer, block: Block) -> bool:
    """Whether a layer norm over (channels, height, width) fits a convolution."""
    shape = norm.weights["weight"].shape if "weight" in norm.weights else ()
    return len(shape) == 3 and shape[0] == block.outputs


def _fits_input(norm: WeightLayer, first: Block) -> bool:
    return norm.outputs in (1, first.inputs)


def _number(name: str) -> str | None:
    """The last number in a name: what `bn2` and `conv2` share."""
    numbers = re.findall(r"\d+(?:_\d+)?", name)
    return numbers[-1] if numbers else None


def _with_room(blocks: list[Block], layers: Sequence[WeightLayer]) -> list[Block]:
    """What the numbers in the names of a `Sequential` tell about modules without weights."""
    following = dict(pairwise(layer.name for layer in layers))
    done = []
    for block in blocks:
        last = block.norm.name if block.norm else block.layer.name
        norm_room = _gap(block.layer.name, block.norm.name) if block.norm else None
        done.append(replace(block, room=_gap(last, following.get(last, "")), norm_room=norm_room))
    return done


def _gap(one: str, other: str) -> int | None:
    """Modules between `features.0` and `features.3` (two); None for names of other kinds."""
    parent, _, index = one.rpartition(".")
    parent_of_other, _, index_of_other = other.rpartition(".")
    if parent != parent_of_other or not (index.isdigit() and index_of_other.isdigit()):
        return None
    gap = int(index_of_other) - int(index) - 1
    return gap if gap >= 0 else None
