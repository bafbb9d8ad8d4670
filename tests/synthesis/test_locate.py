"""The first wire on which the sides of a law differ."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, arrow, laws, op
from categorical.groups import Symmetric
from synthesis.locate import first_difference
from synthesis.numeric import Trial, attempt

n, c, d = Dim.named("n c d")
SIZES = {"n": 3, "c": 2, "d": 4}


def where(law: laws.Law, arrow_: object, mode: str = "eval") -> str:
    graph = arrow_.graph()  # type: ignore[attr-defined]
    failure = attempt(law, graph, Trial(SIZES, mode, 1.0, 5)).failure
    assert failure is not None
    return first_difference(law, graph, failure)


@arrow
def late(x: Real[n, c]) -> Real[n, c]:
    """Two good steps, then a bad one, then a good one."""
    first = op.tanh(x)
    second = op.linear(c, c, name="mixed")(first)
    third = op.roll(n, 1)(second)
    bad = second + op.einsum(n, c)(third, op.parameter(Real[n], "where")())
    return op.relu(bad)


def test_equivariance_names_the_culprit() -> None:
    assert where(laws.equivariant(under=Symmetric(n)), late) == "third"


def test_causality_names_the_culprit() -> None:
    @arrow
    def leaks(x: Real[n, c]) -> Real[n, c]:
        """The mean of everything is added."""
        good = op.tanh(x)
        everything = op.mean(n)(good)
        return op.relu(good + op.expand(n)(everything))

    assert where(laws.causal(n), leaks) == "everything"


def test_linearity_names_the_first_nonlinear_wire() -> None:
    @arrow
    def bends(x: Real[n, c]) -> Real[n, d]:
        """A relu between linear maps."""
        straight = op.linear(c, c, bias=False)(x)
        bent = op.relu(straight)
        return op.linear(c, d, bias=False)(bent)

    assert where(laws.linear(), bends) == "bent"


def test_equations_compare_wires_of_one_name() -> None:
    @arrow
    def plus(x: Real[n, c]) -> Real[n, c]:
        """Tanh, then doubled."""
        inner = op.tanh(x)
        outer = op.scale(2)(inner)
        return outer

    @arrow
    def other(x: Real[n, c]) -> Real[n, c]:
        """Tanh, then tripled."""
        inner = op.tanh(x)
        outer = op.scale(3)(inner)
        return outer

    assert where(laws.equal(other), plus) == "outer"


def test_wires_inside_a_part_are_named_by_their_path() -> None:
    whole = (op.sin.at(Real[n, c]) >> late.named("part")).named("whole")
    found = where(laws.equivariant(under=Symmetric(n)), whole)
    assert found.endswith("third")
    assert "." in found


@pytest.mark.parametrize("law", [laws.sums_to(1, c), laws.bounded(0, 1)])
def test_laws_on_outputs_name_the_output(law: laws.Law) -> None:
    @arrow
    def scores(x: Real[n, c]) -> Real[n, c]:
        """Scores."""
        result = op.tanh(x)
        return result

    assert where(law, scores) == "result"
