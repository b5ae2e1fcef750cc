"""Compares plans on the same images, and the decision with its best alternatives."""

from dataclasses import dataclass

import numpy as np

from inkling.adopt.plan import Plan
from inkling.adopt.scoring import PlanScore

RARE_Z = 2.5  # standard errors by which a rarer setting must be better


@dataclass(frozen=True, eq=False)
class PlanComparison:
    """The scores of two plans on the same images, as many as needed to separate them."""

    one: PlanScore
    other: PlanScore

    @property
    def margin(self) -> float:
        """The accuracy of the first minus that of the second, a fraction."""
        return self.one.accuracy - self.other.accuracy

    @property
    def z(self) -> float:
        """The difference in standard errors by which the first plan is better.

        A clear difference of the accuracy decides, or else the loss, which is more sensitive.
        """
        return self.hits if abs(self.hits) > RARE_Z else _z(self.other.losses - self.one.losses)

    @property
    def hits(self) -> float:
        """The difference of the accuracies in standard errors."""
        return _z(self.one.right.astype(float) - self.other.right.astype(float))

    @property
    def equal(self) -> bool:
        """Whether all answers are equal, as for a ReLU before or after max pooling."""
        return np.allclose(self.one.losses, self.other.losses, rtol=1e-4, atol=1e-6)


@dataclass(frozen=True, eq=False)
class Rival:
    """The best alternative to one choice, compared with the decision."""

    choice: str
    plan: Plan
    comparison: PlanComparison

    @property
    def tied(self) -> bool:
        """Whether the images do not separate it from the decision."""
        return abs(self.comparison.z) < 2


@dataclass(frozen=True, eq=False)
class Decision:
    """The best plan, and the best alternative to each of its choices."""

    plan: Plan
    score: PlanScore
    rivals: tuple[Rival, ...]

    @property
    def margin(self) -> float:
        """The accuracy minus that of the best rival; 0 or less is a tie. 1 without a rival."""
        return min((rival.comparison.margin for rival in self.rivals), default=1.0)

    @property
    def ties(self) -> tuple[Rival, ...]:
        """The rivals that the images do not separate from the decision."""
        return tuple(rival for rival in self.rivals if rival.tied)


def _z(differences: np.ndarray) -> float:
    error = differences.std() / np.sqrt(len(differences))
    return float(differences.mean() / error) if error > 0 else 0.0
