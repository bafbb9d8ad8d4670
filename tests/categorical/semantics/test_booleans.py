"""Z₂ against whole numbers modulo 2, and exhaustive comparison against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from categorical import Bool, Complex, Dim, Fin, Real, arrow, op
from categorical.derivatives import explicit, reverse
from categorical.records import Context
from categorical.semantics import FloatAlgebra, OutsideFragment
from categorical.semantics.booleans import (
    ALL,
    LANES,
    BooleanAlgebra,
    assignments,
    bits,
    differing,
    evaluated,
    table,
    words,
)
from categorical.semantics.interpreter import run
from tests.categorical.ops.instances import INSTANCES

n, m = Dim.named("n m")
BIT = Real.scalar
#: Ring operations; divisions by a size, and coefficients with even denominators, are none modulo 2.
DIVIDES = ("div", "mean", "avg_pool", "scatter.mean", "reciprocal")
HALVES = ("steerable_conv.plane", "hom.product", "hom.diagrams")
RING = [
    one
    for name, one in INSTANCES.items()
    if one.generator.fragment == "exact"
    and not one.generator.stateful
    and not name.startswith(DIVIDES)
    and name not in (*HALVES, "full", "table")
    and any(t.kind == "real" for t in one.box.cod)
    and one.generator.name not in ("opaque", "dropout", "gumbel_noise", "gaussian_noise")
]


def wholes(space, context, rng):
    """Random whole numbers, and the words of one assignment."""
    shape = context.shape(space)
    if space.kind == "real":
        return rng.integers(-3, 4, shape).astype(np.float64)
    return FloatAlgebra().random(
        shape, rng, space.kind, space.values and context.size(space.values)
    )


def both(one, algebra, seed=0):
    """An instance on whole numbers modulo 2, and on words."""
    rng, graph = np.random.default_rng(seed), one.arrow.retype(one.types).graph()
    context = Context(FloatAlgebra(), one.sizes)
    resources = {p: wholes(r.space, context, rng) for p, r in graph.resources(one.sizes).items()}
    inputs = [wholes(t, context, rng) for t in graph.dom]
    wanted = run(graph, context, inputs, resources).outputs

    def word(v):
        return words(v) if v.dtype == np.float64 else v

    found = run(
        graph, Context(algebra, one.sizes), [word(v) for v in inputs],
        {p: word(v) for p, v in resources.items()},
    ).outputs  # fmt: skip
    return [y % 2 for y in wanted], found


@pytest.mark.parametrize("one", RING, ids=repr)
def test_reduction_modulo_2_is_a_homomorphism(one) -> None:
    wanted, found = both(one, BooleanAlgebra())
    for want, got in zip(wanted, found, strict=True):
        for lane in (0, 1, LANES - 1):
            np.testing.assert_array_equal(bits(got, lane), want)


def test_the_list_of_ring_operations_is_long() -> None:
    assert len(RING) > 45 and {"linear", "einsum", "conv", "scatter.sum"} <= {r.name for r in RING}


class Or(BooleanAlgebra):
    """The broken twin: a sum that is an inclusive or."""

    def add(self, a, b):
        return a | b

    def sum(self, v, axes):
        return np.bitwise_or.reduce(v, axis=axes)


@pytest.mark.parametrize("name", ["add", "sum"])
def test_an_inclusive_or_is_no_sum(name: str) -> None:
    differ = 0
    for seed in range(4):
        wanted, found = both(INSTANCES[name], Or(), seed)
        differ += any((bits(got) != want).any() for want, got in zip(wanted, found))
    assert differ


def test_lanes_are_apart() -> None:
    rng = np.random.default_rng(1)
    algebra = BooleanAlgebra()
    a, b = algebra.random((3, 4), rng), algebra.random((4, 2), rng)
    together = algebra.einsum("ij,jk->ik", a, b)
    for lane in range(LANES):
        np.testing.assert_array_equal(bits(together, lane), bits(a, lane) @ bits(b, lane) % 2)


def test_constants() -> None:
    algebra = BooleanAlgebra()
    found = algebra.constant(np.array([0.0, 1.0, -3.0, 6.0, 2.0**60]))
    assert found.tolist() == [0, ALL, ALL, 0, 0]
    assert algebra.constant(np.array([True, False])).tolist() == [ALL, 0]
    from fractions import Fraction

    assert int(algebra.constant(Fraction(5, 3))) == ALL
    for value in (0.5, Fraction(1, 6), float("inf"), float("nan")):
        with pytest.raises(OutsideFragment):
            algebra.constant(value)


def test_what_has_no_meaning() -> None:
    algebra = BooleanAlgebra()
    one, half = words([1]), np.array([COLUMN := np.uint64(0xFFFFFFFF)])
    assert COLUMN and algebra.div(one, one).tolist() == [ALL]
    for attempt in (
        lambda: algebra.div(one, half),
        lambda: algebra.apply("reciprocal", half),
        lambda: algebra.apply("tanh", one),
        lambda: algebra.max(one, 0),
        lambda: algebra.maximum(one, one),
        lambda: algebra.argmax(one, 0),
        lambda: algebra.segment_max(one, np.zeros(1, dtype=np.int64), 1, 0),
        lambda: algebra.less(one, one),
        lambda: algebra.less_equal(one, one),
        lambda: algebra.equal(one, one),
    ):
        with pytest.raises(OutsideFragment):
            attempt()
    with pytest.raises(ValueError, match="has no parameter"):
        algebra.apply("square", one, slope=1.0)
    with pytest.raises(ValueError, match="explicit"):
        table(op.linear(n, m).at(Real[n]), {"n": 2, "m": 2})


@pytest.mark.parametrize("count", range(1, 10))
def test_every_assignment_is_listed_in_counting_order(count: int) -> None:
    seen = []
    for first, second in assignments([(count - count // 2,), (count // 2, 1)]):
        both_ = np.concatenate([first.ravel(), second.ravel()])
        seen += [tuple(bits(both_, lane).tolist()) for lane in range(LANES)]
    assert seen[: 1 << count] == list(product((0, 1), repeat=count))
    assert set(seen) == set(product((0, 1), repeat=count))


def test_too_many_assignments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2\^30 assignments"):
        next(assignments([(5, 6)]))


@arrow
def ring_term(x: Real[n], y: Real[n]) -> Real[n] * BIT:
    return x * op.roll(n, 1)(y) + y * x + 1, op.sum(n)(x * y)


def brute(f, count):
    return ["".join(map(str, f(*row))) for row in product((0, 1), repeat=count)]


def test_a_table_is_what_brute_force_gives() -> None:
    def f(x1, x2, x3, y1, y2, y3):
        x, y = (x1, x2, x3), (y1, y2, y3)
        first = [(x[i] * y[i - 1] + y[i] * x[i] + 1) % 2 for i in range(3)]
        return (*first, sum(a * b for a, b in zip(x, y)) % 2)

    assert table(ring_term, {"n": 3}) == brute(f, 6)


def test_functions_that_agree_have_no_difference() -> None:
    """x² = x, and the derivatives of the two are 0 and 1."""

    @arrow
    def squared(x: BIT) -> BIT:
        return x * x

    identity = op.scale(1).at(BIT)
    assert differing(squared, identity) is None
    assert differing(op.square.at(BIT), identity) is None
    for one in (squared, op.square.at(BIT)):
        assert table(reverse(one)) == ["0"] * 4
        assert differing(reverse(one), reverse(identity)) == {"x": [0], "g": [1]} or table(
            reverse(identity)
        ) == ["0", "1", "0", "1"]
        assert differing(reverse(one), reverse(identity)) is not None


@pytest.mark.parametrize("count", [3, 7, 8])
def test_a_difference_is_found_wherever_it_is(count: int) -> None:
    """The conjunction of all inputs differs from 0 on one assignment, the last."""
    pin = Dim("pin", size=count)

    @arrow
    def all_of(x: Real[pin]) -> BIT:
        found = op.take(pin, 0)(x)
        for i in range(1, count):
            found = found * op.take(pin, i)(x)
        return found

    @arrow
    def nothing(x: Real[pin]) -> BIT:
        return op.sum(pin)(x + x)

    assert differing(all_of, nothing) == {"x": [1] * count}
    assert differing(nothing, nothing) is None


def test_arrows_of_other_types_are_not_compared() -> None:
    with pytest.raises(ValueError, match="is not"):
        differing(op.sum(n).at(Real[n]), op.relu.at(Real[n]), {"n": 2})


def test_words_in_words_out() -> None:
    layer, sizes = explicit(op.linear(n, m)), {"n": 2, "m": 2}
    [y] = evaluated(layer, [words([1, 0]), words([[1, 1], [0, 1]]), words([0, 1])], sizes)
    assert bits(y).tolist() == [1, 1]


def test_masks_and_indices_are_listed_too() -> None:
    pin = Dim("pin", size=2)

    @arrow
    def chosen(mask: Bool[pin], x: Real[pin], y: Real[pin]) -> Real[pin]:
        return op.where(mask, x, y)

    @arrow
    def read(x: Real[pin], index: Fin(pin)[n]) -> Real[n]:
        return op.gather(pin)(x, index)

    def choice(*row):
        mask, x, y = row[:2], row[2:4], row[4:]
        return (x[i] if mask[i] else y[i] for i in range(2))

    assert table(chosen) == brute(lambda *row: tuple(choice(*row)), 6)
    found = table(read, {"n": 2})
    wanted = [f"{x[i]}{x[j]}" for i in (0, 1) for j in (0, 1) for x in product((0, 1), repeat=2)]
    assert found == wanted

    @arrow
    def first(mask: Bool[pin], x: Real[pin], y: Real[pin]) -> Real[pin]:
        return op.where(op.logical_and(mask, mask), x, y) * op.indicator(mask) + y

    assert differing(chosen, chosen) is None
    found = differing(chosen, first)
    assert found is not None and set(found) == {"mask", "x", "y"}
    with pytest.raises(ValueError, match="too many"):
        table(read, {"n": 13})
    with pytest.raises(ValueError, match="complex"):
        table(op.add.at(Complex[pin], Complex[pin]))
