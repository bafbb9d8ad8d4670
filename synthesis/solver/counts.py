"""Counting dim Hom(X, Y) without solving: closed forms, characters, orbits of stabilisers.

Definition.  By the first that applies: products and sums are counted part by part; a free module
has dim Hom(R[G], Y) = dim Y; tensors of Sₙ are counted by Stirling numbers, Σ_{t ≤ n} S(k, t)
(right at every n: 8, 14, 15 for 2 → 2 at n = 2, 3, 4, where the Bell number says 15); finite groups
by characters on their conjugacy classes (for permutations this is Burnside's count); permutation
groups too large for that by orbits of point stabilisers, through Schreier's lemma; classical Lie
groups by weights.  Where no theory is known, the rank of the equations modulo another prime bounds
the dimension from above, and the method says so.

>>> from categorical.groups import symmetric
>>> [count(symmetric(n).standard() ** 2, symmetric(n).standard() ** 2)[0] for n in (2, 3, 4, 5)]
[8, 14, 15, 15]

A group that is not a symmetric one is never counted as one:

>>> from categorical.groups import alternating
>>> count(alternating(4).standard() ** 2, alternating(4).standard() ** 2)
Count(dimension=22, method='Burnside')
"""

from __future__ import annotations

from functools import cache
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from categorical.errors import SpecError
from categorical.groups.finite import FiniteGroup
from categorical.representations.representation import Representation
from synthesis.solver.hom import Count
from synthesis.solver.orbits import is_signed, signed_action

LISTED = 5000
#: The most unknowns of equations whose rank is a count.
MOST = 60_000
"""The largest group whose conjugacy classes are found by listing its elements."""
STEPS = 20_000
"""The most products of matrices for a character."""


def count(x: Representation, y: Representation) -> Count:
    """The dimension of Hom(X, Y) and how it was counted."""
    from synthesis.solver.product import factored

    pairs = factored(x, y)
    if pairs is not None:
        found = [count(a, b) for a, b in pairs.factors]
        return Count(prod(c.dimension for c in found), _joined(found))
    if isinstance(x.of, FiniteGroup):
        known = _finite(x, y)
        if known is not None:
            return known
    if x.kind == "sum" or y.kind == "sum":
        return _summed(x, y)
    if x.of.algebra:
        from synthesis.solver.weights import homs_by_weights

        dimension = homs_by_weights(x, y)
        if dimension is not None:
            return Count(dimension, "weights")
    from synthesis.solver.equations import equations, unknowns
    from synthesis.solver.nullspace import rank_bound

    if unknowns(x, y) > MOST:
        raise SpecError(
            "CM044",
            f"{x} → {y} is too large to count its maps: {unknowns(x, y)} unknowns",
            facts=[("most", str(MOST))],
            help=["of a classical group on a dim all maps are known: natural(Real[…], …, under=…)"],
        )
    bound = rank_bound(equations(x, y), unknowns(x, y))
    return Count(bound, "rank modulo another prime")


def _joined(found: list[Count]) -> str:
    return ", ".join(dict.fromkeys(c.method for c in found))


def _summed(x: Representation, y: Representation) -> Count:
    from synthesis.solver.blocks import parts

    known: dict[tuple[int, int], Count] = {}
    found = []
    for row in parts(y):
        for col in parts(x):
            key = (id(row), id(col))
            if key not in known:
                known[key] = count(col, row)
            found.append(known[key])
    return Count(sum(c.dimension for c in found), _joined(found))


# --- finite groups -------------------------------------------------------------------------------


