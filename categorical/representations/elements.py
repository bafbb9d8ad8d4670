"""The elements of a small finite group, their words, and cosets.

Definition.  ``Elements.of(G)`` lists the permutations that the generators of G produce, in the
order in which words reach them (shortest first), the identity first.  ``left[g][i]`` is the number
of the element g·xᵢ (xᵢ acts first); ``word(i)`` is a path whose permutation is xᵢ.

Laws.  The word of an element multiplies to it; left multiplication by a generator is a permutation
of the elements without fixed points (unless the generator is 1).

>>> from categorical.groups import FiniteGroup
>>> turn = Elements.of(FiniteGroup("Z3", {"r": (1, 2, 0)}, relations=(("r",) * 3,)))
>>> turn.count, turn.left["r"].tolist(), turn.word(2)
(3, [1, 2, 0], ('r', 'r'))

A group that is too large to list is refused with its order:

>>> Elements.of(FiniteGroup("S12", {"a": (1, 0, *range(2, 12)), "b": (*range(1, 12), 0)}))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: the elements of `S12` are too many to list
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from categorical.categories.presented import Path, text
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.groups.finite import FiniteGroup

Index = NDArray[np.int64]
LIMIT = 1 << 17
"""The most elements that are listed."""
SMALL = 20_000
"""The most elements for which matrices are compared one by one."""
_KNOWN: WeakKeyDictionary[FiniteGroup, Elements] = WeakKeyDictionary()


class Elements:
    """See the module; ``permutations[i]`` is the element number i."""

    def __init__(self, group: FiniteGroup) -> None:
        if group.order > LIMIT:
            raise SpecError(
                "CM044",
                f"the elements of `{group.name}` are too many to list",
                facts=[("its order", group.order), ("the limit", LIMIT)],
                help=["use a permutation action or the standard representation instead"],
            )
        images = {g: group.permutations[g] for g in group.generators}
        found = [np.arange(group.degree)]
        self.numbers = {found[0].tobytes(): 0}
        self.parents: list[tuple[int, str]] = [(0, "")]
        left: dict[str, list[int]] = {g: [] for g in images}
        place = 0
        while place < len(found):
            for g, image in images.items():
                product = image[found[place]]
                key = product.tobytes()
                number = self.numbers.setdefault(key, len(found))
                if number == len(found):
                    found.append(product)
                    self.parents.append((place, g))
                left[g].append(number)
            place += 1
        self.permutations: Index = np.array(found)
        self.left: dict[str, Index] = {g: np.array(row) for g, row in left.items()}

    @classmethod
    def of(cls, group: FiniteGroup) -> Elements:
        """The elements of a group, listed once."""
        if group not in _KNOWN:
            _KNOWN[group] = cls(group)
        return _KNOWN[group]

    @property
    def count(self) -> int:
        return len(self.parents)

    def number(self, permutation: Index) -> int | None:
        """The number of a permutation, or None where it is no element."""
        return self.numbers.get(np.ascontiguousarray(permutation, dtype=np.int64).tobytes())

    def word(self, number: int) -> Path:
        """A shortest path from the identity: its first step acts first."""
        steps: list[str] = []
        while number:
            number, step = self.parents[number]
            steps.append(step)
        return tuple(reversed(steps))

    def right(self, permutation: Index) -> Index:
        """The numbers of xᵢ·h, for a permutation h of the group (h acts first)."""
        products = np.ascontiguousarray(self.permutations[:, permutation])
        return np.array([self.numbers[row.tobytes()] for row in products])

    def cosets(self, subgroup: Sequence[Index]) -> tuple[Index, Index]:
        """(the coset xᵢH of each element, the first element of each coset); these generate H."""
        moves = [self.right(h) for h in subgroup]
        coset = np.full(self.count, -1, dtype=np.int64)
        first: list[int] = []
        for start in range(self.count):
            if coset[start] >= 0:
                continue
            coset[start], stack = len(first), [start]
            while stack:
                at = stack.pop()
                for move in moves:
                    if coset[move[at]] < 0:
                        coset[move[at]] = len(first)
                        stack.append(int(move[at]))
            first.append(start)
        return coset, np.array(first)

    def classes(self) -> list[list[int]]:
        """The conjugacy classes, by the first element of each."""
        generators = [self.permutations[row[0]] for row in self.left.values()]
        seen = np.zeros(self.count, dtype=bool)
        found: list[list[int]] = []
        for start in range(self.count):
            if seen[start]:
                continue
            seen[start], members = True, [start]
            for at in members:
                x = self.permutations[at]
                for g in generators:
                    conjugate = np.empty_like(x)
                    conjugate[g] = g[x]
                    number = self.numbers[conjugate.tobytes()]
                    if not seen[number]:
                        seen[number] = True
                        members.append(number)
            found.append(members)
        return found


def cosets(
    group: FiniteGroup, subgroup: Sequence[Index]
) -> tuple[tuple[Path, ...], dict[str, Index]]:
    """(a word for each left coset xH, the first empty; where each generator sends the cosets).

    A small group is listed.  In a large one two representatives are compared by the images of the
    orbits of H, then by membership (Schreier–Sims).  CM044 where the cosets are too many."""
    if group.order <= LIMIT:
        elements = Elements.of(group)
        coset, first = elements.cosets(subgroup)
        words = tuple(elements.word(int(i)) for i in first)
        return words, {g: coset[row[first]] for g, row in elements.left.items()}
    return _by_membership(group, subgroup)


def _by_membership(
    group: FiniteGroup, subgroup: Sequence[Index]
) -> tuple[tuple[Path, ...], dict[str, Index]]:
    from sympy.combinatorics import Permutation, PermutationGroup

    degree = group.degree
    inside = PermutationGroup(
        [Permutation(h.tolist()) for h in subgroup] or [Permutation(degree - 1)]
    )
    index = group.order // int(inside.order())
    if index > LIMIT:
        raise SpecError(
            "CM044",
            f"the cosets of a subgroup of `{group.name}` are too many to list",
            facts=[("cosets", index), ("the limit", LIMIT)],
            help=["take a larger subgroup"],
        )
    orbit = _orbits(degree, subgroup)
    known: dict[bytes, list[int]] = {}
    places: list[Index] = []
    words: list[Path] = []

    def number(x: Index, word: Path) -> int:
        pattern = np.empty(degree, dtype=np.int64)
        pattern[x] = orbit  # the same for all elements of a coset
        for other in known.setdefault(pattern.tobytes(), []):
            back = np.empty_like(x)
            back[places[other]] = np.arange(degree)
            if inside.contains(Permutation(back[x].tolist())):
                return other
        places.append(x)
        words.append(word)
        known[pattern.tobytes()].append(len(places) - 1)
        return len(places) - 1

    number(np.arange(degree), ())
    moves: dict[str, list[int]] = {g: [] for g in group.generators}
    at = 0
    while at < len(places):
        for g, row in moves.items():
            row.append(number(group.permutations[g][places[at]], (*words[at], g)))
        at += 1
    return tuple(words), {g: np.array(row) for g, row in moves.items()}


def _orbits(degree: int, generators: Sequence[Index]) -> Index:
    """The number of the orbit of each point."""
    found, count = np.full(degree, -1, dtype=np.int64), 0
    for start in range(degree):
        if found[start] >= 0:
            continue
        found[start], stack = count, [start]
        while stack:
            at = stack.pop()
            for image in generators:
                if found[image[at]] < 0:
                    found[image[at]] = count
                    stack.append(int(image[at]))
        count += 1
    return found


def signed_order(group: FiniteGroup, images: Mapping[str, Matrix]) -> int | None:
    """The order of the pairs (g, image of g), where the images are signed permutations."""
    pairs: dict[str, list[int]] = {}
    for g, matrix in images.items():
        known = matrix.signed_image
        if known is None:
            return None
        image, signs = known
        n, flip = len(image), np.where(signs < 0, 1, 0)
        double = np.concatenate((image + n * flip, image + n * (1 - flip))) + group.degree
        pairs[g] = [*group.permutations[g].tolist(), *double.tolist()]
    return FiniteGroup("pairs", pairs).order


def broken(group: FiniteGroup, images: Mapping[str, Matrix]) -> str | None:
    """Why g ↦ image does not extend to the group, or None where it does.

    Signed permutations: Schreier–Sims on the pairs.  Other matrices: one matrix for each element
    along the tree of words, and every product with a generator compared.  CM044 above ``SMALL``
    elements."""
    own = group.permutations
    if all(m.is_permutation and np.array_equal(m.image, own[g]) for g, m in images.items()):
        return None
    order = signed_order(group, images)
    if order is not None:
        if order == group.order:
            return None
        return f"has the order {group.order}, but its elements with their images {order}"
    if group.order > SMALL:
        raise SpecError(
            "CM044",
            f"`{group.name}` is too large to check matrices on all its elements",
            facts=[("its order", group.order), ("the limit", SMALL)],
            help=["give the group by a complete presentation: FiniteGroup(…, presented=True)"],
        )
    elements = Elements.of(group)
    size = next(iter(images.values())).shape[0]
    known: list[Matrix] = [Matrix.identity(size)]
    for number in range(1, elements.count):
        parent, step = elements.parents[number]
        known.append(images[step] @ known[parent])
    for g, row in elements.left.items():
        for number, product in enumerate(row.tolist()):
            if images[g] @ known[number] != known[product]:
                left, right = text((*elements.word(number), g)), text(elements.word(product))
                return f"says {left} = {right}, and the matrices do not"
    return None


def finite(group: object, what: str) -> FiniteGroup:
    """The group itself; CM042 for anything but a finite group."""
    if not isinstance(group, FiniteGroup):
        raise SpecError(
            "CM042",
            f"{what} is built from a finite group, not from {group!r}",
            help=["a FiniteGroup has a permutation for each generator: symmetric(n), cyclic(n), …"],
        )
    return group
