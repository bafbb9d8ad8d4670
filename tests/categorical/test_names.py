"""Names that collide, and names of wires."""

from __future__ import annotations

import cProfile

import pytest

from categorical import Dim, Real, SpecError, architecture, arrow, op

n, c = Dim.named("n c")
batch = Dim("batch")


def test_two_dims_of_one_name_are_refused():
    other = Dim("n", size=4)

    @arrow
    def confused(x: Real[n, c], y: Real[other]) -> Real[n, c]:
        return x + op.expand(n)(op.linear(other, c)(y))

    with pytest.raises(
        SpecError, match=r"CM024.*two dimensions of `confused` are called `n`"
    ) as error:
        architecture(confused)
    assert "Dim('n')" in str(error.value) and "Dim('n', size=4)" in str(error.value)


def test_the_axis_of_samples_is_added_by_the_module():
    net = op.linear(c, c).at(Real[batch, c])
    with pytest.raises(SpecError, match="CM024") as error:
        architecture(net, name="net")
    assert 'batch="none"' in str(error.value)
    assert architecture(net, name="net", batch="none").batched().dom == net.graph().dom


def test_arrow_under_a_profiler():
    """``cProfile`` is no function: it is paused while an arrow is read, and goes on."""
    profile = cProfile.Profile()
    profile.enable()

    @arrow
    def twice(x: Real[n]) -> Real[n]:
        first = op.relu(x)
        return op.tanh(first)

    len("counted after the arrow is read")
    profile.disable()
    assert twice.graph().wire_name(twice.graph().nodes[0].outs[0]) == "first"
    assert profile.getstats()
