"""Measures how well `inkling adopt` recovers networks of many kinds, by their accuracy.

    INKLING_DATA=... python benchmarks/adopt.py FOLDER [--epochs N] [--only WORD] [--skip WORD]

Trains each network for some epochs on MNIST as its own code would, stores it in FOLDER in one of
the forms that people publish, adopts that file, and compares the accuracy on MNIST's test set with
that of the network's own code. A later call goes on where this one was stopped.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from inkling.adopt.describe import describe_architecture
from inkling.adopt.infer import adopt_checkpoint
from inkling.adopt.scaling import describe_scaling
from inkling.adopt.scoring import Images
from inkling.data.catalog import find_source
from inkling.jobs.adopt import TRIED_IMAGES, _part

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


class Functional(nn.Module):
    """A network whose layers are named attributes and whose forward is a function."""

    def __init__(self, forward: Callable[["Functional", Tensor], Tensor], **layers: nn.Module):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.steps = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(self, x)


@dataclass(frozen=True)
class Variant:
    """One network as it might be published."""

    name: str
    make: Callable[[], nn.Module]
    scale: str = "mnist"
    form: str = "state-dict"
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy
    rate: float = 1e-3


def mlp(*widths: int, act: Callable[[], nn.Module] = nn.ReLU, norm: bool = False, drop: float = 0,
        bias: bool = True) -> nn.Sequential:  # fmt: skip
    layers: list[nn.Module] = [nn.Flatten()]
    for index in range(len(widths) - 1):
        layers.append(nn.Linear(widths[index], widths[index + 1], bias=bias))
        if index < len(widths) - 2:
            layers += [nn.BatchNorm1d(widths[index + 1])] if norm else []
            layers.append(act())
            layers += [nn.Dropout(drop)] if drop else []
    return nn.Sequential(*layers)


def functional_mlp() -> nn.Module:
    def forward(net: Functional, x: Tensor) -> Tensor:
        x = x.view(-1, 784)
        return F.log_softmax(net.fc3(F.relu(net.fc2(F.relu(net.fc1(x))))), 1)

    return Functional(
        forward, fc1=nn.Linear(784, 128), fc2=nn.Linear(128, 64), fc3=nn.Linear(64, 10)
    )


def lenet(act: Callable[[Tensor], Tensor], pool: Callable, padding: int) -> nn.Module:
    def forward(net: Functional, x: Tensor) -> Tensor:
        x = pool(act(net.conv1(x)), 2)
        x = pool(act(net.conv2(x)), 2).flatten(1)
        return net.fc3(act(net.fc2(act(net.fc1(x)))))

    return Functional(
        forward,
        conv1=nn.Conv2d(1, 6, 5, padding=padding),
        conv2=nn.Conv2d(6, 16, 5),
        fc1=nn.Linear(400, 120),
        fc2=nn.Linear(120, 84),
        fc3=nn.Linear(84, 10),
    )


def official(channels: tuple[int, int] = (16, 32)) -> nn.Module:
    one, two = channels

    def forward(net: Functional, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(net.conv2(F.relu(net.conv1(x)))), 2)
        x = torch.flatten(net.dropout1(x), 1)
        x = net.dropout2(F.relu(net.fc1(x)))
        return F.log_softmax(net.fc2(x), dim=1)

    return Functional(
        forward,
        conv1=nn.Conv2d(1, one, 3, 1),
        conv2=nn.Conv2d(one, two, 3, 1),
        dropout1=nn.Dropout(0.25),
        dropout2=nn.Dropout(0.5),
        fc1=nn.Linear(144 * two, 64),
        fc2=nn.Linear(64, 10),
    )


def older_official() -> nn.Module:
    def forward(net: Functional, x: Tensor) -> Tensor:
        x = F.relu(F.max_pool2d(net.conv1(x), 2))
        x = F.relu(F.max_pool2d(net.conv2_drop(net.conv2(x)), 2))
        x = F.dropout(F.relu(net.fc1(x.view(-1, 320))), training=net.training)
        return F.log_softmax(net.fc2(x), dim=1)

    return Functional(
        forward,
        conv1=nn.Conv2d(1, 10, 5),
        conv2=nn.Conv2d(10, 20, 5),
        conv2_drop=nn.Dropout2d(),
        fc1=nn.Linear(320, 50),
        fc2=nn.Linear(50, 10),
    )


def two_blocks(kernel: int = 5, padding: int = 2, norm: bool = True, act=nn.ReLU) -> nn.Module:
    def block(inputs: int, outputs: int) -> nn.Sequential:
        convolution = nn.Conv2d(inputs, outputs, kernel, 1, padding)
        norms = [nn.BatchNorm2d(outputs)] if norm else []
        return nn.Sequential(convolution, *norms, act(), nn.MaxPool2d(2))

    side = (28 + 2 * padding - kernel + 1) // 2
    side = (side + 2 * padding - kernel + 1) // 2

    def forward(net: Functional, x: Tensor) -> Tensor:
        return net.fc(net.layer2(net.layer1(x)).reshape(len(x), -1))

    return Functional(
        forward, layer1=block(1, 16), layer2=block(16, 32), fc=nn.Linear(32 * side * side, 10)
    )


def out_of_order() -> nn.Module:
    """Norms and a forgotten activation, in an order of definition that is not that of use."""

    def forward(net: Functional, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(net.bn1(net.conv1(x))), 2)
        x = F.max_pool2d(F.relu(net.bn2(net.conv2(x))), 2).flatten(1)
        return net.out(net.hidden(x))

    return Functional(
        forward,
        out=nn.Linear(48, 10),
        hidden=nn.Linear(16 * 49, 48),
        conv1=nn.Conv2d(1, 8, 3, padding=1),
        conv2=nn.Conv2d(8, 16, 3, padding=1),
        bn1=nn.BatchNorm2d(8),
        bn2=nn.BatchNorm2d(16),
    )


def small_parameters() -> nn.Module:
    """Under 10,000 parameters: ReLU before batch norm, 1x1 transitions, a global mean."""

    def block(i: int, o: int, k: int, p: int = 0) -> list[nn.Module]:
        return [nn.Conv2d(i, o, k, padding=p, bias=False), nn.ReLU(), nn.BatchNorm2d(o),
                nn.Dropout(0.02)]  # fmt: skip

    return nn.Sequential(
        *block(1, 8, 3), *block(8, 16, 3), *block(16, 8, 1), nn.MaxPool2d(2), *block(8, 16, 3),
        *block(16, 16, 3), *block(16, 16, 3, 1), nn.AvgPool2d(6), nn.Conv2d(16, 10, 1, bias=False),
        nn.Flatten(), nn.LogSoftmax(1),
    )  # fmt: skip


def conv(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def pairs(norm: bool = False) -> nn.Module:
    def pair(i: int, o: int) -> list[nn.Module]:
        n = [nn.BatchNorm2d(o)] if norm else []
        m = [nn.BatchNorm2d(o)] if norm else []
        return [nn.Conv2d(i, o, 3, padding=1), *n, nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), *m,
                nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)]  # fmt: skip

    return conv(*pair(1, 8), *pair(8, 16), nn.Flatten(), nn.Linear(784, 64), nn.ReLU(),
                nn.Dropout(0.5), nn.Linear(64, 10))  # fmt: skip


class Rows(nn.Module):
    """A recurrent network over the rows of the image."""

    def __init__(self, cell: type[nn.Module], both: bool = False, depth: int = 1) -> None:
        super().__init__()
        self.rnn = cell(28, 64, depth, batch_first=True, bidirectional=both)
        self.fc = nn.Linear(128 if both else 64, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.rnn(x.squeeze(1))[0][:, -1])


class Residual(nn.Module):
    """Two convolutions beside an identity or a 1x1 convolution."""

    def __init__(self, inputs: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)
            )

    def forward(self, x: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(inner + self.shortcut(x))


class SmallResNet(nn.Module):
    """A residual network in the manner of the well-known ones, but small."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(Residual(8, 8))
        self.layer2 = nn.Sequential(Residual(8, 16, 2))
        self.layer3 = nn.Sequential(Residual(16, 32, 2))
        self.linear = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1))


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


