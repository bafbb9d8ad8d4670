"""Booleans: Z₂, 64 assignments at a time.

Definition.  A value is an array of 64-bit words.  Bit k of every word belongs to assignment k, so
an array is 64 arrays over Z₂ = {0, 1}, computed at once: a sum is an exclusive or, a product an
and.  ``assignments`` lists every assignment of some arrays; an arrow that is run on all of them is
known as a function, and ``table`` is that knowledge.

Laws.  Z₂ is a field in which −x = x and x² = x, so an arrow is read as a polynomial function, and
every function of bits is one.  The reverse derivative is of the polynomial, not of the function:
x² and x are one function, with derivatives 0 and 1.  ½, an order and functions such as ``tanh``
have no meaning here.

>>> from categorical import Real, op
>>> exclusive_or = op.add.at(Real.scalar, Real.scalar)
>>> table(exclusive_or), table(op.mul.at(Real.scalar, Real.scalar))
(['0', '1', '1', '0'], ['0', '0', '0', '1'])
>>> differing(op.square.at(Real.scalar), op.scale(3).at(Real.scalar)) is None
True

A number with an even denominator is no number modulo 2:

>>> table(op.scale(0.5).at(Real.scalar))
Traceback (most recent call last):
...
categorical.semantics.algebra.OutsideFragment: 1/2 has no residue modulo 2
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.arrows import Arrow
from categorical.graph import Graph
from categorical.records import Context
from categorical.semantics.algebra import (
    Algebra,
    Condition,
    Index,
    IndexMap,
    IndexMapN,
    Number,
    Numbers,
    OutsideFragment,
    axes_of,
    parameters_of,
    random_plain,
    segments,
)
from categorical.semantics.contraction import Ring, contract
from categorical.semantics.interpreter import run
from categorical.spaces import Array

Words = NDArray[np.uint64]

LANES = 64
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
#: Bit k of variable i < 6 is bit i of k: the columns of a truth table.
COLUMNS = tuple(
    np.uint64(sum(1 << k for k in range(LANES) if k >> i & 1))
    for i in range(LANES.bit_length() - 1)
)
MOST = 24  # bits of an exhaustive run


def _total(a: Words, axes: tuple[int, ...]) -> Words:
    return np.asarray(np.bitwise_xor.reduce(a, axis=axes), dtype=np.uint64)


def _matmul(a: Words, b: Words) -> Words:
    return _total(a[:, :, :, None] & b[:, None, :, :], (2,))


def _residue(x: Any) -> bool:
    """A number modulo 2."""
    if isinstance(x, float | np.floating) and not np.isfinite(x):
        raise OutsideFragment("infinities and NaN have no residue: mask with `where`")
    exact = Fraction(x)
    if exact.denominator % 2 == 0:
        raise OutsideFragment(f"{exact} has no residue modulo 2")
    return bool(exact.numerator % 2)


class BooleanAlgebra(Algebra[Words]):
    """64 copies of Z₂."""

    ring = Ring(multiply=np.bitwise_and, matmul=_matmul, total=_total)

    # values -------------------------------------------------------------------------------------

    def shape(self, v: Words) -> tuple[int, ...]:
        return v.shape

    def constant(self, array_or_number: Numbers | Number) -> Words:
        array = np.asarray(array_or_number)
        if array.dtype == np.bool_:
            bits = array
        elif np.issubdtype(array.dtype, np.integer):
            bits = array % 2 != 0
        else:
            bits = np.array([_residue(x) for x in array.ravel()], dtype=np.bool_)
        return np.where(bits.reshape(array.shape), ALL, np.uint64(0))

    def export(self, v: Words) -> Numbers:
        return v

    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> Numbers:
        """Uniform bits; a scale has no meaning here and is ignored."""
        if kind in ("real", "complex"):
            return rng.integers(0, ALL, size=shape, dtype=np.uint64, endpoint=True)
        return random_plain(shape, rng, kind, values_size)

    # the ring -----------------------------------------------------------------------------------

    def add(self, a: Words, b: Words) -> Words:
        return np.asarray(a ^ b)

    sub = add

    def neg(self, a: Words) -> Words:
        return a

    def mul(self, a: Words, b: Words) -> Words:
        return np.asarray(a & b)

    def div(self, a: Words, b: Words) -> Words:
        return self.mul(a, self.apply("reciprocal", b))

    def einsum(self, spec: str, *vs: Words) -> Words:
        return contract(spec, vs, self.ring)

    def sum(self, v: Words, axes: int | Sequence[int]) -> Words:
        return _total(v, axes_of(axes, v.ndim))

    def structural(self, v: Words, f: IndexMap) -> Words:
        return f(v)

    def structural_n(self, vs: Sequence[Words], f: IndexMapN) -> Words:
        return f(vs)

    def segment_sum(self, v: Words, index: Index, size: int, axis: int) -> Words:
        first = np.moveaxis(v, axis, 0)
        result = np.zeros((size, *first.shape[1:]), dtype=np.uint64)
        np.bitwise_xor.at(result, segments(first.shape[0], index, size), first)
        return np.moveaxis(result, 0, axis)

    # functions ----------------------------------------------------------------------------------

    def apply(self, name: str, v: Words, **params: float) -> Words:
        parameters_of(name, params)
        if name in ("identity", "square"):
            return v
        if name == "reciprocal":
            if not np.all(v == ALL):
                raise OutsideFragment("division by zero modulo 2")
            return v
        raise OutsideFragment(f"`{name}` has no meaning modulo 2")

    # order --------------------------------------------------------------------------------------

    def max(self, v: Words, axes: int | Sequence[int], where: Condition | None = None) -> Words:
        raise OutsideFragment("Z2 has no order")

    def argmax(self, v: Words, axis: int) -> Index:
        raise OutsideFragment("Z2 has no order")

    def segment_max(self, v: Words, index: Index, size: int, axis: int, empty: Number = 0) -> Words:
        raise OutsideFragment("Z2 has no order")

    def maximum(self, a: Words, b: Words) -> Words:
        raise OutsideFragment("Z2 has no order: write a + b + a b")

    def less(self, a: Words, b: Words) -> Condition:
        raise OutsideFragment("Z2 has no order")

    def less_equal(self, a: Words, b: Words) -> Condition:
        raise OutsideFragment("Z2 has no order")

    def equal(self, a: Words, b: Words) -> Condition:
        raise OutsideFragment("64 assignments have no common condition: write 1 + a + b")

    def where(self, condition: Condition, a: Words, b: Words) -> Words:
        return np.where(condition, a, b)

    # comparison of results ----------------------------------------------------------------------

    def difference(self, a: Words, b: Words) -> Numbers:
        if a.shape != b.shape:
            raise ValueError(f"two results have different shapes, {a.shape} and {b.shape}")
        return np.asarray(a ^ b)

    def equal_arrays(self, a: Words, b: Words) -> bool:
        return a.shape == b.shape and bool(np.array_equal(a, b))


# --- every assignment -----------------------------------------------------------------------------


def words(bits: Sequence[int] | Numbers) -> Words:
    """An array of bits, the same in every assignment."""
    return BooleanAlgebra().constant(np.asarray(bits))


def bits(v: Words, lane: int = 0) -> NDArray[np.int64]:
    """The array of one assignment."""
    return np.asarray(v >> np.uint64(lane) & np.uint64(1)).astype(np.int64)


def assignments(shapes: Sequence[tuple[int, ...]]) -> Iterator[list[Words]]:
    """Every assignment of bits to arrays of some shapes, 64 at a time (of fewer, several times).

    The first entry of the first array changes slowest, as in a truth table.
    """
    sizes = [prod(shape) for shape in shapes]
    count = sum(sizes)
    if count > MOST:
        raise ValueError(f"{count} bits have 2^{count} assignments; 2^{MOST} at most are listed")
    for block in range(1 << max(0, count - len(COLUMNS))):
        flat = np.empty(count, dtype=np.uint64)
        for place in range(count):
            weight = count - 1 - place  # the place value of this bit
            high = block >> (weight - len(COLUMNS)) & 1 if weight >= len(COLUMNS) else 0
            flat[place] = COLUMNS[weight] if weight < len(COLUMNS) else (ALL if high else 0)
        cuts = np.cumsum(sizes)[:-1]
        yield [part.reshape(shape) for part, shape in zip(np.split(flat, cuts), shapes)]


def evaluated(
    arrow: Arrow | Graph, inputs: Sequence[Any], sizes: Mapping[str, int] | None = None
) -> list[Any]:
    """The outputs of an arrow without weights, on words (and plain masks and indices)."""
    graph = arrow if isinstance(arrow, Graph) else arrow.graph()
    return run(graph, Context(BooleanAlgebra(), sizes or {}), inputs, {}).outputs


def _plain(array: Array, context: Context) -> list[Numbers]:
    """Every mask, or every array of indices, of a type."""
    shape = context.shape(array)
    values = [False, True] if array.values is None else list(range(context.size(array.values)))
    kind = np.bool_ if array.values is None else np.int64
    if len(values) ** prod(shape) > 1 << MOST // 2:
        raise ValueError(f"{array} has {len(values)}^{prod(shape)} values: too many to list")
    return [np.array(one, dtype=kind).reshape(shape) for one in product(values, repeat=prod(shape))]


Ran = tuple[list[Any], list[Any], Context]


def _runs(graph: Graph, sizes: Mapping[str, int]) -> Iterator[Ran]:
    """Inputs and outputs: every mask and index, and for each every assignment of bits."""
    if graph.resources(sizes):
        raise ValueError("what has weights is a function of them too: explicit(f)")
    context = Context(BooleanAlgebra(), sizes)
    real = [i for i, t in enumerate(graph.dom) if t.kind == "real"]
    others = [i for i, t in enumerate(graph.dom) if t.kind in ("bool", "fin")]
    if len(real) + len(others) < len(graph.dom):
        raise ValueError("a complex wire carries no bits")
    for chosen in product(*(_plain(graph.dom[i], context) for i in others)):
        for given in assignments([context.shape(graph.dom[i]) for i in real]):
            at = dict(zip((*others, *real), (*chosen, *given), strict=True))
            inputs = [at[i] for i in range(len(at))]
            yield inputs, run(graph, context, inputs, {}).outputs, context


def table(arrow: Arrow, sizes: Mapping[str, int] | None = None) -> list[str]:
    """The truth table: the bits of the outputs for each assignment, in counting order (masks and
    indices change slowest)."""
    graph = arrow.graph()
    found: list[str] = []
    for inputs, outputs, _ in _runs(graph, sizes or {}):
        count = sum(v.size for v, t in zip(inputs, graph.dom, strict=True) if t.kind == "real")
        flat = np.concatenate([y.ravel() for y in outputs])
        rows = [bits(flat, lane) for lane in range(min(LANES, 1 << count))]
        found += ["".join(map(str, row)) for row in rows]
    return found


def differing(
    left: Arrow, right: Arrow, sizes: Mapping[str, int] | None = None
) -> dict[str, list[int]] | None:
    """An assignment on which two arrows differ, by the names of the inputs; None if there is none:
    then they are one function."""
    first, second = left.graph(), right.graph()
    if (first.dom, first.cod) != (second.dom, second.cod):
        raise ValueError(f"{left.type_text()} is not {right.type_text()}")
    for inputs, outputs, context in _runs(first, sizes or {}):
        others = run(second, context, inputs, {}).outputs
        apart = 0
        for one, other in zip(outputs, others, strict=True):
            apart |= int(np.bitwise_or.reduce((one ^ other).ravel(), initial=0))
        if apart:
            lane = (apart & -apart).bit_length() - 1
            names = [first.wire_name(w) for w in first.inputs]
            shown = [
                (bits(v, lane) if t.kind == "real" else v.astype(np.int64)).ravel().tolist()
                for v, t in zip(inputs, first.dom, strict=True)
            ]
            return dict(zip(names, shown, strict=True))
    return None
