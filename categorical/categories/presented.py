"""Finitely presented categories: objects, generating arrows, and equations of paths.

Definition.  A presentation lists objects, arrows ``name: (source, target)`` and relations, pairs of
parallel paths.  A path is a tuple of arrows in the order in which they are followed; ``"f^-1"`` is
an arrow of a groupoid followed backwards.  A group is the case of one object and invertible arrows,
a monoid that of one object.  A Lie group also has infinitesimal generators (``algebra``).

Laws.  A functor out of it is a choice of spaces and maps that satisfies the relations; a natural
transformation needs one equation for each generating arrow.

>>> square = Presentation("a loop of order 4", ("*",), {"r": ("*", "*")}, ((("r",) * 4, ()),))
>>> square.source_of(("r", "r"), "*"), square.invertible
('*', False)

Paths of a relation that do not run side by side are refused:

>>> Presentation("bad", ("a", "b"), {"f": ("a", "b")}, ((("f",), ()),))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: the relation f = 1 of `bad` has two sides that differ
...
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise

from categorical.errors import SpecError

Path = tuple[str, ...]
Relation = tuple[Path, Path]


class Presentation:
    """See the module.  ``invertible``: every arrow is (a group or groupoid)."""

    def __init__(
        self,
        name: str,
        objects: tuple[str, ...],
        arrows: Mapping[str, tuple[str, str]],
        relations: tuple[Relation, ...] = (),
        *,
        invertible: bool = False,
        algebra: tuple[str, ...] = (),
    ) -> None:
        self.name, self.objects, self.arrows = name, tuple(objects), dict(arrows)
        self.relations, self.invertible, self.algebra = tuple(relations), invertible, algebra
        for arrow, ends in self.arrows.items():
            for end in ends:
                if end not in self.objects:
                    raise SpecError(
                        "CM042",
                        f"the arrow `{arrow}` of `{name}` ends at `{end}`, which is no object",
                        facts=[("objects", ", ".join(self.objects))],
                    )
        for left, right in self.relations:
            self._parallel(left, right)

    def ends(self, step: str) -> tuple[str, str]:
        """Source and target of an arrow, or of one followed backwards."""
        if step.endswith("^-1") and self.invertible:
            target, source = self.ends(step[:-3])
            return source, target
        if step not in self.arrows:
            raise SpecError(
                "CM042",
                f"`{self.name}` has no arrow `{step}`",
                facts=[("arrows", ", ".join(self.arrows))],
            )
        return self.arrows[step]

    def source_of(self, path: Path, default: str) -> str:
        """Where a path starts; the empty path starts at the given object."""
        return self.ends(path[0])[0] if path else default

    @cached_property
    def opposite(self) -> Presentation:
        """The opposite category: every arrow and every path turned round."""
        turned = Presentation(
            f"{self.name}ᵒᵖ",
            self.objects,
            {f: (target, source) for f, (source, target) in self.arrows.items()},
            tuple((left[::-1], right[::-1]) for left, right in self.relations),
            invertible=self.invertible,
            algebra=self.algebra,
        )
        turned.__dict__["opposite"] = self
        return turned

    def _parallel(self, left: Path, right: Path) -> None:
        def span(path: Path) -> tuple[str, str] | None:
            for first, second in pairwise(path):
                if self.ends(first)[1] != self.ends(second)[0]:
                    raise SpecError(
                        "CM042",
                        f"the path {text(path)} of `{self.name}` breaks after `{first}`",
                        facts=[
                            (first, f"ends at {self.ends(first)[1]}"),
                            (second, f"starts at {self.ends(second)[0]}"),
                        ],
                    )
            return (self.ends(path[0])[0], self.ends(path[-1])[1]) if path else None

        a, b = span(left), span(right)
        loop = (a is None or a[0] == a[1]) and (b is None or b[0] == b[1])
        if a != b and not (loop and (a is None or b is None)):
            raise SpecError(
                "CM042",
                f"the relation {text(left)} = {text(right)} of `{self.name}` has two sides that "
                "differ",
                facts=[("left", a or "stays"), ("right", b or "stays")],
            )

    def __repr__(self) -> str:
        return self.name


def text(path: Path) -> str:
    """A path as a word: equal neighbours as powers."""
    parts: list[str] = []
    for step in path:
        base, power = (step[:-3], -1) if step.endswith("^-1") else (step, 1)
        last = parts[-1].split("^") if parts else [""]
        if parts and last[0] == base and (int(last[1]) if len(last) > 1 else 1) * power > 0:
            total = (int(last[1]) if len(last) > 1 else 1) + power
            parts[-1] = base if total == 1 else f"{base}^{total}"
        else:
            parts.append(base if power == 1 else f"{base}^-1")
    return " ".join(parts) or "1"
