"""Steps derived from sequences: equal to them, shaped as said, and refused where none exists."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from categorical import (
    Bool,
    Dim,
    Fin,
    Real,
    SpecError,
    architecture,
    arrow,
    copy,
    iterate,
    laws,
    op,
)
from categorical.arrows import Traced, sequence
from categorical.composites import attention
from categorical.errors import CommuteNotice
from categorical.index import Axis
from categorical.laws.stepwise import stepped
from categorical.normal import inline, same
from categorical.records import Context
from categorical.recursion import fold, mealy, scan, step_form, unfold
from categorical.semantics import FloatAlgebra
from categorical.verdicts import Verdict
from synthesis.ladder import check
from synthesis.runner import Runner, draw_inputs, draw_resources
from tests.fuzz import looks
from tests.fuzz.looks import random_look
from tests.fuzz.terms import SIZES, random_arrow

t, a, s, c, heads = Dim.named("t a s c heads")
key = t.at("key")
cell = (op.linear(s, s, name="back") @ op.linear(a, s, name="into")) >> op.add >> op.tanh
inner = (op.linear(a, a, name="back") @ op.linear(a, a, name="into")) >> op.add >> op.tanh


@arrow
def causal(x: Real[t, c]) -> Real[t, c]:
    keys = op.relabel(t, key)(x)
    scores = op.einsum(t, key)(x, keys)
    weights = op.softmax(key, masked=True)(scores, op.causal_mask(t, key)())
    return op.einsum(t, c)(weights, keys)


@arrow
def strict(x: Real[t, c]) -> Real[t, c]:
    keys = op.relabel(t, key)(x)
    scores = op.einsum(t, key)(x, keys)
    mask = op.causal_mask(t, key, strict=True)()
    return op.einsum(t, c)(op.softmax(key, masked=True)(scores, mask), keys)


@arrow
def band(x: Real[t, c]) -> Real[t, c]:
    keys = op.relabel(t, key)(x)
    scores = op.einsum(t, key)(x, keys)
    mask = op.band_mask(t, key, 1, 0)()
    return op.einsum(t, c)(op.softmax(key, masked=True)(scores, mask), keys)


@arrow
def linear_attention(x: Real[t, c]) -> Real[t, c]:
    keys = op.relabel(t, key)(x)
    scores = op.einsum(t, key)(x, keys) * op.indicator(op.causal_mask(t, key)())
    return op.einsum(t, c)(scores, keys)


@arrow
def placed(x: Real[t, a]) -> Real[t, s]:
    places = op.parameter(Real[t, a], name="places")()
    return scan(cell, over=t, start=0)(x + places)


@arrow
def placed_attention(x: Real[t, c]) -> Real[t, c]:
    return causal(x + op.embedding(t, c, name="places")(op.positions(t)()))


@arrow
def running(x: Real[t, a]) -> Real[t, s] * Real[s] * Real[a]:
    states = scan(cell, over=t, start=0)(x)
    return states, op.take(t, -1)(states), op.sum(t)(x)


STATIC = {
    "two runs": scan(cell, over=t, start=0)
    >> op.linear(s, a, name="middle")
    >> scan(cell, over=t, start=0, name="second")
    >> op.linear(s, c, name="out"),
    "a fold": op.linear(c, a) >> fold(cell, over=t, start=0) >> op.linear(s, c, name="out"),
    "a fold without a start": fold(cell, over=t),
    "a start that is a weight": scan(cell, over=t, start=op.parameter(Real[s], name="begin")),
    "a stream": unfold(copy(Real[s]) >> (op.linear(s, a) @ op.linear(s, s)), over=t),
    "causal windows": op.conv(a, s, over=t, kernel=3, padding="causal").at(Real[t, a]) >> op.relu,
    "windows that are apart": op.depthwise_conv(
        a, over=t, kernel=2, dilation=2, padding="causal"
    ).at(Real[t, a]),
    "a sum": op.linear(a, s) >> op.sum(t),
    "a mean": op.linear(a, s) >> op.mean(t) >> op.relu,
    "a mean of more": op.mean(t, a).at(Real[t, a, s]),
    "the largest": op.max(t).at(Real[a, t]),
    "the smallest": op.min(t, a).at(Real[t, a]) >> op.tanh,
    "the first": op.take(t, 0).at(Real[t, a]) >> op.linear(a, s),
    "the last state": scan(cell, over=t, start=0) >> op.take(t, -1) >> op.linear(s, c, name="out"),
    "positions": placed,
    "layers": iterate(scan(inner, over=t, start=0), 3),
    "entries": op.layer_norm(a).at(Real[t, a]) >> op.linear(a, s) >> op.gelu,
    "several outputs": running,
    "sums of products": op.einsum(a, s).at(Real[t, a], Real[t, s]),
    "noise": op.dropout(0.5).at(Real[t, a]) >> scan(cell, over=t, start=0),
}
CACHED = {
    "attention": causal,
    "strict attention": strict,
    "attention to a window": band,
    "linear attention": linear_attention,
    "attention with positions": placed_attention,
    "heads": attention(t, c, heads, mask="causal"),
    "packed heads": attention(t, c, heads, mask="causal", packed=True),
    "blocks": iterate(attention(t, c, heads, mask="causal"), 2, name="blocks"),
    "attention, then a run": causal
    >> scan((op.linear(s, s) @ op.linear(c, s)) >> op.add >> op.tanh, over=t, start=0),
}

#: Of too large a degree for a bound on the error, or with a made-up order.
WEAKER = ("blocks", "the largest", "the smallest")


@pytest.mark.parametrize("name", [*STATIC, *CACHED])
def test_the_step_run_over_a_sequence_is_the_arrow(name: str) -> None:
    network = {**STATIC, **CACHED}[name]
    form = step_form(network, over=t)
    assert (form.past is not None) == (name in CACHED)
    model = architecture(network, laws=[laws.stepwise(form)], name="model")
    (found,) = check(model)
    tested = (Verdict.TESTED,) if name in WEAKER else ()
    assert found.verdict in (Verdict.PROVED, Verdict.EXACT, *tested), found


@pytest.mark.parametrize("name", [*STATIC, *CACHED])
def test_chunks_resume(name: str) -> None:
    network = {**STATIC, **CACHED}[name]
    form = step_form(network, over=t)
    assert form.resume.parameters == form.step.parameters
    (found,) = check(architecture(network, laws=[laws.resumes(form)], name="model"))
    tested = (Verdict.TESTED,) if name in WEAKER else ()
    assert found.verdict in (Verdict.EXACT, *tested), found


@pytest.mark.parametrize("name", ["two runs", "causal windows", "attention"])
def test_chunks_that_start_anew_are_refuted(name: str) -> None:
    network = {**STATIC, **CACHED}[name]
    form = step_form(network, over=t)
    graph = form.resume.graph()
    if form.past is None:  # the states that came in are handed on
        count = len(form.states)
        outputs = [*graph.outputs[:-count], *graph.inputs[:count]]
        resume = Traced(replace(graph, outputs=outputs), False, None)
    else:  # a chunk sees itself twice: its keys stand where those of the past were
        resume = step_form(strict, over=t).resume
    broken = replace(form, resume=resume)
    (found,) = check(architecture(network, laws=[laws.resumes(broken)], name="model"))
    assert found.verdict is Verdict.REFUTED


def agrees(network, form, sizes, seed: int) -> bool:
    """Whether steps and chunks give what the whole sequence gives, in floats."""
    graph = network.graph()
    ctx, rng = Context(FloatAlgebra(), sizes, "eval"), np.random.default_rng(seed)
    run = Runner(graph, ctx, draw_resources(graph, ctx, rng))
    inputs = draw_inputs(graph, ctx, rng)
    wanted, n = run(inputs), ctx.size(form.over)
    return all(
        np.allclose(one, other, rtol=1e-6, atol=1e-9)
        for chunks in (None, [n], [1] * (n > 1) + [n - 1 or 1])
        for one, other in zip(stepped(form, ctx, run, inputs, chunks), wanted, strict=True)
    )


@pytest.mark.parametrize("seed", range(30))
def test_whatever_has_a_step_is_what_it_computes(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CommuteNotice)
        network = random_arrow(seed)
    graph = network.graph()
    sizes = {name: SIZES.get(name, 3) for name in graph.dims}
    dims = {a.index for one in (*graph.dom, *graph.cod) for a in one.axes}
    for dim in sorted((d for d in dims if isinstance(d, Dim)), key=str):
        try:
            form = step_form(network, over=dim)
        except SpecError as refusal:
            assert refusal.code == "CM051"
        else:
            assert agrees(network, form, sizes, seed)


def test_random_looks_are_right_or_refused() -> None:
    """Masks of all kinds: a step exists for many, and is wrong for none."""
    derived = refused = 0
    for seed in range(150):
        network = random_look(seed)
        try:
            form = step_form(network, over=looks.t)
        except SpecError as refusal:
            assert refusal.code == "CM051"
            refused += 1
        else:
            assert agrees(network, form, {"t": 4, "c": 3}, seed), seed
            derived += 1
    assert derived > 25 and refused > 50


def test_types_of_a_step() -> None:
    form = step_form(STATIC["two runs"], over=t)
    assert form.start.type_text() == "One → Real[s] × Real[s]"
    assert form.step.type_text() == ("Real[s] × Real[s] × Real[a] → Real[c] × Real[s] × Real[s]")
    assert set(form.step.parameters) == set(STATIC["two runs"].parameters)
    form = step_form(causal, over=t)
    assert form.start.cod == form.states
    assert form.step.type_text() == (
        'Real[past.at("key"), c] × Real[c] → Real[c] × Real[(past + 1).at("key"), c]'
    )


def test_keys_and_values_of_every_block_are_cached() -> None:
    form = step_form(CACHED["blocks"], over=t)
    assert form.names == ("keys", "values")
    assert [str(one) for one in form.states] == [
        'Real[2, past.at("key"), heads, c//heads]',
    ] * 2
    assert set(form.step.graph().resources({})) == set(CACHED["blocks"].graph().resources({}))


def test_the_mask_of_the_newest_query_is_true_and_left_out() -> None:
    names = [node.box.name for node in step_form(causal, over=t).step.graph().nodes]
    assert "causal_mask" not in names and "full" not in names
    names = [node.box.name for node in step_form(strict, over=t).step.graph().nodes]
    assert "causal_mask" in names


def test_an_index_that_is_read_is_an_input_or_the_size_of_the_past() -> None:
    form = step_form(placed, over=t)
    assert (
        form.place and form.step.type_text() == "Real[s] × Real[a] × Fin(t)[()] → Real[s] × Real[s]"
    )
    form = step_form(placed_attention, over=t)
    assert not form.place and form.past is not None


def test_the_step_of_a_machine_is_its_cell() -> None:
    @arrow
    def one(state: Real[s], x: Real[a]) -> Real[c] * Real[s]:
        new = op.tanh(state + op.linear(a, s, name="into")(x))
        return op.linear(s, c, name="out")(new), new

    form = step_form(mealy(one, over=t), over=t)
    again = step_form(form.sequence(), over=t)
    assert form.step.dom == one.dom and form.step.cod == one.cod
    step = inline(form.step.graph())
    for wire, resource in list(step.sources.items()):
        step.sources[wire] = replace(resource, name=resource.name.removeprefix("cell."))
    assert same(step, one.graph())
    assert again.step.type_text() == form.step.type_text()


def test_a_cache_without_the_new_key_is_refuted() -> None:
    form = step_form(causal, over=t)

    @arrow
    def forgetful(
        keys: Real[form.past.at("key"), c], x: Real[c]
    ) -> Real[c] * Real[(form.past + 1).at("key"), c]:
        entry = op.expand(Axis(1, "key"))(x)
        joined = op.concat(form.past.at("key"), Axis(1, "key"), label="key")(
            keys, op.scale(0)(entry)
        )
        weights = op.softmax((form.past + 1).at("key"))(
            op.einsum((form.past + 1).at("key"))(x, joined)
        )
        return op.einsum(c)(weights, joined), joined

    broken = replace(form, step=forgetful)
    model = architecture(causal, laws=[laws.stepwise(broken)], name="model")
    assert check(model)[0].verdict is Verdict.REFUTED


def test_a_cell_that_is_another_is_refuted() -> None:
    network = STATIC["two runs"]
    form = step_form(network, over=t)
    graph = form.step.graph()
    other = replace(graph, outputs=[graph.outputs[0], graph.inputs[1], graph.outputs[2]])
    broken = replace(form, step=Traced(other, False, None))
    model = architecture(network, laws=[laws.stepwise(broken)], name="model")
    assert check(model)[0].verdict is Verdict.REFUTED


@arrow
def unmasked(x: Real[t, c]) -> Real[t, c]:
    keys = op.relabel(t, key)(x)
    weights = op.softmax(key)(op.einsum(t, key)(x, keys))
    return op.einsum(t, c)(weights, keys)


@arrow
def ahead(x: Real[t, a]) -> Real[t, a]:
    return x + op.expand(t)(op.sum(t)(x))


@arrow
def masked_by_an_input(x: Real[t, c], mask: Bool[t, key]) -> Real[t, c]:
    keys = op.relabel(t, key)(x)
    weights = op.softmax(key, masked=True)(op.einsum(t, key)(x, keys), mask)
    return op.einsum(t, c)(weights, keys)


@arrow
def looking_up(x: Real[t, c], at: Fin(t)[t]) -> Real[t, c]:
    return op.gather(key)(op.relabel(t, key)(x), at)


REFUSED = {
    "reversed": (scan(cell, over=t, start=0, reverse=True), "cell", "from the last entry"),
    "both ways": (
        (
            copy(Real[t, a])
            >> (
                scan(cell, over=t, start=0)
                @ scan(cell, over=t, start=0, reverse=True, name="backwards")
            )
        )
        >> op.add,
        "backwards",
        "from the last entry",
    ),
    "lengths": (fold(cell, over=t, start=0, lengths=True), "cell", "lengths"),
    "untied": (fold(cell, over=t, start=0, weights="untied"), "cell", "of its own"),
    "no mask": (unmasked, "softmax", "reads the whole axis"),
    "a given mask": (masked_by_an_input, "masked_by_an_input", "no entry at one index"),
    "a sum that is read": (ahead, "expand", "known at the end only"),
    "statistics": (op.batch_norm(a, over=(t,)).at(Real[t, a]), "batch_norm", "statistics"),
    "windows around": (op.conv(a, s, over=t, kernel=3).at(Real[t, a]), "conv", "do not end"),
    "backwards": (op.flip(t).at(Real[t, a]), "flip", "depends on others"),
    "a roll": (op.roll(t, 1).at(Real[t, a]), "roll", "depends on others"),
    "a place": (op.argmax(t).at(Real[t, a]), "argmax", "no running value"),
    "a masked mean": (op.mean(t, masked=True).at(Real[t, a], Bool[t]), "mean", "no running value"),
    "a linear map of the axis": (op.linear(t, s).at(Real[t, a]), "linear", "no running value"),
    "a softmax": (op.softmax(t).at(Real[t, a]), "softmax", "depends on others"),
    "a look-up": (looking_up, "gather", ""),
    "a mixed axis": (op.merge(t, a) >> op.relu >> op.split(t * a, t, a), "merge", ""),
    "a context": (
        (copy(Real[t, a]) >> (fold(cell, over=t, start=0) @ op.relu))
        >> scan(cell, over=t, name="b"),
        "b",
        "known at the end only",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_looks_at_later_entries_is_refused_and_named(name: str) -> None:
    network, box, reason = REFUSED[name]
    with pytest.raises(SpecError) as caught:
        step_form(network, over=t)
    assert caught.value.code == "CM051"
    assert f"`{box}`" in caught.value.title, caught.value
    assert reason in str(dict(caught.value.facts)["reason"]), caught.value
    assert caught.value.help


def test_an_axis_that_is_not_there() -> None:
    with pytest.raises(SpecError) as caught:
        step_form(op.relu.at(Real[s]), over=t)
    assert caught.value.code == "CM005"
    with pytest.raises(SpecError):
        step_form(op.relu.at(Real[t * s]), over=t * s)


def test_deep_graphs_are_no_deep_recursion() -> None:
    long = sequence([op.relu.at(Real[t, a]), *[op.tanh, op.relu] * 1000])
    assert len(step_form(long, over=t).step.graph().nodes) == 2001
    runs = sequence([scan(inner, over=t, start=0, name=f"run{i}") for i in range(120)])
    assert len(step_form(runs, over=t).states) == 120


def test_a_growing_state_has_no_sequence_form() -> None:
    with pytest.raises(SpecError) as caught:
        step_form(causal, over=t).sequence()
    assert caught.value.code == "CM051" and "keys" in str(caught.value)
