"""Gates: what a cell computes, in a normal form that does not depend on how it is written.

Definition.  The value of a wire is a polynomial whose atoms are wires, rows of a weight applied to
a value (``Map``), entries of a bias (``Bias``), and pointwise functions of polynomials
(``Squash``).  Sums, differences, products, scales and constants act on polynomials; taking a part
of the last axis acts on every atom; a joined axis that a map reads is a sum of maps.

Laws.  Two wires with one polynomial are equal at all values of the inputs and weights (of real
arithmetic): the polynomial says what each operation does, and the ring laws are the only ones used.
A wire that no state reaches is an atom wherever a map reads it.

>>> from categorical import Dim, Real, arrow, op
>>> s, a = Dim.named("s a")
>>> @arrow
... def one(h: Real[s], x: Real[a]) -> Real[s] * Real[s]:
...     z, n = op.sigmoid(op.linear(a, s, name="z")(x)), op.tanh(op.linear(s, s, name="n")(h))
...     return (op.full_like(1)(z) - z) * n + z * h, n + z * (h - n)
>>> graph = one.graph()
>>> gates = Gates(graph, graph.inputs[:1])
>>> gates.value(graph.outputs[0]) == gates.value(graph.outputs[1])
True

Another function is another value:

>>> gates.value(graph.outputs[0]) == gates.value(graph.nodes[1].outs[0])
False
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from categorical.graph import Graph, Node
from categorical.ops.common import pick
from categorical.ops.sums import slice_ends
from categorical.records import Box
from categorical.sizes import Size

#: A polynomial: its monomials (atoms by number, with powers), each with its coefficient.
Monomial = frozenset[tuple[int, int]]
Poly = frozenset[tuple[Monomial, Fraction]]
ONE: Monomial = frozenset()
SQUASHES = frozenset(("sigmoid", "tanh", "relu"))
MOST = 64  # monomials of a value; a larger one is an atom
DEEPEST = 12  # functions of functions of …


@dataclass(frozen=True)
class Wire:
    """Entries of the last axis of a wire."""

    wire: int
    start: Size
    size: Size


@dataclass(frozen=True)
class Map:
    """A block of a weight, rows × columns, applied to the last axis of a value."""

    weight: int
    start: Size
    size: Size
    column: Size
    columns: Size
    of: Poly


@dataclass(frozen=True)
class Bias:
    """Entries of a weight that is a vector; ``of`` is what the map reads that it belongs to."""

    wire: int
    start: Size
    size: Size
    of: Poly


@dataclass(frozen=True)
class Squash:
    """A pointwise function of a value."""

    name: str
    of: Poly
    depth: int


Atom = Wire | Map | Bias | Squash
ZERO = Size.of(0)


@dataclass(frozen=True)
class Value:
    """A polynomial on an axis; ``parts`` where that axis is split in two, the first one so long;
    ``joined`` are the values that stand one after the other along it."""

    poly: Poly
    parts: Size | None = None
    joined: tuple[tuple[Poly, Size], ...] = ()


@dataclass(frozen=True)
class Rows:
    """Rows of a weight that is a wire of its own; ``parts`` where they are split in two axes."""

    wire: int
    start: Size
    size: Size
    columns: Size
    parts: Size | None = None


class Gates:
    """The values of the wires of a cell."""

    def __init__(self, graph: Graph, states: Sequence[int]) -> None:
        self.graph, self.producer = graph, graph.producer()
        self.atoms: list[Atom] = []
        self._numbers: dict[Atom, int] = {}
        self._values: dict[int, Value] = {}
        self._weights: dict[int, Rows] = {}
        self.moving = set(states)
        """The wires that depend on a state."""
        for node in graph.nodes:
            if any(w in self.moving for w in node.ins):
                self.moving.update(node.outs)
        for node in graph.nodes:
            self._node(node)

    def value(self, wire: int) -> Poly:
        """The polynomial of a wire."""
        return self._value(wire).poly

    def atom(self, number: int) -> Atom:
        return self.atoms[number]

    def wire(self, wire: int) -> Poly:
        """A wire as an atom."""
        axes = self.graph.types[wire].axes
        return self._single(Wire(wire, ZERO, axes[-1].size if axes else Size.of(1)))

    def terms(self, poly: Poly) -> Iterator[tuple[list[Atom], Fraction]]:
        """The monomials as lists of atoms, repeated by their powers."""
        for monomial, coefficient in poly:
            yield [self.atoms[a] for a, power in monomial for _ in range(power)], coefficient

    # --- polynomials -----------------------------------------------------------------------------

    def _number(self, atom: Atom) -> int:
        found = self._numbers.setdefault(atom, len(self.atoms))
        if found == len(self.atoms):
            self.atoms.append(atom)
        return found

    def _single(self, atom: Atom) -> Poly:
        return frozenset({(frozenset({(self._number(atom), 1)}), Fraction(1))})

    def _value(self, wire: int) -> Value:
        if wire not in self._values:
            self._values[wire] = Value(self.wire(wire))
        return self._values[wire]

    def _block(self, poly: Poly, start: Size, size: Size) -> Poly:
        """Entries ``start`` to ``start + size`` of the axis of a value."""
        found: dict[Monomial, Fraction] = {}
        for monomial, coefficient in poly:
            powers = frozenset((self._part(a, start, size), p) for a, p in monomial)
            found[powers] = found.get(powers, Fraction(0)) + coefficient
        return _poly(found)

    def _part(self, number: int, start: Size, size: Size) -> int:
        one = self.atoms[number]
        if isinstance(one, Squash):
            return self._number(Squash(one.name, self._block(one.of, start, size), one.depth))
        if isinstance(one, Map):
            moved = one.start + start
            return self._number(Map(one.weight, moved, size, one.column, one.columns, one.of))
        if isinstance(one, Bias):
            return self._number(Bias(one.wire, one.start + start, size, one.of))
        return self._number(Wire(one.wire, one.start + start, size))

    def _depth(self, poly: Poly) -> int:
        return max((self._deep(self.atoms[a]) for m, _ in poly for a, _ in m), default=0)

    def _deep(self, one: Atom) -> int:
        return one.depth if isinstance(one, Squash) else 0

    # --- nodes -----------------------------------------------------------------------------------

    def _node(self, node: Node) -> None:
        box = node.box
        if not isinstance(box, Box):
            return
        if box.name == "unconcat":
            self._unconcat(node, box)
            return
        rows = self._rows(node, box)
        if rows is not None:
            self._weights[node.outs[0]] = rows
            return
        rule = getattr(self, f"_on_{box.name}", None)
        found = rule(node, box) if rule is not None and len(node.outs) == 1 else None
        if box.name in SQUASHES:
            found = self._squash(node, box)
        if found is not None and len(found.poly) <= MOST:
            self._values[node.outs[0]] = found

    def _squash(self, node: Node, box: Box) -> Value | None:
        inner = self._value(node.ins[0])
        depth = self._depth(inner.poly) + 1
        if inner.joined or depth > DEEPEST:
            return None
        return Value(self._single(Squash(box.name, inner.poly, depth)), inner.parts)

    def _two(self, node: Node) -> tuple[Poly, Poly, Size | None] | None:
        one, other = (self._value(w) for w in node.ins)
        if one.joined or other.joined:
            return None
        if one.parts is not other.parts and not (_constant(one.poly) or _constant(other.poly)):
            return None
        return one.poly, other.poly, one.parts or other.parts

    def _on_add(self, node: Node, box: Box) -> Value | None:
        found = self._two(node)
        return found and Value(_sum(found[0], found[1], 1), found[2])

    def _on_sub(self, node: Node, box: Box) -> Value | None:
        found = self._two(node)
        return found and Value(_sum(found[0], found[1], -1), found[2])

    def _on_mul(self, node: Node, box: Box) -> Value | None:
        found = self._two(node)
        if found is None or len(found[0]) * len(found[1]) > MOST:
            return None
        return Value(_product(found[0], found[1]), found[2])

    def _on_scale(self, node: Node, box: Box) -> Value | None:
        inner, by = self._value(node.ins[0]), box.op["by"]
        if inner.joined or not isinstance(by, int | float):
            return None
        terms = {m: c * Fraction(by) for m, c in inner.poly}
        return Value(_poly(terms), inner.parts)

    def _number_box(self, node: Node, box: Box) -> Value | None:
        value = box.op["value"]
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return Value(_poly({ONE: Fraction(value)}))

    _on_full = _on_full_like = _number_box

    def _on_parameter(self, node: Node, box: Box) -> Value | None:
        axes = box.cod[0].axes
        if len(axes) != 1:
            return None
        return Value(self._single(Bias(node.ins[0], ZERO, axes[0].size, frozenset())))

    def _on_expand(self, node: Node, box: Box) -> Value | None:
        """Further axes in front: what is constant along them is one entry."""
        inner, (old,), (new,) = self._value(node.ins[0]), box.dom, box.cod
        if _constant(inner.poly):
            return inner
        vectors = all(isinstance(self.atoms[a], Bias) for m, _ in inner.poly for a, _ in m)
        ends = new.axes[len(new.axes) - len(old.axes) :] == old.axes
        return inner if vectors and ends and not inner.joined and not inner.parts else None

    def _on_relabel(self, node: Node, box: Box) -> Value | None:
        return self._value(node.ins[0])

    def _on_linear(self, node: Node, box: Box) -> Value | None:
        source, target = box.op["source"], box.op["target"]
        if box.dom[0].axes[-1] is not pick("linear", box.dom[0], source):
            return None
        wire, weight = node.ins[0], node.ins[1]
        inner = self._value(wire)
        if inner.parts is not None:
            return None
        read = inner.joined or ((inner.poly, source.size),)
        if wire not in self.moving:
            read = ((self.wire(wire), source.size),)
        total: Poly = frozenset()
        column = ZERO
        for poly, width in read:
            one = Map(weight, ZERO, target.size, column, width, poly)
            total = _sum(total, self._single(one), 1)
            column = column + width
        if box.op["bias"]:
            of = read[0][0] if len(read) == 1 else frozenset()
            total = _sum(total, self._single(Bias(node.ins[2], ZERO, target.size, of)), 1)
        return Value(total)

    def _on_einsum(self, node: Node, box: Box) -> Value | None:
        """A weight that is a wire, applied to the last axis of another one."""
        if len(node.ins) != 2:
            return None
        for of, wire in (node.ins, node.ins[::-1]):
            rows, inner = self._weights.get(of), self._value(wire)
            if rows is None or rows.parts or inner.parts or inner.joined:
                continue
            (row, column), axes = self.graph.types[of].axes, self.graph.types[wire].axes
            if row in axes or axes[-1:] != (column,) or box.cod[0].axes != (*axes[:-1], row):
                continue
            read = inner.poly if wire in self.moving else self.wire(wire)
            one = Map(rows.wire, rows.start, rows.size, ZERO, rows.columns, read)
            return Value(self._single(one))
        return None

    def _rows(self, node: Node, box: Box) -> Rows | None:
        """The rows of a weight that a wire is."""
        if box.name == "parameter" and len(box.cod[0].axes) == 2:
            row, column = box.cod[0].axes
            return Rows(node.ins[0], ZERO, row.size, column.size)
        inner = self._weights.get(node.ins[0]) if node.ins else None
        if inner is None or box.name not in ("relabel", "split", "take"):
            return None
        axes = box.dom[0].axes
        if box.name == "relabel":
            return inner
        if box.name == "split":
            first = pick("split", box.dom[0], box.op["of"]) is axes[0]
            if inner.parts is not None or not first or len(box.op["into"]) != 2:
                return None
            return replace(inner, parts=box.op["into"][0].size)
        if inner.parts is None or pick("take", box.dom[0], box.op["axis"]) is not axes[0]:
            return None
        at = Size.of(box.op["at"]) + (inner.parts if box.op["at"] < 0 else ZERO)
        return Rows(inner.wire, inner.start + at * axes[1].size, axes[1].size, inner.columns)

    def _on_concat(self, node: Node, box: Box) -> Value | None:
        last = [pick("concat", t, a) is t.axes[-1] for t, a in zip(box.dom, box.op["axes"])]
        values = [self._value(w) for w in node.ins]
        if not all(last) or any(v.joined or v.parts is not None for v in values):
            return None
        polys = [v.poly if w in self.moving else self.wire(w) for w, v in zip(node.ins, values)]
        joined = tuple((p, t.axes[-1].size) for p, t in zip(polys, box.dom))
        return Value(self.wire(node.outs[0]), None, joined)

    # --- parts of the last axis ------------------------------------------------------------------

    def _whole(self, node: Node, axis: object, box: Box) -> Value | None:
        """The value whose last axis is this one."""
        inner = self._value(node.ins[0])
        last = box.dom[0].axes[-1] is axis
        return inner if last and inner.parts is None and not inner.joined else None

    def _on_split(self, node: Node, box: Box) -> Value | None:
        inner = self._whole(node, pick("split", box.dom[0], box.op["of"]), box)
        if inner is None or len(box.op["into"]) != 2:
            return None
        return Value(inner.poly, box.op["into"][0].size)

    def _on_take(self, node: Node, box: Box) -> Value | None:
        inner, axes = self._value(node.ins[0]), box.dom[0].axes
        if inner.parts is None or len(axes) < 2:
            return None
        if pick("take", box.dom[0], box.op["axis"]) is not axes[-2]:
            return None
        at, size = Size.of(box.op["at"]), axes[-1].size
        at = at if box.op["at"] >= 0 else inner.parts + at
        return Value(self._block(inner.poly, at * size, size))

    def _on_slice(self, node: Node, box: Box) -> Value | None:
        whole = pick("slice", box.dom[0], box.op["axis"])
        inner = self._whole(node, whole, box)
        if inner is None:
            return None
        start, stop = slice_ends(box.op, whole)
        return Value(self._block(inner.poly, start, stop - start))

    def _unconcat(self, node: Node, box: Box) -> None:
        inner = self._whole(node, pick("unconcat", box.dom[0], box.op["of"]), box)
        if inner is None:
            return
        start = ZERO
        for wire, one in zip(node.outs, box.op["parts"], strict=True):
            self._values[wire] = Value(self._block(inner.poly, start, one.size))
            start = start + one.size


def _poly(terms: dict[Monomial, Fraction]) -> Poly:
    return frozenset((m, c) for m, c in terms.items() if c)


def _constant(poly: Poly) -> bool:
    return all(m == ONE for m, _ in poly)


def _sum(one: Poly, other: Poly, sign: int) -> Poly:
    found = dict(one)
    for monomial, coefficient in other:
        found[monomial] = found.get(monomial, Fraction(0)) + sign * coefficient
    return _poly(found)


def _product(one: Poly, other: Poly) -> Poly:
    found: dict[Monomial, Fraction] = {}
    for left, a in one:
        for right, b in other:
            powers = dict(left)
            for atom, power in right:
                powers[atom] = powers.get(atom, 0) + power
            monomial = frozenset(powers.items())
            found[monomial] = found.get(monomial, Fraction(0)) + a * b
    return _poly(found)
