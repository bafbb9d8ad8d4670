"""The reverse derivative R, a functor from arrows to lenses.

Definition.  ``reverse(f)`` for f : A → B is R[f] : A × B′ → A′, an arrow again: it runs f and then,
box by box from the last, what the records say.  It acts on expressions, not on functions:
relu(x) − relu(−x) is x, and its R at 0 is 0.

Laws (RD.1–RD.5, ``axioms``).  R is additive, R[f] is additive in the cotangent, R[id](a, b) = b,
R of a pair is the sum, and R[f ; g](a, c) = R[f](a, R[g](f(a), c)): (f, R[f]) is a lens, and a
composite of arrows gives the composite of lenses.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> reverse(op.tanh.at(Real[n])).type_text()
'Real[n] × Real[n] → Real[n]'
>>> print(reverse(op.mul.at(Real[n], Real[n])).graph())
(x1: Real[n], x2: Real[n], g: Real[n]) →
  mul_2 = mul(g, x2): Real[n]
  mul_3 = mul(x1, g): Real[n]
→ mul_2, mul_3

What keeps state, and what is opaque, has none:

>>> f = op.opaque("torch.special.entr", Real.scalar, Real.scalar, meaning=abs)
>>> reverse(f)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM055]: `entr` is opaque, so it has no reverse derivative
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from categorical.arrows import Arrow, Transformed, Types
from categorical.checked import checked
from categorical.derivatives.calculus import Wires
from categorical.derivatives.crossing import refuse_crossed
from categorical.derivatives.expanded import expanded
from categorical.derivatives.explicit import alone, opened, stateful
from categorical.derivatives.pullback import numeric, pulled, real_only
from categorical.derivatives.records import RECORDS, SEVERAL
from categorical.derivatives.runs import run_back
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.normal import prune
from categorical.records import Box

ACTIONS = ("CM016", "CM017")
STORE, RECOMPUTE = "store", "recompute"


def _refuse(node: Node) -> None:
    """CM055 for a box without a reverse derivative."""
    if isinstance(node.box, OperatorBox):
        for region in node.regions:
            for _, inner in region.walk():
                if isinstance(inner.box, Box):
                    _refuse(inner)
        return
    if node.box.generator.stateful:
        raise stateful(node)
    if node.box.name == "opaque":
        name = str(node.box.op["torch"]).rpartition(".")[2]
        raise SpecError(
            "CM055",
            f"`{name}` is opaque, so it has no reverse derivative",
            facts=[("box", repr(node.box)), ("reason", "nothing is known of it but its type")],
            help=["write it with the operations of `op`, or train with torch's autograd"],
            origin=node.origin,
        )


def reversed_graph(
    graph: Graph,
    sizes: Mapping[str, int] | None = None,
    wrt: Sequence[int] | None = None,
    residual: str = STORE,
) -> Graph:
    """R of a graph: its inputs, then a cotangent of each numeric output, to the cotangents of its
    numeric inputs (of those at the places ``wrt``).  Its weights stay weights."""
    graph = opened(graph, sizes, residual == STORE)
    if residual == STORE:
        graph = expanded(graph, lambda body, places: reversed_graph(body, sizes, places))
    builder = Builder()
    calc = Wires(builder)
    ins = [builder.input(graph.types[w], graph.names.get(w, "")) for w in graph.inputs]
    ends = [w for w in graph.outputs if numeric(graph.types[w])]
    given = [
        builder.input(graph.types[w], "g" if len(ends) == 1 else f"g{i + 1}")
        for i, w in enumerate(ends)
    ]
    at = dict(zip(graph.inputs, ins, strict=True))
    for w, resource in graph.sources.items():
        at[w] = builder.add_source(resource)
    places = range(len(graph.inputs)) if wrt is None else wrt
    ends_of = [graph.inputs[i] for i in places if numeric(graph.types[graph.inputs[i]])]
    moves = set(ends_of)
    tape: list[Node] = []
    for node in graph.nodes:
        for w in node.outs:
            at[w] = builder.wire(graph.types[w])
            if w in graph.names:
                builder.graph.names[at[w]] = builder.unique(graph.names[w])
        wires, made = (tuple(at[w] for w in ws) for ws in (node.ins, node.outs))
        copy = Node(node.box, wires, made, node.name, node.origin)
        builder.graph.nodes.append(copy)
        if any(w in moves for w in node.ins):
            _refuse(node)
            real_only(graph.types[w] for w in (*node.ins, *node.outs))
            moves.update(w for w in node.outs if numeric(graph.types[w]))
            tape.append(copy)
    moved = {at[w] for w in moves}
    waiting: dict[int, int] = {}

    def give(wire: int, g: int) -> None:
        waiting[wire] = calc.add(waiting[wire], g) if wire in waiting else g

    for wire, g in zip(ends, given, strict=True):
        give(at[wire], g)
    for node in reversed(tape):
        if any(w in waiting for w in node.outs):
            back = _back(calc, node, waiting, moved, residual)
            for wire, found in zip(node.ins, back, strict=True):
                if found is not None and wire in moved:
                    give(wire, found)
    outputs = [waiting[at[w]] if at[w] in waiting else calc.filled(graph.types[w]) for w in ends_of]
    return prune(builder.finish(outputs))


def _back(
    calc: Wires, node: Node, waiting: dict[int, int], moved: set[int], residual: str
) -> list[int | None]:
    """The cotangents of the inputs of a node, from those of its outputs."""
    types = calc.builder.graph.types
    if isinstance(node.box, Box):
        try:
            found = _recorded(calc, node, node.box, waiting)
        except SpecError as problem:
            if problem.code not in ACTIONS:
                raise
            found = None  # the whole respects the action of an axis, a step of the record does not
        if found is not None:
            return found
    elif residual == STORE:
        found = run_back(calc, node, waiting, moved, reversed_graph)
        if found is not None:
            return found
    wrt = [i for i, w in enumerate(node.ins) if w in moved]
    box = pulled(alone(node), wrt)
    cots = [
        waiting[w] if w in waiting else calc.filled(types[w])
        for w in node.outs[: len(node.box.cod)]
        if numeric(types[w])
    ]
    name = calc.builder.unique(f"pull_{node.name or node.box.name}")
    outs = calc.builder.operate(box, (*node.ins, *cots), name, node.origin)
    back: list[int | None] = [None] * len(node.ins)
    for place, wire in zip(wrt, outs, strict=True):
        back[place] = wire
    return back


def _recorded(
    calc: Wires, node: Node, box: Box, waiting: dict[int, int]
) -> list[int | None] | None:
    """What the record of a box says, if there is one and it does not decline."""
    if box.name in RECORDS:
        return RECORDS[box.name](calc, node, box, waiting[node.outs[0]])
    if box.name not in SEVERAL:
        return None
    cots = [waiting[w] if w in waiting else calc.filled(calc.type(w)) for w in node.outs]
    return SEVERAL[box.name](calc, node, box, cots)


@checked
def reverse(
    arrow: Arrow, sizes: Mapping[str, int] | None = None, *, residual: str = STORE
) -> Arrow:
    """R[f] : A × B′ → A′ of f : A → B.

    The inputs are those of f and one cotangent g for each numeric output; the outputs are one
    cotangent for each numeric input (indices and masks have none).  The weights of f stay weights
    of the same names; ``reverse(explicit(f))`` gives their cotangents too.  CM055 where a box keeps
    state or is opaque, a wire is complex, or all goes through indices and masks.  ``sizes`` is
    needed where weights are untied along a dim: how many there are depends on its size.

    ``residual`` is what the way back of a run or a named sub-architecture reads: ``"store"``, the
    values inside it that the way there made, or ``"recompute"``, its inputs alone, from which its
    body is run again.  Both have one meaning.
    """
    if residual not in (STORE, RECOMPUTE):
        raise SpecError(
            "CM041",
            f"`reverse` with the residual {residual!r}",
            facts=[("known", f'"{STORE}" (what the way there made) or "{RECOMPUTE}" (the inputs)')],
            help=[f'residual="{STORE}"'],
        )
    refuse_crossed(arrow.graph())
    graph = reversed_graph(arrow.graph(), sizes, residual=residual)

    def make(types: Types) -> Graph:
        return graph

    return Transformed(arrow, make, f"R[{arrow.label()}]", graph.dom, False)
