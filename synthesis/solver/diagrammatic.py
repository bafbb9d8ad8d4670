"""The route of diagrams: maps between tensor powers of a defining representation, in closed form.

Definition.  For S_n on n points, and for O(p, q), SO(p, q), Sp(n), GL(n) and SL(n) on vectors, the
maps between tensor products of the defining representation (and its dual) are spanned by diagrams:
partitions, pairings, walled pairings, with ε (Brauer 1937, Jones 1994).  So they are for products
of such groups, whose tensors have indices of several kinds.

Laws.  A group is recognised by what is checked of it, not by its name: S_n by its order, the
others by the dimension of a Lie algebra that keeps a form.  A component of determinant −1 excludes
ε.  Which diagrams are independent is exact at every size.

>>> from categorical.groups import orthogonal, special_orthogonal
>>> v = orthogonal(3).standard()
>>> diagrams_between(v ** 3, v ** 3)
Diagrams brauer(v): v v v → v v v, sums
>>> [basis_of_diagrams(u ** 2, u).count for u in (v, special_orthogonal(3).standard())]
[0, 1]

A cyclic group is no group of this kind:

>>> from categorical.groups import cyclic
>>> diagrams_between(cyclic(4).standard(), cyclic(4).standard()) is None
True
"""

from __future__ import annotations

from math import factorial
from typing import Any, NamedTuple

import numpy as np

from categorical.diagrams import Diagrams, Factor, Port
from categorical.exact.basis import Basis
from categorical.exact.matrices import Matrix
from categorical.groups import FiniteGroup, LieGroup
from categorical.representations.representation import Representation


class Known(NamedTuple):
    """A family of diagrams, at one size."""

    factor: Factor
    size: int


def diagrams_between(source: Representation, target: Representation) -> Diagrams | None:
    """All maps between two tensor products, or ``None`` where diagrams do not give them."""
    ports: list[list[Port]] = []
    known: dict[int, tuple[int, Known]] = {}
    for one in (target, source):
        indices = _indices(one)
        if indices is None:
            return None
        ports.append([])
        for atom, dual in indices:
            if id(atom) not in known:
                family = _family(atom, len(known))
                if family is None:
                    return None
                known[id(atom)] = (len(known), family)
            ports[-1].append(Port(known[id(atom)][0], dual))
    if not _separate([atom for one in (target, source) for atom, _ in _indices(one) or ()]):
        return None
    if not known:
        return None
    return Diagrams([family.factor for _, family in known.values()], *ports, scale="sum")


def basis_of_diagrams(source: Representation, target: Representation) -> Basis | None:
    """The diagrams that are independent at this size, as tensors (target, source)."""
    found = diagrams_between(source, target)
    return None if found is None else found.at(_sizes(source, target))


def dimension_of_diagrams(source: Representation, target: Representation) -> int | None:
    """The dimension, by Stirling numbers and by counting tableaux."""
    found = diagrams_between(source, target)
    return None if found is None else found.dimension_at(_sizes(source, target))


def _sizes(source: Representation, target: Representation) -> list[int]:
    atoms = {id(a): a for one in (target, source) for a, _ in _indices(one) or ()}
    return [a.dimension for a in atoms.values()]


def _indices(one: Representation) -> list[tuple[Representation, bool]] | None:
    """The defining representations of which this is the tensor product, and whether dualised."""
    if one.kind == "trivial":
        return [] if one.dimension == 1 else None
    if one.kind in ("standard", "permutation", "inflated"):
        return [(one, False)]
    if one.kind == "dual":
        inner = _indices(one.parts[0])
        return None if inner is None else [(a, not dual) for a, dual in inner]
    if one.kind != "tensor":
        return None
    found: list[tuple[Representation, bool]] = []
    for part in one.parts:
        inner = _indices(part)
        if inner is None:
            return None
        found += inner
    return found


def _separate(atoms: list[Representation]) -> bool:
    """Different indices are acted on by different factors of the group (and all factors count:
    one that acts on no index imposes nothing)."""
    distinct = {id(a): a for a in atoms}.values()
    if len(distinct) < 2:
        return True
    places = [getattr(a, "factor", None) if a.kind == "inflated" else None for a in distinct]
    return None not in places and len(set(places)) == len(places)


def _family(atom: Representation, number: int) -> Known | None:
    """The family of the group on its defining representation, where that is certain."""
    own = atom.parts[0] if atom.kind == "inflated" else atom
    if own.kind not in ("standard", "permutation"):
        return None
    group, n = own.of, own.dimension
    suffix = "" if number == 0 else str(number + 1)
    if isinstance(group, FiniteGroup):
        return Known(Factor("partition", f"n{suffix}"), n) if _all(group, own) else None
    if not isinstance(group, LieGroup) or own is not group.standard():
        return None
    flips = any(_negative(own.map(g)) for g in group.arrows)
    name, more = f"v{suffix}", "" if flips else "+epsilon"
    if group.form is not None:
        return _of_form(group, group.form, name, n, more)
    if group.dimension == n * n:
        return Known(Factor("walled", name), n)
    traceless = all(own.derivative(a).trace() == 0 for a in group.algebra)
    if group.dimension == n * n - 1 and traceless and group.connected:
        return Known(Factor("walled+epsilon", name, n), n)
    return None


def _of_form(group: LieGroup, form: Matrix, name: str, n: int, more: str) -> Known | None:
    """The group of all (special) isometries of a form, by the dimension of its algebra."""
    if group.dimension == n * (n - 1) // 2:
        known = form.signed_image
        if known is None or not np.array_equal(known[0], np.arange(n)):
            return None
        signs = tuple(int(s) for s in known[1])
        size = n if more else None
        if all(s == 1 for s in signs):
            return Known(Factor(f"brauer{more}", name, size), n)
        return Known(Factor(f"metric{more}", name, n, signs), n)
    if group.dimension == n * (n + 1) // 2 and n % 2 == 0:
        wanted = Factor("symplectic", name).form(n)
        return Known(Factor("symplectic", name), n) if form == Matrix.of(wanted) else None
    return None


def _all(group: FiniteGroup, points: Representation) -> bool:
    """Whether a group acts on points by all permutations of them."""
    n = points.dimension
    if n != group.degree or group.order != factorial(n):
        return False
    permutations: Any = group.permutations
    return all(
        points.map(g).is_permutation and np.array_equal(points.map(g).image, permutations[g])
        for g in group.arrows
    )


def _negative(component: Matrix) -> bool:
    """Whether a matrix that keeps a form reverses the orientation."""
    known = component.signed_image
    if known is not None:
        image, signs = known
        order = image.tolist()
        later = sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])
        return bool(np.prod(signs) * (-1) ** later < 0)
    from sympy import Matrix as Symbolic

    return bool(Symbolic(component.dense().tolist()).det() < 0)
