"""One product for the weight gradients of all steps: exact, and honest about what it cannot do."""

from __future__ import annotations

import copy
import gc
import weakref
from typing import Any

import pytest
import torch

from backends.pytorch.build import build
from backends.pytorch.loader import load_source
from backends.pytorch.recursion import deferred
from categorical import SpecError
from tests.benchmarks.loop_rows import minimal_cell, outputs, parallel

SIZES = {"a": 3, "s": 4}


def loaded(run: Any) -> Any:
    """The names of a generated file, with ``make`` for its module in float64."""
    made = build(run, SIZES, "net")
    space = load_source(made.source, "net_of_test")

    def make() -> Any:
        torch.manual_seed(0)
        return getattr(space, made.class_name)().double()

    space.make = make
    deferred.for_few_steps_too(space)
    return space


@pytest.fixture(scope="module")
def space() -> Any:
    return loaded(outputs(minimal_cell, 1))


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(2, 5, 3, dtype=torch.double, generator=torch.Generator().manual_seed(1))


def gradients(module: Any, x: torch.Tensor) -> list[torch.Tensor]:
    total = module(x).square().sum()
    return list(torch.autograd.grad(total, list(module.parameters())))


def close(found: Any, wanted: Any) -> bool:
    return all(torch.allclose(a, b, rtol=1e-12) for a, b in zip(found, wanted, strict=True))


def plain(space: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space.Together, "on", False)


