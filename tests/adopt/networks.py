"""Small networks, trained on the embedded scans within a second, and ways to publish them."""

import io
import pickle
import struct
import tarfile
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.types import Digits


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


class Cnn(nn.Module):
    """Norms defined behind the convolutions that they follow in use."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 12, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.bn2 = nn.BatchNorm2d(12)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(12 * 49, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.pool(torch.relu(self.bn2(self.conv2(x))))
        return self.fc(x.flatten(1))


def train_network(
    net: nn.Module, digits: Digits, mean: float = 0.0, std: float = 1.0, steps: int = 300
) -> nn.Module:
    torch.manual_seed(0)
    for module in net.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    images = (torch.tensor(digits.images).float()[:, None] / 255 - mean) / std
    labels = torch.tensor(digits.labels)
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(steps):
        chosen = torch.randint(0, len(labels), (64,))
        optimizer.zero_grad()
        F.cross_entropy(net(images[chosen]), labels[chosen]).backward()
        optimizer.step()
    return net.eval()


@torch.inference_mode()
def own_answers(net: nn.Module, digits: Digits, mean: float = 0.0, std: float = 1.0) -> Tensor:
    return net((torch.tensor(digits.images).float()[:, None] / 255 - mean) / std).argmax(1)


def relocate(path: Path, place: str) -> None:
    """Make a zip's storages claim that they lie on another device, as files from there do."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            if name.endswith("data.pkl"):
                archive.writestr(name, content.replace(_text("cpu"), _text(place)))
            else:
                archive.writestr(name, content)


def relocate_stream(path: Path, place: str) -> None:
    path.write_bytes(path.read_bytes().replace(_text("cpu"), _text(place)))


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


class OnAnotherDevice:
    """Pickled as older versions of torch pickled a tensor on Apple's GPU."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __reduce__(self) -> Any:
        from torch._utils import _rebuild_device_tensor_from_numpy

        arguments = (self.tensor.numpy(), torch.float32, "mps", False)
        return _rebuild_device_tensor_from_numpy, arguments


def save_from_apple(weights: dict[str, Tensor], path: Path) -> None:
    moved = OrderedDict((name, OnAnotherDevice(value)) for name, value in weights.items())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(moved, 2))
        archive.writestr("archive/version", "3\n")


def save_tar(weights: dict[str, Tensor], path: Path) -> None:
    """The form of torch before 0.2: three members, tensors by number."""
    weights = {name: value for name, value in weights.items() if value.ndim}
    storages, tensors = io.BytesIO(), io.BytesIO()
    pickle.dump(len(weights), storages, 2)
    pickle.dump(len(weights), tensors, 2)
    for number, value in enumerate(weights.values()):
        flat = value.float().contiguous()
        pickle.dump((number, "cpu", torch.FloatStorage), storages, 2)
        storages.write(struct.pack("<q", flat.numel()) + flat.numpy().tobytes())
        pickle.dump((1000 + number, number, torch.FloatTensor), tensors, 2)
        tensors.write(struct.pack("<ii", flat.ndim, 0))
        for numbers in (flat.shape, flat.stride(), (0,)):
            tensors.write(struct.pack(f"<{len(numbers)}q", *numbers))
    pickle.dump([], storages, 2)

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return str(1000 + obj.number) if isinstance(obj, _Numbered) else None

    tree = io.BytesIO()
    numbered = OrderedDict((name, _Numbered(index)) for index, name in enumerate(weights))
    Pickler(tree, 2).dump(numbered)
    with tarfile.open(path, "w") as archive:
        for name, stream in (("storages", storages), ("tensors", tensors), ("pickle", tree)):
            member = tarfile.TarInfo(name)
            member.size = len(stream.getvalue())
            archive.addfile(member, io.BytesIO(stream.getvalue()))


class _Numbered:
    def __init__(self, number: int) -> None:
        self.number = number


def save_keras_npz(weights: dict[str, Tensor], path: Path) -> None:
    """Dense layers as Keras names and turns them."""
    np.savez(
        path,
        **{
            "dense/kernel:0": weights["fc1.weight"].T.numpy(),
            "dense/bias:0": weights["fc1.bias"].numpy(),
            "dense_1/kernel:0": weights["fc2.weight"].T.numpy(),
            "dense_1/bias:0": weights["fc2.bias"].numpy(),
        },
    )


def save_arrays(weights: dict[str, Tensor], path: Path) -> None:
    """A pickled dictionary of arrays, as books' own networks keep them."""
    arrays = {
        "W1": weights["fc1.weight"].T.numpy(),
        "b1": weights["fc1.bias"].numpy(),
        "W2": weights["fc2.weight"].T.numpy(),
        "b2": weights["fc2.bias"].numpy(),
    }
    path.write_bytes(pickle.dumps(arrays))


def save_lists(weights: dict[str, Tensor], path: Path) -> None:
    """Lists of matrices and of column vectors."""
    lists = {
        "weights": [weights["fc1.weight"].numpy(), weights["fc2.weight"].numpy()],
        "biases": [weights["fc1.bias"].numpy()[:, None], weights["fc2.bias"].numpy()[:, None]],
    }
    path.write_bytes(pickle.dumps(lists, 2))
