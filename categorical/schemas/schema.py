"""Schemas: categories presented by objects, edges and equations of paths.

Definition.  A *schema* lists objects, edges ``name: (source, target)`` and equations, pairs of
parallel paths; it may ask for cones (a *sketch*).  A path is a text of edges, the first one first
(``"f g"`` or ``"f ; g"``); ``"1"`` is the path that stays.  The category of a schema has the paths
as its arrows, up to the equations.

Laws.  Composition of paths is associative, the paths that stay are its units.

>>> cycle = Schema(
...     "cycle",
...     "A B",
...     {"f": ("A", "B"), "g": ("B", "A")},
...     {"round A": "f g = 1", "round B": "g f = 1"},
... )
>>> print(cycle)
schema `cycle`
  objects    A, B
  edges      f: A → B
             g: B → A
  equations  round A: f ; g = 1 on A
             round B: g ; f = 1 on B
>>> cycle.path("f g") >> cycle.path("f"), cycle.path("1", at="A")
(f ; g ; f: A → B, 1: A → A)

An equation is between paths that run side by side:

>>> Schema("bad", "A B", {"f": ("A", "B"), "g": ("B", "A")}, {"round": "f g = f"})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM053]: the paths of the equation `round` of `bad` are not ...
...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise

from categorical.categories.presented import Presentation
from categorical.categories.quivers import Written
from categorical.checked import checked
from categorical.errors import SpecError

STAYS = ("1", "id")


@dataclass(frozen=True)
class Path:
    """A path with its ends; ``p >> q`` follows p, then q."""

    source: str
    target: str
    steps: tuple[str, ...] = ()

    def __rshift__(self, other: Path) -> Path:
        if self.target != other.source:
            raise SpecError(
                "CM053",
                f"the path {self.text} does not meet {other.text}",
                facts=[
                    ("the first", f"{self.text} ends at {self.target}"),
                    ("the second", f"{other.text} starts at {other.source}"),
                ],
                help=[f"go on from {self.target}"],
            )
        return Path(self.source, other.target, self.steps + other.steps)

    @property
    def text(self) -> str:
        """The edges in order, ``1`` where there is none."""
        return " ; ".join(self.steps) or "1"

    def __repr__(self) -> str:
        return f"{self.text}: {self.source} → {self.target}"


@dataclass(frozen=True)
class Equation:
    """Two parallel paths that are to be equal."""

    name: str
    left: Path
    right: Path

    @property
    def source(self) -> str:
        """Where both paths start."""
        return self.left.source

    @property
    def stated(self) -> str:
        """The equation after its name, if that says more."""
        plain = ("".join(x for x in t if x not in " ;") for t in (self.name, str(self)))
        name, text = plain
        return str(self) if text.startswith(name) else f"{self.name}: {self}"

    def __str__(self) -> str:
        on = f" on {self.source}" if not (self.left.steps and self.right.steps) else ""
        return f"{self.left.text} = {self.right.text}{on}"


@dataclass(frozen=True)
class Cone:
    """An apex with a leg to each object of a diagram; ``kind`` is "limit" or "colimit".

    ``legs`` are edges with the objects that they go to (come from, in a colimit), ``over`` the
    edges of the diagram, each with the leg at its source and the leg at its target.  No edge: a
    product or a coproduct; two edges that run side by side: an equaliser or a coequaliser; two
    that meet: a pullback or a pushout.
    """

    kind: str
    apex: str
    legs: Mapping[str, str]
    over: tuple[tuple[str, str, str], ...] = ()

    @property
    def discrete(self) -> bool:
        """Whether it is a product or a coproduct."""
        return not self.over

    def ends(self, leg: str) -> tuple[str, str]:
        """Source and target of a leg."""
        other = self.legs[leg]
        return (self.apex, other) if self.kind == "limit" else (other, self.apex)

    def __str__(self) -> str:
        sign = " × " if self.kind == "limit" else " + "
        if self.discrete:
            said = sign.join(self.legs.values()) or ("One" if self.kind == "limit" else "Zero")
        else:
            said = f"the {self.kind} of {', '.join(edge for _, edge, _ in self.over)}"
        return f"{self.apex} = {said} by {', '.join(self.legs) or 'no leg'}"


def product(apex: str, **legs: str) -> Cone:
    """The apex is the product of objects: ``product("AB", p="A", q="B")``."""
    return Cone("limit", apex, legs)


def coproduct(apex: str, **legs: str) -> Cone:
    """The apex is the sum of objects: ``coproduct("S", i="A", j="B")``."""
    return Cone("colimit", apex, legs)


Over = str | Sequence[str | tuple[str, str, str]]


def limit(apex: str, over: Over, **legs: str) -> Cone:
    """The apex is the limit of the diagram with these edges (an equaliser, a pullback).

    An edge stands for itself where one leg is at each of its ends, and else with both legs:
    ``limit("K", [("p", "f", "r"), ("q", "f", "r")], p="A", q="A", r="B")``.
    """
    return Cone("limit", apex, legs, _over(over))


def colimit(apex: str, over: Over, **legs: str) -> Cone:
    """The apex is the colimit of the diagram with these edges (a coequaliser, a pushout)."""
    return Cone("colimit", apex, legs, _over(over))


def _over(over: Over) -> tuple[tuple[str, str, str], ...]:
    """Edges with their legs; those that are found from the schema are empty."""
    given = _words(over) if isinstance(over, str) else over
    return tuple(("", one, "") if isinstance(one, str) else one for one in given)


Ends = tuple[str, str]
Equations = Mapping[str, str] | Iterable[str]


class Schema:
    """See the module.  ``equations`` maps names to texts ``"f g = h"``, or lists the texts.

    The legs of a cone are edges, and so are those of its diagram; that the legs agree along the
    diagram are equations of the schema.
    """

    @checked
    def __init__(
        self,
        name: str,
        objects: str | Iterable[str],
        edges: Mapping[str, tuple[str, str]],
        equations: Mapping[str, str] | Sequence[str] = (),
        cones: Sequence[Cone] = (),
    ) -> None:
        self.name, self.objects, self.cones = name, _words(objects), tuple(cones)
        self.edges: dict[str, Ends] = dict(edges)
        for cone in self.cones:
            for leg in cone.legs:
                self.edges.setdefault(leg, cone.ends(leg))
        self._check_names()
        self.cones = tuple(self._placed(cone) for cone in self.cones)
        named = equations if isinstance(equations, Mapping) else {t: t for t in equations}
        self.equations = {k: self._equation(k, text) for k, text in named.items()}
        for cone in self.cones:
            for one in self._along(cone):
                self.equations.setdefault(one.name, one)

    @property
    def presentation(self) -> Presentation:
        """The category as a presentation by generators and relations."""
        relations = tuple((e.left.steps, e.right.steps) for e in self.equations.values())
        return Presentation(self.name, self.objects, self.edges, relations)

    # --- paths -----------------------------------------------------------------------------------

    def path(self, written: Written, at: str = "") -> Path:
        """A path of the schema; one that stays needs the object ``at`` which it stays."""
        steps = _steps(written)
        for step in steps:
            if step not in self.edges:
                raise self._unknown("edge", step, self.edges)
        for first, second in pairwise(steps):
            if self.edges[first][1] != self.edges[second][0]:
                raise SpecError(
                    "CM053",
                    f"the path {' ; '.join(steps)} of `{self.name}` breaks after `{first}`",
                    facts=[
                        (f"`{first}`", f"ends at {self.edges[first][1]}"),
                        (f"`{second}`", f"starts at {self.edges[second][0]}"),
                    ],
                    help=self._from(self.edges[first][1], "goes on"),
                )
        if steps:
            return Path(self.edges[steps[0]][0], self.edges[steps[-1]][1], steps)
        if at not in self.objects:
            raise self._unknown("object", at, self.objects)
        return Path(at, at)

    def _equation(self, name: str, text: str) -> Equation:
        sides = text.split("=")
        if len(sides) != 2:
            raise SpecError(
                "CM053",
                f"the equation `{name}` of `{self.name}` is not `path = path`",
                facts=[("it is", repr(text))],
                help=['an equation is written  "f g = h"  or  "f g = 1"'],
            )
        known = [self.path(side) for side in sides if _steps(side)]
        if not known:
            raise SpecError(
                "CM053",
                f"the equation `{name}` of `{self.name}` says nothing: both paths stay",
                help=["leave it out"],
            )
        at = known[0].source
        left, right = (self.path(side, at) for side in sides)
        if (left.source, left.target) != (right.source, right.target):
            raise SpecError(
                "CM053",
                f"the paths of the equation `{name}` of `{self.name}` are not parallel",
                facts=[("left", repr(left)), ("right", repr(right))],
                help=self._mended(left, right),
            )
        return Equation(name, left, right)

    def _mended(self, left: Path, right: Path) -> list[str]:
        """How the shorter path can go on to where the longer one ends, or what else to write."""
        for one, other in ((right, left), (left, right)):
            if one.source != other.source:
                continue
            for edge, (source, target) in self.edges.items():
                if (source, target) == (one.target, other.target):
                    return [f"`{edge}` goes on to {target}: {(one >> self.path(edge)).text}"]
        ends = (f"from {one.source} to {one.target}" for one in (left, right))
        return [f"both sides go {', or both '.join(ends)}"]

    def _from(self, at: str, does: str) -> list[str]:
        found = [f for f, (source, _) in self.edges.items() if source == at]
        return [f"from {at} {does}: {', '.join(found)}"] if found else [f"no edge starts at {at}"]

    # --- checks ----------------------------------------------------------------------------------

    def _unknown(self, kind: str, name: str, known: Iterable[str]) -> SpecError:
        names = list(known)
        near = get_close_matches(name, names, 1)
        return SpecError(
            "CM053",
            f"`{self.name}` has no {kind} `{name}`",
            facts=[(f"{kind}s", ", ".join(names))],
            help=[f"write `{near[0]}`" if near else f"name one of the {kind}s, or declare it"],
        )

    def _check_names(self) -> None:
        if len(set(self.objects)) != len(self.objects):
            raise SpecError(
                "CM053", f"two objects of `{self.name}` have one name", help=["name them apart"]
            )
        for edge, ends in self.edges.items():
            if not edge.isidentifier() or edge in STAYS:
                raise SpecError(
                    "CM053",
                    f"`{edge}` cannot name an edge of `{self.name}`",
                    help=["a name is a word of letters, digits and _; `id` and 1 are paths"],
                )
            for end in ends:
                if end not in self.objects:
                    problem = self._unknown("object", end, self.objects)
                    problem.facts.insert(0, (f"`{edge}`", f"{ends[0]} → {ends[1]}"))
                    raise problem

    def _placed(self, cone: Cone) -> Cone:
        """The cone, checked, with the legs at the ends of every edge of its diagram."""
        for leg in cone.legs:
            if self.edges[leg] != cone.ends(leg):
                source, target = cone.ends(leg)
                raise SpecError(
                    "CM053",
                    f"`{leg}` is no leg of the {cone.kind} `{cone.apex}`",
                    facts=[
                        ("the edge", " → ".join(self.edges[leg])),
                        ("the leg", f"{source} → {target}"),
                    ],
                    help=["name another edge, or leave the edge out: the cone declares it"],
                )
        over = []
        for first, edge, last in cone.over:
            path = self.path(edge)
            ends = ((first, path.source), (last, path.target))
            found = [self._leg(cone, path, leg, at) for leg, at in ends]
            over.append((found[0], edge, found[1]))
        return replace(cone, over=tuple(over))

    def _leg(self, cone: Cone, path: Path, leg: str, at: str) -> str:
        """The leg of a cone at one end of an edge of its diagram."""
        there = [one for one, to in cone.legs.items() if to == at and leg in ("", one)]
        if len(there) == 1:
            return there[0]
        many = f"has {len(there)} legs" if there else "has no leg"
        raise SpecError(
            "CM053",
            f"the {cone.kind} `{cone.apex}` {many} at `{at}`",
            facts=[("the diagram", repr(path)), ("the cone", str(cone))],
            help=[
                f'say which leg is meant: ("leg", "{path.text}", "leg")'
                if there
                else f"a leg for every object that an edge of the diagram touches, so for {at}"
            ],
        )

    def _along(self, cone: Cone) -> list[Equation]:
        """The equations that the legs agree along the edges of the diagram."""
        found = []
        for first, edge, last in cone.over:
            source, step, target = self.path(first), self.path(edge), self.path(last)
            pair = (source >> step, target) if cone.kind == "limit" else (step >> target, source)
            name = f"cone {cone.apex}: {pair[0].text} = {pair[1].text}"
            found.append(Equation(name, *pair))
        return found

    def __str__(self) -> str:
        edges = [f"{f}: {a} → {b}" for f, (a, b) in self.edges.items()]
        equations = [one.stated for one in self.equations.values()]
        rows = [f"schema `{self.name}`", f"  objects    {', '.join(self.objects)}"]
        for title, lines in (
            ("edges", edges),
            ("equations", equations),
            ("cones", [str(c) for c in self.cones]),
        ):
            for i, line in enumerate(lines):
                rows.append(f"  {title if i == 0 else '':<9}  {line}")
        return "\n".join(rows)

    def _repr_svg_(self) -> str:
        from categorical.face.notebook import schema_picture

        return schema_picture(self)

    def __repr__(self) -> str:
        return (
            f"schema `{self.name}`: {len(self.objects)} objects, {len(self.edges)} edges, "
            f"{len(self.equations)} equations"
        )


def _words(written: Written | Iterable[str]) -> tuple[str, ...]:
    return tuple(written.split()) if isinstance(written, str) else tuple(written)


def _steps(written: Written) -> tuple[str, ...]:
    words = _words(written.replace(";", " ")) if isinstance(written, str) else tuple(written)
    return tuple(word for word in words if word not in STAYS)


__all__ = ["Cone", "Equation", "Path", "Schema", "colimit", "coproduct", "limit", "product"]
