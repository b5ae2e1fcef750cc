"""Training a committee: its members one after the other, each as if it were alone."""

from dataclasses import replace

import torch

from inkling.data.loader import ResidentDigits
from inkling.data.splits import Splits
from inkling.errors import RecipeError
from inkling.models.committee import Committee, CommitteeSpec
from inkling.models.zoo import build_model
from inkling.training.loop import Fit, Plan, evaluate_score, fit
from inkling.training.recipe import Recipe


def as_committee(recipe: Recipe, members: int) -> Recipe:
    """The recipe for so many of its networks. Raises `RecipeError` for one of committees."""
    if isinstance(recipe.model, CommitteeSpec):
        raise RecipeError(f"{recipe.name} is a committee already; it cannot be made another")
    if members == 1:
        return recipe
    if not 2 <= members <= 64:
        raise RecipeError(f"a committee has 1 to 64 members, not {members}")
    return recipe.model_copy(update={"model": CommitteeSpec(members=members, member=recipe.model)})


def fit_committee(committee: Committee, splits: Splits, plan: Plan) -> Fit:
    """Train the members with the seeds s, s + 1, ... that follow the recipe's own s.

    Each is what its recipe gives with that seed on the same pictures, and has a checkpoint of its
    own, so a committee is continued within a member. The history is that of all, one behind the
    other; the validation score is the committee's.
    """
    outcomes: list[Fit] = []
    for index in range(len(committee.members)):
        recipe = member_recipe(plan.recipe, index)
        torch.manual_seed(recipe.training.seed)
        member = build_model(recipe.model, len(splits.training.classes))
        checkpoint = plan.checkpoint.with_name(f"checkpoint-{index}") if plan.checkpoint else None
        outcome = fit(member, splits, replace(plan, recipe=recipe, checkpoint=checkpoint))
        outcomes.append(outcome)
        member.load_state_dict(outcome.weights)
        committee.members[index] = member
    history = [metrics for outcome in outcomes for metrics in outcome.history]
    numbered = [replace(metrics, epoch=place) for place, metrics in enumerate(history, start=1)]
    validation = None
    if splits.validation:
        validation = evaluate_score(committee, ResidentDigits(splits.validation, plan.device))
    return Fit(
        weights={name: value.detach() for name, value in committee.state_dict().items()},
        kept_epoch=len(numbered),
        history=tuple(numbered),
        validation=validation,
        seconds=sum(outcome.seconds for outcome in outcomes),
    )


def member_recipe(recipe: Recipe, index: int) -> Recipe:
    """The recipe of the member at `index`, counted from 0."""
    if not isinstance(recipe.model, CommitteeSpec):
        raise RecipeError(f"{recipe.name} is no committee")
    training = recipe.training.model_copy(update={"seed": recipe.training.seed + index})
    return recipe.model_copy(update={"model": recipe.model.member, "training": training})
