"""What a PyTorch user tries first on a wire: it works, or the error says what to write."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from categorical import Dim, Real, SpecError, arrow, op
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run

n, c, k, h = Dim.named("n c k h")


def message(body, **annotations):
    body.__annotations__ = annotations or {"x": Real[n, c]}
    with pytest.raises(SpecError) as error:
        arrow(body)
    return str(error.value)


def test_numbers_and_powers():
    @arrow
    def net(x: Real[c]) -> Real[c]:
        return 1 / (x**2 + 1) + abs(x) / 2 - 3 / (x * x + 2)

    x = np.array([-2.0, 0.5])
    ctx = Context(FloatAlgebra(), {"c": 2})
    (found,) = run(net.graph(), ctx, [x], {}).outputs
    assert np.allclose(found, 1 / (x**2 + 1) + abs(x) / 2 - 3 / (x * x + 2))


def test_methods_name_the_operation():
    assert "op.mean(" in message(lambda_of("x.mean(0)"))
    assert "op.split(" in message(lambda_of("x.view(-1)"))
    assert "CM034" in message(lambda_of("x.shape"))
    assert "op.sqrt" in message(lambda_of("x ** 3"))


def lambda_of(expression):
    scope = {"op": op}
    exec(f"def net(x):\n    return {expression}", scope)
    return scope["net"]


def test_a_matrix_product_names_its_axes():
    def net(x, y):
        return x @ y

    assert "op.einsum(n, k)(x, y)" in message(net, x=Real[n, c], y=Real[c, k])


def test_attributes_that_python_asks_for():
    def net(x):
        assert not hasattr(x, "mean") and not hasattr(x, "__array__")
        assert copy.copy(x).type is x.type
        return x

    net.__annotations__ = {"x": Real[n, c]}
    arrow(net)


def test_arguments_are_positional():
    def several(*xs):
        return xs[0]

    def named(*, x):
        return x

    assert "`*xs`" in message(several, xs=Real[n, c])
    assert "`x` of `named` is not positional" in message(named)
    with pytest.raises(SpecError, match="CM013"):
        arrow(3)


def test_a_computed_axis_can_be_named():
    def halved(x):
        y = op.max_pool(2 * h, kernel=2)(x)
        return op.linear(h, k)(y)

    text = message(halved, x=Real[c, 2 * h])
    assert "y.type.axes[1]" in text

    def whole(x):
        y = op.max_pool(2 * h, kernel=2)(x)
        return y

    text = message(whole, x=Real[c, 2 * h], **{"return": Real[c, h]})
    assert "y.type.axes[1]" in text

    @arrow
    def named(x: Real[c, 2 * h]) -> Real[c, h]:
        y = op.max_pool(2 * h, kernel=2)(x)
        return op.slice(y.type.axes[1], into=h)(y)

    assert named.graph().cod == (Real[c, h],)


def test_a_point_free_chain_can_be_given_more_axes():
    with pytest.raises(SpecError) as error:
        op.layer_norm(c) >> op.linear(n, k)
    assert "op.layer_norm(c).at(Real[n, c])" in str(error.value)
    (op.layer_norm(c).at(Real[n, c]) >> op.linear(n, k)).graph()
