"""Functors out of a schema into finite sets: data, checked against every equation.

Definition.  An instance gives each object a finite set, in order, and each edge a function, as a
table.  The apex of a product cone may be left out: it is the set of tuples, with its projections.
An instance is a *model* where every equation holds at every element and every cone is a limit (or
colimit): the map from the apex to the compatible tuples (from the classes of the disjoint union to
the apex) is a bijection.

Laws.  ``violations()`` is empty exactly if the instance is a model; each violation names the first
element, in the order of its set, at which the two sides differ.

>>> from categorical.schemas.schema import Schema
>>> loop = Schema("involution", "X", {"s": ("X", "X")}, {"twice": "s s = 1"})
>>> Instance(loop, {"X": "abc"}, {"s": {"a": "b", "b": "a", "c": "c"}}).violations()
[]
>>> turn = Instance(loop, {"X": "abc"}, {"s": {"a": "b", "b": "c", "c": "a"}})
>>> print(turn.violations()[0])
twice fails at 3 of 3 elements, first at 'a': s ; s is 'c', 1 is 'a'

A function is given at every element, and stays in its set:

>>> Instance(loop, {"X": "abc"}, {"s": {"a": "b", "b": "a"}})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM054]: the function `s` has no value at 'c'
...
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from itertools import product as tuples

from categorical.errors import SpecError
from categorical.laws.data import enumerated
from categorical.laws.law import Law
from categorical.schemas.schema import Cone, Path, Schema

CHANGES = 200
Element = Hashable
Table = Mapping[Element, Element] | Callable[[Element], Element]


@dataclass(frozen=True)
class Violation:
    """An equation or a cone that does not hold, with the first place where it does not."""

    name: str
    at: Element
    left: Element
    right: Element
    count: int
    of: int
    sides: tuple[str, str]

    def __str__(self) -> str:
        return (
            f"{self.name} fails at {self.count} of {self.of} elements, first at {self.at!r}: "
            f"{self.sides[0]} is {self.left!r}, {self.sides[1]} is {self.right!r}"
        )


class Instance:
    """See the module."""

    def __init__(
        self,
        schema: Schema,
        sets: Mapping[str, Iterable[Element]],
        functions: Mapping[str, Table],
        name: str = "D",
    ) -> None:
        self.schema, self.name = schema, name
        self.sets: dict[str, tuple[Element, ...]] = {k: tuple(v) for k, v in sets.items()}
        tables = dict(functions)
        for cone in schema.cones:
            if cone.discrete and cone.kind == "limit" and cone.apex not in self.sets:
                self._product(cone, tables)
        for one in schema.objects:
            if one not in self.sets:
                raise SpecError(
                    "CM054",
                    f"the instance `{name}` of `{schema.name}` misses the set of `{one}`",
                    facts=[("sets", ", ".join(self.sets))],
                    help=[f'add  "{one}": […]'],
                )
        self._none_left_over("object", self.sets, schema.objects)
        self._none_left_over("edge", tables, schema.edges)
        self.functions = {edge: self._function(edge, tables) for edge in schema.edges}

    def _product(self, cone: Cone, tables: dict[str, Table]) -> None:
        parts = [self.sets[part] for part in cone.legs.values() if part in self.sets]
        if len(parts) != len(cone.legs):
            return
        self.sets[cone.apex] = tuple(tuples(*parts))
        for k, leg in enumerate(cone.legs):
            tables.setdefault(leg, {one: one[k] for one in tuples(*parts)})

    def _none_left_over(self, kind: str, given: Iterable[str], names: Iterable[str]) -> None:
        known = tuple(names)
        for one in given:
            if one not in known:
                raise SpecError(
                    "CM054",
                    f"`{self.schema.name}` has no {kind} `{one}`",
                    facts=[(f"{kind}s", ", ".join(known))],
                    help=["leave it out, or add it to the schema"],
                )

    def _function(self, edge: str, tables: Mapping[str, Table]) -> dict[Element, Element]:
        source, target = self.schema.edges[edge]
        if edge not in tables:
            raise SpecError(
                "CM054",
                f"the instance `{self.name}` of `{self.schema.name}` misses the edge `{edge}`",
                facts=[("wanted", f"a function from {source} to {target}")],
                help=[f'add  "{edge}": {{…}}'],
            )
        table, found = tables[edge], {}
        inside = set(self.sets[target])
        for one in self.sets[source]:
            if callable(table):
                value = table(one)
            elif one in table:
                value = table[one]
            else:
                raise SpecError(
                    "CM054",
                    f"the function `{edge}` has no value at {one!r}",
                    facts=[("the function", f"goes from {source} to {target}")],
                    help=[f"give it a value at every element of {source}"],
                )
            if value not in inside:
                raise SpecError(
                    "CM054",
                    f"the function `{edge}` leaves its set: at {one!r} it is {value!r}",
                    facts=[("the set", f"of `{target}`, with {len(inside)} elements")],
                    help=[f"a value in the set of {target}"],
                )
            found[one] = value
        return found

    # --- equations -------------------------------------------------------------------------------

    def follow(self, path: Path, at: Element) -> Element:
        """Where a path leads from an element."""
        for step in path.steps:
            at = self.functions[step][at]
        return at

    def violations(self) -> list[Violation]:
        """Every equation and every cone that fails, with the first element at which it does."""
        found = []
        for name, equation in self.schema.equations.items():
            sides = (equation.left.text, equation.right.text)
            found += _first(name, sides, self._both(name))
        for cone in self.schema.cones:
            rows = list(_universal(self, cone))
            found += _first(f"{cone.kind} {cone.apex}", ("found", "needed"), rows)
        return found

    @property
    def is_model(self) -> bool:
        """Whether every equation holds and every cone is one."""
        return not self.violations()

    def _both(self, name: str) -> list[tuple[Element, Element, Element]]:
        one = self.schema.equations[name]
        return [
            (x, self.follow(one.left, x), self.follow(one.right, x)) for x in self.sets[one.source]
        ]

    def laws(self) -> list[Law]:
        """The equations as laws on all elements (none where there is no element).

        The broken copy of each has one function changed at one element.
        """
        return [self._law(k) for k, e in self.schema.equations.items() if self.sets[e.source]]

    def _law(self, name: str) -> Law:
        def cases(of: Instance) -> list[tuple[str, Element, Element]]:
            return [(repr(x), left, right) for x, left, right in of._both(name)]

        rows, twin = cases(self), cases(self._broken(name))
        source = self.schema.equations[name].source
        scope = f"all {len(rows)} elements of {source}"
        says = str(self.schema.equations[name])
        return enumerated(name, lambda: rows, scope=scope, twin=lambda: twin, says=says)

    def _broken(self, name: str) -> Instance:
        """A copy with one function changed at one element, so that the equation fails (if any of
        the first does)."""
        made = self
        for edge, x, other in islice(self._changes(name), CHANGES):
            functions = {**self.functions, edge: {**self.functions[edge], x: other}}
            made = Instance(self.schema, self.sets, functions, self.name)
            if any(left != right for _, left, right in made._both(name)):
                break
        return made

    def _changes(self, name: str) -> Iterator[tuple[str, Element, Element]]:
        """Other values of the functions of an equation."""
        one = self.schema.equations[name]
        for edge in dict.fromkeys((*one.left.steps, *one.right.steps)):
            for x, value in self.functions[edge].items():
                for other in self.sets[self.schema.edges[edge][1]]:
                    if other != value:
                        yield edge, x, other

    def __repr__(self) -> str:
        sizes = ", ".join(f"{k}: {len(v)}" for k, v in self.sets.items())
        return f"instance `{self.name}` of `{self.schema.name}` ({sizes})"


def _first(
    name: str, sides: tuple[str, str], rows: list[tuple[Element, Element, Element]]
) -> list[Violation]:
    wrong = [row for row in rows if row[1] != row[2]]
    return [Violation(name, *wrong[0], len(wrong), len(rows), sides)] if wrong else []


# --- cones ----------------------------------------------------------------------------------------


def limit_of(instance: Instance, cone: Cone) -> list[tuple[Element, ...]]:
    """The tuples, one entry for each leg, that agree along the diagram of a limit cone."""
    place = {leg: k for k, leg in enumerate(cone.legs)}
    every = tuples(*(instance.sets[part] for part in cone.legs.values()))
    return [
        one
        for one in every
        if all(
            instance.functions[edge][one[place[first]]] == one[place[last]]
            for first, edge, last in cone.over
        )
    ]


def colimit_of(instance: Instance, cone: Cone) -> list[list[tuple[str, Element]]]:
    """The classes of the disjoint union over the legs of a colimit cone."""
    members = [(leg, x) for leg, part in cone.legs.items() for x in instance.sets[part]]
    parent = {one: one for one in members}

    def root(one: tuple[str, Element]) -> tuple[str, Element]:
        while parent[one] != one:
            one = parent[one]
        return one

    for first, edge, last in cone.over:
        for x in instance.sets[cone.legs[first]]:
            a, b = root((first, x)), root((last, instance.functions[edge][x]))
            parent[a] = b
    classes: dict[tuple[str, Element], list[tuple[str, Element]]] = {}
    for one in members:
        classes.setdefault(root(one), []).append(one)
    return list(classes.values())


def _universal(instance: Instance, cone: Cone) -> Iterator[tuple[Element, Element, Element]]:
    """How often each tuple (each element of the apex) is reached, which is to be once."""
    apex = instance.sets[cone.apex]
    if cone.kind == "limit":
        seen = [tuple(instance.functions[leg][x] for leg in cone.legs) for x in apex]
        for one in limit_of(instance, cone):
            yield one, f"{seen.count(one)} elements of {cone.apex}", f"1 elements of {cone.apex}"
        return
    values = [
        {instance.functions[leg][x] for leg, x in members} for members in colimit_of(instance, cone)
    ]
    for x in apex:
        count = sum(one == {x} for one in values)
        yield x, f"{count} classes", "1 classes"


__all__ = ["Instance", "Violation", "colimit_of", "limit_of"]
