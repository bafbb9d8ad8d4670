"""Runs taken apart are the runs: validated builds of every family, in every form; what is not
taken; planted bugs are refused."""

from __future__ import annotations

from unittest.mock import patch

import pytest
import torch

from backends.pytorch.build import build
from backends.pytorch.recursion import parallel_text
from backends.pytorch.recursion.parallel import parallel
from categorical import Arrow, Dim, SpecError, op
from categorical.functors import stack
from categorical.recursion import fold, foldr, mealy, moore, scan
from tests.backends.pytorch.recursion import scan_cells as cells

t, n, batch = cells.t, cells.n, cells.batch
FORMS: dict[str, Arrow] = {
    "gated": fold(cells.gated, over=t),
    "gated states": scan(cells.gated, over=t),
    "gated reversed": scan(cells.gated, over=t, reverse=True),
    "gated from the right": foldr(cells.gated, over=t, start=0),
    "gated, lengths": scan(cells.gated, over=t, lengths=True),
    "gated reversed, lengths": scan(cells.gated, over=t, reverse=True, lengths=True),
    "decayed": fold(cells.decayed, over=t, start=0),
    "decayed from the right": foldr(cells.decayed, over=t),
    "decayed states": scan(cells.decayed, over=t),
    "learnt decay": fold(cells.learnt_decay, over=t),
    "learnt decay states": scan(cells.learnt_decay, over=t, reverse=True),
    "multiplied": scan(cells.multiplied, over=t),
    "sum": fold(op.add.at(cells.Real[n], cells.Real[n]), over=t, start=0),
    "sums": scan(op.add.at(cells.Real[n], cells.Real[n]), over=t, reverse=True),
    "greatest": fold(op.maximum.at(cells.Real[n], cells.Real[n]), over=t),
    "greatest so far": scan(op.maximum.at(cells.Real[n], cells.Real[n]), over=t, reverse=True),
    "rotated": scan(cells.rotated, over=t),
    "rotated from the right": foldr(cells.rotated, over=t, start=0),
    "rotated, lengths": fold(cells.rotated, over=t, lengths=True),
    "recurrent": scan(cells.recurrent, over=t),
    "soft automaton": fold(cells.soft_automaton, over=t),
    "soft automaton reversed, lengths": foldr(cells.soft_automaton, over=t, lengths=True),
    "automaton": scan(cells.automaton, over=t),
    "automaton reversed, lengths": scan(cells.automaton, over=t, reverse=True, lengths=True),
    "welford": fold(cells.welford, over=t, start=0),
    "welford states, lengths": scan(cells.welford, over=t, start=0, lengths=True),
    "softmax": fold(cells.softmax, over=t),
    "softmax, lengths": fold(cells.softmax, over=t, lengths=True),
    "least": scan(cells.least, over=t),
    "most reversed, lengths": scan(cells.most, over=t, reverse=True, lengths=True),
    "attention": mealy(cells.linear_attention, over=t, start=0),
    "attention, lengths": mealy(cells.linear_attention, over=t, start=0, lengths=True),
    "fraction": scan(cells.fraction, over=t, start=1),
    "Möbius maps reversed, lengths": foldr(cells.moved, over=t, start=1, lengths=True),
    "register": mealy(cells.register, over=t, states=2),
    "moore": moore(op.tanh.at(cells.Real[n]), cells.gated, over=t),
}


ALONE = ("gated reversed, lengths", "learnt decay", "soft automaton", "automaton", "softmax")


@pytest.mark.parametrize(
    ("name", "batched"), [*((name, True) for name in FORMS), *((name, False) for name in ALONE)]
)
def test_a_build_is_a_scan_and_agrees(name: str, batched: bool) -> None:
    run = FORMS[name]
    made = build(stack(run, batch) if batched else run, cells.SIZES, "demo")
    assert any(line.startswith("parallel scan: `cell` acts by ") for line in made.derivation)
    assert "for _ in range" not in made.source
    # a scan is compared where it has chunks too
    long = [sizes["t"] for sizes in made.validation["sizes"] if sizes["t"] > 16]
    assert bool(long) is ("def prefixes(" in made.source)


def test_a_gate_that_looks_at_the_state_stays_a_loop() -> None:
    made = build(scan(cells.gru, over=t), cells.SIZES, "demo")
    assert not any("parallel" in line for line in made.derivation)
    assert "prefixes" not in made.source


def test_large_matrices_stay_a_loop() -> None:
    graph = fold(cells.soft_automaton, over=t).graph()
    assert parallel(graph, {"n": 8})[1]
    assert parallel(graph, {"n": 9})[1] == []
    assert parallel(graph, {})[1] == []  # a size that is not known


def test_weights_keep_their_names_and_runs_that_share_them_share_them() -> None:
    one = fold(cells.gated, over=t)
    made = build(one, cells.SIZES, "demo")
    assert made.parameters == {
        "cell.linear.weight": "cell.linear.weight",
        "cell.linear.bias": "cell.linear.bias",
    }


