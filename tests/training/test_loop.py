"""The loop against the plain, slow one that everybody writes, and what it promises besides."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inkling.data.loader import ShuffledBatches
from inkling.data.splits import Splits, split_digits
from inkling.errors import RunError
from inkling.models.zoo import build_model
from inkling.training.average import ModelAverage
from inkling.training.callback import NullCallback
from inkling.training.divergence import check_epoch
from inkling.training.history import EpochMetrics
from inkling.training.loop import Fit, TrainingPlan, fit
from inkling.training.recipe import Recipe
from inkling.training.recipe_text import load_recipe
from inkling.types import MEAN, STD, Digits

CPU = torch.device("cpu")


def recipe_with(*changes: str) -> Recipe:
    small = ["widths=[24]", "epochs=3", "batch_size=32", "validation=60"]
    return load_recipe("mlp-adam", [*small, *changes])


def train(recipe: Recipe, splits: Splits, callback=None) -> Fit:
    torch.manual_seed(recipe.training.seed)
    model = build_model(recipe.model, 10)
    return fit(model, splits, TrainingPlan(recipe, CPU, callback or NullCallback()))


@pytest.fixture
def splits(few: Digits) -> Splits:
    return split_digits(few, 60, 0)


def test_a_single_image_left_over_is_learnt_with_batch_norm(few: Digits) -> None:
    """193 images in batches of 64: the last would be one alone, which has no variance."""
    splits = Splits(few.take(np.arange(193)), None)
    steps: list[int] = []

    class Count(NullCallback):
        def on_step(self, step: int, total: int) -> None:
            steps.append(total)

    outcome = train(recipe_with("batch_norm=true", "batch_size=64"), splits, Count())
    assert steps == [9] * 9
    assert len(outcome.history) == 3


def plain_loop(recipe: Recipe, digits: Digits) -> nn.Module:
    """One image at a time, Adam by the book (Kingma and Ba, 2015, algorithm 1)."""
    torch.manual_seed(recipe.training.seed)
    model = build_model(recipe.model, 10).double()
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in model.parameters()]
    order = ShuffledBatches(len(digits), recipe.training.batch_size, recipe.training.seed, CPU)
    step = 0
    for epoch in range(int(recipe.training.epochs)):
        order.epoch = epoch
        for batch in order:
            step += 1
            model.zero_grad()
            for index in batch.tolist():
                image = torch.tensor(digits.images[index] / 255.0)
                logits = model(((image - MEAN) / STD)[None, None])
                label = torch.tensor([digits.labels[index]])
                (F.cross_entropy(logits, label) / len(batch)).backward()
            for parameter, (first, second) in zip(model.parameters(), moments, strict=True):
                assert parameter.grad is not None
                first.mul_(0.9).add_(0.1 * parameter.grad)
                second.mul_(0.999).add_(0.001 * parameter.grad**2)
                corrected = first / (1 - 0.9**step)
                spread = (second / (1 - 0.999**step)).sqrt() + 1e-8
                parameter.data.sub_(recipe.optimizer.learning_rate * corrected / spread)
    return model


def test_it_learns_what_the_plain_loop_learns(splits: Splits) -> None:
    recipe = recipe_with("keep=last", "epochs=2")
    ours = train(recipe, splits)
    theirs = plain_loop(recipe, splits.training)
    for name, weights in theirs.state_dict().items():
        assert torch.allclose(ours.weights[name].double(), weights, atol=2e-4), name


def test_metrics_are_those_of_the_kept_network(splits: Splits) -> None:
    recipe = recipe_with("epochs=6", "learning_rate=0.02")
    result = train(recipe, splits)
    best = max(result.history, key=lambda e: (e.validation_accuracy, -(e.validation_loss or 0)))
    assert result.best_epoch == best.epoch
    model = build_model(recipe.model, 10)
    model.load_state_dict(result.weights)
    model.eval()
    assert splits.validation is not None
    images = torch.tensor((splits.validation.images[:, None] / 255 - MEAN) / STD).float()
    labels = torch.tensor(splits.validation.labels)
    logits = model(images)
    assert result.validation is not None
    assert result.validation.loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-4)
    assert result.validation.accuracy == (logits.argmax(1) == labels).float().mean()
    assert result.validation.n == 60


@pytest.mark.parametrize(
    "changes",
    [
        ["optimizer={name='sgd', learning_rate=0.02, momentum=0.9}"],
        ["optimizer.name=adamw", "schedule={name='cosine', warmup=0.1}", "ema=0.9"],
        ["schedule={name='one-cycle'}", "label_smoothing=0.1", "precision=bf16"],
        ["augment.rotation_degrees=5", "augment.elastic_pixels=0.5"],
        ["model={kind='cnn', channels=[4, 8], batch_norm=true}", "learning_rate=0.01"],
        ["model.dropout=0.2", "model.batch_norm=true", "model.activation=gelu"],
    ],
)
def test_every_part_of_a_recipe_learns(changes: list[str], splits: Splits) -> None:
    result = train(recipe_with("epochs=12", "learning_rate=0.005", *changes), splits)
    assert result.history[-1].train_loss < result.history[0].train_loss
    assert result.validation is not None
    assert result.validation.accuracy > 0.6


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(splits: Splits) -> None:
    def bits(seed: int) -> bytes:
        weights = train(recipe_with(f"seed={seed}", "model.dropout=0.3"), splits).weights
        return b"".join(value.numpy().tobytes() for value in weights.values())

    assert bits(1) == bits(1)
    assert bits(1) != bits(2)


def test_a_part_of_an_epoch_is_trained_and_no_more(splits: Splits) -> None:
    steps: list[int] = []

    class Counter(NullCallback):
        def on_step(self, step: int, total: int) -> None:
            steps.append(step)
            assert total == 16

    result = train(recipe_with("epochs=1.5"), splits, Counter())  # 340 images: 11 steps an epoch
    assert steps == list(range(1, 17))
    assert [epoch.epoch for epoch in result.history] == [1, 2]


def test_patience_ends_the_training(splits: Splits) -> None:
    result = train(recipe_with("epochs=200", "patience=3", "learning_rate=0.01"), splits)
    assert len(result.history) < 200
    assert len(result.history) == result.best_epoch + 3


def test_images_stay_as_they_are_once_their_variation_has_ended(splits: Splits) -> None:
    """From the first step without any, the distortions of a recipe leave no trace."""
    varied = ["rotation_degrees=30", "final_strength=0", "final_share=1"]
    plain, ended = train(recipe_with(), splits), train(recipe_with(*varied), splits)
    assert all(torch.equal(plain.weights[name], ended.weights[name]) for name in plain.weights)
    half = train(recipe_with(*varied[:2], "final_share=0.5"), splits)
    assert not all(torch.equal(plain.weights[name], half.weights[name]) for name in plain.weights)


def test_without_validation_the_last_epoch_is_kept(splits: Splits) -> None:
    result = train(recipe_with("validation=0"), Splits(splits.training, None))
    assert result.validation is None
    assert result.best_epoch == 3
    assert result.history[0].validation_loss is None


class Told(NullCallback):
    def __init__(self) -> None:
        self.epochs: list[EpochMetrics] = []

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        self.epochs.append(metrics)


@pytest.mark.parametrize("changes", [[], ["ema=0.9"], ["validation=0"]])
def test_a_training_that_diverges_says_so_at_once(changes: list[str], splits: Splits) -> None:
    # Each step turns the weights over and makes them 99 times as large.
    wild = ["optimizer.name=sgd", "learning_rate=100", "weight_decay=1"]
    recipe = recipe_with(*wild, *changes)
    told = Told()
    chosen = Splits(splits.training, splits.validation if recipe.training.validation else None)
    with pytest.raises(RunError, match=r"mlp-adam diverged.*Reduce the learning rate"):
        train(recipe, chosen, told)
    assert all(np.isfinite(epoch.train_loss) for epoch in told.epochs)
    assert len(told.epochs) < 3


def test_weights_that_the_last_step_spoils_are_noticed() -> None:
    """No loss tells of them: the last one was taken before the step."""
    model = build_model(recipe_with().model, 10)
    check_epoch(model, 0.5, None, recipe_with())
    next(model.parameters()).data[0, 0] = torch.inf
    with pytest.raises(RunError, match="diverged"):
        check_epoch(model, 0.5, None, recipe_with())


def test_the_average_is_the_plain_formula() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    average = ModelAverage(model, 0.8)
    wanted = copy.deepcopy(model).state_dict()
    for count in range(30):
        for parameter in model.parameters():
            parameter.data.add_(torch.randn_like(parameter))
        average.update(model)
        decay = min(0.8, (1 + count) / (10 + count))
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                wanted[name] = decay * wanted[name] + (1 - decay) * value
    for name, value in average.model.state_dict().items():
        assert torch.allclose(value, wanted[name], atol=1e-6)


def test_which_epoch_is_better() -> None:
    first = EpochMetrics(1, 0.5, 0.9, 0.4, 0.90, 0.1, 1000)
    assert first.beats(None)
    assert replace(first, validation_accuracy=0.91).beats(first)
    assert replace(first, validation_loss=0.3).beats(first)
    assert not first.beats(first)
    assert not replace(first, validation_accuracy=0.89, validation_loss=0.1).beats(first)


def test_a_stop_between_two_steps_is_not_a_finished_epoch(splits: Splits) -> None:
    class Interrupting(NullCallback):
        def on_step(self, step: int, total: int) -> None:
            if step == 5:
                import os
                import signal

                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):  # nowhere to save to, so it is a plain Ctrl-C
        train(recipe_with(), splits, Interrupting())


def test_labels_of_every_kind_of_data_fit(few: Digits) -> None:
    two = Digits(few.images[few.labels < 2], few.labels[few.labels < 2], ("no", "yes"))
    splits = split_digits(two, 10, 0)
    torch.manual_seed(0)
    recipe = recipe_with()
    result = fit(build_model(recipe.model, 2), splits, TrainingPlan(recipe, CPU, NullCallback()))
    assert np.isfinite(result.history[-1].train_loss)
    assert result.weights["layers.3.weight"].shape == (2, 24)
