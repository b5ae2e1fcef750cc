"""Builds and trains the network of a recipe with its seed, for all jobs."""

import torch
from torch import nn

from inkling.data.splits import Splits
from inkling.models.ensemble import Ensemble
from inkling.models.zoo import build_model
from inkling.training.checkpoint import saved_threads
from inkling.training.device import reusing_memory
from inkling.training.ensemble import fit_ensemble
from inkling.training.loop import Fit, TrainingPlan, fit
from inkling.training.threads import choose_threads, computing_threads


def train_network(splits: Splits, plan: TrainingPlan) -> tuple[nn.Module, Fit]:
    """Trains the network of the plan's recipe. Returns its selected weights and the history.

    The recipe's seed decides all random numbers. The caller's random state does not change. An
    ensemble is trained member by member. Raises the errors of `fit`.
    """
    recipe, device = plan.recipe, plan.device
    random = torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])
    # A resumed run uses the same number of threads, so that sums have the same order.
    threads = saved_threads(plan.checkpoint) or choose_threads(recipe.training.threads)
    with random, computing_threads(threads), reusing_memory():
        torch.manual_seed(recipe.training.seed)
        model = build_model(recipe.model, len(splits.training.classes))
        if isinstance(model, Ensemble):
            outcome = fit_ensemble(model, splits, plan)
        else:
            outcome = fit(model, splits, plan)
    model.load_state_dict(outcome.weights)
    return model, outcome
