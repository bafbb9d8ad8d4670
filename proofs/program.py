"""Programs: graphs as plain data, the form in which a certificate carries an architecture.

Definition.  A program is a JSON object: the types of its wires, its inputs, outputs, named sources
and nodes in topological order.  Named sub-architectures are inlined, so that resources are matched
by their paths; the body of an iteration stays nested.

Law.  Encoding is deterministic, and everything that the meaning of a node depends on is in it
(initial values are not: no law depends on them).

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> encoded = program((op.relu >> op.sum(n)).at(Real[n, c]).graph())
>>> [(node["op"], node["ins"], node["outs"]) for node in encoded["nodes"]]
[('relu', [0], [1]), ('sum', [1], [2])]
>>> encoded["types"][encoded["wires"][2]]
['real', [[['dim', 'c', None, None], '']], None]

An attribute that cannot be written as data is refused:

>>> value(object())
Traceback (most recent call last):
...
proofs.program.NotData: <object object at ...> cannot be written into a certificate
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

from categorical.exact import Basis
from categorical.exact.numbers import Cyclotomic, Number
from categorical.graph import Graph, OperatorBox
from categorical.index import (
    Axis,
    Derived,
    Dim,
    DisjointSum,
    IndexSet,
    Points,
    Product,
    Quotient,
)
from categorical.normal import inline
from categorical.records import Init
from categorical.sizes import Size
from categorical.spaces import Array

Json = Any
MOST = 1_000_000  # entries of a basis that are written into a certificate


class NotData(ValueError):
    """A value that has no form as plain data."""


def index(one: IndexSet) -> Json:
    """An index set as nested lists."""
    if isinstance(one, Dim):
        return ["dim", one.name, one.fixed, one.action]
    if isinstance(one, Points):
        return ["points", one.count]
    if isinstance(one, Product):
        return ["product", *map(index, one.factors)]
    if isinstance(one, DisjointSum):
        return ["sum", *map(index, one.terms)]
    if isinstance(one, Quotient):
        return ["quotient", index(one.whole), index(one.part)]
    if isinstance(one, Derived):
        return ["derived", index(one.base), str(one.size)]
    raise NotData(f"{one!r} cannot be written into a certificate")


def axis(one: Axis) -> Json:
    """An axis: its index set and its label."""
    return [index(one.index), one.label]


def array(one: Array) -> Json:
    """The type of a wire: kind, axes, and the index set of its values."""
    values = None if one.values is None else index(one.values)
    return [one.kind, [axis(a) for a in one.axes], values]


def exact(one: Number) -> Json:
    """A whole number as it is, a fraction as text, an element of Q(ζₙ) as n and coefficients."""
    if isinstance(one, Cyclotomic):
        return [one.order, [str(c) for c in one.coefficients]]
    return int(one) if one.denominator == 1 else str(Fraction(one))


def basis(one: Basis) -> Json:
    """The entries of sparse tensors, in order: number of the tensor, place, exact value."""
    if len(one.which) > MOST:
        raise NotData(f"{one!r} has {len(one.which)} entries; a certificate holds at most {MOST}")
    return {
        "shape": list(one.shape),
        "count": one.count,
        "which": one.which.tolist(),
        "places": one.places.tolist(),
        "values": [exact(v) for v in one.values.tolist()],
    }


def value(one: object) -> Json:
    """An attribute as tagged plain data."""
    if one is None or isinstance(one, (bool, int, str)):
        return one
    if isinstance(one, float):
        return {"float": one.hex()}
    if isinstance(one, complex):
        return {"complex": [one.real.hex(), one.imag.hex()]}
    if isinstance(one, Fraction):
        return {"fraction": f"{one.numerator}/{one.denominator}"}
    if isinstance(one, Cyclotomic):
        return {"cyclotomic": exact(one)}
    if isinstance(one, Axis):
        return {"axis": axis(one)}
    if isinstance(one, IndexSet):
        return {"index": index(one)}
    if isinstance(one, Size):
        return {"size": str(one)}
    if isinstance(one, Array):
        return {"array": array(one)}
    if isinstance(one, (tuple, list)):
        return [value(v) for v in one]
    if isinstance(one, Basis):
        return {"basis": basis(one)}
    if is_dataclass(one) and not isinstance(one, type):
        return {"record": {f.name: value(getattr(one, f.name)) for f in fields(one)}}
    raise NotData(f"{one!r} cannot be written into a certificate")


def attributes(attrs: Mapping[str, Any]) -> dict[str, Json]:
    """The attributes that a meaning depends on."""
    return {
        k: value(v)
        for k, v in sorted(attrs.items())
        if v is not None and k not in ("init", "under") and not isinstance(v, Init)
    }


def program(graph: Graph) -> Json:
    """A graph as plain data, named sub-architectures inlined."""
    return encode(inline(graph))


def encode(graph: Graph) -> Json:
    """A graph without named sub-architectures as plain data."""
    numbers: dict[Array, int] = {}
    wires = [numbers.setdefault(t, len(numbers)) for t in graph.types]
    nodes = []
    for node in graph.nodes:
        box = node.box
        attrs = dict(box.attrs) if isinstance(box, OperatorBox) else dict(box.op.attrs)
        attrs.pop("stacked", None)
        one: dict[str, Json] = {
            "op": box.name,
            "attrs": attributes(attrs),
            "data": len(box.dom),
            "ins": list(node.ins),
            "outs": list(node.outs),
        }
        if isinstance(box, OperatorBox):
            one["name"] = node.name
            one["bodies"] = [program(region) for region in box.regions]
        nodes.append(one)
    return {
        "types": [array(t) for t in numbers],
        "wires": wires,
        "inputs": list(graph.inputs),
        "outputs": list(graph.outputs),
        "sources": [[w, r.name, r.role] for w, r in sorted(graph.sources.items())],
        "updates": sorted([name, w] for name, w in graph.updates.items()),
        "nodes": nodes,
    }


def flat(graph: Graph) -> Graph:
    """The graph that the provers read: inlined, wires numbered as in ``program``."""
    return replace(inline(graph), name=graph.name)
