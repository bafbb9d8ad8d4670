"""Sizes: side conditions, text, and objects."""

import copy
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from categorical.sizes import (
    Condition,
    Size,
    divides,
    equal,
    exact_quotient,
    floor_div,
    nonneg,
    positive,
    to_python,
)
from tests.categorical.expressions import (
    Tree,
    built,
    is_whole,
    points,
    trees,
)

n, m, d, h, e, g = (Size.symbol(s) for s in "nmdheg")
NAMES = ("a", "b", "c")
relaxed = settings(deadline=None, max_examples=150)


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
        assert is_whole(quotient, env) is whole


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
