"""Exact random interpretation: both sides of a law at a random point of a prime field.

Definition.  Weights, statistics, noise and inputs are uniform residues modulo random 31-bit primes;
functions that are no polynomials are random oracles with the identities of ``semantics.oracles``.
Where a plain field refutes, the law may need more of a function: a tower of fields has
``exp(x + y) = exp(x) exp(y)``, a total order has the piecewise functions.

Laws.  A false law passes one prime with probability at most (D + C) / p: D the degree of the
difference of the sides, C the pairs of oracle arguments times their degree (``degrees``).  Primes
multiply.  Where an order was made up, agreement is a test of that order.  A disagreement without
any oracle is a disagreement over the integers.

>>> from categorical import Dim, Real, laws, op
>>> from categorical.groups import Symmetric
>>> n, c = Dim.named("n c")
>>> law = laws.invariant(under=Symmetric(n))
>>> good = (op.gelu >> op.mean(n)).at(Real[n, c]).graph()
>>> found = interpret(law, good, {"n": 3, "c": 2}, "eval", seed=1)
>>> found.agrees, found.ordered, found.bits >= 40
(True, False, True)
>>> bad = (op.linear(n, c) >> op.gelu).graph()
>>> interpret(law, bad, {"n": 3, "c": 2}, "eval", seed=1).element
'swap(n, 0, 1)'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import lcm, log2
from typing import Any

import numpy as np

from categorical.graph import Graph
from categorical.laws import Bounded, Law
from categorical.records import Context
from categorical.semantics import (
    FieldAlgebra,
    OutsideFragment,
    Resample,
    TowerAlgebra,
    draw_prime,
)
from categorical.semantics.field_functions import PIECEWISE
from categorical.semantics.modular import NoRoot
from synthesis.degrees import DegreeAlgebra
from synthesis.runner import Runner, corners, draw_inputs, draw_resources

#: Bits of evidence that are enough, and the most primes to spend on them.
ENOUGH, MOST_PRIMES = 40.0, 8
#: Primes that are 1 modulo the order of the irrational constants are drawn up to here.
LARGEST_ORDER = 1 << 14
EXPONENTIAL = frozenset(
    ("cos", "exp", "gelu_tanh", "logsigmoid", "mish", "sigmoid", "silu", "sin", "softplus", "tanh")
)

Wrap = Callable[[Runner], Any]


@dataclass(frozen=True)
class Degrees:
    """What the bound needs: the degree of the difference, collisions, and what was asked for."""

    difference: int
    collisions: int
    functions: frozenset[str]
    ordered: bool

    def bits(self, *primes: int) -> float:
        """−log₂ of the probability that a false law passes at one point modulo these primes."""
        return -log2(min(1.0, sum((self.difference + self.collisions) / p for p in primes)))


@dataclass(frozen=True)
class Exact:
    """Agreement or the first instance that differs.

    ``bits`` is k in 2⁻ᵏ; ``certified``: a disagreement that holds without any oracle; ``outside``:
    the reason why the law has no exact reading.
    """

    agrees: bool
    ordered: bool = False
    bits: float = 0.0
    primes: int = 0
    degree: int = 0
    element: str = ""
    output: int = 0
    certified: bool = False
    reading: str = "prime fields"
    outside: str = ""
    functions: frozenset[str] = frozenset()


def degrees(law: Law, graph: Graph, sizes: Mapping[str, int], mode: str, seed: int) -> Degrees:
    """The degrees of both sides of a law at these sizes."""
    algebra = DegreeAlgebra()
    ctx = Context(algebra, sizes, mode)
    rng = np.random.default_rng(seed)
    runner = Runner(graph, ctx, draw_resources(graph, ctx, rng, exact=True))
    worst = 1
    for one in law.sides(ctx, runner, graph, draw_inputs(graph, ctx, rng), rng):
        for left, right in zip(one.left, one.right, strict=True):
            if not isinstance(left, np.ndarray) and not isinstance(right, np.ndarray):
                worst = max(worst, left.d + right.e, right.d + left.e)
    return Degrees(worst, algebra.collisions, frozenset(algebra.arguments), algebra.used_ordered)


def compare(
    law: Law,
    graph: Graph,
    sizes: Mapping[str, int],
    mode: str,
    algebra: Any,
    seed: int,
    wrap: Wrap | None = None,
    corner: str = "",
) -> tuple[str, int] | None:
    """The first instance whose sides differ at one random point, or None."""
    ctx = Context(algebra, sizes, mode)
    rng = np.random.default_rng(seed)
    runner = Runner(graph, ctx, draw_resources(graph, ctx, rng, exact=True))
    run = wrap(runner) if wrap is not None else runner
    inputs = draw_inputs(graph, ctx, rng, corner=corner)
    for one in law.sides(ctx, run, graph, inputs, rng):
        for i, (left, right) in enumerate(zip(one.left, one.right, strict=True)):
            if not algebra.equal_arrays(left, right):
                return one.element, i
    return None


def resampled(
    law: Law,
    graph: Graph,
    sizes: Mapping[str, int],
    mode: str,
    make: Callable[[int], Any],
    seed: int,
    wrap: Wrap | None = None,
    corner: str = "",
) -> tuple[Any, tuple[str, int] | None]:
    """``compare``, at another point while the point meets a zero divisor."""
    for again in range(6):
        number = seed + 7919 * again
        algebra = make(number)
        try:
            return algebra, compare(law, graph, sizes, mode, algebra, number, wrap, corner)
        except Resample:
            continue
    raise OutsideFragment("every random point divides by zero")


def field(seed: int, order: int = 4) -> FieldAlgebra:
    """A random prime field with a root of −1, for complex constants, or of another order."""
    return FieldAlgebra(draw_prime(np.random.default_rng(seed), order), seed)


def ordered_field(seed: int, order: int = 4) -> FieldAlgebra:
    """The same, with one random total order instead of symmetric oracles."""
    return FieldAlgebra(draw_prime(np.random.default_rng(seed), order), seed, "total")


def tower(seed: int) -> TowerAlgebra:
    """Two fields, the residues of the second being exponents in the first."""
    return TowerAlgebra(seed=seed)


def interpret(
    law: Law, graph: Graph, sizes: Mapping[str, int], mode: str, seed: int, primes: int = 2
) -> Exact:
    """Decide a law at these sizes at random points; see the module."""
    if isinstance(law, Bounded):
        return Exact(False, outside="a bound speaks of the order of real numbers")
    order = 4
    while True:
        try:
            return _interpret(law, graph, sizes, mode, seed, primes, order)
        except NoRoot as problem:  # irrational constants: primes in which they have a residue
            larger = lcm(order, problem.order)
            if larger == order or larger > LARGEST_ORDER:
                return Exact(False, outside=str(problem))
            order = larger
        except (OutsideFragment, NotImplementedError) as problem:
            return Exact(False, outside=str(problem))


def _interpret(
    law: Law, graph: Graph, sizes: Mapping[str, int], mode: str, seed: int, primes: int, order: int
) -> Exact:
    fields = partial(field, order=order)
    cost = degrees(law, graph, sizes, mode, seed)
    ordered, bits, used = cost.ordered, 0.0, 0
    while used < MOST_PRIMES and (used < primes or bits < ENOUGH):
        algebra, difference = resampled(law, graph, sizes, mode, fields, seed + 101 * used)
        ordered |= algebra.used_ordered
        if difference is not None:
            return _second_reading(law, graph, sizes, mode, seed, cost, difference, order)
        bits, used = bits + cost.bits(algebra.p), used + 1
    for corner in corners(graph):
        try:
            found = resampled(law, graph, sizes, mode, fields, seed, corner=corner)[1]
        except OutsideFragment:
            continue
        if found is not None:
            return _second_reading(law, graph, sizes, mode, seed, cost, found, order, corner)
    return Exact(True, ordered, bits, used, cost.difference, functions=cost.functions)


def _second_reading(
    law: Law,
    graph: Graph,
    sizes: Mapping[str, int],
    mode: str,
    seed: int,
    cost: Degrees,
    difference: tuple[str, int],
    order: int,
    corner: str = "",
) -> Exact:
    """A plain field refutes: perhaps the law needs what oracles do not model."""
    if cost.functions & EXPONENTIAL:
        bits, ordered, used = 0.0, cost.ordered, 0
        while used < 3 * MOST_PRIMES and bits < ENOUGH:
            algebra, found = resampled(
                law, graph, sizes, mode, tower, seed + 101 * used, corner=corner
            )
            ordered |= algebra.used_ordered
            if found is not None:
                break
            bits, used = bits + cost.bits(*algebra.primes), used + 1
        else:
            if bits > 0:
                reading = "towers of prime fields"
                return Exact(True, ordered, bits, used, cost.difference, reading=reading)
    if cost.ordered or cost.functions & PIECEWISE:
        total = partial(ordered_field, order=order)
        if all(
            resampled(law, graph, sizes, mode, total, seed + 101 * k, corner=corner)[1] is None
            for k in range(3)
        ):
            return Exact(True, True, 0.0, 3, cost.difference, reading="random total orders")
    element, output = difference
    certified = not cost.functions and not cost.ordered
    return Exact(False, element=element, output=output, certified=certified, degree=cost.difference)
