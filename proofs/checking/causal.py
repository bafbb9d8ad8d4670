"""Causality, checked: every fact is computed again from the table, and compared.

A fact is what an entry reads (occurrences of the dim, by label) and where it is zero (pairs i, j
of occurrences: zero unless j ≤ i); ``None`` stands for an entry that may read everything.
"""

from __future__ import annotations

from typing import Any

from proofs.checking.machines import machine
from proofs.checking.natural import read_dims, read_mode
from proofs.checking.programs import Node, Program, freeze, mentions, need
from proofs.checking.table import FUNCTION, shape, words

# entry by entry a function of entries that vanish where all of its inputs vanish
VANISHING = words(
    "relu gelu gelu_tanh silu tanh sqrt elu leaky_relu hard_tanh softsign abs sin square erf mish "
    "relu6 sign log1p add sub maximum minimum scale scale_root logical_or indicator expand "
    "transpose squeeze merge split concat unconcat slice take flip roll sum mean max min"
)
# natural for fewer maps than all, because of a constant or of noise, and still entry by entry
ENTRYWISE = words("dropout gumbel_noise gaussian_noise positions table parameter one_hot embedding")
REDUCTIONS = words("sum mean max min logsumexp softmax")
Fact = tuple[frozenset[str], frozenset[tuple[str, str]]]


