"""Batching a named part whose weight is computed outside of it: the weight gets no batch axis."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, arrow, op, reparametrise, stack
from categorical.errors import SpecError
from categorical.records import Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

batch, wide, narrow = Dim.named("batch wide narrow")
SIZES = {"batch": 3, "wide": 4, "narrow": 2}


@arrow
def part(x: Real[wide]) -> Real[narrow]:
    return op.tanh(op.linear(wide, narrow, bias=False, name="view")(x))


whole = (part >> op.linear(narrow, wide, bias=False, name="back")).named("whole")
transposed = op.transpose(narrow, wide).at(Real[wide, narrow])
tied = reparametrise(
    whole, "part.view.weight", transposed, names=["seen"], read={"seen": "back.weight"}
)


def test_the_weight_stays_as_it_is() -> None:
    image = stack(tied, batch).graph()
    assert image.resources()["back.weight"].space is Real[wide, narrow]
    (called,) = [n for _, n in image.walk() if n.box.name == "call" and n.name == "part"]
    assert called.box.dom == (Real[batch, wide], Real[narrow, wide])


def test_stacking_is_mapping_over_samples() -> None:
    ctx = Context(FloatAlgebra(), SIZES)
    rng = np.random.default_rng(0)
    weights = {"back.weight": rng.standard_normal((4, 2))}
    samples = rng.standard_normal((3, 4))
    together = run(stack(tied, batch).graph(), ctx, [samples], weights).outputs[0]
    alone = [run(tied.graph(), ctx, [one], weights).outputs[0] for one in samples]
    assert np.allclose(together, np.stack(alone), rtol=1e-14)


def test_a_wire_that_has_the_axis_is_still_refused() -> None:
    with pytest.raises(SpecError, match="CM009"):
        stack(op.relu.at(Real[batch]), batch)
