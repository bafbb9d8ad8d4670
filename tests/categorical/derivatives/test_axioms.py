"""The axioms of a reverse derivative on generators, and the records that they refute."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, op
from categorical.derivatives import axioms, records
from categorical.records import Generator
from categorical.semantics import slopes
from tests.categorical.derivatives import axiom_matrix
from tests.categorical.derivatives.axiom_matrix import COLUMNS, Case, Row, cases, row

n, c, h = Dim.named("n c h")
CASES = {one.name: one for one in cases()}
#: A few of each kind; the command goes through all of them.
SAMPLE = (
    "relu",
    "tanh",
    "mul",
    "div",
    "maximum",
    "linear",
    "einsum",
    "mean",
    "softmax",
    "max",
    "layer_norm",
    "where",
    "dropout",
    "merge",
    "conv",
    "hom",
    "gather",
    "scatter.sum",
    "embedding",
    "call",
    "case",
    "iterate.tied",
    "tree_fold",
)


def cells(one: Row) -> dict[str, str]:
    return dict(zip(COLUMNS, one.cells, strict=True))


@pytest.mark.parametrize("name", SAMPLE)
def test_the_axioms_hold(name: str) -> None:
    found = cells(row(CASES[name]))
    assert set(found.values()) <= {"P", "E", "T", "="}, found


@pytest.mark.parametrize("name", ["RD.1", "RD.3", "RD.4", "RD.5", "RD.7"])
def test_axioms_of_a_run_are_proved(name: str) -> None:
    """By normal forms and inductions; additivity in the cotangent is exact at random points."""
    sides = axioms.Sides(CASES["scan"].arrow)
    assert axiom_matrix.verdict(axioms.STATED[name](sides)) == "P"


def test_a_row_for_every_generator() -> None:
    named = {name.partition(".")[0] for name in CASES}
    known = {name.replace("scatter_max", "scatter") for name in Generator.table}
    assert known <= named


def test_arrows_of_ring_operations_are_proved() -> None:
    """What is multilinear is proved for all sizes; nothing but floats has dual numbers."""
    for name in ("mul", "linear", "einsum", "where", "gather", "embedding"):
        found = cells(row(CASES[name]))
        assert {found[f"RD.{k}"] for k in range(1, 8)} == {"P"}, (name, found)
        assert (found["record"], found["dual"]) == ("E", "T")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("argmax", "no number comes out"),
        ("one_hot", "no number goes in"),
        ("batch_norm", "CM055, `batch_norm` keeps state: it has no derivative here"),
        ("opaque", "CM055, `entr` is opaque, so it has no reverse derivative"),
    ],
)
def test_reasons(name: str, reason: str) -> None:
    assert row(CASES[name]) == Row(name, reason=reason)


# --- wrong records --------------------------------------------------------------------------------


def _swapped(calc, node, box, g):
    return [calc.mul(g, node.ins[0]), calc.mul(node.ins[1], g)]


def _squared(calc, node, box, g):
    return [calc.mul(calc.mul(g, g), w) for w in reversed(node.ins)]


def _shifted(calc, node, box, g):
    return [calc.add(calc.mul(g, w), w) for w in reversed(node.ins)]


def _one_sided(calc, node, box, g):
    return [calc.mul(g, node.ins[1]), None]


def _crossed(calc, node, box, g):
    """Linear in g, but no derivative of anything: its own derivative is not symmetric."""
    x, y = node.ins
    return [calc.mul(g, calc.mul(y, y)), calc.mul(g, x)]


@pytest.mark.parametrize(
    ("wrong", "refuted"),
    [
        (_swapped, {"record", "dual"}),
        (_squared, {"RD.2", "RD.6", "record", "dual"}),
        (_shifted, {"RD.2", "RD.6", "record", "dual"}),
        (_one_sided, {"record", "dual"}),
        (_crossed, {"RD.7", "record", "dual"}),
    ],
)
def test_a_wrong_product_is_refuted(wrong, refuted, monkeypatch) -> None:
    monkeypatch.setitem(records.RECORDS, "mul", wrong)
    found = cells(row(CASES["mul"]))
    assert refuted <= {name for name, letter in found.items() if letter == "R"}, found


@pytest.mark.parametrize(
    ("wrong", "refuted"),
    [
        (lambda calc, node, box, g: [g], {"record", "dual"}),
        (lambda calc, node, box, g: [calc.mul(g, node.outs[0])], {"record", "dual"}),
    ],
)
def test_a_wrong_relu_is_refuted(wrong, refuted, monkeypatch) -> None:
    monkeypatch.setitem(records.RECORDS, "relu", wrong)
    found = cells(row(CASES["relu"]))
    assert refuted <= {name for name, letter in found.items() if letter == "R"}, found


def test_a_wrong_formula_is_wrong_on_tapes_too(monkeypatch) -> None:
    """Records and tapes share the formulas of derivatives: dual numbers have their own."""
    monkeypatch.setattr(slopes, "SLOPES", {**slopes.SLOPES, "tanh": lambda x, y, p: 1 - y})
    found = cells(row(CASES["tanh"]))
    assert found["record"] == "E" and found["dual"] == "R"


def test_a_record_that_shows_in_its_composites(monkeypatch) -> None:
    """The axioms of functors are about the way back through f, whatever its record says."""

    def lost(calc, node, box, g):
        return [None]

    monkeypatch.setitem(records.RECORDS, "tanh", lost)
    found = cells(row(CASES["tanh"]))
    assert found["RD.5"] == "P" and found["record"] == found["dual"] == "R"


# --- equations ------------------------------------------------------------------------------------


def test_the_sides_of_an_axiom() -> None:
    equation = axioms.axiom(op.relu.at(Real[n]), 2)
    assert equation.left.type_text() == "Real[n] × Real[n] × Real[n] → Real[n] × Real[n]"
    assert equation.name == "RD.2" and equation.law().name == "RD.2"


def test_weights_are_inputs_of_an_axiom() -> None:
    equation = axioms.axiom(op.linear(c, h), 3)
    assert not equation.left.parameters
    assert Real[h, c] in equation.left.dom


def test_an_axiom_of_another_arrow_fails() -> None:
    """The sides of two arrows are not one."""
    first = axioms.axiom(op.tanh.at(Real[n]), 5)
    other = axioms.axiom(op.sin.at(Real[n]), 5)
    mixed = axioms.Equation("RD.5", first.left, other.right)
    assert axiom_matrix.verdict(mixed) == "R"


def test_composites() -> None:
    """The axioms of a small network with its weights."""
    net = (op.linear(c, h) >> op.relu >> op.mean(n)).at(Real[n, c])
    found = cells(row(Case("net", net, sizes={"n": 3, "c": 2, "h": 2})))
    assert [found[f"RD.{k}"] for k in range(1, 6)] == ["P"] * 5 and found["dual"] == "T"
