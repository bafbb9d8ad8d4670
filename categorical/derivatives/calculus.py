"""A calculus of wires: derivatives written as formulas become boxes of a graph.

Definition.  ``Wires`` has the sums, products and named functions that ``semantics.slopes`` needs,
acting on the wires of a builder; and the few shapes of boxes that records of R are made of.

>>> from categorical import Dim, Real
>>> from categorical.graph import Builder
>>> builder = Builder()
>>> calc = Wires(builder)
>>> x = builder.input(Real[Dim("n")], "x")
>>> y = calc.mul(x, calc.apply("tanh", x))
>>> [node.box.name for node in builder.graph.nodes]
['tanh', 'mul']

A number alone is no wire: it has no shape.

>>> calc.wire(calc.constant(2.0))
Traceback (most recent call last):
...
TypeError: the number 2.0 stands where a wire belongs
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from categorical.arrows import Arrow, OpArrow
from categorical.graph import Builder
from categorical.index import Axis
from categorical.ops.axes import EXPAND, transpose
from categorical.ops.constant import FULL, FULL_LIKE
from categorical.ops.contraction import EINSUM
from categorical.ops.pointwise import ADD, MUL, SCALE, SUB, UNARY
from categorical.ops.reduction import SUM
from categorical.records import Op
from categorical.spaces import Array, Real


class Number(float):
    """A constant of a formula, before it meets a wire."""


class Wires:
    """Formulas of wires; see the module.  Every box is added to the builder at once."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def type(self, wire: int) -> Array:
        return self.builder.graph.types[wire]

    def wire(self, value: Any) -> int:
        if isinstance(value, Number):
            raise TypeError(f"the number {float(value)} stands where a wire belongs")
        return int(value)

    def op(self, op: Op, *ins: int) -> int:
        return self.builder.apply(op, ins)[0]

    def use(self, arrow: Arrow, *ins: int) -> int:
        """Add an operation that has no weights."""
        assert isinstance(arrow, OpArrow)
        return self.op(arrow.op, *ins)

    # what formulas are written with ---------------------------------------------------------------

    def constant(self, array_or_number: float) -> Number:
        return Number(array_or_number)

    def add(self, a: Any, b: Any) -> Any:
        if isinstance(a, Number):
            a, b = b, a
        if isinstance(a, Number):
            return Number(a + b)
        if isinstance(b, Number):
            if float(b) == 0.0:
                return a
            b = self.op(Op(FULL_LIKE, value=float(b)), a)
        return self.op(Op(ADD), a, b)

    def sub(self, a: Any, b: Any) -> Any:
        if isinstance(a, Number) or isinstance(b, Number):
            return self.add(a, self.neg(b))
        return self.op(Op(SUB), a, b)

    def mul(self, a: Any, b: Any) -> Any:
        if isinstance(a, Number):
            a, b = b, a
        if isinstance(a, Number):
            return Number(a * b)
        if isinstance(b, Number):
            return a if float(b) == 1.0 else self.op(Op(SCALE, by=float(b)), a)
        return self.op(Op(MUL), a, b)

    def neg(self, a: Any) -> Any:
        return Number(-a) if isinstance(a, Number) else self.op(Op(SCALE, by=-1), a)

    def apply(self, name: str, v: Any) -> int:
        return self.op(Op(UNARY[name]), self.wire(v))

    # shapes of boxes ------------------------------------------------------------------------------

    def filled(self, type_: Array, value: float = 0.0) -> int:
        """One number everywhere."""
        return self.op(Op(FULL, space=type_, value=value))

    def total(self, wire: int, axes: Sequence[Axis]) -> int:
        """The sum along axes."""
        return self.op(Op(SUM, over=tuple(axes), masked=False), wire) if axes else wire

    def arranged(self, wire: int, type_: Array) -> int:
        """The wire with further axes repeated, and all in the order of ``type_``."""
        have = self.type(wire)
        more = tuple(a for a in type_.axes if a not in have.axes)
        if more:
            wire = self.op(Op(EXPAND, axes=more), wire)
        if self.type(wire) is not type_:
            wire = self.use(transpose(*type_.axes), wire)
        return wire

    def contracted(self, type_: Array, *factors: int) -> int:
        """The product of factors, summed over all axes but those of ``type_``; axes that no
        factor has are repeated."""
        present = [a for f in factors for a in self.type(f).axes]
        keep = tuple(a for a in type_.axes if a in present)
        over = tuple(dict.fromkeys(a for a in present if a not in keep))
        if len(factors) == 1 and not over:
            return self.arranged(factors[0], Real[type_.axes])
        found = self.op(Op(EINSUM, keep=keep, over=over), *factors)
        return self.arranged(found, Real[type_.axes])
