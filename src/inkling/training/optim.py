"""Builds the optimiser of a recipe, and computes the learning rate of each step."""

import math

import torch
from torch import nn

from inkling.training.eager_optimizers import EagerAdam, EagerAdamW, EagerSgd
from inkling.training.recipe import Cosine, OneCycle, Optimizer, Schedule, Sgd, Step

FUSED_DEVICES = ("cpu", "cuda")


def build_optimizer(model: nn.Module, spec: Optimizer) -> torch.optim.Optimizer:
    """The optimiser of `spec` over all parameters of `model`.

    It is fused if the device supports it: one call per step instead of several per tensor, which
    saves a third of a step for small networks (benchmarks/loader.py).
    """
    parameters = list(model.parameters())
    fused = parameters[0].device.type in FUSED_DEVICES
    if isinstance(spec, Sgd):
        return EagerSgd(
            parameters,
            lr=spec.learning_rate,
            momentum=spec.momentum,
            nesterov=spec.nesterov,
            weight_decay=spec.weight_decay,
            fused=fused,
        )
    kind = EagerAdam if spec.name == "adam" else EagerAdamW
    return kind(
        parameters,
        lr=spec.learning_rate,
        betas=spec.betas,
        eps=spec.epsilon,
        weight_decay=spec.weight_decay,
        fused=fused,
    )


def learning_rate_factor(schedule: Schedule, step: int, total: int, per_epoch: int) -> float:
    """The factor on the learning rate at `step` of `total`, counted from 0.

    It depends only on the step, so a resumed run needs no other state.
    """
    if isinstance(schedule, Step):
        return schedule.gamma ** (step // per_epoch // schedule.every_epochs)
    if isinstance(schedule, Cosine):
        return _cosine(schedule, step, total)
    if isinstance(schedule, OneCycle):
        return _one_cycle(schedule, step, total)
    return 1.0


def set_learning_rate(optimizer: torch.optim.Optimizer, spec: Optimizer, factor: float) -> float:
    """Sets the learning rate of all parameter groups to the recipe's times `factor`; returns it."""
    learning_rate = spec.learning_rate * factor
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    return learning_rate


def _cosine(schedule: Cosine, step: int, total: int) -> float:
    warmup = schedule.warmup * total
    if step < warmup:
        return (step + 1) / math.ceil(warmup)
    progress = (step - warmup) / max(1, total - warmup)
    return schedule.final + (1 - schedule.final) * (1 + math.cos(math.pi * progress)) / 2


def _one_cycle(schedule: OneCycle, step: int, total: int) -> float:
    peak = schedule.warmup * total
    if step < peak:
        return schedule.start + (1 - schedule.start) * step / peak
    return 1 + (schedule.final - 1) * (step - peak) / max(1, total - peak)
