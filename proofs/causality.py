"""Causality for all sizes, by abstract interpretation.

Definition.  Fix a dim; a wire may have several axes over it (its *occurrences*, told apart by
their labels).  A fact of a wire says: the entry at indices (i, j, …) depends on inputs at
positions up to the largest index among the occurrences in ``reads``, and it is zero (false) unless
j ≤ i for the pairs (i, j) in ``lower``.  Weights and inputs without the dim are held fixed.

Laws.  Entrywise operations keep ``reads``.  A sum over j needs a pair (i, j) whose i is kept: then
only positions up to i are read.  Sums without one see the whole axis.  Facts hold for every size,
and the number of positions is never used, so that a prefix of the input gives the prefix of the
output.

>>> from categorical import Dim, Real, arrow, op
>>> n, c = Dim.named("n c")
>>> key = n.at("key")
>>> @arrow
... def mixing(x: Real[n, c]) -> Real[n, c]:
...     scores = op.einsum(n, key)(x, op.relabel(n, key)(x))
...     weights = op.softmax(key, masked=True)(scores, op.causal_mask(n, key)())
...     return op.einsum(n, c)(weights, op.relabel(n, key)(x))
>>> prove_causal(mixing.graph(), n).sentence
'causal along n in eval mode, all sizes'

Without a mask the first position sees the last one:

>>> prove_causal((op.softmax(n)).at(Real[n, c]).graph(), n).reason
'`softmax` reads the whole axis `n`'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis, Dim, IndexSet
from categorical.ops.convolution import slid
from categorical.ops.reduction import over_axes
from categorical.records import EVAL, Box
from categorical.recursion.machine import parts
from categorical.spaces import Array
from proofs.certificate import Obstruction, Proof
from proofs.program import Json, NotData, flat, index, program
from proofs.rules import RULE, words

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Fact:
    """See the module; occurrences are named by their labels."""

    reads: frozenset[str]
    lower: Pairs = frozenset()

    def data(self) -> Json:
        return [sorted(self.reads), sorted(map(list, self.lower))]


Known = Fact | None  # None: the entry may depend on every position
NOTHING = Fact(frozenset())
# functions with f(0) = 0, of one wire or of several that vanish together
VANISHING = words(
    "relu gelu gelu_tanh silu tanh sqrt elu leaky_relu hard_tanh softsign abs sin square erf mish "
    "relu6 sign log1p add sub maximum minimum scale scale_root logical_or indicator expand "
    "transpose squeeze merge split concat unconcat slice take flip roll sum mean max min"
)
ENTRYWISE = words(
    "pointwise addition logic choice noise expansion parameter constant table positions renaming"
)
MASKED = words("sum mean max min logsumexp softmax")


def prove_causal(graph: Graph, dim: Dim, mode: str = EVAL) -> Proof | Obstruction:
    """Prove that outputs at a position of ``dim`` depend on inputs up to that position only."""
    whole = flat(graph)
    reader = _Reader(dim, mode)
    inputs = [reader.entry(whole.types[w]) for w in whole.inputs]
    facts = reader.run(whole, inputs, True)
    for wire, fact in zip(whole.outputs, facts, strict=True):
        if fact is None:
            mixed = Obstruction(f"an axis mixes `{dim}` with others", whole, None, wire)
            return mixed if reader.blame is None else reader.blame
        if not fact.reads <= _labels(whole.types[wire], dim):
            raise AssertionError("a fact reads an axis that its wire lacks")
    try:
        data = program(graph)
    except NotData as problem:
        return Obstruction(str(problem))
    return Proof(
        "causal",
        f"causal along {dim} in {mode} mode, all sizes",
        (data,),
        {"dims": [index(dim)], "mode": mode},
        reader.steps,
    )


def _labels(one: Array, dim: Dim) -> frozenset[str]:
    return frozenset(a.label for a in one.axes if a.index is dim)


def _entangled(one: Array, dim: Dim) -> bool:
    return any(dim in a.index.atoms and a.index is not dim for a in one.axes)


def closure(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """The transitive closure: k ≤ j and j ≤ i give k ≤ i."""
    found = set(pairs)
    while True:
        more = {(i, k) for i, j in found for j2, k in found if j == j2 and i != k} - found
        if not more:
            return frozenset(found)
        found |= more


class _Reader:
    """One abstract run; ``blame`` is the first node that reads too much."""

    def __init__(self, dim: Dim, mode: str) -> None:
        self.dim, self.mode = dim, mode
        self.steps: list[Json] = []
        self.blame: Obstruction | None = None

    def entry(self, one: Array) -> Known:
        """An input entry at (i, j, …) is at the position of its largest index."""
        return None if _entangled(one, self.dim) else Fact(_labels(one, self.dim))

    def run(self, graph: Graph, inputs: Sequence[Known], record: bool) -> list[Known]:
        at: dict[int, Known] = dict(zip(graph.inputs, inputs, strict=True))
        for wire in graph.sources:
            at[wire] = None if _entangled(graph.types[wire], self.dim) else NOTHING
        for node in graph.nodes:
            ins = [at[w] for w in node.ins]
            if isinstance(node.box, OperatorBox):
                outs = self.operator(node, node.box, ins, record)
            else:
                outs = self.outputs(graph, node, node.box, ins)
            for place, wire in enumerate(node.outs):
                fact = outs[place]
                labels = _labels(graph.types[wire], self.dim)
                if fact is not None and fact.reads <= labels:
                    kept = frozenset(p for p in fact.lower if set(p) <= labels)
                    at[wire] = Fact(fact.reads, kept)
                else:
                    at[wire] = None
                    self.accuse(graph, node, wire, ins)
                if _entangled(graph.types[wire], self.dim):
                    at[wire] = None
            if record:
                known = [at[w] for w in node.outs]
                self.steps.append([None if f is None else f.data() for f in known])
        return [at[w] for w in graph.outputs]

    def accuse(self, graph: Graph, node: Node, wire: int, ins: Sequence[Known]) -> None:
        if self.blame is None and all(f is not None for f in ins):
            what = f"`{node.box.name}` reads the whole axis `{self.dim}`"
            self.blame = Obstruction(what, graph, node, wire)

    def operator(self, node: Node, box: OperatorBox, ins: list[Known], record: bool) -> list[Known]:
        return (self.scan if box.name == "scan" else self.iterate)(node, box, ins, record)

    def scan(self, node: Node, box: OperatorBox, ins: list[Known], record: bool) -> list[Known]:
        """Along the dim, step i reads positions up to i; its last states read all of them."""
        attrs, outputs = box.attrs, len(node.outs) - box.attrs["states"]
        over, ragged = attrs["over"], attrs["ragged"]
        along = over.index is self.dim
        forward = attrs["weights"] == "tied" and not attrs["reverse"] and not ragged
        if not forward if along else self.dim in over.index.atoms:
            return [None] * len(node.outs)
        which, sequences, shared = parts(box)
        entries = [_at_step(f, over.label) for f in ins[sequences]] if along else ins[sequences]
        body, state, rest = flat(box.regions[0]), ins[which], [*entries, *ins[shared]]
        lengths = ins[-1] if ragged else NOTHING
        while True:
            after = self.run(body, [*state, *rest], False)[outputs:]
            new = [_join(a, _chosen(b, lengths)) for a, b in zip(state, after, strict=True)]
            if new == state:
                break
            state = new
        found = self.run(body, [*state, *rest], record)[:outputs]
        if not along:
            return [*(_chosen(f, lengths) for f in found), *state]
        step = frozenset((over.label,))
        shown = [None if f is None else Fact(f.reads | step, f.lower) for f in found]
        return [*shown, *[None] * len(state)]

    def iterate(self, node: Node, box: OperatorBox, ins: list[Known], record: bool) -> list[Known]:
        times = box.attrs.get("times")
        if box.name != "iterate" or times is None or self.dim in times.atoms:
            return [None] * len(node.outs)
        body, state = flat(box.regions[0]), ins
        while True:
            after = [_join(a, b) for a, b in zip(state, self.run(body, state, False), strict=True)]
            if after == state:
                break
            state = after
        if record:
            self.run(body, state, True)
        return state

    def outputs(self, graph: Graph, node: Node, box: Box, ins: list[Known]) -> list[Known]:
        name, rule = box.name, RULE.get(box.name)
        if name in ("full_like", "full"):
            labels = _labels(box.cod[0], self.dim)
            zero = box.op["value"] == 0
            return [
                Fact(
                    frozenset(),
                    frozenset((i, j) for i in labels for j in labels if zero and i != j),
                )
            ]
        known = [f for f in ins if f is not None]
        if len(known) < len(ins) or rule is None:
            return [None] * len(node.outs)
        fact = self.one(box, rule, known)
        return [fact] * len(node.outs)

    def one(self, box: Box, rule: str, ins: list[Fact]) -> Known:
        reads = frozenset().union(*(f.reads for f in ins))
        name = box.name
        if any(self.dim in one.atoms for one in _sizes(box)):
            return None
        if rule in ("identity matrix", "ordered mask"):
            return Fact(reads, self.ordered(box))
        if rule == "renaming" and name == "relabel":
            return self.rename(ins[0], box.op["old"], box.op["new"])
        if rule == "diagonal":
            return self.merge(ins[0], box.op["axes"])
        if rule == "contraction":
            return self.contract(box, ins, reads)
        if name in MASKED:
            over = over_axes(name, box.op, box.dom[0])
            if any(self.dim in a.index.atoms for a in over):
                return self.reduce(box, over, ins, reads)
        if rule == "window":
            return Fact(reads) if self.slides_back(box) else None
        if name == "embedding" and ins[1].reads:
            return None
        if name in ("embedding", "one_hot") or rule in ENTRYWISE or self.carries(box):
            return Fact(reads, self.zeros(box, ins))
        return None

    def carries(self, box: Box) -> bool:
        """Natural for every map of indices: then each entry reads its own position only."""
        if any(self.dim in r.space.atoms for r in box.resources if r.role != "noise"):
            return box.name == "linear" and self.dim not in box.op["source"].index.atoms
        touched = any(self.dim in a.index.atoms for one in (*box.dom, *box.cod) for a in one.axes)
        return not touched or "function" in box.generator.natural(box, self.dim, self.mode)

    def ordered(self, box: Box) -> Pairs:
        row, column = box.op["row"], box.op["column"]
        if row.index is not self.dim:
            return frozenset()
        below, above = (row.label, column.label), (column.label, row.label)
        if box.name == "eye":
            return frozenset((below, above))
        if box.name == "causal_mask":
            return frozenset((below,))
        ends = ((below, box.op["after"] <= 0), (above, box.op["before"] <= 0))
        return frozenset(pair for pair, holds in ends if holds)

    def rename(self, fact: Fact, old: Axis, new: Axis) -> Fact:
        if old.index is not self.dim:
            return fact

        def to(label: str) -> str:
            return new.label if label == old.label else label

        return Fact(
            frozenset(map(to, fact.reads)), frozenset((to(i), to(j)) for i, j in fact.lower)
        )

    def merge(self, fact: Fact, axes: Sequence[Axis]) -> Fact:
        for one in axes[1:]:
            fact = self.rename(fact, one, axes[0])
        return Fact(fact.reads, frozenset((i, j) for i, j in fact.lower if i != j))

    def contract(self, box: Box, ins: list[Fact], reads: frozenset[str]) -> Known:
        present = {a for one in box.dom for a in one.axes}
        gone = [a for a in present if a not in box.cod[0].axes and self.dim in a.index.atoms]
        lower = closure(p for f in ins for p in f.lower)
        return self.forget(reads, lower, {a.label for a in gone})

    def forget(self, reads: frozenset[str], lower: Pairs, gone: set[str]) -> Known:
        """Sum over the occurrences ``gone``: each must lie below one that is kept."""
        found = set(reads)
        for label in sorted(gone):
            above = sorted(i for i, j in lower if j == label and i not in gone)
            if not above:
                return None
            if label in found:
                found.remove(label)
                found.add(above[0])
        return Fact(frozenset(found), frozenset(p for p in lower if not gone & set(p)))

    def reduce(
        self, box: Box, over: Sequence[Axis], ins: list[Fact], reads: frozenset[str]
    ) -> Known:
        if any(a.index is not self.dim for a in over if self.dim in a.index.atoms):
            return None
        masked = bool(box.op["masked"])
        mask: Pairs = ins[1].lower if masked else frozenset()
        own = ins[0].lower if box.name == "sum" else frozenset()
        gone = {a.label for a in over if a.index is self.dim}
        lower = closure(mask | own)
        found = self.forget(reads, lower, gone)
        if found is None or box.name != "softmax":
            return None if found is None else Fact(found.reads)
        return Fact(found.reads, mask)

    def slides_back(self, box: Box) -> bool:
        """Whether every window along the dim ends at its own position."""
        if any(self.dim in r.space.atoms for r in box.resources):
            return False
        for one, window in zip(slid(box.name, box.op, box.dom[0]), box.op["windows"], strict=True):
            if self.dim in one.index.atoms:
                zeros = window.padding in ("zero", "causal", "valid")
                if one not in box.cod[0].axes or window.stride != 1 or window.pads[1] or not zeros:
                    return False
        return True

    def zeros(self, box: Box, ins: list[Fact]) -> Pairs:
        """Where an entrywise operation gives zero for sure."""
        name, data = box.name, ins[: len(box.dom)]
        if name in ("mul", "logical_and"):
            return data[0].lower | data[1].lower
        if name == "where":
            return (data[0].lower | data[1].lower) & data[2].lower
        if name == "softmax":
            return data[1].lower if box.op["masked"] else frozenset()
        quiet = name == "dropout" or (RULE[name] == "noise" and self.mode == EVAL)
        if name == "linear" and not box.op["bias"]:
            quiet = True
        if quiet or name in ("gather",):
            return data[0].lower
        if name not in VANISHING:
            return frozenset()
        numbers = data[:1] if name in MASKED else data
        return frozenset.intersection(*(f.lower for f in numbers)) if numbers else frozenset()


def _sizes(box: Box) -> list[IndexSet]:
    """The index sets whose size a box uses."""
    keys = {"scale_root": ("of",), "slice": ("start", "stop")}.get(box.name, ())
    return [box.op[k] for k in keys if isinstance(box.op[k], IndexSet)]


def _at_step(fact: Known, label: str) -> Known:
    """The fact of one entry of a sequence; the index of the step is read anyway."""
    if fact is None:
        return None
    return Fact(fact.reads - {label}, frozenset(p for p in fact.lower if label not in p))


def _chosen(fact: Known, lengths: Known) -> Known:
    """An entry that is kept, or filled up, past a length."""
    if fact is None or lengths is None:
        return None
    return Fact(fact.reads | lengths.reads, fact.lower)


def _join(left: Known, right: Known) -> Known:
    if left is None or right is None:
        return None
    return Fact(left.reads | right.reads, left.lower & right.lower)
