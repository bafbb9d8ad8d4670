"""The composites against their definitions, at concrete numbers."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Arrow, Bool, Dim, Real, op
from categorical.composites import attention, dot_product_attention, mlp, residual, typed
from categorical.composites.mixture_of_experts import bank, gate, mixture_of_experts
from categorical.errors import SpecError
from categorical.records import TRAIN, Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

token, width, heads, c, h, k, e = Dim.named("token width heads c h k e")
SIZES = {"token": 4, "width": 6, "heads": 2, "c": 3, "h": 5, "k": 2, "e": 3}
RNG = np.random.default_rng(0)


def weights(arrow: Arrow) -> dict[str, np.ndarray]:
    shape = Context(FloatAlgebra(), SIZES).shape
    return {p: RNG.standard_normal(shape(r.space)) for p, r in arrow.graph().resources().items()}


def value(arrow: Arrow, *inputs: np.ndarray, given: dict[str, np.ndarray], mode: str = "eval"):
    return run(arrow.graph(), Context(FloatAlgebra(), SIZES, mode), list(inputs), given).outputs[0]


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    y = np.exp(x - x.max(axis=axis, keepdims=True))
    return y / y.sum(axis=axis, keepdims=True)


# --- residual ---------------------------------------------------------------------------------


def test_residual_adds_its_input() -> None:
    net = residual(op.linear(c, c) >> op.tanh)
    given, x = weights(net), RNG.standard_normal(3)
    wanted = x + np.tanh(given["linear.weight"] @ x + given["linear.bias"])
    assert np.allclose(value(net, x, given=given), wanted, rtol=1e-14)


def test_residual_takes_further_inputs() -> None:
    net = residual(attention(token, width, heads, mask="given"))
    assert net.dom == (Real[token, width], Bool[token, token.at("key")])
    given, x = weights(net), RNG.standard_normal((4, 6))
    inner = attention(token, width, heads, mask="given")
    look = np.ones((4, 4), dtype=bool)
    own = {path.removeprefix("attention."): v for path, v in given.items()}
    wanted = x + value(inner, x, look, given=own)
    assert np.allclose(value(net, x, look, given=given), wanted, rtol=1e-14)


def test_residual_of_residuals_is_open() -> None:
    net = residual(residual(op.linear(c, c)) >> op.relu)
    assert net.at(Real[token, c]).cod == (Real[token, c],)
    assert repr(net).startswith("residual((residual(linear) >> relu))")


def test_residual_refuses_another_width_and_other_things() -> None:
    with pytest.raises(SpecError, match=r"CM010(.|\n)*axis h ≠ c(.|\n)*end with op.linear\(h, c\)"):
        residual(op.linear(c, h))
    with pytest.raises(SpecError):
        residual("relu")  # type: ignore[arg-type]


# --- mlp and typed --------------------------------------------------------------------------------


def test_mlp_has_no_activation_at_its_end() -> None:
    net = mlp(c, h, k)
    given, x = weights(net), RNG.standard_normal(3)
    inner = np.maximum(given["linear.weight"] @ x + given["linear.bias"], 0)
    wanted = given["linear_2.weight"] @ inner + given["linear_2.bias"]
    assert np.allclose(value(net, x, given=given), wanted, rtol=1e-14)
    assert len(mlp(c, h, h.at("again").index, k, bias=False).parameters) == 3


def test_mlp_needs_two_widths() -> None:
    with pytest.raises(SpecError, match="CM007"):
        mlp(c)


def test_typed_counts_its_arguments() -> None:
    with pytest.raises(SpecError, match="2 arguments and 1 type"):

        @typed(Real[c])
        def net(x, y):
            return x + y


# --- attention ----------------------------------------------------------------------------------


def by_hand(given: dict[str, np.ndarray], x: np.ndarray, look: np.ndarray) -> np.ndarray:
    q, key, v = (
        (x @ given[f"{n}.weight"].T + given[f"{n}.bias"]).reshape(4, 2, 3)
        for n in ("query", "key", "value")
    )
    mixed = np.zeros((4, 2, 3))
    for i in range(4):
        for one in range(2):
            seen = np.nonzero(look[i])[0]
            if len(seen):
                share = softmax(key[seen, one] @ q[i, one] / np.sqrt(3), 0)
                mixed[i, one] = share @ v[seen, one]
    return mixed.reshape(4, 6) @ given["out.weight"].T + given["out.bias"]


@pytest.mark.parametrize("mask", ["none", "causal", "given"])
def test_attention_is_its_definition(mask: str) -> None:
    net = attention(token, width, heads, mask=mask)
    given, x = weights(net), RNG.standard_normal((4, 6))
    look = {"none": np.ones((4, 4)), "causal": np.tri(4), "given": np.eye(4)[::-1]}[mask] > 0
    inputs = (x, look) if mask == "given" else (x,)
    assert np.allclose(value(net, *inputs, given=given), by_hand(given, x, look), rtol=1e-13)


def test_a_token_that_sees_nothing_gets_the_bias() -> None:
    net = attention(token, width, heads, mask="given")
    given, x, look = weights(net), RNG.standard_normal((4, 6)), np.ones((4, 4), dtype=bool)
    look[2] = False
    out = value(net, x, look, given=given)
    assert np.array_equal(out[2], given["out.bias"])
    assert np.allclose(out, by_hand(given, x, look), rtol=1e-13)


def test_packed_attention_is_the_separate_one() -> None:
    one, three = (attention(token, width, heads, packed=p) for p in (True, False))
    given, x = weights(three), RNG.standard_normal((4, 6))
    names = ("query", "key", "value")
    packed = {
        f"qkv.{kind}": np.concatenate([given[f"{n}.{kind}"] for n in names])
        for kind in ("weight", "bias")
    }
    packed |= {k: v for k, v in given.items() if k.startswith("out.")}
    assert np.allclose(value(one, x, given=packed), value(three, x, given=given), rtol=1e-14)


def test_cross_attention_permutes_its_keys() -> None:
    memory = Dim("e")
    net = dot_product_attention(token, memory, heads, c)
    q, keys, v = (RNG.standard_normal(s) for s in ((4, 2, 3), (3, 2, 3), (3, 2, 3)))
    order = np.array([2, 0, 1])
    moved = value(net, q, keys[order], v[order], given={})
    assert np.allclose(value(net, q, keys, v, given={}), moved, rtol=1e-13)


def test_attention_refuses_other_masks() -> None:
    with pytest.raises(SpecError, match="CM041"):
        attention(token, width, heads, mask="sliding")


# --- mixture of experts ---------------------------------------------------------------------------


def test_mixture_is_the_weighted_sum_of_its_experts() -> None:
    net = mixture_of_experts(c, h, k, experts=e, activation=op.tanh)
    given, x = weights(net), RNG.standard_normal(3)
    share = softmax(given["gate.logits.weight"] @ x + given["gate.logits.bias"], 0)
    wanted = np.zeros(2)
    for i in range(3):
        inner = np.tanh(given["up"][i] @ x + given["up_bias"][i])
        wanted += share[i] * (given["down"][i] @ inner + given["down_bias"][i])
    assert np.allclose(value(net, x, given=given), wanted, rtol=1e-13)


def test_the_gate_is_disturbed_in_train_mode_only() -> None:
    net = gate(c, e, gumbel=True, temperature=0.5)
    given, x = weights(net), RNG.standard_normal(3)
    logits = given["logits.weight"] @ x + given["logits.bias"]
    (noise,) = (v for path, v in given.items() if path.endswith("noise"))
    assert np.allclose(value(net, x, given=given), softmax(2 * logits, 0), rtol=1e-13)
    found = value(net, x, given=given, mode=TRAIN)
    assert np.allclose(found, softmax(2 * (logits + noise), 0), rtol=1e-13)


def test_a_bank_answers_expert_by_expert() -> None:
    net = bank(c, h, k, experts=e)
    x = RNG.standard_normal(3)
    ups, biases, downs, offsets = (
        RNG.standard_normal(s) for s in ((3, 5, 3), (3, 5), (3, 2, 5), (3, 2))
    )
    found = value(net, x, ups, biases, downs, offsets, given={})
    wanted = [downs[i] @ np.maximum(ups[i] @ x + biases[i], 0) + offsets[i] for i in range(3)]
    assert np.allclose(found, wanted, rtol=1e-13)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_is_positive(temperature: float) -> None:
    with pytest.raises(SpecError, match="CM041"):
        gate(c, e, temperature=temperature)
