"""The specification of an adopted network: its input and its layers, one after another."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from inkling.models.parts import Width
from inkling.types import MEAN, SIDE, STD

ActivationName = Literal[
    "relu", "leaky-relu", "leaky-relu-0.1", "leaky-relu-0.2", "elu", "selu", "gelu", "silu",
    "tanh", "sigmoid", "softplus", "relu6", "hard-tanh", "mish", "square", "none",
]  # fmt: skip
Side = Annotated[int, Field(ge=1, le=256)]
Bias = Annotated[bool, Field(description="whether the layer has a bias")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputSpec(_Part):
    """What the network receives: (pixel - mean) / std, with pixels from 0 to 1."""

    mean: float = MEAN
    std: Annotated[float, Field(gt=0)] = STD
    inverted: Annotated[bool, Field(description="dark ink on light background")] = False
    transposed: Annotated[bool, Field(description="rows and columns exchanged")] = False
    binary: Annotated[bool, Field(description="pixels above one half are 1, others 0")] = False
    side: Side = SIDE
    fit: Annotated[
        Literal["pad", "pad-pixels", "resize"],
        Field(description="how 28 pixels become `side`: zeros after or before scaling, or resized"),
    ] = "pad"
    channels: Annotated[int, Field(ge=1, le=4, description="copies of the image")] = 1


class ConvLayer(_Part):
    """A 2D convolution with square strides and paddings."""

    op: Literal["conv"] = "conv"
    inputs: Width
    outputs: Width
    kernel: tuple[Side, Side]
    stride: Annotated[int, Field(ge=1, le=16)] = 1
    padding: Annotated[int, Field(ge=0, le=64)] = 0
    dilation: Annotated[int, Field(ge=1, le=16)] = 1
    groups: Width = 1
    bias: Bias = True


class LinearLayer(_Part):
    """A matrix product."""

    op: Literal["linear"] = "linear"
    inputs: Annotated[int, Field(ge=1, le=1 << 24)]
    outputs: Width
    bias: Bias = True


class BatchNormLayer(_Part):
    """Batch norm with stored statistics, over images or vectors."""

    op: Literal["batch-norm"] = "batch-norm"
    features: Annotated[int, Field(ge=1, le=1 << 24)]
    images: bool
    epsilon: Annotated[float, Field(gt=0, le=1)] = 1e-5
    affine: bool = True


class LayerNormLayer(_Part):
    """Layer norm over the last dimensions."""

    op: Literal["layer-norm"] = "layer-norm"
    shape: tuple[Width, ...]


class GroupNormLayer(_Part):
    """Group norm; one group is a layer norm with a weight for each channel."""

    op: Literal["group-norm"] = "group-norm"
    features: Width
    groups: Width


class ActivationLayer(_Part):
    """An activation without weights."""

    op: Literal["activation"] = "activation"
    name: ActivationName


class PReluLayer(_Part):
    """A leaky ReLU with learned slopes."""

    op: Literal["prelu"] = "prelu"
    slopes: Width


class PoolLayer(_Part):
    """A pooling window."""

    op: Literal["pool"] = "pool"
    how: Literal["max", "average"] = "max"
    kernel: Side = 2
    stride: Side = 2
    padding: Annotated[int, Field(ge=0, le=64)] = 0


class GlobalPoolLayer(_Part):
    """Each channel's mean or maximum over `side` x `side` equal regions."""

    op: Literal["global-pool"] = "global-pool"
    how: Literal["max", "average"] = "average"
    side: Side = 1


class FlattenLayer(_Part):
    """Images become vectors."""

    op: Literal["flatten"] = "flatten"
    order: Literal["channels-first", "channels-last"] = "channels-first"


class DropoutLayer(_Part):
    """Dropout; it changes nothing when the network answers."""

    op: Literal["dropout"] = "dropout"
    fraction: Annotated[float, Field(ge=0, lt=1)] = 0.5


class SoftmaxLayer(_Part):
    """Converts logits to log-probabilities."""

    op: Literal["softmax"] = "softmax"


class RecurrentLayer(_Part):
    """A recurrent network over the image's rows."""

    op: Literal["recurrent"] = "recurrent"
    cell: Literal["lstm", "gru", "rnn"]
    inputs: Width
    hidden: Width
    depth: Annotated[int, Field(ge=1, le=16)] = 1
    bidirectional: bool = False
    bias: Bias = True
    activation: Literal["tanh", "relu"] = "tanh"
    answer: Annotated[
        Literal["last", "state", "mean", "all"],
        Field(description="last row's output, final states, mean of outputs, all outputs"),
    ] = "last"


class ResidualLayer(_Part):
    """The sum of two paths; an empty shortcut is the identity."""

    op: Literal["residual"] = "residual"
    body: tuple["Layer", ...]
    shortcut: tuple["Layer", ...] = ()


Layer = Annotated[
    ConvLayer
    | LinearLayer
    | BatchNormLayer
    | LayerNormLayer
    | GroupNormLayer
    | ActivationLayer
    | PReluLayer
    | PoolLayer
    | GlobalPoolLayer
    | FlattenLayer
    | DropoutLayer
    | SoftmaxLayer
    | RecurrentLayer
    | ResidualLayer,
    Field(discriminator="op"),
]
ResidualLayer.model_rebuild()


class AdoptedSpec(_Part):
    """A network that was trained elsewhere; `inkling adopt` infers it from a checkpoint."""

    kind: Literal["adopted"] = "adopted"
    input: InputSpec = InputSpec()
    layers: tuple[Layer, ...] = Field(min_length=1, max_length=512)
