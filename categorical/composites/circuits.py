"""Boolean circuits: arrows of the ring operations, to be read in Z₂ (``semantics.booleans``).

Definition.  A bit is a ``Real`` wire without axes.  In Z₂ the sum of two bits is their exclusive
or, and their product is their conjunction; every gate is a polynomial in these.

Laws (in Z₂, on every input).  Exclusive or and conjunction make a ring; the gates obey Boolean
algebra; ``adder`` adds numbers written with the least significant bit first.

>>> from categorical.semantics.booleans import differing, table
>>> table(disjunction), table(majority)
(['0', '1', '1', '1'], ['0', '0', '0', '1', '0', '1', '1', '1'])
>>> table(full_adder)  # the sum, then the carry
['00', '10', '10', '01', '10', '01', '01', '11']
>>> differing(negation >> negation, op.scale(1).at(BIT)) is None
True

They are polynomials: in another ring, a gate is another function.

>>> import numpy as np
>>> from categorical.records import Context
>>> from categorical.semantics import FloatAlgebra
>>> from categorical.semantics.interpreter import run
>>> one = np.array(1.0)
>>> float(run(exclusive_or.graph(), Context(FloatAlgebra(), {}), [one, one], {}).outputs[0])
2.0

A gate takes bits, not arrays of another length:

>>> adder(Dim("n")).type_text()
'Real[n] × Real[n] × Real[()] → Real[n] × Real[()]'
>>> conjunction >> exclusive_or
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM001]: `conjunction` does not compose with `exclusive_or`
...
"""

from collections.abc import Callable
from typing import Any

from categorical import op
from categorical.arrows import Arrow
from categorical.composites.typed import typed, wired
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.recursion import mealy
from categorical.spaces import Real

BIT = Real.scalar


@typed(BIT, BIT)
def exclusive_or(x: Any, y: Any) -> Any:
    """x + y."""
    return x + y


@typed(BIT, BIT)
def conjunction(x: Any, y: Any) -> Any:
    """x y."""
    return x * y


@typed(BIT)
def negation(x: Any) -> Any:
    """1 + x."""
    return x + 1


@typed(BIT, BIT)
def disjunction(x: Any, y: Any) -> Any:
    """x + y + x y."""
    return x + y + x * y


@typed(BIT, BIT, BIT)
def multiplexer(choice: Any, x: Any, y: Any) -> Any:
    """x where the choice is 1, else y."""
    return y + choice * (x + y)


@typed(BIT, BIT, BIT)
def majority(x: Any, y: Any, z: Any) -> Any:
    """What two of three say."""
    return x * y + y * z + z * x


@typed(BIT, BIT)
def half_adder(x: Any, y: Any) -> Any:
    """The sum and the carry of two bits."""
    return x + y, x * y


@typed(BIT, BIT, BIT)
def full_adder(x: Any, y: Any, z: Any) -> Any:
    """The sum and the carry of three bits."""
    return x + y + z, majority(x, y, z)


def adder(over: IndexSet | Axis) -> Arrow:
    """Two numbers along an axis, least significant bit first, and a carry: sum and last carry."""
    along = axis(over)

    @typed(BIT, BIT, BIT)
    def digit(carry: Any, x: Any, y: Any) -> Any:
        return full_adder(x, y, carry)

    run = mealy(digit, over=along, states=1)

    @typed(Real[along], Real[along], BIT, name="adder")
    def made(x: Any, y: Any, carry: Any) -> Any:
        return run(carry, x, y)

    return made


def parity(over: IndexSet | Axis) -> Arrow:
    """The exclusive or of all bits along an axis."""
    return op.sum(over).at(Real[axis(over)])


# --- circuits with parameters ---------------------------------------------------------------------

_PAIR = Dim("pair", size=2)


def lookup(count: int, out: IndexSet | None = None) -> Arrow:
    """Σ_v q_v [x = v] of some bits: a parameter for each row of a truth table, and each bit of the
    answer (``out``).

    Linear in the parameters, with derivative 1 at the row that is read and 0 elsewhere.
    """

    def chosen(x: Any) -> Any:
        return op.expand(_PAIR)(x) + op.table(Real[_PAIR], [1, 0])()

    return _multilinear("lookup", count, chosen, out)


def monomials(count: int, out: IndexSet | None = None) -> Arrow:
    """Σ_S p_S Π_{i ∈ S} xᵢ of some bits: a parameter for each coefficient of a polynomial."""

    def powers(x: Any) -> Any:
        linear, one = op.table(Real[_PAIR], [0, 1])(), op.table(Real[_PAIR], [1, 0])()
        return op.expand(_PAIR)(x) * linear + one

    return _multilinear("monomials", count, powers, out)


def _multilinear(
    name: str, count: int, vector: Callable[[Any], Any], out: IndexSet | None
) -> Arrow:
    axes = [_PAIR.at(f"of{i + 1}") for i in range(count)]
    kept = () if out is None else (axis(out),)

    def made(*wires: Any) -> Any:
        weights = op.parameter(Real[(*kept, *axes)], name="weights")()
        vectors = [op.relabel(_PAIR, a)(vector(x)) for a, x in zip(axes, wires, strict=True)]
        return op.einsum(*kept)(weights, *vectors)

    return _circuit(name, count, made)


def gates(count: int, hidden: int) -> Arrow:
    """Σ_j q_j Π_i (1 + w_ij (1 + xᵢ)): an exclusive or of conjunctions of chosen inputs.

    Not linear in the parameters: w_ij says whether gate j reads input i, q_j whether it counts.
    """
    unit = Dim("unit", size=hidden)

    def made(*wires: Any) -> Any:
        whole = op.parameter(Real[unit], name="counts")()
        for i, x in enumerate(wires):
            reads = op.parameter(Real[unit], name=f"reads{i + 1}")()
            whole = whole * (reads * op.expand(unit)(x + 1) + 1)
        return op.sum(unit)(whole)

    return _circuit("gates", count, made)


def _circuit(name: str, count: int, body: Callable[..., Any]) -> Arrow:
    body.__name__ = name
    return wired((BIT,) * count, [f"x{i + 1}" for i in range(count)], body, inline=False)
