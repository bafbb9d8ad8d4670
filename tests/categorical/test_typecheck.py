"""Annotations of the language under typeguard, and constructors that check their arguments.

The annotations of this file are strings (``from __future__ import annotations``), as in most user
files. Every acceptance stands beside a broken twin that must be refused.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typeguard import TypeCheckError, check_type, typechecked

from categorical import (
    Arrow,
    Bool,
    Dim,
    Fin,
    Real,
    SpecError,
    architecture,
    arrow,
    functors,
    iterate,
    laws,
    op,
    operators,
    para,
    tie,
)
from categorical.arrows import copy, identity, swap
from categorical.checked import checked, hints
from categorical.typecheck import ArrowType, annotation

ROOT = Path(__file__).parent.parent.parent
n, c, h, k = Dim.named("n c h k")
A, B, C = TypeVar("A"), TypeVar("B"), TypeVar("C")
number = TypeVar("number", int, str)
Scores = Real[n, n.at("key")]


@typechecked
def classifier(encode: Arrow[Real[n, c], Real[k]]) -> Arrow[Real[n, c], Real[k]]:
    return encode


@typechecked
def chain(f: Arrow[A, B], g: Arrow[B, C]) -> Arrow[A, C]:
    return f >> g


@typechecked
def twisted(f: Arrow[A, B]) -> Arrow[B, A]:
    return f


@typechecked
def all_layers(layers: list[Arrow[Real[c], Real[c]]]) -> None:
    return None


@typechecked
def by_name(
    layers: Mapping[str, Arrow[Real[c], ...]], one: Arrow[Any, Real[c]] | None = None
) -> None:
    return None


@typechecked
def at_wire(x: Real[n, c]) -> None:
    return None


@typechecked
def apply_to(f: Arrow[A, B], x: A) -> None:
    return None


@typechecked
def labelled(f: Arrow[Scores, Real[n, n.at("key")]]) -> None:
    return None


@typechecked
def paired(f: Arrow[(A, Real[k]), A]) -> None:
    return None


@typechecked
def foreign(one: number, many: list[int], call: Callable[[int], int]) -> int:
    return 0


NET = op.linear(c, h) >> op.relu >> op.mean(n) >> op.linear(h, k)


def test_typeguard_alone_would_accept_anything() -> None:
    """The reason for the bridge: an unknown annotation is not checked at all."""
    code = (
        "import typeguard, categorical as m\n"
        "typeguard.checker_lookup_functions[:] = [f for f in typeguard.checker_lookup_functions"
        " if 'categorical' not in f.__module__]\n"
        "n, c = m.Dim.named('n c')\n"
        "note = m.Arrow[m.Real[n], m.Real[c]]\n"
        "typeguard.checker_lookup_functions[:] = [f for f in typeguard.checker_lookup_functions"
        " if 'categorical' not in f.__module__]\n"
        "typeguard.check_type(3, note)\n"
    )
    assert run(code) == ""


def run(code: str) -> str:
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    return answer.stderr


def test_domain_and_codomain_are_compared() -> None:
    assert classifier(NET) is NET
    with pytest.raises(TypeCheckError) as caught:
        classifier(NET.at(Real[n, c]) >> op.linear(k, h))
    assert str(caught.value) == (
        'argument "encode" (categorical.arrows.Seq) ends in Real[h], but '
        "Arrow[Real[n, c], Real[k]] ends in Real[k]: axis h ≠ k "
        "(help: op.linear(h, k))"
    )


def test_the_domain_is_named_when_it_is_the_domain() -> None:
    @arrow
    def other(x: Real[c, n]) -> Real[k]:
        return op.linear(c, k)(op.mean(n)(x))

    with pytest.raises(TypeCheckError, match=r"starts at Real\[c, n\].*the axes agree up to order"):
        classifier(other)


@pytest.mark.parametrize("value", [3, None, "net", op.linear, Real[n]])
def test_what_is_no_arrow(value: object) -> None:
    with pytest.raises(TypeCheckError, match="is not an arrow"):
        classifier(value)


def test_an_open_arrow_passes_where_it_has_the_type() -> None:
    @typechecked
    def rows(f: Arrow[Real[n, c], Real[n, h]]) -> None:
        return None

    rows(op.linear(c, h))
    with pytest.raises(TypeCheckError, match=r"does not start at Real\[n, c\].*needs the axis `k`"):
        rows(op.linear(k, h))
    with pytest.raises(TypeCheckError, match="ends in"):
        rows(op.linear(c, k))


def test_type_variables_are_one_space_in_a_whole_call() -> None:
    assert chain(op.linear(c, h), op.linear(h, k)).cod == (Real[k],)
    with pytest.raises(
        TypeCheckError,
        match=r'argument "g".*as Arrow\[B, C\] does with B = Real\[h\]: `linear` needs',
    ):
        chain(op.linear(c, h), op.linear(c, k))
    assert chain(op.linear(c, h), op.linear(h, c)).cod == (Real[c],), "a call leaves nothing behind"


def test_the_result_is_checked_with_the_variables_of_the_arguments() -> None:
    square = op.linear(c, c)
    assert twisted(square) is square
    with pytest.raises(TypeCheckError, match=r"the return value.*ends in|the return value.*start"):
        twisted(op.linear(c, h))


def test_one_variable_may_stand_for_several_wires_or_none() -> None:
    assert chain(copy(Real[n]), swap(Real[n], Real[n])).dom == (Real[n],)
    assert chain(identity(), identity()).dom == ()
    with pytest.raises(TypeCheckError, match="1 wire, not 2"):
        chain(copy(Real[n]), identity(Real[n]))


def test_a_variable_beside_a_space_takes_the_wires_that_are_left() -> None:
    @arrow
    def first(x: Real[n], y: Real[k]) -> Real[n]:
        return op.add(x, op.expand(n)(op.sum(k)(y)))

    paired(first)
    with pytest.raises(TypeCheckError, match="ends in"):
        paired(swap(Real[n], Real[k]))


def test_collections_check_every_item() -> None:
    good = op.linear(c, c)
    all_layers([good, good, good])
    with pytest.raises(TypeCheckError, match=r"item 2 of argument.*ends in Real\[h\]"):
        all_layers([good, good, op.linear(c, h)])
    by_name({"a": good, "b": op.linear(c, h)}, op.linear(h, c))
    with pytest.raises(TypeCheckError, match="value of key 'b'"):
        by_name({"a": good, "b": op.linear(h, c)})
    with pytest.raises(TypeCheckError, match="did not match any element in the union"):
        by_name({}, op.linear(c, h))


def test_a_space_annotates_wires_and_spaces() -> None:
    at_wire(Real[n, c])
    with pytest.raises(TypeCheckError, match=r"is Real\[c, n\], not Real\[n, c\]: the axes agree"):
        at_wire(Real[c, n])
    with pytest.raises(TypeCheckError, match="is not a wire or a space"):
        at_wire(3)
    with pytest.raises(TypeCheckError, match="a bool array meets a real one"):
        at_wire(Bool[n, c])

    @arrow
    def net(x: Real[n, c], y: Real[n]) -> Real[n, c] * Real[n]:
        at_wire(x)
        apply_to(op.linear(c, h), Real[c])
        with pytest.raises(TypeCheckError, match=r"is Real\[n\], not Real\[n, c\]"):
            at_wire(y)
        return x, y


def test_a_wire_is_unified_with_the_domain() -> None:
    apply_to(NET, Real[n, c])
    with pytest.raises(TypeCheckError, match=r"is Real\[n, h\], but A = Real\[n, c\]"):
        apply_to(NET, Real[n, h])


def test_labels_of_axes_are_no_forward_references() -> None:
    labelled(op.relu.at(Scores))
    with pytest.raises(TypeCheckError, match=r"does not start|starts at"):
        labelled(identity(Real[n]))


def test_annotations_of_others_keep_their_meaning() -> None:
    foreign(1, [1], abs)
    foreign("x", [1], abs)
    for wrong in [(1.5, [1], abs), (1, ["x"], abs), (1, [1], 3)]:
        with pytest.raises(TypeCheckError):
            foreign(*wrong)
    assert check_type([1, "x"], list[int]) == [1, "x"], "typeguard's own strategy is untouched"


def test_an_annotation_is_interned_and_says_what_it_is() -> None:
    one = Arrow[Real[n, c] * Fin(k)[n], Real[k]]
    assert isinstance(one, ArrowType) and one is Arrow[(Real[n, c], Fin(k)[n]), Real[k]]
    assert repr(one) == "Arrow[Real[n, c] × Fin(k)[n], Real[k]]"
    assert repr(Arrow[A, ...]) == "Arrow[A, ...]"
    for item in [Real[n], (Real[n],), (Real[n], Real[n], Real[n])]:
        with pytest.raises(SpecError, match="CM042"):
            annotation(item)
    with pytest.raises(SpecError, match="CM033"):
        Arrow["Real[n]", Real[n]]


def test_the_order_of_imports_does_not_matter() -> None:
    """Typeguard may come before or after us, and the annotations may be plain spaces."""
    ours = "from categorical import *\nn, c = Dim.named('n c')\n"
    guard = "import typeguard\n"
    arrows = "typeguard.check_type(op.linear(n, c), Arrow[Real[n], Real[n]])\n"
    spaces = "typeguard.check_type(Real[n], Real[c])\n"
    for code in [
        ours + guard + arrows,
        guard + ours + arrows,
        ours + guard + spaces,
        guard + ours + spaces,
    ]:
        assert "typeguard.TypeCheckError" in run(code), code
    assert "loaded" not in run(ours + "import sys\nif 'typeguard' in sys.modules: exit('loaded')")


# ---------------------------------------------------------------- our own constructors


def our_constructors() -> list[Callable[..., Any]]:
    modules = [sys.modules["categorical.architecture"], operators, para, functors]
    return [
        f
        for m in modules
        for f in vars(m).values()
        if inspect.isfunction(f) and hasattr(f, "__wrapped__")
    ]


def test_every_checked_constructor_has_annotations_that_evaluate() -> None:
    names = {f.__name__ for f in our_constructors()}
    assert {
        "architecture",
        "iterate",
        "case",
        "inject",
        "branch",
        "tie",
        "reparametrise",
        "low_rank",
        "masked",
        "stack",
        "union",
    } <= names
    for function in our_constructors():
        assert set(inspect.signature(function).parameters) <= set(hints(function))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: iterate(op.linear, 3), "call it: `linear(…)` makes the arrow"),
        (lambda: iterate(our_constructors, 3), "put @arrow above `our_constructors`"),
        (lambda: iterate([NET], 3), "sequence"),
        (lambda: iterate(op.relu, 3.0), "expected  IndexSet or int"),
        (lambda: iterate(op.relu, "three"), "CM033"),
        (lambda: iterate(op.relu, times=3, weights=1), "the argument `weights` of `iterate`"),
        (lambda: tie(NET, {"a": 1}), "value of key 'a'"),
        (lambda: tie(NET, ["a"]), "expected  Mapping[str, str] or None"),
        (lambda: architecture(op.linear), "call it: `linear(…)` makes the arrow"),
        (lambda: architecture(NET, laws=laws.causal(n)), "put it into a list"),
        (lambda: architecture(NET, laws=["causal"]), "item 0 is not an instance"),
        (lambda: architecture(NET, sizes=[("n", 3)]), "expected  Mapping[str, int] or None"),
        (lambda: functors.stack(3, n), "the argument `arrow` of `stack`"),
        (lambda: functors.union(NET, "n", sample=k), "expected  tuple[Dim, ...]"),
        (lambda: operators.case(op.relu, 3), "item 1 is not an instance"),
    ],
)
def test_a_wrong_argument_is_named(call: Callable[[], object], text: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()
    assert text in str(caught.value)
    assert caught.value.origin is not None and caught.value.origin.filename == __file__


def test_checked_needs_no_source_and_unifies() -> None:
    scope: dict[str, Any] = {
        "Arrow": Arrow,
        "A": A,
        "B": B,
        "Real": Real,
        "c": c,
        "checked": checked,
    }
    exec(
        "@checked\ndef back(f: Arrow[A, B], g: Arrow[B, A]) -> Arrow[A, A]:\n    return f >> g",
        scope,
    )
    assert scope["back"](op.linear(c, h), op.linear(h, c)).cod == (Real[c],)
    with pytest.raises(SpecError, match="the argument `g` of `back` has the wrong type"):
        scope["back"](op.linear(c, h), op.linear(h, k))

    @checked
    def wrong(f: Arrow[A, B]) -> Arrow[B, A]:
        return f

    with pytest.raises(SpecError, match="the result of `wrong`"):
        wrong(op.linear(c, h))


def test_checked_is_the_function_itself_where_it_passes() -> None:
    @checked
    def collect(*arrows: Arrow, times: float = 1, **names: str) -> tuple[object, ...]:
        """Kept."""
        return arrows, times, names

    assert collect(NET, times=2, a="b") == ((NET,), 2, {"a": "b"})
    assert collect.__doc__ == "Kept." and collect.__name__ == "collect"
    for call in [lambda: collect(NET, 1), lambda: collect(times="2"), lambda: collect(a=1)]:
        with pytest.raises(SpecError, match="CM042"):
            call()
