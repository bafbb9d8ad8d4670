"""The isometries of a quadratic form with p ones, q minus ones and r zeros.

Definition.  The algebra has one generator ``A12`` for each pair of basis vectors that are not both
null: eⱼ ↦ ηⱼ eᵢ, eᵢ ↦ −ηᵢ eⱼ (a turn, a boost, or a shear into the radical, which is a translation
in projective geometric algebra).  The components are reached by the reflections ``P`` of the first
positive and ``N`` of the first negative vector.  Null vectors stay fixed, as under the Pin group;
with ``radical=True`` all of GL(r) acts on them.

Laws.  The brackets close, and the vector representation keeps the form.  O(p, q) for r = 0; for
(3, 0, 1) the Euclidean group E(3).

>>> isometries(1, 3), isometries(1, 3).algebra, tuple(isometries(1, 3).arrows)
(O(1, 3, 0), ('A12', 'A13', 'A14', 'A23', 'A24', 'A34'), ('P', 'N'))
>>> isometries(3, 0, 1, part="connected").standard().derivative("A14")
Matrix.of([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [-1, 0, 0, 0]])

A signature with a negative number is refused:

>>> isometries(3, -1)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: no quadratic form here has the signature (3, -1, 0)
...
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Literal

from categorical.categories.presented import Path
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.groups.lie import LieGroup

Part = Literal["all", "special", "connected"]
_PARTS = {"all": "O", "special": "SO", "connected": "SO⁺"}


@checked
@cache
def isometries(
    p: int, q: int = 0, r: int = 0, *, part: Part = "all", radical: bool = False
) -> LieGroup:
    """O(p, q) with its shears into r null vectors; ``part``: all components, those of determinant
    1, or that of the identity.  ``standard()`` is the action on vectors.

    CM042 for a signature with negative numbers, or one whose group is trivial."""
    n = p + q + r
    if min(p, q, r) < 0 or n > 9:
        raise SpecError("CM042", f"no quadratic form here has the signature ({p}, {q}, {r})")
    squares = (1,) * p + (-1,) * q + (0,) * r
    derivatives: dict[str, Matrix] = {}
    for i, j in combinations(range(n), 2):
        a, b = squares[i], squares[j]
        if a or b:
            derivatives[f"A{i + 1}{j + 1}"] = Matrix((n, n), [i, j], [j, i], [b, -a])
    if radical:
        for i in range(p + q, n):
            for j in range(p + q, n):
                derivatives[f"E{i + 1}{j + 1}"] = Matrix((n, n), [i], [j], [1])
    maps = _components(p, q, r if radical else 0, n, part)
    name = f"{_PARTS[part]}({p}, {q}, {r})" + (" and GL of the radical" if radical else "")
    if not maps and not derivatives:
        raise SpecError("CM042", f"`{name}` is the trivial group")
    relations: list[Path] = [(g, g) for g in maps]
    relations += [(g, h, f"{g}^-1", f"{h}^-1") for g, h in combinations(maps, 2)]
    definite = q == r == 0
    return LieGroup(
        name,
        derivatives,
        maps,
        relations,
        form=Matrix((n, n), range(n), range(n), squares),
        family=("O" if part == "all" else "SO") if definite else "",
        parameters=(n,) if definite else (),
    )


def _components(p: int, q: int, r: int, n: int, part: Part) -> dict[str, Matrix]:
    """Reflections that reach the components, or products of two of them."""

    def flip(*places: int) -> Matrix:
        return Matrix.signed(range(n), [-1 if i in places else 1 for i in range(n)])

    at = {name: k for name, k, size in (("P", 0, p), ("N", p, q), ("M", p + q, r)) if size}
    if part == "all":
        return {name: flip(k) for name, k in at.items()}
    if part == "special":
        return {a + b: flip(at[a], at[b]) for a, b in combinations(at, 2)}
    return {}
