"""Finds single faults that can be put into the source code, and draws a sample of them.

A mutant is named by its file, its function and its change, not by its line. The sample takes those
with the smallest hash of seed and name, so an edit of the code changes no more than the mutants of
the functions that it touches.
"""

import ast
import builtins
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = Path("src/inkling")
FOLDERS = ("reading", "training", "serving", "data")
EPSILON = 1e-6  # numbers up to this keep a division from zero; twice as much does so too
LOGGERS = {"log", "logger", "logging", "warnings"}
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change. `scope` is the function, `number` counts equal changes in it from 0."""

    path: str
    scope: str
    kind: str
    before: str
    after: str
    number: int
    line: int
    column: int

    @property
    def name(self) -> str:
        """What the mutant is known by, whatever line it is on."""
        return "|".join((self.path, self.scope, self.kind, self.before, str(self.number)))

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.scope}: {self.before} -> {self.after}"


def sample(count: int, seed: int) -> list[Mutant]:
    """`count` mutants, each with the same chance, the same ones for one seed."""
    files = sorted(f for folder in FOLDERS for f in (ROOT / PACKAGE / folder).rglob("*.py"))
    every = [mutant for file in files for mutant in find_mutants(file)]
    return sorted(every, key=lambda mutant: _rank(mutant, seed))[:count]


def _rank(mutant: Mutant, seed: int) -> str:
    return hashlib.sha256(f"{seed}|{mutant.name}".encode()).hexdigest()


def find_mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file that changes code on one line."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    known: Counter[tuple[str, ...]] = Counter()
    for scope, node in _nodes(ast.parse(text).body, "module"):
        changed = change_node(node)
        if changed is None or not isinstance(node, ast.expr) or node.lineno != node.end_lineno:
            continue
        kind, other = changed
        line = lines[node.lineno - 1].encode()
        before = line[node.col_offset : node.end_col_offset].decode()
        if not _is_source_of(before, node):
            continue  # in Python 3.11 parts of f-strings have no place of their own
        start = len(line[: node.col_offset].decode())
        same = (scope, kind, before)
        after = f"({ast.unparse(ast.fix_missing_locations(other))})"
        where = path.relative_to(ROOT).as_posix()
        yield Mutant(where, scope, kind, before, after, known[same], node.lineno, start)
        known[same] += 1


def _is_source_of(text: str, node: ast.expr) -> bool:
    try:
        return ast.dump(ast.parse(f"({text})", mode="eval").body) == ast.dump(node)
    except SyntaxError:
        return False


def change_node(node: ast.AST) -> tuple[str, ast.expr] | None:  # noqa: PLR0911 - a table of cases
    """The kind of change and the changed node; None for nodes that stay."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        ops = [SWAPS[type(node.ops[0])](), *node.ops[1:]]
        return "comparison", ast.Compare(node.left, ops, node.comparators)
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        return "operator", ast.BinOp(node.left, SWAPS[type(node.op)](), node.right)
    if isinstance(node, ast.BoolOp):
        return "and/or", ast.BoolOp(SWAPS[type(node.op)](), node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        return "not", node.operand
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        value = node.value
        if 0 < abs(value) <= EPSILON:
            return None
        return "number", ast.Constant(value * 2 if value and abs(value) != 1 else value + 1)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return "boolean", ast.Constant(not node.value)
    if isinstance(node, ast.IfExp):
        return "condition", ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    return None


def _nodes(body: Iterable[ast.AST], scope: str) -> Iterator[tuple[str, ast.AST]]:
    """All nodes that run, each with its function; without those that no test can notice."""
    for node in body:
        if _has_no_effect(node):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name if scope == "module" else f"{scope}.{node.name}"
            yield from _nodes(node.body, name)
            if not isinstance(node, ast.ClassDef):
                defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
                yield from _nodes(defaults, name)
        elif isinstance(node, ast.AnnAssign):
            yield from _nodes([node.value] if node.value else [], scope)
        else:
            yield scope, node
            yield from _nodes(ast.iter_child_nodes(node), scope)


def _has_no_effect(node: ast.AST) -> bool:
    """Types, text for a log, `__all__`, and `strict=`, which finds faults and changes no result."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) and node.value.id in {"Literal", "Annotated"}
    if isinstance(node, ast.keyword):
        return node.arg == "strict"
    if isinstance(node, ast.Assign):
        return _is_alias(node.value) or any(
            isinstance(name, ast.Name) and name.id == "__all__" for name in node.targets
        )
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        return isinstance(owner, ast.Name) and owner.id in LOGGERS
    return False


def _is_alias(node: ast.AST) -> bool:
    """Whether a value is a type such as `str | Path`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _is_alias(node.left) and _is_alias(node.right)
    named = node.value if isinstance(node, ast.Subscript | ast.Attribute) else node
    return (isinstance(named, ast.Name) and named.id[:1].isupper()) or _is_builtin_type(named)


def _is_builtin_type(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(getattr(builtins, node.id, None), type)
