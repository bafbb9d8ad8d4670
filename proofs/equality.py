"""Equality of arrows: one normal form.

Definition.  Both graphs are read into index polynomials: every entry is a sum of products of atoms
under sums over indices.  Two graphs with one normal form are equal for all inputs, all values of
the weights (matched by path, ``renaming`` maps names of the other side to ours) and all sizes, in
real arithmetic.

Laws used, each sound in every commutative ring: sums and products are associative, commutative and
distribute; finite sums commute with them; renaming, expanding, grouping and looking up are
substitutions of indices; a Kronecker delta is summed out; masks are idempotent; an iteration of
known length is its steps; a function of equal arguments is equal.

The rules are those of the checker, run on the programs of the graphs.  Graphs that are long, or
that hold boxes of which no rule is known, are first compared as diagrams: equal boxes on equal
wires are one, whatever they mean.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> late = op.linear(c, h, bias=False, name="f").at(Real[n, c]) >> op.mean(n)
>>> early = op.mean(n).at(Real[n, c]) >> op.linear(c, h, bias=False, name="f")
>>> prove_equal(late.graph(), early.graph()).sentence
'both sides have one normal form in eval mode, all sizes'

A nonlinear map does not commute with the mean:

>>> prove_equal((op.relu >> op.mean(n)).at(Real[n]).graph(), (op.mean(n) >> op.relu).graph()).reason
'the two sides have different normal forms'
"""

from __future__ import annotations

from collections.abc import Mapping

from categorical.graph import Graph
from categorical.records import EVAL
from proofs.certificate import Obstruction, Proof
from proofs.checking.equal import boundary, normal_forms, summary
from proofs.checking.programs import Refusal, read_program
from proofs.checking.sharing import FREE, check_known, one_diagram
from proofs.checking.table import check_types
from proofs.program import Json, NotData, flat, program

MANY = 200  # boxes of both sides, from which they are compared as diagrams first


def prove_equal(
    graph: Graph, other: Graph, renaming: Mapping[str, str] | None = None, mode: str = EVAL
) -> Proof | Obstruction:
    """Prove that two graphs are one arrow; resources are matched by their paths.

    ``renaming`` maps resource paths of ``other`` to those of ``graph``.
    """
    names = dict(sorted((renaming or {}).items()))
    boxes = [node.box.name for side in (graph, other) for _, node in side.walk()]
    if len(boxes) > MANY or not FREE.keys().isdisjoint(boxes):
        same = _prove_same(graph, other, names, mode)
        if same:
            return same
    found = _prove(graph, other, names, mode, None)
    if not found and any(node.box.name == "tree_fold" for node in flat(graph).nodes):
        unfolded = (_prove(graph, other, names, mode, side) for side in (0, 1))
        return next((one for one in unfolded if one), found)
    return found


def _prove_same(
    graph: Graph, other: Graph, names: dict[str, str], mode: str
) -> Proof | Obstruction:
    """As one diagram of boxes of which nothing is known."""
    try:
        sides = (program(graph), program(other))
        first, second = (read_program(side, check_known) for side in sides)
        if boundary(first) != boundary(second):
            return Obstruction("the two sides have different types")
        same, steps = one_diagram(first, second, names)
    except (NotData, Refusal, RecursionError) as problem:
        return Obstruction(str(problem))
    if not same:
        return Obstruction("the two sides are different diagrams")
    sentence = f"both sides are one diagram in {mode} mode, all sizes"
    return Proof("same", sentence, sides, {"renaming": names, "mode": mode}, steps)


def _prove(
    graph: Graph, other: Graph, names: dict[str, str], mode: str, unfolded: int | None
) -> Proof | Obstruction:
    """With the folds of forests of one side written out once, if it is given."""
    try:
        sides = (program(graph), program(other))
        first, second = (read_program(side, check_types) for side in sides)
        if boundary(first) != boundary(second):
            return Obstruction("the two sides have different types")
        mine, yours, left, right = normal_forms(first, second, mode, names, unfolded)
    except (NotData, Refusal, RecursionError) as problem:
        return Obstruction(str(problem))
    whole = flat(graph)
    for wire, a, b in zip(whole.outputs, mine, yours, strict=True):
        if a != b:
            reason = "the two sides have different normal forms"
            return Obstruction(reason, whole, whole.producer().get(wire), wire)
    if left.updates != right.updates:
        return Obstruction("the two sides keep different state", whole)
    scope = "all sizes" if unfolded is None else "all sizes, on forests"
    sentence = f"both sides have one normal form in {mode} mode, {scope}"
    data: dict[str, Json] = {"renaming": names, "mode": mode}
    if unfolded is not None:
        data["unfolded"] = unfolded
    return Proof("equal", sentence, sides, data, summary(mine, left), scope)
