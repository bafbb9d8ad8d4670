"""The real irreducible representations of cyclic and dihedral groups, with exact cosines.

Those of symmetric groups are in ``specht``; ``irreps`` knows all three families.

Definition.  In a cyclic group of order n the generator r turns the plane by 2πk/n (frequency k);
for k = 0 and 2k = n one dimension is enough.  In a dihedral group of order 2n, s is the reflection
diag(1, −1); the one-dimensional ones are told apart by the signs of r and s.

Laws.  Orthogonal matrices over a cyclotomic field.  ``irreps(G)`` is the complete list: pairwise
Hom is 0, and Σ dim²/dim End = |G|, where End is R, or C for the turns of a cyclic group.

>>> from categorical.groups import FiniteGroup
>>> c8 = FiniteGroup("C8", {"r": (1, 2, 3, 4, 5, 6, 7, 0)})
>>> [v.dimension for v in irreps(c8)], irrep(c8, 2).map("r")
([1, 2, 2, 2, 1], Matrix.of([[0, -1], [1, 0]]))

A frequency that repeats another is refused, and so is another group:

>>> irrep(c8, 5)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: C8 has the frequencies 0 … 4, not 5
...
"""

from __future__ import annotations

from math import factorial

import numpy as np

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import cos, sin
from categorical.groups.finite import FiniteGroup
from categorical.representations.elements import finite
from categorical.representations.representation import Representation
from categorical.representations.specht import partitions, specht


@checked
def irrep(group: FiniteGroup, k: int, reflection: int = 1) -> Representation:
    """The irreducible representation of frequency k, 0 ≤ 2k ≤ n, of dimension 1 or 2.

    ``reflection`` is the sign (±1) of s where the dimension is 1.  Recognised are a cyclic group
    with one generator and a dihedral group with generators r, s (s² = 1, s r s = r⁻¹), under any
    names.  CM042 for others (``regular`` and ``quotient`` hold their irreducible parts)."""
    turn, mirror, n = _recognised(finite(group, "an irreducible representation"))
    if not 0 <= 2 * k <= n:
        raise SpecError("CM042", f"{group} has the frequencies 0 … {n // 2}, not {k}")
    if reflection not in (1, -1):
        raise SpecError("CM042", f"a reflection acts by 1 or −1, not by {reflection}")
    flat = 2 * k in (0, n)
    if reflection == -1 and (mirror is None or not flat):
        raise SpecError(
            "CM042",
            f"the frequency {k} of {group} has one irreducible representation",
            help=[f"write irrep({group}, {k})"],
        )
    if flat:
        maps = {turn: Matrix.of([[1 if k == 0 else -1]])}
        last = Matrix.of([[reflection]])
    else:
        maps = {turn: rotation(n, k)}
        last = Matrix.of([[1, 0], [0, -1]])
    if mirror is not None:
        maps[mirror] = last
    sign = "−" if reflection == -1 else ""
    return Representation(group, maps, kind="irrep", name=f"{sign}ω{k}", checked=False)


@checked
def rotation(n: int, k: int = 1) -> Matrix:
    """The turn of the plane by 2πk/n, exact."""
    return Matrix.of([[cos(n, k), -sin(n, k)], [sin(n, k), cos(n, k)]])


@checked
def irreps(group: FiniteGroup) -> tuple[Representation, ...]:
    """All real irreducible representations of a cyclic, dihedral or (whole) symmetric group."""
    if group.degree >= 4 and group.order == factorial(group.degree):
        return tuple(specht(group, shape) for shape in partitions(group.degree))
    _, mirror, n = _recognised(finite(group, "an irreducible representation"))
    found = []
    for k in range(n // 2 + 1):
        found.append(irrep(group, k))
        if mirror is not None and 2 * k in (0, n):
            found.append(irrep(group, k, -1))
    return tuple(found)


def _recognised(group: FiniteGroup) -> tuple[str, str | None, int]:
    """(turn, mirror, order of the turn) of a cyclic or dihedral group."""
    names = group.generators
    if len(names) == 1:
        return names[0], None, group.order
    start = np.arange(group.degree)
    for turn, mirror in (names, names[::-1]) if len(names) == 2 else ():
        n = _order(group, turn)
        flips = np.array_equal(group.word((mirror, mirror)), start)
        inverts = np.array_equal(group.word((mirror, turn, mirror, turn)), start)
        if flips and inverts and group.order == 2 * n:
            return turn, mirror, n
    raise SpecError(
        "CM042",
        f"the irreducible representations of {group} are not known here",
        facts=[("known", "cyclic groups ⟨r⟩, dihedral groups ⟨r, s⟩, symmetric groups (specht)")],
        help=["regular(G) and quotient(G, H) contain them"],
    )


def _order(group: FiniteGroup, generator: str) -> int:
    image = group.permutations[generator]
    at, n = image, 1
    while not np.array_equal(at, np.arange(len(image))):
        at, n = image[at], n + 1
    return n