def test_gradients_are_those_of_the_plain_loop(
    space: Any, x: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = gradients(space.make(), x)
    plain(space, monkeypatch)
    assert close(found, gradients(space.make(), x))


def test_few_steps_are_plain(x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    space = loaded(outputs(minimal_cell, 1))
    assert count(space, monkeypatch, x) == 2  # products
    space.Together.least = 8
    assert count(space, monkeypatch, x) == 0 and x.shape[1] < 8


def count(space: Any, monkeypatch: pytest.MonkeyPatch, x: torch.Tensor) -> int:
    """How often one product is made."""
    made: list[int] = []
    old = space.Together.apply
    monkeypatch.setattr(space.Together, "apply", lambda *one: made.append(1) or old(*one))
    space.make()(x)
    monkeypatch.undo()
    return len(made)


def test_packed_weights_too(x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    space = loaded(parallel(3))

    def all_of(module: Any) -> list[torch.Tensor]:
        total = sum((y.square().sum() for y in module(x)), torch.zeros((), dtype=x.dtype))
        return list(torch.autograd.grad(total, list(module.parameters())))

    found = all_of(space.make())
    plain(space, monkeypatch)
    assert close(found, all_of(space.make()))


def test_a_loss_of_one_step(space: Any, x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    def of_first(module: Any) -> Any:
        return torch.autograd.grad(module(x)[:, 0].sum(), list(module.parameters()))

    found = of_first(space.make())
    plain(space, monkeypatch)
    assert close(found, of_first(space.make()))


def test_second_derivatives_are_refused_or_right(
    space: Any, x: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = space.make()
    with pytest.raises(RuntimeError, match=r"second derivatives of a loop: set Together\.on"):
        torch.autograd.grad(module(x).sum(), list(module.parameters()), create_graph=True)
    plain(space, monkeypatch)
    weight = module.cell.keep_back.weight
    x = x[:, :3].clone().requires_grad_()

    def run(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(module, {"cell.keep_back.weight": w}, (x,))

    assert torch.autograd.gradgradcheck(run, (x, weight))


def test_transforms_of_functions(space: Any, x: torch.Tensor) -> None:
    module = space.make()
    weights = {k: p.detach() for k, p in module.named_parameters()}

    def loss(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        return torch.func.functional_call(module, weights, (x[None],)).square().sum()

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(weights, x)
    whole = gradients(module, x)
    assert close([g.sum(0) for g in each.values()], whole)
    hessian = torch.func.jacfwd(torch.func.jacrev(lambda x: loss(weights, x)))(x[0])
    assert hessian.shape == (5, 3, 5, 3) and bool((hessian != 0).any())
    second = torch.func.jacrev(torch.func.jacrev(lambda x: loss(weights, x)))(x[0])
    assert torch.allclose(hessian, second, rtol=1e-10)


def test_batches_of_cotangents(space: Any, x: torch.Tensor) -> None:
    module = space.make()
    y = module(x).sum((1, 2))
    rows = torch.autograd.grad(
        y, module.cell.keep_back.weight, torch.eye(2, dtype=x.dtype), is_grads_batched=True
    )[0]
    for i in range(2):
        wanted = torch.autograd.grad(module(x)[i].sum(), module.cell.keep_back.weight)[0]
        assert torch.allclose(rows[i], wanted, rtol=1e-12)


def test_recomputed_activations(space: Any, x: torch.Tensor) -> None:
    module = space.make()
    wanted = gradients(module, x)
    y = torch.utils.checkpoint.checkpoint(module, x, use_reentrant=False)
    assert close(torch.autograd.grad(y.square().sum(), list(module.parameters())), wanted)


def test_outputs_may_be_changed_in_place(space: Any, x: torch.Tensor) -> None:
    module = space.make()
    wanted = torch.autograd.grad(module(x).relu().sum(), list(module.parameters()))
    found = torch.autograd.grad(module(x).relu_().sum(), list(module.parameters()))
    assert close(found, wanted)


def test_a_changed_input_is_noticed_or_harmless(space: Any, x: torch.Tensor) -> None:
    module = space.make()
    wanted = gradients(module, x)
    entry = x.clone()
    total = module(entry).square().sum()
    entry.zero_()
    try:
        found = torch.autograd.grad(total, list(module.parameters()))
    except RuntimeError as problem:
        assert "modified by an inplace operation" in str(problem)
    else:
        assert close(found, wanted)


def test_mixed_precision(space: Any, x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    def grads() -> list[torch.Tensor]:
        module = space.make().float()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            total = module(x.float()).square().sum()
        return list(torch.autograd.grad(total, list(module.parameters())))

    found = grads()
    plain(space, monkeypatch)
    for one, other in zip(found, grads(), strict=True):
        assert one.dtype == torch.float32
        assert float((one - other).abs().max()) <= 0.05 * max(float(other.abs().max()), 1e-3)


def test_frozen_weights_and_no_gradients(space: Any, x: torch.Tensor) -> None:
    module = space.make()
    with torch.no_grad():
        y = module(x)
    assert not y.requires_grad and torch.equal(y, module(x).detach())
    module.cell.keep_back.weight.requires_grad_(False)
    module(x).sum().backward()
    assert module.cell.keep_back.weight.grad is None
    assert module.cell.fresh_back.weight.grad is not None


def test_a_pass_without_its_backward_leaves_nothing(space: Any, x: torch.Tensor) -> None:
    module = space.make()
    y = module(x)
    node = weakref.ref(y.grad_fn)
    del y
    gc.collect()
    assert node() is None


def test_modules_are_copied(space: Any, x: torch.Tensor) -> None:
    module = space.make()
    assert torch.equal(copy.deepcopy(module)(x), module(x))


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("rows.transpose(-2, -1) @ entries", "rows.transpose(-2, -1) @ (2 * entries)"),
        ("return start, weight.detach().mT, trace", "return start, weight.mT, trace"),
        ("return ctx.saved_tensors[0], None", "return 0 * ctx.saved_tensors[0], None"),
    ],
)
def test_a_planted_bug_is_refused(right: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert right in deferred.DEFERRED + deferred.TRACED
    for name in ("DEFERRED", "TRACED"):
        monkeypatch.setattr(deferred, name, getattr(deferred, name).replace(right, wrong))
    with pytest.raises(SpecError) as refused:
        build(outputs(minimal_cell, 1), SIZES, "net")
    assert refused.value.code == "CM040"