def _finite(x: Representation, y: Representation) -> Count | None:
    group = x.of
    assert isinstance(group, FiniteGroup)
    factors = (*_factors(x), *_factors(y))
    if group.order == factorial(group.degree) and all(_is_points(p) for p in factors):
        powers = sum(p.kind != "trivial" for p in factors)
        scale = prod(p.dimension for p in factors if p.kind == "trivial")
        return Count(scale * _partitions(powers, group.degree), "Stirling numbers")
    if any(_is_free(p) for p in factors):
        return Count(x.dimension * y.dimension // group.order, "a free module")
    if _listable(group):
        from categorical.representations.characters import homs

        points = all(is_signed(p) and not _has_signs(p) for p in (x, y))
        return Count(homs(x, y), "Burnside" if points else "characters")
    if x.kind == "sum" or y.kind == "sum":
        return None
    if all(is_signed(p) and not _has_signs(p) for p in (x, y)):
        return Count(pairs_of_orbits(y, x), "orbits of stabilisers")
    return None


def _listable(group: FiniteGroup) -> bool:
    """Whether its conjugacy classes are at hand, by words that are short enough to multiply."""
    if group._classes is None and group.order > LISTED:
        return False
    return sum(len(one.word) for one in group.conjugacy_classes()) <= STEPS


def _factors(of: Representation) -> tuple[Representation, ...]:
    return of.parts if of.kind == "tensor" else (of,)


def _is_points(of: Representation) -> bool:
    """The points on which the group is defined, or a trivial action."""
    if of.kind == "trivial":
        return True
    group = of.of
    assert isinstance(group, FiniteGroup)
    if of.kind not in ("standard", "permutation") or of.dimension != group.degree:
        return False
    actions = {g: signed_action(of, g) for g in group.generators}
    return all(
        a is not None and a[1] is None and np.array_equal(a[0], group.permutations[g])
        for g, a in actions.items()
    )


def _partitions(ports: int, n: int) -> int:
    """Partitions of a set of ``ports`` elements into at most n blocks: Σ_{t ≤ n} S(ports, t)."""
    return sum(_stirling(ports, t) for t in range(n + 1))


@cache
def _stirling(m: int, t: int) -> int:
    if m == t:
        return 1
    if t <= 0 or t > m:
        return 0
    return t * _stirling(m - 1, t) + _stirling(m - 1, t - 1)


def _is_free(of: Representation) -> bool:
    """The regular representation: one orbit of as many points as the group has elements."""
    group = of.of
    assert isinstance(group, FiniteGroup)
    if of.kind == "regular":
        return True
    if of.dimension != group.order or not is_signed(of) or _has_signs(of):
        return False
    return len(_transversals(_images(of))) == 1


def _has_signs(of: Representation) -> bool:
    actions = [signed_action(of, g) for g in of.of.arrows]
    return any(a is not None and a[1] is not None for a in actions)


def _images(of: Representation) -> list[NDArray[np.int64]]:
    found = [signed_action(of, g) for g in of.of.arrows]
    return [np.asarray(a[0], dtype=np.int64) for a in found if a is not None]


def _transversals(images: list[NDArray[np.int64]]) -> list[list[tuple[int, int, int]]]:
    """For each orbit of points, a tree: (point, the point before it, the generator between)."""
    n = len(images[0]) if images else 1
    seen = np.zeros(n, dtype=bool)
    found = []
    for start in range(n):
        if seen[start]:
            continue
        seen[start], tree = True, [(start, -1, -1)]
        for point, _, _ in tree:
            for k, image in enumerate(images):
                to = int(image[point])
                if not seen[to]:
                    seen[to] = True
                    tree.append((to, point, k))
        found.append(tree)
    return found


def pairs_of_orbits(x: Representation, y: Representation) -> int:
    """The orbits on pairs: for each orbit of X, those of the stabiliser of a point on Y.

    Schreier's lemma: the stabiliser of x₀ is generated by u(gx)⁻¹ g u(x), for all x of the orbit
    and generators g, where u(x) carries x₀ to x."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    ours, theirs = _images(x), _images(y)
    n, total = y.dimension, 0
    if not ours:
        return x.dimension * y.dimension
    for tree in _transversals(ours):
        carry: dict[int, NDArray[np.int64]] = {}
        for point, before, k in tree:
            carry[point] = np.arange(n) if before < 0 else theirs[k][carry[before]]
        rows, cols = [], []
        for point in carry:
            for image, on in zip(ours, theirs):
                back = np.empty(n, dtype=np.int64)
                back[carry[int(image[point])]] = np.arange(n)
                rows.append(np.arange(n))
                cols.append(back[on[carry[point]]])
        edges = (np.concatenate(rows), np.concatenate(cols))
        graph = csr_matrix((np.ones(len(edges[0])), edges), shape=(n, n))
        total += connected_components(graph, directed=False)[0]
    return total
