"""Runs as kernels: every build is compared with the reference, values and gradients; float32 (the
oneDNN kernels of torch) against float64; files with kernels export and compile as they say."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.validate import validate
from categorical import Arrow, Dim, Real, SpecError, architecture, arrow, op
from categorical.composites import bidirectional, elman_cell, gru_cell, lstm_cell, recurrent
from categorical.normal import inline
from categorical.para import tie
from categorical.recursion import fold, foldr, mealy, scan
from tests.backends.pytorch.recursion.recurrent_cells import (
    SIZES,
    a,
    by_hand,
    elman,
    gru,
    lstm,
    s,
    t,
)

o, u = Dim.named("o u")
KINDS = ("lstm", "gru", "rnn_tanh", "rnn_relu")


def made(arrow: Arrow, batch: str = "stack", **sizes: int):
    return build(architecture(arrow, name="net", batch=batch, sizes={**SIZES, **sizes}))


def kernels(arrow: Arrow, batch: str = "stack", **sizes: int) -> list[str]:
    """The kernels of a validated build."""
    found = made(arrow, batch, **sizes)
    return [k for line in found.derivation for k in KINDS if f" by torch.{k}," in line]


WRITTEN = {
    "packed": lstm(),
    "other order": lstm(order="ogfi"),
    "one bias": lstm(biases=1),
    "no bias": lstm(biases=0),
    "gate by gate": lstm(packed="apart", biases=1),
    "a bias missing": lstm(packed="apart", biases=1, without="f"),
    "a bias missing, another there": lstm(packed="apart", biases=2, without="g"),
    "joined": lstm(packed="joined", order="fiog"),
    "slices": lstm(packed="slice"),
    "weights as wires": by_hand(),
    "weights as wires, other order": by_hand("gofi"),
    "memory first": lstm(memory_first=True),
    "gru": gru(),
    "gru, turned round": gru(turned=True),
    "gru by gates, turned round": gru("znr", "apart", 1, True, turned=True),
    "gru by gates": gru("nzr", "apart", 1, True, "difference"),
    "gru, its own bias": gru(biases=1),
    "gru, no inner bias": gru(biases=1, inner=False),
    "gru, no bias but the inner one": gru(packed="apart", biases=0, inner=True),
    "elman": elman(),
    "elman joined": elman(packed="joined"),
    "rectified": elman(op.relu, biases=1),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_folds_of_cells_are_kernels(name: str) -> None:
    assert len(kernels(fold(WRITTEN[name], over=t, start=0))) == 1


TWINS = {
    "squash": lstm(squash=op.relu),
    "columns": by_hand(turn=True),
    "peephole": lstm(peephole=True),
    "reset before": gru(original=True),
    "sine": elman(op.sin),
}


@pytest.mark.parametrize("name", TWINS)
def test_cells_of_no_kernel_are_loops(name: str) -> None:
    assert kernels(fold(TWINS[name], over=t, start=0)) == []


@pytest.mark.parametrize("cell", [lstm(), gru(), elman()], ids=["lstm", "gru", "elman"])
@pytest.mark.parametrize("batch", ["stack", "none"])
def test_both_ends_resumable_and_unbatched(cell: Arrow, batch: str) -> None:
    assert len(kernels(fold(cell, over=t), batch)) == 1
    assert len(kernels(foldr(cell, over=t), batch)) == 1


def test_rows_of_states() -> None:
    assert kernels(scan(gru(), over=t, start=0)) == ["gru"]
    assert kernels(scan(gru(), over=t, start=0, reverse=True)) == ["gru"]


def test_rows_of_memories_are_not_in_the_kernel() -> None:
    assert kernels(scan(lstm(), over=t, start=0)) == []


def test_rows_of_memories_that_nothing_reads() -> None:
    @arrow
    def shown(x: Real[t, a]) -> Real[t, s]:
        rows, _ = scan(lstm(), over=t, start=0)(x)
        return rows

    assert kernels(shown) == ["lstm"]


@arrow
def with_maps(h: Real[s], x: Real[a]) -> Real[o] * Real[s] * Real[a] * Real[s]:
    """A map of the input in front, maps of the new state behind."""
    new = gru()(h, op.relu(x))
    return op.linear(s, o, name="show")(new), op.sin(new), op.tanh(x), new


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("batch", ["stack", "none"])
def test_maps_around_the_cell_are_done_at_once(reverse: bool, batch: str) -> None:
    net = mealy(with_maps, over=t, start=0, reverse=reverse)
    found = made(net, batch, o=2)
    assert any("torch.gru," in line for line in found.derivation)
    assert found.parameters["cell.show.weight"] == "cell.show.weight"


def test_tokens_are_embedded_for_all_steps() -> None:
    from categorical import Fin

    word = Dim("word")

    @arrow
    def reading(h: Real[s], token: Fin(word)[()]) -> Real[s]:
        return gru()(h, op.embedding(word, a, name="words")(token))

    found = made(fold(reading, over=t, start=0), word=7)
    assert any("torch.gru," in line for line in found.derivation)
    assert "embedding" in found.source


def test_a_shared_input_is_read_at_every_step() -> None:
    @arrow
    def conditioned(h: Real[s], x: Real[a], y: Real[s]) -> Real[s]:
        read = op.linear(a, s, name="read")(x) + op.linear(s, s, name="given")(y)
        return op.tanh(read + op.linear(s, s, name="again")(h))

    assert kernels(fold(conditioned, over=t, start=0, shared=1)) == ["rnn_tanh"]


def test_an_output_that_reads_the_old_state_stays_in_a_loop() -> None:
    @arrow
    def late(h: Real[s], x: Real[a]) -> Real[s] * Real[s]:
        return h, gru()(h, x)

    assert kernels(mealy(late, over=t, start=0)) == []


def test_more_batch_axes_and_steps_behind_them() -> None:
    @arrow
    def groups(h: Real[u, s], x: Real[t, u, a]) -> Real[u, s] * Real[t, u, s]:
        rows, last = recurrent(gru().over(u), over=t)(h, x)
        return last, rows

    assert kernels(groups, "none") == ["gru"]
    assert kernels(groups) == ["gru"]


def test_two_runs_with_one_set_of_weights() -> None:
    rest = tie(fold(gru(), over=t))

    @arrow
    def twice(h: Real[s], x: Real[t, a], y: Real[t, a]) -> Real[s] * Real[s]:
        first = rest(h, x)
        return first, rest(first, y)

    assert kernels(twice) == ["gru"]  # in the class of `rest`
    written = build(inline(twice.graph()), SIZES, "net")  # two runs beside each other
    assert written.source.count("= run_gru(") == 2
    assert len(written.parameters) == len(fold(gru(), over=t).parameters)


def test_runs_with_one_set_of_weights_have_one_form() -> None:
    """Where one run shows the memory at every step, neither is a kernel: they share the cell."""
    rows = tie(scan(lstm(), over=t))

    @arrow
    def twice(h: Real[s], c: Real[s], x: Real[t, a]) -> Real[t, s] * Real[t, s] * Real[t, s]:
        shown, memories = rows(h, c, x)
        return shown, memories, rows(c, h, x)[0]

    assert kernels(twice) == []
    written = build(inline(twice.graph()), SIZES, "net")
    assert "run_lstm(" not in written.source


def test_wires_with_the_names_of_functions() -> None:
    @arrow
    def named(read_backwards: Real[s], run_gru: Real[t, a], run_gru_outside: Real[s]) -> Real[s]:
        return foldr(gru(), over=t)(read_backwards, run_gru) + run_gru_outside

    assert kernels(named) == ["gru"]


@pytest.mark.parametrize("kind", [elman_cell, gru_cell, lstm_cell])
@pytest.mark.parametrize("train", [True, False])
def test_float32_is_float64_up_to_rounding(kind, train: bool) -> None:
    """Validation is in float64; float32 runs other kernels (oneDNN), in both modes."""
    sizes = {"a": 9, "s": 16}
    found = build(
        architecture(recurrent(kind(a, s), over=t, start=0), name="net", sizes=sizes),
        validate=False,
    )
    torch.manual_seed(0)
    single = found.module().train(train)
    double = found.module().double().train(train)
    double.load_state_dict(single.state_dict())
    x = torch.randn(3, 7, 9)
    results = []
    for module, entry in ((single, x), (double, x.double())):
        entry = entry.clone().requires_grad_()
        outputs = module(entry)
        torch.autograd.backward(outputs, [torch.cos(y.detach()) for y in outputs])
        results.append([*outputs, entry.grad, *(p.grad for p in module.parameters())])
    for one, other in zip(*results, strict=True):
        assert float((one.double() - other).detach().abs().max()) < 1e-5


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("steps", [1, 2])
def test_one_step_and_one_sample(batch: int, steps: int) -> None:
    """A run of one step is the cell, also for a batch of one."""
    found = made(fold(lstm(), over=t))
    module = found.module().double()
    h, c = torch.randn(2, batch, 4, dtype=torch.float64)
    x = torch.randn(batch, steps, 3, dtype=torch.float64)
    state, memory = h, c
    for one in x.unbind(1):
        state, memory = module.cell(state, memory, one)[-2:]
    for y, want in zip(module(h, c, x), (state, memory), strict=True):
        assert torch.allclose(y, want, atol=1e-14)


def test_gradients_without_autograd_are_not_kept() -> None:
    module = made(fold(lstm(), over=t)).module()
    with torch.no_grad():
        outputs = module(torch.zeros(2, 4), torch.zeros(2, 4), torch.randn(2, 5, 3))
    assert all(y.grad_fn is None for y in outputs)


def test_the_file_says_and_tries_what_holds(tmp_path) -> None:
    found = build(architecture(fold(lstm(), over=t, start=0), name="net", sizes=SIZES), export=True)
    assert found.contract.startswith("kernel:") and found.validation["export"] == "agrees"
    found.write(tmp_path / "net.py")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "net.py"), "--selftest"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "export ok" in done.stdout and "not one graph" in done.stdout


def test_a_compiled_module_is_refused_as_one_graph() -> None:
    module = made(fold(gru(), over=t, start=0)).module()
    x = torch.randn(2, 5, 3)
    torch.compiler.reset()
    explained = torch._dynamo.explain(module)(x)
    assert explained.graph_count == 2 and "disable" in str(explained.break_reasons)
    torch.compiler.reset()
    assert torch.allclose(torch.compile(module, backend="aot_eager")(x), module(x), atol=1e-6)
    torch.compiler.reset()
    with pytest.raises(Exception, match="disable"):
        torch.compile(module, backend="aot_eager", fullgraph=True)(x)


BOTH = bidirectional(lstm(), lstm(), over=t)
BUGS = {
    "the input is not turned": (scan(gru(), over=t, reverse=True), "x.flip(1)", "x"),
    "the rows are not turned": (scan(gru(), over=t, reverse=True), "rows.flip(1)", "rows"),
    "states in the other order": (
        BOTH,
        "torch.stack((state_1, state_3))",
        "torch.stack((state_3, state_1))",
    ),
    "memory for state": (fold(lstm(), over=t), "(h.unsqueeze(0), c.uns", "(c.unsqueeze(0), h.uns"),
    "gates in the other order": (
        fold(lstm(order="ogfi"), over=t),
        "self.cell.read.weight[3 * self.config.s :],",
        "self.cell.read.weight[: self.config.s],",
    ),
    "the ends exchanged": (BOTH, "last_state[0]", "last_state[1]"),
    "no second bias": (
        fold(gru(), over=t),
        "self.cell.again.bias,",
        "torch.zeros_like(self.cell.again.bias),",
    ),
    "another kernel": (fold(elman(), over=t), "return torch.rnn_tanh(", "return torch.rnn_relu("),
}


@pytest.mark.parametrize("bug", BUGS)
def test_validation_finds_errors_in_the_lowering(bug: str) -> None:
    net, right, wrong = BUGS[bug]
    found = made(net)
    assert right in found.source
    found.source = found.source.replace(right, wrong)
    with pytest.raises(SpecError, match="CM040"):
        validate(found)
