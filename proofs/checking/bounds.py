"""Bounds and sums along axes, checked: interval evaluation over exact rationals.

A fact is an interval with its ends (open or closed), and the axes along which the entries are known
to sum to a number.  Bounds speak of entries where they are defined (no root of a negative number).

>>> str(Interval(Fraction(0), Fraction(1), True, False))
'(0, 1]'
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from proofs.checking.exact import fraction
from proofs.checking.machines import machine, settled
from proofs.checking.natural import read_mode
from proofs.checking.programs import Node, Program, freeze, need
from proofs.checking.table import shape, words

Number = Fraction | float  # a float only where it is infinite
INF = math.inf


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``; an end is open where the bound is strict."""

    low: Number = -INF
    high: Number = INF
    open_low: bool = False
    open_high: bool = False

    def __str__(self) -> str:
        left = "(" if self.open_low or self.low == -INF else "["
        right = ")" if self.open_high or self.high == INF else "]"
        return f"{left}{self.low}, {self.high}{right}"

    def within(self, other: Interval) -> bool:
        """Whether every number of this interval lies in the other one."""
        low = self.low > other.low or (self.low == other.low and self.open_low >= other.open_low)
        high = self.high < other.high
        return low and (high or (self.high == other.high and self.open_high >= other.open_high))

    @property
    def nonnegative(self) -> bool:
        return self.low >= 0

    @property
    def positive(self) -> bool:
        return self.low > 0 or (self.low == 0 and self.open_low)


ZERO, ONE = Fraction(0), Fraction(1)
REAL, UNIT = Interval(), Interval(ZERO, ONE)
POINT = Interval(ZERO, ZERO)


@dataclass(frozen=True)
class Fact:
    """An interval; ``sums`` along single axes, and the axes along which they are at most 1."""

    bounds: Interval = REAL
    sums: tuple[tuple[Any, Fraction], ...] = ()
    partial: frozenset[Any] = field(default=frozenset())

    def data(self) -> Any:
        """The fact as plain data."""
        b = self.bounds
        sums = [[list_of(axis), str(value)] for axis, value in sorted(self.sums, key=str)]
        ends = [str(b.low), str(b.high), b.open_low, b.open_high]
        return [ends, sums, [list_of(a) for a in sorted(self.partial, key=str)]]


def list_of(one: Any) -> Any:
    return [list_of(o) for o in one] if isinstance(one, tuple) else one


def hull(intervals: Iterable[Interval]) -> Interval:
    """The smallest interval around several."""
    found = list(intervals)
    low, high = min(i.low for i in found), max(i.high for i in found)
    return Interval(
        low,
        high,
        all(i.open_low for i in found if i.low == low),
        all(i.open_high for i in found if i.high == high),
    )


def plus(a: Interval, b: Interval) -> Interval:
    return Interval(
        a.low + b.low, a.high + b.high, a.open_low or b.open_low, a.open_high or b.open_high
    )


def minus(a: Interval) -> Interval:
    return Interval(-a.high, -a.low, a.open_high, a.open_low)


def times(a: Interval, b: Interval) -> Interval:
    """Products of two ends: 0 · ∞ is 0, an end is open if a factor's is, unless the other is 0."""
    ends: list[tuple[Number, bool]] = []
    for x, x_open in ((a.low, a.open_low), (a.high, a.open_high)):
        for y, y_open in ((b.low, b.open_low), (b.high, b.open_high)):
            if x == 0 or y == 0:
                ends.append((ZERO, (x != 0 or x_open) and (y != 0 or y_open)))
            else:
                ends.append((x * y, x_open or y_open))
    low, high = min(e for e, _ in ends), max(e for e, _ in ends)
    return Interval(
        low, high, all(o for e, o in ends if e == low), all(o for e, o in ends if e == high)
    )


def scaled(a: Interval, by: Fraction) -> Interval:
    return times(a, Interval(by, by))


def clamp(a: Interval, low: Number, high: Number) -> Interval:
    """The image of ``min(max(x, low), high)``; the bounds themselves are attained."""
    left, right = min(max(a.low, low), high), max(min(a.high, high), low)
    return Interval(
        left,
        right,
        a.open_low and low <= a.low < high,
        a.open_high and low < a.high <= high,
    )


