"""A polynomial circuit means the same in every algebra.

The reference is a fourth algebra, of exact fractions, written from the definitions. Random
circuits are run in all of them; residues must equal the reduced fractions, dual tangents the exact
difference quotient.
"""

from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from categorical.semantics import Dual, DualAlgebra, FieldAlgebra, FloatAlgebra
from categorical.semantics.algebra import Algebra, axes_of


def fractions(array) -> np.ndarray:
    """An object array of exact fractions."""
    given = np.asarray(array, dtype=object)
    result = np.empty(given.shape, dtype=object)
    for place in np.ndindex(given.shape):
        result[place] = Fraction(given[place])
    return result


class FractionAlgebra(Algebra[np.ndarray]):
    """Only the polynomial part: enough to say what a polynomial circuit means exactly."""

    def shape(self, v):
        return v.shape

    def constant(self, array_or_number):
        return fractions(array_or_number)

    def export(self, v):
        return v.astype(float)

    def random(self, shape, rng, kind="real", values_size=None, scale=1.0):
        return fractions(rng.integers(-5, 6, size=shape).astype(object)) / 4

    def add(self, a, b):
        return a + b

    def neg(self, a):
        return -a

    def mul(self, a, b):
        return a * b

    def div(self, a, b):
        return a / b

    def einsum(self, spec, *vs):
        """Straight from the definition: a sum over all assignments of the letters."""
        left, output = spec.replace(" ", "").split("->")
        operands = left.split(",")
        sizes = {x: n for s, v in zip(operands, vs) for x, n in zip(s, v.shape)}
        letters = list(sizes)
        result = fractions(np.zeros([sizes[x] for x in output], dtype=object))
        for place in np.ndindex(*(sizes[x] for x in letters)):
            at = dict(zip(letters, place))
            term = Fraction(1)
            for s, v in zip(operands, vs):
                term *= v[tuple(at[x] for x in s)]
            result[tuple(at[x] for x in output)] += term
        return result

    def sum(self, v, axes):
        return fractions(v.sum(axis=axes_of(axes, v.ndim)))

    def structural(self, v, f):
        return f(v)

    def structural_n(self, vs, f):
        return f(vs)

    def segment_sum(self, v, index, size, axis):
        first = np.moveaxis(v, axis, 0)
        result = fractions(np.zeros((size, *first.shape[1:]), dtype=object))
        for k, segment in enumerate(index):
            result[segment] = result[segment] + first[k]
        return np.moveaxis(result, 0, axis)

    def apply(self, name, v, **params):
        return {"identity": v, "square": v * v}[name]

    def _none(self, *_, **__):
        raise NotImplementedError

    max = argmax = segment_max = maximum = less = less_equal = equal = where = _none

    def difference(self, a, b):
        return a != b

    def equal_arrays(self, a, b):
        return a.shape == b.shape and bool(np.all(a == b))


SIDE = 3
INDEX = np.array([2, 0, 2])

#: One step of a circuit on square matrices: an arrow from two wires to one.
STEPS = {
    "add": lambda a, x, y: a.add(x, y),
    "sub": lambda a, x, y: a.sub(x, y),
    "neg": lambda a, x, y: a.neg(x),
    "mul": lambda a, x, y: a.mul(x, y),
    "square": lambda a, x, y: a.apply("square", x),
    "cube": lambda a, x, y: a.power_int(x, 3),
    "third": lambda a, x, y: a.mul(x, a.constant(Fraction(1, 3))),
    "float": lambda a, x, y: a.add(x, a.constant(np.array([0.625, -3.0, 1e-3]))),
    "matmul": lambda a, x, y: a.einsum("ij,jk->ik", x, y),
    "outer": lambda a, x, y: a.einsum("ii,jk->ij", x, y),
    "three": lambda a, x, y: a.einsum("ij,kj,ki->ik", x, y, x),
    "sums": lambda a, x, y: a.mul(a.sum(x, 0), y),
    "transpose": lambda a, x, y: a.structural(x, np.transpose),
    "shift": lambda a, x, y: a.structural(x, lambda v: np.roll(v, 1, axis=0)),
    "mix rows": lambda a, x, y: a.structural_n([x, y], lambda vs: np.concatenate(vs)[1:4]),
    "segment": lambda a, x, y: a.segment_sum(x, INDEX, SIDE, 1),
    "gather": lambda a, x, y: a.gather(x, INDEX, 0),
}

