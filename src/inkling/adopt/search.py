"""Decides what shapes leave open: candidates are tried on labelled training images."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkling.adopt.choices import Choices
from inkling.adopt.plan import Plan, assemble
from inkling.adopt.scoring import Images, Score, score_plan
from inkling.models.adopted import count_multiplications

MULTIPLICATIONS = 5e9  # in a second, on one core
START_SECONDS = 6.0  # for the plans to begin with
CLIMB_SECONDS = 6.0  # for one look at every alternative
PASSES = 4
FULL_SECONDS = 2.0  # for one candidate on all images
DECIDING = 2_000  # images on which candidates are compared; more only where they are close
GOOD = 0.9  # accuracy from which on rarer candidates are not tried
CLEAR = 4.0  # standard errors between two candidates that end a comparison early
GAIN = 0.03  # of the loss, that each step of rarity must bring: weights are near a minimum only
RARE = 2.5  # standard errors by which a rarer setting must explain the images better


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two plans' scores on the same images, as many as it took to tell them apart."""

    one: Score
    other: Score

    @property
    def margin(self) -> float:
        """How much more accurate the first is, a fraction."""
        return self.one.accuracy - self.other.accuracy

    @property
    def z(self) -> float:
        """Standard errors by which the first explains the images better.

        Accuracy decides where it differs clearly, else the loss, which tells more.
        """
        return self.hits if abs(self.hits) > RARE else _z(self.other.losses - self.one.losses)

    @property
    def hits(self) -> float:
        """Standard errors by which the first is more accurate."""
        return _z(self.one.right.astype(float) - self.other.right.astype(float))

    @property
    def equal(self) -> bool:
        """Whether no answer differs: such as a ReLU before or behind a maximum."""
        return np.allclose(self.one.losses, self.other.losses, rtol=1e-4, atol=1e-6)


@dataclass(frozen=True, eq=False)
class Rival:
    """The best alternative to one decision, compared with it."""

    choice: str
    plan: Plan
    comparison: Comparison

    @property
    def tied(self) -> bool:
        """Whether the images do not tell it from the decision."""
        return abs(self.comparison.z) < 2


@dataclass(frozen=True, eq=False)
class Decision:
    """The plan that explains the images best, and the best alternative to each choice."""

    plan: Plan
    score: Score
    rivals: tuple[Rival, ...]

    @property
    def margin(self) -> float:
        """Accuracy above that of the best rival; 0 or less is a tie. 1 where there is no rival."""
        return min((rival.comparison.margin for rival in self.rivals), default=1.0)

    @property
    def ties(self) -> tuple[Rival, ...]:
        """Rivals that the images do not tell from the decision."""
        return tuple(rival for rival in self.rivals if rival.tied)


def _z(differences: np.ndarray) -> float:
    error = differences.std() / np.sqrt(len(differences))
    return float(differences.mean() / error) if error > 0 else 0.0


