"""Homomorphisms of groups (functors of presentations) and restriction along them.

Definition.  A homomorphism H → G sends every object to an object, every arrow to a path between the
images of its ends, every infinitesimal generator to a combination of such.  Restriction composes a
representation of G with it.  ``subgroup`` is the inclusion of what some words generate.

Laws.  Restriction is a functor: it keeps ⊕, ⊗, duals and powers, piece by piece.  A homomorphism of
finite groups is checked on the groups themselves: the pairs (h, image of h) generate a group of the
order of H.  Between other presentations the relations are checked on every representation that is
restricted.

>>> from categorical.groups import FiniteGroup
>>> s3 = FiniteGroup("S3", {"a": (1, 0, 2), "b": (1, 2, 0)}, order=6)
>>> a3 = subgroup(s3, {"c": "b"}, name="A3")
>>> points = Representation.of_permutations(s3, s3.permutations)
>>> restrict(points + points.dual, a3), a3.source.order
(points|A3 ⊕ points|A3*, 3)

Images that break the group law are refused:

>>> Homomorphism(a3.source, s3, {"c": "a"})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: this is no homomorphism A3 → S3
...
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, reduce

import numpy as np

from categorical.categories.presented import Path, Presentation, text
from categorical.categories.products import ProductCategory
from categorical.categories.quivers import Written, path
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Number
from categorical.groups.finite import FiniteGroup
from categorical.groups.lie import LieGroup
from categorical.representations.representation import Representation

Combination = Mapping[str, Number]


class Homomorphism:
    """See the module.  ``images[h]`` is a path, ``algebra[a]`` a combination of generators."""

    def __init__(
        self,
        source: Presentation,
        target: Presentation,
        images: Mapping[str, Written],
        algebra: Mapping[str, Combination] | None = None,
        objects: Mapping[str, str] | None = None,
    ) -> None:
        if not (isinstance(source, Presentation) and isinstance(target, Presentation)):
            raise SpecError("CM042", "a homomorphism goes from one presentation to another")
        if not isinstance(images, Mapping):
            raise SpecError(
                "CM042", f"the images {images!r} are no mapping", help=['write {"h": "g g"}']
            )
        self.source, self.target = source, target
        self.images: dict[str, Path] = {h: path(word) for h, word in images.items()}
        self.algebra = {a: dict(terms) for a, terms in (algebra or {}).items()}
        if objects is None and len(source.objects) == len(target.objects) == 1:
            objects = {source.objects[0]: target.objects[0]}
        self.objects = dict(objects or {})
        self._complete()
        for h, (a, b) in source.arrows.items():
            start, end = self.objects[a], self.objects[b]
            at = start
            for step in self.images[h]:
                first, then = target.ends(step)
                if first != at:
                    break
                at = then
            else:
                if at == end:
                    continue
            raise self._refused(f"the image of `{h}`", f"is no path {start} → {end}")
        if isinstance(source, FiniteGroup) and isinstance(target, FiniteGroup):
            self._finite(source, target)

    def _complete(self) -> None:
        lists = (
            ("object", self.source.objects, self.objects),
            ("arrow", tuple(self.source.arrows), self.images),
            ("infinitesimal generator", self.source.algebra, self.algebra),
        )
        for what, wanted, given in lists:
            if set(wanted) != set(given):
                raise self._refused(
                    f"one image for each {what}",
                    f"needs {', '.join(wanted) or 'none'}, and has {', '.join(given) or 'none'}",
                )
        for terms in self.algebra.values():
            for b in terms:
                if b not in self.target.algebra:
                    raise self._refused(f"`{b}`", f"is not in {', '.join(self.target.algebra)}")

    def _finite(self, source: FiniteGroup, target: FiniteGroup) -> None:
        for left, _ in source.relations:
            moved = target.word(self.word(left)) != np.arange(target.degree)
            if moved.any():
                raise self._refused(f"{text(left)} = 1", "fails for the images")
        pairs = {
            h: [*source.permutations[h], *(target.word(word) + source.degree)]
            for h, word in self.images.items()
        }
        order = FiniteGroup("pairs", pairs).order
        if order != source.order:
            raise self._refused(
                f"the order of {source.name} and its pairs", f"is {source.order}, and {order}"
            )

    def _refused(self, what: str, why: str) -> SpecError:
        title = f"this is no homomorphism {self.source} → {self.target}"
        return SpecError("CM043", title, facts=[(what, why)])

    def word(self, written: Path) -> Path:
        """The image of a path."""
        found: list[str] = []
        for step in written:
            if step.endswith("^-1") and step not in self.images:
                back = reversed(self.images[step.removesuffix("^-1")])
                found += [s.removesuffix("^-1") if s.endswith("^-1") else f"{s}^-1" for s in back]
            else:
                found += self.images[step]
        return tuple(found)

    @property
    def verified(self) -> bool:
        """Whether the map itself is known to be a homomorphism (between finite groups)."""
        return isinstance(self.source, FiniteGroup) and isinstance(self.target, FiniteGroup)

    @cached_property
    def image(self) -> FiniteGroup:
        """What the images generate, as permutations of the points of the target."""
        if not isinstance(self.target, FiniteGroup):
            raise SpecError("CM042", f"{self.target} is no finite group")
        words = {h: self.target.word(word) for h, word in self.images.items()}
        words = words or {"1": np.arange(self.target.degree)}
        return FiniteGroup(f"im {self.source.name}", words)

    @property
    def injective(self) -> bool:
        """Whether only 1 goes to 1 (of finite groups)."""
        return isinstance(self.source, FiniteGroup) and self.image.order == self.source.order

    def __rshift__(self, other: Homomorphism) -> Homomorphism:
        """First this, then the other."""
        if self.target is not other.source:
            raise SpecError("CM042", f"{self!r} does not compose with {other!r}")
        algebra: dict[str, dict[str, Number]] = {}
        for a, terms in self.algebra.items():
            total: dict[str, Number] = {}
            for b, factor in terms.items():
                for c, more in other.algebra[b].items():
                    total[c] = total.get(c, 0) + factor * more
            algebra[a] = total
        return Homomorphism(
            self.source,
            other.target,
            {h: other.word(word) for h, word in self.images.items()},
            algebra,
            {a: other.objects[b] for a, b in self.objects.items()},
        )

    def __repr__(self) -> str:
        return f"{self.source} → {self.target}"


@checked
def subgroup(
    group: Presentation,
    words: Mapping[str, Written],
    *,
    algebra: Mapping[str, Combination] | None = None,
    name: str = "H",
) -> Homomorphism:
    """The inclusion of the subgroup that these words (and infinitesimal combinations) generate.

    Of a finite group the source is a ``FiniteGroup`` with its true order, of a Lie group a
    ``LieGroup`` (CM043 where the combinations do not close under brackets); of other presentations
    one without relations, whose representations come from the whole."""
    paths = {h: path(word) for h, word in words.items()}
    if isinstance(group, FiniteGroup):
        images = {h: group.word(_known(group, word)) for h, word in paths.items()}
        return Homomorphism(FiniteGroup(name, images), group, paths)
    if isinstance(group, LieGroup) and (paths or algebra):
        whole = group.standard()
        derivatives = {
            a: reduce(Matrix.__add__, (whole.derivative(b) * c for b, c in terms.items()))
            for a, terms in (algebra or {}).items()
            if terms
        }
        components = {h: whole.word(_known(group, word), "*") for h, word in paths.items()}
        inner = LieGroup(name, derivatives, components, form=group.form)
        return Homomorphism(inner, group, paths, algebra)
    loops = dict.fromkeys(paths, (group.objects[0], group.objects[0]))
    source = Presentation(
        name, group.objects[:1], loops, invertible=group.invertible, algebra=tuple(algebra or {})
    )
    return Homomorphism(source, group, paths, algebra)


def _known(group: Presentation, word: Path) -> Path:
    for step in word:
        group.ends(step)
    return word


@checked
def restrict(
    of: Representation, along: Homomorphism | Mapping[str, Written], *, name: str = ""
) -> Representation:
    """A representation of G as one of H, along H → G (or a subgroup given by words).

    Sums, tensor products, duals and powers stay what they are, piece by piece.  CM043 where the
    relations of H do not hold."""
    if not isinstance(along, Homomorphism):
        along = subgroup(of.of, along, name=name or "H")
    if of.of is not along.target:
        raise SpecError(
            "CM043",
            f"`{of}` is restricted along a homomorphism into another group",
            facts=[("the homomorphism", repr(along)), (f"`{of}` is of", of.of)],
        )
    return _restricted(of, along)


@checked
def substitute(
    of: Representation, atoms: Mapping[Representation, Representation]
) -> Representation:
    """The same construction of other atoms: sums, products, duals, powers, … of the new ones.

    All new atoms are of one presentation (another group than before, or the same).  CM043 for an
    atom without replacement, or a piece that is no functor of its parts (an induced one)."""
    if not atoms:
        raise SpecError("CM042", f"no atom of `{of}` is replaced", help=["write {old: new}"])
    new = next(iter(atoms.values()))

    def found(one: Representation) -> Representation:
        if one in atoms:
            return atoms[one]
        if one.kind == "trivial" and len(set(one.dims.values())) == 1:
            return Representation.trivial(new.of, next(iter(one.dims.values())))
        if one.again is None:
            raise SpecError(
                "CM043",
                f"`{of}` contains `{one}`, and nothing replaces it",
                facts=[("replaced are", ", ".join(str(atom) for atom in atoms))],
            )
        return one.again(*map(found, one.parts))

    return found(of)


@checked
def outer(left: Representation, right: Representation, over: ProductCategory) -> Representation:
    """V ⊗ W of C × D, for V of C and W of D: f at d acts by V(f) ⊗ 1, g at c by 1 ⊗ W(g).

    CM043 where V or W is of another category."""
    for one, wanted in ((left, over.left), (right, over.right)):
        if one.of is not wanted:
            raise SpecError(
                "CM043",
                f"`{one}` is no representation of a factor of {over}",
                facts=[("the factor", wanted), (f"`{one}` is of", one.of)],
            )
    steps = {
        over.name_left(f, d): left.map(f).kron(Matrix.identity(right.dims[d]))
        for d in over.right.objects
        for f in over.left.arrows
    } | {
        over.name_right(c, g): Matrix.identity(left.dims[c]).kron(right.map(g))
        for c in over.left.objects
        for g in over.right.arrows
    }

    def maps(arrow: str) -> Matrix:
        if arrow in steps:
            return steps[arrow]
        head, bar, tail = arrow.partition("^-1")
        return steps[head + tail if bar else arrow].inverse()

    return Representation(
        over,
        {arrow: maps(arrow) for arrow in over.arrows},
        dims={
            over.name_object(c, d): m * n
            for c, m in left.dims.items()
            for d, n in right.dims.items()
        },
        kind="outer",
        name=f"{left.name} ⊠ {right.name}",
        parts=(left, right),
        checked=False,
    )


def _restricted(of: Representation, along: Homomorphism) -> Representation:
    if of.kind == "trivial":
        return Representation.trivial(along.source, next(iter(of.dims.values())))
    if of.again is not None and of.kind != "transpose":
        return of.again(*(_restricted(part, along) for part in of.parts))

    def derivative(a: str) -> Matrix:
        size = next(iter(of.dims.values()))
        terms = (of.derivative(b) * c for b, c in along.algebra[a].items())
        return reduce(Matrix.__add__, terms, Matrix.zero(size, size))

    return Representation(
        along.source,
        lambda h: of.word(along.images[h], along.objects[along.source.ends(h)[0]]),
        derivative,
        dims={c: of.dims[d] for c, d in along.objects.items()},
        kind="permutation" if of.kind in ("permutation", "regular") else "restricted",
        name=f"{of.name}|{along.source}",
        parts=(of,),
        checked=not along.verified,
    )
