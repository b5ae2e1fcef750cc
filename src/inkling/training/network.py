"""One network by its recipe: seeded, built and fitted, the same way for every job."""

import torch
from torch import nn

from inkling.data.splits import Splits
from inkling.models.ensemble import Ensemble
from inkling.models.zoo import build_model
from inkling.training.device import computing_threads, reusing_memory
from inkling.training.ensemble import fit_ensemble
from inkling.training.loop import Fit, Plan, fit


def train_network(splits: Splits, plan: Plan) -> tuple[nn.Module, Fit]:
    """The network of the plan's recipe with the weights that were kept, and how they came about.

    The recipe's seed decides every draw; the caller's random state is left as it was. An ensemble
    is trained member by member. Raises what `fit` raises.
    """
    recipe, device = plan.recipe, plan.device
    random = torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])
    with random, computing_threads(recipe.training.threads), reusing_memory():
        torch.manual_seed(recipe.training.seed)
        model = build_model(recipe.model, len(splits.training.classes))
        if isinstance(model, Ensemble):
            outcome = fit_ensemble(model, splits, plan)
        else:
            outcome = fit(model, splits, plan)
    model.load_state_dict(outcome.weights)
    return model, outcome