def number(one: Any) -> Fraction:
    """An attribute that is a number, exactly."""
    if isinstance(one, dict):
        given = "float" in one
        return Fraction(float.fromhex(one["float"])) if given else fraction(one["fraction"])
    need(isinstance(one, (int, bool)), f"{one!r} is no number")
    return Fraction(one)


# --- functions of one number ----------------------------------------------------------------------

RANGES = {
    "sigmoid": Interval(ZERO, ONE, True, True),
    "tanh": Interval(-ONE, ONE, True, True),
    "erf": Interval(-ONE, ONE, True, True),
    "softsign": Interval(-ONE, ONE, True, True),
    "sign": Interval(-ONE, ONE),
    "sin": Interval(-ONE, ONE),
    "cos": Interval(-ONE, ONE),
    "exp": Interval(ZERO, INF, True, False),
    "softplus": Interval(ZERO, INF, True, False),
    "rsqrt": Interval(ZERO, INF, True, False),
    "sqrt": Interval(ZERO, INF),
    "logsigmoid": Interval(-INF, ZERO, False, True),
    "elu": Interval(-ONE, INF, True, False),
    "silu": Interval(Fraction(-279, 1000), INF),
    "gelu": Interval(Fraction(-171, 1000), INF),
    "gelu_tanh": Interval(Fraction(-171, 1000), INF),
    "mish": Interval(Fraction(-310, 1000), INF),
}
# of the sign of their argument, and 0 at 0
SIGNED = words("tanh erf softsign sign silu gelu gelu_tanh mish elu log1p")


def unary(op: str, attrs: dict[str, Any], x: Interval) -> Interval:
    """The image of an interval under a pointwise function, or an interval around it."""
    if op == "relu":
        return clamp(x, ZERO, INF)
    if op == "relu6":
        return clamp(x, ZERO, Fraction(6))
    if op == "hard_tanh":
        return clamp(x, -ONE, ONE)
    if op == "square":
        return meet(times(x, x), Interval(ZERO, INF))
    if op == "abs":
        return hull([clamp(x, ZERO, INF), clamp(minus(x), ZERO, INF)])
    if op == "reciprocal" and x.positive:
        high = INF if x.low == 0 else 1 / x.low
        return Interval(
            ZERO if x.high == INF else 1 / x.high, high, x.high == INF or x.open_high, x.open_low
        )
    if op == "leaky_relu" and number(attrs["slope"]) >= 0:
        slope = number(attrs["slope"])
        return hull([clamp(x, ZERO, INF), scaled(clamp(x, -INF, ZERO), slope)])
    found = RANGES.get(op, REAL)
    if op in SIGNED and x.nonnegative:
        found = meet(found, Interval(ZERO, INF, x.positive and op != "sign"))
    if op in SIGNED and x.high <= 0:
        found = meet(found, Interval(-INF, ZERO))
    if op == "exp" and x.high <= 0:
        found = meet(found, Interval(-INF, ONE))
    if op == "exp" and x.nonnegative:
        found = meet(found, Interval(ONE, INF))
    return found


def meet(a: Interval, b: Interval) -> Interval:
    """The numbers in both intervals."""
    low, high = max(a.low, b.low), min(a.high, b.high)
    return Interval(
        low,
        high,
        any(i.open_low for i in (a, b) if i.low == low),
        any(i.open_high for i in (a, b) if i.high == high),
    )


def many(x: Interval, masked: bool) -> Interval:
    """The sum of one number or more of an interval (or of none, if masked)."""
    low: Number = -INF if x.low < 0 else ZERO if masked else x.low
    high: Number = INF if x.high > 0 else ZERO if masked else x.high
    strict = not masked
    return Interval(low, high, strict and x.open_low, strict and x.open_high)


# --- nodes ----------------------------------------------------------------------------------------

SAME = words(
    "expand relabel transpose squeeze merge split diagonal unconcat slice take flip roll parameter "
    "gather embedding max_pool"
)


