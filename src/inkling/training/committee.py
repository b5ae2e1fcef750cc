"""Training a committee: its members one after the other, each as if it were alone."""

from collections.abc import Iterable
from dataclasses import replace

import torch

from inkling.data.loader import ResidentDigits
from inkling.data.splits import Splits
from inkling.errors import RecipeError
from inkling.models.committee import MAX_MEMBERS, Committee, CommitteeSpec
from inkling.models.zoo import build_model
from inkling.training.checkpoint import member_folder
from inkling.training.history import EpochMetrics
from inkling.training.loop import Fit, Plan, evaluate_score, fit
from inkling.training.recipe import SEEDS, Recipe
from inkling.training.watch import Watch


def as_committee(recipe: Recipe, members: int) -> Recipe:
    """The recipe for so many of its networks. Raises `RecipeError` for one of committees."""
    if isinstance(recipe.model, CommitteeSpec):
        raise RecipeError(f"{recipe.name} is a committee already; it cannot be made another")
    if members == 1:
        return recipe
    if not 2 <= members <= MAX_MEMBERS:
        raise RecipeError(f"a committee has 1 to {MAX_MEMBERS} members, not {members}")
    return recipe.model_copy(update={"model": CommitteeSpec(members=members, member=recipe.model)})


def fit_committee(committee: Committee, splits: Splits, plan: Plan) -> Fit:
    """Train the members one by one, each with a seed of its own (see `member_recipe`).

    Each is what its recipe gives with that seed on the same pictures, and has a checkpoint of its
    own, so a committee is continued within a member. The history is that of all, one behind the
    other, also while it grows; the validation score is the committee's.
    """
    history: list[EpochMetrics] = []
    seconds = 0.0
    for index in range(len(committee.members)):
        watch = _MemberWatch(plan.watch, tuple(history), index, len(committee.members))
        outcome = _fit_member(committee, index, splits, replace(plan, watch=watch))
        history += _numbered(outcome.history, len(history))
        seconds += outcome.seconds
    validation = None
    if splits.validation:
        validation = evaluate_score(committee, ResidentDigits(splits.validation, plan.device))
    return Fit(
        weights={name: value.detach() for name, value in committee.state_dict().items()},
        kept_epoch=len(history),
        history=tuple(history),
        validation=validation,
        seconds=seconds,
    )


def member_recipe(recipe: Recipe, index: int) -> Recipe:
    """The recipe of the member at `index`, counted from 0.

    Its seed is 64 s + index for a committee of seed s: committees of neighbouring seeds share no
    member, or their figures would vary too little. The members of seed 0 have 0, 1, 2, ...
    """
    if not isinstance(recipe.model, CommitteeSpec):
        raise RecipeError(f"{recipe.name} is no committee")
    seed = (recipe.training.seed * MAX_MEMBERS + index) % SEEDS
    return recipe.with_seed(seed).model_copy(update={"model": recipe.model.member})


def _fit_member(committee: Committee, index: int, splits: Splits, plan: Plan) -> Fit:
    """Put the trained member in its place."""
    recipe = member_recipe(plan.recipe, index)
    torch.manual_seed(recipe.training.seed)
    member = build_model(recipe.model, len(splits.training.classes))
    checkpoint = member_folder(plan.checkpoint, index) if plan.checkpoint else None
    outcome = fit(member, splits, replace(plan, recipe=recipe, checkpoint=checkpoint))
    member.load_state_dict(outcome.weights)
    committee.members[index] = member
    return outcome


def _numbered(history: Iterable[EpochMetrics], before: int) -> list[EpochMetrics]:
    """The epochs counted on from those of the members before."""
    return [replace(metrics, epoch=before + metrics.epoch) for metrics in history]


class _MemberWatch:
    """Tells a watch of one member as of a part of the whole committee."""

    def __init__(
        self, watch: Watch, before: tuple[EpochMetrics, ...], index: int, members: int
    ) -> None:
        self.watch, self.before, self.index, self.members = watch, before, index, members

    def on_step(self, step: int, total: int) -> None:
        self.watch.on_step(self.index * total + step, self.members * total)

    def on_epoch(self, metrics: EpochMetrics, history: list[EpochMetrics]) -> None:
        whole = [*self.before, *_numbered(history, len(self.before))]
        self.watch.on_epoch(whole[-1], whole)
