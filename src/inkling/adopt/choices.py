"""Lists the choices that a chain of layers leaves open, and the alternatives to each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import get_args

from inkling.adopt.chain import Chain, image_side
from inkling.adopt.chain_geometry import search_geometries, usual_geometries
from inkling.adopt.geometry import Geometry, GeometrySearch
from inkling.adopt.hints import named_activations
from inkling.adopt.named_tensors import NamedTensors
from inkling.adopt.plan import Order, Plan
from inkling.adopt.scaling import NAMES, USUAL, scaling
from inkling.models.adopted_spec import ActivationName, InputSpec
from inkling.types import SIDE

ORDERS: tuple[Order, ...] = get_args(Order)
ACTIVATIONS: tuple[ActivationName, ...] = get_args(ActivationName)
FIRST_ACTIVATIONS: tuple[ActivationName, ...] = ("relu", "tanh", "sigmoid")
SECOND_ACTIVATIONS: tuple[ActivationName, ...] = ("leaky-relu", "elu", "gelu", "silu", "none")
Alternatives = dict[str, list[Plan]]


@dataclass(frozen=True)
class UserChoices:
    """The user's choices. None leaves the choice to the images."""

    normalise: str | None = None
    activation: ActivationName | None = None


@dataclass(frozen=True, eq=False)
class OpenChoices:
    """The open choices of one chain. `geometries` are sorted from common to rare."""

    chain: Chain
    user_choices: UserChoices
    geometries: tuple[Geometry, ...]
    search: GeometrySearch | None
    activations: tuple[ActivationName, ...]

    def starts(self, first: int, last: int) -> Iterator[Plan]:
        """Initial plans: geometries `first` to `last` with the usual activations and scalings."""
        scalings = [self.user_choices.normalise] if self.user_choices.normalise else [*USUAL[:2]]
        wanted = self.user_choices.activation
        activations: tuple[ActivationName, ...] = (wanted,) if wanted else self.activations
        for geometry in self.geometries[first:last] or (None,):
            for name in scalings:
                for activation in activations:
                    plan = self._start(geometry, scaling(name), activation)
                    yield plan
                    if plan.input.side > SIDE:
                        fit = plan.input.model_copy(update={"fit": "resize"})
                        yield replace(plan, input=fit)

    def _start(
        self, geometry: Geometry | None, spec: InputSpec, activation: ActivationName
    ) -> Plan:
        chain = self.chain
        first = chain.blocks[0]
        side = geometry.side if geometry else SIDE
        if first.layer.kind == "linear":
            side = image_side(first.inputs)
        channels = first.inputs if first.layer.kind == "conv" else 1
        rooms = [block.norm_room for block in chain.blocks if block.norm_room is not None]
        return Plan(
            input=spec.model_copy(update={"side": side, "channels": channels}),
            activations=(activation,) * len(chain.blocks),
            geometry=geometry,
            order="act-norm-pool" if rooms and min(rooms) >= 1 else "norm-act-pool",
            flatten="channels-last" if chain.keras else "channels-first",
            epsilon=1e-3 if chain.keras else 1e-5,
        )

    def alternatives(self, plan: Plan) -> Alternatives:
        """For each open choice, the plans with another value."""
        found: Alternatives = {
            "scaling": self._scalings(plan),
            "image": self._images(plan),
            "activation": self._activations(plan),
            "order": self._orders(plan),
            "pooling": self._pools(plan),
            "flattening": self._flattenings(plan),
            "answer": self._answers(plan),
        }
        if self.chain.keras and any(block.norm for block in self.chain.blocks):
            other = 1e-5 if plan.epsilon > 1e-4 else 1e-3
            found["epsilon"] = [replace(plan, epsilon=other)]
        return {name: plans for name, plans in found.items() if plans}

    def rarity(self, plan: Plan) -> float:
        """How rare the settings of a plan are. A rarer plan must be clearly better."""
        spec = plan.input
        usual = [(scaling(name).mean, scaling(name).std) for name in USUAL]
        scaled = (spec.mean, spec.std) not in usual and self.user_choices.normalise is None
        inverted = spec.inverted and self.user_choices.normalise is None
        odd = set(plan.activations) - set(self.activations) - {self.user_choices.activation}
        # SiLU and GELU give nearly the same network. GELU is more common in these files.
        near_gelu = 0.5 * ("silu" in odd)
        odder = odd - set(SECOND_ACTIVATIONS)
        return (
            (plan.geometry.cost if plan.geometry else 0.0)
            + 2 * scaled
            + inverted
            + spec.transposed
            + spec.binary
            + len(odd)
            + len(odder)
            + near_gelu
            + len(set(plan.activations))
            + (plan.order not in ORDERS[:2])
            + (plan.flatten == "channels-last" and not self.chain.keras)
        )

    def geometry_alternatives(self, plan: Plan) -> list[Plan]:
        """The plan with other strides, paddings or pools."""
        if plan.geometry is None or self.search is None:
            return []
        near = self.search.neighbours(plan.geometry)
        return [
            replace(plan, geometry=one, input=plan.input.model_copy(update={"side": one.side}))
            for one in near
            if one.places != plan.geometry.places
        ]

    def usual_alternatives(self, plan: Plan) -> list[Plan]:
        """The usual activations, each with every scaling, if the plan has a rarer activation.

        A rare scaling with a rare activation can be better than either alone.
        """
        if self.user_choices.activation or set(plan.activations) <= {*self.activations, "none"}:
            return []
        whole = range(len(plan.activations))
        scaled = [plan, *self._scalings(plan)]
        return [
            _with_activation(other, whole, name) for other in scaled for name in self.activations
        ]

    def layer_activations(self, plan: Plan) -> list[Plan]:
        """The plan with another activation, or none, after a single layer."""
        if self.user_choices.activation:
            return []
        found = []
        for index in range(len(plan.activations) - 1):
            for name in ("none", *self.activations):
                if name != plan.activations[index]:
                    found.append(_with_activation(plan, range(index, index + 1), name))
        return found

    def _scalings(self, plan: Plan) -> list[Plan]:
        if self.user_choices.normalise:
            return []
        now = plan.input
        found = []
        for name in NAMES:
            for inverted in (False, True):
                spec = scaling(name)
                update = {"mean": spec.mean, "std": spec.std, "inverted": inverted}
                if (now.mean, now.std, now.inverted) != (spec.mean, spec.std, inverted):
                    found.append(replace(plan, input=now.model_copy(update=update)))
        return found

    def _images(self, plan: Plan) -> list[Plan]:
        now = plan.input
        updates: list[dict[str, object]] = [
            {"transposed": not now.transposed},
            {"binary": not now.binary},
        ]
        if now.side > SIDE:
            updates += [
                dict[str, object](fit=fit)
                for fit in ("pad", "pad-pixels", "resize")
                if fit != now.fit
            ]
        return [replace(plan, input=now.model_copy(update=update)) for update in updates]

    def _activations(self, plan: Plan) -> list[Plan]:
        if self.user_choices.activation:
            return []
        count, convolutions = len(plan.activations), len(self.chain.convolutions)
        found = [_with_activation(plan, range(count), name) for name in ACTIVATIONS]
        if 0 < convolutions < count - 1:
            found += [
                _with_activation(plan, part, name)
                for part in (range(convolutions), range(convolutions, count))
                for name in ("none", *FIRST_ACTIVATIONS)
            ]
        return [other for other in found if other.activations != plan.activations]

    def _orders(self, plan: Plan) -> list[Plan]:
        normed = any(block.norm for block in self.chain.blocks)
        if not normed and plan.pooling == "max" and _monotone(plan):
            return []
        return [replace(plan, order=order) for order in ORDERS if order != plan.order]

    def _pools(self, plan: Plan) -> list[Plan]:
        if plan.geometry is None or not any(place.pool for place in plan.geometry.places):
            return []
        return [replace(plan, pooling="average" if plan.pooling == "max" else "max")]

    def _flattenings(self, plan: Plan) -> list[Plan]:
        geometry = plan.geometry
        if geometry is None or not self.chain.dense:
            return []
        if geometry.pooled == 1 or (geometry.sides[-1] == 1 and not geometry.pooled):
            return []
        other = "channels-first" if plan.flatten == "channels-last" else "channels-last"
        return [replace(plan, flatten=other)]

    def _answers(self, plan: Plan) -> list[Plan]:
        first = self.chain.blocks[0].layer
        if first.kind != "recurrent":
            return []
        found = [
            replace(plan, answer=answer)
            for answer in ("last", "state", "mean")
            if plan.answer not in (answer, "all")
        ]
        hidden = first.weights["weight_hh_l0"].shape
        if hidden[0] == hidden[1]:
            other = "relu" if plan.cell_activation == "tanh" else "tanh"
            found.append(replace(plan, cell_activation=other))
        return found


def _with_activation(plan: Plan, part: range, name: ActivationName) -> Plan:
    return replace(
        plan,
        activations=tuple(
            name if index in part else old for index, old in enumerate(plan.activations)
        ),
    )


def _monotone(plan: Plan) -> bool:
    """Whether all activations commute with max pooling."""
    return not {"gelu", "silu", "mish", "square"} & set(plan.activations)


def open_choices(chain: Chain, named: NamedTensors, user_choices: UserChoices) -> OpenChoices:
    """The choices of a chain. Raises `ModelError` if no geometry fits the shapes."""
    activations = tuple(dict.fromkeys((*named_activations(named), *FIRST_ACTIVATIONS)))
    if not chain.convolutions:
        return OpenChoices(chain, user_choices, (), None, activations)
    search = search_geometries(chain, named)
    return OpenChoices(chain, user_choices, usual_geometries(chain, search), search, activations)
