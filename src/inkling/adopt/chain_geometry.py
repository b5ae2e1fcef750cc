"""The strides, paddings and pools that fit the shapes of a chain with convolutions."""

from dataclasses import replace

from inkling.adopt.chain import Block, Chain
from inkling.adopt.geometry import ConvShape, Geometry, GeometrySearch
from inkling.adopt.hints import conv_settings
from inkling.adopt.named_tensors import NamedTensors
from inkling.errors import ModelError
from inkling.types import SIDE

# The side of the image, and its cost relative to the costs of strides and pools.
CONV_SIDES = ((SIDE, 0.0), (32, 2.0), (14, 6.0), (16, 6.0), (20, 6.0), (24, 6.0), (64, 6.0))
GEOMETRIES = 40  # greatest number of geometries to try


def search_geometries(chain: Chain, named: NamedTensors) -> GeometrySearch:
    """The search for the geometries of a chain. Raises `ModelError` for kernels not square."""
    convolutions = chain.convolutions
    shapes = tuple(_shape(block, named) for block in convolutions)
    per_channel = None
    if len(convolutions) < len(chain.blocks):
        per_channel = chain.blocks[len(convolutions)].inputs // convolutions[-1].outputs
    return GeometrySearch(shapes, per_channel)


def usual_geometries(chain: Chain, search: GeometrySearch) -> tuple[Geometry, ...]:
    """The most common geometries, the most common first. Raises `ModelError` if none fits."""
    found = [
        replace(geometry, cost=geometry.cost + extra)
        for side, extra in CONV_SIDES
        for geometry in search.best(side, GEOMETRIES)
    ]
    if not found:
        inputs = chain.blocks[len(chain.convolutions)].inputs
        raise ModelError(
            f"no common strides, paddings and pools give the {inputs} inputs of its first linear "
            "layer"
        )
    return tuple(sorted(found, key=lambda geometry: geometry.cost)[:GEOMETRIES])


def _shape(block: Block, named: NamedTensors) -> ConvShape:
    height, width = block.layer.weights["weight"].shape[2:]
    if height != width:
        raise ModelError(
            f"its layer {block.layer.name} has a kernel of {height} x {width}; only square "
            "kernels are supported"
        )
    return ConvShape(height, block.room, conv_settings(named, block.layer.name))
