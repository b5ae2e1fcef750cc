import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from inkling.training.optim import build_optimizer, learning_rate_factor, set_learning_rate
from inkling.training.recipe import Adam, Constant, Cosine, OneCycle, Optimizer, Schedule, Sgd, Step

PER_EPOCH, TOTAL = 10, 100


def factors(schedule: Schedule) -> list[float]:
    return [learning_rate_factor(schedule, step, TOTAL, PER_EPOCH) for step in range(TOTAL)]


def torch_factors(make, every: int = 1) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    seen = []
    for step in range(TOTAL):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (step + 1) % every == 0:
            scheduler.step()
    return seen


def test_step_is_torchs_step_lr() -> None:
    wanted = torch_factors(lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.1), PER_EPOCH)
    assert factors(Step(every_epochs=3, gamma=0.1)) == pytest.approx(wanted)


def test_cosine_is_torchs_cosine() -> None:
    wanted = torch_factors(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, TOTAL))
    assert factors(Cosine()) == pytest.approx(wanted, abs=1e-12)


def test_warm_up_ends_at_the_full_rate() -> None:
    values = factors(Cosine(warmup=0.2, final=0.1))
    assert values[19] == pytest.approx(1)
    assert values[:20] == sorted(values[:20])
    assert values[20:] == sorted(values[20:], reverse=True)
    assert values[-1] == pytest.approx(0.1, abs=0.01)


def test_one_cycle_is_torchs_triangle() -> None:
    def make(optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
        return torch.optim.lr_scheduler.CyclicLR(
            optimizer, 0.1, 1.0, step_size_up=25, step_size_down=75, cycle_momentum=False
        )

    ours = factors(OneCycle(warmup=0.25, start=0.1, final=0.1))
    assert ours == pytest.approx(torch_factors(make), abs=1e-9)


def test_constant_stays() -> None:
    assert set(factors(Constant())) == {1.0}


SPECS: list[tuple[Optimizer, type, dict]] = [
    (Sgd(learning_rate=0.1), torch.optim.SGD, {"lr": 0.1}),
    (
        Sgd(learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    (Adam(weight_decay=0.1), torch.optim.Adam, {"weight_decay": 0.1}),
    (
        Adam(name="adamw", betas=(0.8, 0.9), weight_decay=0.1),
        torch.optim.AdamW,
        {"betas": (0.8, 0.9), "weight_decay": 0.1},
    ),
]


@pytest.mark.parametrize(("spec", "reference", "arguments"), SPECS)
def test_steps_are_those_of_the_plain_optimiser(spec, reference, arguments: dict) -> None:
    torch.manual_seed(0)
    ours = nn.Linear(7, 3)
    theirs = copy.deepcopy(ours)
    pairs = [
        (ours, build_optimizer(ours, spec)),
        (theirs, reference(theirs.parameters(), foreach=False, **arguments)),
    ]
    for step in range(5):
        inputs = torch.randn(4, 7)
        for model, optimizer in pairs:
            set_learning_rate(optimizer, spec, 0.5**step)
            optimizer.zero_grad()
            model(inputs).square().mean().backward()
            optimizer.step()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(mine, other, atol=1e-6)


STEP_EACH = """
import sys
import torch
from inkling.training.optim import build_optimizer
from inkling.training.recipe import Adam, Sgd

for spec in (Sgd(momentum=0.9), Adam(), Adam(name="adamw")):
    layer = torch.nn.Linear(2, 2)
    optimizer = build_optimizer(layer, spec)
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    optimizer.load_state_dict(optimizer.state_dict())
print("torch._dynamo" in sys.modules)
"""


def test_no_optimiser_imports_the_compiler() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STEP_EACH], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
