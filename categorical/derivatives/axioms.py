"""The axioms of a reverse derivative, as equations between arrows that are made of one arrow f.

Definition.  ``axioms(f)`` are RD.1–RD.7 at f : A → B, each a pair of arrows for the ladder
(``Equation.stated``).  The other arrows that an axiom speaks of are fixed: the square of an
output for g, the square of an input before f, and the identity beside it.  Weights are made inputs
first, so an axiom is about their cotangents too.  ``record_law(f)`` says that R[f] is the pullback.

Laws, for a, a′ in A and cotangents b, c of B:
RD.1  R[f + g] = R[f] + R[g], and R[0] = 0
RD.2  R[f](a, b + c) = R[f](a, b) + R[f](a, c), and R[f](a, 0) = 0
RD.3  R[π₀ ; f]((a, a′), b) = (R[f](a, b), 0), and R[f × id]((a, a′), (b, b′)) = (R[f](a, b), b′)
RD.4  R[⟨f, id⟩](a, (b, a′)) = R[f](a, b) + a′, and R[f ; !] = 0
RD.5  R[f ; h](a, c) = R[f](a, R[h](f(a), c)), and R[e ; f](a, b) = R[e](a, R[f](e(a), b))
RD.6  D[R[f]]((a, b), (0, b′)) = R[f](a, b′)
RD.7  D[D[f]]((a, b), (c, d)) = D[D[f]]((a, c), (b, d))

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> [one.name for one in axioms(op.mul.at(Real[n], Real[n]))]
['RD.1', 'RD.2', 'RD.3', 'RD.4', 'RD.5', 'RD.6', 'RD.7']
>>> from synthesis.ladder import check
>>> check(axiom(op.linear(n, c), 5).stated())[0].verdict.name
'PROVED'

There are seven:

>>> axiom(op.relu.at(Real[n]), 8)
Traceback (most recent call last):
...
KeyError: 'RD.8'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from categorical import laws
from categorical.architecture import Architecture
from categorical.arrows import Arrow, Traced
from categorical.derivatives.calculus import Wires
from categorical.derivatives.explicit import opened, weights_as_inputs
from categorical.derivatives.forward import forward_graph
from categorical.derivatives.pullback import numeric, pulled
from categorical.derivatives.reverse import reversed_graph
from categorical.graph import Builder, Graph
from categorical.ops.constant import FULL_LIKE
from categorical.ops.pointwise import UNARY
from categorical.origin import here
from categorical.records import Op
from categorical.spaces import Array

Many = list[int]


class Terms(Wires):
    """Formulas of lists of wires; arrows read the noise that has their name."""

    def put(self, graph: Graph, ins: Sequence[int]) -> Many:
        known = {r.name: w for w, r in self.builder.graph.sources.items()}
        return list(self.builder.splice(graph, ins, sources=known))

    def plus(self, left: Sequence[int], right: Sequence[int]) -> Many:
        return [self.add(a, b) for a, b in zip(left, right, strict=True)]

    def squares(self, wires: Sequence[int]) -> Many:
        """The square of each number; indices and masks as they are."""
        return [self.op(Op(UNARY["square"]), w) if numeric(self.type(w)) else w for w in wires]

    def zeros(self, types: Sequence[Array]) -> Many:
        return [self.filled(t) for t in types]

    def numbers(self, wires: Sequence[int]) -> Many:
        return [w for w in wires if numeric(self.type(w))]


Body = Callable[[Terms, list[Many]], Many]


def graph_of(groups: Sequence[tuple[str, Sequence[Array]]], body: Body) -> Graph:
    """A graph from a formula of groups of inputs, each with a letter."""
    builder = Builder()
    terms = Terms(builder)
    ins = [
        [
            builder.input(t, builder.unique(f"{letter}{i + 1}" if len(types) > 1 else letter))
            for i, t in enumerate(types)
        ]
        for letter, types in groups
    ]
    return builder.finish(body(terms, ins))


@dataclass(frozen=True)
class Equation:
    """Two arrows that an axiom says are one."""

    name: str
    left: Arrow
    right: Arrow

    def law(self) -> laws.Law:
        """The equation as a law of its left side."""
        return laws.equal(self.right, name=self.name)

    def stated(self) -> Architecture:
        """The left side with the equation as its only law."""
        law = self.law()
        law.boundary(self.left.graph())
        return Architecture(self.left.label(), self.left, (law,), {}, None, "none", here())


def _arrow(graph: Graph, name: str) -> Arrow:
    graph.name = graph.name or name
    return Traced(graph, True, None)


class Sides:
    """What the axioms are stated with: f with its weights as inputs, and its derivatives."""

    def __init__(self, arrow: Arrow, sizes: Mapping[str, int] | None = None) -> None:
        self.f = weights_as_inputs(opened(arrow.graph(), sizes))
        self.a, self.b = self.f.dom, tuple(t for t in self.f.cod if numeric(t))
        self.moved = tuple(t for t in self.a if numeric(t))
        self.r = reversed_graph(self.f)

    def reverse(self, groups: Sequence[tuple[str, Sequence[Array]]], body: Body) -> Graph:
        """R of a formula."""
        return reversed_graph(graph_of(groups, body))

    def equation(
        self, name: str, groups: Sequence[tuple[str, Sequence[Array]]], left: Body, right: Body
    ) -> Equation:
        sides = [graph_of(groups, body) for body in (left, right)]
        more = [len(side.sources) for side in sides]
        if more[0] < more[1]:  # the noise of the other side is read by name
            sides.reverse()
        title = name.replace(".", "_")
        return Equation(name, _arrow(sides[0], f"{title}_left"), _arrow(sides[1], f"{title}_right"))

    # the axioms -----------------------------------------------------------------------------------

    def first(self) -> Equation:
        a, b = ("a", self.a), ("b", self.b)

        def g(t: Terms, ins: Many) -> Many:
            return t.squares(t.numbers(t.put(self.f, ins)))

        def both(t: Terms, ins: list[Many]) -> Many:
            return t.plus(t.numbers(t.put(self.f, ins[0])), g(t, ins[0]))

        def nothing(t: Terms, ins: list[Many]) -> Many:
            return [t.op(Op(FULL_LIKE, value=0.0), w) for w in t.numbers(t.put(self.f, ins[0]))]

        together, none = self.reverse([a], both), self.reverse([a], nothing)
        alone = self.reverse([a], lambda t, ins: g(t, ins[0]))
        return self.equation(
            "RD.1",
            [a, b],
            lambda t, ins: [*t.put(together, ins[0] + ins[1]), *t.put(none, ins[0] + ins[1])],
            lambda t, ins: [
                *t.plus(t.put(self.r, ins[0] + ins[1]), t.put(alone, ins[0] + ins[1])),
                *t.zeros(self.moved),
            ],
        )

    def second(self) -> Equation:
        return self.equation(
            "RD.2",
            [("a", self.a), ("b", self.b), ("c", self.b)],
            lambda t, ins: [
                *t.put(self.r, ins[0] + t.plus(ins[1], ins[2])),
                *t.put(self.r, ins[0] + t.zeros(self.b)),
            ],
            lambda t, ins: [
                *t.plus(t.put(self.r, ins[0] + ins[1]), t.put(self.r, ins[0] + ins[2])),
                *t.zeros(self.moved),
            ],
        )

    def third(self) -> Equation:
        groups = [("a", self.a), ("x", self.moved)]
        first = self.reverse(groups, lambda t, ins: t.numbers(t.put(self.f, ins[0])))
        beside = self.reverse(groups, lambda t, ins: t.numbers(t.put(self.f, ins[0])) + ins[1])
        return self.equation(
            "RD.3",
            [*groups, ("b", self.b), ("y", self.moved)],
            lambda t, ins: [
                *t.put(first, ins[0] + ins[1] + ins[2]),
                *t.put(beside, ins[0] + ins[1] + ins[2] + ins[3]),
            ],
            lambda t, ins: [
                *t.put(self.r, ins[0] + ins[2]),
                *t.zeros(self.moved),
                *t.put(self.r, ins[0] + ins[2]),
                *ins[3],
            ],
        )

    def fourth(self) -> Equation:
        a = ("a", self.a)
        pair = self.reverse(
            [a], lambda t, ins: t.numbers(t.put(self.f, ins[0])) + t.numbers(ins[0])
        )
        gone = self.reverse([a], lambda t, ins: [t.put(self.f, ins[0]), []][1])
        return self.equation(
            "RD.4",
            [a, ("b", self.b), ("y", self.moved)],
            lambda t, ins: [*t.put(pair, ins[0] + ins[1] + ins[2]), *t.put(gone, ins[0])],
            lambda t, ins: [
                *t.plus(t.put(self.r, ins[0] + ins[1]), ins[2]),
                *t.zeros(self.moved),
            ],
        )

    def fifth(self) -> Equation:
        a, b = ("a", self.a), ("b", self.b)
        after = self.reverse([a], lambda t, ins: t.squares(t.numbers(t.put(self.f, ins[0]))))
        before = self.reverse([a], lambda t, ins: t.numbers(t.put(self.f, t.squares(ins[0]))))
        over, under = (
            self.reverse([("x", types)], lambda t, ins: t.squares(ins[0]))
            for types in (self.b, self.moved)
        )

        def composed(t: Terms, ins: list[Many]) -> Many:
            values = t.numbers(t.put(self.f, ins[0]))
            late = t.put(self.r, ins[0] + t.put(over, values + ins[1]))
            inside = t.put(self.r, t.squares(ins[0]) + ins[1])
            return [*late, *t.put(under, t.numbers(ins[0]) + inside)]

        return self.equation(
            "RD.5",
            [a, b],
            lambda t, ins: [*t.put(after, ins[0] + ins[1]), *t.put(before, ins[0] + ins[1])],
            composed,
        )

    def sixth(self) -> Equation:
        d = forward_graph(self.r)
        return self.equation(
            "RD.6",
            [("a", self.a), ("b", self.b), ("c", self.b)],
            lambda t, ins: t.put(d, ins[0] + ins[1] + t.zeros(self.moved) + ins[2]),
            lambda t, ins: t.put(self.r, ins[0] + ins[2]),
        )

    def seventh(self) -> Equation:
        once = forward_graph(self.f)
        twice = forward_graph(once)

        def side(t: Terms, ins: list[Many], b: int, c: int) -> Many:
            return t.put(twice, ins[0] + ins[b] + ins[c] + ins[3])

        return self.equation(
            "RD.7",
            [("a", self.a), ("b", self.moved), ("c", self.moved), ("d", self.moved)],
            lambda t, ins: side(t, ins, 1, 2),
            lambda t, ins: side(t, ins, 2, 1),
        )

    def record(self) -> Equation:
        """R[f] as the records say, and as one tape says."""
        noise = list(self.f.sources)
        body = replace(self.f, inputs=[*self.f.inputs, *noise], sources={})
        box = pulled(body, [i for i, t in enumerate(self.a) if numeric(t)])

        def tape(t: Terms, ins: list[Many]) -> Many:
            drawn = [t.builder.add_source(r) for r in self.f.sources.values()]
            return list(t.builder.operate(box, (*ins[0], *drawn, *ins[1]), "pull"))

        return self.equation(
            "record",
            [("a", self.a), ("b", self.b)],
            lambda t, ins: t.put(self.r, ins[0] + ins[1]),
            tape,
        )


STATED: Mapping[str, Callable[[Sides], Equation]] = {
    "RD.1": Sides.first,
    "RD.2": Sides.second,
    "RD.3": Sides.third,
    "RD.4": Sides.fourth,
    "RD.5": Sides.fifth,
    "RD.6": Sides.sixth,
    "RD.7": Sides.seventh,
}


def axiom(arrow: Arrow, number: int, sizes: Mapping[str, int] | None = None) -> Equation:
    """The axiom RD.``number`` at an arrow."""
    return STATED[f"RD.{number}"](Sides(arrow, sizes))


def axioms(arrow: Arrow, sizes: Mapping[str, int] | None = None) -> list[Equation]:
    """RD.1–RD.7 at an arrow."""
    sides = Sides(arrow, sizes)
    return [state(sides) for state in STATED.values()]


def record_law(arrow: Arrow, sizes: Mapping[str, int] | None = None) -> Equation:
    """R[f], made of records, is what a tape over f gives."""
    return Sides(arrow, sizes).record()
