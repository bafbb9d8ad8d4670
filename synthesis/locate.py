"""Where two sides part: the first wire on which a law fails.

Definition.  A law that holds on the inputs and fails on an output fails first at some wire.  The
runs of both sides are recorded; ``Instance.relate`` gives the two sides on every wire; the first
wire in program order on which they differ is where to look.

>>> from categorical import Dim, Real, laws, op
>>> from categorical.groups import Symmetric
>>> from synthesis.numeric import Trial, attempt
>>> n, c = Dim.named("n c")
>>> graph = (op.relu >> op.linear(n, n) >> op.tanh).at(Real[c, n]).graph()
>>> law = laws.equivariant(under=Symmetric(n))
>>> failure = attempt(law, graph, Trial({"n": 3, "c": 2}, "eval", 1.0, 7)).failure
>>> first_difference(law, graph, failure)
'linear'
"""

from __future__ import annotations

from typing import Any

import numpy as np

from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.laws import Equal, Instance, Law
from synthesis import numeric
from synthesis.numeric import Failure
from synthesis.runner import Wire


def first_difference(law: Law, graph: Graph, failure: Failure) -> str:
    """The name of the first wire that differs; the output where no inner wire can be compared."""
    point = failure.point
    runner = numeric.recorder(graph, point)
    found: Instance | None = None
    for number, one in enumerate(
        numeric.instances(law, graph, point, runner.ctx.algebra, runner=runner)
    ):
        if number == failure.instance:
            found = one
            break
    output = graph.wire_name(graph.outputs[failure.output])
    if found is None or not runner.trace:
        return output
    if isinstance(law, Equal):
        return _by_name(runner.trace, numeric.tolerance(graph)) or output
    if found.relate is None:
        return output
    for wires in zip(*runner.trace, strict=False):
        first: Wire = wires[0]
        try:
            sides = found.relate([w.value for w in wires], first.type)
        except SpecError:
            continue
        if sides is not None and _differ(sides[0], sides[1], numeric.tolerance(graph)):
            return first.name
    return output


def _by_name(trace: list[list[Wire]], allowed: float) -> str:
    """The first wire of one side that a wire of the same name and type contradicts."""
    if len(trace) < 2:
        return ""
    others = {w.name: w for w in trace[1]}
    for wire in trace[0]:
        other = others.get(wire.name)
        if other is not None and other.type is wire.type:
            if _differ(wire.value, other.value, allowed):
                return wire.name
    return ""


def _differ(left: Any, right: Any, allowed: float) -> bool:
    gap = numeric.largest_gap(Instance([np.asarray(left)], [np.asarray(right)], "", ()))
    return gap is not None and gap[1] > allowed * gap[2]
