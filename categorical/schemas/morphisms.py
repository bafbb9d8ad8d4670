"""Morphisms of schemas, and functors and instances along them.

Definition.  A morphism S → T sends the objects of S to objects of T and its edges to paths of T
between the images of their ends.  It takes paths to paths; ``along_functor`` composes a functor on
T with it to one on S, ``along_instance`` an instance.

Laws.  Morphisms compose, associatively and with units; (F along m)(p) = F(m(p)).  It is a functor
of the presented categories where every equation of S follows from those of T: ``obligations`` are
those for which no derivation of a bounded length was found (this is a word problem, which no
program decides in general).

>>> from categorical.schemas.schema import Schema
>>> cycle = Schema(
...     "cycle", "A B", {"f": ("A", "B"), "g": ("B", "A")}, {"on A": "f g = 1", "on B": "g f = 1"}
... )
>>> loop = Schema("idempotent", "X", {"e": ("X", "X")}, {"twice": "e e = e"})
>>> around = SchemaMorphism(loop, cycle, {"X": "A"}, {"e": "f g"})
>>> around.image(loop.path("e e")), around.obligations()
(f ; g ; f ; g: A → A, ())

An edge goes to a path between the images of its ends:

>>> SchemaMorphism(loop, cycle, {"X": "A"}, {"e": "f"})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM053]: the edge `e` goes to a path with other ends
...
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.schemas.functors import SchemaFunctor
from categorical.schemas.instances import Instance
from categorical.schemas.schema import Equation, Path, Schema

DERIVATIONS = 2000


class SchemaMorphism:
    """See the module.  ``edges`` maps each edge of the source to a path, written as a text."""

    @checked
    def __init__(
        self,
        source: Schema,
        target: Schema,
        objects: Mapping[str, str],
        edges: Mapping[str, str],
    ) -> None:
        self.source, self.target = source, target
        for kind, given, known in (
            ("object", objects, source.objects),
            ("edge", edges, source.edges),
        ):
            for one in (*known, *given):
                if one not in given or one not in known:
                    what = "misses" if one not in given else "has one too many:"
                    raise SpecError(
                        "CM053",
                        f"a morphism on `{source.name}` {what} the {kind} `{one}`",
                        facts=[(f"{kind}s of `{source.name}`", ", ".join(known))],
                        help=[f"an image for each {kind}, and no other"],
                    )
        self.objects = dict(objects)
        self.edges: dict[str, Path] = {}
        for edge, (start, end) in source.edges.items():
            path = target.path(edges[edge], at=objects[start])
            wanted = (objects[start], objects[end])
            if (path.source, path.target) != wanted:
                raise SpecError(
                    "CM053",
                    f"the edge `{edge}` goes to a path with other ends",
                    facts=[("the path", repr(path)), ("wanted", " → ".join(wanted))],
                    help=[f"a path of `{target.name}` from {wanted[0]} to {wanted[1]}"],
                )
            self.edges[edge] = path

    def image(self, path: Path) -> Path:
        """The image of a path."""
        found = Path(self.objects[path.source], self.objects[path.source])
        for step in path.steps:
            found = found >> self.edges[step]
        return found

    def __rshift__(self, other: SchemaMorphism) -> SchemaMorphism:
        if self.target is not other.source:
            raise SpecError(
                "CM053",
                "two morphisms of schemas do not meet",
                facts=[("first", f"ends in {self.target!r}"), ("then", repr(other.source))],
                help=["the first ends in the schema where the second starts"],
            )
        return SchemaMorphism(
            self.source,
            other.target,
            {k: other.objects[v] for k, v in self.objects.items()},
            {k: other.image(v).text for k, v in self.edges.items()},
        )

    def obligations(self) -> tuple[Equation, ...]:
        """The images of equations for which no derivation from those of the target is found."""
        found = []
        for one in self.source.equations.values():
            left, right = self.image(one.left), self.image(one.right)
            if not derivable(self.target, left, right):
                found.append(Equation(one.name, left, right))
        return tuple(found)

    def along_functor(self, functor: SchemaFunctor) -> SchemaFunctor:
        """The functor on the source; its weights are those of the functor on the target."""
        self._meets(functor.schema)
        objects = {k: functor.objects[v] for k, v in self.objects.items()}
        edges = {k: functor.path(v) for k, v in self.edges.items()}
        return SchemaFunctor(self.source, objects, edges, functor.name)

    def along_instance(self, instance: Instance) -> Instance:
        """The instance on the source: a set and a function for each image."""
        self._meets(instance.schema)
        return Instance(
            self.source,
            {k: instance.sets[v] for k, v in self.objects.items()},
            {
                k: {x: instance.follow(v, x) for x in instance.sets[v.source]}
                for k, v in self.edges.items()
            },
            instance.name,
        )

    def _meets(self, schema: Schema) -> None:
        if schema is not self.target:
            raise SpecError(
                "CM053",
                f"the morphism ends in `{self.target.name}`, and this is on `{schema.name}`",
                facts=[("the morphism", repr(self))],
                help=[f"a functor or an instance of `{self.target.name}`"],
            )

    def __repr__(self) -> str:
        return f"morphism `{self.source.name}` → `{self.target.name}`"


def derivable(schema: Schema, left: Path, right: Path, limit: int = DERIVATIONS) -> bool:
    """Whether a path is rewritten into another by equations of the schema, both ways.

    A search of at most ``limit`` paths, none longer than both sides and the longest equation
    together: True is a derivation, False says only that this search has none.
    """
    rules: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
    for one in schema.equations.values():
        rules.append((one.source, one.left.steps, one.right.steps))
        rules.append((one.source, one.right.steps, one.left.steps))
    longest = len(left.steps) + len(right.steps) + max((len(p) for _, p, _ in rules), default=0)
    seen, waiting = {left.steps}, deque([left.steps])
    while waiting and len(seen) <= limit:
        steps = waiting.popleft()
        if steps == right.steps:
            return True
        at = [left.source, *(schema.edges[step][1] for step in steps)]
        for start, old, new in rules:
            for i in range(len(steps) - len(old) + 1):
                if at[i] == start and steps[i : i + len(old)] == old:
                    made = steps[:i] + new + steps[i + len(old) :]
                    if made not in seen and len(made) <= longest:
                        seen.add(made)
                        waiting.append(made)
    return right.steps in seen


__all__ = ["SchemaMorphism", "derivable"]
