"""Functors out of a schema into Para: a space for each object, an arrow for each edge.

Definition.  ``functor(schema, objects, edges)`` sends objects to spaces and edges to arrows between
the images of their ends.  A path goes to the composite; each edge has one set of weights wherever
it stands, under its own name.  Edges that are composites of tied parts, with one in common, share
its weights, which go by the name of the part.  The apex of a product cone goes to the product of
the spaces and its legs to the projections, the apex of a coproduct to the sum and its legs to the
injections.

Laws.  F(p ; q) = F(p) >> F(q) for all paths, and F(1) is the identity: a functor on the free
category.  It descends to the category of the schema where F(p) = F(q) for every equation p = q;
``laws()`` states these, and nothing assumes them.

>>> from categorical import Dim, Real, op
>>> from categorical.schemas.schema import Schema
>>> n, c = Dim.named("n c")
>>> cycle = Schema("cycle", "A B", {"f": ("A", "B"), "g": ("B", "A")}, {"round": "f g = 1"})
>>> nets = functor(
...     cycle, {"A": Real[n], "B": Real[c]}, {"f": op.linear(n, c) >> op.tanh, "g": op.linear(c, n)}
... )
>>> nets("f g")
(f >> g): Real[n] → Real[n]
>>> list(nets("f g f").parameters)
['f.linear.weight', 'f.linear.bias', 'g.linear.weight', 'g.linear.bias']
>>> [law.name for law in nets.laws()]
['round']

An edge that is missing, left over, or of another type is refused:

>>> functor(cycle, {"A": Real[n], "B": Real[c]}, {"f": op.linear(n, c)})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM054]: the functor `F` on `cycle` misses the edge `g`
...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from categorical.algebras.algebra import placed
from categorical.algebras.families import (
    Cases,
    Family,
    cases,
    equal_families,
    identities,
    text,
)
from categorical.architecture import Architecture
from categorical.arrows import Arrow, Named, Par, Seq, Wiring
from categorical.categories.quivers import Written
from categorical.checked import checked, given_text
from categorical.errors import SpecError
from categorical.laws.law import Law
from categorical.para import Tied, tie
from categorical.schemas.schema import Cone, Equation, Path, Schema
from categorical.spaces import Space, product_space, space, sum_space


@dataclass(frozen=True, eq=False, repr=False)
class SchemaFunctor:
    """See the module; made by ``functor``."""

    schema: Schema
    objects: Mapping[str, Space]
    edges: Mapping[str, Family]
    name: str = "F"

    def path(self, path: Path) -> Family:
        """The image of a path, as an arrow between sums of spaces."""
        found = identities(self.objects[path.source])
        for i, step in enumerate(path.steps):
            found = found >> self.edges[step] if i else self.edges[step]
        return found

    def __call__(self, written: Written, at: str = "") -> Arrow:
        """The arrow of a path that is given as a text; ``at`` is the object where it stays."""
        return self.path(self.schema.path(written, at)).arrow()

    def sides(self, equation: Equation) -> tuple[Family, Family]:
        """The two paths of an equation."""
        return self.path(equation.left), self.path(equation.right)

    def laws(self) -> list[Law]:
        """One law for each equation (one for each case, where it starts at a sum)."""
        return [law for name in self.schema.equations for law in self.law(name)]

    def law(self, name: str) -> list[Law]:
        """The laws of one equation; a named error where the schema has none of that name."""
        equation = self.schema.equations.get(name)
        if equation is None:
            raise SpecError(
                "CM054",
                f"`{self.schema.name}` has no equation `{name}`",
                facts=[("equations", ", ".join(self.schema.equations))],
                help=["name one of them"],
            )
        return equal_families(name, *self.sides(equation))

    def __repr__(self) -> str:
        return f"functor `{self.name}` on `{self.schema.name}`"

    def __str__(self) -> str:
        rows = [repr(self)]
        rows += [f"  {k} ↦ {text(cases(v))}" for k, v in self.objects.items()]
        rows += [f"  {k} ↦ {v.arrows[0].label()}: {v}" for k, v in self.edges.items()]
        return "\n".join(rows)


@checked
def functor(
    schema: Schema,
    objects: Mapping[str, object],
    edges: Mapping[str, object],
    name: str = "F",
) -> SchemaFunctor:
    """The functor into Para with these spaces and arrows, type-checked edge by edge (CM054).

    An apex of a product or coproduct cone, and its legs, may be left out: they are determined.
    Of other cones the equations are stated, and that the apex is universal is not.  An edge out of
    a sum is an arrow out of it (``case``) or the list of its branches; an edge may be an
    architecture.
    """
    spaces = _spaces(schema, objects, name)
    legs = {leg: made for cone in schema.cones for leg, made in _legs(cone, spaces).items()}
    for edge in edges:
        if edge not in schema.edges:
            near = get_close_matches(edge, list(schema.edges), 1)
            raise SpecError(
                "CM054",
                f"the functor `{name}` on `{schema.name}` has an edge too many: `{edge}`",
                facts=[("edges of the schema", ", ".join(schema.edges))],
                help=[f"write `{near[0]}`" if near else "leave it out, or add it to the schema"],
            )
    found: dict[str, Family] = {}
    for edge, (source, target) in schema.edges.items():
        dom, cod = cases(spaces[source]), cases(spaces[target])
        if edge not in edges and edge not in legs:
            raise SpecError(
                "CM054",
                f"the functor `{name}` on `{schema.name}` misses the edge `{edge}`",
                facts=[("the edge", f"{source} → {target}"), ("wanted", _type(dom, cod))],
                help=[f'add  "{edge}": an arrow {_type(dom, cod)}'],
            )
        found[edge] = _typed(edge, schema, edges.get(edge, legs.get(edge)), dom, cod)
        if edge in edges and edge in legs and not _same_wiring(found[edge], legs[edge]):
            raise SpecError(
                "CM054",
                f"the leg `{edge}` of `{schema.name}` goes to another arrow than its cone asks for",
                facts=[("the arrow", repr(found[edge])), ("the cone", str(_cone(schema, edge)))],
                help=["leave it out: the legs of products and coproducts are determined"],
            )
    return SchemaFunctor(schema, spaces, _weighted(found), name)


# --- objects and cones ----------------------------------------------------------------------------


def _spaces(schema: Schema, objects: Mapping[str, object], name: str) -> dict[str, Space]:
    found = {key: space(value) for key, value in objects.items()}
    for key in found:
        if key not in schema.objects:
            near = get_close_matches(key, schema.objects, 1)
            raise SpecError(
                "CM054",
                f"the functor `{name}` on `{schema.name}` has an object too many: `{key}`",
                facts=[("objects of the schema", ", ".join(schema.objects))],
                help=[f"write `{near[0]}`" if near else "leave it out, or add it to the schema"],
            )
    for cone in schema.cones:
        if cone.discrete and all(part in found for part in cone.legs.values()):
            parts = [found[part] for part in cone.legs.values()]
            made = product_space(*parts) if cone.kind == "limit" else sum_space(*parts)
            if found.setdefault(cone.apex, made) is not made:
                raise SpecError(
                    "CM054",
                    f"the apex `{cone.apex}` of `{schema.name}` goes to another space than its "
                    "cone asks for",
                    facts=[("found", str(found[cone.apex])), ("wanted", str(made))],
                    help=["leave it out: the apex of a product or coproduct is determined"],
                )
    for one in schema.objects:
        if one not in found:
            raise SpecError(
                "CM054",
                f"the functor `{name}` on `{schema.name}` misses the object `{one}`",
                facts=[("objects given", ", ".join(found) or "none")],
                help=[f'add  "{one}": a space'],
            )
    return {one: found[one] for one in schema.objects}


def _legs(cone: Cone, spaces: Mapping[str, Space]) -> dict[str, Family]:
    """The projections of a product, the injections of a coproduct."""
    if not cone.discrete:
        return {}
    found: dict[str, Family] = {}
    parts = [cases(spaces[part]) for part in cone.legs.values()]
    whole = cases(spaces[cone.apex])
    for k, (leg, own) in enumerate(zip(cone.legs, parts, strict=True)):
        if cone.kind == "colimit":
            start = sum(len(one) for one in parts[:k])
            injections = tuple((start + j, Wiring(w, tuple(range(len(w))), leg))
                               for j, w in enumerate(own))  # fmt: skip
            found[leg] = Family(own, whole, injections)
            continue
        if any(len(one) != 1 for one in parts):
            continue  # a product of sums distributes: its projections are given by hand
        start = sum(len(one[0]) for one in parts[:k])
        mapping = tuple(range(start, start + len(own[0])))
        found[leg] = Family(whole, own, ((0, Wiring(whole[0], mapping, leg)),))
    return found


def _cone(schema: Schema, leg: str) -> Cone:
    return next(cone for cone in schema.cones if leg in cone.legs)


def _same_wiring(left: Family, right: Family) -> bool:
    """Whether two family arrows, the second made of wires, send every wire to the same place."""
    return all(
        a == b and one.graph().outputs == two.graph().outputs and not one.graph().nodes
        for (a, one), (b, two) in zip(left.branches, right.branches, strict=True)
    )


# --- edges ----------------------------------------------------------------------------------------


def _type(dom: Cases, cod: Cases) -> str:
    return f"{text(dom)} → {text(cod)}"


def _typed(edge: str, schema: Schema, given: object, dom: Cases, cod: Cases) -> Family:
    """The arrow of an edge between the images of its ends."""
    wanted = _type(dom, cod)
    if isinstance(given, Architecture):
        given = given.arrow
    if not isinstance(given, Arrow | Family | list | tuple):
        raise SpecError(
            "CM054",
            f"the edge `{edge}` of `{schema.name}` goes to what is no arrow",
            facts=[("it got", given_text(given)), ("wanted", wanted)],
            help=["an arrow, or the list of its branches where it starts at a sum"],
        )
    try:
        found = placed(given, dom)
    except SpecError as problem:
        problem.facts.insert(0, (f"the edge `{edge}`", wanted))
        raise
    if found.dom == dom and found.cod == cod:
        return found
    facts = [("found", repr(found)), ("wanted", wanted)]
    if found.cod == dom and found.dom == cod:
        helps = ["the arrow goes the other way: turn the edge, or give the arrow back"]
    else:
        end = "start" if found.dom != dom else "end"
        have, want = (found.dom, dom) if end == "start" else (found.cod, cod)
        facts.append((f"its {end}", f"{text(have)} instead of {text(want)}"))
        helps = [f"an arrow {wanted}"]
    raise SpecError(
        "CM054",
        f"the edge `{edge}` of `{schema.name}` goes to an arrow of another type",
        facts=facts,
        help=helps,
    )


def leaves(arrow: Arrow) -> Iterator[Arrow]:
    """The parts of a composite that are no composites; a name around the whole is left out."""
    pending = [_unnamed(arrow)]
    while pending:
        one = pending.pop()
        if isinstance(one, Seq):
            pending += (one.second, one.first)
        elif isinstance(one, Par):
            pending += (one.right, one.left)
        else:
            yield one


def _unnamed(arrow: Arrow) -> Arrow:
    while isinstance(arrow, Named):
        arrow = arrow.body
    return arrow


def _weighted(edges: Mapping[str, Family]) -> dict[str, Family]:
    """Every edge with one set of weights, under its name; tied parts that edges share stay so."""
    users: dict[int, set[str]] = {}
    for edge, family in edges.items():
        for i, arrow in enumerate(family.arrows):
            for part in leaves(arrow):
                if isinstance(part, Tied):
                    users.setdefault(id(part), set()).add(f"{edge} {i}")
    common = {part for part, at in users.items() if len(at) > 1}
    names: dict[str, int] = {}
    found = {}
    for edge, family in edges.items():
        made = []
        for i, (target, arrow) in enumerate(family.branches):
            name = edge if len(family.branches) == 1 else f"{edge}{i}"
            made.append((target, _own(name, arrow, common, names)))
        found[edge] = Family(family.dom, family.cod, tuple(made))
    return found


def _own(edge: str, arrow: Arrow, common: set[int], names: dict[str, int]) -> Arrow:
    """The arrow of an edge, tied under the name of the edge or by the parts that it shares."""
    if not arrow.graph().resources({}):
        return arrow
    parts = [one for one in leaves(arrow) if one.graph().resources({})]
    if not any(id(part) in common for part in parts):
        inner = _unnamed(arrow)
        own = tie((inner.body if isinstance(inner, Tied) else arrow).named(edge))
        _register(names, edge, own, edge)
        return own
    for part in parts:
        if not isinstance(part, Tied):
            raise SpecError(
                "CM054",
                f"the edge `{edge}` shares weights with another edge, and has weights of its own",
                facts=[
                    ("shared", ", ".join(p.label() for p in parts if id(p) in common)),
                    ("its own", part.label()),
                ],
                help=[f"tie every part with weights:  tie({part.label()})"],
            )
        graph = part.body.graph()
        _register(names, graph.name or part.label(), part, edge)
    return _unnamed(arrow)


def _register(names: dict[str, int], name: str, part: Arrow, edge: str) -> None:
    """A name of weights is the name of one part."""
    if names.setdefault(name, id(part)) != id(part):
        raise SpecError(
            "CM054",
            f"two parts with weights are called `{name}`",
            facts=[("one of them", f"is in the edge `{edge}`")],
            help=["name them apart:  tie(part.named(…))"],
        )


__all__ = ["SchemaFunctor", "functor", "leaves"]
