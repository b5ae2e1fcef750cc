"""What many tests need: an own cache, no mirrors, real MNIST where it is, small real data."""

import contextlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from inkling.types import Digits

# The reader's tests run with the base extra alone (.ci/check_wheel), which has no torch.
with contextlib.suppress(ModuleNotFoundError):
    import torch

    torch.set_num_threads(1)  # tests run side by side; results must not depend on the machine

# Nothing is timed in a test. CI takes hypothesis' own profile "ci": the same examples each time,
# so that a change is judged by its own faults; new examples are drawn whenever a person tests.
if settings.get_current_profile_name() == "default":
    settings.register_profile("inkling", deadline=None)
    settings.load_profile("inkling")


@pytest.fixture(autouse=True, scope="session")
def _alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reaches the network or touches the user's cache; child processes inherit this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("INKLING_MIRRORS", "http://127.0.0.1:9")  # discard: nobody listens
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("COLUMNS", "120")
        yield


@pytest.fixture
def without_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INKLING_DATA", raising=False)


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    folder = Path(os.environ.get("INKLING_DATA", "")) / "mnist"
    if "INKLING_DATA" not in os.environ or not any(folder.glob("train-images-idx3-ubyte*")):
        pytest.skip("needs MNIST: set INKLING_DATA to a folder that has mnist/ in it")
    return folder


@pytest.fixture(scope="session")
def scans() -> Digits:
    pytest.importorskip("sklearn", reason="the embedded scans are in scikit-learn")
    from inkling.data.embedded import embedded_digits

    return embedded_digits()


@pytest.fixture(scope="session")
def few(scans: Digits) -> Digits:
    """400 scans, all classes."""
    return scans.take(np.arange(400))


def save_few(few: Digits, path: Path) -> Path:
    """Writes the scans with a test part, as a file that `--data` takes."""
    np.savez(
        path,
        x_train=few.images[:320],
        y_train=few.labels[:320],
        x_test=few.images[320:],
        y_test=few.labels[320:],
    )
    return path


@pytest.fixture
def few_npz(few: Digits, tmp_path: Path) -> Path:
    return save_few(few, tmp_path / "few.npz")


@pytest.fixture(scope="session")
def export_once() -> Iterator[None]:
    """torch compiles 497 functions for each export, one second. Here they are compiled once."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib))
        )
        yield
