"""Direct, semidirect and wreath products, and how representations of the factors pull back.

Definition.  ``direct(G, H, …)`` has the generators of all factors, which commute across factors;
names that two factors share get the number of the factor (``r.1``, ``r.2``).  ``semidirect(N, H,
action)`` lets each generator h of H act on N by an automorphism, ``action[h][n]`` = h n h⁻¹, a word
in the generators of N.  ``wreath(G, H)`` is Gᵏ ⋊ H, for a group H of permutations of k points.

Laws.  |G × H| = |G| |H|, |N ⋊ H| = |N| |H|, |G ≀ H| = |G|ᵏ |H|: all are checked by Schreier–Sims,
which also refuses an action that is no homomorphism H → Aut(N).  ``inflate(i, V)`` pulls a
representation of factor i back to the product.

>>> from categorical.groups.named import cyclic, symmetric
>>> wreath(symmetric(2), symmetric(3)).order, direct(cyclic(2), cyclic(3)).order
(48, 6)
>>> square = semidirect(cyclic(4), cyclic(2), {"r": {"r": "r^-1"}})
>>> square.generators, square.order, [one.size for one in square.conjugacy_classes()]
(('r.1', 'r.2'), 8, [1, 2, 2, 1, 2])

An action that is no automorphism is refused:

>>> semidirect(cyclic(4), cyclic(2), {"r": {"r": "r r"}})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `r` of C2 does not act on C4 by an automorphism
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from categorical.categories.presented import Path, Presentation, text
from categorical.categories.quivers import Written, path
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.groups.finite import ConjugacyClass, FiniteGroup
from categorical.groups.lie import LieGroup

if TYPE_CHECKING:
    from categorical.representations.elements import Elements
    from categorical.representations.representation import Representation

Index = NDArray[np.int64]
Names = tuple[dict[str, str], ...]
Known = FiniteGroup | LieGroup
SMALL = 200
"""The largest group without a presentation that is multiplied with a Lie group."""


class _Direct(Presentation):
    """What all direct products have: ``factors``, and ``names``, which send the generators of each
    factor to those of the product."""

    factors: tuple[Known, ...]
    names: Names

    def inflate(self, factor: int, of: Representation) -> Representation:
        """A representation of one factor, on which the others act trivially."""
        from categorical.representations.representation import Representation

        if not 0 <= factor < len(self.factors) or of.of is not self.factors[factor]:
            raise SpecError(
                "CM043",
                f"`{of}` is no representation of factor {factor} of {self}",
                facts=[("it is of", of.of), ("the factors", ", ".join(map(str, self.factors)))],
            )
        back = {new: old for old, new in self.names[factor].items()}
        size = of.dimension
        found = Representation(
            self,
            lambda g: of.map(back[g]) if g in back else Matrix.identity(size),
            lambda a: of.derivative(back[a]) if a in back else Matrix.zero(size, size),
            dims={"*": size},
            kind="inflated",
            name=of.name,
            parts=(of,),
            checked=False,
        )
        found.factor = factor
        return found

    def standard(self) -> Representation:
        """The direct sum of the standard representations of the factors: one object, so that
        representations made of it fit together."""
        known: Representation | None = self.__dict__.get("_sum")
        if known is None:
            parts = [self.inflate(i, one.standard()) for i, one in enumerate(self.factors)]
            known = reduce(lambda x, y: x + y, parts)
            self.__dict__["_sum"] = known
        return known


class DirectProduct(_Direct, FiniteGroup):
    """A product of finite groups, made by ``direct``."""


class DirectLie(_Direct, LieGroup):
    """A product of groups, one of them a Lie group, made by ``direct``."""


def direct(*groups: Known) -> DirectProduct | DirectLie:
    """The direct product of finite groups and Lie groups.

    CM044 where a large finite group without a presentation meets a Lie group."""
    for one in groups:
        if not isinstance(one, (FiniteGroup, LieGroup)):
            raise SpecError(
                "CM042",
                f"the direct product of groups, not of {one!r}",
                help=["categories are multiplied by categorical.categories.product"],
            )
    if not groups:
        raise SpecError("CM042", "a product of no groups", help=["write trivial_group()"])
    return _direct(*groups)


@cache
def _direct(*groups: Known) -> DirectProduct | DirectLie:
    """One object for one list of factors."""
    finite = [one for one in groups if isinstance(one, FiniteGroup)]
    names = _distinct(groups)
    title = " × ".join(f"({one})" if " " in one.name else one.name for one in groups)
    if len(finite) == len(groups):
        return _finite(title, finite, names)
    return _lie(title, groups, names)


def _distinct(groups: Sequence[Presentation]) -> Names:
    """Names of the generators of each group in a product."""
    counts: dict[str, int] = {}
    for one in groups:
        for g in (*one.arrows, *one.algebra):
            counts[g] = counts.get(g, 0) + 1
    return tuple(
        {g: g if counts[g] == 1 else f"{g}.{i + 1}" for g in (*one.arrows, *one.algebra)}
        for i, one in enumerate(groups)
    )


def _renamed(word: Path, names: Mapping[str, str]) -> Path:
    return tuple(
        f"{names[s[:-3]]}^-1" if s.endswith("^-1") and s not in names else names[s] for s in word
    )


def inverted(word: Path) -> Path:
    """The word of the inverse."""
    return tuple(s[:-3] if s.endswith("^-1") else f"{s}^-1" for s in reversed(word))


def _commutator(a: Path, b: Path) -> Path:
    return (*a, *b, *inverted(a), *inverted(b))


def _relations(groups: Sequence[Known], names: Names) -> list[Path]:
    """Those of the factors, and that generators of two factors commute."""
    found = [
        _renamed(word, own)
        for one, own in zip(groups, names)
        for word in _complete(one, mixed=any(isinstance(g, LieGroup) for g in groups))
    ]
    for (i, one), (j, other) in combinations(enumerate(groups), 2):
        for g, h in product(one.arrows, other.arrows):
            found.append(_commutator((names[i][g],), (names[j][h],)))
    return found


def _complete(group: Known, mixed: bool) -> list[Path]:
    """The relations; where permutations will not be at hand, of a complete presentation."""
    known = [left for left, _ in group.relations]
    if not mixed or not isinstance(group, FiniteGroup) or group.presented:
        return known
    if group.order > SMALL:
        raise SpecError(
            "CM044",
            f"no complete presentation of `{group}` is known, which its product needs",
            facts=[("its order", group.order), ("the limit", SMALL)],
            help=["let the finite group act on other axes than the Lie group"],
        )
    from categorical.representations.elements import Elements

    listed = Elements.of(group)
    return known + [
        (*listed.word(i), g, *inverted(listed.word(int(j))))
        for g, row in listed.left.items()
        for i, j in enumerate(row.tolist())
    ]


def _finite(title: str, groups: Sequence[FiniteGroup], names: Names) -> DirectProduct:
    sizes = [one.degree for one in groups]
    images: dict[str, Index] = {}
    for i, (one, own) in enumerate(zip(groups, names)):
        start = sum(sizes[:i])
        for g, image in one.permutations.items():
            whole = np.arange(sum(sizes))
            whole[start : start + sizes[i]] = image + start
            images[own[g]] = whole

    def classes() -> list[ConjugacyClass]:
        return [
            ConjugacyClass(
                prod(c.size for c in chosen),
                tuple(s for c, own in zip(chosen, names) for s in _renamed(c.word, own)),
            )
            for chosen in product(*(one.conjugacy_classes() for one in groups))
        ]

    found = DirectProduct(
        title,
        images,
        _relations(groups, names),
        order=prod(one.order for one in groups),
        classes=classes,
        presented=all(one.presented for one in groups),
        degree=sum(sizes),
    )
    found.factors, found.names = tuple(groups), names
    return found


def _lie(title: str, groups: Sequence[Known], names: Names) -> DirectLie:
    spaces = [one.standard() for one in groups]

    def placed(i: int, block: Matrix, rest: Callable[[int], Matrix]) -> Matrix:
        """One block on the diagonal, between others."""
        blocks = (block if i == j else rest(v.dimension) for j, v in enumerate(spaces))
        return reduce(Matrix.plus, blocks)

    components: dict[str, Matrix] = {}
    derivatives: dict[str, Matrix] = {}
    for i, (one, own) in enumerate(zip(groups, names)):
        for g in one.arrows:
            components[own[g]] = placed(i, spaces[i].map(g), Matrix.identity)
        for a in one.algebra:
            derivatives[own[a]] = placed(i, spaces[i].derivative(a), lambda n: Matrix.zero(n, n))
    found = DirectLie(
        title,
        derivatives,
        components,
        _relations(groups, names),
        family="product",
        generating=[
            own[a]
            for one, own in zip(groups, names)
            for a in (one.generating if isinstance(one, LieGroup) else ())
        ],
    )
    found.factors, found.names = tuple(groups), names
    return found


# --- semidirect and wreath products --------------------------------------------------------------


def semidirect(
    normal: FiniteGroup, by: FiniteGroup, action: Mapping[str, Mapping[str, Written]]
) -> FiniteGroup:
    """N ⋊ H, on the elements of N and the points of H; see the module.

    CM043 where the action is none; CM044 where N is too large to list."""
    from categorical.representations.elements import Elements

    listed = Elements.of(normal)
    names = _distinct((normal, by))
    images: dict[str, Index] = {
        names[0][g]: np.concatenate((row, np.arange(by.degree) + listed.count))
        for g, row in listed.left.items()
    }
    relations = [_renamed(w, own) for one, own in zip((normal, by), names) for w in _words(one)]
    for h in by.generators:
        given = action.get(h, {})
        if set(given) != set(normal.generators):
            raise SpecError(
                "CM042",
                f"the action of `{h}` of {by} needs an image for each generator of {normal}",
                facts=[("needs", ", ".join(normal.generators)), ("has", ", ".join(given))],
            )
        words = {n: path(word) for n, word in given.items()}
        moved = _automorphism(listed, normal, {n: normal.word(w) for n, w in words.items()})
        if moved is None:
            raise SpecError(
                "CM043",
                f"`{h}` of {by} does not act on {normal} by an automorphism",
                facts=[(f"{n} ↦", text(word)) for n, word in words.items()],
            )
        images[names[1][h]] = np.concatenate((moved, by.permutations[h] + listed.count))
        step = names[1][h]
        for n, word in words.items():
            image = inverted(_renamed(word, names[0]))
            relations.append((f"{step}^-1", names[0][n], step, *image))
    title = f"{normal} ⋊ {by}"
    wanted = normal.order * by.order
    found = FiniteGroup(
        title,
        images,
        presented=normal.presented and by.presented,
        degree=listed.count + by.degree,
    )
    if found.order != wanted:
        raise SpecError(
            "CM043",
            f"the action of {by} on {normal} is no homomorphism into its automorphisms",
            facts=[("the order", f"is {found.order}, and must be {wanted}")],
            help=["relations of the acting group must act as 1"],
        )
    return FiniteGroup(
        title, images, relations, presented=found.presented, degree=listed.count + by.degree
    )


def _words(group: FiniteGroup) -> list[Path]:
    return [left for left, _ in group.relations]


def _automorphism(
    listed: Elements, group: FiniteGroup, images: Mapping[str, Index]
) -> Index | None:
    """The permutation of the elements that extends n ↦ image, or None where nothing does."""
    rows = [np.arange(group.degree)]
    for number in range(1, listed.count):
        parent, step = listed.parents[number]
        rows.append(images[step][rows[parent]])
    numbers = [-1 if (found := listed.number(row)) is None else found for row in rows]
    if -1 in numbers or len(set(numbers)) != listed.count:
        return None
    for g, row in listed.left.items():
        for number, product_ in enumerate(row.tolist()):
            if not np.array_equal(images[g][rows[number]], rows[product_]):
                return None
    return np.array(numbers, dtype=np.int64)


def wreath(base: FiniteGroup, by: FiniteGroup) -> FiniteGroup:
    """G ≀ H: a copy of G at each of the k points of H, permuted by H; on k · degree(G) points."""
    for one in (base, by):
        if not isinstance(one, FiniteGroup):
            raise SpecError(
                "CM042",
                f"`wreath` takes two finite groups, not {one!r}",
                help=["wreath(cyclic(2), symmetric(3))"],
            )
    count, size = by.degree, base.degree
    orbits = _orbits(by)
    names = _distinct((base, by))
    copies = {
        start: names[0]
        if len(orbits) == 1
        else {g: f"{new}@{start}" for g, new in names[0].items()}
        for start in orbits
    }
    images: dict[str, Index] = {}
    for start, own in copies.items():
        for g, image in base.permutations.items():
            whole = np.arange(count * size)
            whole[start * size : (start + 1) * size] = image + start * size
            images[own[g]] = whole
    for h, image in by.permutations.items():
        images[names[1][h]] = (image[:, None] * size + np.arange(size)).ravel()
    relations = [_renamed(w, own) for own in copies.values() for w in _words(base)]
    relations += [_renamed(w, names[1]) for w in _words(by)]
    for start, own in copies.items():
        for other, words in orbits.items():
            for at, word in words.items():
                w = _renamed(word, names[1])
                for g, h in product(own.values(), copies[other].values()):
                    if at != start and other >= start:
                        moved = (*inverted(w), h, *w)
                        relations.append(_commutator((g,), moved))
        for loop in _stabiliser(by, orbits[start]):
            w = _renamed(loop, names[1])
            relations += [_commutator((g,), w) for g in own.values()]
    return FiniteGroup(
        f"{base} ≀ {by}",
        images,
        relations,
        order=base.order**count * by.order,
        presented=base.presented and by.presented,
        degree=count * size,
    )


def _orbits(group: FiniteGroup) -> dict[int, dict[int, Path]]:
    """For the first point of each orbit, a word that takes it to each point of the orbit."""
    found: dict[int, dict[int, Path]] = {}
    seen: set[int] = set()
    for start in range(group.degree):
        if start in seen:
            continue
        words: dict[int, Path] = {start: ()}
        waiting = [start]
        for at in waiting:
            for g, image in group.permutations.items():
                to = int(image[at])
                if to not in words:
                    words[to] = (*words[at], g)
                    waiting.append(to)
        found[start] = words
        seen |= set(words)
    return found


def _stabiliser(group: FiniteGroup, words: Mapping[int, Path]) -> list[Path]:
    """Schreier's generators of the stabiliser of the first point."""
    found = []
    for at, word in words.items():
        for g, image in group.permutations.items():
            to = int(image[at])
            if words[to] != (*word, g):
                found.append((*word, g, *inverted(words[to])))
    return found
