"""Random expressions of sizes with two independent meanings: a ``Size`` and plain integers."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from hypothesis import settings
from hypothesis import strategies as st

from categorical.sizes import (
    Size,
    exact_quotient,
    floor_div,
)

n, m, d, h, e, g = (Size.symbol(s) for s in "nmdheg")
NAMES = ("a", "b", "c")
relaxed = settings(deadline=None, max_examples=150)


class Undefined(Exception):
    """An exact quotient that is not whole at this point."""


@dataclass(frozen=True)
class Tree:
    """An expression: ``size()`` is what we test, ``value(env)`` is plain integer arithmetic."""

    op: str
    args: tuple["Tree", ...] = ()
    number: int = 0
    name: str = ""

    def size(self) -> Size:
        args = [t.size() for t in self.args]
        if self.op == "number":
            return Size.of(self.number)
        if self.op == "symbol":
            return Size.symbol(self.name)
        if self.op == "floor":
            return floor_div(args[0], self.number)
        return {
            "+": lambda: args[0] + args[1],
            "-": lambda: args[0] - args[1],
            "*": lambda: args[0] * args[1],
            "/": lambda: exact_quotient(args[0], args[1]),
        }[self.op]()

    def value(self, env: Mapping[str, int]) -> int:
        args = [t.value(env) for t in self.args]
        if self.op == "number":
            return self.number
        if self.op == "symbol":
            return env[self.name]
        if self.op == "floor":
            return floor(Fraction(args[0], self.number))
        if self.op == "/":
            if args[1] == 0 or args[0] % args[1]:
                raise Undefined
            return args[0] // args[1]
        x, y = args
        return {"+": x + y, "-": x - y, "*": x * y}[self.op]


def trees(*extra: str, leaves: int = 5, names: str = "abc") -> st.SearchStrategy[Tree]:
    leaf = st.one_of(
        st.integers(-4, 6).map(lambda k: Tree("number", number=k)),
        st.sampled_from(names).map(lambda s: Tree("symbol", name=s)),
    )

    def grow(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        pairs = st.tuples(inner, inner)
        options = [st.builds(Tree, st.sampled_from("+-*"), pairs)]
        if "/" in extra:
            options.append(st.builds(Tree, st.just("/"), pairs))
        if "floor" in extra:
            options.append(st.builds(Tree, st.just("floor"), st.tuples(inner), st.integers(1, 4)))
        return st.one_of(*options)

    return st.recursive(leaf, grow, max_leaves=leaves)


def built(tree: Tree) -> Size | None:
    """The size, or None where it is contradictory for every assignment."""
    try:
        return tree.size()
    except ValueError:
        return None


def points(top: int) -> list[dict[str, int]]:
    return [dict(zip(NAMES, v)) for v in itertools.product(range(1, top + 1), repeat=len(NAMES))]


def wrong_at(tree: Tree, grid: list[dict[str, int]]) -> dict[str, int] | None:
    """A point at which the tree has a value and its size has another one, or none."""
    size = built(tree)
    for env in grid:
        try:
            expected = tree.value(env)
        except Undefined:
            continue
        try:
            if size is None or size.evaluate(env) != expected:
                return env
        except ValueError:
            return env
    return None


def agree_at(left: Tree, right: Tree, grid: list[dict[str, int]]) -> bool:
    return all(left.value(env) == right.value(env) for env in grid)


GRID = points(6)


def is_whole(size: Size, env: Mapping[str, int]) -> bool:
    try:
        size.evaluate(env)
    except ValueError:
        return False
    return True
