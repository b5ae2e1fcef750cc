import pytest
from torch import nn

from inkling.adopt.scoring import Images
from inkling.types import Digits
from tests.adopt.networks import Cnn, Mlp, train_network


@pytest.fixture(scope="session")
def mlp(scans: Digits) -> nn.Module:
    return train_network(Mlp(), scans)


@pytest.fixture(scope="session")
def cnn(scans: Digits) -> nn.Module:
    return train_network(Cnn(), scans, 0.5, 0.5, steps=150)


@pytest.fixture(scope="session")
def images(scans: Digits) -> Images:
    return Images.of(scans.images[:300], scans.labels[:300])
