"""Morphisms of schemas: composites, functors and instances along them, derivable equations."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, laws, op
from categorical.errors import SpecError
from categorical.schemas import Instance, Schema, SchemaMorphism, functor
from categorical.schemas.morphisms import derivable
from tests.categorical.algebras.verdicts import every

a, b = Dim.named("a b")
EDGES = {"f": ("A", "B"), "g": ("B", "A")}
CYCLE = Schema("cycle", "A B", EDGES, {"round A": "f g = 1", "round B": "g f = 1"})
RETRACT = Schema("retract", "A B", EDGES, {"round A": "f g = 1"})
LOOP = Schema("idempotent", "X", {"e": ("X", "X")}, {"twice": "e e = e"})


def test_functors_along_a_morphism_keep_their_weights() -> None:
    around = SchemaMorphism(LOOP, CYCLE, {"X": "A"}, {"e": "f g"})
    nets = functor(
        CYCLE, {"A": Real[a], "B": Real[b]}, {"f": op.linear(a, b), "g": op.linear(b, a)}
    )
    loop = around.along_functor(nets)
    same = laws.commutes(loop("e e"), nets("f g f g"), name="along")
    twin = laws.commutes(loop("e e"), nets("f g"), name="along")
    assert every([same]) == {"PROVED"} and every([twin]) == {"REFUTED"}
    assert list(loop("e").parameters) == list(nets("f g").parameters)


def test_instances_along_a_morphism() -> None:
    around = SchemaMorphism(LOOP, RETRACT, {"X": "B"}, {"e": "g f"})
    maps = {"f": lambda x: (x, 0), "g": lambda y: y[0]}
    given = Instance(RETRACT, {"A": range(2), "B": [(0, 0), (0, 1), (1, 0)]}, maps)
    assert given.is_model and around.obligations() == ()
    loop = around.along_instance(given)
    assert loop.is_model and loop.functions["e"][0, 1] == (0, 0)


def test_derivations_and_what_does_not_follow() -> None:
    assert derivable(CYCLE, CYCLE.path("f g f g"), CYCLE.path("1", "A"))
    assert derivable(RETRACT, RETRACT.path("g f g f"), RETRACT.path("g f"))
    assert not derivable(RETRACT, RETRACT.path("g f"), RETRACT.path("1", "B"))
    turned = SchemaMorphism(CYCLE, RETRACT, {"A": "A", "B": "B"}, {"f": "f", "g": "g"})
    assert [e.name for e in turned.obligations()] == ["round B"]


def test_morphisms_compose() -> None:
    around = SchemaMorphism(LOOP, CYCLE, {"X": "A"}, {"e": "f g"})
    other = SchemaMorphism(CYCLE, CYCLE, {"A": "B", "B": "A"}, {"f": "g", "g": "f"})
    both = around >> other
    path = LOOP.path("e e")
    assert both.image(path) == other.image(around.image(path)) == CYCLE.path("g f g f")
    assert around.image(path) != both.image(path)
    with pytest.raises(SpecError, match="do not meet"):
        other >> around


@pytest.mark.parametrize(
    ("objects", "edges", "said"),
    [
        ({"X": "A"}, {"e": "f"}, "other ends"),
        ({"X": "A"}, {}, "misses the edge `e`"),
        ({}, {"e": "f g"}, "misses the object `X`"),
        ({"X": "A"}, {"e": "f g", "k": "f"}, "one too many: the edge `k`"),
    ],
)
def test_morphisms_that_are_none(objects: dict[str, str], edges: dict[str, str], said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        SchemaMorphism(LOOP, CYCLE, objects, edges)
    assert caught.value.code == "CM053"


def test_along_needs_the_schema_of_the_morphism() -> None:
    around = SchemaMorphism(LOOP, RETRACT, {"X": "A"}, {"e": "f g"})
    nets = functor(
        CYCLE, {"A": Real[a], "B": Real[b]}, {"f": op.linear(a, b), "g": op.linear(b, a)}
    )
    with pytest.raises(SpecError, match="this is on `cycle`"):
        around.along_functor(nets)
