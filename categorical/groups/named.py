"""The named finite groups, each with its relations and its order, which are checked.

Definition.  ``symmetric(n)``, ``alternating(n)``, ``cyclic(n)`` and ``dihedral(n)`` act on n
points; ``cube()`` are the 24 rotations of a cube, ``octahedral()`` its 48 symmetries,
``hyperoctahedral(d)`` all signed permutations of Zᵈ; ``klein()`` and ``quaternion()`` act on 4 and
on 8 points.  Asking twice gives the same object, so representations of one group fit together.

Laws.  The relations hold and present the group (H. S. M. Coxeter and W. O. J. Moser, *Generators
and relations for discrete groups*, §6); the order is that of Schreier–Sims.

>>> symmetric(4).order, alternating(5).order, cube().order, hyperoctahedral(3).order
(24, 60, 24, 48)
>>> [one.size for one in symmetric(4).conjugacy_classes()]
[6, 8, 3, 6, 1]
>>> octahedral().standard().map("r")
Matrix.of([[0, -1, 0], [1, 0, 0], [0, 0, 1]])

A polygon has at least three corners:

>>> dihedral(2)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: there is no dihedral(2) of 2 points
...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import factorial, prod

import numpy as np

from categorical.categories.presented import Path
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import cos, sin
from categorical.groups.finite import ConjugacyClass, FiniteGroup

PRESENTED = 24
"""Up to this many points the relations of symmetric groups are written down."""


def power(step: str, exponent: int) -> Path:
    """A step repeated; backwards where the exponent is negative."""
    return (step if exponent >= 0 else f"{step}^-1",) * abs(exponent)


def conjugated(word: Path, by: str, exponent: int) -> Path:
    """byᵏ, the word, by⁻ᵏ, in the order in which they act."""
    return (*power(by, -exponent), *word, *power(by, exponent))


@cache
def trivial_group() -> FiniteGroup:
    """The group with one element."""
    return FiniteGroup("1", {}, order=1, presented=True)


@cache
def symmetric(n: int) -> FiniteGroup:
    """All permutations of n points: ``swap`` of the first two, and ``cycle``."""
    _size("symmetric", n, 1)
    generators, relations = _symmetric(n)
    return FiniteGroup(
        f"S{n}",
        generators,
        relations if n <= PRESENTED else (),
        order=factorial(n),
        classes=lambda: list(_cycle_types(n)),
        presented=n <= PRESENTED,
        degree=n,
    )


def _symmetric(n: int) -> tuple[dict[str, Sequence[int]], tuple[Path, ...]]:
    swap, cycle = (1, 0, *range(2, n)), (*range(1, n), 0)
    if n == 1:
        return {}, ()
    if n == 2:
        return {"swap": swap}, (("swap", "swap"),)
    relations: list[Path] = [("swap",) * 2, ("cycle",) * n, ("swap", "cycle") * (n - 1)]
    relations.append(("swap", *conjugated(("swap",), "cycle", 1)) * 3)
    for j in range(2, n // 2 + 1):
        relations.append(("swap", *conjugated(("swap",), "cycle", j)) * 2)
    return {"swap": swap, "cycle": cycle}, tuple(relations)


def _partitions(n: int, largest: int) -> Iterator[tuple[int, ...]]:
    if n == 0:
        yield ()
    for first in range(min(n, largest), 0, -1):
        for rest in _partitions(n - first, first):
            yield (first, *rest)


def _cycle_types(n: int) -> Iterator[ConjugacyClass]:
    """The classes of Sₙ: one for each partition of n."""
    for parts in _partitions(n, n):
        counts = [parts.count(length) for length in set(parts)]
        stabiliser = prod(parts) * prod(map(factorial, counts))
        word: list[str] = []
        start = 0
        for length in parts:
            for i in range(start, start + length - 1):
                step = conjugated(("swap",), "cycle", i) if n > 2 else ("swap",)
                for s in step:
                    if word and {word[-1], s} == {"cycle", "cycle^-1"}:
                        word.pop()
                    else:
                        word.append(s)
            start += length
        yield ConjugacyClass(factorial(n) // stabiliser, tuple(word))


@cache
def alternating(n: int) -> FiniteGroup:
    """The even permutations of n points: ``three`` turns the first three."""
    _size("alternating", n, 1)
    if n < 3:
        return FiniteGroup(f"A{n}", {}, order=1, presented=True, degree=n)
    three = (1, 2, 0, *range(3, n))
    if n == 3:
        return FiniteGroup("A3", {"three": three}, (("three",) * 3,), order=3, presented=True)
    if n % 2:
        cycle = (0, 1, *range(3, n), 2)
    else:
        cycle = (1, 0, *range(3, n), 2)
    last = n if n % 2 else n - 1
    relations: list[Path] = [("three",) * 3, ("cycle",) * (n - 2), ("three", "cycle") * last]
    for k in range(1, (n - 1) // 2 if n % 2 else n // 2):
        sign = 1 if n % 2 or k % 2 == 0 else -1
        relations.append((*power("three", sign), *conjugated(("three",), "cycle", k)) * 2)
    return FiniteGroup(
        f"A{n}",
        {"three": three, "cycle": cycle},
        relations if n <= PRESENTED else (),
        order=factorial(n) // 2,
        presented=n <= PRESENTED,
    )


@cache
def cyclic(n: int) -> FiniteGroup:
    """The turns ``r`` of n points on a circle; ``space()`` turns the plane by 2π/n."""
    _size("cyclic", n, 1)
    return FiniteGroup(
        f"C{n}",
        {"r": (np.arange(n) + 1) % n},
        (("r",) * n,),
        order=n,
        figure=lambda: {"r": _turn(n)},
        classes=lambda: [ConjugacyClass(1, ("r",) * k) for k in range(n)],
        presented=True,
    )


@cache
def dihedral(n: int) -> FiniteGroup:
    """The symmetries of a regular polygon, on its n corners: the turn ``r`` and a mirror ``s``.

    Its order is 2n.  In the plane (``space()``) r turns by 2π/n and s is diag(1, −1)."""
    if type(n) is not int or n < 3:
        raise SpecError(
            "CM042",
            f"there is no dihedral({n}) of {n} points",
            help=["write symmetric(2) or klein()"],
        )
    _size("dihedral", n, 3)
    return FiniteGroup(
        f"D{n}",
        {"r": (np.arange(n) + 1) % n, "s": -np.arange(n) % n},
        (("r",) * n, ("s", "s"), ("s", "r", "s", "r")),
        order=2 * n,
        figure=lambda: {"r": _turn(n), "s": Matrix.of([[1, 0], [0, -1]])},
        presented=True,
    )


def _turn(n: int) -> Matrix:
    return Matrix.of([[cos(n), -sin(n)], [sin(n), cos(n)]])


@cache
def klein() -> FiniteGroup:
    """Klein's four-group on 4 points; in the plane its generators are the two mirrors."""
    return FiniteGroup(
        "V4",
        {"a": (1, 0, 3, 2), "b": (2, 3, 0, 1)},
        (("a", "a"), ("b", "b"), ("a", "b") * 2),
        order=4,
        figure={"a": Matrix.of([[1, 0], [0, -1]]), "b": Matrix.of([[-1, 0], [0, 1]])},
        presented=True,
    )


