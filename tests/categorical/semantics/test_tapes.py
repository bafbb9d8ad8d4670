"""Tapes against dual numbers, at random points and at kinks; in prime fields; on another tape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from categorical.records import EVAL, TRAIN, Context
from categorical.semantics import Dual, DualAlgebra, FieldAlgebra, FloatAlgebra
from categorical.semantics.tapes import Tape, Taped
from tests.categorical.ops.instances import INSTANCES, Instance

P = 1_000_003
#: Points at which the piecewise functions bend, and entries are equal to one another.
KINKS = np.array([-1.0, 0.0, 1.0, 6.0])
STATELESS = [i for i in INSTANCES.values() if not i.generator.stateful]
every = pytest.mark.parametrize("instance", STATELESS, ids=str)


def spaces(instance: Instance) -> list[Any]:
    box = instance.box
    return [*box.dom, *(r.space for r in box.resources)]


def drawn(instance: Instance, types: Sequence[Any], rng: np.random.Generator, kinks: bool) -> list:
    found = []
    for one in types:
        shape = tuple(a.size.evaluate(instance.sizes) for a in one.axes)
        if one.kind == "fin":
            found.append(rng.integers(0, one.values.size.evaluate(instance.sizes), size=shape))
        elif one.kind == "bool":
            found.append(rng.integers(0, 2, size=shape).astype(bool))
        else:
            value = rng.choice(KINKS, shape) if kinks else rng.standard_normal(shape)
            found.append(np.abs(value) + 0.5 if instance.positive else value)
    return found


def meaning(instance: Instance, algebra: Any, values: Sequence[Any], mode: str) -> list[Any]:
    with np.errstate(all="ignore"):
        context = Context(algebra, instance.sizes, mode)
        found = instance.generator.meaning(context, instance.box, tuple(values))
    return list(found)[: len(instance.box.cod)]


def pairings(
    instance: Instance, seed: int, kinks: bool, tape: Tape, mode: str = TRAIN
) -> tuple[float, float]:
    """⟨R[f](a, b), v⟩ of a tape over floats, and ⟨b, D[f](a) v⟩ of dual numbers."""
    rng = np.random.default_rng(seed)
    point = drawn(instance, spaces(instance), rng, kinks)
    real = [i for i, t in enumerate(spaces(instance)) if t.kind == "real"]
    ways = {i: rng.standard_normal(point[i].shape) for i in real}
    taped = [tape.variable(x) if i in ways else x for i, x in enumerate(point)]
    outs = meaning(instance, tape, taped, mode)
    cots = [rng.standard_normal(y.shape) if isinstance(y, Taped) else None for y in outs]
    found = tape.pull(outs, cots, [taped[i] for i in real])
    duals = [Dual(x, ways[i]) if i in ways else x for i, x in enumerate(point)]
    ahead = meaning(instance, DualAlgebra(), duals, mode)
    left = sum(float(np.sum(g * ways[i])) for i, g in zip(real, found, strict=True))
    right = sum(
        float(np.sum(g * y.tangent)) for g, y in zip(cots, ahead, strict=True) if g is not None
    )
    return left, right


def transposed(instance: Instance, kinks: bool, make: Callable[[Any], Tape] = Tape) -> bool:
    return all(
        np.isclose(*pairings(instance, seed, kinks, make(FloatAlgebra()), mode), atol=1e-9)
        for seed in range(3)
        for mode in (EVAL, TRAIN)
    )


@every
def test_the_transpose_of_dual_numbers(instance: Instance) -> None:
    assert transposed(instance, kinks=False)


@pytest.mark.parametrize("instance", [i for i in STATELESS if i.name != "div"], ids=str)
def test_the_same_derivative_at_kinks(instance: Instance) -> None:
    assert transposed(instance, kinks=True)


def test_kinks_are_met() -> None:
    """The points of the test above have ties and zeros in them."""
    rng = np.random.default_rng(0)
    values = drawn(INSTANCES["max"], spaces(INSTANCES["max"]), rng, True)[0]
    top = values == values.max(axis=0)
    assert (top.sum(axis=0) > 1).any() and (values == 0).any()


# --- broken tapes ---------------------------------------------------------------------------------


class Swapped(Tape):
    """The factors of a product get one another's cotangent."""

    def mul(self, a: Taped, b: Taped) -> Taped:
        made = super().mul(a, b)
        assert made.back is not None
        back = made.back
        made.back = lambda g: tuple(reversed(tuple(back(g))))
        return made


