"""Parses pickles as data, with an interpreter that imports nothing and calls nothing.

A pickle is a program for a small stack machine. Python's own `pickle` runs it, and two of its
instructions import and call anything. This interpreter only records them: a name
becomes a `Name`, and a call becomes a `Call`. Neither is ever resolved.
"""

import pickletools
from collections.abc import Callable
from typing import IO, Any

from inkling.adopt.pickle_nodes import MAX_BYTES, Call, LimitedReader, Name, Persistent
from inkling.errors import ModelError

MAX_STEPS = 20_000_000  # instructions of one pickle
MARK = object()


def read_pickle(stream: IO[bytes], limit: int = MAX_BYTES) -> Any:
    """Parses the next pickle of `stream`, and leaves `stream` at its end.

    Numbers, strings, lists, tuples, sets and dictionaries are themselves; anything else is a
    `Name`, a `Call` or a `Persistent`. Raises `ModelError` for a damaged or oversized pickle.
    """
    machine = _Machine()
    try:
        for step, (opcode, argument, _) in enumerate(
            pickletools.genops(LimitedReader(stream, limit))  # pyright: ignore[reportArgumentType]
        ):
            if step > MAX_STEPS:
                raise ModelError("the pickle has too many instructions for a digit model")
            machine.step(opcode.name, argument)
        return machine.stack.pop()
    except ModelError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ModelError(f"it is not a complete pickle: {error}") from error


class _Machine:
    """The state of the interpreter: the stack and the memo of one pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        else:
            _STEPS[name](self, argument)

    def since_mark(self) -> list[Any]:
        """Pops all items above the last mark, and the mark."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is MARK:
                found = self.stack[place + 1 :]
                del self.stack[place:]
                return found
        raise ValueError("a mark is missing")

    def make_tuple(self, count: int) -> None:
        found = tuple(self.stack[-count:])
        if len(found) != count:
            raise ValueError("a tuple lacks its items")
        self.stack[-count:] = [found]

    def name_from_stack(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise ValueError("a name is not text")
        self.stack.append(Name(module, name))

    def name_from_argument(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(Name(module, name))

    def call(self, _: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self.stack.append(Call(function, _as_tuple(arguments)))

    def call_with_keywords(self, _: Any) -> None:
        self.stack.pop()
        self.call(None)

    def instance(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(Call(Name(module, name), tuple(self.since_mark())))

    def object(self, _: Any) -> None:
        function, *arguments = self.since_mark()
        self.stack.append(Call(function, tuple(arguments)))

    def build(self, _: Any) -> None:
        state = self.stack.pop()
        if isinstance(self.stack[-1], Call):
            self.stack[-1].state = state

    def append(self, _: Any) -> None:
        self.extend_with([self.stack.pop()])

    def appends(self, _: Any) -> None:
        self.extend_with(self.since_mark())

    def extend_with(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, set):
            target.update(map(_key, items))
        else:
            (target.items if isinstance(target, Call) else target).extend(items)

    def set_item(self, _: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_pairs([key, value])

    def set_items(self, _: Any) -> None:
        self.set_pairs(self.since_mark())

    def set_pairs(self, flat: list[Any]) -> None:
        target = self.stack[-1]
        entries = target.entries if isinstance(target, Call) else target
        entries.update(_pairs(flat))

    def put(self, argument: Any) -> None:
        self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]


def _as_tuple(arguments: Any) -> tuple[Any, ...]:
    return tuple(arguments) if isinstance(arguments, tuple | list) else (arguments,)


_VALUES = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE",
    "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "FLOAT", "BINFLOAT",
))  # fmt: skip
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": set,
    "MARK": lambda: MARK,
}


def _push(make: Callable[["_Machine"], Any]) -> Callable[["_Machine", Any], None]:
    return lambda machine, _: machine.stack.append(make(machine))


def _pairs(flat: list[Any]) -> dict[Any, Any]:
    return dict(zip(map(_key, flat[::2]), flat[1::2], strict=True))


def _key(value: Any) -> Any:
    """A hashable key for `value`. Hashing deeply nested tuples would exhaust the C stack."""
    simple = value is None or isinstance(value, str | int | float | bytes | Name)
    return value if simple else Persistent(value)


def _pop(machine: _Machine, _: Any) -> None:
    machine.stack.pop()


def _ignore(machine: _Machine, _: Any) -> None:
    del machine


_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "PROTO": _ignore,
    "FRAME": _ignore,
    "STOP": _ignore,
    "READONLY_BUFFER": _ignore,
    "POP": _pop,
    "POP_MARK": lambda machine, _: (machine.since_mark(), None)[1],
    "DUP": _push(lambda machine: machine.stack[-1]),
    "LIST": _push(lambda machine: machine.since_mark()),
    "TUPLE": _push(lambda machine: tuple(machine.since_mark())),
    "DICT": _push(lambda machine: _pairs(machine.since_mark())),
    "FROZENSET": _push(lambda machine: frozenset(map(_key, machine.since_mark()))),
    "TUPLE1": lambda machine, _: machine.make_tuple(1),
    "TUPLE2": lambda machine, _: machine.make_tuple(2),
    "TUPLE3": lambda machine, _: machine.make_tuple(3),
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "ADDITEMS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.name_from_argument,
    "STACK_GLOBAL": _Machine.name_from_stack,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "NEWOBJ_EX": _Machine.call_with_keywords,
    "INST": _Machine.instance,
    "OBJ": _Machine.object,
    "BUILD": _Machine.build,
    "PUT": _Machine.put,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.put,
    "GET": lambda machine, key: machine.stack.append(machine.memo[key]),
    "BINGET": lambda machine, key: machine.stack.append(machine.memo[key]),
    "LONG_BINGET": lambda machine, key: machine.stack.append(machine.memo[key]),
    "PERSID": lambda machine, key: machine.stack.append(Persistent(key)),
    "BINPERSID": _push(lambda machine: Persistent(machine.stack.pop())),
}
