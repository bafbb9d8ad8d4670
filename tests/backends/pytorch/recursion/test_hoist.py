"""Hoisted runs are the runs: values, gradients and weights; what stands where; planted bugs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backends.pytorch.build import build
from backends.pytorch.recursion import hoist, hoist_sums
from backends.pytorch.recursion.hoist import hoisted
from categorical import Arrow, Dim, Real, SpecError, arrow, iterate, op
from categorical.functors import stack
from categorical.graph import Graph
from categorical.normal import prune
from categorical.recursion import fold, mealy, moore, scan
from tests.backends.pytorch.recursion import random_runs
from tests.benchmarks.loop_rows import minimal_cell, outputs, relu_cell

batch, t, u, a, s, o = Dim.named("batch t u a s o")
SIZES = {"a": 3, "s": 4, "o": 2}


@arrow
def shown(h: Real[s], x: Real[a]) -> Real[o] * Real[s]:
    gate = op.sigmoid(op.linear(a, s, name="gate")(x))
    new = op.tanh(op.linear(s, s, name="back")(h) * gate + op.linear(a, s, name="into")(x))
    return op.softmax(o)(op.linear(s, o, name="out")(new)), new


def names(graph: Graph) -> list[str]:
    return [node.box.name for node in graph.nodes]


def body(graph: Graph) -> Graph:
    return next(node.regions[0] for node in graph.nodes if node.regions)


def forward(source: str) -> str:
    """The text of the last ``forward``."""
    start = source.rindex("    def forward")
    return source[start : source.index("\n\n\n", start)]


# --- the law --------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_hoisting_keeps_the_meaning(first: int) -> None:
    count = 0
    for seed in range(first, first + 30):
        one = random_runs.drawn(seed)
        if one is None:
            continue
        graph = prune(one.graph())
        found, runs = hoisted(graph, random_runs.sizes_of(graph))
        count += runs
        wanted = random_runs.outputs(graph, graph, seed)
        for y, want in zip(random_runs.outputs(found, graph, seed), wanted, strict=True):
            np.testing.assert_allclose(y, want, rtol=1e-9, atol=1e-9)
        sizes = random_runs.sizes_of(graph)
        assert set(found.resources(sizes)) == set(graph.resources(sizes))
    assert count > 15


@pytest.mark.parametrize("seed", range(300, 312))
def test_random_runs_are_built_with_their_gradients(seed: int) -> None:
    one = random_runs.drawn(seed)
    if one is not None:
        report = build(one, random_runs.sizes_of(one.graph()), "net").validation
        assert report["outputs_and_states"] > 0


# --- what is where --------------------------------------------------------------------------------


def test_the_cell_is_parted_by_what_its_wires_read() -> None:
    graph, count = hoisted(stack(mealy(shown, over=t), batch).graph())
    assert count == 1
    place = names(graph).index("scan")
    assert {"linear", "sigmoid"} <= set(names(graph)[:place])
    assert names(graph)[place + 1 :] == ["linear", "softmax"]
    assert sorted(names(body(graph))) == ["add", "add", "expand", "linear", "mul", "tanh"]
    assert not body(graph).resources()


def test_an_output_before_the_step_is_read_off_all_states_at_once() -> None:
    graph, _ = hoisted(moore(op.linear(s, o, name="out"), fold_cell(), over=t).graph())
    place = names(graph).index("scan")
    assert names(graph)[place + 1 :] == ["linear"]


def fold_cell() -> Arrow:
    return (op.linear(s, s, name="back") @ op.linear(a, s, name="into")) >> op.add >> op.sin


def test_large_arrays_stay_in_the_loop() -> None:
    @arrow
    def outer(m: Real[s, o], k: Real[s], v: Real[o], q: Real[s]) -> Real[o] * Real[s, o]:
        new = op.tanh(m) + op.einsum(s, o)(k, v)
        return op.einsum(o)(q, new), new

    run = stack(mealy(outer, over=t), batch)
    small, _ = hoisted(run.graph(), {"s": 4, "o": 4, "batch": 2})
    large, _ = hoisted(run.graph(), {"s": 512, "o": 512, "batch": 2})
    assert names(body(small)).count("einsum") == 0
    assert names(body(large)).count("einsum") == 2
    assert build(run, {"s": 4, "o": 3}, "small").validation["gradients"] > 0


def test_runs_with_one_name_share_the_sources() -> None:
    run = scan(fold_cell(), over=t, name="net")
    twice = (run.graph(), hoisted(run.graph())[0])
    assert set(twice[0].resources()) == set(twice[1].resources())


def test_a_run_inside_a_cell_runs_for_all_steps_at_once() -> None:
    words = fold(fold_cell(), over=u, start=0, name="words")

    @arrow
    def sentence(h: Real[s], x: Real[u, a]) -> Real[s]:
        return op.tanh(op.linear(s, s, name="back")(h) + words(x))

    run = stack(fold(sentence, over=t, start=0, name="sentences"), batch)
    graph, count = hoisted(run.graph())
    assert count == 2 and names(graph).count("scan") == 2  # beside each other, no longer inside
    assert not any(n.regions for n in body(graph).nodes)
    made = build(run, SIZES, "net")
    assert made.parameters["sentences.words.back.weight"] == "sentences.words.back.weight"


@pytest.mark.parametrize("weights", ["tied", "untied", "stacked"])
def test_runs_in_iterations(weights: str) -> None:
    @arrow
    def layer(x: Real[t, s]) -> Real[t, s]:
        cell = (op.linear(s, s, name="p") @ op.linear(s, s, name="q")) >> op.mul >> op.tanh
        return scan(cell, over=t, start=1, name="run")(x)

    two = Dim("two", size=2)
    made = build(stack(iterate(layer, two, weights=weights), batch), SIZES, "net")
    assert len(made.validation["sizes"]) and "torch.stack(" in made.source


def test_a_run_in_a_named_part_has_its_weights_there() -> None:
    @arrow
    def encoder(x: Real[t, a]) -> Real[s]:
        return fold(minimal(), over=t, start=0)(x)

    @arrow
    def net(x: Real[t, a]) -> Real[o]:
        return op.linear(s, o, name="head")(op.relu(encoder(x)))

    made = build(stack(net, batch), SIZES, "net")
    assert "encoder.cell.keep_back.weight" in made.parameters
    assert made.source.count("class Encoder(nn.Module)") == 1


def minimal() -> Arrow:
    @arrow
    def cell(h: Real[s], x: Real[a]) -> Real[s]:
        f = op.sigmoid(op.linear(a, s, name="keep")(x) + op.linear(s, s, name="keep_back")(h))
        new = op.linear(a, s, name="fresh")(x) + op.linear(s, s, name="fresh_back")(f * h)
        return h + f * (op.tanh(new) - h)

    return cell


def test_a_machine_without_memory_is_no_loop() -> None:
    @arrow
    def each(h: Real[s], x: Real[a]) -> Real[o] * Real[s]:
        return op.linear(a, o, name="read")(op.gelu(x)), op.tanh(h)

    made = build(stack(mealy(each, over=t), batch) >> first(), SIZES, "net")
    assert "for " not in forward(made.source) and made.contract.startswith("static")


def first() -> Arrow:
    from categorical import discard, identity

    return identity(Real[batch, t, o]) @ discard(Real[batch, s])


GOLDEN = """
        bias = self.cell.keep.bias + self.cell.keep_back.bias  # [s]
        bias_2 = self.cell.fresh.bias + self.cell.fresh_back.bias  # [s]
        keep = F.linear(x, self.cell.keep.weight, bias)  # [batch, t, s]
        fresh = F.linear(x, self.cell.fresh.weight, bias_2)  # [batch, t, s]
        # [batch, t, s], [s.at("out"), s].T
        keep, weight, trace = deferred(keep, self.cell.keep_back.weight, -2)
        # [batch, t, s], [s.at("out"), s].T
        fresh, weight_2, trace_2 = deferred(fresh, self.cell.fresh_back.weight, -2)
        hs_rows = []
        read = []
        read_2 = []
        for keep_t, fresh_t in zip(keep.unbind(-2), fresh.unbind(-2), strict=True):
            read.append(h)
            add = torch.addmm(keep_t, h, weight)  # [batch, s]
            f = torch.sigmoid(add)  # [batch, s]
            mul = f * h  # [batch, s]
            read_2.append(mul)
            new = torch.addmm(fresh_t, mul, weight_2)  # [batch, s]
            tanh = torch.tanh(new)  # [batch, s]
            sub = tanh - h  # [batch, s]
            mul_2 = f * sub  # [batch, s]
            h = h + mul_2  # [batch, s]
            hs_rows.append(h)
        # [batch, t, s]
        hs = stack_rows(hs_rows, -2, (batch, t, self.config.s), dtype=x.dtype, device=x.device)
        (hs,) = traced(trace, read, -2, hs)
        (hs,) = traced(trace_2, read_2, -2, hs)
        return hs"""


def test_the_text_of_a_loop() -> None:
    text = forward(build(outputs(minimal_cell, 1), SIZES, "net").source)
    assert text.endswith(GOLDEN), text


def test_gates_are_one_product() -> None:
    made = build(outputs(relu_cell, 2), SIZES, "net")
    text = forward(made.source)
    assert text.count("torch.addmm(") == 1 and text.count("F.linear(x, ") == 1
    assert re.search(r"i, f, g, o = gates\.chunk\(4, dim=-1\)", text)
    assert "self.cell.enter_back = nn.Linear(config.s, config.s)" in made.source
    assert len(made.parameters) == 16


# --- planted bugs ---------------------------------------------------------------------------------

Bug = Callable[[pytest.MonkeyPatch], None]


def without_biases(patch: pytest.MonkeyPatch) -> None:
    old = hoist_sums._constant
    patch.setattr(hoist_sums, "_constant", lambda e, fixed, biases, type_: old(e, fixed, [], type_))


def starts_swapped(patch: pytest.MonkeyPatch) -> None:
    old = hoist_sums._one_map
    patch.setattr(hoist_sums, "_one_map", lambda e, starts, parts: old(e, starts[::-1], parts))


def outputs_not_masked(patch: pytest.MonkeyPatch) -> None:
    old = hoist.Parting._run

    def run(self: Any, *args: Any) -> None:
        old(self, *args)  # and the mask is not handed on

    patch.setattr(hoist.Parting, "_run", run)


@pytest.mark.parametrize("plant", [without_biases, starts_swapped, outputs_not_masked])
def test_a_planted_bug_is_refused(plant: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    run = stack(mealy(relu_cell, over=t, states=2, lengths=True), batch)
    shown_ = stack(mealy(shown, over=t, lengths=True), batch)
    build(run, SIZES, "net")
    build(shown_, SIZES, "net")
    plant(monkeypatch)
    with pytest.raises(SpecError) as refused:
        build(run, SIZES, "net")
        build(shown_, SIZES, "net")
    assert refused.value.code == "CM040"


def test_a_cell_that_has_the_axis_of_its_run_stays_in_the_loop() -> None:
    """The map of each entry to the very axis of the run cannot be done for all steps in one array:
    that would have the axis twice."""

    @arrow
    def spread(h: Real[s], x: Real[a]) -> Real[s]:
        wide = op.tanh(op.linear(a, t, name="spread")(x))
        return op.tanh(h + op.linear(t, s, name="gather")(wide))

    net = fold(spread, over=t)
    made = build(net, {"a": 3, "s": 4, "t": 5}, "net")
    assert not any(line.startswith("hoisting") for line in made.derivation)

    @arrow
    def narrow(h: Real[s], x: Real[a]) -> Real[s]:
        wide = op.tanh(op.linear(a, o, name="spread")(x))
        return op.tanh(h + op.linear(o, s, name="gather")(wide))

    made = build(fold(narrow, over=t), {"a": 3, "s": 4, "o": 5}, "net")
    assert any(line.startswith("hoisting") for line in made.derivation)
