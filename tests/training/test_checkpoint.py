from pathlib import Path

import pytest
import torch

from inkling.errors import InklingError, RunError
from inkling.models.zoo import build_model
from inkling.training.checkpoint import STATE_FILE, load_checkpoint, save_checkpoint
from inkling.training.history import EpochMetrics
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import load_recipe
from inkling.training.state import TrainingState, start_state

CHANGES = {
    "adam": ["widths=[8]", "ema=0.9"],
    "sgd": ["widths=[8]", "optimizer={name='sgd', momentum=0.9}"],
    "plain-sgd": ["widths=[8]", "optimizer={name='sgd'}", "model.batch_norm=true"],
}


def recipe_of(kind: str) -> Recipe:
    return load_recipe("mlp-adam", CHANGES[kind])


def state_after_steps(recipe: Recipe, steps: int) -> TrainingState:
    state = start_state(recipe, build_model(recipe.model, 10))
    for _ in range(steps):
        state.optimizer.zero_grad()
        state.model(torch.randn(16, 1, 28, 28)).square().mean().backward()
        state.optimizer.step()
        if state.average:
            state.average.update(state.model)
        state.step += 1
    state.history.append(EpochMetrics(1, 0.1 + 0.2, 1 / 3, 0.3, 2 / 3, 1e-3, 1000.5))
    state.keep()
    state.totals += torch.tensor([0.1, 2, 3], dtype=torch.float64)
    return state


@pytest.mark.parametrize("kind", CHANGES)
def test_everything_comes_back_bit_for_bit(kind: str, tmp_path: Path) -> None:
    recipe = recipe_of(kind)
    saved = state_after_steps(recipe, 3)
    save_checkpoint(tmp_path, saved, "hash")
    draw = torch.rand(4)
    loaded = start_state(recipe, build_model(recipe.model, 10))
    load_checkpoint(tmp_path, loaded, "hash")
    assert torch.equal(torch.rand(4), draw)
    assert loaded.history == saved.history
    assert (loaded.step, loaded.best_epoch) == (3, 1)
    assert torch.equal(loaded.totals, saved.totals)
    before, after = saved.optimizer.state_dict(), loaded.optimizer.state_dict()
    assert before["param_groups"] == after["param_groups"]
    for index, slots in before["state"].items():
        for key, value in slots.items():
            other = after["state"][index].get(key)
            assert (value is None and other is None) or torch.equal(value, other)
    models = [(saved.model, loaded.model)]
    if saved.average and loaded.average:
        models.append((saved.average.model, loaded.average.model))
        assert saved.average.updates == loaded.average.updates
    for mine, other in models:
        for name, value in mine.state_dict().items():
            assert torch.equal(value, other.state_dict()[name])
    assert [path.name for path in tmp_path.iterdir()] == [STATE_FILE]


def test_the_file_holds_no_pickle(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, state_after_steps(recipe_of("adam"), 1), "hash")
    head = (tmp_path / STATE_FILE).read_bytes()[:9]
    assert head[8:9] == b"{"  # safetensors: eight bytes of length, then JSON
    assert int.from_bytes(head[:8], "little") < 100_000


@pytest.mark.parametrize("damage", [b"", b"x" * 100, "half", "flip"])
def test_a_damaged_checkpoint_is_an_error_that_says_what_to_do(damage, tmp_path: Path) -> None:
    recipe = recipe_of("adam")
    save_checkpoint(tmp_path, state_after_steps(recipe, 1), "hash")
    path = tmp_path / STATE_FILE
    whole = path.read_bytes()
    broken = {"half": whole[: len(whole) // 2], "flip": whole[:20] + b"\0" + whole[21:]}
    path.write_bytes(broken.get(damage, damage) if isinstance(damage, str) else damage)
    with pytest.raises(RunError, match="Remove it to restart"):
        load_checkpoint(tmp_path, start_state(recipe, build_model(recipe.model, 10)), "hash")


def test_another_recipe_is_refused(tmp_path: Path) -> None:
    recipe = recipe_of("adam")
    save_checkpoint(tmp_path, state_after_steps(recipe, 1), "hash")
    state = start_state(recipe, build_model(recipe.model, 10))
    with pytest.raises(RunError, match="another recipe"):
        load_checkpoint(tmp_path, state, "other")


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path: Path) -> None:
    import resource
    import signal

    recipe = recipe_of("adam")
    state = state_after_steps(recipe, 1)
    save_checkpoint(tmp_path, state, "hash")
    before = (tmp_path / STATE_FILE).read_bytes()
    state.step = 99
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(
        signal.SIGXFSZ, signal.SIG_IGN
    )  # so that writing fails as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(InklingError, match="cannot write"):
            save_checkpoint(tmp_path, state, "hash")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / STATE_FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [STATE_FILE]