class Greedy(Tape):
    """Each of several largest entries gets the whole cotangent."""

    def max(self, v: Any, axes: Any, where: Any = None) -> Taped:
        made = super().max(v, axes, where)
        assert made.back is not None
        back = made.back
        made.back = lambda g: [(x != 0) * np.max(np.abs(x)) for x in back(g)]
        return made


class Late(Tape):
    """A selection gives its cotangent back in the order in which it was selected."""

    def structural(self, v: Any, f: Any) -> Any:
        if not isinstance(v, Taped):
            return super().structural(v, f)
        shape = self.shape(v)

        def back(g: Any) -> Sequence[Any]:
            flat = np.zeros(int(np.prod(shape)))
            flat[: g.size] = g.reshape(-1)[: flat.size]
            return (flat.reshape(shape),)

        return self._step(self.base.structural(self._value(v), f), (v,), back)


class Half(Tape):
    """A maximum gives all to its first argument where both are equal."""

    def maximum(self, a: Taped, b: Taped) -> Taped:
        made = super().maximum(a, b)
        x, y = self.value(a), self.value(b)
        assert made.back is not None
        back = made.back

        def broken(g: Any) -> Sequence[Any]:
            first, second = back(g)
            return np.where(x == y, g, first), np.where(x == y, 0.0, second)

        made.back = broken
        return made

    def value(self, v: Taped) -> Any:
        return v.value


@pytest.mark.parametrize(
    ("make", "name", "kinks"),
    [
        (Swapped, "mul", False),
        (Greedy, "max", True),
        (Late, "flip", False),
        (Half, "maximum", True),
    ],
)
def test_a_wrong_transpose_is_caught(make: type[Tape], name: str, kinks: bool) -> None:
    assert not transposed(INSTANCES[name], kinks, make)


@pytest.mark.parametrize(("make", "name"), [(Greedy, "max"), (Half, "maximum")])
def test_what_is_wrong_at_ties_alone_needs_ties(make: type[Tape], name: str) -> None:
    instance = INSTANCES[name]
    tape = make(FloatAlgebra())
    if name == "maximum":
        assert np.isclose(*pairings(instance, 0, False, tape))
    assert not transposed(instance, True, make)


# --- other algebras -------------------------------------------------------------------------------


def exact() -> list[Instance]:
    """What computes by ring operations, with whole numbers."""
    return [i for i in STATELESS if i.generator.fragment == "exact" and i.name != "div"]


@pytest.mark.parametrize("instance", exact(), ids=str)
def test_residues_of_the_derivative(instance: Instance) -> None:
    """A tape over a prime field has the residues of a tape over whole numbers."""
    rng = np.random.default_rng(3)
    field = FieldAlgebra(P)
    tapes = (Tape(FloatAlgebra()), Tape(field))
    point = [
        np.round(3 * x) if t.kind == "real" else x
        for x, t in zip(drawn(instance, spaces(instance), rng, False), spaces(instance))
    ]
    cots: list[Any] = []
    found = []
    for tape in tapes:
        values = [
            tape.variable(tape.base.constant(x.astype(np.int64))) if t.kind == "real" else x
            for x, t in zip(point, spaces(instance), strict=True)
        ]
        outs = [y for y in meaning(instance, tape, values, EVAL) if isinstance(y, Taped)]
        cots = cots or [rng.integers(-3, 4, size=y.shape) for y in outs]
        given = [tape.base.constant(g) for g in cots]
        found.append(tape.pull(outs, given, [v for v in values if isinstance(v, Taped)]))
    for number, residue in zip(*found, strict=True):
        for x, r in zip(np.ravel(number), np.ravel(residue), strict=True):
            whole = Fraction(float(x)).limit_denominator(10_000)
            if abs(float(whole) - float(x)) < 1e-9:
                assert int(field.constant(whole)) == int(r)
            else:  # an irrational constant, such as the root of a size
                assert instance.name in ("scale_root",)


