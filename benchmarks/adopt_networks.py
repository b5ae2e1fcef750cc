"""Networks as people write them, for `benchmarks/adopt.py`."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Functional(nn.Module):
    """A network whose layers are named attributes and whose forward is a function."""

    def __init__(self, forward: Callable[["Functional", Tensor], Tensor], **layers: nn.Module):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.steps = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(self, x)


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
