"""Equations between quotients, at random points of prime fields.

Definition.  Quotients have no normal form here: ``x · x⁻¹`` is 1 off zero only.  Two graphs made of
ring operations and quotients (other functions of what does not depend on the state are random
oracles, the same for both sides) are evaluated at random residues modulo 31-bit primes.

Law.  Rational functions that differ agree at a random point modulo p with probability at most
(d + c) / p, d the degree of the difference of the sides over one denominator, c the pairs of
arguments at which an oracle is asked; primes multiply.  A zero denominator is drawn again: the
equation is claimed off the poles.

>>> from categorical import Dim, Real, arrow, op
>>> n = Dim("n")
>>> @arrow
... def left(x: Real[n], y: Real[n]) -> Real[n]:
...     return 1 + x / y
>>> @arrow
... def right(x: Real[n], y: Real[n]) -> Real[n]:
...     return (y + x) / y
>>> str(agree(left.graph(), right.graph()))
'EXACT off poles, error 2^-57'

Different quotients are told apart:

>>> @arrow
... def other(x: Real[n], y: Real[n]) -> Real[n]:
...     return (y - x) / y
>>> agree(left.graph(), other.graph()).reason
'the two sides differ at a random point'
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np

from categorical.graph import Graph, OperatorBox
from categorical.records import Context
from categorical.semantics import FieldAlgebra, OutsideFragment, Resample, draw_prime
from categorical.semantics.interpreter import run
from proofs.certificate import Obstruction
from proofs.checking.table import UNARY, words

SIZE, PRIMES, DRAWS = 2, 2, 8
OTHER = 64  # at this size, no operation has a higher degree in its inputs
Degree = tuple[int, int]  # of the numerator and of the denominator
RING = words(
    "add sub mul div scale reciprocal full full_like expand relabel transpose squeeze merge split "
    "diagonal take slice flip roll"
)


@dataclass(frozen=True)
class Exactly:
    """Two graphs that agree; ``bits`` is k in the bound 2⁻ᵏ of the error."""

    bits: int
    scope: str = "off poles"

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return f"EXACT {self.scope}, error 2^-{self.bits}"


def agree(left: Graph, right: Graph, seed: int = 0) -> Exactly | Obstruction:
    """Whether two graphs are one rational function."""
    try:
        degree = _difference(left, right)
    except OutsideFragment as problem:
        return Obstruction(str(problem))
    rng = np.random.default_rng(seed)
    bits = 0.0
    for _ in range(PRIMES):
        p = draw_prime(rng)
        found = _at(left, right, p, rng)
        if found is None:
            return Obstruction("every point that was drawn is a pole")
        if not found:
            return Obstruction("the two sides differ at a random point")
        bits -= log2(degree / p)
    if bits < 1:
        return Obstruction("the degrees are too high for the primes")
    return Exactly(int(bits))


def _at(left: Graph, right: Graph, p: int, rng: np.random.Generator) -> bool | None:
    """Both sides at one point modulo p; None where all that were drawn are poles."""
    sizes = dict.fromkeys({*left.dims, *right.dims}, SIZE)
    for _ in range(DRAWS):
        algebra = FieldAlgebra(p, int(rng.integers(1 << 30)))
        context = Context(algebra, sizes)
        inputs = [algebra.random(context.shape(t), rng, t.kind, SIZE) for t in left.dom]
        weights = {
            path: algebra.random(context.shape(one.space), rng, one.space.kind, SIZE)
            for side in (left, right)
            for path, one in side.resources(sizes).items()
        }
        try:
            mine, yours = (run(g, context, inputs, weights).outputs for g in (left, right))
        except Resample:
            continue
        return all(algebra.equal_arrays(a, b) for a, b in zip(mine, yours, strict=True))
    return None


def _difference(left: Graph, right: Graph) -> int:
    """A bound of the degree of the difference over one denominator, and of collisions.

    Arguments at which an oracle is asked may have a higher degree than the sides.
    """
    worst, asked, most = 1, 0, 1
    sides = []
    for graph in (left, right):
        found, oracles = _degrees(graph)
        sides.append([found[w] for w in graph.outputs])
        asked += oracles
        most = max(most, *(a + b for a, b in found.values()))
    for (a, b), (c, d) in zip(*sides, strict=True):
        worst = max(worst, a + d, c + b)
    entries: int = SIZE ** max(len(t.axes) for t in (*left.types, *right.types))
    return int(worst + (asked * entries) ** 2 * 2 * most)


def _degrees(graph: Graph) -> tuple[dict[int, Degree], int]:
    at: dict[int, Degree] = dict.fromkeys((*graph.inputs, *graph.sources), (1, 0))
    asked = 0
    for node in graph.nodes:
        if isinstance(node.box, OperatorBox):
            raise OutsideFragment(f"`{node.box.name}` inside of a quotient")
        ins = [at[w] for w in node.ins]
        name = node.box.name
        if name in ("add", "sub"):
            (a, b), (c, d) = ins
            out = (max(a + d, c + b), b + d)
        elif name in ("mul", "div"):
            (a, b), (c, d) = ins
            out = (a + c, b + d) if name == "mul" else (a + d, b + c)
        elif name == "reciprocal":
            out = (ins[0][1], ins[0][0])
        elif name == "square":
            out = (2 * ins[0][0], 2 * ins[0][1])
        elif name in RING:
            out = max(ins, default=(0, 0))
        elif name == "linear":
            out = (1 + ins[0][0] + ins[0][1], ins[0][1])
        elif name in ("einsum", "parameter"):
            out = (sum(a for a, _ in ins), SIZE**3 * sum(b for _, b in ins))
        elif name in UNARY:
            out, asked = (1, 0), asked + 1
        else:
            many = OTHER * (1 + sum(a + b for a, b in ins))
            out, asked = (many, many), asked + 1
        at.update(dict.fromkeys(node.outs, out))
    return at, asked