def cubic(algebra: Any, x: Any, y: Any) -> Any:
    """Σ x³ tanh(y), of two arrays."""
    return algebra.einsum("i,i,i,i->", x, x, x, algebra.apply("tanh", y))


def gradient(algebra: Any, x: Any, y: Any) -> list[Any]:
    tape = Tape(algebra)
    ins = [tape.variable(x), tape.variable(y)]
    return tape.pull([cubic(tape, *ins)], [algebra.ones(())], ins)


def test_a_tape_over_dual_numbers_and_a_tape_over_a_tape() -> None:
    """The two ways to the product of a Hessian and a vector."""
    rng = np.random.default_rng(0)
    x, y, v, w = rng.standard_normal((4, 5))
    ahead = [g.tangent for g in gradient(DualAlgebra(), Dual(x, v), Dual(y, w))]
    outer = Tape(FloatAlgebra())
    ins = [outer.variable(x), outer.variable(y)]
    back = outer.pull(gradient(outer, *ins), [v, w], ins)
    for a, b in zip(ahead, back, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    t = np.tanh(y)
    slope = 3 * x**2 * (1 - t * t)
    np.testing.assert_allclose(back[0], 6 * x * t * v + slope * w, atol=1e-12)


def test_third_derivatives() -> None:
    base = FloatAlgebra()
    first, second = Tape(base), None
    x0 = first.variable(np.array([2.0]))
    second = Tape(first)
    x1 = second.variable(x0)
    third = Tape(second)
    x2 = third.variable(x1)
    cube = third.mul(third.mul(x2, x2), x2)
    (d1,) = third.pull([cube], [second.constant(np.ones(1))], [x2])
    (d2,) = second.pull([d1], [first.constant(np.ones(1))], [x1])
    (d3,) = first.pull([d2], [np.ones(1)], [x0])
    assert d3 == 6


# --- what is not moved ----------------------------------------------------------------------------


def test_what_is_not_reached_gets_0() -> None:
    tape = Tape(FloatAlgebra())
    x, y = tape.variable(np.ones(2)), tape.variable(np.ones(3))
    found = tape.pull([tape.sum(x, 0)], [np.array(1.0)], [x, y])
    assert [g.tolist() for g in found] == [[1, 1], [0, 0, 0]]


def test_a_value_that_is_used_twice_gets_both() -> None:
    tape = Tape(FloatAlgebra())
    x = tape.variable(np.array([3.0]))
    (found,) = tape.pull([tape.add(tape.mul(x, x), x)], [np.ones(1)], [x])
    assert found == 7


def test_masks_and_indices_have_no_cotangent() -> None:
    tape = Tape(FloatAlgebra())
    x = tape.variable(np.array([1.0, -1.0]))
    mask = tape.less(x, tape.zeros((2,)))
    assert isinstance(mask, np.ndarray) and isinstance(tape.argmax(x, 0), np.ndarray | np.generic)
    (found,) = tape.pull([mask], [np.ones(2)], [x])
    assert found.tolist() == [0, 0]


def test_a_value_of_another_tape_is_refused() -> None:
    x = Tape(FloatAlgebra()).variable(np.ones(2))
    with pytest.raises(ValueError, match="another tape"):
        Tape(FloatAlgebra()).sum(x, 0)