class Search:
    """Tries candidates for one chain, on more and more of `images`."""

    def __init__(
        self, choices: Choices, images: Images, on_step: Callable[[str], None] | None = None
    ) -> None:
        self.choices, self.images = choices, images
        self.on_step = on_step or (lambda _: None)
        self.scores: dict[tuple[Plan, int], Score] = {}
        self.seconds_an_image = 1e-3

    @property
    def deciding(self) -> int:
        """The images that each comparison may take."""
        return min(DECIDING, len(self.images))

    def decide(self) -> Decision:
        """The best plan that was found, compared with its alternatives on all images."""
        best = self._climb_from(0, 16)
        if self._score(best, self.deciding).accuracy < GOOD:
            best = self._best([best, self._climb_from(16, 40)])
        self.on_step(f"comparing the alternatives on {self.deciding:,} images or more")
        best = self._refine(best)
        return Decision(best, self._score(best, self.deciding), tuple(self._rivals(best)))

    def _climb_from(self, first: int, last: int) -> Plan:
        """The best plan near the best starts."""
        starts = list(self.choices.starts(first, last))
        self.seconds_an_image = self._estimate(starts[0])
        count = self._count(START_SECONDS, len(starts), 40, 300)
        self.on_step(f"trying {len(starts)} candidates on {count} images")
        ranked = sorted(starts, key=lambda plan: self._prior_loss(plan, count))
        climbed: list[Plan] = []
        for plan in _varied(ranked, 3):
            climbed.append(self._climb(plan))
            if self._score(climbed[-1], self._few()).accuracy > GOOD:
                break
        return self._best(climbed)

    def _climb(self, plan: Plan) -> Plan:
        """Change one choice at a time for the better until none is."""
        count = self._few()
        self.on_step(f"improving a candidate on {count} images")
        for _ in range(PASSES):
            before = plan
            for others in self._each_choice(plan):
                plan = self._best([plan, *self._ranked(others, count)[:3]], count)
            if self._score(plan, count).accuracy < GOOD:
                near = self.choices.geometry_alternatives(plan)
                plan = self._ranked([plan, *near], count)[0]
            if plan == before:
                break
        return plan

    def _each_choice(self, plan: Plan) -> Iterable[list[Plan]]:
        """The alternatives to each choice, seen from the plan as it was at the start."""
        for name in self.choices.alternatives(plan):
            yield self.choices.alternatives(plan)[name]

    def _refine(self, plan: Plan) -> Plan:
        """Decide the close choices on all images, and layers' own activations."""
        for _ in range(PASSES):
            before = plan
            plan = self._best([plan, *self._promising(plan, self.choices.layer_activations(plan))])
            for others in [*self._each_choice(plan), self._geometries(plan)]:
                plan = self._best([plan, *self._promising(plan, others)])
            if plan == before:
                break
        return plan

    def _rivals(self, plan: Plan) -> list[Rival]:
        """For each choice the next best plan; settings that change no answer are no rivals."""
        choices = self.choices.alternatives(plan)
        choices["geometry"] = self._geometries(plan)
        found = []
        for name, others in choices.items():
            for other in self._promising(plan, others)[:1]:
                comparison = self._compare(plan, other)
                if not comparison.equal:
                    found.append(Rival(name, other, comparison))
        return found

    def _geometries(self, plan: Plan) -> list[Plan]:
        """The same with the most usual other strides, paddings and pools."""
        return [
            replace(plan, geometry=one, input=plan.input.model_copy(update={"side": one.side}))
            for one in self.choices.geometries[:16]
            if plan.geometry is not None and one.places != plan.geometry.places
        ]

    def _promising(self, plan: Plan, others: Sequence[Plan], most: int = 2) -> list[Plan]:
        """The best few by a look at few images, without those that change nothing."""
        few = self._few()
        own = self._score(plan, few)
        ranked = [
            other
            for other in self._ranked(others, few)
            if not Comparison(own, self._score(other, few)).equal
        ]
        return ranked[:most]

    def _best(self, plans: Sequence[Plan], most: int | None = None) -> Plan:
        """The plan that explains the images best; a rarer one must do so clearly."""
        best, *others = plans
        for other in others:
            if self._is_better(other, best, most):
                best = other
        return best

    def _is_better(self, one: Plan, other: Plan, most: int | None) -> bool:
        """Whether `one` explains the images better; as a rarer plan it must do so clearly."""
        rarer = self.choices.rarity(one) - self.choices.rarity(other)
        if rarer < -0.001:
            return not self._is_better(other, one, most)
        found = self._compare(one, other, most)
        if rarer < 0.001:
            return found.z > 0
        gain = 1 - found.one.loss / max(found.other.loss, 1e-9)
        return found.z > RARE and (gain > GAIN * min(rarer, 3) or found.hits > RARE)

    def _compare(self, one: Plan, other: Plan, most: int | None = None) -> Comparison:
        """On as many images as it takes to tell the two apart, at most `most`."""
        most = most or self._count(FULL_SECONDS, 1, self.deciding, len(self.images))
        counts = (self._few(), 4 * self._few(), self.deciding)
        for count in (*(count for count in counts if count < most), most):
            found = Comparison(self._score(one, count), self._score(other, count))
            if abs(found.z) > CLEAR or count == most:
                return found
        raise AssertionError("the last count takes all images")

    def _ranked(self, plans: Iterable[Plan], count: int) -> list[Plan]:
        return sorted(plans, key=lambda plan: self._score(plan, count).loss)

    def _score(self, plan: Plan, count: int) -> Score:
        key = plan, count
        if key not in self.scores:
            self.scores[key] = score_plan(self.choices.chain, plan, self.images.first(count))
        return self.scores[key]

    def _prior_loss(self, plan: Plan, count: int) -> float:
        """The loss on few images, where an unusual setting wins by chance: such a one pays."""
        return self._score(plan, count).loss + 0.02 * self.choices.rarity(plan)

    def _few(self) -> int:
        return self._count(CLIMB_SECONDS, 100, 120, 1000)

    def _estimate(self, plan: Plan) -> float:
        """Seconds for one image. Counted, not timed: the same file gives the same answer."""
        spec, _ = assemble(self.choices.chain, plan)
        return count_multiplications(spec.layers, spec.input.side) / MULTIPLICATIONS + 3e-5

    def _count(self, seconds: float, plans: int, least: int, most: int) -> int:
        wanted = int(seconds / plans / self.seconds_an_image)
        return min(max(least, min(wanted, most)), len(self.images))


def _varied(ranked: list[Plan], count: int) -> list[Plan]:
    """The best plans that do not share both geometry and activation."""
    chosen: dict[tuple[object, ...], Plan] = {}
    for plan in ranked:
        chosen.setdefault((plan.geometry, plan.activations), plan)
    return list(chosen.values())[:count]
