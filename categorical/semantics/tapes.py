"""Tapes: the reverse derivative of whatever an algebra computes.

Definition.  A taped value is a value of a base algebra with the steps that made it; each step
knows how a cotangent of its result goes back to its arguments.  ``Tape.pull(outputs, cotangents,
inputs)`` is R[f](a, b) = J_f(a)ᵀ b for the f that was run.  Every operation has a meaning in terms
of the twenty operations of ``Algebra``, so twenty transposes give R of all of them, over floats,
prime fields, dual numbers, and over another tape (then it is R of R).

Laws.  ⟨R[f](a, b), v⟩ = ⟨b, D[f](a) v⟩ with D of ``duals``; R of a composite is the composite.
At kinks it follows ``duals``: ties of a maximum share the cotangent.  Booleans and indices carry
none, and an offset that only guards against overflow has derivative 0.

>>> import numpy as np
>>> from categorical.semantics.floats import FloatAlgebra
>>> tape = Tape(FloatAlgebra())
>>> x = tape.variable(np.array([1.0, 2.0]))
>>> y = tape.sum(tape.apply("square", x), 0)
>>> tape.pull([y], [np.array(1.0)], [x])
[array([2., 4.])]

A value of another tape is a mistake:

>>> Tape(FloatAlgebra()).neg(x)
Traceback (most recent call last):
    ...
ValueError: a value of another tape: lift it by `variable`
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from categorical.semantics.algebra import (
    Algebra,
    Condition,
    Index,
    IndexMap,
    IndexMapN,
    Number,
    Numbers,
    axes_of,
    first_true,
    parameters_of,
)
from categorical.semantics.slopes import slope

Back = Callable[[Any], Sequence[Any]]


class Taped:
    """A value with the step that made it: the arguments, and the way back to them."""

    __slots__ = ("back", "number", "parents", "tape", "value")

    def __init__(
        self, tape: Tape, value: Any, parents: Sequence[Taped] = (), back: Back | None = None
    ) -> None:
        self.tape, self.value, self.parents, self.back = tape, value, tuple(parents), back
        self.number = tape.count
        tape.count += 1

    @property
    def shape(self) -> tuple[int, ...]:
        return self.tape.base.shape(self.value)


class Tape(Algebra[Taped]):
    """The reverse mode over a base algebra."""

    def __init__(self, base: Algebra[Any]) -> None:
        self.base, self.count = base, 0

    @property
    def used_ordered(self) -> bool:  # type: ignore[override]
        return self.base.used_ordered

    # values -------------------------------------------------------------------------------------

    def variable(self, value: Any) -> Taped:
        """A value of the base algebra, to differentiate by or to keep fixed."""
        return Taped(self, value)

    def lift(self, value: Any) -> Any:
        """A value of the base algebra on this tape; masks and indices stay as they are."""
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "b":
            return value
        return self.variable(value)

    def _value(self, v: Taped) -> Any:
        if v.tape is not self:
            raise ValueError("a value of another tape: lift it by `variable`")
        return v.value

    def shape(self, v: Taped) -> tuple[int, ...]:
        return self.base.shape(v.value)

    def constant(self, array_or_number: Numbers | Number) -> Taped:
        return Taped(self, self.base.constant(array_or_number))

    def export(self, v: Taped) -> Numbers:
        return self.base.export(v.value) if isinstance(v, Taped) else v

    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> Taped | Numbers:
        value = self.base.random(shape, rng, kind, values_size, scale)
        return cast(Numbers, value) if kind in ("bool", "fin") else Taped(self, value)

    def _step(self, value: Any, parents: Sequence[Taped], back: Back) -> Taped:
        return Taped(self, value, parents, back)

    def _fitted(self, g: Any, shape: tuple[int, ...]) -> Any:
        """A cotangent summed over the axes that were broadcast."""
        found = self.base.shape(g)
        if found == shape:
            return g
        more = len(found) - len(shape)
        wide = [i + more for i, n in enumerate(shape) if n == 1 and found[i + more] != 1]
        axes = (*range(more), *wide)
        total = self.base.sum(g, axes) if axes else g
        return self.base.structural(total, lambda a: a.reshape(shape))

    # the ring -----------------------------------------------------------------------------------

    def add(self, a: Taped, b: Taped) -> Taped:
        sa, sb = self.shape(a), self.shape(b)
        value = self.base.add(self._value(a), self._value(b))
        return self._step(value, (a, b), lambda g: (self._fitted(g, sa), self._fitted(g, sb)))

    def sub(self, a: Taped, b: Taped) -> Taped:
        sa, sb = self.shape(a), self.shape(b)
        value = self.base.sub(self._value(a), self._value(b))
        return self._step(
            value, (a, b), lambda g: (self._fitted(g, sa), self._fitted(self.base.neg(g), sb))
        )

    def neg(self, a: Taped) -> Taped:
        return self._step(self.base.neg(self._value(a)), (a,), lambda g: (self.base.neg(g),))

    def mul(self, a: Taped, b: Taped) -> Taped:
        base, va, vb = self.base, self._value(a), self._value(b)
        sa, sb = base.shape(va), base.shape(vb)

        def back(g: Any) -> Sequence[Any]:
            return self._fitted(base.mul(g, vb), sa), self._fitted(base.mul(va, g), sb)

        return self._step(base.mul(va, vb), (a, b), back)

    def div(self, a: Taped, b: Taped) -> Taped:
        base, va, vb = self.base, self._value(a), self._value(b)
        sa, sb, value = base.shape(va), base.shape(vb), base.div(va, vb)

        def back(g: Any) -> Sequence[Any]:
            first = base.div(g, vb)
            return self._fitted(first, sa), self._fitted(base.neg(base.mul(first, value)), sb)

        return self._step(value, (a, b), back)

    # linear maps --------------------------------------------------------------------------------

    def einsum(self, spec: str, *vs: Taped) -> Taped:
        sides, out = spec.replace(" ", "").split("->")
        terms = sides.split(",")
        for i, term in enumerate(terms):  # a repeated letter is a diagonal, taken first
            if len(set(term)) != len(term):
                thin = "".join(dict.fromkeys(term))
                vs = (*vs[:i], self._diagonal(vs[i], term, thin), *vs[i + 1 :])
                terms[i] = thin
        values = [self._value(v) for v in vs]
        sizes = {c: n for t, v in zip(terms, vs) for c, n in zip(t, self.shape(v), strict=True)}

        def back(g: Any) -> Sequence[Any]:
            return [self._other(terms, values, out, i, g, sizes) for i in range(len(terms))]

        value = self.base.einsum(f"{','.join(terms)}->{out}", *values)
        return self._step(value, vs, back)

    def _other(
        self, terms: list[str], values: list[Any], out: str, i: int, g: Any, sizes: dict[str, int]
    ) -> Any:
        """The contraction of a cotangent with all factors but one, spread along what it summed."""
        rest = [(t, v) for j, (t, v) in enumerate(zip(terms, values)) if j != i]
        known = set(out).union(*(t for t, _ in rest))
        kept = "".join(c for c in terms[i] if c in known)
        factors = ",".join((out, *(t for t, _ in rest)))
        thin = self.base.einsum(f"{factors}->{kept}", g, *(v for _, v in rest))
        if kept == terms[i]:
            return thin
        wide = tuple(sizes[c] for c in terms[i])
        narrow = tuple(sizes[c] if c in known else 1 for c in terms[i])
        return self.base.structural(thin, lambda a: np.broadcast_to(a.reshape(narrow), wide).copy())

    def _diagonal(self, v: Taped, term: str, thin: str) -> Taped:
        return self.structural(v, lambda a: np.einsum(f"{term}->{thin}", a).copy())

    def sum(self, v: Taped, axes: int | Sequence[int]) -> Taped:
        shape = self.shape(v)
        along = axes_of(axes, len(shape))
        kept = tuple(1 if i in along else n for i, n in enumerate(shape))

        def back(g: Any) -> Sequence[Any]:
            return (
                self.base.structural(g, lambda a: np.broadcast_to(a.reshape(kept), shape).copy()),
            )

        return self._step(self.base.sum(self._value(v), along), (v,), back)

    def structural(self, v: Taped, f: IndexMap) -> Taped:
        if not isinstance(v, Taped):
            return cast(Taped, f(cast(Any, v)))
        shape = self.shape(v)

        def back(g: Any) -> Sequence[Any]:
            return (self._scattered(g, f(_numbered(shape)), shape),)

        return self._step(self.base.structural(self._value(v), f), (v,), back)

    def structural_n(self, vs: Sequence[Taped], f: IndexMapN) -> Taped:
        if not any(isinstance(v, Taped) for v in vs):
            return cast(Taped, f(cast(Any, vs)))
        shapes = [self.shape(v) for v in vs]

        def back(g: Any) -> Sequence[Any]:
            found, start = [], 0
            for shape in shapes:
                found.append(_numbered(shape, start))
                start += found[-1].size
            places, parts, at = np.asarray(f(found)), [], 0
            for shape in shapes:
                own = int(np.prod(shape, dtype=np.int64))
                inside = (places > at) & (places <= at + own)
                parts.append(self._scattered(g, np.where(inside, places - at, 0), shape))
                at += own
            return parts

        return self._step(self.base.structural_n([self._value(v) for v in vs], f), vs, back)

    def _scattered(self, g: Any, places: Index, shape: tuple[int, ...]) -> Any:
        """The transpose of a selection: entry k of ``places`` says which argument, from 1, the
        result k was; 0 is a padded zero."""
        size = int(np.prod(shape, dtype=np.int64))
        flat = self.base.structural(g, lambda a: a.reshape(-1))
        total = self.base.segment_sum(flat, np.asarray(places).reshape(-1), size + 1, 0)
        return self.base.structural(total, lambda a: a[1:].reshape(shape))

    def segment_sum(self, v: Taped, index: Index, size: int, axis: int) -> Taped:
        value = self.base.segment_sum(self._value(v), index, size, axis)
        return self._step(value, (v,), lambda g: (self.base.gather(g, index, axis),))

    # functions and order -------------------------------------------------------------------------

    def apply(self, name: str, v: Taped, **params: float) -> Taped:
        filled, x = parameters_of(name, params), self._value(v)
        y = self.base.apply(name, x, **params)
        return self._step(
            y, (v,), lambda g: (self.base.mul(g, slope(self.base, name, x, y, filled)),)
        )

    def offset(self, v: Taped, axes: int | Sequence[int], where: Condition | None = None) -> Taped:
        return Taped(self, self.base.offset(self._value(v), axes, where))

    def max(self, v: Taped, axes: int | Sequence[int], where: Condition | None = None) -> Taped:
        return self._max(v, axes, where, False)

    def first_max(
        self, v: Taped, axes: int | Sequence[int], where: Condition | None = None
    ) -> Taped:
        return self._max(v, axes, where, True)

    def _max(
        self, v: Taped, axes: int | Sequence[int], where: Condition | None, first: bool
    ) -> Taped:
        base, x, shape = self.base, self._value(v), self.shape(v)
        along = axes_of(axes, len(shape))
        kept = tuple(1 if i in along else n for i, n in enumerate(shape))

        def wide(one: Any) -> Any:
            return base.structural(one, lambda a: np.broadcast_to(a.reshape(kept), shape).copy())

        value = (base.first_max if first else base.max)(x, along, where)

        def back(g: Any) -> Sequence[Any]:
            attained = np.asarray(base.equal(x, wide(value)) != 0)
            if where is not None:
                attained = attained & np.broadcast_to(where != 0, shape)
            if first:
                return (base.where(first_true(attained, along), wide(g), base.zeros(shape)),)
            ties = np.maximum(attained.sum(axis=along), 1).reshape(kept)
            share = base.constant(np.broadcast_to(ties, shape).copy())
            return (base.where(attained, base.div(wide(g), share), base.zeros(shape)),)

        return self._step(value, (v,), back)

    def argmax(self, v: Taped, axis: int) -> Index:
        return self.base.argmax(self._value(v), axis)

    def segment_max(self, v: Taped, index: Index, size: int, axis: int, empty: Number = 0) -> Taped:
        base, x, shape = self.base, self._value(v), self.shape(v)
        value = base.segment_max(x, index, size, axis, empty)

        def back(g: Any) -> Sequence[Any]:
            attained = np.asarray(base.equal(x, base.gather(value, index, axis)) != 0)
            counts = np.zeros((size, *np.moveaxis(attained, axis, 0).shape[1:]), dtype=np.int64)
            np.add.at(counts, index, np.moveaxis(attained, axis, 0).astype(np.int64))
            ties = np.moveaxis(np.maximum(counts, 1)[index], 0, axis)
            moved = base.div(base.gather(g, index, axis), base.constant(ties))
            return (base.where(attained, moved, base.zeros(shape)),)

        return self._step(value, (v,), back)

    def maximum(self, a: Taped, b: Taped) -> Taped:
        base, x, y = self.base, self._value(a), self._value(b)

        def back(g: Any) -> Sequence[Any]:
            half = base.mul(g, base.constant(0.5))
            tie, below = base.equal(x, y), base.less(x, y)
            nothing = base.zeros(base.shape(g))
            first = base.where(tie, half, base.where(below, nothing, g))
            second = base.where(tie, half, base.where(below, g, nothing))
            return self._fitted(first, base.shape(x)), self._fitted(second, base.shape(y))

        return self._step(base.maximum(x, y), (a, b), back)

    # conditions ---------------------------------------------------------------------------------

    def less(self, a: Taped, b: Taped) -> Condition:
        return self.base.less(self._value(a), self._value(b))

    def less_equal(self, a: Taped, b: Taped) -> Condition:
        return self.base.less_equal(self._value(a), self._value(b))

    def equal(self, a: Taped, b: Taped) -> Condition:
        return self.base.equal(self._value(a), self._value(b))

    def logical_and(self, a: Condition, b: Condition) -> Condition:
        return self.base.logical_and(a, b)

    def logical_or(self, a: Condition, b: Condition) -> Condition:
        return self.base.logical_or(a, b)

    def logical_not(self, a: Condition) -> Condition:
        return self.base.logical_not(a)

    def where(self, condition: Condition, a: Taped, b: Taped) -> Taped:
        if not isinstance(a, Taped) and not isinstance(b, Taped):
            return cast(Taped, np.where(condition, cast(Any, a), cast(Any, b)))
        base, x, y = self.base, self._value(a), self._value(b)

        def back(g: Any) -> Sequence[Any]:
            nothing = base.zeros(base.shape(g))
            first, second = base.where(condition, g, nothing), base.where(condition, nothing, g)
            return self._fitted(first, base.shape(x)), self._fitted(second, base.shape(y))

        return self._step(base.where(condition, x, y), (a, b), back)

    # comparison ----------------------------------------------------------------------------------

    def difference(self, a: Taped, b: Taped) -> Numbers:
        plain = [v.value if isinstance(v, Taped) else v for v in (a, b)]
        return self.base.difference(*plain)

    def equal_arrays(self, a: Taped, b: Taped) -> bool:
        plain = [v.value if isinstance(v, Taped) else v for v in (a, b)]
        return self.base.equal_arrays(*plain)

    # the way back --------------------------------------------------------------------------------

    def pull(
        self, outputs: Sequence[Any], cotangents: Sequence[Any], inputs: Sequence[Taped]
    ) -> list[Any]:
        """The cotangents of ``inputs``, from those of ``outputs``: values of the base algebra."""
        waiting: dict[int, tuple[Taped, Any]] = {}
        heap: list[int] = []  # what is made last comes first: nothing that reads it is to come

        def give(v: Taped, g: Any) -> None:
            known = waiting.get(v.number)
            if known is None:
                heapq.heappush(heap, -v.number)
            waiting[v.number] = (v, g if known is None else self.base.add(known[1], g))

        for out, g in zip(outputs, cotangents, strict=True):
            if isinstance(out, Taped):
                give(out, g)
        wanted = {v.number for v in inputs}
        found: dict[int, Any] = {}
        while waiting:
            number = -heapq.heappop(heap)
            v, g = waiting.pop(number)
            if number in wanted:
                found[number] = g
            if v.back is not None:
                for parent, part in zip(v.parents, v.back(g), strict=True):
                    give(parent, part)
        return [
            found[v.number] if v.number in found else self.base.zeros(self.shape(v)) for v in inputs
        ]


def _numbered(shape: tuple[int, ...], start: int = 0) -> Index:
    """The places of the entries of an array, from 1: what a selection selects."""
    size = int(np.prod(shape, dtype=np.int64))
    return np.arange(start + 1, start + size + 1, dtype=np.int64).reshape(shape)
