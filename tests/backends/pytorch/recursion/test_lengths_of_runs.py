"""Sequences of several lengths: kernels and loops equal to the reference, and wrong lengths."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.validate import validate
from categorical import Arrow, Dim, Fin, Real, SpecError, architecture, arrow, op
from categorical.composites import recurrent
from categorical.recursion import fold, foldr, mealy, scan
from tests.backends.pytorch.recursion.recurrent_cells import SIZES, a, elman, gru, lstm, s, t

u = Dim("u")
CELLS = {"lstm": lstm(), "gru": gru(), "elman": elman(), "no kernel": elman(op.sin)}


def made(net: Arrow, **sizes: int):
    return build(architecture(net, name="net", sizes={**SIZES, **sizes}))


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("run", [fold, foldr], ids=["fold", "foldr"])
def test_each_sample_is_its_own_run(name: str, run) -> None:
    """A batch of lengths is the samples one by one, cut to their lengths; 0 keeps the start."""
    cell = CELLS[name]
    ragged, plain = (made(run(cell, over=t, lengths=x)).module().double() for x in (True, False))
    plain.load_state_dict(ragged.state_dict())
    torch.manual_seed(1)
    count = len(cell.cod)
    states = [torch.randn(5, 4, dtype=torch.float64) for _ in range(count)]
    x = torch.randn(5, 6, 3, dtype=torch.float64)
    lengths = torch.tensor([3, 0, 6, 1, 0])
    padded = x.masked_fill(torch.arange(6)[:, None] >= lengths[:, None, None], float("nan"))
    found = ragged(*states, padded if name != "no kernel" else x, lengths)
    found = found if count > 1 else (found,)
    for i, n in enumerate(lengths.tolist()):
        own = [one[i : i + 1] for one in states]
        want = plain(*own, x[i : i + 1, :n]) if n else own
        want = want if isinstance(want, (tuple, list)) else (want,)
        for y, w in zip(found, want, strict=True):
            assert torch.equal(y[i : i + 1], w) if not n else torch.allclose(y[i : i + 1], w)


@pytest.mark.parametrize("name", ["lstm", "gru", "elman"])
def test_what_is_past_a_length_has_no_gradient(name: str) -> None:
    cell = CELLS[name]
    module = made(fold(cell, over=t, start=0, lengths=True)).module()
    x = torch.randn(4, 5, 3).requires_grad_()
    lengths = torch.tensor([0, 2, 5, 0])
    outputs = module(x, lengths)
    sum(y.sum() for y in (outputs if isinstance(outputs, tuple) else (outputs,))).backward()
    read = x.grad.abs().sum(-1) > 0
    assert torch.equal(read, torch.arange(5) < lengths[:, None])
    assert all(torch.isfinite(p.grad).all() for p in module.parameters())


def test_all_samples_empty() -> None:
    module = made(scan(gru(), over=t, lengths=True)).module()
    assert not module(torch.randn(3, 4), torch.randn(3, 5, 3), torch.zeros(3, dtype=int)).any()


def test_maps_behind_the_state_are_cut() -> None:
    """A map with a bias is not 0 of 0: rows past a length are made 0 again."""

    @arrow
    def showing(h: Real[s], x: Real[a]) -> Real[a] * Real[s]:
        new = gru()(h, x)
        return op.linear(s, a, name="show")(new), new

    found = made(mealy(showing, over=t, start=0, lengths=True))
    assert any("torch.gru," in line for line in found.derivation)
    rows, _ = found.module()(torch.randn(2, 4, 3), torch.tensor([0, 3]))
    assert not rows[0].any() and rows[1, :3].all() and not rows[1, 3:].any()


@pytest.mark.parametrize("name", ["gru", "no kernel"])
@pytest.mark.parametrize(("wrong", "value"), [(1, -1), (2, 6)])
def test_wrong_lengths_are_named(name: str, wrong: int, value: int) -> None:
    module = made(fold(CELLS[name], over=t, start=0, lengths=True)).module()
    lengths = torch.tensor([5, 0, 3])
    lengths[wrong] = value
    with pytest.raises(ValueError, match=rf"between 0 and 5, got {value} for sample {wrong}"):
        module(torch.randn(3, 5, 3), lengths)


def test_lengths_of_one_sample() -> None:
    @arrow
    def one(x: Real[t, a], lengths: Fin(t + 1)[()]) -> Real[s]:
        return fold(gru(), over=t, start=0, lengths=True)(x, lengths)

    found = build(architecture(one, name="net", batch="none", sizes=SIZES))
    assert any("torch.gru," in line for line in found.derivation)


@pytest.mark.parametrize("reverse", [False, True])
def test_one_length_for_several_runs(reverse: bool) -> None:
    """The runs of a group have the length of their sample; maps behind them are cut."""

    @arrow
    def showing(h: Real[s], x: Real[a]) -> Real[a] * Real[s]:
        new = gru()(h, x)
        return op.linear(s, a, name="show")(new), new

    @arrow
    def groups(h: Real[u, s], x: Real[t, u, a], lengths: Fin(t + 1)[()]) -> Real[t, u, a]:
        run = mealy(showing.over(u), over=t, lengths=True, reverse=reverse)
        return run(h, x, lengths)[0]

    found = made(groups)
    assert any("torch.gru," in line for line in found.derivation)
    rows = found.module()(torch.randn(2, 3, 4), torch.randn(2, 5, 3, 3), torch.tensor([2, 0]))
    assert rows[0, :2].all() and not rows[0, 2:].any() and not rows[1].any()


@pytest.mark.parametrize("name", ["lstm", "gru", "elman"])
@pytest.mark.parametrize("lengths", [False, True])
def test_no_steps_at_all(name: str, lengths: bool) -> None:
    module = made(fold(CELLS[name], over=t, lengths=lengths)).module()
    states = torch.randn(len(CELLS[name].cod), 2, 4).unbind(0)
    more = [torch.zeros(2, dtype=int)] if lengths else []
    found = module(*states, torch.randn(2, 0, 3), *more)
    for y, start in zip(found if len(states) > 1 else (found,), states, strict=True):
        assert torch.equal(y, start)


BUGS = {
    "an empty sample takes the kernel's state": (
        "torch.where(empty[:, None]",
        "torch.where(~empty[:, None]",
    ),
    "the order of samples is not restored": ("end[:, back]", "end"),
    "the states are not put in order": ("state[:, order] for", "state for"),
    "an empty sample shows what was read": ("y.masked_fill(empty[:, None, None], 0)", "y"),
    "a run from the right is from the left": ("read_backwards(x, lengths)", "x"),
    "lengths are one too short": ("lengths.clamp(min=1)", "(lengths - 1).clamp(min=1)"),
}


@pytest.mark.parametrize("bug", BUGS)
def test_validation_finds_errors_in_the_lowering(bug: str) -> None:
    found = made(recurrent(gru(), over=t, lengths=True, reverse=True))
    right, wrong = BUGS[bug]
    assert right in found.source
    found.source = found.source.replace(right, wrong)
    with pytest.raises(SpecError, match="CM040"):
        validate(found)