def test_runs_inside_of_parts_are_found() -> None:
    named = scan(cells.gated, over=t).named("inner")
    made = build(stack(named, batch), cells.SIZES, "demo")
    assert any("parallel scan" in line for line in made.derivation)


BUGS = {
    "the product in the wrong order": (
        "row[0] * total[0], torch.addcmul(row[1], row[0], total[1])",
        "row[0] * total[0], torch.addcmul(total[1], total[0], row[1])",
    ),
    "a factor forgotten in the product": (
        "return row[0] * total[0], torch",
        "return row[0], torch",
    ),
    "an adjoint without its factor": ("return (row[0] * shown,)", "return (shown,)"),
    "the first chunk twice": ("for row in rows[1:]:", "for row in rows:"),
    "the rest left out of the state": (
        "rest, states = prefixes(monoid, parts, states, dim, reverse)",
        "rest, _ = prefixes(monoid, parts, states, dim, reverse)",
    ),
    "borders one chunk late": (
        "borders.append(states)\n        states = move(states, row)",
        "states = move(states, row)\n        borders.append(states)",
    ),
    "the gradient of the factors by the states after": (
        "g * before(states, start, ctx.dim, ctx.reverse), g, begin",
        "g * states, g, begin",
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_refused(bug: str) -> None:
    """Most of these are seen only where a run has chunks: validation has such a length."""
    old, new = BUGS[bug]
    broken = {name: text.replace(old, new) for name, text in parallel_text.TEXTS.items()}
    assert broken != parallel_text.TEXTS, "the text has changed: plant the bug anew"
    run = mealy(cells.linear_cell(), over=t, states=1)
    with (
        patch.dict("backends.pytorch.recursion.parallel_rung.TEXTS", broken),
        pytest.raises(SpecError, match="disagrees with the spec"),
    ):
        build(stack(run, batch), cells.SIZES, "demo")


def test_growth_to_a_hundred_thousand_steps() -> None:
    """Products of factors below 1 underflow, which is their value; nothing overflows."""
    module = build(scan(op.mul.at(cells.Real[n], cells.Real[n]), over=t), {}, "demo").module()
    assert torch.isfinite(module(torch.ones(3), torch.full((100_000, 3), 0.5))).all()
    gated = build(scan(cells.plain, over=t), {}, "demo").module()
    torch.manual_seed(0)
    a = (1 - torch.rand(100_000, 2) ** 4).requires_grad_()
    x = torch.randn(100_000, 2, requires_grad=True)
    found = gated(torch.zeros(2), a, x)
    found.sum().backward()
    assert all(bool(torch.isfinite(one).all()) for one in (found, a.grad, x.grad))
    h, exact = torch.zeros(2, dtype=torch.float64), []
    loop, single = torch.zeros(2), []
    with torch.no_grad():
        for factor, entry in zip(a, x, strict=True):
            h = factor.double() * h + entry.double()
            loop = factor * loop + entry
            exact.append(h)
            single.append(loop)
    wanted = torch.stack(exact)
    ours = (found.detach() - wanted).abs().max()
    theirs = (torch.stack(single) - wanted).abs().max()
    assert ours <= 2 * theirs + 1e-6


def test_one_graph_and_export() -> None:
    made = build(stack(scan(cells.gated, over=t), batch), cells.SIZES, "demo", export=True)
    assert made.validation["export"] == "agrees"
    module = made.module()
    inputs = (torch.randn(2, 3), torch.randn(2, 40, 3), torch.randn(2, 40, 3))
    compiled = torch.compile(module, backend="aot_eager", fullgraph=True)
    assert torch.allclose(compiled(*inputs), module(*inputs), atol=1e-6)


def test_no_steps_leave_the_start() -> None:
    start, none = torch.randn(2, 3), torch.zeros(2, 0, 3)
    module = build(stack(fold(cells.gated, over=t), batch), cells.SIZES, "demo").module()
    assert torch.equal(module(start, none, none), start)
    rows = build(stack(scan(cells.decayed, over=t), batch), cells.SIZES, "demo").module()
    assert rows(start, none).shape == (2, 0, 3)


def test_lengths_out_of_range_are_refused() -> None:
    run = fold(cells.gated, over=t, start=0, lengths=True)
    module = build(stack(run, batch), cells.SIZES, "demo").module()
    x = torch.randn(2, 4, 3)
    assert torch.equal(module(x, x, torch.tensor([0, 4]))[0], torch.zeros(3))
    with pytest.raises(ValueError, match="between 0 and 4, got 5 for sample"):
        module(x, x, torch.tensor([1, 5]))


def test_two_axes_of_steps() -> None:
    """A run inside of a run: the inner one is a scan in the part of the outer one."""
    rows = Dim("rows")
    inner = fold(cells.plain, over=t)
    outer = stack(inner, rows)
    made = build(stack(outer, batch), {}, "demo")
    assert any("parallel scan" in line for line in made.derivation)
