"""Runs with their weights as inputs: scans and iterations as scans of closed cells.

Definition.  A cell c : S × A × C → O × S with weights P, run along an axis with the same weights at
every step, is a run of the closed cell S × A × (C × P) → O × S: the weights are shared inputs.  An
iteration is a run without entries and outputs; weights that are stacked are entries, one for each
step, and an affine map by them is a contraction.

Law.  The run of the closed cell at the weights is the run.

>>> from categorical import Dim, Real, iterate, op
>>> from categorical.derivatives.explicit import explicit
>>> c = Dim("c")
>>> step = op.linear(c, c, bias=False) >> op.tanh
>>> print(explicit(iterate(step, 3, weights="stacked")).graph())
(x: Real[c], steps_linear_weight: Real[3, c.at("out"), c]) →
  steps_out = scan steps(x, steps_linear_weight): Real[c]
→ steps_out

Where a stacked weight is no factor, or each step has weights of its own, it is a box around the
whole:

>>> [n.box.name for n in explicit(iterate(op.layer_norm(c), 3, weights="stacked")).graph().nodes]
['explicit']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from categorical.derivatives.calculus import Wires
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.ops.axes import relabel
from categorical.records import NOISE, Box
from categorical.recursion.machine import SCAN, parts
from categorical.spaces import Array


@dataclass(frozen=True)
class Run:
    """A run with its weights as inputs: ``states``, ``entries`` and ``shared`` are wires that it
    reads, ``body`` its cell, whose inputs are in this order; ``lengths`` is a wire or −1."""

    body: Graph
    over: Axis
    states: tuple[int, ...]
    entries: tuple[int, ...]
    shared: tuple[int, ...]
    lengths: int
    backwards: bool

    @property
    def outputs(self) -> tuple[Array, ...]:
        """The types of the outputs of one step."""
        return self.body.cod[: len(self.body.cod) - len(self.states)]

    @property
    def order(self) -> tuple[int, ...]:
        """What the cell reads, as wires of the whole."""
        return (*self.states, *self.entries, *self.shared)

    def box(
        self, body: Graph, dom: Sequence[Array], cod: Sequence[Array], **attrs: Any
    ) -> OperatorBox:
        """A run along the same axis."""
        common = {"over": self.over, "times": self.over.index, "weights": "tied"}
        return OperatorBox(SCAN, (body,), tuple(dom), tuple(cod), {**common, **attrs})


def run_of(
    node: Node, ins: Sequence[int], weights: Mapping[str, int], opened: Callable[[Graph], Graph]
) -> Run | None:
    """A scan or an iteration as a run of its closed cell; None if it is no such run.

    ``ins`` are the wires of its data, ``weights`` those of its weights by their paths.
    """
    box = node.box
    if not isinstance(box, OperatorBox) or box.name not in ("scan", "iterate"):
        return None
    if box.attrs["weights"] == "untied" and box.regions[0].resources():
        return None
    body = opened(box.regions[0])
    if any(r.role == NOISE for r in body.sources.values()):
        return None
    own = tuple(weights[f"{node.name}.{r.name}"] for r in body.sources.values())
    body = replace(body, inputs=[*body.inputs, *body.sources], sources={}, name="")
    if box.name == "scan":
        which, sequences, shared = parts(box)
        lengths = ins[len(box.dom) - 1] if box.attrs["ragged"] else -1
        states, entries, rest = (tuple(ins[place]) for place in (which, sequences, shared))
        over, back = box.attrs["over"], box.attrs["reverse"]
        return Run(body, over, states, entries, rest + own, lengths, back)
    stacked: Axis | None = box.attrs.get("stacked")
    if stacked is not None and own:
        contracted = _contracted(body)
        if contracted is None:
            return None
        body = contracted
    over = stacked or _fresh(Axis(box.attrs["times"]), {a for t in body.dom for a in t.axes})
    data = tuple(ins[: len(box.dom)])
    entries, rest = (own, ()) if stacked is not None else ((), own)
    return Run(body, over, data, entries, rest, -1, False)


def _contracted(body: Graph) -> Graph | None:
    """The cell with contractions for its affine maps, as a weight that is an entry is data; None
    where another box has weights."""
    builder = Builder()
    calc = Wires(builder)
    at = {w: builder.input(body.types[w], body.names.get(w, "")) for w in body.inputs}
    for node in body.nodes:
        ins = tuple(at[w] for w in node.ins)
        if isinstance(node.box, Box) and node.box.resources:
            if node.box.name != "linear":
                return None
            source, target = node.box.op["source"], node.box.op["target"]
            made = calc.type(ins[1]).axes[0]
            if made is not target and made in calc.type(ins[0]).axes:
                return None
            wide = [made if a is source else a for a in node.box.dom[0].axes]
            out = calc.contracted(node.box.cod[0].with_axes(tuple(wide)), *ins[:2])
            if made is not target:
                out = calc.use(relabel(made, target), out)
            if len(ins) == 3:
                out = calc.add(out, calc.arranged(ins[2], calc.type(out)))
            at[node.outs[0]] = out
            continue
        for w in node.outs:
            at[w] = builder.wire(body.types[w], body.names.get(w, ""))
        outs = tuple(at[w] for w in node.outs)
        builder.graph.nodes.append(Node(node.box, ins, outs, node.name, node.origin))
    return builder.finish([at[w] for w in body.outputs])


def _fresh(one: Axis, taken: set[Axis]) -> Axis:
    """The axis, with a label that is free."""
    while one in taken:
        one = Axis(one.index, f"{one.label}_step".strip("_"))
    return one


def with_weights(run: Run, node: Node, types: Sequence[Array]) -> Node:
    """The node that runs the closed cell."""
    ragged = (run.lengths,) if run.lengths >= 0 else ()
    ins = (*run.order, *ragged)
    box = run.box(
        run.body,
        [types[w] for w in ins],
        node.box.cod,
        states=len(run.states),
        shared=len(run.shared),
        reverse=run.backwards,
        ragged=bool(ragged),
    )
    return Node(box, ins, node.outs, node.name, node.origin)