def save(net: nn.Module, form: str, folder: Path, name: str) -> Path:
    """Writes the file as it might be published."""
    path = folder / f"{name}.{'safetensors' if form == 'safetensors' else 'pt'}"
    weights = net.state_dict()
    if form == "checkpoint":
        optimizer = torch.optim.Adam(net.parameters())
        content = {"epoch": 5, "model_state_dict": weights, "optimizer_state_dict":
                   optimizer.state_dict(), "loss": 0.1}  # fmt: skip
        torch.save(content, path)
    elif form in ("module", "legacy-module"):
        if isinstance(net, Functional):
            del net.__dict__["steps"]  # a local function cannot be pickled, and plays no part
        torch.save(net, path, _use_new_zipfile_serialization=form == "module")
    elif form == "legacy":
        torch.save(weights, path, _use_new_zipfile_serialization=False)
    elif form == "data-parallel":
        torch.save({f"module.{key}": value for key, value in weights.items()}, path)
    elif form == "compiled":
        torch.save({f"_orig_mod.{key}": value for key, value in weights.items()}, path)
    elif form == "prefixed":
        torch.save({f"net.features.{key}": value for key, value in weights.items()}, path)
    elif form == "lightning":
        state = {f"model.{key}": value for key, value in weights.items()}
        torch.save({"state_dict": state, "global_step": 9, "hyper_parameters": {"lr": 0.1}}, path)
    elif form == "torchscript":
        torch.jit.script(nn.Sequential(net.layer1, net.layer2, nn.Flatten(), net.fc)).save(path)
    elif form == "torchscript-traced":
        torch.jit.trace(net, torch.zeros(1, 1, 28, 28)).save(path)
    elif form == "safetensors":
        save_file(weights, path)
    else:
        torch.save(weights, path)
    return path


