"""Finite groups, given by generators, relations and an order that are all checked.

Definition.  A finite group is a presentation with one object, a faithful permutation for each
generator, relations, and the order that is claimed.

Laws.  The permutations satisfy the relations; the order is that of the group that they generate
(Schreier–Sims); the sizes of the conjugacy classes add up to it.  ``standard()`` is the
representation by which the group is known (on points, where nothing else is said), ``space()`` its
matrices on Rᵈ as the symmetries of a figure.

>>> turn = FiniteGroup("Z3", {"r": (1, 2, 0)}, relations=(("r", "r", "r"),), order=3)
>>> turn, turn.order, turn.generators
(Z3, 3, ('r',))
>>> turn.elements(), [one.size for one in turn.conjugacy_classes()]
(((), ('r',), ('r', 'r')), [1, 1, 1])

A wrong relation or order is refused with what is true:

>>> FiniteGroup("Z2?", {"r": (1, 2, 0)}, relations=(("r", "r"),))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `Z2?` violates its relation r^2 = 1
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import factorial, gcd
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from categorical.categories.presented import Path, Presentation, text
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix

if TYPE_CHECKING:
    from categorical.representations.representation import Representation


def _listed(generators: list[NDArray[np.int64]], most: int) -> int | None:
    """The number of elements, by listing them; None where there are more than ``most``."""
    here = np.arange(len(generators[0]))
    known, pending = {here.tobytes()}, [here]
    while pending:
        one = pending.pop()
        for image in generators:
            moved = image[one]
            if moved.tobytes() not in known:
                known.add(moved.tobytes())
                pending.append(moved)
        if len(known) > most:
            return None
    return len(known)


def _are_all(permutations: Sequence[NDArray[np.int64]]) -> bool:
    """Whether these certainly generate all permutations: a cycle c through all n points, and a
    transposition of a point i with cᵏ(i), where k and n have no common divisor."""
    moved = [np.flatnonzero(p != np.arange(len(p))) for p in permutations]
    swaps = [m for m in moved if len(m) == 2]
    for cycle in permutations:
        points = [0]
        while (point := int(cycle[points[-1]])) != 0:
            points.append(point)
        place = {point: i for i, point in enumerate(points)}
        if len(points) == max(map(len, permutations)) and any(
            gcd(place[int(a)] - place[int(b)], len(cycle)) == 1 for a, b in swaps
        ):
            return True
    return False


class ConjugacyClass(NamedTuple):
    """How many elements are conjugate, and a word for one of them (its first step acts first)."""

    size: int
    word: Path


def _images(name: str, given: object) -> dict[str, NDArray[np.int64]]:
    """The generators as arrays; CM042 unless they are names with lists of whole numbers."""
    if not isinstance(given, Mapping):
        raise SpecError(
            "CM042",
            f"`{name}` needs a permutation for each generator, not {given!r}",
            help=['write {"a": [1, 2, 0]}: index i goes to image[i]'],
        )
    found = {}
    for g, image in given.items():
        if not isinstance(g, str) or not g or set(g) & set(" ^"):
            raise SpecError(
                "CM042",
                f"{g!r} is no name of a generator of `{name}`",
                help=["words are read by spaces and powers by ^: choose a name without them"],
            )
        whole = np.asarray(image)
        if whole.ndim != 1 or (whole.size and not np.issubdtype(whole.dtype, np.integer)):
            raise SpecError(
                "CM042",
                f"`{g}` of `{name}` is no list of whole numbers",
                facts=[("it is", repr(image))],
                help=["write where each index goes, for example [1, 2, 0]"],
            )
        found[g] = whole.astype(np.int64)
    return found


class FiniteGroup(Presentation):
    """See the module.  ``permutations[g][j]`` is where the generator g sends the point j.

    ``standard`` are the matrices of the standard representation, ``figure`` those of ``space()``;
    they are checked when they are asked for.  ``presented`` says that the relations are a complete
    presentation.  ``degree`` counts the points of a group without generators."""

    def __init__(
        self,
        name: str,
        permutations: Mapping[str, Sequence[int] | NDArray[np.int64]],
        relations: Sequence[Path] = (),
        order: int | None = None,
        *,
        standard: Mapping[str, Matrix] | None = None,
        figure: Mapping[str, Matrix] | Callable[[], Mapping[str, Matrix]] | None = None,
        classes: Callable[[], list[ConjugacyClass]] | None = None,
        presented: bool = False,
        degree: int = 1,
    ) -> None:
        images = _images(name, permutations)
        super().__init__(
            name,
            ("*",),
            {g: ("*", "*") for g in images},
            tuple((tuple(word), ()) for word in relations),
            invertible=True,
        )
        self.permutations: dict[str, NDArray[np.int64]] = images
        self._matrices, self._figure, self._classes = standard, figure, classes
        self.presented, self._degree = presented, degree
        self._check()
        if order is not None and order != self.order:
            raise SpecError(
                "CM043",
                f"`{name}` has the order {self.order}, not {order}",
                help=["the generators generate another group than is claimed"],
            )

    @classmethod
    def from_matrices(
        cls,
        name: str,
        matrices: Mapping[str, Matrix],
        relations: Iterable[str | Sequence[str]] = (),
        order: int | None = None,
    ) -> FiniteGroup:
        """The finite group that exact matrices generate; see ``categorical.groups.given``."""
        from categorical.groups.given import from_matrices

        return from_matrices(name, matrices, relations, order)

    @classmethod
    def from_presentation(
        cls, name: str, generators: Iterable[str], relations: Iterable[str | Sequence[str]]
    ) -> FiniteGroup:
        """The group of generators and relations, by coset enumeration."""
        from categorical.groups.given import from_presentation

        return from_presentation(name, generators, relations)

    @property
    def generators(self) -> tuple[str, ...]:
        return tuple(self.permutations)

    @property
    def degree(self) -> int:
        """The number of points that the generators permute."""
        return max((len(p) for p in self.permutations.values()), default=self._degree)

    @cached_property
    def order(self) -> int:
        """The number of elements: all listed where they are few, else by Schreier–Sims (or n! of
        the symmetric group)."""
        if not self.permutations:
            return 1
        few = _listed(list(self.permutations.values()), 500)
        if few is not None:
            return few
        from sympy.combinatorics import Permutation, PermutationGroup

        if _are_all(list(self.permutations.values())):
            return factorial(self.degree)
        return int(
            PermutationGroup([Permutation(p.tolist()) for p in self.permutations.values()]).order()
        )

    # --- representations -------------------------------------------------------------------------

    def points(self) -> Representation:
        """The linear span of the points that the generators permute."""
        return self._points

    def standard(self) -> Representation:
        """The representation by which the group is known; of kind ``standard``."""
        return self._standard

    def space(self) -> Representation:
        """The matrices on Rᵈ of the symmetries of a figure (of a polygon, of a cube).

        CM044 for a group that was not given by such."""
        return self._space

    @cached_property
    def _points(self) -> Representation:
        return self._made({g: Matrix.permutation(p) for g, p in self.permutations.items()})

    @cached_property
    def _standard(self) -> Representation:
        from categorical.representations.representation import Representation

        if self._matrices is not None:
            return Representation(self, self._matrices, kind="standard", name="V")
        points = {g: Matrix.permutation(p) for g, p in self.permutations.items()}
        return self._made(points, "standard", "V")

    @cached_property
    def _space(self) -> Representation:
        from categorical.representations.representation import Representation

        if self._figure is None:
            raise SpecError(
                "CM044",
                f"`{self.name}` is not known as the symmetries of a figure in space",
                help=["write the matrices: Representation(group, {generator: Matrix.of(…)})"],
            )
        if self._figure is self._matrices:
            return self._standard
        figure = self._figure() if callable(self._figure) else self._figure
        return Representation(self, figure, kind="space", name="space")

    def _made(
        self, maps: Mapping[str, Matrix], kind: str = "permutation", name: str = "points"
    ) -> Representation:
        from categorical.representations.representation import Representation

        dims = {"*": self.degree}
        return Representation(self, maps, dims=dims, kind=kind, name=name, checked=False)

    # --- elements --------------------------------------------------------------------------------

    def elements(self) -> tuple[Path, ...]:
        """A shortest word for every element; CM044 where there are too many."""
        from categorical.representations.elements import Elements

        found = Elements.of(self)
        return tuple(found.word(i) for i in range(found.count))

    def conjugacy_classes(self) -> tuple[ConjugacyClass, ...]:
        """The conjugacy classes; in closed form for symmetric groups, else by listing elements."""
        return self._conjugacy

    @cached_property
    def _conjugacy(self) -> tuple[ConjugacyClass, ...]:
        from categorical.representations.elements import Elements

        if self._classes is not None:
            found = tuple(self._classes())
        else:
            listed = Elements.of(self)
            found = tuple(ConjugacyClass(len(c), listed.word(c[0])) for c in listed.classes())
        total = sum(one.size for one in found)
        if total != self.order:
            raise SpecError(
                "CM043", f"the classes of `{self.name}` hold {total} elements, not {self.order}"
            )
        return found

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
