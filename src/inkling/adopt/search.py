"""Searches the choices that shapes leave open by testing candidates on labelled images."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from inkling.adopt.choices import OpenChoices
from inkling.adopt.comparison import RARE_Z, Decision, PlanComparison, Rival
from inkling.adopt.plan import Plan, assemble
from inkling.adopt.scoring import Images, PlanScore, score_plan
from inkling.models.adopted import count_multiplications
from inkling.types import SIDE

MULTIPLICATIONS = 5e9  # per second on one core
START_SECONDS = 6.0  # time for the initial plans
CLIMB_SECONDS = 6.0  # time for one pass over all alternatives
PASSES = 4
FULL_SECONDS = 2.0  # time for one candidate on all images
COMPARED_IMAGES = 2_000  # images on which candidates are compared; more if they are close
GOOD = 0.9  # accuracy from which rarer candidates are not tried
CHANCE_Z = 4.0  # standard errors over the accuracy of guessing, for a candidate to be improved
CLEAR_Z = 4.0  # difference in standard errors that ends a comparison early
MIN_GAIN = 0.05  # relative gain of the loss required per step of rarity


def input_sizes(side: int, fit: str) -> list[dict[str, object]]:
    """The input settings to try for images of `side` pixels: `fit`, and resizing if it differs."""
    fits = dict.fromkeys((fit, "resize") if side > SIDE else (fit,))
    return [{"side": side, "fit": one} for one in fits]


class Search:
    """Tests candidates for one chain on increasing numbers of `images`."""

    def __init__(
        self, choices: OpenChoices, images: Images, on_step: Callable[[str], None] | None = None
    ) -> None:
        self.choices, self.images = choices, images
        self.on_step = on_step or (lambda _: None)
        self.scores: dict[tuple[Plan, int], PlanScore] = {}
        self.seconds_an_image = 1e-3

    @property
    def deciding(self) -> int:
        """The number of images that each comparison may use."""
        return min(COMPARED_IMAGES, len(self.images))

    def decide(self) -> Decision:
        """Finds the best plan, and compares it with its alternatives on all images."""
        best = self._climb_from(0, 16)
        if self._score(best, self.deciding).accuracy < GOOD:
            best = self._best([best, self._climb_from(16, 40)])
        if self._is_untrained(best, self.deciding):
            return Decision(best, self._score(best, self.deciding), ())
        self.on_step(f"comparing the alternatives on {self.deciding:,} images or more")
        best = self._refine(best)
        return Decision(best, self._score(best, self.deciding), tuple(self._rivals(best)))

    def _climb_from(self, first: int, last: int) -> Plan:
        """The best plan near the best initial plans."""
        starts = list(self.choices.starts(first, last))
        self.seconds_an_image = self._estimate(starts[0])
        count = self._count(START_SECONDS, len(starts), 40, 300)
        self.on_step(f"trying {len(starts)} candidates on {count} images")
        ranked = sorted(starts, key=lambda plan: self._prior_loss(plan, count))
        if all(self._is_untrained(plan, count) for plan in starts):
            return ranked[0]  # no choice of settings mends a network that guesses with all of them
        climbed: list[Plan] = []
        for plan in _varied(ranked, 3):
            climbed.append(self._climb(plan))
            if self._score(climbed[-1], self._few()).accuracy > GOOD:
                break
        return self._best(climbed)

    def _is_untrained(self, plan: Plan, count: int) -> bool:
        """Whether the accuracy on `count` images is near that of guessing."""
        guessing = 1 / (1 + int(self.images.labels.max()))
        error = (guessing * (1 - guessing) / count) ** 0.5
        return self._score(plan, count).accuracy <= guessing + CHANCE_Z * error

    def _climb(self, plan: Plan) -> Plan:
        """Improves one choice at a time until no change helps."""
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
        """The alternatives to each choice of the initial plan."""
        for name in self.choices.alternatives(plan):
            yield self.choices.alternatives(plan)[name]

    def _refine(self, plan: Plan) -> Plan:
        """Decides close choices, and the activation of each layer, on all images."""
        for _ in range(PASSES):
            before = plan
            plan = self._best([plan, *self._promising(plan, self.choices.layer_activations(plan))])
            for others in [*self._each_choice(plan), self._geometries(plan)]:
                plan = self._best([plan, *self._promising(plan, others)])
            usual = self.choices.usual_alternatives(plan)
            plan = self._best([plan, *self._promising(plan, usual)])
            if plan == before:
                break
        return plan

    def _rivals(self, plan: Plan) -> list[Rival]:
        """The best alternative for each choice. Settings that change no answer do not count."""
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
        """The plan with other common strides, paddings and pools, padded or resized to fit."""
        if plan.geometry is None:
            return []
        return [
            replace(plan, geometry=one, input=plan.input.model_copy(update=update))
            for one in self.choices.geometries[:16]
            if one.places != plan.geometry.places
            for update in input_sizes(one.side, plan.input.fit)
        ]

    def _promising(self, plan: Plan, others: Sequence[Plan], most: int = 2) -> list[Plan]:
        """The best plans on a few images, without those that change nothing."""
        few = self._few()
        own = self._score(plan, few)
        ranked = [
            other
            for other in self._ranked(others, few)
            if not PlanComparison(own, self._score(other, few)).equal
        ]
        return ranked[:most]

    def _best(self, plans: Sequence[Plan], most: int | None = None) -> Plan:
        """The best plan. A rarer plan must be clearly better."""
        best, *others = plans
        for other in others:
            if self._is_better(other, best, most):
                best = other
        return best

    def _is_better(self, one: Plan, other: Plan, most: int | None) -> bool:
        """Whether `one` is better. A rarer plan must be clearly better."""
        rarer = self.choices.rarity(one) - self.choices.rarity(other)
        if rarer < -0.001:
            return not self._is_better(other, one, most)
        found = self._compare(one, other, most)
        if rarer < 0.001:
            return found.z > 0
        gain = 1 - found.one.loss / max(found.other.loss, 1e-9)
        return found.z > RARE_Z and (gain > MIN_GAIN * min(rarer, 3) or found.hits > RARE_Z)

    def _compare(self, one: Plan, other: Plan, most: int | None = None) -> PlanComparison:
        """Compares two plans on as many images as needed, at most `most`."""
        most = most or self._count(FULL_SECONDS, 1, self.deciding, len(self.images))
        counts = (self._few(), 4 * self._few(), self.deciding)
        for count in (*(count for count in counts if count < most), most):
            found = PlanComparison(self._score(one, count), self._score(other, count))
            if abs(found.z) > CLEAR_Z or count == most:
                return found
        raise AssertionError("the last count takes all images")

    def _ranked(self, plans: Iterable[Plan], count: int) -> list[Plan]:
        return sorted(plans, key=lambda plan: self._score(plan, count).loss)

    def _score(self, plan: Plan, count: int) -> PlanScore:
        key = plan, count
        if key not in self.scores:
            self.scores[key] = score_plan(self.choices.chain, plan, self.images.first(count))
        return self.scores[key]

    def _prior_loss(self, plan: Plan, count: int) -> float:
        """The loss on few images plus a penalty for unusual settings, which may win by chance."""
        return self._score(plan, count).loss + 0.02 * self.choices.rarity(plan)

    def _few(self) -> int:
        return self._count(CLIMB_SECONDS, 100, 120, 1000)

    def _estimate(self, plan: Plan) -> float:
        """Estimated seconds per image. It is counted, not measured, so results are reproducible."""
        spec, _ = assemble(self.choices.chain, plan)
        return count_multiplications(spec.layers, spec.input.side) / MULTIPLICATIONS + 3e-5

    def _count(self, seconds: float, plans: int, least: int, most: int) -> int:
        wanted = int(seconds / plans / self.seconds_an_image)
        return min(max(least, min(wanted, most)), len(self.images))


def _varied(ranked: list[Plan], count: int) -> list[Plan]:
    """The best plans that differ in geometry or activation."""
    chosen: dict[tuple[object, ...], Plan] = {}
    for plan in ranked:
        chosen.setdefault((plan.geometry, plan.activations), plan)
    return list(chosen.values())[:count]
