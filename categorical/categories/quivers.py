"""Quivers with relations, monoids, groupoids by generators.

Definition.  A quiver is a directed multigraph; with relations between parallel paths it presents a
category.  A monoid has one object, a groupoid invertible arrows.  Paths are tuples of arrows, or
one text of names with blanks between, followed from left to right.

Laws.  A representation of a quiver without relations is any choice of matrices of the right shapes.

>>> kronecker = quiver("Kronecker", {"a": ("x", "y"), "b": ("x", "y")})
>>> kronecker.objects, translations(2).relations
(('x', 'y'), ((('x', 'y'), ('y', 'x')),))

A relation of paths that are not parallel is refused:

>>> quiver("bad", {"a": ("x", "y"), "b": ("y", "x")}, [("a", "b")])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: the relation a = b of `bad` has two sides that differ
...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from categorical.categories.presented import Path, Presentation
from categorical.checked import checked
from categorical.errors import SpecError

Written = str | Sequence[str]
Relations = Iterable[tuple[Written, Written]]


def path(written: Written) -> Path:
    """A path from a text (``"f g"``: f first) or a sequence of names; ``""`` is the identity."""
    return tuple(written.split()) if isinstance(written, str) else tuple(written)


@checked
def quiver(
    name: str,
    arrows: Mapping[str, tuple[str, str]],
    relations: Relations = (),
    *,
    objects: Iterable[str] = (),
) -> Presentation:
    """The category of a directed multigraph; ``objects`` adds those that no arrow touches."""
    return Presentation(name, _touched(arrows, objects), arrows, _paths(relations))


@checked
def monoid(name: str, generators: Iterable[str], relations: Relations = ()) -> Presentation:
    """One object; the generators need not act by invertible maps."""
    loops = dict.fromkeys(_names(generators), ("*", "*"))
    return Presentation(name, ("*",), loops, _paths(relations))


@checked
def groupoid(
    name: str,
    arrows: Mapping[str, tuple[str, str]],
    relations: Relations = (),
    *,
    objects: Iterable[str] = (),
) -> Presentation:
    """Like a quiver, with every arrow invertible (``"f^-1"``)."""
    every = _touched(arrows, objects)
    return Presentation(name, every, arrows, _paths(relations), invertible=True)


@checked
def translations(axes: int | Iterable[str], *, invertible: bool = False) -> Presentation:
    """The free commutative monoid (or group) of shifts along each axis."""
    if isinstance(axes, int) and axes < 1:
        raise SpecError("CM042", f"shifts have at least one axis, not {axes}")
    names = _names("xyzw"[:axes] if isinstance(axes, int) and axes <= 4 else axes)
    relations = tuple(((a, b), (b, a)) for a, b in combinations(names, 2))
    kind = "Z" if invertible else "N"
    title = f"{kind}^{len(names)}"
    loops = dict.fromkeys(names, ("*", "*"))
    return Presentation(title, ("*",), loops, relations, invertible=invertible)


def _names(given: int | Iterable[str]) -> tuple[str, ...]:
    found = tuple(f"x{i}" for i in range(given)) if isinstance(given, int) else tuple(given)
    if len(set(found)) != len(found):
        raise SpecError("CM042", f"two generators have one name: {', '.join(found)}")
    return found


def _touched(arrows: Mapping[str, tuple[str, str]], objects: Iterable[str]) -> tuple[str, ...]:
    """The given objects, then those that arrows touch."""
    return tuple(dict.fromkeys([*objects, *(end for ends in arrows.values() for end in ends)]))


def _paths(relations: Relations) -> tuple[tuple[Path, Path], ...]:
    return tuple((path(left), path(right)) for left, right in relations)
