"""Networks with the scaling and the file format in which they are published."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adopt_networks import (
    Rows,
    SmallResNet,
    conv,
    functional_mlp,
    lenet,
    mlp,
    official,
    older_official,
    out_of_order,
    pairs,
    small_parameters,
    two_blocks,
)

SCALES: dict[str, Callable[[Tensor], Tensor]] = {
    "mnist": lambda x: (x - 0.1307) / 0.3081,
    "unit": lambda x: x,
    "half": lambda x: (x - 0.5) / 0.5,
    "bytes": lambda x: x * 255,
    "inverted": lambda x: 1 - x,
    "pad32": lambda x: (F.pad(x, (2, 2, 2, 2)) - 0.1307) / 0.3081,
    "resize32": lambda x: F.interpolate(x, (32, 32), mode="bilinear", antialias=True),
    "rgb": lambda x: ((x - 0.5) / 0.5).repeat(1, 3, 1, 1),
    "transposed": lambda x: x.transpose(2, 3),
}


@dataclass(frozen=True)
class Variant:
    """One network as it might be published."""

    name: str
    make: Callable[[], nn.Module]
    scale: str = "mnist"
    form: str = "state-dict"
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy
    rate: float = 1e-3


def squared(logits: Tensor, labels: Tensor) -> Tensor:
    return F.mse_loss(logits, F.one_hot(labels, 10).float())


VARIANTS = (
    Variant("mlp-adam", lambda: mlp(784, 128, 64, 10)),
    Variant("mlp-unit", lambda: mlp(784, 128, 64, 10), "unit"),
    Variant("mlp-half", lambda: mlp(784, 128, 64, 10), "half", "checkpoint"),
    Variant("mlp-bytes", lambda: mlp(784, 64, 10), "bytes"),
    Variant("mlp-inverted", lambda: mlp(784, 128, 10), "inverted"),
    Variant("mlp-transposed", lambda: mlp(784, 128, 10), "transposed"),
    Variant("mlp-sigmoid", lambda: mlp(784, 100, 10, act=nn.Sigmoid), "unit", rate=3e-3),
    Variant("mlp-tanh", lambda: mlp(784, 100, 50, 10, act=nn.Tanh), "half"),
    Variant("mlp-gelu", lambda: mlp(784, 128, 128, 10, act=nn.GELU)),
    Variant("mlp-elu", lambda: mlp(784, 128, 128, 10, act=nn.ELU), "half"),
    Variant("mlp-leaky", lambda: mlp(784, 128, 64, 10, act=nn.LeakyReLU), "unit"),
    Variant("mlp-leaky-0.2", lambda: mlp(784, 128, 64, 10, act=lambda: nn.LeakyReLU(0.2)), "half"),
    Variant("mlp-silu", lambda: mlp(784, 128, 64, 10, act=nn.SiLU)),
    Variant("mlp-selu", lambda: mlp(784, 128, 64, 10, act=nn.SELU)),
    Variant("mlp-deep", lambda: mlp(784, 512, 256, 128, 64, 10), "mnist", "legacy"),
    Variant("mlp-norm", lambda: mlp(784, 128, 64, 10, norm=True), "unit"),
    Variant("mlp-dropout", lambda: mlp(784, 256, 128, 10, drop=0.25), "half", "module"),
    Variant("mlp-no-bias", lambda: mlp(784, 128, 10, bias=False), "unit"),
    Variant("mlp-linear", lambda: mlp(784, 10), "unit"),
    Variant("mlp-two-linear", lambda: mlp(784, 64, 10, act=nn.Identity), "mnist"),
    Variant("mlp-prelu", lambda: mlp(784, 128, 10, act=nn.PReLU), "mnist"),
    Variant("mlp-squared-error", lambda: mlp(784, 64, 10, act=nn.Sigmoid), "unit", loss=squared,
            rate=1e-2),
    Variant("mlp-softmax", lambda: nn.Sequential(*mlp(784, 128, 10), nn.Softmax(1)), "unit"),
    Variant("mlp-square", lambda: mlp(784, 128, 128, 128, 10), "unit", "data-parallel"),
    Variant("mlp-functional", functional_mlp, "mnist", "data-parallel"),
    Variant("mlp-compiled", functional_mlp, "half", "compiled"),
    Variant("mlp-layer-norm", lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 96),
            nn.LayerNorm(96), nn.GELU(), nn.Linear(96, 10)), "mnist"),
    Variant("mlp-1024", lambda: mlp(1024, 64, 10), "resize32"),
    Variant("lenet-tanh-average", lambda: lenet(torch.tanh, F.avg_pool2d, 2), "mnist"),
    Variant("lenet-sigmoid-average", lambda: lenet(torch.sigmoid, F.avg_pool2d, 2), "unit",
            rate=5e-3),
    Variant("lenet-relu-max", lambda: lenet(F.relu, F.max_pool2d, 2), "unit", "module"),
    Variant("lenet-pad-32", lambda: lenet(F.relu, F.max_pool2d, 0), "pad32"),
    Variant("lenet-resize-32", lambda: lenet(F.relu, F.avg_pool2d, 0), "resize32", "legacy"),
    Variant("lenet-half", lambda: lenet(F.relu, F.max_pool2d, 2), "half", "safetensors"),
    Variant("official", official, "mnist"),
    Variant("official-unit", official, "unit", "module"),
    Variant("older-official", older_official, "mnist", "checkpoint"),
    Variant("older-official-half", older_official, "half", "legacy-module"),
    Variant("blocks-5", two_blocks, "unit"),
    Variant("blocks-3", lambda: two_blocks(3, 1), "mnist", "torchscript-traced"),
    Variant("blocks-3-no-norm", lambda: two_blocks(3, 1, norm=False), "half"),
    Variant("blocks-no-padding", lambda: two_blocks(3, 0, norm=False), "unit", "torchscript"),
    Variant("blocks-leaky", lambda: two_blocks(3, 1, act=nn.LeakyReLU), "half"),
    Variant("blocks-inverted", lambda: two_blocks(3, 1), "inverted"),
    Variant("out-of-order", out_of_order, "mnist"),
    Variant("small-parameters", small_parameters, "mnist"),
    Variant("pairs", pairs, "unit"),
    Variant("pairs-norm", lambda: pairs(norm=True), "mnist", "lightning"),
    Variant("strided", lambda: conv(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 49, 10)), "mnist"),
    Variant("global-mean", lambda: conv(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16),
            nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32),
            nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32),
            nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)), "half"),
    Variant("one-conv", lambda: conv(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(16 * 169, 10)), "unit"),
    Variant("one-conv-no-pool", lambda: conv(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(8 * 784, 10)), "mnist"),
    Variant("three-convs", lambda: conv(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3,
            padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(288, 10)), "half"),
    Variant("vgg-like", lambda: conv(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 24, 3,
            padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 49, 64), nn.ReLU(), nn.Dropout(),
            nn.Linear(64, 10)), "mnist", "prefixed"),
    Variant("rgb", lambda: conv(nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5),
            nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 10)), "rgb"),
    Variant("average-relu", lambda: conv(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.AvgPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(256, 10)),
            "unit"),
    Variant("pool-3-2", lambda: conv(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
            nn.Linear(576, 10)), "mnist"),
    Variant("depthwise", lambda: conv(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, 32, 1), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 49, 10)), "mnist"),
    Variant("conv-gelu", lambda: conv(nn.Conv2d(1, 8, 5, padding=2), nn.GELU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 64),
            nn.GELU(), nn.Linear(64, 10)), "mnist"),
    Variant("lstm", lambda: Rows(nn.LSTM), "unit", rate=3e-3),
    Variant("gru-both", lambda: Rows(nn.GRU, both=True), "unit", rate=3e-3),
    Variant("rnn-deep", lambda: Rows(nn.RNN, depth=2), "mnist", rate=1e-3),
    Variant("resnet-small", SmallResNet, "mnist"),
)  # fmt: skip
