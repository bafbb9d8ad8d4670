"""Equality in the free category, checked: equal boxes on equal wires are one.

Definition.  The wires of both sides are numbered in one table: an input by its place, a resource by
its path, what a box makes by the box, its bodies and the numbers of what it reads.  Two programs
whose outputs and updates have equal numbers are one diagram, whatever the boxes mean.

Laws.  The numbers do not depend on the order of boxes, on names, or on boxes that are never read.
Nothing is known of what a box computes: so the boxes of ``FREE``, which are in no other table, are
compared here too, and a long program is read in one pass.

>>> sorted(FREE)
['explicit', 'pullback']

A body may not keep state: it would be written in an order.

>>> Numbers({}).closed(Program([], (), (), {}, [], {"mean": 0}), "")
Traceback (most recent call last):
...
proofs.checking.programs.Refusal: a body keeps state
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from proofs.checking.equal import boundary, tied
from proofs.checking.programs import Node, Program, freeze, need
from proofs.checking.table import NUMBERS, check_types

RULE = "equal boxes on equal wires are one"


def _pullback(node: Node) -> None:
    need(len(node.bodies) == 1 and node.data == len(node.ins), "`pullback` has one body")
    ins, outs = boundary(node.bodies[0])
    wrt = node.attrs["wrt"]
    good = isinstance(wrt, list) and all(type(i) is int and 0 <= i < len(ins) for i in wrt)
    need(good and all(ins[i][0] in NUMBERS for i in wrt), "`pullback` is of numbers")
    need(list(node.dom) == [*ins, *(t for t in outs if t[0] in NUMBERS)], "`pullback` reads others")
    need(list(node.cod) == [ins[i] for i in wrt], "`pullback` does not have the type it claims")


def _explicit(node: Node) -> None:
    need(len(node.bodies) == 1 and node.data == len(node.ins), "`explicit` has one body")
    ins, outs = boundary(node.bodies[0])
    weights, inner = node.attrs["weights"], node.bodies[0]
    good = isinstance(weights, list) and all(isinstance(one, str) for one in weights)
    need(good and len(set(weights)) == len(weights), "`explicit` names its weights")
    need(len(inner.nodes) == 1 and not inner.sources, "`explicit` holds one box")
    own = f"{inner.nodes[0].name}."
    need(all(one.startswith(own) for one in weights), "`explicit` has weights of another box")
    need(list(node.dom[: len(ins)]) == ins, "`explicit` reads others")
    need(len(node.dom) == len(ins) + len(weights), "`explicit` reads others")
    need(list(node.cod) == outs, "`explicit` does not have the type it claims")


#: Operators that only this rule compares, with what their types are.
FREE: dict[str, Callable[[Node], None]] = {"pullback": _pullback, "explicit": _explicit}


def check_known(node: Node) -> None:
    """Refuse a node whose types are not derived by its rule, here or in the table."""
    FREE.get(node.op, check_types)(node)


class Numbers:
    """One side, numbered in a table that both share; ``renaming`` is that of its resources."""

    def __init__(self, renaming: Mapping[str, str], table: dict[Any, int] | None = None) -> None:
        self.renaming, self.table = renaming, {} if table is None else table

    def number(self, *key: Any) -> int:
        return self.table.setdefault(key, len(self.table))

    def side(self, program: Program) -> tuple[list[int], dict[str, int]]:
        """The numbers of the outputs, and of what the resources become."""
        types = [program.types[w] for w in program.inputs]
        ins = [self.number("input", i, t) for i, t in enumerate(types)]
        at = self.run(program, ins, "")
        state = {self.renaming.get(p, p): at[w] for p, w in program.updates.items()}
        need(len(state) == len(program.updates), "two states have one name")
        return [at[w] for w in program.outputs], state

    def run(self, program: Program, ins: Sequence[int], prefix: str) -> dict[int, int]:
        """The number of every wire."""
        at = dict(zip(program.inputs, ins, strict=True))
        for wire, (name, role) in program.sources.items():
            path = self.renaming.get(prefix + name, prefix + name)
            at[wire] = self.number("source", path, role, program.types[wire])
        for node in program.nodes:
            box = self.box(node, f"{prefix}{node.name}.")
            read = tuple(at[w] for w in node.ins)
            at.update((w, self.number(box, read, i)) for i, w in enumerate(node.outs))
        return at

    def box(self, node: Node, own: str) -> Any:
        """What a box is: its bodies as functions of their inputs and of the resources in them."""
        attrs = dict(node.attrs)
        if node.op == "explicit":  # its weights are inputs: they have no paths outside
            inner = node.bodies[0].nodes[0]
            attrs["weights"] = [one.removeprefix(f"{inner.name}.") for one in attrs["weights"]]
            bodies: Any = (self.inside(inner), boundary(node.bodies[0]), _wires(node.bodies[0]))
        else:
            paths = (f"{own}\0{k}." for k in range(len(node.bodies)))
            bodies = tuple(self.closed(b, p) for b, p in zip(node.bodies, paths, strict=False))
            touched = any(path.startswith(own) for path in self.renaming) if node.bodies else False
            need(not touched, f"`{own}*` cannot be renamed here")
        text = json.dumps(attrs, sort_keys=True)
        return (node.op, text, node.data, freeze_all(bodies), node.dom, node.cod)

    def inside(self, node: Node) -> Any:
        """The one box in an ``explicit`` box, whose resources are bound by its list of weights."""
        return Numbers({}, self.table).box(node, "\0bound.")

    def closed(self, body: Program, prefix: str) -> Any:
        """A body as a function."""
        need(not body.updates, "a body keeps state")
        types = [body.types[w] for w in body.inputs]
        ins = [self.number("bound", i, t) for i, t in enumerate(types)]
        at = self.run(body, ins, prefix)
        return tuple(types), tuple(at[w] for w in body.outputs)


def _wires(body: Program) -> Any:
    """How the one box in a body reads the inputs of the body, and which outputs are its own."""
    (node,) = body.nodes
    made = {w: ("out", i) for i, w in enumerate(node.outs)}
    given: dict[int, Any] = {w: ("in", i) for i, w in enumerate(body.inputs)}
    need(set(node.ins) <= set(given), "`explicit` holds one box")
    return [given[w] for w in node.ins], [made.get(w, given.get(w)) for w in body.outputs]


def freeze_all(one: Any) -> Any:
    """Lists in tuples as tuples."""
    if isinstance(one, (list, tuple)):
        return tuple(map(freeze_all, one))
    return freeze(one)


def one_diagram(
    first: Program, second: Program, renaming: Mapping[str, str]
) -> tuple[bool, list[Any]]:
    """Whether two programs are one diagram, and what justifies it."""
    table: dict[Any, int] = {}
    mine = Numbers({}, table).side(first)
    yours = Numbers(renaming, table).side(second)
    digest = hashlib.sha256(repr(list(table)).encode()).hexdigest()
    return mine == yours, [[RULE], digest]


def check_same(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check that two programs are one diagram."""
    need(len(programs) == 2, "an equation has two sides")
    first, second = programs
    renaming = claim["renaming"]
    good = isinstance(renaming, dict) and all(isinstance(v, str) for v in renaming.values())
    need(good, "a renaming maps names to names")
    need(claim["mode"] in ("eval", "train"), "no such mode")
    need(claim["scope"] == "all sizes", "the scope of the claim is all sizes")
    need(boundary(first) == boundary(second), "the two sides have different types")
    same, found = one_diagram(first, second, renaming)
    need(same, "the two sides are different diagrams")
    steps.extend(found)
    return f"both sides are one diagram in {claim['mode']} mode, all sizes{tied(second, renaming)}"
