"""Loops as text and as modules: names, order, lengths, untied weights, what each step reads."""

from __future__ import annotations

import re

import pytest
import torch

from backends.pytorch.build import build
from backends.pytorch.recursion import loop
from categorical import Arrow, Dim, Real, SpecError, arrow, op
from categorical.functors import stack
from categorical.recursion import fold, foldr, hylo, mealy, moore, scan, unfold

batch, t, a, s, o = Dim.named("batch t a s o")
three = Dim("three", size=3)
SIZES = {"a": 3, "s": 4, "o": 2}


@arrow
def gated(h: Real[s], x: Real[a]) -> Real[s]:
    keep = op.sigmoid(op.linear(s, s, name="back")(h) + op.linear(a, s, name="into")(x))
    return keep * h + op.linear(a, s, name="fresh")(x)


def made(run: Arrow, **sizes: int):
    return build(stack(run, batch), {**SIZES, **sizes}, "net")


def forward(source: str) -> str:
    start = source.rindex("    def forward")
    return source[start : source.index("\n\n\n", start)]


# --- names ----------------------------------------------------------------------------------------


def test_a_state_keeps_its_name_and_starts_without_an_alias() -> None:
    text = forward(made(fold(gated, over=t, start=0)).source)
    assert "h = full.expand(batch, -1)" in text and "            h = mul + fresh_t" in text
    assert "h = expand" not in text and "h_2" not in text


def test_an_input_is_the_state_itself() -> None:
    text = forward(made(fold(gated, over=t)).source)
    assert " h = h\n" not in text and re.search(r"\((\w+),\) = traced\(trace, read, -2, \1\)", text)
    assert "            h = mul + fresh_t" in text


def test_an_input_that_is_read_again_is_not_overwritten() -> None:
    @arrow
    def run(h: Real[s], x: Real[t, a]) -> Real[s]:
        return fold(gated, over=t)(h, x) - h

    made(run)


@pytest.mark.parametrize("start", [0, 1.5])
def test_states_that_are_swapped(start: float) -> None:
    """Each new state is an old one, so that no name can be given early."""

    @arrow
    def swap(p: Real[s], q: Real[s], x: Real[s]) -> Real[s] * Real[s] * Real[s]:
        return p - q, q, op.sin(p) + x

    text = forward(made(mealy(swap, over=t, states=2, start=start)).source)
    assert "p, q = q, add" in text


def test_a_state_that_is_shown_before_and_after() -> None:
    @arrow
    def cell(h: Real[s], x: Real[s]) -> Real[s] * Real[s] * Real[s]:
        new = op.sin(h) * x
        return h, new - h, new

    made(mealy(cell, over=t, states=1))
    made(mealy(cell, over=t, states=1, lengths=True))


def test_a_delay() -> None:
    @arrow
    def delay(h: Real[s], x: Real[s]) -> Real[s] * Real[s]:
        return op.tanh(h), x

    made(mealy(delay, over=t, states=1))
    made(mealy(delay, over=t, states=1, lengths=True))


def test_names_that_are_functions_of_torch() -> None:
    @arrow
    def cell(tanh: Real[s], stack_: Real[s], dim: Real[s]) -> Real[s] * Real[s]:
        return op.tanh(stack_ + dim), op.sin(tanh)

    made(fold(cell, over=t))


def test_only_what_is_read_is_kept() -> None:
    text = forward(made(scan(gated, over=t)).source)
    assert text.count(".append(h)") == 2  # the row, and what the product reads
    text = forward(made(fold(gated, over=t)).source)
    assert "_rows" not in text


# --- what runs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("weights", ["tied", "untied"])
@pytest.mark.parametrize("run", [fold, foldr, scan])
def test_every_kind_of_run(run, weights: str, lengths: bool) -> None:
    net = made(run(gated, over=three, weights=weights, lengths=lengths))
    assert ("nn.ModuleList" in net.source) == (weights == "untied")
    path = "cell.2.back.weight" if weights == "untied" else "cell.back.weight"
    assert net.parameters[path] == path


def test_machines_and_unfoldings() -> None:
    made(moore(op.linear(s, o, name="out"), gated, over=t, reverse=True))

    @arrow
    def twice(h: Real[s]) -> Real[o] * Real[s]:
        return op.linear(s, o, name="out")(h), op.tanh(op.linear(s, s, name="back")(h))

    net = made(unfold(twice, over=t))
    assert net.late == ["t"]

    @arrow
    def total(z: Real[o], y: Real[o]) -> Real[o]:
        return op.sin(z) + y

    made(hylo(twice, total, over=t))


def test_shared_inputs_are_read_whole() -> None:
    @arrow
    def cell(h: Real[s], x: Real[s], context: Real[s, o]) -> Real[s]:
        weights = op.softmax(o)(op.einsum(o)(h, context))
        return op.tanh(op.einsum(s)(weights, context) + x)

    made(fold(cell, over=t, shared=1))
    made(fold(cell, over=t, shared=1, lengths=True))


def test_one_module_serves_every_length_and_batch() -> None:
    module = made(scan(gated, over=t)).module()
    for count in (1, 2, 7):
        for size in (1, 3):
            y = module(torch.randn(size, 4), torch.randn(size, count, 3))
            assert y.shape == (size, count, 4)


def test_sizes_of_one() -> None:
    module = made(scan(gated, over=t), a=1, s=1).module()
    assert module(torch.randn(1, 1), torch.randn(1, 1, 1)).shape == (1, 1, 1)


def test_entries_that_are_numbers_and_one_sample() -> None:
    @arrow
    def cell(h: Real[s], x: Real.scalar) -> Real[s]:
        return op.tanh(op.linear(s, s, name="back")(h) + op.expand(s)(x))

    made(fold(cell, over=t))
    build(fold(cell, over=t), SIZES, "net")
    build(stack(fold(gated, over=t), batch, Dim("head")), SIZES, "net")


def test_masks_and_numbers_of_classes_are_states() -> None:
    from categorical import Bool

    @arrow
    def cell(seen: Bool[s], x: Bool[s]) -> Bool[s] * Bool[s]:
        new = op.logical_or(seen, x)
        return op.logical_not(new), new

    made(mealy(cell, over=t, states=1))
    made(mealy(cell, over=t, states=1, lengths=True))


def test_lengths_that_are_wrong_name_the_sample() -> None:
    module = made(fold(gated, over=t, lengths=True)).module()
    h, x = torch.randn(3, 4), torch.randn(3, 5, 3)
    with pytest.raises(ValueError, match=r"must be between 0 and 5, got 6 for sample 1"):
        module(h, x, torch.tensor([5, 6, 0]))
    with pytest.raises(ValueError, match=r"got -1 for sample 2"):
        module(h, x, torch.tensor([5, 0, -1]))
    assert torch.equal(module(h, x, torch.tensor([0, 0, 0])), h)


# --- a planted bug --------------------------------------------------------------------------------


def test_a_name_that_is_given_too_early_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def early(writer, lines, states, new):
        return lines, [states[0], *new[1:]]

    monkeypatch.setattr(loop, "_in_place", early)
    with pytest.raises(SpecError) as refused:
        made(fold(gated, over=t))
    assert refused.value.code == "CM040"
