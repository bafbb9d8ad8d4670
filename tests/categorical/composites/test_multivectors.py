"""Norms and gates of multivectors: values by hand, invariance, forms with minus signs and zeros."""

import numpy as np
import pytest

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.composites.multivectors import (
    part_axis,
    part_gate,
    part_norm,
    part_scale,
    part_squares,
)
from categorical.errors import SpecError
from categorical.groups import Acting
from categorical.records import Context
from categorical.representations import clifford, isometries
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run
from categorical.verdicts import Verdict
from synthesis import check

n, c = Dim.named("n c")
SIGNATURES = [(2, 0, 0), (3, 0, 0), (1, 3, 0), (2, 0, 1), (5, 0, 0)]


def blades(algebra):
    return Dim("blade", size=algebra.dimension)


def value(arrow_, inputs, weights=None):
    graph = arrow_.graph()
    (found,) = run(graph, Context(FloatAlgebra(), {}), inputs, weights or {}).outputs
    return np.asarray(found, dtype=float)


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("split", ["grades", "types"])
def test_squares_are_the_unit_part_of_the_reversed_square(signature, split):
    algebra = clifford(*signature)
    blade = blades(algebra)
    x = np.random.default_rng(0).integers(-3, 4, algebra.dimension)
    label = algebra.grades if split == "grades" else algebra.grades % 4
    wanted = []
    for part in np.unique(label):
        inside = np.where(label == part, x, 0)
        signs = 1 - 2 * (algebra.grades * (algebra.grades - 1) // 2 % 2)
        wanted.append(int(algebra.multiply(signs * inside, inside)[0]))
    found = value(
        part_squares(algebra, blade, split).at(Real[blade], Real[blade]), [x.astype(float)] * 2
    )
    np.testing.assert_allclose(found, wanted)


def test_parts_are_scaled_apart():
    algebra = clifford(3)
    blade = blades(algebra)
    scale = part_scale(algebra, blade).at(Real[part_axis(algebra)], Real[blade])
    found = value(scale, [np.array([2.0, 3.0, 5.0, 7.0]), np.ones(8)])
    assert found.tolist() == [2, 3, 3, 3, 5, 5, 5, 7]


def test_a_part_of_length_two_is_halved():
    """σ(0) = 1/2: the part is divided by (2 − 1)/2 + 1 = 3/2; a long share divides by 2."""
    algebra = clifford(2)
    blade, one = blades(algebra), Dim("one", size=1)
    x = np.array([2.0, 0, 2, 0])[:, None]
    for share, wanted in ((0.0, 3 / 2), (50.0, 2.0), (-50.0, 1.0)):
        found = value(part_norm(algebra, blade, one), [x], {"share": np.full((3, 1), share)})
        np.testing.assert_allclose(found, x / wanted, rtol=1e-5)


def test_the_gate_sees_the_sign_of_the_unit_and_squares_of_the_rest():
    algebra = clifford(2)
    blade, one = blades(algebra), Dim("one", size=1)
    x = np.array([-2.0, 3, 0, 1])[:, None]
    weights = {"factor": np.ones((3, 1)), "threshold": np.full((3, 1), 0.5)}
    sigma = 1 / (1 + np.exp(-(np.array([-2.0, 9, 9, 1]) + 0.5)))
    found = value(part_gate(algebra, blade, one), [x], weights)
    np.testing.assert_allclose(found[:, 0], x[:, 0] * sigma)


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("split", ["grades", "types"])
def test_proved_under_all_isometries(signature, split):
    algebra = clifford(*signature)
    blade, group = blades(algebra), isometries(*signature)
    under = Acting(group, {blade: algebra.action(group.standard())})
    for make in (part_gate, part_norm):
        net = make(algebra, blade, c, n, split=split)
        (found,) = check(architecture(net, laws=[laws.equivariant(under=under)]))
        assert found.verdict is Verdict.PROVED, found


def test_a_number_for_each_blade_is_refuted():
    """The twin: entries of one part are scaled differently."""
    algebra, group = clifford(3), isometries(3)
    blade = blades(algebra)
    under = Acting(group, {blade: algebra.action(group.standard())})

    @arrow
    def each(x: Real[blade, c]) -> Real[blade, c]:
        return op.contract()(x, op.parameter(Real[blade], name="numbers")())

    (found,) = check(architecture(each, laws=[laws.equivariant(under=under)]))
    assert found.verdict is Verdict.REFUTED


@pytest.mark.parametrize("make", [part_gate, part_norm])
@pytest.mark.parametrize("split", ["grades", "types"])
def test_built(make, split):
    from backends.pytorch import build

    algebra = clifford(4)
    net = make(algebra, blades(algebra), c, n, split=split)
    assert build(architecture(net, sizes=dict(c=3))).source


def test_a_dim_of_another_size_is_refused():
    with pytest.raises(SpecError, match="CM002"):
        part_squares(clifford(3), Dim("blade", size=4))
    with pytest.raises(SpecError, match="CM002"):
        part_norm(clifford(3), Dim("blade"), c)
