"""Reverse derivatives in generated modules: values, second derivatives, and what is passed on."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.contracts import exports, one_graph
from backends.pytorch.validate import validate
from categorical import Bool, Dim, Fin, Real, SpecError, arrow, op, tie
from categorical.derivatives import explicit, gradient, pullback, reverse
from categorical.operators import iterate
from categorical.recursion import fold

b, c, h, k, t = Dim.named("b c h k t")
SIZES = dict(c=3, h=4, k=2)
network = (op.linear(c, h) >> op.tanh >> op.linear(h, k)).named("network")
energy = tie((op.linear(c, h) >> op.tanh >> op.sum(h)).named("energy"))


@arrow
def slope(x: Real[c]) -> Real:
    """The energy and its slope, of one set of weights."""
    return op.sum(c)(op.square(gradient(energy)(x))) + energy(x)


@arrow
def masked(x: Real[c], keep: Bool[c], place: Fin(c)) -> tuple[Real[c], Fin(c)]:
    """Inputs and outputs without a cotangent."""
    return op.where(keep, op.square(x), op.sin(x)), place


@arrow
def twice(x: Real[c]) -> Real[c]:
    """The slope of the square of the slope."""
    return gradient(tie(slope))(x)


@arrow
def inner(x: Real[c], y: Real[c]) -> Real[c]:
    """Of two inputs, one made from the other: the slope by each is partial."""
    first, second = gradient(op.mul.at(Real[c], Real[c]) >> op.sum(c))(x, y)
    return first - second


@arrow
def own(x: Real[c]) -> Real[c]:
    return inner(x, op.square(x))


@arrow
def cell(state: Real[c], x: Real[c]) -> Real[c]:
    return op.tanh(op.linear(c, c)(state) + x)


CASES = {
    "several outputs": pullback(network),
    "gradient": slope,
    "without cotangents": pullback(masked),
    "second": twice,
    "partial": own,
    "reverse": reverse(network),
    "of weights": reverse(explicit(network)),
    "explicit slope": explicit(slope),
    "explicit": explicit(iterate(op.linear(c, c) >> op.tanh, 3, weights="stacked")),
    "explicit steps": reverse(explicit(iterate(op.linear(c, c) >> op.tanh, 2))),
    "explicit run": reverse(explicit(fold(cell, over=t))),
    "batch": pullback((op.linear(c, k) >> op.softmax(k)).at(Real[b, c])),
}


@pytest.mark.parametrize("name", CASES)
def test_a_module_with_a_reverse_derivative(name: str) -> None:
    made = build(CASES[name], SIZES, "net")
    assert made.validation["outputs_and_states"] > 0


def test_weights_that_are_inputs_are_no_state() -> None:
    made = build(explicit(slope), SIZES, "net")
    assert "torch.func.functional_call" in made.source
    assert made.module().state_dict() == {} == made.parameters


def test_the_contract_says_that_it_is_not_exported() -> None:
    made = build(slope, SIZES, "net")
    assert one_graph(made.contract) and not exports(made.contract)
    assert "export: not run, a program has no gradients" in made.source


def test_weights_are_shared_with_the_body() -> None:
    made = build(slope, SIZES, "net")
    module = made.module()
    assert set(module.state_dict()) == {"energy.linear.weight", "energy.linear.bias"}
    x = torch.randn(3)
    module(x).backward()
    assert all(p.grad is not None for p in module.parameters())
    with torch.no_grad():
        assert not module(x).requires_grad
    y = x.clone().requires_grad_()
    (found,) = torch.autograd.grad(module.energy(y), y)
    assert torch.allclose(module(x), found.square().sum() + module.energy(x))
    assert not x.requires_grad


def test_half_a_slope_is_refused() -> None:
    made = build(slope, SIZES, "net", validate=False)
    made.source = made.source.replace("return back(cotangents)", "return back(cotangents / 2)")
    with pytest.raises(SpecError) as refused:
        validate(made)
    assert refused.value.code == "CM040"


def test_a_slope_without_its_own_slope_is_refused() -> None:
    made = build(slope, SIZES, "net", validate=False)
    made.source = made.source.replace(
        "return back(cotangents)", "return tuple(x.detach() for x in back(cotangents))"
    )
    with pytest.raises(SpecError, match="disagrees"):
        validate(made)
