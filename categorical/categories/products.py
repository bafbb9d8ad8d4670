"""Products of finitely presented categories: two structures that act at once.

Definition.  The objects of C × D are pairs, named ``"c|d"``; the arrows are those of C at every
object of D and those of D at every object of C, named ``"f|d"`` and ``"c|g"``; the relations are
those of C and of D, and that the two kinds commute.  Of two categories with one object the names
stay as they are.  A groupoid in a product with a category that is none gets its inverses as arrows
``"f^-1|d"``.

Laws.  A functor out of C × D is a functor of each variable; ``outer(V, W)`` is V ⊗ W (see
``categorical.representations``).  A group and a chain together: layers that are equivariant and
causal.

>>> from categorical.categories.posets import chain
>>> from categorical.categories.quivers import monoid
>>> both = product(monoid("E", ["e"], [("e e", "e")]), chain(2))
>>> both.objects, list(both.arrows)
(('*|0', '*|1'), ['e|0', 'e|1', '*|0<1'])
>>> both.relations[-1]
(('e|0', '*|0<1'), ('*|0<1', 'e|1'))

Two generators of one name in two monoids cannot be told apart:

>>> product(monoid("M", ["e"]), monoid("N", ["e"]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: both `M` and `N` have an arrow `e`
...
"""

from __future__ import annotations

from collections.abc import Callable

from categorical.categories.presented import Path, Presentation
from categorical.checked import checked
from categorical.errors import SpecError

Relation = tuple[Path, Path]


class ProductCategory(Presentation):
    """C × D: pairs of objects; arrows of one factor at each object of the other, which commute.

    Errors: CM042 for factors with infinitesimal generators."""

    def __init__(self, left: Presentation, right: Presentation) -> None:
        for one in (left, right):
            if one.algebra:
                raise SpecError(
                    "CM042",
                    f"`{one.name}` has infinitesimal generators",
                    help=["the product of two Lie groups is `direct` in categorical.groups"],
                )
        self.left, self.right = left, right
        self.flat = len(left.objects) == len(right.objects) == 1
        shared = [f for f in left.arrows if f in right.arrows]
        if self.flat and shared:
            raise SpecError(
                "CM042", f"both `{left.name}` and `{right.name}` have an arrow `{shared[0]}`"
            )
        invertible = left.invertible and right.invertible
        ours, theirs = _arrows(left, invertible), _arrows(right, invertible)
        objects = ["*"] if self.flat else [f"{c}|{d}" for c in left.objects for d in right.objects]
        arrows: dict[str, tuple[str, str]] = {}
        relations: list[Relation] = []
        for d in right.objects:
            for f, (a, b) in ours.items():
                arrows[self.name_left(f, d)] = (self.name_object(a, d), self.name_object(b, d))
            for word, other in _relations(left, invertible):
                path = tuple(self.name_left(f, d) for f in word)
                relations.append((path, tuple(self.name_left(f, d) for f in other)))
        for c in left.objects:
            for g, (a, b) in theirs.items():
                arrows[self.name_right(c, g)] = (self.name_object(c, a), self.name_object(c, b))
            for word, other in _relations(right, invertible):
                path = tuple(self.name_right(c, g) for g in word)
                relations.append((path, tuple(self.name_right(c, g) for g in other)))
        for f, (a, b) in left.arrows.items():
            for g, (c, d) in right.arrows.items():
                first = (self.name_left(f, c), self.name_right(b, g))
                relations.append((first, (self.name_right(a, g), self.name_left(f, d))))
        name = f"{left.name} × {right.name}"
        super().__init__(name, tuple(objects), arrows, tuple(relations), invertible=invertible)

    def name_object(self, c: str, d: str) -> str:
        return "*" if self.flat else f"{c}|{d}"

    def name_left(self, f: str, d: str) -> str:
        """The arrow f of C at the object d; an inverse stays one where all are invertible."""
        return self._named(f, lambda step: step if self.flat else f"{step}|{d}")

    def name_right(self, c: str, g: str) -> str:
        """The arrow g of D at the object c."""
        return self._named(g, lambda step: step if self.flat else f"{c}|{step}")

    def _named(self, step: str, how: Callable[[str], str]) -> str:
        both = self.left.invertible and self.right.invertible
        if both and step.endswith("^-1"):
            return f"{how(step.removesuffix('^-1'))}^-1"
        return how(step)


def _arrows(of: Presentation, invertible: bool) -> dict[str, tuple[str, str]]:
    found = dict(of.arrows)
    if of.invertible and not invertible:
        found |= {f"{f}^-1": (b, a) for f, (a, b) in of.arrows.items()}
    return found


def _relations(of: Presentation, invertible: bool) -> list[Relation]:
    found = list(of.relations)
    if of.invertible and not invertible:
        found += [pair for f in of.arrows for pair in (((f, f"{f}^-1"), ()), ((f"{f}^-1", f), ()))]
    return found


@checked
def product(left: Presentation, right: Presentation) -> ProductCategory:
    """C × D.  CM042 for Lie groups, and for two names that would be one."""
    return ProductCategory(left, right)
