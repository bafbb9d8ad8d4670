"""Pictures of schemas: well-formed, whole, escaped, and with the verdicts of their equations."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from backends.diagrams.schemas import schema_svg
from categorical.schemas import Schema, product

NS = "{http://www.w3.org/2000/svg}"
CYCLE = {"f": ("A", "B"), "g": ("B", "A")}
SCHEMAS = [
    Schema("cycle", "A B", CYCLE, {"round": "f g = 1", "back": "g f = 1"}),
    Schema("loops", "X", {"a": ("X", "X"), "b": ("X", "X")}, ["a b = b a"]),
    Schema("empty", "X", {}),
    Schema("pairs", "A B AB", {"t": ("AB", "AB")}, ["t p = p"], [product("AB", p="A", q="B")]),
    Schema("<five> & more", [f"<{k}>" for k in range(5)],
           {f"e{k}": (f"<{k}>", f"<{(k + 1) % 5}>") for k in range(5)}),
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_every_object_edge_and_equation_is_drawn(schema: Schema) -> None:
    root = ET.fromstring(schema_svg(schema))
    texts = ["".join(one.itertext()) for one in root.iter(f"{NS}text")]
    assert texts[0] == schema.name
    for name in (*schema.objects, *schema.edges):
        assert texts.count(name) >= 1, name
    for equation in schema.equations.values():
        assert equation.stated in texts
    assert all(str(cone) in texts for cone in schema.cones)
    edges = [one for one in root.iter(f"{NS}path") if one.get("class") == "edge"]
    assert len(edges) == len(schema.edges)
    assert len({one.get("d") for one in edges}) == len(edges)  # none hides another
    assert schema_svg(schema) == schema_svg(schema) == schema._repr_svg_()


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_everything_is_within_the_page(schema: Schema) -> None:
    root = ET.fromstring(schema_svg(schema))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    (group,) = root.iter(f"{NS}g")
    x, y = map(float, group.get("transform", "")[len("translate(") : -1].split())
    for one in group.iter(f"{NS}rect"):
        left, top = x + float(one.get("x", "0")), y + float(one.get("y", "0"))
        assert 0 <= left <= left + float(one.get("width", "0")) <= width
        assert 0 <= top <= top + float(one.get("height", "0")) <= height
    for one in group.iter(f"{NS}text"):
        assert 0 <= x + float(one.get("x", "0")) <= width
        assert 0 <= y + float(one.get("y", "0")) <= height


def test_verdicts_stand_beside_their_equations() -> None:
    root = ET.fromstring(schema_svg(SCHEMAS[0], verdicts={"round": "PROVED", "back": "refuted"}))
    marked = {one.text: one.get("class") for one in root.iter(f"{NS}text")}
    assert marked["✓ round: f ; g = 1 on A · proved"] == "proved"
    assert marked["✗ back: g ; f = 1 on B · refuted"] == "refuted"
    with pytest.raises(ValueError, match="is not a verdict"):
        schema_svg(SCHEMAS[0], verdicts={"round": "fine"})
