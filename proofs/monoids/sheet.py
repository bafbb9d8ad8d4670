"""A sheet: a graph under construction, with numbers that are known folded away.

Definition.  A *term* is a wire of the graph, or a number that stands for an array of that value
everywhere.  Sums and products with 0 and 1 make no box.

>>> from categorical import Dim, Real
>>> n = Dim("n")
>>> sheet = Sheet()
>>> x = Wire(sheet.builder.input(Real[n], "x"))
>>> sheet.times(x, 1) == x, sheet.times(x, 0), sheet.plus(2, 3), sheet.plus(0, x) == x
(True, 0, 5, True)
>>> len(sheet.builder.graph.nodes)
0

Two numbers have no type, and make no wire by themselves:

>>> _ = sheet.wire(sheet.plus(2, 3), Real[n])
>>> sheet.builder.graph.nodes[-1].box
full(space=Real[n], value=5):  → Real[n]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from categorical import op
from categorical.arrows import OpArrow
from categorical.graph import Builder
from categorical.spaces import Array

Number = int | float | complex


@dataclass(frozen=True)
class Wire:
    """A wire of the graph."""

    at: int


Term = Wire | Number


class Sheet:
    """Arithmetic of terms on a builder."""

    def __init__(self, builder: Builder | None = None) -> None:
        self.builder = builder or Builder()

    def type(self, one: Wire) -> Array:
        return self.builder.graph.types[one.at]

    def apply(self, arrow: Any, *ins: Wire) -> Wire:
        assert isinstance(arrow, OpArrow)
        return Wire(self.builder.apply(arrow.op, tuple(w.at for w in ins))[0])

    def wire(self, term: Term, type_: Array) -> Wire:
        """The term as a wire."""
        return term if isinstance(term, Wire) else self.apply(op.full(type_, term))  # type: ignore[arg-type]

    def times(self, x: Term, y: Term) -> Term:
        if isinstance(x, Wire) and isinstance(y, Wire):
            return self.apply(op.mul, x, y)
        if isinstance(x, Wire):
            x, y = y, x
        if not isinstance(y, Wire):
            return x * y  # type: ignore[operator]
        assert not isinstance(x, Wire)
        return 0 if x == 0 else y if x == 1 else self.apply(op.scale(x), y)  # type: ignore[arg-type]

    def plus(self, x: Term, y: Term) -> Term:
        if isinstance(x, Wire) and isinstance(y, Wire):
            return self.apply(op.add, x, y)
        if isinstance(x, Wire):
            x, y = y, x
        if not isinstance(y, Wire):
            return x + y  # type: ignore[operator]
        return y if x == 0 else self.apply(op.add, self.wire(x, self.type(y)), y)

    def minus(self, x: Term) -> Term:
        return self.times(-1, x)

    def larger(self, x: Term, y: Term, sign: int = 1) -> Term:
        """The larger of two terms (the smaller one, for sign −1)."""
        if not isinstance(x, Wire) and not isinstance(y, Wire):
            return max(x, y) if sign > 0 else min(x, y)  # type: ignore[type-var]
        type_ = self.type(x if isinstance(x, Wire) else y)  # type: ignore[arg-type]
        arrow = op.maximum if sign > 0 else op.minimum
        return self.apply(arrow, self.wire(x, type_), self.wire(y, type_))
