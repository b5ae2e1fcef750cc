"""One real run on real scans, made once, for every test of the pages."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from inkling.jobs.train import train
from inkling.types import Digits

CHANGES = ["widths=[24]", "epochs=4", "batch_size=32", "augment.rotation_degrees=10"]


@pytest.fixture(scope="session")
def made(few: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with some mistakes. Nobody writes to it: take `run`."""
    folder = tmp_path_factory.mktemp("report")
    np.savez(
        folder / "few.npz",
        x_train=few.images[:320],
        y_train=few.labels[:320],
        x_test=few.images[320:],
        y_test=few.labels[320:],
    )
    data = str(folder / "few.npz")
    train("mlp-adam", data=data, out=folder / "run", seed=1, changes=CHANGES)
    (folder / "few.npz").unlink()  # what is shown must not need the data
    return folder / "run"


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy, elsewhere: as somebody gets it who was sent the folder."""
    return Path(shutil.copytree(made, tmp_path / "copied"))
