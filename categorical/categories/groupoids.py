"""Groupoids: of an action, of pairs.

Definition.  The *action groupoid* of a permutation action has the points as objects and an arrow
``"g@x"`` : x → g·x for every generator.  The *pair groupoid* has one arrow between any two points.

Laws.  A functor out of the action groupoid of G on G/H is a representation of H, transported.

>>> pair_groupoid(3).arrows
{'0>1': ('0', '1'), '0>2': ('0', '2')}
>>> action_groupoid("turns", {"r": (1, 0)}, ["r r"]).relations
((('r@0', 'r@1'), ()), (('r@1', 'r@0'), ()))

A map that moves a point out of the set is no action:

>>> action_groupoid("bad", {"g": (1, 2, 3)})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `g` is no permutation of 3 points
...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from categorical.categories.presented import Path, Presentation
from categorical.categories.quivers import Written, path
from categorical.checked import checked
from categorical.errors import SpecError

Relation = tuple[Path, Path]


@checked
def action_groupoid(
    name: str, images: Mapping[str, Sequence[int]], relations: Iterable[Written] = ()
) -> Presentation:
    """The groupoid of an action on points 0 … n − 1; ``images[g][x]`` is g·x.

    ``relations`` are words of the group that are 1; each gives one loop at every point."""
    n = max((len(image) for image in images.values()), default=0)
    back: dict[str, list[int]] = {}
    for g, image in images.items():
        if sorted(image) != list(range(n)):
            raise SpecError("CM043", f"`{g}` is no permutation of {n} points")
        back[g] = [0] * n
        for x, y in enumerate(image):
            back[g][y] = x
    arrows = {f"{g}@{x}": (str(x), str(image[x])) for g, image in images.items() for x in range(n)}
    loops: list[Relation] = []
    for word in map(path, relations):
        for start in range(n):
            at, steps = start, []
            for step in word:
                g = step.removesuffix("^-1")
                if g not in images:
                    raise SpecError("CM042", f"`{name}` has no generator `{g}`")
                if step.endswith("^-1"):
                    at = back[g][at]
                    steps.append(f"{g}@{at}^-1")
                else:
                    steps.append(f"{g}@{at}")
                    at = images[g][at]
            if at != start:
                raise SpecError("CM043", f"the relation {' '.join(word)} moves the point {start}")
            loops.append((tuple(steps), ()))
    points = tuple(str(x) for x in range(n))
    return Presentation(name, points, arrows, tuple(loops), invertible=True)


@checked
def pair_groupoid(n: int) -> Presentation:
    """n objects that are all isomorphic in one way: a tree of arrows from the object 0."""
    if n < 1:
        raise SpecError("CM042", f"a groupoid has at least one object, not {n}")
    arrows = {f"0>{i}": ("0", str(i)) for i in range(1, n)}
    return Presentation(f"pairs of {n}", tuple(map(str, range(n))), arrows, invertible=True)
