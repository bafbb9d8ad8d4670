"""The functions of scans against loops: lengths, directions, axes; two derivatives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from backends.pytorch.recursion.parallel_text import NEEDS, TEXTS

SPACE: dict[str, object] = {"torch": torch, "Tensor": Tensor}
for one in TEXTS.values():
    exec(one, SPACE)
LENGTHS = [0, 1, 2, 15, 16, 17, 27, 64, 100]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def rand(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def loop(step: Callable[..., Tensor], parts: list[Tensor], start: Tensor, dim: int, reverse: bool):
    steps = list(zip(*(p.unbind(dim) for p in parts), strict=True))
    rows = []
    for row in steps[::-1] if reverse else steps:
        start = step(start, *row)
        rows.append(start)
    shape = parts[-1].shape if parts[-1].dim() == start.dim() + 1 else None
    if not rows:
        return torch.zeros(shape or (), dtype=start.dtype), start
    return torch.stack(rows[::-1] if reverse else rows, dim), start


STEPS: dict[str, Callable[..., Tensor]] = {
    "linear_scan": lambda s, a, b: a * s + b,
    "matrix_scan": lambda s, a, b: (a @ s.unsqueeze(-1)).squeeze(-1) + b,
    "most_scan": lambda s, a, b: torch.maximum(s + a, b),
    "least_scan": lambda s, a, b: torch.minimum(s + a, b),
}


def case(name: str, steps: int, dim: int) -> tuple[list[Tensor], Tensor]:
    lead = [2] if dim else []
    b = rand(*lead, steps, 3)
    a = rand(*lead, steps, 3, 3) / 2 if name == "matrix_scan" else rand(*lead, steps, 3)
    return [a, b], rand(*lead, 3)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize("name", STEPS)
def test_a_scan_is_its_loop(name: str, steps: int, dim: int, reverse: bool) -> None:
    parts, start = case(name, steps, dim)
    leaves = [one.requires_grad_() for one in (*parts, start)]
    found = SPACE[name](*leaves, dim, reverse)  # type: ignore[operator]
    wanted = loop(STEPS[name], leaves[:2], leaves[2], dim, reverse)
    assert found[0].shape == parts[1].shape
    pull = [rand(*one.shape) for one in wanted]
    grads = []
    for side in (found, wanted):
        for one, other in zip(side, wanted, strict=True):
            assert torch.allclose(one, other, rtol=1e-10, atol=1e-10)
        total = sum((p * y).sum() for p, y in zip(pull, side, strict=True))
        grads.append(torch.autograd.grad(total, leaves, allow_unused=True))
    for one, other in zip(*grads, strict=True):
        if one is not None and other is not None:
            assert torch.allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize("count", [2, 3])
def test_several_states_are_their_loop(count: int, steps: int, reverse: bool) -> None:
    matrix = [(rand(2, steps, 3) / 2).requires_grad_() for _ in range(count * count)]
    offset = [rand(2, steps, 3).requires_grad_() for _ in range(count)]
    start = [rand(2, 3).requires_grad_() for _ in range(count)]
    leaves = [*matrix, *offset, *start]
    found = SPACE["block_scan"](count, 1, reverse, *leaves)  # type: ignore[operator]
    big = torch.stack(matrix, -1).unflatten(-1, (count, count))
    rows, last = loop(
        STEPS["matrix_scan"], [big, torch.stack(offset, -1)], torch.stack(start, -1), 1, reverse
    )
    wanted = [*rows.unbind(-1), *last.unbind(-1)]
    pull = [rand(*one.shape) for one in wanted]
    grads = []
    for side in (found, wanted):
        for one, other in zip(side, wanted, strict=True):
            assert torch.allclose(one, other, rtol=1e-10, atol=1e-10)
        total = sum((p * y).sum() for p, y in zip(pull, side, strict=True))
        grads.append(torch.autograd.grad(total, leaves, allow_unused=True))
    for one, other in zip(*grads, strict=True):
        if one is not None and other is not None:
            assert torch.allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("steps", [1, 3, 19])
@pytest.mark.parametrize("name", STEPS)
def test_second_derivatives(name: str, steps: int) -> None:
    parts, start = case(name, steps, 1)
    leaves = tuple(one.requires_grad_() for one in (*parts, start))

    def scan(*given: Tensor) -> tuple[Tensor, ...]:
        return SPACE[name](*given, 1)  # type: ignore[operator, no-any-return]

    assert torch.autograd.gradcheck(scan, leaves)
    if name == "linear_scan" or (name == "matrix_scan" and steps < 19):
        assert torch.autograd.gradgradcheck(scan, leaves)


def test_functions_of_a_finite_set() -> None:
    for steps in LENGTHS:
        for reverse in (False, True):
            f, s = torch.randint(0, 5, (2, steps, 5)), torch.randint(0, 5, (2,))
            rows, last = SPACE["finite_scan"](f, s, 1, reverse)  # type: ignore[operator]
            order = range(steps - 1, -1, -1) if reverse else range(steps)
            for i in order:
                s = f[:, i].gather(-1, s.unsqueeze(-1)).squeeze(-1)
                assert torch.equal(rows[:, i], s)
            assert torch.equal(last, s)


def test_a_wide_step_is_a_loop_and_a_narrow_one_has_chunks() -> None:
    chunk = SPACE["chunk"]
    assert chunk(2048, 256) == 32  # type: ignore[operator]
    assert chunk(2048, 4096) == 2048  # type: ignore[operator]
    assert chunk(15, 1) == 15  # type: ignore[operator]


def test_weighted_sums() -> None:
    x, start = rand(2, 9, 3), rand(2, 3)
    factor = rand(3)
    for reverse in (False, True):
        a = factor.expand(2, 9, 3)
        _, wanted = loop(STEPS["linear_scan"], [a, x], start, 1, reverse)
        found = SPACE["weighted_sum"](factor, x, start, 1, reverse)  # type: ignore[operator]
        assert torch.allclose(found, wanted)
        _, wanted = loop(STEPS["linear_scan"], [torch.full_like(x, -0.7), x], start, 1, reverse)
        found = SPACE["decayed_sum"](-0.7, x, start, 1, reverse)  # type: ignore[operator]
        assert torch.allclose(found, wanted)


def test_a_factor_of_zero_has_a_gradient() -> None:
    """The powers 0⁰ = 1 and 0ⁿ = 0: no NaN comes of them."""
    factor = torch.zeros(3, requires_grad=True)
    found = SPACE["weighted_sum"](factor, torch.ones(2, 5, 3), torch.ones(2, 3), 1)  # type: ignore[operator]
    found.sum().backward()
    assert torch.equal(found, torch.ones(2, 3))
    assert factor.grad is not None and torch.equal(factor.grad, torch.full((3,), 2.0))


def test_names_of_what_a_function_needs_are_there() -> None:
    assert set(NEEDS) <= set(TEXTS)
    assert all(name in TEXTS for needs in NEEDS.values() for name in needs)