class Reader:
    """One run of the intervals through a program."""

    def __init__(self, mode: str, steps: list[Any] | None) -> None:
        self.mode, self.steps = mode, steps

    def run(self, program: Program, inputs: list[Fact], record: bool) -> list[Fact]:
        at: dict[int, Fact] = dict(zip(program.inputs, inputs, strict=True))
        at.update(dict.fromkeys(program.sources, Fact()))
        makers: dict[int, Node] = {}
        for node in program.nodes:
            ins = [at[w] for w in node.ins]
            if node.bodies:
                outs = self.operator(node, ins, record)
            else:
                outs = [self.fact(node, ins, makers, at)] + [Fact()] * (len(node.outs) - 1)
                if node.op == "unconcat":
                    outs = [outs[0]] * len(node.outs)
            at.update(zip(node.outs, outs, strict=True))
            makers.update(dict.fromkeys(node.outs, node))
            if record and self.steps is not None:
                self.steps.append([f.data() for f in outs])
        return [at[w] for w in program.outputs]

    def operator(self, node: Node, ins: list[Fact], record: bool) -> list[Fact]:
        if node.op == "iterate":
            return self.iterate(node, ins, record)
        need(node.op == "scan", f"`{node.op}` has no bounds")
        one = machine(node)
        state = [Fact(f.bounds) for f in ins[: one.states]]
        rest = [*(Fact(f.bounds) for f in ins[one.read]), *ins[one.whole]]

        def after(state: list[Fact]) -> list[Fact]:
            return self.run(node.bodies[0], [*state, *rest], False)[one.outputs :]

        state = settled(state, after, lambda a, b: Fact(hull([a.bounds, b.bounds])), Fact())
        shown = self.run(node.bodies[0], [*state, *rest], record)[: one.outputs]
        if one.ragged:  # entries past a length are 0
            shown = [Fact(hull([f.bounds, POINT])) for f in shown]
        return [*shown, *state]

    def iterate(self, node: Node, ins: list[Fact], record: bool) -> list[Fact]:
        """Intervals that one more step of the body stays in."""
        state = [Fact(f.bounds) for f in ins]
        for attempt in range(4):
            after = self.run(node.bodies[0], state, False)
            joined = [Fact(hull([a.bounds, b.bounds])) for a, b in zip(state, after, strict=True)]
            if joined == state:
                break
            state = joined if attempt < 2 else [Fact()] * len(state)
        if record:
            self.run(node.bodies[0], state, True)
        return state

    def fact(
        self, node: Node, ins: list[Fact], makers: dict[int, Node], at: dict[int, Fact]
    ) -> Fact:
        known = [f.bounds for f in ins]
        bounds = self.bounds(node, known, ins)
        convex = self.convex(node, makers, at)
        if convex is not None:
            bounds = meet(bounds, convex)
        sums, partial = self.sums(node, ins)
        return Fact(bounds, tuple(sorted(sums.items(), key=str)), partial)

    def bounds(self, node: Node, x: list[Interval], ins: list[Fact]) -> Interval:
        op, attrs = node.op, node.attrs
        how = shape(node, self.mode)
        if how.rule == "pointwise" and len(x) == 1:
            return unary(op, attrs, x[0])
        if op == "add":
            return plus(x[0], x[1])
        if op == "sub":
            return plus(x[0], minus(x[1]))
        if op == "mul":
            same = node.ins[0] == node.ins[1]
            return unary("square", attrs, x[0]) if same else times(x[0], x[1])
        if op == "div":
            return times(x[0], unary("reciprocal", attrs, x[1]))
        if op in ("maximum", "minimum"):
            pick = max if op == "maximum" else min
            both = hull(x)
            low, high = pick(x[0].low, x[1].low), pick(x[0].high, x[1].high)
            return meet(both, Interval(low, high))
        if op == "scale":
            return scaled(x[0], number(attrs["by"]))
        if op == "scale_root":
            return hull([x[0], times(x[0], Interval(ZERO, ONE, True))])
        if op in ("full", "full_like") and node.cod[0][0] == "real":
            value = attrs["value"]
            if isinstance(value, dict) and "complex" in value:
                return REAL
            return Interval(number(value), number(value))
        if op in ("indicator", "one_hot", "eye"):
            return UNIT
        if op == "degree":
            return Interval(ZERO, INF)
        if op == "where":
            return hull(x[1:])
        if op == "concat":
            return hull(x)
        if op in SAME:
            return x[1] if op == "embedding" else x[0]
        if how.rule == "noise":
            if self.mode == "eval":
                return x[0]
            return (
                hull([POINT, scaled(x[0], 1 / (1 - number(attrs["p"])))])
                if op == "dropout"
                else REAL
            )
        if op == "normalise":
            strict = number(attrs["eps"]) > 0
            return Interval(-ONE, ONE, strict, strict)
        if op in ("avg_pool", "scatter_max"):
            return hull([x[0], POINT])
        if op == "scatter":
            return hull([x[0], POINT]) if attrs["monoid"] == "mean" else many(x[0], True)
        return self.reduced(node, x, ins)

    def reduced(self, node: Node, x: list[Interval], ins: list[Fact]) -> Interval:
        op, masked = node.op, bool(node.attrs.get("masked"))
        if op == "softmax":
            return UNIT if masked else Interval(ZERO, ONE, True, False)
        if op == "sum":
            return many(x[0], masked)
        if op in ("mean", "max", "min"):
            return hull([x[0], POINT]) if masked else x[0]
        if op == "logsumexp":
            return REAL if masked else Interval(x[0].low, INF, x[0].open_low)
        if op == "einsum":
            product = Interval(ONE, ONE)
            for one in x:
                product = times(product, one)
            gone = {a for one in node.dom for a in one[1]} - set(node.cod[0][1])
            if not gone:
                same = len(node.ins) == 2 and node.ins[0] == node.ins[1]
                return unary("square", {}, x[0]) if same else product
            return meet(many(product, False), self.weighted(node, x, ins, gone))
        return REAL

    def weighted(self, node: Node, x: list[Interval], ins: list[Fact], gone: set[Any]) -> Interval:
        """A weighted mean: weights ≥ 0 that sum to 1 along the only axis that is contracted."""
        if len(ins) != 2 or len(gone) != 1:
            return REAL
        (axis,) = gone
        for one, other in ((0, 1), (1, 0)):
            weights = ins[one]
            if not weights.bounds.nonnegative or axis not in node.dom[one][1]:
                continue
            if dict(weights.sums).get(axis) == 1:
                return x[other] if axis in node.dom[other][1] else REAL
            if axis in weights.partial and axis in node.dom[other][1]:
                return hull([x[other], POINT])
        return REAL

    def convex(self, node: Node, makers: dict[int, Node], at: dict[int, Fact]) -> Interval | None:
        """``g·x + (1 − g)·y`` with g in [0, 1] lies between x and y."""
        if node.op != "add":
            return None
        parts = [makers.get(w) for w in node.ins]
        if any(p is None or p.op != "mul" for p in parts):
            return None
        first, second = (p.ins for p in parts if p is not None)
        for g, x in (first, first[::-1]):
            for h, y in (second, second[::-1]):
                pairs = ((g, h), (h, g))
                if any(self.complement(a, b, makers, at) for a, b in pairs):
                    if at[g].bounds.within(UNIT) and at[h].bounds.within(UNIT):
                        return hull([at[x].bounds, at[y].bounds])
        return None

    def complement(self, g: int, h: int, makers: dict[int, Node], at: dict[int, Fact]) -> bool:
        """Whether h is 1 − g."""
        node = makers.get(h)
        one = Interval(ONE, ONE)
        return bool(
            node and node.op == "sub" and node.ins[1] == g and at[node.ins[0]].bounds == one
        )

    def sums(self, node: Node, ins: list[Fact]) -> tuple[dict[Any, Fraction], frozenset[Any]]:
        """What the entries of the output sum to, along single axes."""
        op, known = node.op, [dict(f.sums) for f in ins]
        none: frozenset[Any] = frozenset()
        if op == "softmax":
            over = node.attr_axes("over")
            if len(over) != 1:
                return {}, none
            masked = bool(node.attrs.get("masked"))
            return ({}, frozenset(over)) if masked else ({over[0]: ONE}, none)
        if op in ("one_hot", "eye"):
            rows = [node.cod[0][1][-1]] if op == "one_hot" else node.cod[0][1]
            return dict.fromkeys(rows, ONE), none
        if op in ("add", "sub"):
            sign = 1 if op == "add" else -1
            both = set(known[0]) & set(known[1])
            return {a: known[0][a] + sign * known[1][a] for a in both}, none
        if op == "scale":
            by = number(node.attrs["by"])
            return {a: v * by for a, v in known[0].items()}, ins[
                0
            ].partial if 0 <= by <= 1 else none
        if op == "relabel":
            to = {node.axis(node.attrs["old"]): node.axis(node.attrs["new"])}
            renamed = {to.get(a, a): v for a, v in known[0].items()}
            return renamed, frozenset(to.get(a, a) for a in ins[0].partial)
        quiet = shape(node, self.mode).rule == "noise" and self.mode == "eval"
        if quiet or op in ("transpose", "expand", "squeeze", "take", "flip", "roll", "parameter"):
            left = frozenset(node.cod[0][1]) & frozenset(node.dom[0][1])
            return {a: v for a, v in known[0].items() if a in left}, ins[0].partial & left
        if op == "mean" and not node.attrs.get("masked"):
            left = frozenset(node.cod[0][1])
            return {a: v for a, v in known[0].items() if a in left}, ins[0].partial & left
        if op == "einsum" and len(ins) == 2:
            return self.products(node, known), none
        return {}, none

    def products(self, node: Node, known: list[dict[Any, Fraction]]) -> dict[Any, Fraction]:
        """Σ_k Σ_j a_j b_jk = (Σ_j a_j) · s where b sums to s along k."""
        gone = {a for one in node.dom for a in one[1]} - set(node.cod[0][1])
        found: dict[Any, Fraction] = {}
        for one, other in ((0, 1), (1, 0)):
            for axis, value in known[other].items():
                if axis in node.dom[one][1] or axis in gone:
                    continue
                if len(gone) == 1 and gone <= set(node.dom[one][1]) & set(node.dom[other][1]):
                    (j,) = gone
                    if j in known[one]:
                        found[axis] = known[one][j] * value
        return found


