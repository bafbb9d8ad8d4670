"""Equality at fixed sizes: both sides expanded, entry by entry.

Definition.  Two graphs without weights whose axes all have a number of places are equal when every
entry of their outputs is one polynomial in the entries of the inputs, with coefficients in Q(ζₙ),
for every choice of the inputs that are indices.  Where the numbers are given (the tensors of fixed
maps, tables), this decides what no normal form for all sizes can see.

Laws.  Both directions: graphs with different polynomials are different maps.  The expansion is that
of the checker, run on the programs of the graphs.

>>> from categorical import Dim, Real, op
>>> from categorical.exact import Basis, Matrix, cos, sin
>>> side = Dim("side", size=2)
>>> def turned(n):
...     turn = Basis.of_matrices([Matrix.of([[cos(n), -1 * sin(n)], [sin(n), cos(n)]])])
...     return op.hom(turn, ((side,),), (side,), coefficients=(1,)).at(Real[side])
>>> both = prove_expanded((turned(5) >> turned(5)).graph(), turned(10).graph())
>>> both.reason
'the two sides have an entry with other coefficients'
>>> prove_expanded((turned(10) >> turned(10)).graph(), turned(5).graph()).sentence
'both sides are the same polynomials, entry by entry, in eval mode, at side=2'

An axis of any size has no entries to compare:

>>> n = Dim("n")
>>> prove_expanded((op.neg >> op.neg).at(Real[n]).graph(), op.scale(1).at(Real[n]).graph()).reason
'the size of n is not fixed'
"""

from __future__ import annotations

from categorical.graph import Graph
from categorical.records import EVAL
from proofs.certificate import Obstruction, Proof
from proofs.checking.expanded import expand
from proofs.checking.programs import Refusal, read_program
from proofs.checking.table import check_types
from proofs.program import Json, NotData, flat, program


def prove_expanded(graph: Graph, other: Graph, mode: str = EVAL) -> Proof | Obstruction:
    """Prove that two graphs of fixed sizes, without weights, are one map."""
    try:
        sides = (program(graph), program(other))
        why, steps, scope = expand([read_program(side, check_types) for side in sides])
    except (NotData, Refusal, RecursionError) as problem:
        return Obstruction(str(problem))
    if why:
        return Obstruction(why, flat(graph))
    sentence = f"both sides are the same polynomials, entry by entry, in {mode} mode, {scope}"
    data: dict[str, Json] = {"mode": mode}
    return Proof("expanded", sentence, sides, data, steps, scope)
