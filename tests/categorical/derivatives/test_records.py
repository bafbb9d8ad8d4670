"""Records of R: equal to a tape, at kinks too; and which generators have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from categorical import Bool, Complex, Dim, Fin, Real, laws, op
from categorical.architecture import Architecture
from categorical.derivatives import axioms, explicit, records, reverse
from categorical.derivatives.axioms import Sides
from categorical.derivatives.records import RECORDS, SEVERAL
from categorical.errors import SpecError
from categorical.graph import OperatorBox
from categorical.groups import Orthogonal
from categorical.records import Context, Generator
from categorical.semantics import Dual, DualAlgebra, FloatAlgebra, interpreter
from synthesis import ladder
from tests.categorical.derivatives.axiom_matrix import Case, cases, drawn, silent, verdict
from tests.categorical.ops.instances import INSTANCES
from tests.categorical.semantics.test_tapes import KINKS

n, c, h, v, e = Dim.named("n c h v e")
#: Without a record: their transposes are no composites of generators, or no short ones.
WITHOUT = {"conv", "steerable_conv", "hom", "max_pool", "avg_pool"}


def stated(every: bool = True) -> list[Case]:
    """The instances of which the axioms say something, operators left out."""
    found = []
    for one in cases(every):
        if one.name not in INSTANCES:
            continue
        try:
            if not silent(Sides(one.arrow, one.sizes)):
                found.append(one)
        except SpecError:
            continue
    return found


STATED = {one.name: one for one in stated()}


def boxes(arrow) -> set[str]:
    return {node.box.name for node in reverse(explicit(arrow)).graph().nodes}


@pytest.mark.parametrize("name", sorted(STATED))
def test_a_record_is_the_pullback(name: str) -> None:
    case = STATED[name]
    found = verdict(axioms.record_law(case.arrow, case.sizes))
    if INSTANCES[name].generator.name in WITHOUT:
        assert found == "P"  # one box on both sides
    else:
        assert found in (("0",) if case.name in ("sign", "full_like", "full_like.zero") else "ET")


def test_every_generator_has_a_record_or_is_named() -> None:
    moved = {INSTANCES[name].generator.name for name in STATED}
    assert moved - {*RECORDS, *SEVERAL} == WITHOUT
    assert {*RECORDS, *SEVERAL} <= set(Generator.table)


@pytest.mark.parametrize("name", sorted(STATED))
def test_no_pullback_box_where_there_is_a_record(name: str) -> None:
    graph = reverse(explicit(STATED[name].arrow)).graph()
    pulled = [node for node in graph.nodes if isinstance(node.box, OperatorBox)]
    assert bool(pulled) == (INSTANCES[name].generator.name in WITHOUT)


# --- at kinks -------------------------------------------------------------------------------------


def pairing(
    case: Case, types: Sequence[Any], point: list[Any], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """⟨R[f](a, b), v⟩ of the records, and ⟨b, D[f](a) v⟩ of dual numbers, in eval mode."""
    rng = np.random.default_rng(seed)
    sides = Sides(case.arrow, case.sizes)
    ways = {i: rng.standard_normal(point[i].shape) for i, t in enumerate(types) if t.kind == "real"}
    cots = drawn(sides.b, case, rng)
    still = {
        name: np.zeros(tuple(a.size.evaluate(case.sizes) for a in one.space.axes))
        for name, one in sides.f.resources().items()
    }
    own = {name: still[name] for name in sides.r.resources()}
    with np.errstate(all="ignore"):
        context = Context(FloatAlgebra(), case.sizes)
        back = interpreter.run(sides.r, context, [*point, *cots], own).outputs
        ahead = [Dual(x, ways[i]) if i in ways else x for i, x in enumerate(point)]
        kept = {name: Dual(x, x) for name, x in still.items()}
        context = Context(DualAlgebra(), case.sizes)
        outs = interpreter.run(sides.f, context, ahead, kept).outputs
    left = sum(np.sum(g * w) for g, w in zip(back, ways.values(), strict=True))
    tangents = [y.tangent for y in outs if isinstance(y, Dual)]
    return left, sum(np.sum(g * w) for g, w in zip(cots, tangents, strict=True))


def at_kinks(case: Case, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    types = Sides(case.arrow, case.sizes).a
    point = drawn(types, case, rng)
    for i, one in enumerate(types):
        if one.kind == "real":
            point[i] = rng.choice(KINKS, point[i].shape)
            point[i] = np.abs(point[i]) + 0.5 if case.positive else point[i]
    return pairing(case, types, point, seed)


@pytest.mark.parametrize("name", sorted(set(STATED) - {"div"}))
def test_kinks(name: str) -> None:
    for seed in range(4):
        np.testing.assert_allclose(*at_kinks(STATED[name], seed), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("relu", lambda calc, node, box, g: [calc.mul(g, calc.apply("sign", node.ins[0]))]),
        ("maximum", lambda calc, node, box, g: [g, calc.sub(g, g)]),
        ("max", lambda calc, node, box, g: [calc.arranged(g, box.dom[0])]),
        ("abs", lambda calc, node, box, g: [g]),
    ],
)
def test_wrong_kinks_are_caught(name: str, wrong, monkeypatch) -> None:
    monkeypatch.setitem(records.RECORDS, name, wrong)
    assert not all(np.allclose(*at_kinks(STATED[name], seed)) for seed in range(4))


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "logsumexp", "softmax"])
def test_a_mask_that_leaves_nothing(name: str) -> None:
    case = STATED[f"{name}.masked"]
    types = Sides(case.arrow, case.sizes).a
    rng = np.random.default_rng(0)
    point = [
        np.zeros((4,), bool) if t.kind == "bool" else x
        for t, x in zip(types, drawn(types, case, rng))
    ]
    left, right = pairing(case, types, point, 1)
    assert left == right == 0


# --- variants of types ----------------------------------------------------------------------------


KEY = n.at("key")
SPACE = Dim("space", size=3, action="rotation")


@pytest.mark.parametrize(
    "arrow",
    [
        op.gather(v).at(Real[v, c], Fin(v)[v]),
        op.gather(v).at(Real[v, c], Fin(v)[()]),
        op.gather(v).at(Real[n, v], Fin(v)[n]),
        op.gather(v).at(Real[n, v, c], Fin(v)[e, n]),
        op.scatter(v, over=(n, e)).at(Real[n, e, c], Fin(v)[n, e]),
        op.scatter(v, over=v).at(Real[v, c], Fin(v)[v]),
        op.scatter(v, "mean", over=e).at(Real[c, e, n], Fin(v)[n, e]),
        op.embedding(v, c).at(Fin(v)[()]),
        op.embedding(v, c).at(Fin(v)[v]),
        op.embedding(v, v).at(Fin(v)[n]),
        op.take(KEY, -1).at(Real[n, KEY, c]),
        op.slice(n, 0, None).at(Real[c, n]),
        op.slice(n, e, None).at(Real[c, n]),
        op.slice(KEY, 1, 3).at(Real[n, KEY]),
        op.merge(KEY, n).at(Real[n, c, KEY]),
        op.merge(n, label="one").at(Real[n, c]),
        op.split((n * c).at("a"), n, c).at(Real[h, (n * c).at("a")]),
        op.concat(n, n).at(Real[n, c], Real[n, c]),
        op.concat(KEY, c).at(Real[n, KEY], Real[n, c]),
        op.unconcat(n, c, n).at(Real[h, n + c + n]),
        op.diagonal(KEY, n).at(Real[n, c, KEY]),
        op.linear(c, c).at(Real[n, c]),
        op.linear(c, c.at("next")).at(Real[c, n]),
        op.mean(n, masked=True).at(Real[n, c], Bool[c, n]),
        op.max(n, c).at(Real[n, h, c]),
        op.where.at(Bool[()], Real[n], Real[n]),
        op.einsum(n).at(Real[n, c], Real[n, c], Real[c]),
        op.einsum(n, h).at(Real[n], Real[h], Real[c]),
        op.expand(n, h).at(Real[c]),
    ],
    ids=lambda one: one.type_text(),
)
def test_other_types(arrow) -> None:
    """The record is used, and is the pullback."""
    assert "pullback" not in boxes(arrow)
    assert verdict(axioms.record_law(arrow)) in ("E", "T")


def test_a_label_that_is_taken_leaves_the_box() -> None:
    arrow = op.linear(c, c).at(Real[c, c.at("out")])
    assert "pullback" in boxes(arrow)
    assert verdict(axioms.record_law(arrow)) == "P"


def test_records_respect_rotations() -> None:
    """No step of the record takes the entries along an axis that rotates apart."""
    back = reverse(op.normalise(SPACE).at(Real[n, SPACE]))
    law = laws.equivariant(under=Orthogonal(SPACE))
    model = Architecture("r", back, (law,), {}, None, "none", None)
    assert not any(isinstance(node.box, OperatorBox) for node in back.graph().nodes)
    assert ladder.check(model)[0].verdict.name == "PROVED"
    assert "pullback" not in boxes(op.rms_norm(SPACE, affine=False).at(Real[n, SPACE]))


def test_a_step_that_breaks_an_action_leaves_the_box(monkeypatch) -> None:
    """A record that would be refused there is not used: the whole is still a derivative."""

    def rough(calc, node, box, g):
        calc.apply("abs", node.ins[0])
        return [g]

    monkeypatch.setitem(records.RECORDS, "scale", rough)
    arrow = op.scale(1).at(Real[n, SPACE])
    assert "pullback" in boxes(arrow)
    assert verdict(axioms.record_law(arrow)) == "P"


# --- noise ----------------------------------------------------------------------------------------


def test_dropout_reads_its_noise_again() -> None:
    """One mask for the way there and the way back."""
    net = (op.dropout(0.5) >> op.square).at(Real[n])
    graph = reverse(net).graph()
    assert [r.name for r in graph.sources.values()] == ["dropout.mask"]
    context = Context(FloatAlgebra(), {"n": 4}, "train")
    mask = np.array([1.0, 0.0, 1.0, 0.0])
    x, g = np.arange(1.0, 5.0), np.ones(4)
    (found,) = interpreter.run(graph, context, [x, g], {"dropout.mask": mask}).outputs
    assert found.tolist() == [8.0, 0.0, 24.0, 0.0]  # 2 · (2x) · 2, where the mask is 1


# --- complex wires --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arrow",
    [
        op.mul.at(Complex[n], Complex[n]),
        op.sum(n).at(Complex[n]),
        op.scale(2).at(Complex[n]),
    ],
    ids=lambda one: one.label(),
)
def test_complex_wires_are_refused(arrow) -> None:
    """A transpose of complex numbers depends on a choice, records or not."""
    with pytest.raises(SpecError, match="CM055"):
        reverse(arrow)