class Reader:
    """One abstract run of a program."""

    def __init__(self, dim: Any, mode: str, steps: list[Any]) -> None:
        self.dim, self.mode, self.steps = dim, mode, steps

    def labels(self, one: Any) -> frozenset[str]:
        return frozenset(a[1] for a in one[1] if a[0] == self.dim)

    def tangled(self, one: Any) -> bool:
        return any(a[0] != self.dim and mentions(a[0], self.dim) for a in one[1])

    def run(self, program: Program, inputs: list[Fact | None], record: bool) -> list[Fact | None]:
        at: dict[int, Fact | None] = dict(zip(program.inputs, inputs, strict=True))
        for wire in program.sources:
            at[wire] = None if self.tangled(program.types[wire]) else (frozenset(), frozenset())
        for node in program.nodes:
            ins = [at[w] for w in node.ins]
            found = self.operator(node, ins, record) if node.bodies else self.node(node, ins)
            for wire, type_, fact in zip(node.outs, node.cod, found, strict=True):
                own = self.labels(type_)
                good = fact is not None and fact[0] <= own and not self.tangled(type_)
                kept = frozenset(p for p in fact[1] if own >= set(p)) if fact is not None else None
                at[wire] = (
                    (fact[0], kept) if good and fact is not None and kept is not None else None
                )
            if record:
                self.steps.append([written(at[w]) for w in node.outs])
        return [at[w] for w in program.outputs]

    def operator(self, node: Node, ins: list[Fact | None], record: bool) -> list[Fact | None]:
        if node.op == "iterate":
            return self.iterate(node, ins, record)
        return self.machine(node, ins, record) if node.op == "scan" else [None] * len(node.outs)

    def machine(self, node: Node, ins: list[Fact | None], record: bool) -> list[Fact | None]:
        """A run along the dim reads, at step i, what positions up to i hold; its last states read
        everything.  Along another axis it is its steps, one after the other."""
        one = machine(node)
        along = one.over[0] == self.dim
        forward = not one.reverse and not one.ragged and one.tied
        if (along and not forward) or (not along and mentions(one.over[0], self.dim)):
            return [None] * len(node.outs)
        given = ins[: len(ins) - one.ragged]
        if along:
            given = [
                without_step(f, one.over[1]) if i in range(len(ins))[one.read] else f
                for i, f in enumerate(given)
            ]
        lengths = ins[-1] if one.ragged else (frozenset[str](), frozenset[tuple[str, str]]())
        state, rest, before = given[: one.states], given[one.states :], None
        while state != before:
            before = state
            after = self.run(node.bodies[0], [*state, *rest], False)[one.outputs :]
            state = [join(a, masked(b, lengths)) for a, b in zip(state, after, strict=True)]
        found = self.run(node.bodies[0], [*state, *rest], record)[: one.outputs]
        if not along:
            return [*(masked(f, lengths) for f in found), *state]
        step = frozenset((one.over[1],))
        shown = [None if f is None else (f[0] | step, f[1]) for f in found]
        return [*shown, *[None] * one.states]

    def iterate(self, node: Node, ins: list[Fact | None], record: bool) -> list[Fact | None]:
        if mentions(freeze(node.attrs["times"]["index"]), self.dim):
            return [None] * len(node.outs)
        state, before = ins, None
        while state != before:
            before = state
            after = self.run(node.bodies[0], state, False)
            state = [join(a, b) for a, b in zip(state, after, strict=True)]
        if record:
            self.run(node.bodies[0], state, True)
        return state

    def node(self, node: Node, ins: list[Fact | None]) -> list[Fact | None]:
        how = shape(node, self.mode)
        if node.op in ("full", "full_like"):
            own = self.labels(node.cod[0]) if how.terms == () else frozenset()
            return [(frozenset(), frozenset((i, j) for i in own for j in own if i != j))]
        known = [f for f in ins if f is not None]
        if len(known) < len(ins) or any(mentions(i, self.dim) for i, _ in how.sizes):
            return [None] * len(node.outs)
        return [self.fact(node, how, known)] * len(node.outs)

    def fact(self, node: Node, how: Any, ins: list[Fact]) -> Fact | None:
        op, reads = node.op, frozenset[str]().union(*(f[0] for f in ins))
        if op in ("eye", "causal_mask", "band_mask"):
            return (reads, self.order(node))
        if op == "relabel":
            old, new = node.axis(node.attrs["old"]), node.axis(node.attrs["new"])
            return rename(ins[0], old[1], new[1]) if old[0] == self.dim else ins[0]
        if op == "diagonal":
            axes, fact = node.attr_axes("axes"), ins[0]
            for a in axes[1:] if axes[0][0] == self.dim else []:
                fact = rename(fact, a[1], axes[0][1])
            return (fact[0], frozenset(p for p in fact[1] if p[0] != p[1]))
        acted = {
            a for a, maps in how.acts.items() if mentions(a[0], self.dim) and not maps >= FUNCTION
        }
        if op == "einsum":
            lower = closed(frozenset[tuple[str, str]]().union(*(f[1] for f in ins)))
            held = {a for one in node.dom for a in one[1]} - set(node.cod[0][1])
            return forget(reads, lower, {a for a in held if mentions(a[0], self.dim)})
        if op in REDUCTIONS and acted:
            return self.reduce(node, acted, ins, reads)
        if op in ("conv", "max_pool", "avg_pool"):
            return (reads, frozenset()) if self.backwards(node, acted) else None
        if op == "linear":
            source = node.axis(node.attrs["source"])
            if mentions(source[0], self.dim):
                return None
        elif (op == "embedding" and ins[1][0]) or (acted and op not in ENTRYWISE):
            return None
        return (reads, self.zeros(node, ins))

    def order(self, node: Node) -> frozenset[tuple[str, str]]:
        row, column = node.axis(node.attrs["row"]), node.axis(node.attrs["column"])
        if row[0] != self.dim:
            return frozenset()
        pair, back = (row[1], column[1]), (column[1], row[1])
        if node.op == "eye":
            return frozenset((pair, back))
        if node.op == "causal_mask":
            return frozenset((pair,))
        first = {pair} if node.attrs["after"] <= 0 else set()
        return frozenset(first | ({back} if node.attrs["before"] <= 0 else set()))

    def reduce(
        self, node: Node, acted: set[Any], ins: list[Fact], reads: frozenset[str]
    ) -> Fact | None:
        if any(a[0] != self.dim for a in acted):
            return None
        mask = ins[1][1] if node.attrs.get("masked") else frozenset()
        lower = mask | (ins[0][1] if node.op == "sum" else frozenset())
        found = forget(reads, closed(lower), acted)
        if found is None:
            return None
        return (found[0], mask if node.op == "softmax" else frozenset())

    def backwards(self, node: Node, acted: set[Any]) -> bool:
        over = node.attr_axes("over")
        for a, one in zip(over, [w["record"] for w in node.attrs["windows"]], strict=True):
            zeros = one["padding"] in ("zero", "causal", "valid")
            same = a in node.cod[0][1] and one["stride"] == 1
            if mentions(a[0], self.dim) and not (zeros and same and one["pads"][1] == 0):
                return False
        return acted <= set(over)

    def zeros(self, node: Node, ins: list[Fact]) -> frozenset[tuple[str, str]]:
        op = node.op
        if op in ("mul", "logical_and"):
            return ins[0][1] | ins[1][1]
        if op == "where":
            return (ins[0][1] | ins[1][1]) & ins[2][1]
        if op == "softmax":
            return ins[1][1] if node.attrs.get("masked") else frozenset()
        noisy = op in ("gumbel_noise", "gaussian_noise") and self.mode == "train"
        silent = op in ("dropout", "gumbel_noise", "gaussian_noise", "gather") and not noisy
        if silent or (op == "linear" and not node.attrs.get("bias")):
            return ins[0][1]
        if op not in VANISHING or not ins:
            return frozenset()
        read = ins[:1] if op in REDUCTIONS else ins
        return frozenset.intersection(*(f[1] for f in read))


