"""Trains an ensemble: one member after the other, each like a single network."""

from collections.abc import Iterable
from dataclasses import replace

import torch

from inkling.data.loader import ResidentDigits
from inkling.data.splits import Splits
from inkling.errors import RecipeError
from inkling.models.adopted_spec import AdoptedSpec
from inkling.models.ensemble import MAX_MEMBERS, Ensemble, EnsembleSpec
from inkling.models.zoo import build_model
from inkling.training.callback import Callback
from inkling.training.checkpoint import member_folder
from inkling.training.history import EpochMetrics
from inkling.training.loop import Fit, TrainingPlan, evaluate_score, fit
from inkling.training.recipe import SEEDS, Recipe


def as_ensemble(recipe: Recipe, members: int) -> Recipe:
    """The recipe of an ensemble of the recipe's network. Raises `RecipeError` for an ensemble."""
    if isinstance(recipe.model, EnsembleSpec):
        raise RecipeError(f"{recipe.name} is already an ensemble")
    if isinstance(recipe.model, AdoptedSpec):
        raise RecipeError(f"{recipe.name} is an adopted network and cannot be trained")
    if members == 1:
        return recipe
    if not 2 <= members <= MAX_MEMBERS:
        raise RecipeError(f"an ensemble has 1 to {MAX_MEMBERS} members, not {members}")
    return recipe.model_copy(update={"model": EnsembleSpec(members=members, member=recipe.model)})


def fit_ensemble(ensemble: Ensemble, splits: Splits, plan: TrainingPlan) -> Fit:
    """Trains the members one by one, each with its own seed (see `member_recipe`).

    Each member has its own checkpoint, so that an ensemble can be resumed within a member. The
    history concatenates those of all members. The validation score is that of the ensemble.
    """
    history: list[EpochMetrics] = []
    seconds = 0.0
    for index in range(len(ensemble.members)):
        callback = _MemberCallback(plan.callback, tuple(history), index, len(ensemble.members))
        outcome = _fit_member(ensemble, index, splits, replace(plan, callback=callback))
        history += _numbered(outcome.history, len(history))
        seconds += outcome.seconds
    validation = None
    if splits.validation:
        validation = evaluate_score(ensemble, ResidentDigits(splits.validation, plan.device))
    return Fit(
        weights={name: value.detach() for name, value in ensemble.state_dict().items()},
        best_epoch=len(history),
        history=tuple(history),
        validation=validation,
        seconds=seconds,
        threads=torch.get_num_threads(),
    )


def member_recipe(recipe: Recipe, index: int) -> Recipe:
    """The recipe of the member at `index`, counted from 0.

    Its seed is 64 s + index for an ensemble of seed s, so that ensembles of neighbouring seeds
    share no member. The members of seed 0 have the seeds 0, 1, 2, ...
    """
    if not isinstance(recipe.model, EnsembleSpec):
        raise RecipeError(f"{recipe.name} is not an ensemble")
    seed = (recipe.training.seed * MAX_MEMBERS + index) % SEEDS
    return recipe.with_seed(seed).model_copy(update={"model": recipe.model.member})


def _fit_member(ensemble: Ensemble, index: int, splits: Splits, plan: TrainingPlan) -> Fit:
    """Trains one member and stores it in the ensemble."""
    recipe = member_recipe(plan.recipe, index)
    torch.manual_seed(recipe.training.seed)
    member = build_model(recipe.model, len(splits.training.classes))
    checkpoint = member_folder(plan.checkpoint, index) if plan.checkpoint else None
    outcome = fit(member, splits, replace(plan, recipe=recipe, checkpoint=checkpoint))
    member.load_state_dict(outcome.weights)
    ensemble.members[index] = member
    return outcome


def _numbered(history: Iterable[EpochMetrics], before: int) -> list[EpochMetrics]:
    """Renumbers the epochs to continue those of the previous members."""
    return [replace(metrics, epoch=before + metrics.epoch) for metrics in history]


class _MemberCallback:
    """Reports the progress of one member to a callback as a part of the ensemble's."""

    def __init__(
        self, callback: Callback, before: tuple[EpochMetrics, ...], index: int, members: int
    ) -> None:
        self.callback, self.before, self.index, self.members = callback, before, index, members

    def on_step(self, step: int, total: int) -> None:
        self.callback.on_step(self.index * total + step, self.members * total)

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        whole = [*self.before, *_numbered(history, len(self.before))]
        self.callback.on_epoch(whole[-1], whole)
