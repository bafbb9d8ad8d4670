"""Sizes: the ring laws, and equality as equality of values."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from categorical import polynomials, sizes
from categorical.sizes import (
    Size,
    always_equal,
    ceil_div,
    floor_div,
)
from tests.categorical import expressions
from tests.categorical.expressions import (
    GRID,
    Tree,
    agree_at,
    built,
    is_whole,
    points,
    trees,
    wrong_at,
)

n, m, d, h, e, g = (Size.symbol(s) for s in "nmdheg")
NAMES = ("a", "b", "c")
relaxed = settings(deadline=None, max_examples=150)


# -- equality ---------------------------------------------------------------------------------


def test_n_plus_n_and_2n_and_n_are_three_facts() -> None:
    assert n + n is 2 * n
    assert n + n is not n
    assert 2 * n is not n
    assert n + n - n is n
    assert n * n is not n
    assert n + m is m + n


def rewritten(tree: Tree, rng: random.Random) -> Tree:
    """An equal tree of another form: commuted, distributed, or with a zero added."""
    args = tuple(rewritten(t, rng) for t in tree.args)
    tree = Tree(tree.op, args, tree.number, tree.name)
    choice = rng.randrange(4)
    if tree.op in "+*" and choice == 0:
        return Tree(tree.op, args[::-1])
    if tree.op == "*" and args[1].op in ("+", "-") and choice == 1:
        x, y = args[1].args
        return Tree(args[1].op, (Tree("*", (args[0], x)), Tree("*", (args[0], y))))
    if choice == 2:
        other = Tree("symbol", name=rng.choice(NAMES))
        return Tree("-", (Tree("+", (tree, other)), other))
    return tree


@relaxed
@given(trees(leaves=6), trees(leaves=6), st.integers(0, 10**6), st.sampled_from(range(4)))
def test_polynomial_equality_is_integer_equality(
    tree: Tree, other: Tree, seed: int, kind: int
) -> None:
    """Degrees are below 7 in each name, so 7 points along each axis decide."""
    if kind == 0:
        other = rewritten(tree, random.Random(seed))
    elif kind == 1:
        other = Tree("+", (rewritten(tree, random.Random(seed)), Tree("number", number=1)))
    elif kind == 2:
        delta = Tree("-", (Tree("symbol", name="a"), Tree("symbol", name="b")))
        other = Tree("+", (rewritten(tree, random.Random(seed)), delta))
    same = agree_at(tree, other, points(7))
    assert (tree.size() is other.size()) is same
    assert always_equal(tree.size(), other.size()) is same


def laurent_trees(leaves: int) -> st.SearchStrategy[Tree]:
    """Quotients by h only, of things that h**4 divides: defined at every point (h, h**4 * t)."""
    leaf = st.one_of(
        st.sampled_from([Tree("symbol", name="d"), Tree("symbol", name="e")]),
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.sampled_from("de")).map(_ratio),
        st.integers(-3, 3).map(lambda k: Tree("number", number=k)),
        st.just(Tree("symbol", name="h")),
    )
    return st.recursive(
        leaf,
        lambda inner: st.builds(Tree, st.sampled_from("+-*"), st.tuples(inner, inner)),
        max_leaves=leaves,
    )


def _ratio(of: tuple[int, int, str]) -> Tree:
    factor, power, name = of
    tree = Tree("*", (Tree("number", number=factor), Tree("symbol", name=name)))
    for _ in range(power):
        tree = Tree("/", (tree, Tree("symbol", name="h")))
    return tree


LAURENT = [
    {"h": x, "d": x**4 * t, "e": x**4 * u}
    for x, t, u in itertools.product((1, 2, 3, 5, 7, 11), range(1, 6), range(1, 6))
]


@relaxed
@given(laurent_trees(4), laurent_trees(4), st.booleans())
def test_equality_with_quotients_is_integer_equality(x: Tree, y: Tree, expand: bool) -> None:
    if expand and y.op == "+":
        left, right = Tree("*", (x, y)), Tree("+", tuple(Tree("*", (x, t)) for t in y.args))
        assert left.size() is right.size()
    else:
        left, right = x, y
    assert (left.size() is right.size()) is agree_at(left, right, LAURENT)


@relaxed
@given(
    trees("floor", leaves=4, names="ab"),
    trees("floor", leaves=4, names="ab"),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_equality_with_floors_is_sound_and_always_equal_decides(
    x: Tree, y: Tree, rewrite: bool, seed: int
) -> None:
    left, right = x, rewritten(x, random.Random(seed)) if rewrite else y
    grid = [{"a": a, "b": b, "c": 1 + (a + b) % 5} for a in range(1, 27) for b in range(1, 27)]
    same = agree_at(left, right, grid)
    if left.size() is right.size():
        assert same
    verdict = always_equal(left.size(), right.size())
    if verdict is not None:  # periods and degrees are small, so 26 points along each axis decide
        assert verdict is same


HERMITE = [
    (floor_div(n, 2) + floor_div(n + 1, 2), n, True),
    (floor_div(n, 4) + floor_div(n + 2, 4), floor_div(n, 2), True),
    (floor_div(n * n, 2), floor_div(n, 2) + (n * n - n) // 2, True),
    (floor_div(n, 2) + floor_div(n, 2), n, False),
    (floor_div(n, 3), floor_div(n, 2), False),
    (n - floor_div(n, 3), ceil_div(2 * n, 3), True),
    (floor_div(d // h, 2), floor_div(e // h, 2), None),
    (floor_div(n, 4099), floor_div(n + 1, 4099), None),
]


@pytest.mark.parametrize(("left", "right", "verdict"), HERMITE, ids=str)
def test_always_equal_decides_what_the_normal_form_does_not(
    left: Size, right: Size, verdict: bool | None
) -> None:
    assert left is not right
    assert always_equal(left, right) is verdict


@relaxed
@given(trees("/", leaves=4), trees("/", leaves=4), trees("/", leaves=4))
def test_ring_laws(x: Tree, y: Tree, z: Tree) -> None:
    p, q, r = (Size.of(0) if s is None else s for s in map(built, (x, y, z)))
    try:
        assert p + q is q + p
        assert p * q is q * p
        assert (p + q) + r is p + (q + r)
        assert (p * q) * r is p * (q * r)
        assert p * (q + r) is p * q + p * r
    except ValueError as error:  # two quotients that are never whole together
        assert "never whole" in str(error)
    assert p + 0 is p
    assert 1 * p is p
    assert p - p is Size.of(0)
    negative = -p
    assert -negative is p
    assert p * 0 is Size.of(0)
    assert p**2 is p * p


@relaxed
@given(trees(leaves=5), trees(leaves=4))
def test_a_quotient_times_its_divisor_is_the_whole(x: Tree, y: Tree) -> None:
    p, q = x.size(), y.size()
    if q is not Size.of(0):
        assert (p * q) // q is p
        quotient = built(Tree("/", (x, y)))
        if quotient is not None:
            assert q * quotient is p


@relaxed
@given(trees("/", "floor", leaves=4), trees("floor", leaves=3), st.integers(1, 5))
def test_floor_laws(x: Tree, y: Tree, s: int) -> None:
    r, whole = built(x), y.size()
    if r is None:
        return
    assert floor_div(s * whole + r, s) is whole + floor_div(r, s)
    assert floor_div(r, 1) is r
    assert floor_div(s * whole, s) is whole
    assert ceil_div(whole, s) is floor_div(whole + s - 1, s)


@relaxed
@given(trees(leaves=5), st.integers(1, 6), st.integers(1, 6), st.integers(-5, 5))
def test_nested_floors_are_one_floor(x: Tree, a: int, b: int, c: int) -> None:
    p = x.size()
    assert floor_div(floor_div(p, a), b) is floor_div(p, a * b)
    assert floor_div(floor_div(p, a) + c, b) is floor_div(p + a * c, a * b)


def test_the_shapes_of_a_convolution_stack() -> None:
    once = floor_div(h + 2 - 3, 2) + 1
    assert once is floor_div(h + 1, 2) is ceil_div(h, 2)
    twice = floor_div(once - 1, 2) + 1
    assert twice is floor_div(h + 3, 4)
    assert floor_div(2 * n + 1, 4) is floor_div(n, 2)
    assert floor_div(h - 3, 1) + 1 is h - 2


@relaxed
@given(trees("/", "floor", leaves=5), trees("/", "floor", leaves=3), st.sampled_from(NAMES))
def test_substitution_is_evaluation_in_two_steps(x: Tree, y: Tree, name: str) -> None:
    p, q = built(x), built(y)
    if p is None or q is None:
        return
    for env in points(3):
        try:
            inner = q.evaluate(env)
            expected = p.evaluate({**env, name: inner})
            replaced = p.substitute({name: q})
        except ValueError:
            continue
        assert replaced.evaluate(env) == expected
        assert p.substitute(env) is Size.of(p.evaluate(env)) if is_whole(p, env) else True


def test_substitution_by_names() -> None:
    assert (d // h).substitute({"d": h * n}) is n
    assert floor_div(n, 2).substitute({"n": 2 * m + 1}) is m
    assert (n + m).substitute({"n": m, "m": n}) is n + m
    assert n.substitute({"m": 3}) is n


@relaxed
@given(trees("/", "floor", leaves=7))
def test_evaluation_agrees_with_integer_arithmetic(tree: Tree) -> None:
    assert wrong_at(tree, GRID) is None


def test_the_comparison_catches_a_saturating_normal_form(monkeypatch: pytest.MonkeyPatch) -> None:
    a = Tree("symbol", name="a")
    double = Tree("+", (a, a))
    assert wrong_at(double, GRID) is None
    honest = polynomials.add

    def saturating(p: polynomials.Poly, q: polynomials.Poly, scale: int = 1) -> polynomials.Poly:
        return {mono: min(c, 1) for mono, c in honest(p, q, scale).items()}

    monkeypatch.setattr(polynomials, "add", saturating)
    assert wrong_at(double, GRID) == {"a": 1, "b": 1, "c": 1}


def test_the_comparison_catches_a_floor_that_drops_its_constant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = Tree("floor", (Tree("+", (Tree("symbol", name="a"), Tree("number", number=1))),), 2)
    assert wrong_at(tree, GRID) is None
    honest = sizes.floor_div

    def careless(p: Size, s: int) -> Size:
        return honest(p - p.substitute(dict.fromkeys(p.symbols, 0)), s)

    monkeypatch.setattr(expressions, "floor_div", careless)
    assert wrong_at(tree, GRID) == {"a": 1, "b": 1, "c": 1}
