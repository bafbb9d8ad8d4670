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
>>> isometries(3, 0, 1, part="connected").vector.derivative("A14")
Matrix.of([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [-1, 0, 0, 0]])

A signature with a negative number is refused:

>>> isometries(3, -1)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: no quadratic form here has the signature (3, -1, 0)
...
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, cached_property
from itertools import combinations
from typing import Literal

from categorical.categories.presented import Presentation
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Number
from categorical.representations.representation import Representation

Part = Literal["all", "special", "connected"]
_PARTS = {"all": "O", "special": "SO", "connected": "SO⁺"}


class Isometries(Presentation):
    """See the module; made by ``isometries``."""

    def __init__(self, p: int, q: int, r: int, part: Part, radical: bool) -> None:
        if part not in _PARTS:
            raise SpecError("CM042", f"isometries have the parts {', '.join(_PARTS)}, not {part}")
        self.squares = (1,) * p + (-1,) * q + (0,) * r
        n, first = p + q + r, p + q
        derivatives: dict[str, Matrix] = {}
        self._marks: dict[str, tuple[int, int, int]] = {}
        for i, j in combinations(range(n), 2):
            a, b = self.squares[i], self.squares[j]
            if a or b:
                name = f"A{i + 1}{j + 1}"
                derivatives[name] = Matrix((n, n), [i, j], [j, i], [b, -a])
                self._marks[name] = (i, j, b) if b else (j, i, -a)
        if radical:
            for i in range(first, n):
                for j in range(first, n):
                    derivatives[f"E{i + 1}{j + 1}"] = Matrix((n, n), [i], [j], [1])
                    self._marks[f"E{i + 1}{j + 1}"] = (i, j, 1)

        def flip(*places: int) -> Matrix:
            return Matrix.signed(range(n), [-1 if i in places else 1 for i in range(n)])

        starts = [name for name, size in (("P", p), ("N", q), ("M", r if radical else 0)) if size]
        at = {"P": 0, "N": p, "M": first}
        maps: dict[str, Matrix] = {}
        if part == "all":
            maps = {name: flip(at[name]) for name in starts}
        elif part == "special":
            maps = {a + b: flip(at[a], at[b]) for a, b in combinations(starts, 2)}
        name = f"{_PARTS[part]}({p}, {q}, {r})" + (" and GL of the radical" if radical else "")
        super().__init__(
            name,
            ("*",),
            dict.fromkeys(maps, ("*", "*")),
            tuple(((g, g), ()) for g in maps)
            + tuple(((g, h), (h, g)) for g, h in combinations(maps, 2)),
            invertible=True,
            algebra=tuple(derivatives),
        )
        self._maps, self._matrices = maps, derivatives

    def brackets(self) -> dict[tuple[str, str], dict[str, Number]]:
        """[a, b] of the generators as combinations of them."""
        return self._brackets

    @cached_property
    def _brackets(self) -> dict[tuple[str, str], dict[str, Number]]:
        found: dict[tuple[str, str], dict[str, Number]] = {}
        for a, b in combinations(self.algebra, 2):
            x, y = self._matrices[a], self._matrices[b]
            found[a, b] = self._combination(x @ y - y @ x)
        return found

    def adjoint(self) -> dict[tuple[str, str], dict[str, Number]]:
        """g a g⁻¹ of a reflection and a generator, as a combination of generators."""
        return {
            (g, a): self._combination(map_ @ derivative @ map_)
            for g, map_ in self._maps.items()
            for a, derivative in self._matrices.items()
        }

    def _combination(self, of: Matrix) -> dict[str, Number]:
        entries = dict(zip(zip(of.rows.tolist(), of.cols.tolist()), of.values.tolist()))
        return {
            c: Fraction(entries[i, j], unit)
            for c, (i, j, unit) in self._marks.items()
            if (i, j) in entries
        }

    @cached_property
    def vector(self) -> Representation:
        """The defining representation; checked (relations and brackets)."""
        return Representation(
            self,
            self._maps,
            self._matrices,
            dims={"*": len(self.squares)},
            kind="standard",
            name="V",
        )


@checked
@cache
def isometries(
    p: int, q: int = 0, r: int = 0, *, part: Part = "all", radical: bool = False
) -> Isometries:
    """O(p, q) with its shears into r null vectors; ``part``: all components, those of determinant
    1, or that of the identity."""
    if min(p, q, r) < 0 or p + q + r > 9:
        raise SpecError("CM042", f"no quadratic form here has the signature ({p}, {q}, {r})")
    return Isometries(p, q, r, part, radical)