circuits = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=5,
)
seeds = st.integers(0, 2**16)


def wires_of(circuit, algebra, x, y):
    """Run a circuit; all its wires."""
    wires = [x, y]
    for name, i, j in circuit:
        wires.append(STEPS[name](algebra, wires[i % len(wires)], wires[j % len(wires)]))
    return wires


def evaluate(circuit, algebra, x, y):
    """Run a circuit; its last wire."""
    return wires_of(circuit, algebra, x, y)[-1]


def largest(arrays):
    """The largest magnitude in some arrays."""
    return max(float(np.max(np.abs(v.astype(float)))) for v in arrays)


def points(seed, count=2):
    rng = np.random.default_rng(seed)
    exact = FractionAlgebra()
    return [exact.random((SIDE, SIDE), rng) for _ in range(count)]


def agrees_with_fractions(algebra, circuit, seed):
    """Is the meaning here the image of the exact meaning?"""
    inputs = points(seed)
    exact = evaluate(circuit, FractionAlgebra(), *inputs)
    result = evaluate(circuit, algebra, *(algebra.constant(v) for v in inputs))
    return algebra.equal_arrays(result, algebra.constant(exact))


@given(circuits, seeds)
@settings(max_examples=50)
def test_fields(circuit, seed):
    assert agrees_with_fractions(FieldAlgebra(seed=seed), circuit, seed)


@given(circuits, seeds)
@settings(max_examples=50)
def test_small_fields(circuit, seed):
    assert agrees_with_fractions(FieldAlgebra(10007), circuit, seed)


@given(circuits, seeds)
@settings(max_examples=50)
def test_floats(circuit, seed):
    """Up to rounding of the largest number met on the way."""
    inputs = points(seed)
    exact = wires_of(circuit, FractionAlgebra(), *inputs)
    result = evaluate(circuit, FloatAlgebra(), *(v.astype(float) for v in inputs))
    assert largest([result - exact[-1].astype(float)]) <= 1e-12 * (1 + largest(exact))


@given(circuits, seeds)
@settings(max_examples=50)
def test_duals(circuit, seed):
    """The tangent is the derivative of the exact polynomial along the direction."""
    x, y, dx, dy = points(seed, 4)
    h = Fraction(1, 10**9)
    ahead = wires_of(circuit, FractionAlgebra(), x + h * dx, y + h * dy)
    behind = wires_of(circuit, FractionAlgebra(), x - h * dx, y - h * dy)
    slopes = [(a - b) / (2 * h) for a, b in zip(ahead, behind, strict=True)]
    result = evaluate(
        circuit,
        DualAlgebra(),
        Dual(x.astype(float), dx.astype(float)),
        Dual(y.astype(float), dy.astype(float)),
    )
    bound = 1e-12 * (1 + largest(ahead)) * (1 + largest(slopes))
    assert largest([result.tangent - slopes[-1].astype(float)]) <= bound


@pytest.mark.parametrize("name", sorted(STEPS))
def test_every_step(name):
    """Each step on its own, so that none is left to chance."""
    circuit = [(name, 0, 1)]
    for algebra in (FieldAlgebra(seed=1), FloatAlgebra(), DualAlgebra()):
        assert agrees_with_fractions(algebra, circuit, 7)


class WrongEinsum(FieldAlgebra):
    """The broken twin: floating-point products of residues, which round."""

    def einsum(self, spec, *vs):
        return (np.einsum(spec, *(v.astype(float) for v in vs)) % self.p).astype(np.int64)


class WrongSegments(FieldAlgebra):
    """The broken twin: sums of residues that are not reduced."""

    def segment_sum(self, v, index, size, axis):
        return super().segment_sum(v, index, size, axis) + self.p


class WrongConstants(FieldAlgebra):
    """The broken twin: float constants rounded to integers."""

    def constant(self, array_or_number):
        array = np.asarray(array_or_number)
        return super().constant(np.rint(array) if array.dtype == float else array)


@pytest.mark.parametrize(
    ("twin", "name"),
    [(WrongEinsum, "matmul"), (WrongSegments, "segment"), (WrongConstants, "float")],
)
def test_broken_twins_are_noticed(twin, name):
    assert not agrees_with_fractions(twin(seed=1), [(name, 0, 1)], 7)
