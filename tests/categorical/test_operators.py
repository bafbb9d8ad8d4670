"""Iteration, static case analysis, and 2-cells."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import (
    Dim,
    Real,
    SpecError,
    arrow,
    branch,
    case,
    inject,
    iterate,
    low_rank,
    masked,
    op,
    reparametrise,
    tie,
)
from categorical.normal import same
from categorical.records import Context, Init
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

c, d, h = Dim.named("c d h")
RNG = np.random.default_rng(1)


def evaluate(arrow_, sizes, inputs, resources):
    return run(arrow_.graph(), Context(FloatAlgebra(), sizes), inputs, resources).outputs


def draw(arrow_, sizes):
    ctx = Context(FloatAlgebra(), sizes)
    return {
        p: RNG.standard_normal(ctx.shape(r.space))
        for p, r in arrow_.graph().resources(sizes).items()
    }


def test_untied_iteration_is_composition() -> None:
    step = op.linear(c, c) >> op.tanh
    repeated, composed = iterate(step, 2), step >> step
    weights = draw(composed, {"c": 3})
    renamed = {
        "steps.0.linear.weight": weights["linear.weight"],
        "steps.0.linear.bias": weights["linear.bias"],
        "steps.1.linear.weight": weights["linear_2.weight"],
        "steps.1.linear.bias": weights["linear_2.bias"],
    }
    x = RNG.standard_normal(3)
    np.testing.assert_array_equal(
        evaluate(repeated, {"c": 3}, [x], renamed)[0], evaluate(composed, {"c": 3}, [x], weights)[0]
    )


def test_stacked_and_untied_have_one_meaning() -> None:
    step = op.linear(c, c) >> op.tanh
    untied, stacked = iterate(step, 3), iterate(step, 3, weights="stacked")
    weights = draw(untied, {"c": 2})
    together = {
        f"steps.linear.{kind}": np.stack([weights[f"steps.{i}.linear.{kind}"] for i in range(3)])
        for kind in ("weight", "bias")
    }
    x = RNG.standard_normal(2)
    np.testing.assert_array_equal(
        evaluate(untied, {"c": 2}, [x], weights)[0], evaluate(stacked, {"c": 2}, [x], together)[0]
    )


def test_tied_iterations_add_up() -> None:
    step = op.linear(c, c) >> op.tanh
    five = iterate(step, 5, weights="tied")
    weights = draw(five, {"c": 2})
    x = RNG.standard_normal(2)
    (y,) = evaluate(iterate(step, 2, weights="tied"), {"c": 2}, [x], weights)
    (z,) = evaluate(iterate(step, 3, weights="tied"), {"c": 2}, [y], weights)
    np.testing.assert_array_equal(z, evaluate(five, {"c": 2}, [x], weights)[0])


def test_state_and_noise_are_not_shared_between_steps() -> None:
    for body in (op.batch_norm(c, over=(d,)).at(Real[d, c]), op.dropout(0.5).at(Real[c])):
        iterate(body, 2)
        with pytest.raises(SpecError) as caught:
            iterate(body, 2, weights="tied")
        assert caught.value.code in ("CM014", "CM015")


def test_cases_are_decided_before_anything_runs() -> None:
    left, right = op.linear(c, h), op.linear(d, h) >> op.relu
    either = case(left, right)
    space = either.dom[0]
    assert str(space) == "Real[c] + Real[d]"
    assert same(branch(either, 1).graph(), right.graph())
    assert same((inject(space, 0) >> either).graph(), left.graph())
    with pytest.raises(SpecError) as caught:
        (either >> op.relu).graph()
    assert caught.value.code == "CM037"
    with pytest.raises(SpecError):
        case(op.linear(c, h), op.linear(d, c))


def test_a_two_cell_computes_the_weight() -> None:
    """f^r(q) = f(r(q)) for the low-rank cell, and it has exactly dim Q trained weights."""
    adapted = low_rank(op.linear(c, h), "linear.weight", 2)
    sizes = {"c": 4, "h": 3}
    assert list(adapted.parameters) == ["linear.bias", "linear.up", "linear.down"]
    q = draw(adapted, sizes)
    x = RNG.standard_normal(4)
    weight = q["linear.weight"] + q["linear.up"] @ q["linear.down"]
    plain = {"linear.weight": weight, "linear.bias": q["linear.bias"]}
    np.testing.assert_allclose(
        evaluate(adapted, sizes, [x], q)[0],
        evaluate(op.linear(c, h), sizes, [x], plain)[0],
        rtol=1e-12,
    )


def test_two_cells_compose() -> None:
    twice = masked(low_rank(op.linear(c, h), "linear.weight", 2), "linear.up")
    roles = {p: r.role for p, r in twice.graph().resources().items()}
    assert roles["linear.weight"] == roles["linear.up_mask"] == "frozen"
    assert roles["linear.up"] == roles["linear.down"] == "weight"


def test_a_decoder_reads_the_transposed_weight() -> None:
    @arrow
    def autoencoder(x: Real[c]) -> Real[c]:
        return op.linear(h, c, name="decode")(op.tanh(op.linear(c, h, name="encode")(x)))

    @arrow
    def transposed(weight: Real[h, c]) -> Real[c, h]:
        return op.transpose(c, h)(weight)

    tied = reparametrise(autoencoder, "decode.weight", transposed, read={"weight": "encode.weight"})
    assert sorted(tied.parameters) == ["decode.bias", "encode.bias", "encode.weight"]
    sizes = {"c": 3, "h": 2}
    q = draw(tied, sizes)
    x = RNG.standard_normal(3)
    inner = np.tanh(q["encode.weight"] @ x + q["encode.bias"])
    np.testing.assert_allclose(
        evaluate(tied, sizes, [x], q)[0],
        q["encode.weight"].T @ inner + q["decode.bias"],
        rtol=1e-12,
    )


def test_a_two_cell_reaches_into_a_named_part() -> None:
    net = (op.linear(c, c) >> op.tanh).named("inner") >> op.linear(c, h)
    adapted = low_rank(net, "inner.linear.weight", 1)
    assert "inner.linear.up" in adapted.parameters
    sizes = {"c": 3, "h": 2}
    q = draw(adapted, sizes)
    x = RNG.standard_normal(3)
    weight = q["inner.linear.weight"] + q["inner.linear.up"] @ q["inner.linear.down"]
    inner = np.tanh(weight @ x + q["inner.linear.bias"])
    want = q["linear.weight"] @ inner + q["linear.bias"]
    np.testing.assert_allclose(evaluate(adapted, sizes, [x], q)[0], want, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (
            lambda: tie(op.linear(c, c) >> op.linear(c, c), {"linear_9.weight": "linear.weight"}),
            "CM020",
        ),
        (
            lambda: tie(op.linear(c, d) >> op.linear(d, c), {"linear_2.weight": "linear.weight"}),
            "CM019",
        ),
        (lambda: tie(op.dropout(0.1)), "CM014"),
        (lambda: tie(op.batch_norm(c, over=(d,))), "CM015"),
        (lambda: reparametrise(op.linear(c, d), "linear.weight", op.relu.at(Real[c])), "CM019"),
    ],
)
def test_two_cells_that_do_not_exist(make, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.code == code


def test_initial_values_and_roles_can_be_said() -> None:
    @arrow
    def scaled(weight: Real[h, c], size: Real) -> Real[h, c]:
        return op.einsum(h, c)(weight, size)

    net = reparametrise(
        op.linear(c, h),
        "linear.weight",
        scaled,
        init={"size": Init("ones")},
        roles={"weight": "frozen"},
    )
    resources = net.graph().resources()
    assert resources["linear.size"].init == Init("ones")
    assert resources["linear.weight"].role == "frozen"
