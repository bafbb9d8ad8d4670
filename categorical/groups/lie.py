"""Lie groups, given by their algebra and one element of each further component.

Definition.  A Lie group has infinitesimal generators (``algebra``: matrices that close under
brackets) and arrows, one for each generator of the group of components.  Matrices have exact
entries.  Complex groups act on real and imaginary parts.

Laws.  Every bracket is a combination of the generators (found and checked exactly); where the group
keeps a bilinear form η, AᵀΗ + ηA = 0 and gᵀηg = η.  A map commutes with the group exactly when it
commutes with the algebra and with the representatives of components (Finzi et al. 2021, theorem 1).

>>> o3 = orthogonal(3)
>>> o3, o3.algebra, tuple(o3.arrows), o3.brackets()["L01", "L12"]
(O(3), ('L01', 'L02', 'L12'), ('m',), {'L02': Fraction(1, 1)})
>>> lorentz().form.dense().tolist()[0], tuple(lorentz().arrows)
([1, 0, 0, 0], ('t', 'p'))

Matrices that do not close under brackets generate more than they say:

>>> a, b = Matrix.of([[0, 1], [0, 0]]), Matrix.of([[0, 0], [1, 0]])
>>> LieGroup("half", {"a": a, "b": b}).brackets()
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: the algebra of `half` is not closed: [a, b] is outside
...
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache, cached_property
from typing import TYPE_CHECKING

from categorical.categories.presented import Presentation, Relation
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Number, inverse

if TYPE_CHECKING:
    from categorical.representations.representation import Representation

Brackets = dict[tuple[str, str], dict[str, Number]]


class LieGroup(Presentation):
    """See the module.  ``family`` names the kind of group, ``compact`` whether it is compact."""

    def __init__(
        self,
        name: str,
        algebra: Mapping[str, Matrix],
        components: Mapping[str, Matrix] | None = None,
        *,
        relations: tuple[Relation, ...] = (),
        form: Matrix | None = None,
        compact: bool = False,
        family: str = "",
    ) -> None:
        arrows = dict(components or {})
        super().__init__(
            name,
            ("*",),
            {g: ("*", "*") for g in arrows},
            relations,
            invertible=True,
            algebra=tuple(algebra),
        )
        self._algebra, self._components = dict(algebra), arrows
        self.form, self.compact, self.family = form, compact, family
        self._keeps_form()

    @property
    def connected(self) -> bool:
        """Whether there are no further components."""
        return not self.arrows

    @property
    def size(self) -> int:
        """The dimension of the standard representation."""
        return next(iter((*self._algebra.values(), *self._components.values()))).shape[0]

    @cache  # noqa: B019
    def standard(self) -> Representation:
        """The defining representation."""
        from categorical.representations.representation import Representation

        return Representation(self, self._components, self._algebra, kind="standard", name="V")

    def brackets(self) -> Brackets:
        """[a, b] = Σ factors ⋅ generators, for every pair of generators; CM043 if not closed."""
        return self._brackets

    @cached_property
    def _brackets(self) -> Brackets:
        names = list(self._algebra)
        solver = _Span([self._algebra[a] for a in names])
        found: Brackets = {}
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                x, y = self._algebra[a], self._algebra[b]
                factors = solver.coordinates(x @ y - y @ x)
                if factors is None:
                    raise SpecError(
                        "CM043",
                        f"the algebra of `{self.name}` is not closed: [{a}, {b}] is outside",
                        help=["add the bracket as a generator"],
                    )
                found[a, b] = {names[k]: factor for k, factor in factors.items()}
        return found

    def _keeps_form(self) -> None:
        if self.form is None:
            return
        for a, x in self._algebra.items():
            if len((x.T @ self.form + self.form @ x).values):
                raise SpecError("CM043", f"`{a}` of `{self.name}` does not keep the form")
        for g, x in self._components.items():
            if x.T @ self.form @ x != self.form:
                raise SpecError("CM043", f"`{g}` of `{self.name}` does not keep the form")


class _Span:
    """Coordinates in the span of independent matrices, by elimination."""

    def __init__(self, matrices: list[Matrix]) -> None:
        self.rows: list[tuple[tuple[int, int], dict[tuple[int, int], Number], dict[int, Number]]]
        self.rows = []
        for k, one in enumerate(matrices):
            entries, factors = self._reduced(_entries(one), {k: Fraction(1)})
            if not entries:
                raise SpecError("CM043", "the generators of an algebra are dependent")
            pivot = min(entries)
            scale = inverse(entries[pivot])
            entries = {p: v * scale for p, v in entries.items()}
            self.rows.append((pivot, entries, {k: v * scale for k, v in factors.items()}))

    def coordinates(self, one: Matrix) -> dict[int, Number] | None:
        """The factors of a combination; None outside the span."""
        entries, factors = self._reduced(_entries(one), {})
        return None if entries else {k: -v for k, v in sorted(factors.items()) if v != 0}

    def _reduced(
        self, entries: dict[tuple[int, int], Number], factors: dict[int, Number]
    ) -> tuple[dict[tuple[int, int], Number], dict[int, Number]]:
        for pivot, row, combination in self.rows:
            scale = entries.get(pivot, 0)
            if scale != 0:
                for p, v in row.items():
                    entries[p] = entries.get(p, 0) - scale * v
                for k, v in combination.items():
                    factors[k] = factors.get(k, 0) - scale * v
        return {p: v for p, v in entries.items() if v != 0}, factors


def _entries(one: Matrix) -> dict[tuple[int, int], Number]:
    return {
        (int(i), int(j)): v for i, j, v in zip(one.rows, one.cols, one.values.tolist(), strict=True)
    }


def _unit(n: int, *entries: tuple[int, int, int]) -> Matrix:
    rows, cols, values = zip(*entries)
    return Matrix((n, n), rows, cols, values)


def _size(name: str, n: object, least: int) -> int:
    if type(n) is not int or n < least:
        raise SpecError("CM042", f"`{name}` of {n!r}", help=[f"a whole number from {least} on"])
    return n


def _pairs(n: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(n) for j in range(i + 1, n)]


def _rotations(n: int, size: int | None = None) -> dict[str, Matrix]:
    return {f"L{i}{j}": _unit(size or n, (i, j, -1), (j, i, 1)) for i, j in _pairs(n)}


def _reflection(n: int, size: int | None = None) -> Matrix:
    return Matrix.signed(range(size or n), [-1, *[1] * ((size or n) - 1)])


@cache
def special_orthogonal(n: int) -> LieGroup:
    """SO(n): the rotations of n-space."""
    _size("special_orthogonal", n, 2)
    return LieGroup(f"SO({n})", _rotations(n), form=Matrix.identity(n), compact=True, family="SO")


@cache
def orthogonal(n: int) -> LieGroup:
    """O(n): rotations, and the reflection m of the first axis."""
    _size("orthogonal", n, 1)
    return LieGroup(
        f"O({n})",
        _rotations(n),
        {"m": _reflection(n)},
        relations=((("m", "m"), ()),),
        form=Matrix.identity(n),
        compact=True,
        family="O",
    )


def _boosts() -> dict[str, Matrix]:
    return {f"K{i}": _unit(4, (0, i, 1), (i, 0, 1)) for i in (1, 2, 3)} | {
        f"L{i}{j}": _unit(4, (i, j, -1), (j, i, 1)) for i, j in ((1, 2), (1, 3), (2, 3))
    }


_METRIC = Matrix.signed(range(4), [1, -1, -1, -1])


@cache
def proper_lorentz() -> LieGroup:
    """SO⁺(1, 3): rotations and boosts."""
    return LieGroup("SO+(1,3)", _boosts(), form=_METRIC, family="Lorentz+")


@cache
def lorentz() -> LieGroup:
    """O(1, 3) with its four components: t reverses time, p reflects space."""
    t, p = Matrix.signed(range(4), [-1, 1, 1, 1]), Matrix.signed(range(4), [1, -1, -1, -1])
    words: tuple[Relation, ...] = ((("t", "t"), ()), (("p", "p"), ()), (("t", "p"), ("p", "t")))
    return LieGroup(
        "O(1,3)", _boosts(), {"t": t, "p": p}, relations=words, form=_METRIC, family="Lorentz"
    )


def _affine(n: int) -> dict[str, Matrix]:
    return _rotations(n, n + 1) | {f"T{i}": _unit(n + 1, (i, n, 1)) for i in range(n)}


@cache
def special_euclidean(n: int) -> LieGroup:
    """SE(n) in homogeneous coordinates: rotations, and translations T."""
    _size("special_euclidean", n, 1)
    return LieGroup(f"SE({n})", _affine(n), family="SE")


@cache
def euclidean(n: int) -> LieGroup:
    """E(n) in homogeneous coordinates: also the reflection m of the first axis."""
    _size("euclidean", n, 1)
    words: tuple[Relation, ...] = ((("m", "m"), ()),)
    return LieGroup(
        f"E({n})", _affine(n), {"m": _reflection(n, n + 1)}, relations=words, family="E"
    )


@cache
def general_linear(n: int) -> LieGroup:
    """GL(n): all invertible matrices; m has determinant −1."""
    _size("general_linear", n, 1)
    algebra = {f"E{i}{j}": _unit(n, (i, j, 1)) for i in range(n) for j in range(n)}
    words: tuple[Relation, ...] = ((("m", "m"), ()),)
    return LieGroup(f"GL({n})", algebra, {"m": _reflection(n)}, relations=words, family="GL")


@cache
def special_linear(n: int) -> LieGroup:
    """SL(n): determinant 1."""
    _size("special_linear", n, 2)
    algebra = {f"E{i}{j}": _unit(n, (i, j, 1)) for i in range(n) for j in range(n) if i != j}
    algebra |= {f"H{i}": _unit(n, (i, i, 1), (i + 1, i + 1, -1)) for i in range(n - 1)}
    return LieGroup(f"SL({n})", algebra, family="SL")


@cache
def symplectic(n: int) -> LieGroup:
    """Sp(n) on a space of even dimension n, with the form [[0, 1], [−1, 0]] in blocks."""
    _size("symplectic", n, 2)
    if n % 2:
        raise SpecError("CM042", f"a symplectic space of odd dimension {n}")
    h = n // 2
    algebra = {
        f"A{i}{j}": _unit(n, (i, j, 1), (h + j, h + i, -1)) for i in range(h) for j in range(h)
    }
    for i in range(h):
        for j in range(i, h):
            both = [(i, j), (j, i)] if i != j else [(i, i)]
            algebra[f"B{i}{j}"] = _unit(n, *((a, h + b, 1) for a, b in both))
            algebra[f"C{i}{j}"] = _unit(n, *((h + a, b, 1) for a, b in both))
    form = _unit(n, *((i, h + i, 1) for i in range(h)), *((h + i, i, -1) for i in range(h)))
    return LieGroup(f"Sp({n})", algebra, form=form, family="Sp")


def _real(n: int, entries: list[tuple[int, int, int, int]]) -> Matrix:
    """A complex n×n matrix (row, column, real part, imaginary part) on real and imaginary parts."""
    found = []
    for i, j, re, im in entries:
        found += [(i, j, re), (n + i, n + j, re), (i, n + j, -im), (n + i, j, im)]
    return _unit(2 * n, *((i, j, v) for i, j, v in found if v))


def _antihermitian(n: int) -> dict[str, Matrix]:
    found = {f"X{i}{j}": _real(n, [(i, j, 1, 0), (j, i, -1, 0)]) for i, j in _pairs(n)}
    return found | {f"Y{i}{j}": _real(n, [(i, j, 0, 1), (j, i, 0, 1)]) for i, j in _pairs(n)}


@cache
def unitary(n: int) -> LieGroup:
    """U(n) on the 2n real coordinates (real parts, then imaginary parts)."""
    _size("unitary", n, 1)
    algebra = _antihermitian(n) | {f"Z{i}": _real(n, [(i, i, 0, 1)]) for i in range(n)}
    form = Matrix.identity(2 * n)
    return LieGroup(f"U({n})", algebra, form=form, compact=True, family="U")


@cache
def special_unitary(n: int) -> LieGroup:
    """SU(n) on the 2n real coordinates."""
    _size("special_unitary", n, 2)
    algebra = _antihermitian(n) | {
        f"Z{i}": _real(n, [(i, i, 0, 1), (i + 1, i + 1, 0, -1)]) for i in range(n - 1)
    }
    form = Matrix.identity(2 * n)
    return LieGroup(f"SU({n})", algebra, form=form, compact=True, family="SU")


@cache
def scaling(n: int = 1) -> LieGroup:
    """Multiplication of n coordinates by one positive number."""
    return LieGroup("scaling", {"D": Matrix.identity(_size("scaling", n, 1))}, family="scaling")