def train(variant: Variant, images: Tensor, labels: Tensor, epochs: int) -> nn.Module:
    """The network after that many passes over the images, in batches of 64."""
    torch.manual_seed(sum(variant.name.encode()))
    net, scale = variant.make(), SCALES[variant.scale]
    optimizer = torch.optim.Adam(net.parameters(), variant.rate)
    for _ in range(epochs):
        for chosen in torch.randperm(len(labels)).split(64):
            optimizer.zero_grad()
            variant.loss(net(scale(images[chosen])), labels[chosen]).backward()
            optimizer.step()
    return net.eval()


@torch.inference_mode()
def accuracy(net: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor) -> float:
    answers = torch.cat([net(part) for part in images.split(500)]).argmax(1)
    return float((answers == labels).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=5, help="MLPs train for twice as many")
    parser.add_argument("--only", default="")
    parser.add_argument("--skip", default="nothing")
    parser.add_argument("--again", action="store_true", help="adopt also what was adopted before")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    source = find_source("mnist")
    training, test = source.load_training(), source.load_test()
    pixels = torch.tensor(training.images)[:, None] / 255
    test_pixels = torch.tensor(test.images)[:, None] / 255
    labels, test_labels = torch.tensor(training.labels), torch.tensor(test.labels)
    few = _part(training, TRIED_IMAGES)
    deciding, unseen = Images.of(few.images, few.labels), Images.of(test.images, test.labels)
    near = total = 0
    for variant in VARIANTS:
        if options.only not in variant.name or options.skip in variant.name:
            continue
        note = options.folder / f"{variant.name}.json"
        if not note.exists():
            epochs = options.epochs * (2 if "mlp" in variant.name else 1)
            net = train(variant, pixels, labels, epochs)
            scale = SCALES[variant.scale]
            own = accuracy(lambda part, s=scale, n=net: n(s(part)), test_pixels, test_labels)
            path = save(net, variant.form, options.folder, variant.name)
            note.write_text(json.dumps({"own": own, "file": path.name, "epochs": epochs}))
        known = json.loads(note.read_text())
        if "good" not in known or options.again:
            known |= adopt_file(options.folder / known["file"], known["own"], deciding, unseen)
            note.write_text(json.dumps(known))
        total += 1
        near += known["good"]
        kind = f"[{variant.scale}, {variant.form}]"
        print(f"{variant.name:22} own {known['own']:.2%} {known['result']} {kind}", flush=True)
    print(f"{near} of {total} within 0.1 point")


def adopt_file(path: Path, own: float, deciding: Images, unseen: Images) -> dict[str, object]:
    """Adopts a file. `good` is whether its accuracy is within 0.1 point of `own`, a fraction."""
    started = time.process_time()
    try:
        found = adopt_checkpoint(path, deciding, tuple("0123456789"))
    except Exception as error:
        return {"good": False, "result": f"FAILED: {error}"}
    seconds = time.process_time() - started
    reached = accuracy(found.network, unseen.images, unseen.labels)
    good, plan = abs(reached - own) <= 0.001, found.decision.plan
    result = (
        f"adopted {reached:.2%} {'ok ' if good else 'OFF'} margin {found.decision.margin:+.2%} "
        f"{seconds:.0f} s of processor time {found.form}; "
        f"{describe_architecture(found.chain, plan)}; {describe_scaling(plan.input)}"
    )
    return {"good": good, "result": result}


if __name__ == "__main__":
    main()
