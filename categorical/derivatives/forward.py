"""The forward derivative, made of the reverse one.

Definition.  ``forward(f)`` is D[f] : A × A′ → B′, the composite (ι₀ × 1) ; R[R[f]] ; π₁: R[f] is
linear in its cotangent, so its own cotangent for that input is the transpose of the transpose.

Laws.  D[f](a, v) is the tangent that dual numbers carry; ⟨D[f](a, v), b⟩ = ⟨v, R[f](a, b)⟩.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> print(forward(op.mul.at(Real[n], Real[n])).graph())
(x1: Real[n], x2: Real[n], v1: Real[n], v2: Real[n]) →
  mul_4 = mul(x1, v2): Real[n]
  mul_5 = mul(v1, x2): Real[n]
  add = add(mul_4, mul_5): Real[n]
→ add

Indices have no tangent, so an operation on them alone has nothing to move:

>>> from categorical import Fin
>>> v = Dim("v")
>>> forward(op.one_hot(v).at(Fin(v)[n])).type_text()
'Fin(v)[n] → Real[n, v]'
"""

from __future__ import annotations

from collections.abc import Mapping

from categorical.arrows import Arrow, Transformed, Types
from categorical.checked import checked
from categorical.derivatives.calculus import Wires
from categorical.derivatives.pullback import numeric
from categorical.derivatives.reverse import reversed_graph
from categorical.graph import Builder, Graph
from categorical.normal import prune


def forward_graph(graph: Graph, sizes: Mapping[str, int] | None = None) -> Graph:
    """D of a graph: its inputs and a tangent of each numeric input, to those of its outputs."""
    once = reversed_graph(graph, sizes)
    twice = reversed_graph(once, sizes)
    builder = Builder()
    calc = Wires(builder)
    count = len(graph.inputs)
    ins = [
        builder.input(t, builder.unique(graph.names.get(w, f"x{i + 1}")))
        for i, (w, t) in enumerate(zip(graph.inputs, graph.dom, strict=True))
    ]
    moved = [t for t in graph.dom if numeric(t)]
    ways = [
        builder.input(t, builder.unique("v" if len(moved) == 1 else f"v{i + 1}"))
        for i, t in enumerate(moved)
    ]
    zeros = [calc.filled(t) for t in once.dom[count:]]
    outs = builder.splice(twice, (*ins, *zeros, *ways))
    return prune(builder.finish(outs[len(outs) - len(zeros) :] if zeros else ()))


@checked
def forward(arrow: Arrow, sizes: Mapping[str, int] | None = None) -> Arrow:
    """D[f] : A × A′ → B′ of f : A → B, with one tangent for each numeric input.

    The weights of f stay weights and are held fixed; ``forward(explicit(f))`` moves them too.
    """
    graph = forward_graph(arrow.graph(), sizes)

    def make(types: Types) -> Graph:
        return graph

    return Transformed(arrow, make, f"D[{arrow.label()}]", graph.dom, False)
