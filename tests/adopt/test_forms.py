"""Every form of file gives the very tensors that were stored in it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from inkling.adopt.checkpoint_file import open_checkpoint
from inkling.adopt.named_tensors import collect_tensors
from inkling.errors import ModelError
from tests.adopt import networks

Save = Callable[[nn.Module, Path], None]


def _checkpoint(net: nn.Module, path: Path) -> None:
    optimizer = torch.optim.Adam(net.parameters())
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.param_groups[0]["lr"] = 0.0  # its state is what is wanted, not another network
    optimizer.step()
    state = optimizer.state_dict()
    torch.save({"epoch": 3, "model_state_dict": net.state_dict(), "optimizer": state}, path)
    net.zero_grad()


def _legacy(net: nn.Module, path: Path) -> None:
    torch.save(net.state_dict(), path, _use_new_zipfile_serialization=False)


def _cuda(net: nn.Module, path: Path) -> None:
    torch.save(net.state_dict(), path)
    networks.relocate(path, "cuda:0")


def _module_from_cuda(net: nn.Module, path: Path) -> None:
    torch.save(net, path)
    networks.relocate(path, "cuda:1")


def _legacy_module_from_mps(net: nn.Module, path: Path) -> None:
    torch.save(net, path, _use_new_zipfile_serialization=False)
    networks.relocate_stream(path, "mps")


FORMS: dict[str, tuple[str, Save]] = {
    "state dict": ("torch zip", lambda net, path: torch.save(net.state_dict(), path)),
    "checkpoint": ("torch zip", _checkpoint),
    "module": ("torch zip with pickled objects", torch.save),
    "legacy": ("torch legacy (before 1.6)", _legacy),
    "legacy module": (
        "torch legacy (before 1.6) with pickled objects",
        lambda net, path: torch.save(net, path, _use_new_zipfile_serialization=False),
    ),
    "cuda": ("torch zip", _cuda),
    "module from cuda": ("torch zip with pickled objects", _module_from_cuda),
    "legacy module from mps": (
        "torch legacy (before 1.6) with pickled objects",
        _legacy_module_from_mps,
    ),
    "mps": (
        "torch zip with pickled objects",
        lambda net, path: networks.save_from_apple(net.state_dict(), path),
    ),
    "tar": (
        "torch tar (before 0.2)",
        lambda net, path: networks.save_tar(net.state_dict(), path),
    ),
    "safetensors": ("safetensors", lambda net, path: save_file(net.state_dict(), path)),
}


def _read(path: Path) -> tuple[str, dict[str, Tensor]]:
    opened = open_checkpoint(path)
    return opened.form, collect_tensors(opened).tensors


@pytest.mark.parametrize("name", FORMS)
def test_a_form_gives_its_tensors(name: str, cnn: nn.Module, tmp_path: Path) -> None:
    form, save = FORMS[name]
    path = tmp_path / "file"
    save(cnn, path)
    found_form, tensors = _read(path)
    assert found_form == form
    stored = {key: value for key, value in cnn.state_dict().items() if value.ndim}
    tensors = {key.removeprefix("model_state_dict."): value for key, value in tensors.items()}
    assert list(tensors) == list(stored) or set(tensors) == set(stored)
    for key, value in stored.items():
        torch.testing.assert_close(tensors[key], value, rtol=0, atol=0)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("how", ["scripted", "traced"])
def test_torchscript(how: str, cnn: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    example = torch.zeros(1, 1, 28, 28)
    program = torch.jit.script(cnn) if how == "scripted" else torch.jit.trace(cnn, example)
    program.save(str(path))
    form, tensors = _read(path)
    assert form == "TorchScript"
    torch.testing.assert_close(tensors["conv2.weight"], cnn.state_dict()["conv2.weight"])


@pytest.mark.parametrize(
    ("save", "name", "shape"),
    [
        (networks.save_keras_npz, "dense/kernel:0", (784, 32)),
        (networks.save_arrays, "W1", (784, 32)),
        (networks.save_lists, "weights.0", (32, 784)),
    ],
)
def test_plain_arrays(
    save: Callable[[dict[str, Tensor], Path], None],
    name: str,
    shape: tuple[int, int],
    mlp: nn.Module,
    tmp_path: Path,
) -> None:
    path = tmp_path / "weights.npz"
    save(mlp.state_dict(), path)
    _, tensors = _read(path)
    weight = mlp.state_dict()["fc1.weight"]
    assert tensors[name].shape == shape
    wanted = weight.T if shape[0] == 784 else weight
    np.testing.assert_array_equal(tensors[name].numpy(), wanted.numpy())


def test_views_share_a_storage(tmp_path: Path) -> None:
    """Slices and transposes are stored as one storage with strides and offsets."""
    base = torch.arange(240.0).reshape(12, 20)
    for zipped in (True, False):
        path = tmp_path / f"views-{zipped}.pt"
        module = nn.Linear(12, 20)
        module.weight = nn.Parameter(base.T)
        content = {"net": module, "part": base[3:9, 2:7], "half": base[2:4].half()}
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
        _, tensors = _read(path)
        assert torch.equal(tensors["net.weight"], base.T)
        assert torch.equal(tensors["part"], base[3:9, 2:7])
        assert torch.equal(tensors["half"], base[2:4])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "HDF5"),
        (b"PK\x03\x04 but no archive", "a zip file whose end is missing"),
        (b"hello, this is text", "not a checkpoint of a known form"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "Git LFS"),
    ],
)
def test_other_files_are_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=said):
        open_checkpoint(path)
