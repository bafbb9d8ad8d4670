"""The classical Lie groups, with exact generators in their defining matrices.

Definition.  Generators of turns and boosts are ``A12``: eⱼ ↦ ηⱼ eᵢ, eᵢ ↦ −ηᵢ eⱼ; those of all
matrices ``E12``: e₂ ↦ e₁.  Unitary groups act on real vectors of length 2n, (Re, Im); Euclidean
groups on homogeneous coordinates (x, 1) of length n + 1.

Laws.  Checked when made: brackets, components, the invariant form.

>>> orthogonal(3), orthogonal(3).algebra, tuple(orthogonal(3).arrows)
(O(3), ('A12', 'A13', 'A23'), ('P',))
>>> lorentz().brackets()["A12", "A13"], lorentz().form
({'A23': -1}, Matrix.of([[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0], [0, 0, 0, -1]]))

Symplectic spaces have even dimension:

>>> symplectic(3)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: there is no symplectic(3)
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations

from categorical.categories.presented import Path
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.groups.lie import LieGroup


def _numbered(letter: str, i: int, j: int, n: int) -> str:
    return f"{letter}{i + 1}{j + 1}" if n < 10 else f"{letter}{i + 1},{j + 1}"


def _unit(n: int, i: int, j: int) -> Matrix:
    """eⱼ ↦ eᵢ."""
    return Matrix((n, n), [i], [j], [1])


def _turns(signs: Sequence[int]) -> dict[str, Matrix]:
    """The derivatives that keep the form diag(signs)."""
    n = len(signs)
    return {
        _numbered("A", i, j, n): Matrix((n, n), [i, j], [j, i], [signs[j], -signs[i]])
        for i, j in combinations(range(n), 2)
    }


def _flip(n: int, *places: int) -> Matrix:
    return Matrix.signed(range(n), [-1 if i in places else 1 for i in range(n)])


def _size(name: str, n: object, least: int = 1, even: bool = False) -> int:
    if type(n) is not int or n < least or (even and n % 2):
        kind = "an even number" if even else "a whole number"
        raise SpecError(
            "CM042",
            f"there is no {name}({n!r})",
            help=[f"the dimension is {kind} from {least} on"],
        )
    return n


def _chain(letter: str, n: int) -> tuple[str, ...]:
    """The neighbours A12, A23, …, which generate the turns."""
    return tuple(_numbered(letter, i, i + 1, n) for i in range(n - 1))


@cache
def orthogonal(n: int) -> LieGroup:
    """O(n): the turns, and the reflection ``P`` of the first axis."""
    _size("orthogonal", n)
    return LieGroup(
        f"O({n})",
        _turns((1,) * n),
        {"P": _flip(n, 0)},
        (("P", "P"),),
        form=Matrix.identity(n),
        family="O",
        parameters=(n,),
        generating=_chain("A", n),
    )


@cache
def special_orthogonal(n: int) -> LieGroup:
    """SO(n): the turns."""
    _size("special_orthogonal", n, 2)
    return LieGroup(
        f"SO({n})",
        _turns((1,) * n),
        form=Matrix.identity(n),
        family="SO",
        parameters=(n,),
        generating=_chain("A", n),
    )


def _lorentz(name: str, components: Mapping[str, Matrix], relations: Sequence[Path]) -> LieGroup:
    signs = (1, -1, -1, -1)
    return LieGroup(
        name,
        _turns(signs),
        components,
        relations,
        form=Matrix.signed(range(4), signs),
        family="Lorentz",
        parameters=(1, 3),
        generating=_chain("A", 4),
    )


@cache
def lorentz() -> LieGroup:
    """O(1, 3) with all four components: ``T`` turns time, ``P`` space; the form is (+, −, −, −)."""
    maps = {"T": _flip(4, 0), "P": _flip(4, 1, 2, 3)}
    return _lorentz("O(1,3)", maps, (("T", "T"), ("P", "P"), ("T", "P") * 2))


@cache
def proper_lorentz() -> LieGroup:
    """SO⁺(1, 3), the component of the identity."""
    return _lorentz("SO⁺(1,3)", {}, ())


@cache
def symplectic(n: int) -> LieGroup:
    """Sp(n, R) on vectors of even length n = 2m; the form is [[0, 1], [−1, 0]] in blocks of m."""
    m = _size("symplectic", n, 2, even=True) // 2
    algebra: dict[str, Matrix] = {}
    for i in range(m):
        for j in range(m):
            algebra[_numbered("Z", i, j, m)] = _unit(n, i, j) - _unit(n, m + j, m + i)
    for i in range(m):
        for j in range(i, m):
            up = _unit(n, i, m + j) + _unit(n, j, m + i) if i < j else _unit(n, i, m + i)
            algebra[_numbered("X", i, j, m)] = up
            algebra[_numbered("Y", i, j, m)] = up.T
    steps = [_numbered(letter, i, i + 1, m) for letter in "XY" for i in range(m - 1)]
    ends = [_numbered(letter, i, i, m) for letter in "XY" for i in range(m)]
    return LieGroup(
        f"Sp({n})",
        algebra,
        form=Matrix.signed([*range(m, n), *range(m)], [-1] * m + [1] * m),
        family="Sp",
        parameters=(n,),
        generating=(*ends, *steps),
    )


@cache
def general_linear(n: int) -> LieGroup:
    """GL(n, R): all matrices, and the reflection ``P`` of the first axis."""
    _size("general_linear", n)
    units = {_numbered("E", i, j, n): _unit(n, i, j) for i in range(n) for j in range(n)}
    steps = [_numbered("E", *p, n) for i in range(n - 1) for p in ((i, i + 1), (i + 1, i))]
    return LieGroup(
        f"GL({n})",
        units,
        {"P": _flip(n, 0)},
        (("P", "P"),),
        family="GL",
        parameters=(n,),
        generating=(*steps, _numbered("E", 0, 0, n)),
    )


@cache
def special_linear(n: int) -> LieGroup:
    """SL(n, R): matrices of trace 0; ``H1`` is E11 − E22."""
    _size("special_linear", n, 2)
    units = {_numbered("E", i, j, n): _unit(n, i, j) for i in range(n) for j in range(n) if i != j}
    units |= {f"H{i + 1}": _unit(n, i, i) - _unit(n, i + 1, i + 1) for i in range(n - 1)}
    steps = [_numbered("E", *p, n) for i in range(n - 1) for p in ((i, i + 1), (i + 1, i))]
    return LieGroup(f"SL({n})", units, family="SL", parameters=(n,), generating=steps)


def _unitary(n: int) -> dict[str, Matrix]:
    """i(Eᵢⱼ + Eⱼᵢ) and Eᵢⱼ − Eⱼᵢ, as real matrices [[Re, −Im], [Im, Re]]."""
    turn = Matrix.of([[0, -1], [1, 0]])
    found: dict[str, Matrix] = {}
    for i, j in combinations(range(n), 2):
        skew, even = _unit(n, i, j) - _unit(n, j, i), _unit(n, i, j) + _unit(n, j, i)
        found[_numbered("A", i, j, n)] = Matrix.identity(2).kron(skew)
        found[_numbered("S", i, j, n)] = turn.kron(even)
    return found


@cache
def unitary(n: int) -> LieGroup:
    """U(n) on real vectors (Re, Im) of length 2n; ``D1`` turns the phase of the first entry."""
    _size("unitary", n)
    turn = Matrix.of([[0, -1], [1, 0]])
    phases = {f"D{i + 1}": turn.kron(_unit(n, i, i)) for i in range(n)}
    return LieGroup(
        f"U({n})",
        {**_unitary(n), **phases},
        form=Matrix.identity(2 * n),
        family="U",
        parameters=(n,),
        generating=(*_chain("A", n), "D1"),
    )


@cache
def special_unitary(n: int) -> LieGroup:
    """SU(n) on real vectors (Re, Im) of length 2n; ``H1`` is D1 − D2."""
    _size("special_unitary", n, 2)
    turn = Matrix.of([[0, -1], [1, 0]])
    phases = {f"H{i + 1}": turn.kron(_unit(n, i, i) - _unit(n, i + 1, i + 1)) for i in range(n - 1)}
    return LieGroup(
        f"SU({n})",
        {**_unitary(n), **phases},
        form=Matrix.identity(2 * n),
        family="SU",
        parameters=(n,),
        generating=(*_chain("A", n), *_chain("S", n)),
    )


def _motions(n: int) -> dict[str, Matrix]:
    """The turns of n axes and the shifts ``T1``, … on vectors (x, 1)."""
    turns = {a: m.plus(Matrix.zero(1, 1)) for a, m in _turns((1,) * n).items()}
    return {**turns, **{f"T{i + 1}": _unit(n + 1, i, n) for i in range(n)}}


@cache
def special_euclidean(n: int) -> LieGroup:
    """SE(n): turns and shifts, on homogeneous coordinates (x, 1) of length n + 1."""
    _size("special_euclidean", n)
    return LieGroup(
        f"SE({n})",
        _motions(n),
        family="SE",
        parameters=(n,),
        generating=(*_chain("A", n), "T1"),
    )


@cache
def euclidean(n: int) -> LieGroup:
    """E(n): turns, shifts and the reflection ``P``, on homogeneous coordinates (x, 1)."""
    _size("euclidean", n)
    return LieGroup(
        f"E({n})",
        _motions(n),
        {"P": _flip(n + 1, 0)},
        (("P", "P"),),
        family="E",
        parameters=(n,),
        generating=(*_chain("A", n), "T1"),
    )


@cache
def scaling(n: int = 1) -> LieGroup:
    """The positive scalars, on Rⁿ."""
    _size("scaling", n)
    name = "R₊" if n == 1 else f"R₊ on R^{n}"
    return LieGroup(name, {"D": Matrix.identity(n)}, family="scaling", parameters=(n,))
