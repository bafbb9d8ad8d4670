"""Induction from a subgroup, and homogeneous spaces.

Definition.  For H ≤ G with coset representatives x₁ … x_m and a representation V of H,
Ind V = ⊕ xᵢ V, and g sends xᵢ v to xⱼ (h v) where g xᵢ = xⱼ h.  A homogeneous space is G/H with its
base point; the fields of type V on it are Ind V, the functions Ind 1 = the permutation
representation of the cosets.

Laws.  dim Ind V = [G : H] dim V; Hom_G(Ind V, W) ≅ Hom_H(V, Res W) (Frobenius); induction in
stages.

>>> from categorical.groups import FiniteGroup
>>> s3 = FiniteGroup("S3", {"a": (1, 0, 2), "b": (1, 2, 0)}, order=6)
>>> a2 = subgroup(s3, {"t": "a"}, name="S2")
>>> induce(sign(a2.source), a2).dimension, homogeneous(s3, {"t": "a"})
(3, S3/H: 3 points)

Induction along a map that forgets elements is refused:

>>> z4, z2 = FiniteGroup("Z4", {"r": (1, 2, 3, 0)}), FiniteGroup("Z2", {"s": (1, 0)})
>>> induce(Representation.trivial(z4), Homomorphism(z4, z2, {"r": "s"}))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: Z4 → Z2 is no inclusion of a subgroup
...
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from categorical.categories.presented import Path
from categorical.categories.quivers import Written
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.groups.finite import FiniteGroup
from categorical.representations.constructions import sign
from categorical.representations.elements import Elements, Index, cosets, finite
from categorical.representations.homomorphisms import Homomorphism, subgroup
from categorical.representations.representation import Representation

__all__ = ["HomogeneousSpace", "homogeneous", "induce", "orbit", "sign"]


@checked
def induce(of: Representation, along: Homomorphism, *, name: str = "") -> Representation:
    """Ind V of a representation of H along the inclusion H → G; dimension [G : H]·dim V.

    CM043 unless the homomorphism is injective; CM044 where G is too large to list."""
    if of.of is not along.source:
        raise SpecError(
            "CM043",
            f"`{of}` is induced along a homomorphism of another group",
            facts=[("the homomorphism", repr(along)), (f"`{of}` is of", of.of)],
        )
    group, small = finite(along.target, "an induction"), finite(along.source, "an induction")
    if not along.injective:
        raise SpecError(
            "CM043",
            f"{along!r} is no inclusion of a subgroup",
            facts=[("the order", small.order), ("the order of its image", along.image.order)],
        )
    return HomogeneousSpace(group, along).fields(of, name=name or f"Ind {of.name}")


def _joined(values: list[Index]) -> Index:
    if all(v.dtype == np.int64 for v in values):
        return np.concatenate(values)
    return np.concatenate([v.astype(object) for v in values])


class HomogeneousSpace:
    """The cosets G/H of a subgroup, which G permutes, with the base point H (number 0)."""

    def __init__(
        self,
        group: FiniteGroup,
        stabiliser: Homomorphism,
        name: str = "",
        known: tuple[tuple[Path, ...], dict[str, Index]] | None = None,
    ) -> None:
        self.group, self.stabiliser = group, stabiliser
        self.name = name or f"{group}/{stabiliser.source}"
        self._known = known

    @cached_property
    def _cosets(self) -> tuple[tuple[Path, ...], dict[str, Index]]:
        return self._known or cosets(self.group, list(self.stabiliser.image.permutations.values()))

    @property
    def size(self) -> int:
        """The number of points, [G : H]."""
        return self.group.order // self.stabiliser.image.order

    @property
    def section(self) -> tuple[Path, ...]:
        """A word for each point that brings the base point there."""
        return self._cosets[0]

    @cached_property
    def functions(self) -> Representation:
        """Functions on the space: the permutation representation of its points."""
        images = self._cosets[1]
        return Representation(
            self.group,
            {g: Matrix.permutation(image) for g, image in images.items()},
            dims={"*": self.size},
            kind="permutation",
            name=f"functions on {self.name}",
            checked=False,
        )

    def fields(self, of: Representation, name: str = "") -> Representation:
        """Fields whose values at the base point are a representation of the stabiliser: Ind V."""
        if of.of is not self.stabiliser.source:
            raise SpecError(
                "CM043",
                f"`{of}` is no representation of the stabiliser of {self.name}",
                facts=[("the stabiliser", self.stabiliser.source), (f"`{of}` is of", of.of)],
            )
        group, (words, images) = self.group, self._cosets
        places = [group.word(word) for word in words]
        inside, size = Elements.of(self.stabiliser.image), of.dims["*"]
        known: dict[int, Matrix] = {}

        def inner(number: int) -> Matrix:
            if number not in known:
                known[number] = of.word(inside.word(number), "*")
            return known[number]

        def maps(g: str) -> Matrix:
            rows, cols, values = [], [], []
            for i, x in enumerate(places):
                moved, j = group.permutations[g][x], int(images[g][i])
                back = np.empty_like(x)
                back[places[j]] = np.arange(len(x))
                number = inside.number(back[moved])
                assert number is not None, "a coset representative is in no coset"
                block = inner(number)
                rows.append(block.rows + j * size)
                cols.append(block.cols + i * size)
                values.append(block.values)
            shape = (len(places) * size,) * 2
            return Matrix(shape, np.concatenate(rows), np.concatenate(cols), _joined(values))

        return Representation(
            group,
            maps,
            dims={"*": len(places) * size},
            kind="permutation" if of.is_permutation else "induced",
            name=name or f"fields of {of.name} on {self.name}",
            parts=(of,),
            checked=False,
        )

    def __repr__(self) -> str:
        return f"{self.name}: {self.size} points"


@checked
def homogeneous(
    group: FiniteGroup, stabiliser: Homomorphism | Mapping[str, Written], name: str = ""
) -> HomogeneousSpace:
    """G/H, with H given by its inclusion or by words for its generators."""
    group = finite(group, "a homogeneous space")
    if not isinstance(stabiliser, Homomorphism):
        stabiliser = subgroup(group, stabiliser)
    if stabiliser.target is not group or not stabiliser.injective:
        raise SpecError("CM043", f"{stabiliser!r} is no subgroup of {group}")
    return HomogeneousSpace(group, stabiliser, name)


@checked
def orbit(of: Representation, point: int, name: str = "") -> HomogeneousSpace:
    """The orbit of a point of a permutation representation, with its stabiliser.

    Generators of the stabiliser are Schreier's: for a point x with word t(x) and a generator g,
    the word t(x) g t(gx)⁻¹; those that enlarge the group are kept.  CM042 for other actions."""
    group = finite(of.of, "an orbit")
    if not of.is_permutation or not 0 <= point < of.dimension:
        raise SpecError("CM042", f"`{of}` permutes no point {point}")
    images = {g: of.map(g).image for g in group.generators}
    words: dict[int, Path] = {point: ()}
    queue = [point]
    for x in queue:
        for g, image in images.items():
            if int(image[x]) not in words:
                words[int(image[x])] = (*words[x], g)
                queue.append(int(image[x]))
    target, kept, order = group.order // len(words), dict[str, Path](), 1
    for x in queue:
        for g, image in images.items():
            if order == target:
                break
            back = tuple(f"{step}^-1" for step in reversed(words[int(image[x])]))
            word = (*words[x], g, *back)
            tried = {**kept, f"h{len(kept)}": word}
            bigger = FiniteGroup("H", {h: group.word(w) for h, w in tried.items()}).order
            if bigger > order:
                kept, order = tried, bigger
    number = {x: i for i, x in enumerate(queue)}
    moves = {g: np.array([number[int(image[x])] for x in queue]) for g, image in images.items()}
    known = (tuple(words[x] for x in queue), moves)
    return HomogeneousSpace(group, subgroup(group, kept), name or f"{group}·{point}", known)
