"""Batching parts that are handed weights from outside: the weights get no batch axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from categorical import Dim, Real, arrow, iterate, op, reparametrise, stack, union
from categorical.arrows import Arrow
from categorical.derivatives import explicit, gradient, pullback, reverse
from categorical.errors import SpecError
from categorical.records import Context
from categorical.recursion.folds import fold, scan
from categorical.recursion.trees import rose_fold
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from categorical.spaces import Array

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


# --- operators that are handed weights ------------------------------------------------------------

s, a, t, v, kids = Dim.named("s a t v kids")
MORE = {"s": 2, "a": 3, "t": 4, "v": 3, "kids": 2, "batch": 2}
cell = ((op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh).at(Real[s], Real[a])
at_node = (op.linear(s, s) @ op.sum(kids).at(Real[kids, s])) >> op.add >> op.tanh
step = op.linear(s, s) >> op.tanh
HANDED = {
    "run": reverse(scan(cell, over=t)),
    "run with lengths": reverse(scan(cell, over=t, lengths=True)),
    "fold": pullback(fold(cell, over=t)),
    "iterate, tied": reverse(iterate(step, t, weights="tied")),
    "iterate, stacked": reverse(iterate(step, t, weights="stacked")),
    "iterate, untied": reverse(iterate(step, t, weights="untied"), MORE),
    "tree": reverse(rose_fold(at_node, over=v, arity=kids)),
    "gradient of a gradient": reverse(pullback(fold(cell, over=t))),
}


def values(types: Sequence[Array], rng: np.random.Generator) -> list[Any]:
    found: list[Any] = []
    for one in types:
        shape = tuple(axis.size.evaluate(MORE) for axis in one.axes)
        if one.kind == "fin":
            assert one.values is not None
            found.append(rng.integers(0, one.values.size.evaluate(MORE), shape))
        elif one.kind == "bool":
            found.append(rng.integers(0, 2, shape).astype(bool))
        else:
            found.append(rng.standard_normal(shape))
    return found


def apart(one: Arrow) -> float:
    """The largest difference of the image of a batch and the arrow at each sample."""
    rng, ctx = np.random.default_rng(0), Context(FloatAlgebra(), MORE)
    whole = stack(one, batch)
    weights = {
        k: values([r.space], rng)[0]
        for k, r in sorted(one.graph().resources(MORE).items())
    }  # fmt: skip
    given = values(whole.dom, rng)
    together = run(whole.graph(), ctx, given, weights).outputs
    alone = [run(one.graph(), ctx, [x[i] for x in given], weights).outputs for i in range(2)]
    pairs = zip(together, zip(*alone, strict=True), strict=True)
    return max(float(np.abs(x - np.stack(y)).max()) for x, y in pairs)


@pytest.mark.parametrize("name", HANDED)
def test_gradients_are_batched_with_one_set_of_weights(name: str) -> None:
    assert apart(HANDED[name]) < 1e-12


def test_a_cotangent_of_weights_is_that_of_each_sample() -> None:
    """The weight is alike at every index, its cotangent is not: it is no sum over the batch."""

    @arrow
    def by_weight(x: Real[s]) -> Real[s]:
        weight = op.parameter(Real[s], "scale")()
        product = op.mul.at(Real[s], Real[s])
        return pullback(product >> op.sum(s))(x, weight, op.ones(Real.scalar)())[1]

    assert apart(by_weight) < 1e-12


@pytest.mark.parametrize("f", [rose_fold(at_node, over=v, arity=kids), scan(cell, over=t)])
def test_weights_of_each_sample_are_refused(f: Arrow) -> None:
    with pytest.raises(SpecError, match=r"its weights? would change"):
        stack(explicit(f), batch)


def test_gradients_of_samples_of_different_sizes() -> None:
    """As an expression it has a union, which is the gradient at each sample; as a box it has none,
    and the message says so."""
    squares = (op.square >> op.sum(t)).at(Real[t])
    with pytest.raises(SpecError, match=r"reverse\(f\)"):
        union(gradient(squares), t, sample=batch)
    joined = union(reverse(squares), t, sample=batch).graph()
    assert [joined.wire_name(w) for w in joined.inputs] == ["x", "g", "t_sample"]
    x, back, owner = np.arange(4.0), np.array([1.0, 10.0]), np.array([0, 1, 1, 0])
    found = run(joined, Context(FloatAlgebra(), MORE), [x, back, owner], {}).outputs[0]
    assert found.tolist() == (2 * x * back[owner]).tolist()
