"""Finite groups, given by generators, relations and an order that are all checked.

Definition.  A finite group is a presentation with one object, a faithful permutation for each
generator, relations, and the order that is claimed.

Laws.  The permutations satisfy the relations; the order is that of the group that they generate
(Schreier–Sims).

>>> turn = FiniteGroup("Z3", {"r": (1, 2, 0)}, relations=(("r", "r", "r"),), order=3)
>>> turn, turn.order, turn.generators
(Z3, 3, ('r',))

A wrong relation or order is refused with what is true:

>>> FiniteGroup("Z2?", {"r": (1, 2, 0)}, relations=(("r", "r"),))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `Z2?` violates its relation r^2 = 1
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from categorical.categories.presented import Path, Presentation, text
from categorical.errors import SpecError


class FiniteGroup(Presentation):
    """See the module.  ``permutations[g][j]`` is where the generator g sends the point j."""

    def __init__(
        self,
        name: str,
        permutations: Mapping[str, Sequence[int] | NDArray[np.int64]],
        relations: Sequence[Path] = (),
        order: int | None = None,
    ) -> None:
        super().__init__(
            name,
            ("*",),
            {g: ("*", "*") for g in permutations},
            tuple((tuple(word), ()) for word in relations),
            invertible=True,
        )
        self.permutations: dict[str, NDArray[np.int64]] = {
            g: np.asarray(image, dtype=np.int64) for g, image in permutations.items()
        }
        self._check()
        if order is not None and order != self.order:
            raise SpecError(
                "CM043",
                f"`{name}` has the order {self.order}, not {order}",
                help=["the generators generate another group than is claimed"],
            )

    @property
    def generators(self) -> tuple[str, ...]:
        return tuple(self.permutations)

    @property
    def degree(self) -> int:
        """The number of points that the generators permute."""
        return max((len(p) for p in self.permutations.values()), default=1)

    @cached_property
    def order(self) -> int:
        """The number of elements, by Schreier–Sims."""
        from sympy.combinatorics import Permutation, PermutationGroup

        if not self.permutations:
            return 1
        return int(
            PermutationGroup([Permutation(p.tolist()) for p in self.permutations.values()]).order()
        )

    def word(self, path: Path) -> NDArray[np.int64]:
        """The permutation of a path: its first step acts first."""
        found = np.arange(self.degree)
        for step in path:
            image = self.permutations[step.removesuffix("^-1")]
            if step.endswith("^-1"):
                back = np.empty_like(image)
                back[image] = np.arange(len(image))
                image = back
            found = image[found]
        return found

    def _check(self) -> None:
        for g, image in self.permutations.items():
            if len(image) != self.degree or sorted(image.tolist()) != list(range(self.degree)):
                raise SpecError(
                    "CM043",
                    f"the generator `{g}` of `{self.name}` is no permutation of {self.degree}",
                    help=["write every point once"],
                )
        for left, _ in self.relations:
            moved = np.flatnonzero(self.word(left) != np.arange(self.degree))
            if len(moved):
                raise SpecError(
                    "CM043",
                    f"`{self.name}` violates its relation {text(left)} = 1",
                    facts=[
                        (
                            "the word",
                            f"moves {len(moved)} points, {moved[0]} to "
                            f"{self.word(left)[moved[0]]} first",
                        )
                    ],
                )
