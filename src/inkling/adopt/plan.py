"""A candidate network: a value for every choice that the shapes leave open."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from inkling.adopt.chain import Block, Chain
from inkling.adopt.geometry import Geometry
from inkling.adopt.layers import WeightLayer
from inkling.models.adopted import Adopted
from inkling.models.adopted_spec import (
    ActivationLayer,
    ActivationName,
    AdoptedSpec,
    BatchNormLayer,
    ConvLayer,
    FlattenLayer,
    GlobalPoolLayer,
    GroupNormLayer,
    InputSpec,
    LayerNormLayer,
    LinearLayer,
    PoolLayer,
    PReluLayer,
    RecurrentLayer,
)

Order = Literal["norm-act-pool", "act-norm-pool", "act-pool-norm", "norm-pool-act", "pool-norm-act"]
GATES = {4: "lstm", 3: "gru", 1: "rnn"}


@dataclass(frozen=True)
class Plan:
    """The values of the open choices. `activations` has one entry per block."""

    input: InputSpec
    activations: tuple[ActivationName, ...]
    geometry: Geometry | None = None
    pooling: Literal["max", "average"] = "max"
    order: Order = "norm-act-pool"
    flatten: Literal["channels-first", "channels-last"] = "channels-first"
    answer: Literal["last", "state", "mean", "all"] = "last"
    cell_activation: Literal["tanh", "relu"] = "tanh"
    epsilon: float = 1e-5


class _Builder:
    """Collects layers and their weights."""

    def __init__(self) -> None:
        self.layers: list[Any] = []
        self.weights: dict[str, Tensor] = {}

    def add(self, layer: Any, weights: dict[str, Tensor] | None = None) -> None:
        prefix = f"layers.{len(self.layers)}."
        self.layers.append(layer)
        for name, value in (weights or {}).items():
            self.weights[prefix + name] = value


def assemble(chain: Chain, plan: Plan) -> tuple[AdoptedSpec, dict[str, Tensor]]:
    """The specification of the network, and its weights as (name, tensor) of `Adopted`."""
    builder = _Builder()
    images = chain.blocks[0].layer.kind == "conv"
    if not images and chain.blocks[0].layer.kind == "linear":
        builder.add(FlattenLayer())
    if chain.input_norm is not None:
        _add_norm(builder, chain.input_norm, plan, images)
    for index, block in enumerate(chain.blocks):
        last = index == len(chain.blocks) - 1
        if block.layer.kind == "conv":
            _add_convolution(builder, block, plan, index, last)
        elif block.layer.kind == "recurrent":
            _add_recurrent(builder, block, plan)
        else:
            if images:
                _add_flatten(builder, plan)
                images = False
            _add_dense(builder, block, plan, index, last)
    if images:
        _add_flatten(builder, plan)
    return AdoptedSpec(input=plan.input, layers=tuple(builder.layers)), builder.weights


def build_network(chain: Chain, plan: Plan) -> Adopted:
    """Builds the network with its weights in evaluation mode."""
    spec, weights = assemble(chain, plan)
    with torch.device("meta"):
        network = Adopted(spec, 0)
    scale = network.scale.spec
    network.load_state_dict(_with_counters(network, weights), assign=True)
    network.scale = type(network.scale)(scale)
    return network.eval()


def _with_counters(network: Adopted, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Adds batch norm's counters, which do not affect the output."""
    missing = [name for name in network.state_dict() if name.endswith("num_batches_tracked")]
    return weights | {name: torch.tensor(0) for name in missing}


def _add_convolution(builder: _Builder, block: Block, plan: Plan, index: int, last: bool) -> None:
    assert plan.geometry is not None
    place = plan.geometry.places[index]
    weight = block.layer.weights["weight"]
    layer = ConvLayer(
        inputs=block.inputs,
        outputs=weight.shape[0],
        kernel=(weight.shape[2], weight.shape[3]),
        stride=place.stride,
        padding=place.padding,
        groups=block.groups,
        bias="bias" in block.layer.weights,
    )
    builder.add(layer, block.layer.weights)
    for step in plan.order.split("-"):
        if step == "norm" and block.norm is not None:
            _add_norm(builder, block.norm, plan, images=True)
        elif step == "act" and not (last and block.prelu is None):
            _add_activation(builder, block, plan.activations[index])
        elif step == "pool" and place.pool is not None:
            pool = place.pool
            builder.add(
                PoolLayer(
                    how=plan.pooling, kernel=pool.kernel, stride=pool.stride, padding=pool.padding
                )
            )


def _add_dense(builder: _Builder, block: Block, plan: Plan, index: int, last: bool) -> None:
    weights = dict(block.layer.weights)
    if block.turned:
        weights["weight"] = weights["weight"].T.contiguous()
    layer = LinearLayer(inputs=block.inputs, outputs=block.outputs, bias="bias" in weights)
    builder.add(layer, weights)
    norm_first = plan.order.index("norm") < plan.order.index("act")
    if block.norm is not None and norm_first:
        _add_norm(builder, block.norm, plan, images=False)
    if not last:
        _add_activation(builder, block, plan.activations[index])
    if block.norm is not None and not norm_first:
        _add_norm(builder, block.norm, plan, images=False)


def _add_activation(builder: _Builder, block: Block, name: ActivationName) -> None:
    if block.prelu is not None:
        slopes = block.prelu.weights
        builder.add(PReluLayer(slopes=len(slopes["weight"])), slopes)
    elif name != "none":
        builder.add(ActivationLayer(name=name))


def _add_norm(builder: _Builder, norm: WeightLayer, plan: Plan, images: bool) -> None:
    weights = norm.weights
    if norm.kind == "batch-norm":
        affine = "weight" in weights or "bias" in weights
        whole = dict(weights)
        if affine:  # Keras may omit either
            whole.setdefault("weight", torch.ones_like(weights["running_mean"]))
            whole.setdefault("bias", torch.zeros_like(weights["running_mean"]))
        layer = BatchNormLayer(
            features=len(weights["running_mean"]),
            images=images,
            epsilon=plan.epsilon,
            affine=affine,
        )
        builder.add(layer, whole)
    elif images and weights["weight"].ndim == 1:
        builder.add(GroupNormLayer(features=len(weights["weight"]), groups=1), weights)
    else:
        builder.add(LayerNormLayer(shape=tuple(weights["weight"].shape)), weights)


def _add_flatten(builder: _Builder, plan: Plan) -> None:
    assert plan.geometry is not None
    if plan.geometry.pooled:
        how = plan.pooling if plan.geometry.pooled > 1 else "average"
        builder.add(GlobalPoolLayer(how=how, side=plan.geometry.pooled))
    builder.add(FlattenLayer(order=plan.flatten))


def _add_recurrent(builder: _Builder, block: Block, plan: Plan) -> None:
    weights = block.layer.weights
    hidden = weights["weight_hh_l0"].shape[1]
    layer = RecurrentLayer(
        cell=GATES[weights["weight_hh_l0"].shape[0] // hidden],  # pyright: ignore[reportArgumentType]
        inputs=block.layer.inputs,
        hidden=hidden,
        depth=sum(name.startswith("weight_ih") and "reverse" not in name for name in weights),
        bidirectional="weight_ih_l0_reverse" in weights,
        bias="bias_ih_l0" in weights,
        activation=plan.cell_activation,
        answer=plan.answer,
    )
    builder.add(layer, {f"cell.{name}": value for name, value in weights.items()})
