"""Linearity and polynomial degree, by degree propagation.

Definition.  Relative to some inputs, every wire is a polynomial of them with coefficients that
depend on everything else; its fact is (low, high), the lowest and highest degree of its monomials,
``high`` being None where it is no polynomial, and no pair at all where it is zero.

Laws.  Products add degrees, sums join them; a wire of degree (1, 1) is linear, one of degree
(0, 1) affine.

>>> from categorical import Dim, Real, op
>>> c, h = Dim.named("c h")
>>> prove_linear((op.linear(c, h, bias=False) >> op.neg).graph()).sentence
'linear in x, all sizes'
>>> degree((op.square >> op.square).at(Real[c]).graph())
4

A bias makes an affine map of a linear one:

>>> prove_linear(op.linear(c, h).graph()).reason
'`linear` adds a part that does not depend on x'
"""

from __future__ import annotations

from collections.abc import Sequence

from categorical.graph import Graph, Node, OperatorBox
from categorical.records import EVAL, Box
from categorical.recursion.machine import parts
from proofs.certificate import Obstruction, Proof
from proofs.program import Json, NotData, flat, program
from proofs.rules import RULE

Degree = tuple[int, int | None]
Fact = Degree | None  # None: the wire is zero
CONSTANT: Degree = (0, 0)
ANY: Degree = (0, None)


def prove_linear(
    graph: Graph, inputs: Sequence[int] | None = None, mode: str = EVAL
) -> Proof | Obstruction:
    """Prove that every output is linear in the inputs (by number; default: all) together."""
    found, reader, whole = _read(graph, inputs, mode)
    names = ", ".join(whole.wire_name(whole.inputs[i]) for i in reader.chosen)
    for wire, fact in zip(whole.outputs, found, strict=True):
        if fact is not None and fact != (1, 1):
            return reader.blame(whole, wire, names)
    return _proof(graph, "linear", f"linear in {names}, all sizes", reader, {})


def prove_degree(
    graph: Graph, most: int, inputs: Sequence[int] | None = None, mode: str = EVAL
) -> Proof | Obstruction:
    """Prove that every output is a polynomial of degree at most ``most`` in the inputs."""
    found, reader, whole = _read(graph, inputs, mode)
    names = ", ".join(whole.wire_name(whole.inputs[i]) for i in reader.chosen)
    for wire, fact in zip(whole.outputs, found, strict=True):
        if fact is not None and (fact[1] is None or fact[1] > most):
            return Obstruction(
                reader.blame(whole, wire, names).reason
                if fact[1] is None
                else f"an output has degree {fact[1]} in {names}",
                whole,
                whole.producer().get(wire),
                wire,
            )
    sentence = f"polynomial of degree at most {most} in {names}, all sizes"
    return _proof(graph, "degree", sentence, reader, {"most": most})


def degree(graph: Graph, inputs: Sequence[int] | None = None, mode: str = EVAL) -> int | None:
    """An upper bound of the degree of all outputs in the inputs; None: not a polynomial."""
    found, _, _ = _read(graph, inputs, mode)
    highs = [fact[1] for fact in found if fact is not None]
    return None if None in highs else max((h for h in highs if h is not None), default=0)


def _proof(
    graph: Graph, kind: str, sentence: str, reader: _Reader, more: dict[str, Json]
) -> Proof | Obstruction:
    try:
        data = program(graph)
    except NotData as problem:
        return Obstruction(str(problem))
    return Proof(
        kind,
        sentence,
        (data,),
        {"inputs": list(reader.chosen), "mode": reader.mode, **more},
        reader.steps,
    )


def _read(
    graph: Graph, inputs: Sequence[int] | None, mode: str
) -> tuple[list[Fact], _Reader, Graph]:
    whole = flat(graph)
    chosen = tuple(range(len(whole.inputs)) if inputs is None else inputs)
    reader = _Reader(chosen, mode)
    start: list[Fact] = [CONSTANT] * len(whole.inputs)
    for i in chosen:
        start[i] = (1, 1)
    return reader.run(whole, start, True), reader, whole


def plus(left: Fact, right: Fact) -> Fact:
    """The degrees of a sum."""
    if left is None or right is None:
        return right if left is None else left
    high = None if left[1] is None or right[1] is None else max(left[1], right[1])
    return (min(left[0], right[0]), high)


def times(left: Fact, right: Fact) -> Fact:
    """The degrees of a product."""
    if left is None or right is None:
        return None
    high = None if left[1] is None or right[1] is None else left[1] + right[1]
    return (left[0] + right[0] if high is not None else 0, high)


