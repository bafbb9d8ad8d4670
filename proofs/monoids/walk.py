"""Reading a cell by its state: what each family of monoids looks for on the wires.

Definition.  A *form* says how a wire depends on the states of a stage, with coefficients that do
not: ``Affine`` is an offset and a factor for each state; ``Along`` an offset and the linear part at
a given direction; ``Tropical`` is ``max(s + a, b)``, ``Quotient`` is ``(p₁ s + p₀) / (q₁ s + q₀)``.
A walk gives the form of each wire from the forms of what its box reads.

Law.  A box whose result has no form of the kind is refused: coefficients never depend on a state.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> graph = (op.mul.at(Real[n], Real[n]) >> op.scale(2)).graph()
>>> walk = AffineWalk(graph, (graph.inputs[0],), {})
>>> walk.run().form(graph.outputs[0]).factors
(Wire(at=1),)

A gate that looks at the state makes a coefficient of it:

>>> AffineWalk((op.tanh.at(Real[n])).graph(), (0,), {}).run()
Traceback (most recent call last):
...
proofs.monoids.walk.Refused: `tanh` is applied to what depends on the state
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from categorical import op
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.ops.reduction import over_axes
from categorical.records import Box, Op
from categorical.spaces import Array
from proofs.monoids.sheet import Sheet, Term, Wire

F = TypeVar("F")
CARRYING = frozenset(("add", "sub", "scale", "scale_root", "mul", "div", "einsum", "linear")) | {
    "relabel",
    "transpose",
    "sum",
}


class Refused(Exception):
    """A cell that does not act through a family; ``node`` is where that shows."""

    def __init__(self, reason: str, node: Node | None = None) -> None:
        super().__init__(reason)
        self.node = node


class Walk(Generic[F]):
    """One pass over a graph.  ``known`` names wires whose values are inputs of the result.

    Every input but the states is an input of the sheet as well, in order; ``known`` come first.
    """

    def __init__(self, graph: Graph, states: Sequence[int], known: Mapping[int, str]) -> None:
        self.graph, self.states = graph, tuple(states)
        self.sheet = Sheet()
        self.at: dict[int, Wire] = {}
        self.forms: dict[int, F] = {}
        builder = self.sheet.builder
        for w, name in known.items():
            self.at[w] = Wire(builder.input(graph.types[w], name))
        for w in graph.inputs:
            if w not in self.at and w not in self.states:
                self.at[w] = Wire(builder.input(graph.types[w], graph.wire_name(w)))
        for w, resource in graph.sources.items():
            self.at[w] = Wire(builder.add_source(resource))

    def run(self, *results: int) -> Walk[F]:
        """Read what these wires are made of (default: the outputs)."""
        for i, w in enumerate(self.states):
            self.forms[w] = self.state(i)
        needed = set(results or self.graph.outputs) - set(self.at)
        for node in reversed(self.graph.nodes):
            if needed & set(node.outs):
                needed |= set(node.ins) - set(self.at)
        for node in self.graph.nodes:
            if not needed & set(node.outs):
                continue  # not looked at, or a value that is known
            if any(w in self.forms for w in node.ins):
                if isinstance(node.box, OperatorBox) or len(node.outs) != 1:
                    raise self.refuse(node)
                self.forms[node.outs[0]] = self.rule(node, node.box)
            else:
                self.copy(node)
        return self

    def copy(self, node: Node) -> None:
        """A box that no state reaches stays as it is."""
        builder = self.sheet.builder
        outs = []
        for w in node.outs:
            wire = builder.wire(self.graph.types[w], self.graph.names.get(w, ""))
            outs.append(wire)
            self.at.setdefault(w, Wire(wire))
        ins = tuple(self.at[w].at for w in node.ins)
        made = Node(node.box, ins, tuple(outs), node.name, node.origin)
        builder.graph.nodes.append(made)

    def refuse(self, node: Node) -> Refused:
        return Refused(f"`{node.box.name}` is applied to what depends on the state", node)

    def form(self, wire: int) -> F:
        """The form of a wire."""
        return self.forms[wire] if wire in self.forms else self.constant(self.at[wire])

    def read(self, wire: int) -> F | Wire:
        return self.forms[wire] if wire in self.forms else self.at[wire]

    def box(self, op_: Op, *ins: Wire) -> Wire:
        return Wire(self.sheet.builder.apply(op_, tuple(w.at for w in ins))[0])

    def same_box(self, node: Node, ins: Sequence[Wire]) -> Wire:
        """The box of a node on other data, with its own weights."""
        assert isinstance(node.box, Box)
        weights = tuple(self.at[w].at for w in node.ins[len(node.box.dom) :])
        wires = tuple(w.at for w in ins)
        return Wire(self.sheet.builder.apply(node.box.op, wires, node.name, None, weights)[0])

    def only(self, node: Node) -> int:
        """The place of the only input that depends on a state."""
        places = [i for i, w in enumerate(node.ins) if w in self.forms]
        if len(places) != 1:
            raise Refused(f"`{node.box.name}` multiplies parts that depend on the state", node)
        return places[0]

    def state(self, which: int) -> F:
        raise NotImplementedError

    def constant(self, wire: Wire) -> F:
        raise NotImplementedError

    def rule(self, node: Node, box: Box) -> F:
        raise NotImplementedError


# --- affine at every entry ------------------------------------------------------------------------


@dataclass(frozen=True)
class Affine:
    """``Σ factors[j] · s_j + offset`` at every entry."""

    factors: tuple[Term, ...]
    offset: Term


class AffineWalk(Walk[Affine]):
    """States that are multiplied and added to entry by entry; all have one type."""

    def state(self, which: int) -> Affine:
        return Affine(tuple(int(which == j) for j in range(len(self.states))), 0)

    def constant(self, wire: Wire) -> Affine:
        return Affine((0,) * len(self.states), wire)

    def rule(self, node: Node, box: Box) -> Affine:
        sheet, name = self.sheet, box.name
        type_ = self.graph.types[self.states[0]]
        if any(self.graph.types[w] is not type_ for w in (*node.data, *node.outs) if w in self.forms
               ) or self.graph.types[node.outs[0]] is not type_:  # fmt: skip
            raise Refused(f"`{name}` is not applied entry by entry", node)
        if name in ("add", "sub"):
            x, y = (self.form(w) for w in node.data)
            sign = 1 if name == "add" else -1
            parts = [
                sheet.plus(p, sheet.times(sign, q))
                for p, q in zip((*x.factors, x.offset), (*y.factors, y.offset), strict=True)
            ]
            return Affine(tuple(parts[:-1]), parts[-1])
        if name == "scale":
            return self.each(self.form(node.ins[0]), lambda t: sheet.times(box.op["by"], t))
        if name == "mul":
            place = self.only(node)
            other = self.at[node.ins[1 - place]]
            return self.each(self.form(node.ins[place]), lambda t: sheet.times(t, other))
        if name == "where" and node.ins[0] not in self.forms:
            mask, x, y = self.at[node.ins[0]], self.form(node.ins[1]), self.form(node.ins[2])
            parts = [
                p
                if p == q
                else self.box(op.where.op, mask, *(sheet.wire(t, type_) for t in (p, q)))
                for p, q in zip((*x.factors, x.offset), (*y.factors, y.offset), strict=True)
            ]
            return Affine(tuple(parts[:-1]), parts[-1])
        if name in ("div", "scale_root", "einsum"):
            place = self.only(node)
            if name == "div" and place == 1:
                raise self.refuse(node)
            if name == "einsum" and not set(type_.axes) <= set(box.cod[0].axes):
                raise self.refuse(node)

            def replaced(term: Term) -> Term:
                if term == 0:
                    return 0
                data = [self.at.get(w) for w in node.data]
                data[place] = sheet.wire(term, type_)
                return self.same_box(node, [w for w in data if w is not None])

            return self.each(self.form(node.ins[place]), replaced)
        raise self.refuse(node)

    def each(self, form: Affine, change: Any) -> Affine:
        return Affine(tuple(change(t) for t in form.factors), change(form.offset))


# --- affine along one axis ------------------------------------------------------------------------


@dataclass(frozen=True)
class Along:
    """``L(s) + offset``: the linear part at the direction that is given as a further input."""

    part: Wire
    offset: Term


class AlongWalk(Walk[Along]):
    """One state; its axis ``mixed`` may be acted on by matrices, the others are carried."""

    def __init__(self, graph: Graph, state: int, known: Mapping[int, str], mixed: Axis) -> None:
        super().__init__(graph, (state,), known)
        self.type_ = graph.types[state]
        self.direction = Wire(self.sheet.builder.input(self.type_, "direction"))
        self.rest = [a for a in self.type_.axes if a != mixed]

    def state(self, which: int) -> Along:
        return Along(self.direction, 0)

    def constant(self, wire: Wire) -> Along:
        raise NotImplementedError

    def rule(self, node: Node, box: Box) -> Along:
        sheet, name = self.sheet, box.name
        self.carried(node, box)
        if name in ("add", "sub"):
            x, y = (self.read(w) for w in node.data)
            sign = 1 if name == "add" else -1
            offsets = [f.offset if isinstance(f, Along) else f for f in (x, y)]
            offset = sheet.plus(offsets[0], sheet.times(sign, offsets[1]))
            if isinstance(x, Along) and isinstance(y, Along):
                return Along(self.same_box(node, (x.part, y.part)), offset)
            if isinstance(x, Along):
                return Along(x.part, offset)
            assert isinstance(y, Along)
            part = sheet.times(sign, y.part)
            assert isinstance(part, Wire)
            return Along(part, offset)
        place = self.only(node)
        form = self.forms[node.ins[place]]
        if name == "linear" and place == 0:
            plain = Op(box.op.generator, **{**box.op.attrs, "bias": False})
            weight = (self.at[node.ins[1]].at,)
            part = self.sheet.builder.apply(plain, (form.part.at,), node.name, None, weight)[0]
            if form.offset == 0 and not box.op["bias"]:
                return Along(Wire(part), 0)
            start = sheet.wire(form.offset, box.dom[0])
            return Along(Wire(part), self.same_box(node, (start,)))
        linear = box.generator.linear(box)
        if name == "where" or linear is None or (linear != "joint" and place not in linear):
            raise self.refuse(node)

        def replaced(term: Term) -> Term:
            data = [self.at.get(w) for w in node.data]
            data[place] = sheet.wire(term, box.dom[place])
            return self.same_box(node, [w for w in data if w is not None])

        part_ = replaced(form.part)
        assert isinstance(part_, Wire)
        return Along(part_, 0 if form.offset == 0 else replaced(form.offset))

    def carried(self, node: Node, box: Box) -> None:
        """The axes beside the mixed one are carried entry by entry."""
        if box.name not in CARRYING:
            raise self.refuse(node)
        touched: list[Axis] = []
        if box.name == "linear":
            touched = [box.op["source"], box.op["target"]]
        elif box.name == "relabel":
            touched = [box.op["old"], box.op["new"]]
        elif box.name == "sum":
            touched = list(over_axes("sum", box.op, box.dom[0]))
        if any(a in self.rest for a in touched) or not set(self.rest) <= set(box.cod[0].axes):
            raise Refused(f"`{box.name}` mixes more than one axis of the state", node)


# --- max-plus and min-plus ------------------------------------------------------------------------


@dataclass(frozen=True)
class Tropical:
    """``max(s + shift, floor)``; without a floor, ``s + shift``."""

    shift: Term
    floor: Term | None


class TropicalWalk(Walk[Tropical]):
    """One state under additions and maxima (minima, for sign −1)."""

    sign = 1

    def state(self, which: int) -> Tropical:
        return Tropical(0, None)

    def rule(self, node: Node, box: Box) -> Tropical:
        sheet, type_ = self.sheet, self.graph.types[self.states[0]]
        if any(self.graph.types[w] is not type_ for w in (*node.data, *node.outs)):
            raise self.refuse(node)
        values = [self.read(w) for w in node.data]
        if box.name in ("add", "sub"):
            place = self.only(node)
            if box.name == "sub" and place == 1:
                raise self.refuse(node)
            form, other = self.forms[node.ins[place]], self.at[node.ins[1 - place]]
            change = other if box.name == "add" else sheet.minus(other)
            floor = None if form.floor is None else sheet.plus(form.floor, change)
            return Tropical(sheet.plus(form.shift, change), floor)
        if box.name != ("maximum" if self.sign > 0 else "minimum"):
            raise self.refuse(node)
        parts = [v for v in values if isinstance(v, Tropical)]
        floors: list[Term] = [v for v in values if isinstance(v, Wire)]
        floors += [p.floor for p in parts if p.floor is not None]
        floor_: Term | None = floors[0] if floors else None
        for one in floors[1:]:
            floor_ = sheet.larger(floor_, one, self.sign)  # type: ignore[arg-type]
        shift = parts[0].shift
        for part in parts[1:]:
            shift = sheet.larger(shift, part.shift, self.sign)
        return Tropical(shift, floor_)


class LeastWalk(TropicalWalk):
    """The same for minima."""

    sign = -1


# --- quotients ------------------------------------------------------------------------------------

Polynomial = tuple[Term, Term]  # constant term, factor of the state


@dataclass(frozen=True)
class Quotient:
    """``(above[1]·s + above[0]) / (below[1]·s + below[0])``."""

    above: Polynomial
    below: Polynomial


class QuotientWalk(Walk[Quotient]):
    """One state under sums, products with what does not depend on it, and quotients."""

    def state(self, which: int) -> Quotient:
        return Quotient((0, 1), (1, 0))

    def constant(self, wire: Wire) -> Quotient:
        return Quotient((wire, 0), (1, 0))

    def rule(self, node: Node, box: Box) -> Quotient:
        sheet, name = self.sheet, box.name
        type_ = self.graph.types[self.states[0]]
        if any(self.graph.types[w] is not type_ for w in (*node.data, *node.outs)):
            raise self.refuse(node)
        forms = [self.form(w) for w in node.data]
        if name == "scale":
            (x,) = forms
            by = box.op["by"]
            return Quotient((sheet.times(by, x.above[0]), sheet.times(by, x.above[1])), x.below)
        if name == "reciprocal":
            return Quotient(forms[0].below, forms[0].above)
        if name not in ("add", "sub", "mul", "div"):
            raise self.refuse(node)
        x, y = forms
        if name in ("mul", "div"):
            y = Quotient(y.below, y.above) if name == "div" else y
            return Quotient(self.times(x.above, y.above, node), self.times(x.below, y.below, node))
        left = self.times(x.above, y.below, node)
        right = self.times(y.above, x.below, node)
        if x.below == y.below:
            left, right = x.above, y.above
        sign = 1 if name == "add" else -1
        above = tuple(sheet.plus(p, sheet.times(sign, q)) for p, q in zip(left, right, strict=True))
        below = x.below if x.below == y.below else self.times(x.below, y.below, node)
        return Quotient((above[0], above[1]), below)

    def times(self, p: Polynomial, q: Polynomial, node: Node) -> Polynomial:
        sheet = self.sheet
        if p[1] != 0 and q[1] != 0:
            raise Refused(f"`{node.box.name}` multiplies parts that depend on the state", node)
        first = sheet.plus(sheet.times(p[0], q[1]), sheet.times(p[1], q[0]))
        return sheet.times(p[0], q[0]), first


def same_types(types: Sequence[Array]) -> bool:
    """Whether all states have one type, of numbers."""
    return all(t is types[0] for t in types) and types[0].kind in ("real", "complex")
