"""bf16 only where the processor multiplies it: chosen, recorded, and the same when resumed."""

import json
import os
from pathlib import Path

import pytest
import torch

from inkling.training.precision import choose_precision
from inkling.training.recipe_text import list_recipes, load_recipe
from tests.commands import inkling

CPU = torch.device("cpu")
SPRINT = ["cnn-sprint-98", "--set", "channels=[4,8]", "--set", "epochs=1", "--set", "batch_size=32"]


def with_flags(monkeypatch: pytest.MonkeyPatch, **flags: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags)


@pytest.mark.parametrize(
    ("flags", "limit", "chosen"),
    [
        ({"avx2": True}, None, "fp32"),
        ({"avx512_f": True}, None, "fp32"),
        ({"avx512_bf16": True}, None, "bf16"),
        ({"amx_bf16": True}, "ALL", "bf16"),
        ({"bf16": True}, None, "bf16"),
        ({"avx512_bf16": True}, "AVX2", "fp32"),
        ({"avx512_bf16": True}, "avx512_core_vnni", "fp32"),
        ({"amx_bf16": True}, "AVX512_CORE_AMX", "bf16"),
    ],
)
def test_auto_follows_the_instructions(
    flags: dict[str, bool], limit: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_flags(monkeypatch, **flags)
    monkeypatch.delenv("DNNL_MAX_CPU_ISA", raising=False)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if limit:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert choose_precision("auto", CPU) == chosen
    assert choose_precision("bf16", CPU) == "bf16"
    assert choose_precision("fp32", CPU) == "fp32"


def test_a_device_that_is_not_known_computes_in_fp32() -> None:
    assert choose_precision("auto", torch.device("mps")) == "fp32"


def test_no_recipe_of_ours_asks_for_bf16_outright() -> None:
    for name in list_recipes():
        assert load_recipe(name).training.precision in ("auto", "fp32"), name


@pytest.mark.parametrize("setting", ["auto", "bf16"])
def test_the_run_states_the_choice(setting: str, few_npz: Path, tmp_path: Path) -> None:
    arguments = ["train", *SPRINT, "--data", few_npz, "--set", f"precision={setting}"]
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"}
    inkling(*arguments, "--out", tmp_path / "run", "--device", "cpu", env=environment)
    card = json.loads((tmp_path / "run" / "card.json").read_text("utf-8"))
    expected = "fp32" if setting == "auto" else "bf16"
    assert card["precision"] == expected
    assert card["machine"]["bf16"] is False
    recipe = load_recipe(str(tmp_path / "run" / "recipe.toml"))
    assert recipe.training.precision == expected  # resolved, so that a resumed run keeps it
