"""The ladder of runs: for each ``scan`` node the fastest form that its laws allow.

Definition.  A *lowering* declares the modules of a run and writes its statements; a *rung* offers
a lowering for a node of a graph, or None.  The first rung that offers one wins: a library kernel,
a parallel scan, a packed product, a hoisted loop; the plain loop takes every run.  A lowering may
cover further nodes (the layers of a stack, parallel folds): it names their wires in ``covers``.

Law.  Every lowering is the run: the build compares values and gradients with the reference.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import fold
>>> t, s = Dim.named("t s")
>>> graph = fold(op.mul.at(Real[s], Real[s]) >> op.tanh, over=t).graph()
>>> found = runs(graph, {})
>>> [type(lowering).__name__ for lowering in found.values()]
['Loop']

A graph without runs has nothing to lower:

>>> runs(op.relu.at(Real[s]).graph(), {})
{}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from backends.pytorch.recursion.kernels import Kernel, kernel
from backends.pytorch.recursion.loop import Loop
from backends.pytorch.recursion.packed import twins
from backends.pytorch.recursion.parallel_rung import scanned
from categorical.graph import Graph, Node

if TYPE_CHECKING:
    from backends.pytorch.emit import Writer


class Lowering(Protocol):
    """How one run is written; ``note`` is its line of the derivation, empty for none."""

    note: str

    def declare(self, writer: Writer, node: Node) -> None:
        """Declare modules, parameters, helpers: called once for each node before any statement."""

    def write(self, writer: Writer, node: Node) -> None:
        """Write the statements and bind the output wires."""


#: (graph, node, sizes that are known) → a lowering, or None.
Rung = Callable[[Graph, Node, Mapping[str, int]], Lowering | None]
PACKED = 2  # so many parallel runs of a kernel's cell are faster as one loop
RUNGS: list[Rung] = [scanned, kernel]


def taken(graph: Graph, node: Node, sizes: Mapping[str, int]) -> bool:
    """Whether a rung has a lowering for a run: then it is not hoisted."""
    offers = (rung(graph, node, sizes) for rung in RUNGS)
    found = next((one for one in offers if one is not None), None)
    if isinstance(found, Kernel) and len(found.covers) == 1 and found.cell.kind != "lstm":
        return twins(graph, node) < PACKED  # a packed loop of several is faster
    return found is not None


def runs(graph: Graph, sizes: Mapping[str, int]) -> dict[int, Lowering]:
    """The lowering of every run of one graph, by its first output wire."""
    found: dict[int, Lowering] = {}
    for node in graph.nodes:
        if node.box.name != "scan" or node.outs[0] in found:
            continue
        offers = (rung(graph, node, sizes) for rung in RUNGS)
        chosen = next((one for one in offers if one is not None), Loop())
        for wire in (node.outs[0], *getattr(chosen, "covers", ())):
            found[wire] = chosen
    return found
