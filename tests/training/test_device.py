"""Which device is chosen, and what is kept on it."""

import pytest
import torch

from inkling.errors import InklingError
from inkling.training.device import choose_device
from inkling.training.state import zero_totals


def with_devices(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(True, False, "cuda"), (False, False, "cpu"), (False, True, "cpu"), (True, True, "cuda")],
)
def test_auto_never_takes_an_untested_device(
    cuda: bool, mps: bool, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_devices(monkeypatch, cuda, mps)
    assert choose_device("auto").type == chosen


def test_mps_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_devices(monkeypatch, cuda=False, mps=True)
    assert choose_device("mps").type == "mps"
    with_devices(monkeypatch, cuda=False, mps=False)
    with pytest.raises(InklingError, match=r"no mps device\. Use --device cpu or auto"):
        choose_device("mps")


def test_totals_are_of_a_kind_that_the_device_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert zero_totals(torch.device("cpu")).dtype == torch.float64
    kinds: list[torch.dtype] = []
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, _: kinds.append(tensor.dtype) or tensor)
    zero_totals(torch.device("mps"))
    assert kinds == [torch.float32]
