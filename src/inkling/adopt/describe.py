"""Describes an inferred network in words: its architecture and the choices that stay open."""

from inkling.adopt.chain import Chain
from inkling.adopt.comparison import Decision, Rival
from inkling.adopt.geometry import Geometry
from inkling.adopt.plan import Plan
from inkling.adopt.scaling import describe_scaling
from inkling.models.adopted_spec import ActivationName


def describe_architecture(chain: Chain, plan: Plan) -> str:
    """Such as `conv 1-32 3x3, conv 32-64 3x3, max pool 2, linear 9216-128-10, relu`."""
    words = []
    for index, block in enumerate(chain.convolutions):
        assert plan.geometry is not None
        place = plan.geometry.places[index]
        kernel = block.layer.weights["weight"].shape[2]
        word = f"conv {block.inputs}-{block.outputs} {kernel}x{kernel}"
        if place.stride > 1:
            word += f" stride {place.stride}"
        if place.padding:
            word += f" padding {place.padding}"
        if block.norm:
            word += f" + {block.norm.kind.replace('vector', 'layer')}"
        words.append(word)
        if place.pool:
            words.append(f"{plan.pooling} pool {place.pool.kernel}")
    if plan.geometry and plan.geometry.pooled:
        words.append("global mean" if plan.geometry.pooled == 1 else "adaptive pool")
    words += [
        f"{block.layer.kind} {block.inputs}-{block.outputs}"
        + (f" + {block.norm.kind.replace('vector', 'layer')}" if block.norm else "")
        for block in chain.blocks
        if block.layer.kind != "conv"
    ]
    words += dict.fromkeys(_activations(chain, plan))
    return ", ".join(words)


def _activations(chain: Chain, plan: Plan) -> list[ActivationName | str]:
    return [
        "prelu" if block.prelu else name
        for block, name in zip(chain.blocks[:-1], plan.activations, strict=False)
    ]


def describe_ties(decision: Decision) -> tuple[str, ...]:
    """One sentence per choice that the images do not decide."""
    return tuple(
        f"{rival.choice}: {_value(decision.plan, rival)} or {_value(rival.plan, rival)}"
        for rival in decision.ties
    )


def _value(plan: Plan, rival: Rival) -> str:
    """The value of a plan for the choice of a rival."""
    if rival.choice in ("scaling", "image"):
        return describe_scaling(plan.input)
    if rival.choice == "activation":
        return "/".join(dict.fromkeys(plan.activations[:-1])) or "none"
    if rival.choice == "geometry" and plan.geometry is not None:
        return _describe_geometry(plan.geometry)
    return str(
        {
            "order": plan.order,
            "pooling": plan.pooling,
            "flattening": plan.flatten,
            "answer": f"{plan.answer} {plan.cell_activation}",
            "epsilon": plan.epsilon,
        }.get(rival.choice, "another")
    )


def _describe_geometry(geometry: Geometry) -> str:
    words = [
        f"stride {place.stride} padding {place.padding}"
        + (f" pool {place.pool.kernel}/{place.pool.stride}" if place.pool else "")
        for place in geometry.places
    ]
    return "; ".join(words)
