"""Where wires over one index set vanish: the pairs (i, j) of axes with entries 0 unless j ≤ i.

Definition.  A wire may have several axes over one index set t (queries and keys).  A pair (i, j) of
them says that an entry is zero, or false, at every place where the index along j is after the one
along i.  A causal mask has the pair (row, column); what is multiplied or masked by it has it too.

Laws.  Pairs compose: k ≤ j and j ≤ i give k ≤ i.  A sum along j of a wire with the pair (i, j) is,
at i, a sum over the initial segment up to i.

>>> from categorical import Dim, Real, copy, op
>>> t = Dim("t")
>>> mask = op.causal_mask(t, t.at("key"))
>>> graph = (mask >> op.indicator).graph()
>>> vanishing(graph, t)[graph.outputs[0]]
frozenset({(t, t.at("key"))})

A sum of two wires vanishes only where both do:

>>> shifted = mask >> op.indicator >> copy(Real[t, t.at("key")]) >> (op.relu @ op.exp) >> op.add
>>> graph = shifted.graph()
>>> vanishing(graph, t)[graph.outputs[0]]
frozenset()
"""

from __future__ import annotations

from collections.abc import Iterable

from categorical.graph import Graph
from categorical.index import Axis, IndexSet
from categorical.records import Box

Pairs = frozenset[tuple[Axis, Axis]]
NOTHING: Pairs = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Functions of one wire that are 0 at 0, and moves of entries.
_QUIET = _words(
    "relu gelu gelu_tanh silu tanh sqrt elu leaky_relu hard_tanh softsign abs sin square erf mish "
    "relu6 sign log1p scale scale_root indicator expand transpose squeeze merge split unconcat "
    "dropout sum mean max min"
)
#: Of two wires that vanish together.
_TOGETHER = _words("add sub maximum minimum logical_or concat")
#: Of two wires, where one of them vanishes.
_EITHER = _words("mul logical_and")


def vanishing(graph: Graph, index: IndexSet) -> dict[int, Pairs]:
    """The pairs of every wire that a box makes."""
    found: dict[int, Pairs] = {}
    for node in graph.nodes:
        pairs = NOTHING
        if isinstance(node.box, Box):
            pairs = _pairs(node.box, [found.get(w, NOTHING) for w in node.data], index)
        for wire in node.outs:
            axes = set(graph.types[wire].axes)
            found[wire] = frozenset(p for p in pairs if axes.issuperset(p))
    return found


def closure(pairs: Iterable[tuple[Axis, Axis]]) -> Pairs:
    """The transitive closure."""
    found = set(pairs)
    while True:
        more = {(i, k) for i, j in found for j2, k in found if j is j2 and i is not k} - found
        if not more:
            return frozenset(found)
        found |= more


def _pairs(box: Box, ins: list[Pairs], index: IndexSet) -> Pairs:
    name = box.name
    if name in ("causal_mask", "band_mask", "eye"):
        return _ordered(box, index)
    if name in ("full", "full_like"):
        axes = [a for a in box.cod[0].axes if a.index is index]
        zero = box.op["value"] == 0
        return frozenset((i, j) for i in axes for j in axes if zero and i is not j)
    if name == "relabel":
        old, new = box.op["old"], box.op["new"]
        return frozenset((new if i is old else i, new if j is old else j) for i, j in ins[0])
    if name == "einsum":
        return closure(pair for pairs in ins for pair in pairs)
    if name in _EITHER:
        return ins[0] | ins[1]
    if name == "where":
        return (ins[0] | ins[1]) & ins[2]
    if name == "softmax":
        return ins[1] if box.op["masked"] else NOTHING
    if name == "linear":
        return NOTHING if box.op["bias"] else ins[0]
    if name in _QUIET:
        return ins[0]
    return frozenset.intersection(*ins) if name in _TOGETHER else NOTHING


def _ordered(box: Box, index: IndexSet) -> Pairs:
    row, column = box.op["row"], box.op["column"]
    if row.index is not index:
        return NOTHING
    below, above = (row, column), (column, row)
    if box.name == "eye":
        return frozenset((below, above))
    if box.name == "causal_mask":
        return frozenset((below,))
    ends = ((below, box.op["after"] <= 0), (above, box.op["before"] <= 0))
    return frozenset(pair for pair, holds in ends if holds)
