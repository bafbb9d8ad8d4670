"""Sizes in generated code: which are fixed in ``Config``, which are read from the inputs' shapes.

Definition.  A symbol is *fixed* where a weight or a number of steps depends on it; every other one
is *late*: ``forward`` reads it from the shape of an input, so one module serves every batch size
and every length.  A late symbol that no shape tells is fixed if its size is given, and otherwise an
argument of ``forward``.

Law.  Every size of the graph is an expression in fixed and late symbols.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> graph = (op.linear(c, h) >> op.mean(n)).graph()
>>> sorted(fixed_symbols(graph))
['c', 'h']
>>> reading(graph, "n").text
'x.shape[-2]'

A symbol that no input has cannot be read:

>>> reading(graph, "k") is None
True
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from categorical.errors import SpecError
from categorical.graph import Graph, OperatorBox
from categorical.records import NOISE
from categorical.sizes import Condition, Size, exact_quotient, to_python
from categorical.spaces import Array


def symbols(array: Array) -> frozenset[str]:
    """The symbols of the sizes of an array."""
    return frozenset().union(*(a.size.symbols for a in array.axes))


def fixed_symbols(graph: Graph) -> set[str]:
    """The symbols that weights, states and numbers of steps need."""
    found: set[str] = set()
    seen: set[int] = set()
    pending = [graph]
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for resource in one.sources.values():
            if resource.role != NOISE:
                found |= symbols(resource.space)
                for arg in resource.init.args:
                    found |= arg.symbols if isinstance(arg, Size) else frozenset()
        for node in one.nodes:
            if isinstance(node.box, OperatorBox):
                times = node.box.attrs.get("times")
                run = "over" in node.box.attrs and node.box.attrs["weights"] == "tied"
                found |= times.size.symbols if times is not None and not run else frozenset()
            pending.extend(node.regions)
    return found


@dataclass(frozen=True)
class Reading:
    """Where a size is read: an axis of an input, the expression, and what it must satisfy."""

    place: int
    position: int
    text: str
    refusal: str = ""


def reading(graph: Graph, symbol: str, names: Mapping[str, str] | None = None) -> Reading | None:
    """The input axis that tells a size, and the expression that reads it from the shape of ``x``.

    An axis of the size itself is taken first; then one of size a·s + b; then one of size k·s,
    where ``names`` spells the sizes in k.
    """
    wanted = Size.symbol(symbol)
    axes = [
        (place, position, axis.size, f"x.shape[{position - len(one.axes)}]")
        for place, one in enumerate(graph.dom)
        for position, axis in enumerate(one.axes)
    ]
    for place, position, size, text in axes:
        if size is wanted:
            return Reading(place, position, text)
    for place, position, size, text in axes:
        line = _line(size, symbol)
        if line is not None:
            slope, shift = line
            moved = f"{text} {'-' if shift > 0 else '+'} {abs(shift)}" if shift else text
            least = [f"{text} <= {shift}"] if shift > 0 else []
            if slope == 1:
                return Reading(place, position, moved, "".join(least))
            moved = f"({moved})" if shift else moved
            refusal = " or ".join([*least, f"{moved} % {slope} != 0"])
            return Reading(place, position, f"{moved} // {slope}", refusal)
    for place, position, size, text in axes:
        if symbol in size.symbols and size.symbols - {symbol} <= set(names or {}):
            try:
                factor = exact_quotient(size, wanted)
            except ValueError:
                continue
            if symbol not in factor.symbols and factor * wanted is size:
                by = _tight(python(factor, names or {}))
                return Reading(place, position, f"{text} // {by}", f"{text} % {by} != 0")
    return None


def _line(size: Size, symbol: str) -> tuple[int, int] | None:
    """The numbers a > 0 and b where a size is a·s + b."""
    if size.symbols != {symbol}:
        return None
    try:
        low, high, far = (size.evaluate({symbol: v}) for v in (12, 24, 36))
    except ValueError:
        return None
    slope, rest = divmod(high - low, 12)
    if rest or slope <= 0 or far - high != high - low:
        return None
    shift = low - 12 * slope
    return (slope, shift) if size is slope * Size.symbol(symbol) + shift else None


def python(size: Size, names: Mapping[str, str]) -> str:
    """The size as Python, spaced as ``ruff format`` spaces it."""
    text = to_python(size, names)
    text = re.sub(r"(?<=[\w)\]])(//|(?<!\*)\*(?!\*))(?=[\w(])", r" \1 ", text)
    return text


def violation(condition: Condition, names: Mapping[str, str]) -> str:
    """A Python test that is true where a condition fails.

    >>> from categorical.sizes import divides
    >>> violation(divides(Size.symbol("h"), Size.symbol("d")), {"h": "self.h", "d": "self.d"})
    'self.d % self.h != 0'
    """
    left, right = python(condition.left, names), python(condition.right, names)
    if condition.kind == "divides":
        return f"{_tight(right)} % {_tight(left)} != 0"
    if condition.kind == "equal":
        return f"{left} != {right}"
    return f"{left} < {1 if condition.kind == 'positive' else 0}"


def _tight(text: str) -> str:
    return text if all(c.isalnum() or c in "._" for c in text) else f"({text})"


def conditions_on(graph: Graph, fixed: frozenset[str]) -> list[Condition]:
    """The side conditions that speak of fixed symbols only, in a stable order."""
    found = (c for c in graph.conditions() if c.symbols and c.symbols <= fixed)
    return sorted((c for c in found if not _plain(c)), key=str)


def _plain(condition: Condition) -> bool:
    """Whether any positive sizes satisfy it at sight: ``1 | n``, ``n | n``."""
    one, other = condition.left, condition.right
    return condition.kind == "divides" and (one is other or one is Size.of(1))


def defaults(fixed: set[str], sizes: Mapping[str, int]) -> dict[str, int]:
    """The values of the fixed symbols that a build was asked for; CM025 where one is missing."""
    missing = sorted(fixed - set(sizes))
    if missing:
        raise SpecError(
            "CM025",
            f"the size of `{missing[0]}` is not given",
            facts=[("needed by weights or steps", ", ".join(sorted(fixed)))],
            help=[f"pass it:  sizes=dict({missing[0]}=…)"],
        )
    return {name: int(sizes[name]) for name in sorted(fixed)}
