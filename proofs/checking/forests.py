"""The operator ``tree_fold``, as the checker reads it: cells at the nodes of a forest.

Definition.  The inputs are labels, and the arrays of a forest: the children of each node, and which
of them are there.  The bodies are the cell of a leaf (if it has one) and the cell of a node, which
reads labels, the states of the children, and, if it wants to, which are there.

Laws.  The order of the children is that of their axis and no more, so a permutation of it is a
permutation of what the cell reads.  Nodes numbered anew have the same states, provided that the
arrays are a forest: a claim about that says so in its scope.

>>> prefixes(1), prefixes(2)
(['node.'], ['leaf.', 'node.'])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proofs.checking.machines import closed
from proofs.checking.programs import Node, freeze, need
from proofs.checking.table import ALL, BIJECTION, FUNCTION, NONE, Shape


@dataclass(frozen=True)
class Grove:
    """The parts of a fold: its axes, those of the batch, and which labels each cell reads."""

    nodes: Any
    arity: Any
    batch: tuple[Any, ...]
    leaf: tuple[int, ...] | None
    node: tuple[int, ...]
    mask: bool
    states: tuple[Any, ...]

    def below(self, one: Any) -> Any:
        """The type of the states of all children."""
        return (one[0], (self.arity, *one[1]), one[2])


def prefixes(bodies: int) -> list[str]:
    """Where the weights of the bodies are."""
    return ["leaf.", "node."][-bodies:]


def grove(node: Node) -> Grove:
    """The parts of a fold, with every type derived again from the cells."""
    attrs = node.attrs
    need(len(node.dom) >= 2 and node.data == len(node.dom), "a fold lacks its forest")
    need(node.name, "a fold has a name")
    nodes, arity = (freeze(attrs[k]["axis"]) for k in ("nodes", "arity"))
    *labels, children, present = node.dom
    batch = tuple(a for a in children[1] if a not in (nodes, arity))
    need(nodes != arity and {nodes, arity} <= set(children[1]), "a fold lacks its forest")
    need(children == ("fin", children[1], nodes[0]), "the children are no nodes")
    need(present == ("bool", children[1], None), "the children are there, or not")
    outer = {nodes, *batch}
    entries = []
    for one in labels:
        need(outer <= set(one[1]), "a label lacks the axis of the nodes")
        entries.append((one[0], tuple(a for a in one[1] if a not in outer), one[2]))
    reads = [attrs.get("leaf"), attrs["node"]]
    for one in reads:
        good = one is None or (isinstance(one, list) and all(type(i) is int for i in one))
        need(good and all(0 <= i < len(labels) for i in one or ()), "a cell reads no such label")
    need(type(attrs["mask"]) is bool, "a cell knows its children, or not")
    need(len(node.bodies) == 1 + (reads[0] is not None), "a fold has one cell or two")
    need(attrs.get("weights") == "tied", "the weights of a fold are tied")
    cell = node.bodies[-1]
    states = tuple(cell.types[w] for w in cell.outputs)
    leaf = None if reads[0] is None else tuple(reads[0])
    found = Grove(nodes, arity, batch, leaf, tuple(reads[1]), attrs["mask"], states)
    wanted = [entries[i] for i in found.node] + [found.below(t) for t in states]
    wanted += [("bool", (arity,), None)] if found.mask else []
    need([cell.types[w] for w in cell.inputs] == wanted, "the cell reads other types")
    if leaf is not None:
        first = node.bodies[0]
        need([first.types[w] for w in first.inputs] == [entries[i] for i in leaf]
             and tuple(first.types[w] for w in first.outputs) == states,
             "the cell of a leaf has other types")  # fmt: skip
    need(all(map(closed, node.bodies)), "state and noise cannot be shared by nodes")
    need(len(node.cod) == len(states), "a fold makes its states")
    for outer_, inner in zip(node.cod, states, strict=True):
        rest = tuple(a for a in outer_[1] if a not in outer)
        good = outer <= set(outer_[1]) and not {*outer, arity} & set(inner[1])
        need(good and (outer_[0], rest, outer_[2]) == inner, "a fold makes other states")
    return found


def folding(node: Node, mode: str) -> Shape:
    """Natural for what the cells are natural for; the number of a node is no name."""
    one = grove(node)
    acts: dict[Any, frozenset[str]] = dict.fromkeys(one.batch, FUNCTION)
    acts[one.arity] = BIJECTION
    sizes = [(one.nodes[0], BIJECTION)]  # on forests
    sizes += [(t[2], NONE) for t in one.states if t[2] is not None]  # a missing one is 0
    return Shape("forest", list(node.cod), acts, ALL, sizes=tuple(sizes))
