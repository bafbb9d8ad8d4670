"""Runs with their weights as inputs: scans and iterations as scans of closed cells.

Definition.  A cell c : S × A × C → O × S with weights P, run along an axis with the same weights at
every step, is a run of the closed cell S × A × (C × P) → O × S: the weights are shared inputs.  An
iteration is a run without entries and outputs; weights that are stacked are entries, one for each
step.

Law.  The run of the closed cell at the weights is the run.

>>> from categorical import Dim, Real, iterate, op
>>> from categorical.derivatives.explicit import explicit
>>> c = Dim("c")
>>> step = op.linear(c, c, bias=False) >> op.tanh
>>> print(explicit(iterate(step, 3, weights="stacked")).graph())
(x: Real[c], steps_linear_weight: Real[3, c.at("out"), c]) →
  steps_out = scan steps(x, steps_linear_weight): Real[c]
→ steps_out

Weights of their own at every step are no one array, so such a run is a box around itself:

>>> [n.box.name for n in explicit(iterate(step, 3)).graph().nodes]
['explicit']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.records import NOISE
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
    over = stacked or _fresh(Axis(box.attrs["times"]), {a for t in body.dom for a in t.axes})
    data = tuple(ins[: len(box.dom)])
    entries, rest = (own, ()) if stacked is not None else ((), own)
    return Run(body, over, data, entries, rest, -1, False)


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
