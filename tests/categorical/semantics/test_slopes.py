"""The derivatives of the pointwise functions, as formulas, against those of dual numbers."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real
from categorical.derivatives.calculus import Number, Wires
from categorical.graph import Builder
from categorical.records import Context
from categorical.semantics import FloatAlgebra, duals, interpreter, slopes
from categorical.semantics.algebra import FUNCTIONS
from categorical.semantics.floats import FORMULAS

#: Both sides of every kink, the kinks themselves, and where exp and tanh have had enough.
POINTS = np.array([-30.0, -6.0, -1.0, -0.5, -1e-9, 0.0, 1e-9, 0.5, 1.0, 3.0, 6.0, 6.5, 30.0])
POSITIVE = ("log", "sqrt", "rsqrt", "reciprocal")
PARAMETERS = {"elu": {"alpha": 0.7}, "leaky_relu": {"slope": 0.2}}
every = pytest.mark.parametrize("name", sorted(FUNCTIONS))


def points(name: str) -> np.ndarray:
    if name == "log1p":
        return POINTS[POINTS > -1]
    return POINTS[POINTS > 0] if name in POSITIVE else POINTS


def expected(name: str) -> np.ndarray:
    x, given = points(name), PARAMETERS.get(name, {})
    return np.asarray(duals.SLOPES[name](x, FORMULAS[name](x, given), given))


def as_array(name: str) -> np.ndarray:
    """By an algebra."""
    x, given = points(name), PARAMETERS.get(name, {})
    found = slopes.slope(FloatAlgebra(), name, x, FORMULAS[name](x, given), given)
    return np.broadcast_to(found, x.shape)


def as_graph(name: str) -> np.ndarray:
    """By the wires of a graph, which is run."""
    x, given = points(name), PARAMETERS.get(name, {})
    builder = Builder()
    calc = Wires(builder)
    one = Real[Dim("n")]
    ins = [builder.input(one, "x"), builder.input(one, "y")]
    out = slopes.slope(calc, name, *ins, given)
    if isinstance(out, Number):
        return np.full(x.shape, float(out))
    graph = builder.finish([out])
    context = Context(FloatAlgebra(), {"n": x.size})
    (found,) = interpreter.run(graph, context, [x, FORMULAS[name](x, given)], {}).outputs
    return np.asarray(found)


@every
def test_as_dual_numbers_have_it(name: str) -> None:
    np.testing.assert_allclose(as_array(name), expected(name), rtol=1e-9, atol=1e-12)


@every
def test_as_a_graph(name: str) -> None:
    np.testing.assert_allclose(as_graph(name), expected(name), rtol=1e-9, atol=1e-12)


def test_the_order_is_read_nowhere() -> None:
    """Formulas of derivatives have no comparison: an exact reading needs no made-up order."""
    builder = Builder()
    calc = Wires(builder)
    x = builder.input(Real[Dim("n")], "x")
    for name in sorted(slopes.SLOPES):
        given = {k: 0.5 for k in FUNCTIONS[name]}
        slopes.slope(calc, name, x, x, given)
    assert not {n.box.name for n in builder.graph.nodes} & {"less", "less_equal", "where", "max"}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("relu", lambda x, y, p: x("sign")),
        ("relu6", lambda x, y, p: slopes._step(x)),
        ("tanh", lambda x, y, p: 1 - y),
        ("elu", lambda x, y, p: slopes._step(x) + (1 - slopes._step(x)) * y),
    ],
)
def test_a_wrong_formula_is_caught(name: str, wrong: slopes.Slope, monkeypatch) -> None:
    monkeypatch.setattr(slopes, "SLOPES", {**slopes.SLOPES, name: wrong})
    assert not np.allclose(as_array(name), expected(name))
    assert not np.allclose(as_graph(name), expected(name))


def test_what_is_no_function_has_no_slope() -> None:
    with pytest.raises(KeyError):
        slopes.slope(FloatAlgebra(), "gamma", POINTS, POINTS, {})
