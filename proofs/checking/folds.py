"""Folds of forests in the normal form of equality.

Definition.  A fold is an atom: its key is the normal form of its cells at one node, labels inlined
at the index of the node, the states of the children uninterpreted, with that of the forest.

Law.  Equal cells on equal labels and forests make equal folds, so maps of labels may stand before
the fold or inside its cells.

>>> Folds.forest.__name__
'forest'
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from proofs.checking.atoms import ONE, Value, indices, numbers, pairs
from proofs.checking.forests import Grove, grove, prefixes
from proofs.checking.programs import Node, need
from proofs.checking.runs import Rows, Runs, height
from proofs.checking.table import NUMBERS
from proofs.checking.terms import plus, scaled


class Folds(Runs):
    """The reader of ``tree_fold``; with ``unfolds``, the first cells of a fold are written out."""

    unfolds = False

    def forest(self, node: Node, ins: list[Value], prefix: str, rows: Rows) -> list[Value]:
        """The states of all nodes."""
        one, level, table = grove(node), height(node), self.table
        held = [one.nodes, *one.batch]
        outer = [(a[0], f"\0outer{level}_{k}") for k, a in enumerate(held)]  # apart from the cells'
        read = list(ins)
        for old, new in zip(held, outer, strict=True):
            read = self.moved(read, old, new)
        *labels, children, present = read
        own = f"{prefix}{node.name}."
        paths = [own + p for p in prefixes(len(node.bodies))]
        below = [one.below(t) for t in one.states]
        mask = [("bool", (one.arity,), None)] * one.mask
        fresh = [
            self.given(("run state", level, i), t, self.places(t[1]))
            for i, t in enumerate([*below, *mask])
        ]
        self.inside += 1
        made: list[Value] = []
        if one.leaf is not None:
            made += self.run(node.bodies[0], [labels[i] for i in one.leaf], paths[0], rows)
        made += self.run(node.bodies[-1], [*(labels[i] for i in one.node), *fresh], paths[-1], rows)
        self.inside -= 1
        slots = {
            t: ("t", "node", k, t[2], table.set_of(t))
            for k, a in enumerate(outer)
            for t in table.places(a)
            if t[0] == "f"
        }
        types = [*one.states * len(node.bodies), *[("fin", (one.arity,), None)] * 2]
        items = [
            self.slots(v, {**slots, **self.numbered(t[1])})
            for v, t in zip([*made, children, present], types, strict=True)
        ]
        key, order = table.abstract(items)
        shape = tuple((t[0], *(table.id(a[0]) for a in t[1])) for t in one.states)
        table.used.add("a fold of a forest is read by its cells")
        name = ("forest", len(node.bodies), one.mask, table.id(one.arity[0]), shape, key)
        found: list[Any] = []
        for i, (type_, inner) in enumerate(zip(node.cod, one.states, strict=True)):
            found.append(self.made((*name, i), type_, order, [*held, *inner[1]]))
        if self.unfolds and not self.inside:
            return self.unfolded(node, one, read, found, paths, rows)
        return found

    def unfolded(
        self,
        node: Node,
        one: Grove,
        read: list[Value],
        states: list[Value],
        paths: list[str],
        rows: Rows,
    ) -> list[Value]:
        """The states once more: of a leaf, or of a node from those of its children.

        On a forest they are the same.  ``read`` is at axes apart from those of the cells.
        """
        table, level = self.table, height(node)
        held = [one.nodes, *one.batch]
        outer = [(a[0], f"\0outer{level}_{k}") for k, a in enumerate(held)]
        *labels, children, present = read
        there, below = numbers(present), []
        for state, type_ in zip(states, one.states, strict=True):
            need(type_[0] in NUMBERS, "states that are no numbers are not unfolded")
            at = pairs(table.places(one.nodes), indices(children))
            for axis, new in zip(one.batch, outer[1:], strict=True):
                at.update(pairs(table.places(axis), table.places(new)))
            below.append(table.times(there, numbers(self.slots(state, at))))
        mask = [present] * one.mask
        table.used.add("a fold of a forest is its cells, once more at every node")
        given = [*(labels[i] for i in one.node), *below, *mask]
        found = self.run(node.bodies[-1], given, paths[-1], rows)
        if one.leaf is not None:
            leaf = self.run(node.bodies[0], [labels[i] for i in one.leaf], paths[0], rows)
            count = table.sum(there, self.places([one.arity]))
            kind = (("bool", (), None),)
            same = Node("equal", {}, 2, (0, 1), (2,), one.states[:1] * 2, kind, [], "")
            none = self.compare(same, [{}, count])
            some = plus(ONE, scaled(none, Fraction(-1)))
            for i, (a, b) in enumerate(zip(found, leaf, strict=True)):
                more = plus(numbers(a), scaled(numbers(b), Fraction(-1)))
                found[i] = plus(numbers(b), table.times(some, more))
        for old, new in zip(held, outer, strict=True):
            found = self.moved(found, new, old)
        return found
