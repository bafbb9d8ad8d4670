"""Counting dim Hom(X, Y) without solving: closed forms, characters, orbits of stabilisers."""
from __future__ import annotations

from categorical.groups.finite import FiniteGroup
from categorical.representations.representation import Representation
from synthesis.solver.hom import Count


def count(x: Representation, y: Representation) -> Count:
    from synthesis.solver.equations import equations, unknowns
    from synthesis.solver.nullspace import rank_bound

    return Count(rank_bound(equations(x, y), unknowns(x, y)), "rank modulo a second prime")
