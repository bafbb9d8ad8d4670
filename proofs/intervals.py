"""Bounds of outputs by interval evaluation, and sums along axes.

Definition.  Every wire gets an interval around its entries, for all weights and all inputs (or
those within assumed intervals), and the axes along which its entries sum to a known number.  Ends
are exact rationals, open or closed: a sigmoid lies in (0, 1), an unmasked softmax in (0, 1].

Laws.  ``g·x + (1 − g)·y`` with g in [0, 1] lies between x and y; a mean with weights that sum to 1
lies between the smallest and the largest value.

The rules are those of the checker, run on the program of the graph.

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> prove_bounded((op.linear(c, n) >> op.sigmoid).graph(), 0, 1, strict=True).sentence
'every output lies in (0, 1), all sizes'
>>> prove_bounded(op.relu.at(Real[n]).graph(), 0, 1).reason
'an output is only known to lie in [0, inf)'
>>> prove_sums_to((op.linear(c, n) >> op.softmax(n)).graph(), n, 1).sentence
'every output sums to 1 along n, all sizes'
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from categorical.graph import Graph
from categorical.index import Axis, IndexSet
from categorical.index import axis as read_axis
from categorical.records import EVAL
from proofs.certificate import Obstruction, Proof
from proofs.checking.bounds import Fact, Interval, Reader
from proofs.checking.programs import Program, Refusal, freeze, read_program
from proofs.checking.table import check_types
from proofs.program import Json, NotData, axis, flat, program

Bounds = tuple[float, float, bool, bool]
FREE: Bounds = (-math.inf, math.inf, False, False)


def bounds(
    graph: Graph, assumptions: Mapping[int, Bounds] | None = None, mode: str = EVAL
) -> list[Bounds]:
    """An interval (low, high, open below, open above) around every output.

    ``assumptions`` are intervals of inputs, by number.
    """
    found, _, _ = _read(graph, assumptions, mode)
    return [
        (float(i.low), float(i.high), i.open_low, i.open_high) for i in (f.bounds for f in found)
    ]


def prove_bounded(
    graph: Graph,
    low: float | None = None,
    high: float | None = None,
    strict: bool = False,
    mode: str = EVAL,
    assumptions: Mapping[int, Bounds] | None = None,
) -> Proof | Obstruction:
    """Prove that every output entry lies between two numbers (strictly, if ``strict``)."""
    try:
        found, data, steps = _read(graph, assumptions, mode)
    except (NotData, Refusal) as problem:
        return Obstruction(str(problem))
    wanted = Interval(
        -math.inf if low is None else Fraction(low),
        math.inf if high is None else Fraction(high),
        strict and low is not None,
        strict and high is not None,
    )
    whole = flat(graph)
    for wire, fact in zip(whole.outputs, found, strict=True):
        if not fact.bounds.within(wanted):
            reason = f"an output is only known to lie in {fact.bounds}"
            return Obstruction(reason, whole, whole.producer().get(wire), wire)
        if whole.types[wire].kind != "real":
            return Obstruction("an output is not real", whole, whole.producer().get(wire), wire)
    return Proof(
        "bounded",
        f"every output lies in {wanted}, all sizes",
        (data,),
        {"bounds": _ends(wanted), "assumed": _assumed(graph, assumptions), "mode": mode},
        steps,
    )


def prove_sums_to(
    graph: Graph, over: IndexSet | Axis, value: float | int | Fraction, mode: str = EVAL
) -> Proof | Obstruction:
    """Prove that every output sums to ``value`` along an axis."""
    try:
        found, data, steps = _read(graph, None, mode)
    except (NotData, Refusal) as problem:
        return Obstruction(str(problem))
    wanted, place = Fraction(value), read_axis(over)
    whole = flat(graph)
    for wire, fact in zip(whole.outputs, found, strict=True):
        if dict(fact.sums).get(freeze(axis(place))) != wanted:
            reason = f"an output is not known to sum to {wanted} along `{place}`"
            return Obstruction(reason, whole, whole.producer().get(wire), wire)
    return Proof(
        "sums",
        f"every output sums to {wanted} along {place}, all sizes",
        (data,),
        {"axis": axis(place), "value": str(wanted), "mode": mode},
        steps,
    )


def _ends(one: Interval) -> Json:
    return [str(one.low), str(one.high), one.open_low, one.open_high]


def _interval(one: Bounds) -> Interval:
    low, high = (v if math.isinf(v) else Fraction(v) for v in one[:2])
    return Interval(low, high, one[2], one[3])


def _assumed(graph: Graph, assumptions: Mapping[int, Bounds] | None) -> Json:
    known = assumptions or {}
    return [_ends(_interval(known.get(i, FREE))) for i in range(len(graph.inputs))]


def _read(
    graph: Graph, assumptions: Mapping[int, Bounds] | None, mode: str
) -> tuple[Sequence[Fact], Json, list[Json]]:
    data = program(graph)
    read: Program = read_program(data, check_types)
    known = assumptions or {}
    inputs = [Fact(_interval(known.get(i, FREE))) for i in range(len(graph.inputs))]
    steps: list[Json] = []
    return Reader(mode, steps).run(read, inputs, True), data, steps
