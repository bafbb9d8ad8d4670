"""Steerable kernels: all convolutions that commute with a finite group of symmetries of a grid.

Definition.  A group H acts on Zᵈ by signed permutation matrices, on the fibre of the input by a
representation ρ and on that of the output by σ.  A kernel K, a σ × ρ matrix at each offset, is
*steerable* when K(h·x) = σ(h) K(x) ρ(h)⁻¹.  The convolution with K commutes with the motions of the
grid, Zᵈ ⋊ H, exactly when K is steerable (Cohen, Geiger and Weiler, *A general theory of
equivariant CNNs on homogeneous spaces*, 2019, theorem 3.3).

Laws.  The basis is complete: a kernel is an intertwiner from ρ ⊗ (functions of offsets) to σ, and
``solve`` finds all of them, with a dimension that is counted a second time.  Where both fibres are
(signed) permutation representations no two basis kernels overlap, so a layer's kernel is one gather.

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
from typing import Any

import numpy as np

from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.representations import Representation


@dataclass(frozen=True)
class Kernels:
    """A complete basis of steerable kernels; ``basis`` has the shape (σ, ρ, k₁, …, k_d)."""

    source: Representation
    target: Representation
    grid: Representation
    basis: Basis

    @property
    def count(self) -> int:
        return self.basis.count

    @property
    def width(self) -> tuple[int, ...]:
        return self.basis.shape[2:]

    def __repr__(self) -> str:
        width = "×".join(map(str, self.width))
        group = self.source.of
        return f"{self.count} kernels {self.source} → {self.target} of {width} under {group}"


def kernels(
    source: Representation,
    target: Representation,
    width: int | tuple[int, ...] = 3,
    *,
    grid: Representation | None = None,
) -> Kernels:
    """All steerable kernels; ``grid`` is the standard representation of the group by default."""
    if grid is None:
        grid = source.of.standard()
    window = offsets(grid, width)
    sizes = _widths(grid, width)
    image, signs = _permuted(target, source, window)
    labels, found, values = _orbits(image, signs)
    shape = (target.dimension, source.dimension, *sizes)
    basis = Basis.of_labels(labels.reshape(shape), found, values.reshape(shape))
    return Kernels(source, target, grid, basis)


def offsets(grid: Representation, width: int | tuple[int, ...]) -> Representation:
    """The functions on the offsets of a window, which the group permutes about its centre."""
    widths = _widths(grid, width)
    places = np.stack(np.unravel_index(np.arange(np.prod(widths)), widths))
    centred = 2 * places - (np.array(widths) - 1)[:, None]
    images = {}
    for g in grid.of.arrows:
        signed = grid.map(g).signed_image
        if signed is None:
            raise _off_the_grid(grid, g)
        moved = np.empty_like(centred)
        moved[signed[0]] = signed[1][:, None] * centred
        at = (moved + (np.array(widths) - 1)[:, None]) // 2
        if np.any(at < 0) or np.any(at >= np.array(widths)[:, None]):
            raise SpecError(
                "CM044",
                f"`{g}` of {grid.of} exchanges axes along which the window has two widths",
                facts=[("the window", "×".join(map(str, widths)))],
                help=["take one width for all axes"],
            )
        images[g] = np.ravel_multi_index(tuple(at), widths)
    return Representation.of_permutations(grid.of, images, name="offsets")


def _widths(grid: Representation, width: int | tuple[int, ...]) -> tuple[int, ...]:
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


def _permuted(*parts: Representation) -> tuple[list[Any], list[Any]]:
    """The signed permutations of a tensor product of (signed) permutation representations."""
    images, signs = [], []
    for g in parts[0].of.arrows:
        image, sign = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
        for part in parts:
            own = part.map(g).signed_image
            assert own is not None
            image = (image[:, None] * len(own[0]) + own[0]).ravel()
            sign = (sign[:, None] * own[1]).ravel()
        images.append(image)
        signs.append(sign)
    return images, signs


def _orbits(images: list[Any], signs: list[Any]) -> tuple[Any, int, Any]:
    """Labels of orbits (−1 where the sign cannot be chosen), their number, and the signs."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = len(images[0]) if images else 1
    here = np.arange(size)
    rows = np.concatenate([np.concatenate((here, here + size)) for _ in images])
    cols = np.concatenate(
        [
            np.concatenate((i + size * (s < 0), i + size * (s > 0)))
            for i, s in zip(images, signs, strict=True)
        ]
    )
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, cols)), (2 * size, 2 * size))
    _, label = connected_components(graph, directed=False)
    plus, minus = label[:size], label[size:]
    free = plus != minus
    pair = np.minimum(plus, minus)
    first, number = np.unique(pair[free], return_inverse=True)
    labels = np.full(size, -1, dtype=np.int64)
    labels[free] = number
    return labels, len(first), np.where(plus == pair, 1, -1)
