"""Steerable kernels: all convolutions that commute with a finite group of symmetries of a grid.

Definition.  A group H acts on Zᵈ by signed permutation matrices, on the fibre of the input by a
representation ρ and on that of the output by σ.  A kernel K, a σ × ρ matrix at each offset, is
*steerable* when K(h·x) = σ(h) K(x) ρ(h)⁻¹.  The convolution with K commutes with the motions of the
grid, Zᵈ ⋊ H, exactly when K is steerable (Cohen, Geiger and Weiler, *A general theory of
equivariant CNNs on homogeneous spaces*, 2019, theorem 3.3).

Laws.  The basis is complete: a kernel is an intertwiner from ρ ⊗ (functions of offsets) to σ; all
of them are found, and their number is counted a second time by characters.  Where both fibres are
(signed) permutation representations they are the orbits of the entries of a kernel: no two overlap,
and the kernel of a layer is one gather.

>>> from categorical.exact import Matrix
>>> from categorical.groups import FiniteGroup
>>> from categorical.representations import Representation
>>> c4 = FiniteGroup("C4", {"r": (1, 2, 3, 0)}, relations=(("r",) * 4,))
>>> plane = Representation(c4, {"r": Matrix.of([[0, -1], [1, 0]])}, kind="standard")
>>> regular = Representation.of_permutations(c4, c4.permutations, name="regular")
>>> kernels(regular, regular, grid=plane), kernels(regular, regular, 5, grid=plane).count
(36 kernels regular → regular of 3×3 under C4, 100)

Representations that do not move the grid onto itself leave nothing to sample exactly:

>>> from categorical.exact import cos, sin
>>> c8 = FiniteGroup("C8", {"r": (1, 2, 3, 4, 5, 6, 7, 0)}, relations=(("r",) * 8,))
>>> turn = Representation(c8, {"r": Matrix.of([[cos(8), -sin(8)], [sin(8), cos(8)]])})
>>> kernels(turn, turn, grid=turn)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: `r` of C8 does not map the grid to itself
...
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.representations import Representation

LARGEST = 100_000
"""The most elements of a group that are enumerated to count."""
MOST = 1 << 25
"""The most unknowns: entries of one kernel."""


class Spanned:
    """What exact and sampled kernels have: a ``basis`` of the shape (σ, ρ, k₁, …, k_d)."""

    basis: Basis

    @property
    def count(self) -> int:
        return self.basis.count

    @property
    def width(self) -> tuple[int, ...]:
        return self.basis.shape[2:]


@dataclass(frozen=True)
class Kernels(Spanned):
    """A complete basis of steerable kernels; ``basis`` has the shape (σ, ρ, k₁, …, k_d).

    ``counted`` is its dimension by characters: the mean over the group of χ_σ(g) χ_ρ(g⁻¹) times the
    number of offsets that g leaves where they are.
    """

    source: Representation
    target: Representation
    grid: Representation
    basis: Basis
    counted: int

    @property
    def note(self) -> str:
        """What is exact, for documentation and headers of generated files."""
        return f"all {self.count} kernels that {self.source.of} leaves equivariant, exact"

    def check(self) -> bool:
        """Whether every kernel is steerable under every generator, verified entry by entry."""
        return steerable(self.basis, self.source, self.target, self.grid)

    def __repr__(self) -> str:
        width = "×".join(map(str, self.width))
        group = self.source.of
        return f"{self.count} kernels {self.source} → {self.target} of {width} under {group}"


@checked
def kernels(
    source: Representation,
    target: Representation,
    width: int | tuple[int, ...] = 3,
    *,
    grid: Representation | None = None,
) -> Kernels:
    """All steerable kernels; ``grid`` are the matrices of the group on space by default.

    CM043 for fibres of two groups, CM044 where the group does not map the grid to itself.
    """
    if grid is None:
        grid = source.of.space()  # type: ignore[attr-defined]
    for other in (target, grid):
        if other.of is not source.of:
            raise SpecError(
                "CM043",
                f"kernels from {source} to {other} of different groups",
                facts=[("the fibre of the input", source.of), ("the other", other.of)],
                help=["restrict both representations to one group"],
            )
    sizes = widths(grid, width)
    shape = (target.dimension, source.dimension, *sizes)
    if prod(shape) > MOST:
        pixels = MOST // (shape[0] * shape[1])
        raise SpecError(
            "CM044",
            f"kernels with {prod(shape):,} entries are too large to solve for",
            facts=[("would fit", f"{MOST:,} entries: windows of {pixels:,} pixels")],
            help=["use smaller windows or fibres"],
        )
    window = offsets(grid, width)
    if source.is_signed and target.is_signed:
        labels, found, values = orbits(signed(target, source, window))
        basis = Basis.of_labels(labels.reshape(shape), found, values.reshape(shape))
        counted = _by_characters(target, source, window)
    else:
        from synthesis.solver.hom import solve

        hom = solve(source * window, target)
        basis, counted = _reshaped(hom.basis, shape), hom.count.dimension
    if basis.count != counted:
        raise SpecError(
            "CM044",
            f"{basis.count} kernels were found, and there are {counted} by characters",
            facts=[("the fibres", f"{source} → {target} of {source.of}")],
        )
    return Kernels(source, target, grid, basis, counted)


def steerable(
    basis: Basis, source: Representation, target: Representation, grid: Representation
) -> bool:
    """Whether K(g·x) = σ(g) K(x) ρ(g)⁻¹, exactly, for every kernel and every generator."""
    window, stack = offsets(grid, basis.shape[2:]), basis.stack()
    for g in source.of.arrows:
        moved = target.map(g).kron(source.map(g).inverse().T).kron(window.map(g))
        if stack @ moved.T != stack:
            return False
    return True


def offsets(grid: Representation, width: int | tuple[int, ...]) -> Representation:
    """The functions on the offsets of a window, which the group permutes about its centre."""
    sizes = widths(grid, width)
    places = np.stack(np.unravel_index(np.arange(np.prod(sizes)), sizes))
    centred = 2 * places - (np.array(sizes) - 1)[:, None]
    images = {}
    for g in grid.of.arrows:
        signed = grid.map(g).signed_image
        if signed is None:
            raise _off_the_grid(grid, g)
        moved = np.empty_like(centred)
        moved[signed[0]] = signed[1][:, None] * centred
        at = (moved + (np.array(sizes) - 1)[:, None]) // 2
        if np.any(at < 0) or np.any(at >= np.array(sizes)[:, None]):
            raise SpecError(
                "CM044",
                f"`{g}` of {grid.of} exchanges axes along which the window has two widths",
                facts=[("the window", "×".join(map(str, sizes)))],
                help=["take one width for all axes"],
            )
        images[g] = np.ravel_multi_index(tuple(at), sizes)
    return Representation.of_permutations(grid.of, images, name="offsets")


def widths(grid: Representation, width: int | tuple[int, ...]) -> tuple[int, ...]:
    """The widths of the window along the axes of the grid."""
    axes = grid.dimension
    given = width if isinstance(width, tuple) else (width,) * axes
    if len(given) != axes or not all(type(k) is int and k > 0 for k in given):
        raise SpecError(
            "CM042",
            f"a window of the width {width!r} on a grid with {axes} axes",
            help=["give one whole number for each axis, at least 1"],
        )
    return given


def _off_the_grid(grid: Representation, g: str) -> SpecError:
    return SpecError(
        "CM044",
        f"`{g}` of {grid.of} does not map the grid to itself",
        facts=[("its matrix", "is no signed permutation of the axes")],
        help=[
            "kernels of rotations of the plane are sampled: synthesis.solver.sampled",
            "the symmetries of a square grid are those of dihedral(4), of a cubic one octahedral()",
        ],
    )


Signed = tuple[Any, Any]


def signed(*parts: Representation) -> list[Signed]:
    """The signed permutations, (image, signs), of a tensor product of signed permutations: one for
    each generator."""
    found = []
    for g in parts[0].of.arrows:
        image, sign = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
        for part in parts:
            own = part.map(g).signed_image
            assert own is not None
            image = (image[:, None] * len(own[0]) + own[0]).ravel()
            sign = (sign[:, None] * own[1]).ravel()
        found.append((image, sign))
    return found


def orbits(generators: list[Signed]) -> tuple[Any, int, Any]:
    """Labels of orbits (−1 where an element returns to its negative), their number, and the signs.

    The smallest label spreads along the generators on two copies of the set, one for each sign.
    """
    size = len(generators[0][0]) if generators else 1
    label, before = np.arange(2 * size), None
    moves = [
        np.concatenate((image + size * (sign < 0), image + size * (sign > 0)))
        for image, sign in generators
    ]
    while before is None or not np.array_equal(label, before):
        before = label.copy()
        for move in moves:
            least = np.minimum(label, label[move])
            label[move] = least
            label = np.minimum(label, least)
        label = label[label]
    plus, minus = label[:size], label[size:]
    free, pair = plus != minus, np.minimum(plus, minus)
    first, number = np.unique(pair[free], return_inverse=True)
    labels = np.full(size, -1, dtype=np.int64)
    labels[free] = number
    return labels, len(first), np.where(plus == pair, 1, -1)


def _by_characters(*parts: Representation) -> int:
    """The dimension of the invariants of a tensor product of signed permutations: the mean of the
    character over all elements, which are enumerated."""
    cuts = np.cumsum([0, *(p.dimension for p in parts)])
    generators = [
        (
            np.concatenate([image + cut for (image, _), cut in zip(own, cuts)]),
            np.concatenate([sign for _, sign in own]),
        )
        for own in zip(*(signed(p) for p in parts))
    ]
    here = (np.arange(cuts[-1]), np.ones(cuts[-1], dtype=np.int64))
    known, pending, total = {_key(here)}, [here], 0
    while pending:
        image, sign = pending.pop()
        fixed = np.where(image == np.arange(cuts[-1]), sign, 0)
        total += prod(int(fixed[a:b].sum()) for a, b in pairwise(cuts))
        for other, turned in generators:
            one = other[image], turned[image] * sign
            if _key(one) not in known:
                known.add(_key(one))
                pending.append(one)
        if len(known) > LARGEST:
            raise SpecError("CM044", f"{parts[0].of} has more than {LARGEST} elements")
    return total // len(known)


def _key(one: Signed) -> bytes:
    return bytes(one[0].tobytes() + one[1].tobytes())


def _reshaped(basis: Basis, shape: tuple[int, ...]) -> Basis:
    return Basis(shape, basis.count, basis.which, basis.places, basis.values)