@cache
def quaternion() -> FiniteGroup:
    """The units ±1, ±i, ±j, ±k; the standard representation multiplies quaternions from the left.

    i: 1 ↦ i ↦ −1, j ↦ k ↦ −j;  j: 1 ↦ j ↦ −1, k ↦ i ↦ −k."""
    i = Matrix.signed([1, 0, 3, 2], [1, -1, 1, -1])
    j = Matrix.signed([2, 3, 0, 1], [1, -1, -1, 1])
    return FiniteGroup(
        "Q8",
        {"i": _signed_points(i), "j": _signed_points(j)},
        (("i",) * 4, ("i", "i", "j^-1", "j^-1"), ("i", "j", "i", "j^-1")),
        order=8,
        standard={"i": i, "j": j},
        presented=True,
    )


_QUARTER = Matrix.signed([1, 0, 2], [1, -1, 1])
_DIAGONAL = Matrix.permutation([1, 2, 0])


@cache
def cube() -> FiniteGroup:
    """The 24 rotations of a cube: a quarter turn ``r``, a third of a turn ``c`` (of a diagonal)."""
    maps = {"r": _QUARTER, "c": _DIAGONAL}
    return _signed("cube", maps, (("r",) * 4, ("c",) * 3, ("r", "c") * 2), 24)


@cache
def octahedral() -> FiniteGroup:
    """The 48 symmetries of a cube: its rotations and the inversion ``m``."""
    maps = {"r": _QUARTER, "c": _DIAGONAL, "m": Matrix.identity(3) * -1}
    relations = (("r",) * 4, ("c",) * 3, ("r", "c") * 2, ("m", "m"))
    commuting = tuple((g, "m", f"{g}^-1", "m") for g in "rc")
    return _signed("Oh", maps, (*relations, *commuting), 48)


@cache
def hyperoctahedral(d: int) -> FiniteGroup:
    """All signed permutations of Zᵈ, of order 2ᵈ d!: those of ``symmetric(d)`` and a ``flip``."""
    _size("hyperoctahedral", d, 1)
    generators, relations = _symmetric(d)
    more: list[Path] = [("flip", "flip")]
    if d > 1:
        more.append(("swap", "flip") * 4)
    for i in range(1, d - 1):
        other = conjugated(("swap",), "cycle", i)
        more.append(("flip", *other) * 2)
    maps = {
        "flip": Matrix.signed(range(d), [-1, *[1] * (d - 1)]),
        **{g: Matrix.permutation(image) for g, image in generators.items()},
    }
    return _signed(f"B{d}", maps, (*more, *relations), 2**d * factorial(d), d <= PRESENTED)


def _signed(
    name: str,
    maps: dict[str, Matrix],
    relations: Sequence[Path],
    order: int,
    presented: bool = True,
) -> FiniteGroup:
    """A group of signed permutation matrices, on the vectors ±eᵢ."""
    return FiniteGroup(
        name,
        {g: _signed_points(m) for g, m in maps.items()},
        relations if presented else (),
        order=order,
        standard=maps,
        figure=maps,
        presented=presented,
    )


def _signed_points(matrix: Matrix) -> list[int]:
    """The permutation of e₁ … e_d, −e₁ … −e_d."""
    known = matrix.signed_image
    assert known is not None
    image, signs = known
    n = len(image)
    there, back = image + n * (signs < 0), image + n * (signs > 0)
    return [*there.tolist(), *back.tolist()]


def _size(name: str, n: int, least: int) -> None:
    if type(n) is not int or n < least:
        raise SpecError(
            "CM042", f"{name}({n!r}) needs a whole number from {least} on", help=[f"{name}(4)"]
        )
    most = MOST.get(name, 100_000)
    if n > most:
        raise SpecError(
            "CM044",
            f"{name}({n}) is too large: this group is known on at most {most} points",
            help=["a group that acts on a dim at every size is not listed: Symmetric(n)"],
        )


#: Fewer points where the order is found by Schreier and Sims.
MOST = {"alternating": 60, "dihedral": 3000}
