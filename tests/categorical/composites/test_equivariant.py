"""Nonlinearities on fibres: proved equivariant, built, and told apart from what is not."""

import numpy as np
import pytest

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.composites import equivariant
from categorical.errors import SpecError
from categorical.groups import Rotation, Sign
from categorical.verdicts import Verdict
from synthesis import check

n, c = Dim.named("n c")
v = Dim("v", size=3, action="rotation")
EVERY = ("gate", "norm_gate", "norm_relu", "vector_relu", "fibre_norm")


@pytest.mark.parametrize("name", EVERY)
def test_proved_for_all_sizes(name: str) -> None:
    net = getattr(equivariant, name)(v, c, n)
    under = [laws.equivariant(under=Rotation(v)), laws.equivariant(under=Sign(v))]
    found = check(architecture(net, laws=under))
    assert [one.verdict for one in found] == [Verdict.PROVED] * 2, found


@pytest.mark.parametrize("name", EVERY)
def test_built(name: str) -> None:
    from backends.pytorch import build

    assert build(architecture(getattr(equivariant, name)(v, c, n), sizes=dict(c=4))).source


@pytest.mark.parametrize("name", ["norm_gate", "vector_relu"])
def test_the_channels_are_not_a_fibre(name: str) -> None:
    """The twin: the same arrow, turned along its channels, which weights tell apart."""
    net = getattr(equivariant, name)(v, c, n)
    law = laws.equivariant(under=Rotation(c))
    assert check(architecture(net, laws=[law]))[0].verdict is Verdict.REFUTED


def test_a_bias_on_a_fibre_is_refuted() -> None:
    u = Dim("u", size=3)

    @arrow
    def biased(x: Real[n, u, c]) -> Real[n, u, c]:
        return equivariant.norm_gate(u, c, n)(op.linear(u, u)(x))

    found = check(architecture(biased, laws=[laws.equivariant(under=Rotation(u))]))
    assert found[0].verdict is Verdict.REFUTED


def test_vector_relu_keeps_what_points_along() -> None:
    """d = x: nothing is cut; d = −x: everything is (equation 6 of vector neurons)."""
    from categorical.records import Context
    from categorical.semantics import FloatAlgebra
    from categorical.semantics.interpreter import run

    one = Dim("one", size=1)
    graph = equivariant.vector_relu(v, one).graph()
    x = np.array([[1.0], [2.0], [-2.0]])
    for sign, wanted in ((1.0, x), (-1.0, 0 * x)):
        weights = {path: np.full((1, 1), sign) for path in graph.resources({})}
        (found,) = run(graph, Context(FloatAlgebra(), {}), [x], weights).outputs
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_relu_of_a_fibre_has_no_type() -> None:
    with pytest.raises(SpecError, match="CM017"):
        op.relu.at(Real[n, v, c])
