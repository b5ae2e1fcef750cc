"""Collects the tensors of a checkpoint by name, and the attributes of its pickled modules."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from inkling.adopt.checkpoint_file import Opened
from inkling.adopt.pickle_nodes import Call, Name
from inkling.errors import ModelError

MAX_NESTING = 60
# Words in keys of training state that is stored beside the weights.
TRAINING_STATE = (
    "optim",
    "sched",
    "exp_avg",
    "momentum_buffer",
    "square_avg",
    "grad_scaler",
    "rng_state",
)
HOOKS = ("_hooks", "_hook")  # attributes of a module that hold no weights
MODULE_PARTS = ("_parameters", "_buffers", "_modules")


@dataclass(frozen=True, eq=False)
class NamedTensors:
    """Tensors in the order of the file, and the modules that the file describes.

    `modules` maps a module's path to its class name and plain attributes.
    """

    tensors: dict[str, Tensor]
    modules: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    code: str = ""

    def under(self, prefix: str) -> "NamedTensors":
        """The tensors below `prefix`, which ends in a dot, without the prefix."""
        size = len(prefix)
        return NamedTensors(
            {name[size:]: value for name, value in self.tensors.items() if name.startswith(prefix)},
            {path[size:]: what for path, what in self.modules.items() if path.startswith(prefix)},
            self.code,
        )


def collect_tensors(opened: Opened) -> NamedTensors:
    """All tensors of the file except those of an optimiser.

    Raises `ModelError` if there is none (a pickled class, or an optimiser's state alone), or if one
    is not finite.
    """
    walk = _Walk(opened)
    walk.visit(opened.tree, (), 0)
    weights = {name: value for name, value in walk.tensors.items() if value.ndim >= 2}
    if not weights:
        raise ModelError(walk.reason())
    for name, value in weights.items():
        if not value.isfinite().all():
            raise ModelError(f"its tensor {name} has values that are not finite, as of a training "
                             "that diverged")  # fmt: skip
    return NamedTensors(walk.tensors, walk.modules, opened.code)


class _Walk:
    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.tensors: dict[str, Tensor] = {}
        self.modules: dict[str, tuple[str, dict[str, Any]]] = {}
        self.seen: set[int] = set()
        self.classes: list[str] = []
        self.optimizer = False

    def visit(self, value: Any, path: tuple[str, ...], depth: int) -> None:
        if depth > MAX_NESTING or isinstance(value, str | bytes | int | float | bool | None):
            return
        tensor = self.opened.resolver.tensor(value)
        if tensor is not None:
            if tensor.dtype.is_floating_point and not tensor.dtype.is_complex:
                self.tensors.setdefault(".".join(path), tensor.float())
            return
        if id(value) in self.seen:
            return
        self.seen.add(id(value))
        for key, child in self.children(value, path):
            if self.is_beside(key):
                self.optimizer = True
            else:
                self.visit(child, (*path, key) if key else path, depth + 1)

    def is_beside(self, key: str) -> bool:
        lower = key.lower()
        return any(word in lower for word in TRAINING_STATE) or lower.endswith(HOOKS)

    def children(self, value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        """The items of a container with their keys. The key "" adds nothing to the name."""
        if isinstance(value, dict):
            if {"state", "param_groups"} <= set(value):
                self.optimizer = True
                return
            yield from ((str(key), child) for key, child in value.items())
        elif isinstance(value, list | tuple):
            yield from ((str(index), child) for index, child in enumerate(value))
        elif isinstance(value, Call):
            yield from self.parts_of(value, path)
        elif isinstance(value, Name):
            self.classes.append(str(value))

    def parts_of(self, call: Call, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        name = _class_name(call)
        self.classes.append(name)
        if name.startswith("torch.optim"):
            self.optimizer = True
            return
        state = call.state
        if isinstance(state, tuple) and len(state) == 2:  # (attributes, slots)
            state = {**(state[0] or {}), **(state[1] or {})}
        if isinstance(state, dict) and name != "collections.OrderedDict":
            plain = {str(key): _plain(part) for key, part in state.items()}
            self.modules[".".join(path)] = (name, plain)
            yield from (("", state[part]) for part in MODULE_PARTS if part in state)
            yield from ((str(key), part) for key, part in state.items() if key not in MODULE_PARTS)
        yield from ((str(key), part) for key, part in call.entries.items())
        yield from ((str(index), part) for index, part in enumerate(call.items))
        yield from _ordered_pairs(call, name)

    def reason(self) -> str:
        """The reason why a file without a matrix is not a checkpoint."""
        if self.optimizer and not self.tensors:
            return "it contains only the state of an optimiser. Adopt the file of the model"
        if self.classes:
            return (
                f"it contains no weights: it is a pickled {self.classes[0]} without tensors. Save "
                "model.state_dict() where the model was trained"
            )
        return "it contains no weights: there is no matrix in it"


def _class_name(call: Call) -> str:
    """The class of an object, including objects that `copyreg` would create."""
    if call.name.startswith("copy") and call.name.endswith("_reconstructor") and call.arguments:
        return str(call.arguments[0])
    return call.name


def _ordered_pairs(call: Call, name: str) -> Iterator[tuple[str, Any]]:
    """The entries of an ordered dictionary from Python 2, which is a list of pairs."""
    if name.endswith("OrderedDict") and call.arguments and isinstance(call.arguments[0], list):
        for pair in call.arguments[0]:
            if isinstance(pair, list | tuple) and len(pair) == 2:
                yield str(pair[0]), pair[1]


def _plain(value: Any) -> Any:
    """The attributes that are numbers, strings or short tuples of numbers."""
    if isinstance(value, tuple) and len(value) <= 4:
        return tuple(part for part in value if isinstance(part, int))
    return value if isinstance(value, str | int | float | bool) else None
