"""Dimensions of spaces of invariants of classical Lie groups, by weights.

Definition.  The character of a representation on a maximal torus is a Laurent polynomial.  The
number of invariants of a connected compact group is the constant term of χ · ∏ (1 − e^(−α)) over
the positive roots (Weyl 1925; Molien).  A group that is not compact has the invariants of its
complexification, hence of that one's compact form (Weyl's unitary trick): O(1, 3) those of O(4),
GL(n) those of U(n), Sp(2m, R) those of Sp(m).  The reflections of O(n) are integrated by
themselves: −SO(n) for odd n, and for n = 2m the eigenangles of Sp(2m − 2) beside 1 and −1.

Nothing is solved.  Representations are those made of the standard one by ⊕ ⊗ * Sym Λ and traceless
parts; of others ``None`` is returned, never a guess.

>>> from categorical.groups import orthogonal, special_orthogonal
>>> v, w = special_orthogonal(3).standard(), orthogonal(3).standard()
>>> homs_by_weights(v * v, v), homs_by_weights(w * w, w)
(1, 0)

A group that is not reductive has no such count:

>>> from categorical.groups import special_euclidean
>>> homs_by_weights(*[special_euclidean(2).standard()] * 2) is None
True
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from categorical.groups.lie import LieGroup
from categorical.representations.representation import Representation

#: The most positive roots over which a product is expanded.
ROOTS = 20
Weight = tuple[int, ...]
Character = dict[Weight, int]
"""Multiplicities; the last number of a weight is the parity of the sign of its eigenvalue."""


class Component(NamedTuple):
    """A component of the group: eigenvalues of the standard representation, positive roots."""

    standard: Character
    roots: tuple[Weight, ...]


def _unit(rank: int, *signed: int, sign: int = 0) -> Weight:
    """e_i − e_j … from numbers ±(i + 1), and a parity."""
    found = [0] * rank
    for one in signed:
        found[abs(one) - 1] += 1 if one > 0 else -1
    return (*found, sign)


def _pairs(rank: int) -> Character:
    return {_unit(rank, s * (i + 1)): 1 for i in range(rank) for s in (1, -1)}


def _roots(rank: int, single: int = 0) -> tuple[Weight, ...]:
    """e_i ± e_j, and ``single`` times e_i where it is not 0."""
    found = [
        _unit(rank, i + 1, s * (j + 1)) for i, j in combinations(range(rank), 2) for s in (1, -1)
    ]
    if single:
        found += [_unit(rank, *[i + 1] * single) for i in range(rank)]
    return tuple(found)


def _linear(n: int, special: bool) -> Component:
    """e_i, modulo their sum where the determinant is 1."""
    if special:
        rank = n - 1
        units = [_unit(rank, i + 1) for i in range(rank)]
        units.append(_unit(rank, *(-i - 1 for i in range(rank))))
    else:
        units = [_unit(n, i + 1) for i in range(n)]
    roots = tuple(tuple(x - y for x, y in zip(a, b)) for a, b in combinations(units, 2))
    return Component(dict.fromkeys(units, 1), roots)


def _sum(a: Character, b: Character, factor: int = 1) -> Character:
    found = dict(a)
    for w, m in b.items():
        found[w] = found.get(w, 0) + factor * m
    return {w: m for w, m in found.items() if m}


def _times(a: Character, b: Character) -> Character:
    found: Character = {}
    for w, m in a.items():
        for v, n in b.items():
            key = (*(x + y for x, y in zip(w[:-1], v[:-1])), (w[-1] + v[-1]) % 2)
            found[key] = found.get(key, 0) + m * n
    return {w: m for w, m in found.items() if m}


def _turned(a: Character) -> Character:
    return {(*(-x for x in w[:-1]), w[-1]): m for w, m in a.items()}


def components(group: LieGroup) -> tuple[Component, ...] | None:
    """The components over which to average; None for groups without a known torus."""
    family, sizes = group.family, group.parameters
    if family in ("O", "SO", "Lorentz"):
        n = sum(sizes)
        m = n // 2
        plain = _pairs(m) | ({_unit(m): 1} if n % 2 else {})
        connected = Component(plain, _roots(m, n % 2))
        if not group.arrows:
            return (connected,)
        if n % 2:
            turned = {(*w[:-1], 1): mult for w, mult in plain.items()}
            return connected, Component(turned, connected.roots)
        rest = _pairs(m - 1) | {_unit(m - 1): 1, _unit(m - 1, sign=1): 1}
        return connected, Component(rest, _roots(m - 1, 2))
    if family == "Sp":
        m = sizes[0] // 2
        return (Component(_pairs(m), _roots(m, 2)),)
    if family in ("GL", "SL", "U", "SU"):
        one = _linear(sizes[0], family in ("SL", "SU"))
        if family in ("U", "SU"):  # on real vectors: V and its conjugate
            one = Component(_sum(one.standard, _turned(one.standard)), one.roots)
        return (one,)
    if family == "scaling":
        return (Component({(1, 0): sizes[0]}, ()),)
    return None


def character(of: Representation, standard: Character) -> Character | None:
    """The eigenvalues on a component; None for a construction that is not known here."""
    if of.kind in ("standard", "space"):
        return standard
    zero = (0,) * len(next(iter(standard)))
    if of.kind == "trivial":
        return {zero: of.dimension}
    parts = [character(p, standard) for p in of.parts]
    known = [p for p in parts if p is not None]
    if not parts or len(known) < len(parts):
        return None
    if of.kind in ("sum", "tensor"):
        found = known[0]
        for one in known[1:]:
            found = _sum(found, one) if of.kind == "sum" else _times(found, one)
        return found
    if of.kind == "dual":
        return _turned(known[0])
    if of.kind == "symmetric_power":
        return _power(known[0], of.degree, zero, True)
    if of.kind == "exterior_power":
        return _power(known[0], of.degree, zero, False)
    if of.kind in ("traceless", "spherical"):
        whole = _power(known[0], of.degree, zero, True)
        return _sum(whole, _power(known[0], of.degree - 2, zero, True), -1)
    return None


def _power(of: Character, k: int, zero: Weight, symmetric: bool) -> Character:
    """The eigenvalues of a symmetric or exterior power: one factor for each eigenvalue."""
    found: list[Character] = [{zero: 1}, *({} for _ in range(k))]
    for weight, multiplicity in of.items():
        for _ in range(multiplicity):
            for degree in range(1, k + 1) if symmetric else range(k, 0, -1):
                found[degree] = _sum(found[degree], _times(found[degree - 1], {weight: 1}))
    return found[k]


def homs_by_weights(x: Representation, y: Representation) -> int | None:
    """dim Hom(X, Y) = the invariants of X* ⊗ Y; None where the weights are not known."""
    if not isinstance(x.of, LieGroup) or (parts := components(x.of)) is None:
        return None
    if any(len(one.roots) > ROOTS for one in parts):
        return None  # the product over roots has too many terms
    total = 0
    for one in parts:
        source, target = character(x, one.standard), character(y, one.standard)
        if source is None or target is None:
            return None
        whole = _times(_turned(source), target)
        for root in one.roots:
            zero = (0,) * len(root)
            whole = _times(whole, {zero: 1, (*(-x for x in root[:-1]), 0): -1})
        total += sum(m * (-1) ** w[-1] for w, m in whole.items() if not any(w[:-1]))
    assert total % len(parts) == 0, "an average over components is a whole number"
    return total // len(parts)
