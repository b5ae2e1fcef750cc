"""The training loop: steps, epochs, validation, checkpoints and early stopping."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkling.data.augment import augment_images
from inkling.data.loader import Batch, ResidentDigits, ShuffledBatches, make_loader
from inkling.data.splits import Splits
from inkling.errors import RunError
from inkling.models.inference import predict_logits
from inkling.models.parts import DataDependentInit
from inkling.training.callback import Callback
from inkling.training.checkpoint import has_checkpoint, load_checkpoint, save_checkpoint
from inkling.training.divergence import check_epoch
from inkling.training.history import EpochMetrics, Score
from inkling.training.interrupt import StopRequest, deferred_interrupt
from inkling.training.optim import learning_rate_factor, set_learning_rate
from inkling.training.recipe import Recipe
from inkling.training.state import TrainingState, start_state


@dataclass(frozen=True)
class TrainingPlan:
    """The settings of `fit`."""

    recipe: Recipe
    device: torch.device
    callback: Callback
    checkpoint: Path | None = None
    identity: str = ""  # ties a checkpoint to its recipe and data


@dataclass(frozen=True)
class Fit:
    """The result of a training: the best weights and the history."""

    weights: dict[str, Tensor]
    best_epoch: int
    history: tuple[EpochMetrics, ...]
    validation: Score | None
    seconds: float
    threads: int  # number of CPU threads


def train_step(
    state: TrainingState, batch: Batch, recipe: Recipe, device: torch.device, fraction: float
) -> None:
    """One optimiser step on a batch. `fraction` (0 to 1) is the progress of the training.

    Adds to the totals of the epoch. The recipe's precision must not be "auto".
    """
    images = augment_images(batch.images, recipe.augment.at(fraction))
    with torch.autocast(device.type, torch.bfloat16, enabled=recipe.training.precision == "bf16"):
        logits = state.model(images)
    loss = F.cross_entropy(
        logits.float(), batch.labels, label_smoothing=recipe.training.label_smoothing
    )
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    state.optimizer.step()
    if state.average:
        state.average.update(state.model)
    right = (logits.detach().argmax(1) == batch.labels).sum()
    state.totals[0].add_(loss.detach(), alpha=len(batch))
    state.totals[1].add_(right)
    state.totals[2].add_(len(batch))


def fit(model: nn.Module, splits: Splits, plan: TrainingPlan) -> Fit:
    """Trains `model` on `splits.training`, and selects the weights by `splits.validation`.

    With a checkpoint folder, it resumes from there and saves after each epoch. Ctrl-C saves and
    raises `RunError`. Divergence raises `DivergedError`. The measured seconds start before the
    images are moved to the device and end after the last step. They include validation between
    epochs.
    """
    start = time.perf_counter()
    plan = replace(plan, recipe=plan.recipe.with_precision(plan.device))
    recipe, device = plan.recipe, plan.device
    model.to(device)
    training = ResidentDigits(splits.training, device)
    initialise_from_data(model, training)
    state = start_state(recipe, model)
    if plan.checkpoint and has_checkpoint(plan.checkpoint):
        load_checkpoint(plan.checkpoint, state, plan.identity)
    validation = ResidentDigits(splits.validation, device) if splits.validation else None
    total = recipe.total_steps(len(training))
    clock = _Clock(start - state.seconds, state)
    with deferred_interrupt() as request:
        while _goes_on(state, total, recipe):
            _run_epoch(state, training, plan, clock, request)
            if request.asked:
                _save_and_stop(state, plan)
            _finish_epoch(state, validation, plan)
            if state.step < total:
                clock.stop()  # validation counts, except after the last step
            if plan.checkpoint:
                save_checkpoint(plan.checkpoint, state, plan.identity)
    return _result(state, len(validation) if validation else 0)


def initialise_from_data(model: nn.Module, training: ResidentDigits) -> None:
    """Passes 500 evenly spaced images to a network that is initialised from data."""
    if isinstance(model, DataDependentInit):
        chosen = torch.linspace(0, len(training) - 1, min(500, len(training))).long()
        model.init_from_data(training[chosen.to(training.labels.device)].images)


class _Clock:
    """Seconds of training, summed over all processes of a resumed run."""

    def __init__(self, start: float, state: TrainingState) -> None:
        self.start, self.state = start, state

    def stop(self) -> None:
        self.state.seconds = time.perf_counter() - self.start


def _run_epoch(
    state: TrainingState,
    training: ResidentDigits,
    plan: TrainingPlan,
    clock: _Clock,
    request: StopRequest,
) -> None:
    """Runs the remaining steps of one epoch. Stops between steps on request."""
    recipe, device = plan.recipe, plan.device
    per_epoch = recipe.steps_per_epoch(len(training))
    total = recipe.total_steps(len(training))
    order = ShuffledBatches(len(training), recipe.training.batch_size, recipe.training.seed, device)
    order.epoch, order.start = state.epoch, state.batch
    began = time.perf_counter() - state.epoch_seconds
    state.model.train()
    for batch in make_loader(training, order):
        factor = learning_rate_factor(recipe.schedule, state.step, total, per_epoch)
        set_learning_rate(state.optimizer, recipe.optimizer, factor)
        train_step(state, batch, recipe, device, state.step / total)
        state.batch += 1
        state.step += 1
        plan.callback.on_step(state.step, total)
        if state.step >= total or request.asked:
            break
    if device.type == "cuda":
        torch.cuda.synchronize()
    state.epoch_seconds = time.perf_counter() - began
    clock.stop()


def _finish_epoch(
    state: TrainingState, validation: ResidentDigits | None, plan: TrainingPlan
) -> None:
    """Validates, saves the best weights, and starts the next epoch.

    Raises `DivergedError`, before any report, if the metrics are not finite.
    """
    loss_sum, right, seen = state.totals.tolist()
    score = evaluate_score(state.judged, validation) if validation else None
    check_epoch(state.judged, loss_sum, score.loss if score else None, plan.recipe)
    metrics = EpochMetrics(
        epoch=state.epoch + 1,
        train_loss=loss_sum / seen,
        train_accuracy=right / seen,
        validation_loss=score.loss if score else None,
        validation_accuracy=score.accuracy if score else None,
        learning_rate=state.optimizer.param_groups[0]["lr"],
        examples_per_second=seen / max(state.epoch_seconds, 1e-9),
    )
    best = state.best_metrics
    state.history.append(metrics)
    if plan.recipe.training.keep == "last" or metrics.beats(best):
        state.keep()
    state.epoch, state.batch, state.epoch_seconds = state.epoch + 1, 0, 0.0
    state.totals.zero_()
    plan.callback.on_epoch(metrics, state.history)


def evaluate_score(model: nn.Module, data: ResidentDigits) -> Score:
    """Accuracy and mean cross-entropy of `model` on `data`."""
    logits = predict_logits(model, data.images)
    loss = F.cross_entropy(logits, data.labels).item()
    right = int((logits.argmax(1) == data.labels).sum().item())
    return Score(right / len(data), loss, len(data))


def _goes_on(state: TrainingState, total: int, recipe: Recipe) -> bool:
    """Whether there are steps left, or an epoch that was stopped after its last step."""
    patience = recipe.training.patience
    if patience and not state.batch and len(state.history) - state.best_epoch >= patience:
        return False
    return state.step < total or state.batch > 0


def _save_and_stop(state: TrainingState, plan: TrainingPlan) -> None:
    if plan.checkpoint is None:
        raise KeyboardInterrupt
    save_checkpoint(plan.checkpoint, state, plan.identity)
    folder = plan.checkpoint.parent
    raise RunError(
        f"stopped in epoch {state.epoch + 1}, after step {state.step:,}; everything is saved. "
        f"Resume with: inkling train --resume {folder}"
    )


def _result(state: TrainingState, validated: int) -> Fit:
    best = state.best_metrics
    score = best.validation if best else None
    return Fit(
        weights=state.best,
        best_epoch=state.best_epoch,
        history=tuple(state.history),
        validation=Score(score.accuracy, score.loss, validated) if score else None,
        seconds=state.seconds,
        threads=torch.get_num_threads(),
    )