def read_end(text: Any) -> Number:
    """A bound of a claim."""
    need(isinstance(text, str), "a bound is no number")
    return float(text) if text in ("inf", "-inf") else Fraction(text)


def start(program: Program, assumed: Any) -> list[Fact]:
    """The intervals that are assumed of the inputs."""
    need(isinstance(assumed, list) and len(assumed) == len(program.inputs), "no such inputs")
    found = []
    for low, high, open_low, open_high in assumed:
        need(type(open_low) is bool and type(open_high) is bool, "an end is open or closed")
        found.append(Fact(Interval(read_end(low), read_end(high), open_low, open_high)))
    return found


def check_bounded(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check that the outputs lie in the claimed interval."""
    program, mode = programs[0], read_mode(claim)
    need(claim["scope"] == "all sizes", "the scope of the claim is all sizes")
    low, high, open_low, open_high = claim["bounds"]
    need(type(open_low) is bool and type(open_high) is bool, "an end is open or closed")
    wanted = Interval(read_end(low), read_end(high), open_low, open_high)
    found = Reader(mode, steps).run(program, start(program, claim["assumed"]), True)
    for wire, fact in zip(program.outputs, found, strict=True):
        need(program.types[wire][0] == "real", "an output is not real")
        need(fact.bounds.within(wanted), f"an output is only known to lie in {fact.bounds}")
    free = all(fact.bounds == REAL for fact in start(program, claim["assumed"]))
    given = "" if free else " for inputs within the assumed bounds"
    return f"every output lies in {wanted}{given} in {mode} mode, all sizes"


def check_sums(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check that the outputs sum to a number along an axis."""
    program, mode, axis = programs[0], read_mode(claim), freeze(claim["axis"])
    need(claim["scope"] == "all sizes", "the scope of the claim is all sizes")
    value = Fraction(claim["value"])
    found = Reader(mode, steps).run(program, [Fact()] * len(program.inputs), True)
    for fact in found:
        need(dict(fact.sums).get(axis) == value, f"an output is not known to sum to {value}")
    return f"every output sums to {value} along an axis over {axis[0][1]} in {mode} mode, all sizes"
