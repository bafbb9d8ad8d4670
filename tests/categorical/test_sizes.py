"""Sizes against integer arithmetic: every symbolic verdict is compared with brute force."""

import copy
import itertools
import os
import pickle
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from categorical import polynomials, sizes
from categorical.sizes import (
    Condition,
    Size,
    always_equal,
    ceil_div,
    divides,
    equal,
    exact_quotient,
    floor_div,
    least_counterexample,
    nonneg,
    positive,
    solutions,
    to_python,
)

n, m, d, h, e, g = (Size.symbol(s) for s in "nmdheg")
NAMES = ("a", "b", "c")
relaxed = settings(deadline=None, max_examples=150)


# -- expressions with two independent meanings ------------------------------------------------


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

    monkeypatch.setitem(globals(), "floor_div", careless)
    assert wrong_at(tree, GRID) == {"a": 1, "b": 1, "c": 1}


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
        assert p.substitute(env) is Size.of(p.evaluate(env)) if _whole(p, env) else True


def _whole(size: Size, env: Mapping[str, int]) -> bool:
    try:
        size.evaluate(env)
    except ValueError:
        return False
    return True


def test_substitution_by_names() -> None:
    assert (d // h).substitute({"d": h * n}) is n
    assert floor_div(n, 2).substitute({"n": 2 * m + 1}) is m
    assert (n + m).substitute({"n": m, "m": n}) is n + m
    assert n.substitute({"m": 3}) is n


# -- conditions -------------------------------------------------------------------------------


@relaxed
@given(trees("/", "floor", leaves=6))
def test_a_size_is_whole_where_its_conditions_hold(tree: Tree) -> None:
    size = built(tree)
    if size is None:
        return
    for env in points(4):
        if all(c.holds(env) for c in size.conditions):
            size.evaluate(env)


@relaxed
@given(trees(leaves=5), st.sampled_from(["2", "3", "4", "6", "a", "b", "a + 1", "a + b"]))
def test_the_condition_of_a_quotient_is_exact(x: Tree, divisor: str) -> None:
    below = eval(divisor, {s: Size.symbol(s) for s in NAMES})
    try:
        quotient = exact_quotient(x.size(), below)
    except ValueError as error:
        assert "never whole" in str(error)
        return
    for env in points(4):
        whole = x.value(env) % eval(divisor, dict(env)) == 0
        assert all(c.holds(env) for c in quotient.conditions) is whole
        assert _whole(quotient, env) is whole


def test_conditions_are_printed_small() -> None:
    assert {str(c) for c in (d // h + e // g).conditions} == {"h | d", "g | e"}
    assert {str(c) for c in (3 * n // 2).conditions} == {"2 | n"}
    assert {str(c) for c in (n - d // h).conditions} == {"h | d"}
    assert {str(c) for c in exact_quotient(d, 2 * h).conditions} == {"2*h | d"}
    assert {str(c) for c in ((n + m + 1) // (m + 1)).conditions} == {"m + 1 | n"}
    assert {str(c) for c in floor_div(d // h - 1, 2).conditions} == {"h | d"}
    assert str(nonneg(h - 3)) == "h - 3 >= 0"
    assert str(positive(h - 3)) == "h - 3 >= 1"
    assert str(equal(n, 2 * m)) == "n == 2*m"


def test_conditions_that_always_hold_are_not_collected() -> None:
    assert (n * (n + 1) // 2).conditions == frozenset()
    assert (n * (n + 1) * (n + 2) // 6).conditions == frozenset()
    assert (h * (d // h)).conditions == frozenset()
    assert {str(c) for c in (n * (n + 2) // 2).conditions} == {"2 | n**2"}


def test_quotients_that_are_only_whole_together() -> None:
    together = (n + 2) // (2 * n)
    assert str(together) == "(n + 2)//(2*n)"
    assert together.evaluate({"n": 2}) == 1
    assert (d // h + e // g).evaluate({"d": 1, "h": 2, "e": 1, "g": 2}) == 1


def test_what_can_never_be_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="2 does not divide 3"):
        exact_quotient(3, 2)
    with pytest.raises(ValueError, match="never whole"):
        (n + 1) // 2 - n // 2
    with pytest.raises(ValueError, match="divided by zero"):
        n // 0


def test_evaluation_names_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=re.escape("h | d fails at d=1, h=2")):
        (d // h).evaluate({"d": 1, "h": 2})
    with pytest.raises(ValueError, match="no value for the size n"):
        (n + 1).evaluate({"m": 1})
    with pytest.raises(ValueError, match="fails at"):
        (d // (h - 2)).evaluate({"d": 1, "h": 2})
    with pytest.raises(ValueError, match="no value for h"):
        divides(h, d).holds({"d": 1})


def test_conditions_hold_where_arithmetic_says() -> None:
    assert divides(h, d).holds({"h": 2, "d": 4})
    assert not divides(h, d).holds({"h": 2, "d": 3})
    assert not divides(h - 2, d).holds({"h": 2, "d": 3})
    assert nonneg(h - 3).holds({"h": 3}) and not positive(h - 3).holds({"h": 3})
    assert not equal(d // h, n).holds({"d": 3, "h": 2, "n": 1})
    assert divides(h, d).substitute({"d": n * h}).holds({"n": 3, "h": 5})
    assert divides(h, d) == divides(h, d) and divides(h, d) != divides(d, h)
    with pytest.raises(ValueError, match="unknown kind"):
        Condition("sometimes", n, m)


# -- text -------------------------------------------------------------------------------------

TEXTS: list[tuple[Callable[[], Size], str]] = [
    (lambda: 1 + n * 2, "2*n + 1"),
    (lambda: d // h, "d//h"),
    (lambda: floor_div(h - 1, 2), "⌊(h - 1)/2⌋"),
    (lambda: floor_div(h - 1, 2) + 1, "⌊(h + 1)/2⌋"),
    (lambda: floor_div(n, 2) - 3, "⌊n/2⌋ - 3"),
    (lambda: 5 - n, "5 - n"),
    (lambda: -n, "-n"),
    (lambda: -(d // h), "-(d//h)"),
    (lambda: -floor_div(n, 2), "-⌊n/2⌋"),
    (lambda: n - n, "0"),
    (lambda: m * n * n + m * 3, "m*n**2 + 3*m"),
    (lambda: n - d // h - 1, "n - d//h - 1"),
    (lambda: (n + m) // h, "(m + n)//h"),
    (lambda: d // (2 * h), "d//(2*h)"),
    (lambda: 2 * floor_div(n, 3) * m, "2*m*⌊n/3⌋"),
    (lambda: floor_div(d // h, 2), "⌊(d//h)/2⌋"),
    (lambda: n // (2 * m + 1), "n//(2*m + 1)"),
]


@pytest.mark.parametrize(("make", "text"), TEXTS, ids=[t for _, t in TEXTS])
def test_text(make: Callable[[], Size], text: str) -> None:
    assert str(make()) == text
    assert repr(make()) == f"Size({text})"


@relaxed
@given(trees("/", "floor", leaves=6))
def test_text_and_python_mean_the_size(tree: Tree) -> None:
    size = built(tree)
    if size is None:
        return
    names = {"a": "cfg.a", "b": "b + 0", "c": "xs[0]"}
    code = compile(to_python(size, names), "generated", "eval")
    spoken = str(size)
    while "⌊" in spoken:
        spoken = re.sub(r"⌊([^⌊⌋]*)/(\d+)⌋", r"((\1)//\2)", spoken)
    text = compile(spoken, "text", "eval")
    for env in points(4):
        if all(c.holds(env) for c in size.conditions):
            cfg = type("Config", (), {"a": env["a"]})
            assert eval(code, {"cfg": cfg, "b": env["b"], "xs": [env["c"]]}) == size.evaluate(env)
            assert eval(text, dict(env)) == size.evaluate(env)


@relaxed
@given(trees("/", "floor", leaves=5), trees("/", "floor", leaves=5))
def test_different_sizes_have_different_texts(x: Tree, y: Tree) -> None:
    p, q = built(x), built(y)
    if p is not None and q is not None:
        assert (str(p) == str(q)) is (p is q)


def test_python_rounds_after_the_minus_sign() -> None:
    assert to_python(-floor_div(n, 2), {"n": "n"}) == "-(n//2)"
    assert to_python(m - floor_div(n, 2), {"n": "n", "m": "m"}) == "m - n//2"
    assert to_python(m * floor_div(n + 1, 2), {"n": "n", "m": "m"}) == "m*((n + 1)//2)"


def test_python_needs_all_names() -> None:
    with pytest.raises(ValueError, match="no Python name for the size m"):
        to_python(n * m, {"n": "n"})


SCRIPT = """
import pickle, sys
from categorical.sizes import Size, floor_div
a, b, c = map(Size.symbol, "abc")
p = floor_div(b + floor_div(a, 2) * 2 + 3, 4) * c + a // b + (c + a) // (b + 1)
print(p, [str(x) for x in sorted(p.conditions, key=str)])
if len(sys.argv) > 1:
    q = pickle.loads(bytes.fromhex(sys.argv[1]))
    print(p is q)
"""


def run_script(*args: str, seed: str) -> str:
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    env["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", SCRIPT, *args]
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", check=True)
    return done.stdout


def test_text_is_the_same_in_every_process_and_pickles_cross() -> None:
    a, b, c = map(Size.symbol, "abc")
    p = floor_div(b + floor_div(a, 2) * 2 + 3, 4) * c + a // b + (c + a) // (b + 1)
    expected = f"{p} {[str(x) for x in sorted(p.conditions, key=str)]}\n"
    assert run_script(seed="0") == run_script(seed="1") == expected
    assert run_script(pickle.dumps(p).hex(), seed="2") == expected + "True\n"


# -- objects ----------------------------------------------------------------------------------


@relaxed
@given(trees("/", "floor", leaves=6))
def test_copies_and_pickles_are_the_same_object(tree: Tree) -> None:
    size = built(tree)
    if size is not None:
        assert copy.copy(size) is size
        assert copy.deepcopy([size])[0] is size
        assert pickle.loads(pickle.dumps(size)) is size
        assert {size: 1}[tree.size()] == 1


def test_sizes_are_read_not_written() -> None:
    assert Size.of(n) is n
    assert Size.of(3).is_constant and int(Size.of(3)) == 3 and int(n - n) == 0
    assert not (n + 1).is_constant
    assert (floor_div(n, 2) + d // h).symbols == {"n", "d", "h"}
    assert Size.of(3).symbols == frozenset()
    with pytest.raises(ValueError, match="not a constant"):
        int(n)
    with pytest.raises(TypeError):
        Size()
    with pytest.raises(AttributeError):
        n.other = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Size.of(True)
    with pytest.raises(TypeError):
        n + 1.5  # type: ignore[operator]
    for bad in ("", "2n", "n m", "n*m", "⌊n/2⌋"):
        with pytest.raises(ValueError, match="not a name"):
            Size.symbol(bad)
    for zero in (0, -1):
        with pytest.raises(ValueError, match="positive integer"):
            floor_div(n, zero)
    with pytest.raises(ValueError, match="negative powers"):
        n**-1


# -- assignments ------------------------------------------------------------------------------

CASES: list[tuple[list[Condition], list[str]]] = [
    ([divides(h, d)], ["d", "h"]),
    ([divides(h, d), divides(g, d // h), nonneg(d - n)], ["n", "d", "h", "g"]),
    ([divides(2 * h, d), positive(n - 3), equal(e, 2 * g)], ["n", "d", "h", "e", "g", "m"]),
    ([nonneg(d // h - n)], ["n", "d", "h"]),
    ([equal(n, d // h + 1)], ["n", "d", "h"]),
    ([divides(n + 1, m), nonneg(h - d)], ["n", "m", "h", "d"]),
    ([equal(d, h * n), equal(d, g * m)], ["d", "h", "n", "g", "m"]),
    ([], ["n", "m", "d", "h", "e", "g"]),
]


@pytest.mark.parametrize(("conditions", "names"), CASES, ids=lambda x: ", ".join(map(str, x)))
def test_solutions_satisfy_are_distinct_and_do_not_repeat(
    conditions: list[Condition], names: list[str]
) -> None:
    found = list(itertools.islice(solutions(conditions, names, rng=random.Random(1)), 20))
    assert len(found) == 20
    assert len({tuple(env.values()) for env in found}) == 20
    for env in found:
        assert list(env) == names
        assert all(c.holds(env) for c in conditions)
        assert all(v >= 1 for v in env.values())
        assert len(set(env.values())) == len(names)


def test_solutions_reach_one_two_and_three() -> None:
    seen = {v for env in solutions([divides(h, d)], ["d", "h"], bound=3) for v in env.values()}
    assert {1, 2, 3} <= seen
    pairs = {(env["n"], env["m"]) for env in solutions([], ["n", "m"], bound=3)}
    assert pairs == set(itertools.product((1, 2, 3), repeat=2))
    every = solutions([nonneg(n - m)], ["n", "m"], avoid_equal=False, bound=3)
    assert sorted((env["n"], env["m"]) for env in every) == [
        (1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3),
    ]  # fmt: skip


def test_distinct_values_come_first() -> None:
    order = [len(set(env.values())) for env in solutions([], ["n", "m"], bound=4)]
    assert order == sorted(order, reverse=True)
    forced = next(solutions([equal(n, m)], ["n", "m", "d", "h"]))
    assert forced["n"] == forced["m"] and len(set(forced.values())) == 3


def test_solutions_go_beyond_the_bound_where_they_must() -> None:
    assert next(solutions([divides(64, d)], ["d"]))["d"] % 64 == 0
    assert next(solutions([divides(k, d) for k in (7, 11, 13)], ["d"]))["d"] % 1001 == 0
    assert next(solutions([positive(n - 40)], ["n"]))["n"] > 40
    assert next(solutions([equal(d, 16 * h * g)], ["d", "h", "g"]))["d"] >= 32


def test_contradictions_have_no_solutions() -> None:
    assert list(solutions([equal(n, n + 1)], ["n", "m"])) == []
    assert list(solutions([positive(n - m), positive(m - n)], ["n", "m"])) == []
    assert list(solutions([divides(2, n), divides(2, n + 1)], ["n"])) == []
    assert list(solutions([equal(2, 3)], [])) == []
    assert list(solutions([equal(2, 2)], [])) == [{}]


def test_solutions_are_reproducible() -> None:
    def take(seed: int) -> list[dict[str, int]]:
        source = solutions([divides(h, d)], ["d", "h", "n"], rng=random.Random(seed))
        return list(itertools.islice(source, 5))

    assert take(3) == take(3)
    assert take(3) != take(4)


def least_by_brute_force(
    conditions: list[Condition], names: list[str], assumed: list[Condition]
) -> dict[str, int] | None:
    best = None
    for values in itertools.product(range(1, 7), repeat=len(names)):
        env = dict(zip(names, values))
        if all(c.holds(env) for c in assumed) and not all(c.holds(env) for c in conditions):
            if best is None or (sum(values), values) < (sum(best), best):
                best = values
    return None if best is None else dict(zip(names, best))


@relaxed
@given(
    st.lists(
        st.builds(
            Condition,
            st.sampled_from(["divides", "nonneg", "positive", "equal"]),
            trees(leaves=3).map(Tree.size),
            trees(leaves=3).map(Tree.size),
        ),
        min_size=1,
        max_size=2,
    ),
    st.booleans(),
)
def test_least_counterexample_is_least(conditions: list[Condition], assume: bool) -> None:
    assumed = [divides(Size.symbol("a"), Size.symbol("b"))] if assume else []
    expected = least_by_brute_force(conditions, list(NAMES), assumed)
    assert least_counterexample(conditions, NAMES, 6, given=assumed) == expected


def test_least_counterexamples_that_people_read() -> None:
    assert least_counterexample([divides(h, d)], ["h", "d"]) == {"h": 2, "d": 1}
    assert least_counterexample([equal(n, m)], ["n", "m"]) == {"n": 1, "m": 2}
    assert least_counterexample([divides(1, n)], ["n"]) is None
    assert least_counterexample([equal(h * (d // h), d)], ["h", "d"]) is None
    assert least_counterexample([divides(4, n)], ["n"], given=[divides(2, n)]) == {"n": 2}


def test_speed_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def micro(call: Callable[[], object], times: int) -> float:
        start = time.perf_counter()
        for _ in range(times):
            call()
        return (time.perf_counter() - start) / times * 1e6

    conditions, names = CASES[2]
    rows = {
        "n + n is 2*n": micro(lambda: n + n is 2 * n, 2000),
        "h*(d//h) is d": micro(lambda: h * (d // h) is d, 2000),
        "two convolutions": micro(lambda: floor_div(floor_div(h - 1, 2), 2) + 1, 1000),
        "five solutions, six symbols": micro(
            lambda: list(itertools.islice(solutions(conditions, names), 5)), 20
        ),
        "least counterexample": micro(
            lambda: least_counterexample([divides(h, d)], ["h", "d"]), 50
        ),
    }
    with capsys.disabled():
        print()
        for name, cost in rows.items():
            print(f"{name:>30} {cost:9.1f} µs")
    assert all(cost > 0 for cost in rows.values())
