"""Schemas: paths and their composites, what is printed, and what is refused."""

from __future__ import annotations

import pytest

from categorical.errors import SpecError
from categorical.schemas import Path, Schema, colimit, coproduct, limit, product

CYCLE = {"f": ("A", "B"), "g": ("B", "A")}


def test_paths_compose_associatively_with_units() -> None:
    schema = Schema("cycle", "A B", CYCLE)
    f, g, stay = schema.path("f"), schema.path("g"), schema.path("1", "A")
    assert (f >> g) >> f == f >> (g >> f) == schema.path("f ; g;f") == schema.path(("f", "g", "f"))
    assert stay >> f == f and g >> stay == g
    assert f >> g != stay
    with pytest.raises(SpecError, match="does not meet") as caught:
        f >> f
    assert caught.value.code == "CM053"


def test_the_presentation_has_the_relations() -> None:
    schema = Schema("cycle", "A B", CYCLE, {"round": "f g = id"})
    assert schema.presentation.relations == ((("f", "g"), ()),)
    assert schema.presentation.objects == ("A", "B")
    assert schema.equations["round"].source == "A"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f g = f", "not parallel"),
        ("f = g", "not parallel"),
        ("f g = g f", "not parallel"),
        ("f = 1", "not parallel"),
        ("f f = 1", "breaks after `f`"),
        ("f h = 1", "no edge `h`"),
        ("1 = 1", "says nothing"),
        ("f g", "not `path = path`"),
    ],
)
def test_equations_that_are_none(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        Schema("bad", "A B", CYCLE, {"e": text})
    assert caught.value.code == "CM053"
    assert caught.value.help


def test_a_path_that_is_too_short_is_mended() -> None:
    with pytest.raises(SpecError) as caught:
        Schema("bad", "A B", CYCLE, {"e": "f g = f"})
    facts = dict(caught.value.facts)
    assert facts == {"left": "f ; g: A → A", "right": "f: A → B"}
    assert "f ; g" in caught.value.help[0].text


@pytest.mark.parametrize(
    ("objects", "edges", "said"),
    [
        ("A A", {}, "two objects"),
        ("A", {"f": ("A", "B")}, "no object `B`"),
        ("A", {"f g": ("A", "A")}, "cannot name"),
        ("A", {"id": ("A", "A")}, "cannot name"),
    ],
)
def test_objects_and_edges_that_are_none(
    objects: str, edges: dict[str, tuple[str, str]], said: str
) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        Schema("bad", objects, edges)
    assert caught.value.code == "CM053"


def test_cones_declare_their_legs_and_equations() -> None:
    schema = Schema(
        "sketch",
        "A B AB S E",
        {"f": ("A", "B"), "g": ("A", "B")},
        cones=[
            product("AB", p="A", q="B"),
            coproduct("S", i="A", j="B"),
            limit("E", "f g", e="A", d="B"),
        ],
    )
    assert schema.edges["p"] == ("AB", "A") and schema.edges["j"] == ("B", "S")
    assert [str(e) for e in schema.equations.values()] == ["e ; f = d", "e ; g = d"]
    assert "AB = A × B by p, q" in str(schema) and "S = A + B by i, j" in str(schema)
    assert "E = the limit of f, g by e, d" in str(schema)


def test_a_kernel_pair_names_its_legs() -> None:
    edges = {"f": ("A", "B")}
    over = [("p", "f", "r"), ("q", "f", "r")]
    schema = Schema("kernel", "A B K", edges, cones=[limit("K", over, p="A", q="A", r="B")])
    assert [str(e) for e in schema.equations.values()] == ["p ; f = r", "q ; f = r"]
    with pytest.raises(SpecError, match="has 2 legs at `A`"):
        Schema("kernel", "A B K", edges, cones=[limit("K", "f", p="A", q="A", r="B")])
    with pytest.raises(SpecError, match="has no leg at `B`"):
        Schema("kernel", "A B K", edges, cones=[limit("K", "f", p="A")])
    with pytest.raises(SpecError, match="is no leg"):
        Schema("kernel", "A B K", edges, cones=[product("K", f="A")])
    turned = Schema("co", "A B Q", edges, cones=[colimit("Q", "f", i="A", j="B")])
    assert [str(e) for e in turned.equations.values()] == ["f ; j = i"]


def test_an_equation_is_stated_once() -> None:
    listed = Schema("cycle", "A B", CYCLE, ["f g = 1", "g f = 1"])
    assert "equations  f ; g = 1 on A\n" in str(listed)
    assert "round: f ; g = 1 on A" in str(Schema("cycle", "A B", CYCLE, {"round": "f g = 1"}))


def test_a_path_is_a_value() -> None:
    assert Path("A", "B", ("f",)) == Schema("cycle", "A B", CYCLE).path("f")
    assert repr(Path("A", "A")) == "1: A → A"