def without_step(fact: Fact | None, label: str) -> Fact | None:
    """The fact of one entry, at a step whose index is read anyway."""
    if fact is None:
        return None
    return (fact[0] - {label}, frozenset(p for p in fact[1] if label not in p))


def masked(fact: Fact | None, lengths: Fact | None) -> Fact | None:
    """The fact of an entry that is kept, or 0, past a length."""
    return None if fact is None or lengths is None else (fact[0] | lengths[0], fact[1])


def written(fact: Fact | None) -> Any:
    return None if fact is None else [sorted(fact[0]), sorted(map(list, fact[1]))]


def rename(fact: Fact, old: str, new: str) -> Fact:
    """The fact with one occurrence called otherwise."""
    to = {old: new}
    pairs = frozenset((to.get(i, i), to.get(j, j)) for i, j in fact[1])
    return (frozenset(to.get(i, i) for i in fact[0]), pairs)


def closed(pairs: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The transitive closure of j ≤ i."""
    more = pairs | {(i, k) for i, j in pairs for h, k in pairs if j == h and i != k}
    return pairs if more == pairs else closed(frozenset(more))


def forget(reads: frozenset[str], lower: frozenset[tuple[str, str]], gone: set[Any]) -> Fact | None:
    """Sum over axes: each must lie below one that stays, the first of them by name is then read."""
    labels, found = {a[1] for a in gone}, set(reads)
    for label in sorted(labels):
        above = sorted(i for i, j in lower if j == label and i not in labels)
        if not above:
            return None
        if label in found:
            found = (found - {label}) | {above[0]}
    return (frozenset(found), frozenset(p for p in lower if not labels & set(p)))


def join(left: Fact | None, right: Fact | None) -> Fact | None:
    """What both facts say."""
    if left is None or right is None:
        return None
    return (left[0] | right[0], left[1] & right[1])


def check_causal(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check the claim; the fact of every wire justifies it."""
    (dim,), mode = read_dims(claim), read_mode(claim)
    need(claim["scope"] == "all sizes", "the scope of the claim is all sizes")
    reader, program = Reader(dim, mode, steps), programs[0]
    inputs: list[Fact | None] = []
    for wire in program.inputs:
        type_ = program.types[wire]
        inputs.append(None if reader.tangled(type_) else (reader.labels(type_), frozenset()))
    for fact in reader.run(program, inputs, True):
        need(fact is not None, f"an output may read the whole axis {dim[1]}")
    return f"causal along {dim[1]} in {mode} mode, all sizes"
