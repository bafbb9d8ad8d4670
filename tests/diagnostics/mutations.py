"""Mutations: the small changes of a spec file that a slip of the hand makes.

Each mutation rewrites one place of the syntax tree: an argument, an axis, an operation, a number, a
keyword, a type.  Docstrings, names, sizes and the counts claimed by laws are left alone.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

SAME_ARITY = (
    ("relu", "tanh", "sigmoid", "gelu", "softplus", "square", "exp", "silu", "elu", "rsqrt"),
    ("add", "sub", "mul", "maximum", "minimum", "div"),
    ("sum", "mean", "max", "min", "logsumexp"),
    ("layer_norm", "rms_norm"),
    ("max_pool", "avg_pool"),
    ("zeros", "ones"),
)
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
}
WORDS = {
    "zero": "circular",
    "circular": "zero",
    "reflect": "zero",
    "causal": None,
    "tied": "untied",
    "untied": "tied",
    "stacked": "tied",
}


@dataclass(frozen=True)
class Mutant:
    """One change: its kind, its line, what it says now, and the whole changed source."""

    kind: str
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.kind} at line {self.line}: {self.before}  →  {self.after}"


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a spec file, in the order of the file; equal sources count once."""
    tree = ast.parse(source)
    dims, skipped, found = _dims(tree), _skipped(tree), {}
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        for kind, change in _changes(node, dims):
            other = copy.deepcopy(tree)
            target = next(n for i, n in enumerate(ast.walk(other)) if i == place)
            new = change(target)
            if new is not target:
                other = _Put(target, new).visit(other)
            text = ast.unparse(ast.fix_missing_locations(other))
            if text != ast.unparse(tree) and text not in found:
                found[text] = Mutant(
                    kind, getattr(node, "lineno", 0), _short(node), _short(new), text + "\n"
                )
    return sorted(found.values(), key=lambda one: (one.line, one.kind))


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) < 60 else text[:57] + "…"


def _dims(tree: ast.Module) -> list[str]:
    """The names of dims, as the file declares them."""
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and "Dim" in ast.unparse(node.value):
            for target in node.targets:
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                names += [one.id for one in parts if isinstance(one, ast.Name)]
    return names


def _skipped(tree: ast.Module) -> set[int]:
    """The nodes in sizes: other sizes are no other architecture."""
    roots: list[ast.AST] = [n for n in ast.walk(tree) if _is_sizes(n)]
    return {id(node) for root in roots for node in ast.walk(root)}


def _is_sizes(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg == "sizes"
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func) == "dict"
    return False


Change = Callable[[ast.AST], ast.AST]


def _changes(node: ast.AST, dims: Sequence[str]) -> Iterator[tuple[str, Change]]:
    if isinstance(node, ast.Name) and node.id in dims and isinstance(node.ctx, ast.Load):
        others = [d for d in dims if d != node.id]
        if others:
            other = others[(node.lineno + node.col_offset) % len(others)]
            yield "another axis", lambda n: ast.Name(other, ast.Load())
    if isinstance(node, ast.Call):
        yield from _calls(node)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id == "op":
            for group in SAME_ARITY:
                if node.attr in group:
                    yield "another operation", _other_operation
    if isinstance(node, ast.BinOp):
        if type(node.op) in OPERATORS:
            yield "another operator", lambda n: _with(n, op=OPERATORS[type(n.op)]())  # type: ignore
        if isinstance(node.op, ast.Sub | ast.Div):
            yield "sides swapped", lambda n: _with(n, left=n.right, right=n.left)  # type: ignore
        if isinstance(node.op, ast.RShift):
            yield "operation dropped", lambda n: n.left  # type: ignore
            yield "operation dropped", lambda n: n.right  # type: ignore
        elif isinstance(node.op, ast.Add | ast.Mult):
            yield "term dropped", lambda n: n.left  # type: ignore
            yield "term dropped", lambda n: n.right  # type: ignore
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "number negated", lambda n: _with(n, value=-n.value)  # type: ignore
        yield "number changed", lambda n: _with(n, value=n.value + 2)  # type: ignore
    if isinstance(node, ast.keyword):
        yield from _keywords(node)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        if len(node.slice.elts) > 1:
            yield "axes transposed", _transposed
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield "results swapped", lambda n: _with(n, value=_reversed(n.value))  # type: ignore


def _other_operation(node: ast.AST) -> ast.AST:
    name: str = node.attr  # type: ignore[attr-defined]
    group = next(one for one in SAME_ARITY if name in one)
    return _with(node, attr=group[(group.index(name) + 1) % len(group)])


def _calls(node: ast.Call) -> Iterator[tuple[str, Change]]:
    name = ast.unparse(node.func)
    if name in ("dict", "Dim", "Dim.named", "range", "zip") or name.startswith("laws.param"):
        return
    for place in range(len(node.args) - 1):

        def swap(n: ast.AST, i: int = place) -> ast.AST:
            args = list(n.args)  # type: ignore[attr-defined]
            args[i], args[i + 1] = args[i + 1], args[i]
            return _with(n, args=args)

        yield "arguments swapped", swap
    applied = isinstance(node.func, ast.Call) or name.startswith("op.")
    whole = not isinstance(node.func, ast.Call) and name not in _UNARY
    if len(node.args) == 1 and applied and not whole and not node.keywords:
        yield "operation dropped", lambda n: n.args[0]  # type: ignore[attr-defined]
    if name in ("residual", "tie", "op.gumbel_noise") and len(node.args) == 1:
        yield "operation dropped", lambda n: n.args[0]  # type: ignore[attr-defined]


_UNARY = {f"op.{name}" for name in SAME_ARITY[0]}


def _keywords(node: ast.keyword) -> Iterator[tuple[str, Change]]:
    value = node.value
    if node.arg in ("name", "atlas", "sizes", "batch", "renaming", "low", "high", "strict"):
        return
    if isinstance(value, ast.Constant) and isinstance(value.value, bool):
        flipped = not value.value
        yield f"{node.arg} changed", lambda n: _with(n, value=ast.Constant(flipped))
    elif isinstance(value, ast.Constant) and value.value in WORDS:
        word = WORDS[value.value]
        yield f"{node.arg} changed", lambda n: _with(n, value=ast.Constant(word))


def _transposed(node: ast.AST) -> ast.AST:
    elements = list(node.slice.elts)  # type: ignore[attr-defined]
    elements[0], elements[1] = elements[1], elements[0]
    return _with(node, slice=ast.Tuple(elements, ast.Load()))


def _reversed(node: ast.Tuple) -> ast.Tuple:
    return ast.Tuple(list(reversed(node.elts)), ast.Load())


def _with(node: ast.AST, **fields: object) -> ast.AST:
    for name, value in fields.items():
        setattr(node, name, value)
    return node
