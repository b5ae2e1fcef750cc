"""Training an ensemble: its members one after the other, each as if it were alone."""

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
from inkling.training.loop import Fit, Plan, evaluate_score, fit
from inkling.training.recipe import SEEDS, Recipe


def as_ensemble(recipe: Recipe, members: int) -> Recipe:
    """The recipe for so many of its networks. Raises `RecipeError` for one of ensembles."""
    if isinstance(recipe.model, EnsembleSpec):
        raise RecipeError(f"{recipe.name} is an ensemble already; it cannot be made another")
    if isinstance(recipe.model, AdoptedSpec):
        raise RecipeError(f"{recipe.name} is an adopted network; it is not trained here")
    if members == 1:
        return recipe
    if not 2 <= members <= MAX_MEMBERS:
        raise RecipeError(f"an ensemble has 1 to {MAX_MEMBERS} members, not {members}")
    return recipe.model_copy(update={"model": EnsembleSpec(members=members, member=recipe.model)})


def fit_ensemble(ensemble: Ensemble, splits: Splits, plan: Plan) -> Fit:
    """Train the members one by one, each with a seed of its own (see `member_recipe`).

    Each is what its recipe gives with that seed on the same images, and has a checkpoint of its
    own, so an ensemble is continued within a member. The history is that of all, one behind the
    other, also while it grows; the validation score is the ensemble's.
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

    Its seed is 64 s + index for an ensemble of seed s: ensembles of neighbouring seeds share no
    member, or their figures would vary too little. The members of seed 0 have 0, 1, 2, ...
    """
    if not isinstance(recipe.model, EnsembleSpec):
        raise RecipeError(f"{recipe.name} is no ensemble")
    seed = (recipe.training.seed * MAX_MEMBERS + index) % SEEDS
    return recipe.with_seed(seed).model_copy(update={"model": recipe.model.member})


def _fit_member(ensemble: Ensemble, index: int, splits: Splits, plan: Plan) -> Fit:
    """Put the trained member in its place."""
    recipe = member_recipe(plan.recipe, index)
    torch.manual_seed(recipe.training.seed)
    member = build_model(recipe.model, len(splits.training.classes))
    checkpoint = member_folder(plan.checkpoint, index) if plan.checkpoint else None
    outcome = fit(member, splits, replace(plan, recipe=recipe, checkpoint=checkpoint))
    member.load_state_dict(outcome.weights)
    ensemble.members[index] = member
    return outcome


def _numbered(history: Iterable[EpochMetrics], before: int) -> list[EpochMetrics]:
    """The epochs counted on from those of the members before."""
    return [replace(metrics, epoch=before + metrics.epoch) for metrics in history]


class _MemberCallback:
    """Tells a callback of one member as of a part of the whole ensemble."""

    def __init__(
        self, callback: Callback, before: tuple[EpochMetrics, ...], index: int, members: int
    ) -> None:
        self.callback, self.before, self.index, self.members = callback, before, index, members

    def on_step(self, step: int, total: int) -> None:
        self.callback.on_step(self.index * total + step, self.members * total)

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        whole = [*self.before, *_numbered(history, len(self.before))]
        self.callback.on_epoch(whole[-1], whole)