class _Reader:
    """One run of the degrees through a graph."""

    def __init__(self, chosen: tuple[int, ...], mode: str) -> None:
        self.chosen, self.mode = chosen, mode
        self.steps: list[Json] = []
        self.facts: dict[int, Fact] = {}

    def run(self, graph: Graph, inputs: Sequence[Fact], record: bool) -> list[Fact]:
        at: dict[int, Fact] = dict(zip(graph.inputs, inputs, strict=True))
        at.update(dict.fromkeys(graph.sources, CONSTANT))
        for node in graph.nodes:
            ins = [at[w] for w in node.ins]
            if isinstance(node.box, OperatorBox):
                outs = self.operator(node, node.box, ins, record)
            else:
                outs = self.outputs(node.box, ins, len(node.outs))
            at.update(zip(node.outs, outs, strict=True))
            if record:
                self.steps.append([None if f is None else list(f) for f in outs])
        self.facts = at
        return [at[w] for w in graph.outputs]

    def operator(self, node: Node, box: OperatorBox, ins: list[Fact], record: bool) -> list[Fact]:
        if box.name == "iterate":
            return self.iterate(node, box, ins, record)
        if box.name != "scan":
            return [ANY] * len(node.outs)
        which, sequences, shared = parts(box)
        body, state, rest = flat(box.regions[0]), ins[which], [*ins[sequences], *ins[shared]]
        outputs = len(node.outs) - len(state)
        if box.attrs["ragged"] and ins[-1] not in (None, CONSTANT):
            return [ANY] * len(node.outs)
        for attempt in range(3 + len(state)):
            after = self.run(body, [*state, *rest], False)[outputs:]
            joined = [plus(a, b) for a, b in zip(state, after, strict=True)]
            if joined == state:
                break
            wide = [ANY if a != b else a for a, b in zip(joined, state, strict=True)]
            state = joined if attempt < 2 else wide
        else:
            state = [ANY] * len(state)
        return [*self.run(body, [*state, *rest], record)[:outputs], *state]

    def iterate(self, node: Node, box: OperatorBox, ins: list[Fact], record: bool) -> list[Fact]:
        body, state = flat(box.regions[0]), ins
        for attempt in range(4):
            after = self.run(body, state, False)
            joined = [plus(a, b) for a, b in zip(state, after, strict=True)]
            if joined == state:
                break
            state = joined if attempt < 2 else [ANY if a != b else a for a, b in zip(joined, state)]
        else:
            state = [ANY] * len(state)
        if record:
            self.run(body, state, True)
        return state

    def outputs(self, box: Box, ins: list[Fact], count: int) -> list[Fact]:
        if box.name in ("full", "full_like"):  # whatever the input is
            zero = box.op["value"] == 0 and box.cod[0].kind in ("real", "complex")
            return [None if zero else CONSTANT]
        for sum_of in self.terms(box):
            held = [f for i, f in enumerate(ins) if not any(i in term for term in sum_of)]
            if any(f not in (None, CONSTANT) for f in held):
                continue
            total: Fact = None
            for term in sum_of:
                product: Fact = CONSTANT
                for i in term:
                    product = times(product, ins[i])
                total = plus(total, product)
            return [total, *[ANY if box.updates else total] * (count - 1)]
        quiet = all(f in (None, CONSTANT) for f in ins)
        return [CONSTANT if quiet else ANY] * count

    def terms(self, box: Box) -> list[list[tuple[int, ...]]]:
        """What the box computes: one way or several to write it as a sum of products."""
        name = box.name
        if name in ("linear", "conv") and box.op["bias"]:
            return [[(0, 1), (2,)]]
        if name == "square":
            return [[(0, 0)]]
        if name == "where":
            return [[(1,), (2,)]]
        if RULE.get(name) == "noise":
            quiet = self.mode == EVAL
            return [[(0,)]] if quiet else [[(0, 1)] if name == "dropout" else [(0,), (1,)]]
        if name == "batch_norm":
            return [[(0, 1), (1, 3), (2,)]] if self.mode == EVAL else []
        found = box.generator.linear(box)
        if found == "joint":
            return [[(i,) for i in range(len(box.dom))]]
        if found is None:
            return []
        return [[tuple(int(i) for i in found if int(i) < len(box.dom) + len(box.resources))]]

    def blame(self, graph: Graph, wire: int, names: str) -> Obstruction:
        """The first node after which an output is not linear."""
        live = {wire}
        for node in reversed(graph.nodes):
            if live & set(node.outs):
                live.update(node.ins)
        for node in graph.nodes:
            if not live & set(node.outs):
                continue
            ins = [self.facts[w] for w in node.ins]
            out = self.facts[node.outs[0]]
            moved = [f for f in ins if f not in (None, CONSTANT)]
            if out is None or out == (1, 1) or not moved or any(f == out for f in moved):
                continue
            if out[1] is None:
                reason = f"`{node.box.name}` is no polynomial of {names}"
            elif out[0] == 0:
                reason = f"`{node.box.name}` adds a part that does not depend on {names}"
            else:
                reason = f"`{node.box.name}` multiplies parts that depend on {names}"
            return Obstruction(reason, graph, node, node.outs[0])
        return Obstruction(f"an output does not depend on {names}", graph, None, wire)
