"""The methods ``initial_state``, ``step`` and ``resume`` of generated modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from backends.pytorch.build import build
from backends.pytorch.validate import validate
from categorical import Dim, Fin, Real, SpecError, architecture, arrow, cli, copy, iterate, op
from categorical.composites import attention, mlp, residual
from categorical.composites.recurrence import gru_cell, lstm_cell, recurrent, stacked
from categorical.recursion import fold, mealy, scan

t, a, s, c, letter, heads, inner, blocks = Dim.named("t a s c letter heads inner blocks")
key = t.at("key")
SIZES = {"a": 3, "s": 4, "c": 4, "letter": 5, "heads": 2, "inner": 6, "blocks": 2, "t": 6}
cell = (op.linear(s, s, name="back") @ op.linear(a, s, name="into")) >> op.add >> op.tanh


@arrow
def block(x: Real[t, c]) -> Real[t, c]:
    look = op.layer_norm(c, name="norm") >> attention(t, c, heads, mask="causal")
    return residual(mlp(c, inner, c))(residual(look)(x))


@arrow
def text_model(text: Fin(letter)[t]) -> Real[t, letter]:
    places = op.parameter(Real[t, c], name="places")()
    x = op.embedding(letter, c, name="letters")(text) + places
    return op.linear(c, letter, name="scores")(iterate(block, blocks, name="blocks")(x))


@arrow
def placed(x: Real[t, a]) -> Real[t, s]:
    places = op.parameter(Real[t, a], name="places")()
    return scan(cell, over=t, start=0)(x + places)


@arrow
def several(x: Real[t, a]) -> Real[t, s] * Real[s] * Real[a]:
    states = scan(cell, over=t, start=0)(x)
    return states, op.take(t, -1)(states), op.sum(t)(x)


@arrow
def layer(x: Real[t, s]) -> Real[t, s]:
    again = (op.linear(s, s, name="back") @ op.linear(s, s, name="into")) >> op.add >> op.tanh
    return x + scan(again, over=t, start=op.parameter(Real[s], name="start"))(x)


@arrow
def nested(x: Real[t, a]) -> Real[t, s]:
    return layer(op.gelu(layer(op.linear(a, s)(x))))


@arrow
def steps_called_step(x: Real[t, a]) -> Real[t, s]:
    return op.linear(a, s, name="step")(x) >> scan(
        (op.linear(s, s) @ op.linear(s, s)) >> op.add >> op.tanh, over=t, start=0
    )


@arrow
def product(state: Real[s], x: Real[a]) -> Real[s]:
    gate = op.sigmoid(op.linear(a, s, name="gate")(x))
    return op.mul(gate, state) + op.linear(a, s, name="into")(x)


NETWORKS = {
    "an Elman network": scan(cell, over=t, start=0) >> op.linear(s, c, name="out"),
    "a fold": op.linear(c, a) >> fold(cell, over=t, start=0) >> op.linear(s, c, name="out"),
    "a bare fold": fold(cell, over=t),
    "a start that is a weight": scan(cell, over=t, start=op.parameter(Real[s], name="start")),
    "an LSTM": recurrent(lstm_cell(a, s), over=t, start=0),
    "two layers of LSTM": stacked(
        recurrent(lstm_cell(a, s), over=t), recurrent(lstm_cell(s, c), over=t), start=0
    ),
    "a GRU": recurrent(gru_cell(a, s), over=t, start=0),
    "a parallel scan": scan(product, over=t, start=0),
    "two runs": scan(cell, over=t, start=0)
    >> scan((op.linear(c, c) @ op.linear(s, c)) >> op.add >> op.tanh, over=t, start=0, name="b"),
    "causal windows": op.conv(a, s, over=t, kernel=3, padding="causal").at(Real[t, a]) >> op.relu,
    "positions": placed,
    "several outputs": several,
    "entries": op.layer_norm(a).at(Real[t, a]) >> op.linear(a, s) >> op.gelu,
    "named parts": nested,
    "layers": op.linear(a, s)
    >> iterate(scan((op.linear(s, s) @ op.linear(s, s)) >> op.add >> op.tanh, over=t, start=0), 2),
    "noise": op.dropout(0.5).at(Real[t, a]) >> scan(cell, over=t, start=0),
    "a name of a method": steps_called_step,
    "attention": attention(t, c, heads, mask="causal"),
    "a text model": text_model,
}


def built(name: str, **options):
    network = NETWORKS[name]
    known = {k: v for k, v in SIZES.items() if k in network.graph().dims}
    if name not in ("positions", "a text model"):
        known.pop("t", None)
    return build(architecture(network, sizes=known, name="net", stream=t), **options)


@pytest.mark.parametrize("name", NETWORKS)
def test_steps_are_validated_against_the_whole_sequence(name: str) -> None:
    made = built(name)
    for way in ("step", "resume"):
        report = made.validation[way]
        assert report["outputs_and_states"] and (report["gradients"] or name == "noise")
    plain = build(
        architecture(NETWORKS[name], sizes=made.sizes, name="net"), validate=False
    ).module()
    torch.manual_seed(0)
    assert {k for k in made.module().state_dict()} == {
        k.replace("step.", "step_2.") if name == "a name of a method" else k
        for k in plain.state_dict()
    }


def test_a_wrong_step_is_refused() -> None:
    right = "torch.cat((keys, entry), dim=-3)"
    for wrong in ("torch.cat((keys, 0 * entry), dim=-3)", "torch.cat((keys, 2 * entry), dim=-3)"):
        made = built("a text model", validate=False)
        assert right in made.source
        made.source = made.source.replace(right, wrong)
        with pytest.raises(SpecError) as caught:
            validate(made)
        assert caught.value.code == "CM040"


def test_a_start_that_is_another_is_refused() -> None:
    made = built("an Elman network", validate=False)
    assert "zeros = torch.zeros(" in made.source
    made.source = made.source.replace("zeros = torch.zeros(", "zeros = torch.ones(")
    with pytest.raises(SpecError) as caught:
        validate(made)
    assert caught.value.code == "CM040"


def test_states_grow_and_a_full_context_is_refused() -> None:
    module = built("a text model", validate=False).module().eval()
    state = module.initial_state(3)
    text = torch.randint(5, (3, 6))
    rows = []
    for p in range(6):
        assert all(one.shape[2] == p for one in state)
        y, state = module.step(text[:, p], state)
        rows.append(y)
    torch.testing.assert_close(torch.stack(rows, 1), module(text))
    with pytest.raises(ValueError, match="the context is full"):
        module.step(text[:, 0], state)


@pytest.mark.parametrize("name", ["a text model", "positions", "two layers of LSTM"])
def test_a_prompt_is_read_at_once_and_continued_by_steps(name: str) -> None:
    module = built(name, validate=False).module().eval()
    x = torch.randint(5, (3, 6)) if name == "a text model" else torch.randn(3, 6, 3)
    wanted = module(x)
    wanted = wanted if isinstance(wanted, Tensor) else wanted[0]
    y, state = module.resume(x[:, :4], module.initial_state(3))
    rows = [y if isinstance(y, Tensor) else y[0]]
    for p in (4, 5):
        y, state = module.step(x[:, p], state)
        rows.append((y if isinstance(y, Tensor) else y[0])[:, None])
    torch.testing.assert_close(torch.cat(rows, 1), wanted)


def test_an_index_is_counted_in_the_state() -> None:
    module = built("positions", validate=False).module()
    (_, place) = module.initial_state(2)
    assert place.tolist() == [0, 0]
    _, state = module.resume(torch.zeros(2, 4, 3), module.initial_state(2))
    assert state[-1].tolist() == [4, 4]
    _, state = module.step(torch.zeros(2, 3), state)
    assert state[-1].tolist() == [5, 5]


def test_a_chunk_whose_mask_is_another_is_refused() -> None:
    made = built("attention", validate=False)
    right = ".narrow(-2, past, chunk)"
    assert right in made.source
    made.source = made.source.replace(right, ".narrow(-2, 0, chunk)")
    with pytest.raises(SpecError) as caught:
        validate(made)
    assert caught.value.code == "CM040"


def test_wrong_states_are_refused_in_the_words_of_the_spec() -> None:
    module = built("an Elman network", validate=False).module()
    (state,) = module.initial_state(3)
    with pytest.raises(ValueError, match="must be Real"):
        module.step(torch.zeros(3, 3), (state[:, :2],))
    with pytest.raises(ValueError, match="must be Real"):
        module.step(torch.zeros(2, 3), (state,))


def test_one_sample_without_a_batch() -> None:
    network = mealy(copy(Real[s]) @ op.linear(a, s) >> (op.relu @ op.add), over=t, start=0)
    made = build(architecture(network, sizes={"a": 3, "s": 4}, name="net", stream=t, batch="none"))
    module = made.module()
    (y, last), (state,) = module.step(torch.zeros(3), module.initial_state())
    assert y.shape == state.shape == (4,) and last is state


def test_a_step_compiles_as_one_graph_and_moves_to_float64() -> None:
    module = built("an Elman network", validate=False).module().double()
    state = module.initial_state(2)
    assert state[0].dtype == torch.float64
    x = torch.randn(2, 3, dtype=torch.float64)
    step = torch.compile(module.step, fullgraph=True, backend="eager")
    torch.testing.assert_close(step(x, state)[0], module.step(x, state)[0])


def test_the_file_tests_its_step(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(built("a text model", validate=False).source, encoding="utf-8")
    script = "import net, torch; m, x = net.Net(), net.examples(); net.stepwise(m, x, (m(*x),))"
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0 and "step by step ok" in told.stdout, told.stderr
    assert "in chunks ok" in told.stdout


def test_what_has_no_step_is_refused_when_it_is_declared() -> None:
    with pytest.raises(SpecError) as caught:
        architecture(fold(cell, over=t, start=0) >> op.expand(t), name="net", stream=t)
    assert caught.value.code == "CM051"
    with pytest.raises(SpecError) as caught:
        architecture(op.relu.at(Real[t]), stream=t, batch="union")
    assert caught.value.code == "CM021"


def test_the_command_says_how_a_module_streams(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = Path(__file__).parents[4] / "specs" / "streaming.py"
    words = ["build", str(spec), "--arch", "listener", "-o", str(tmp_path / "m.py"), "--no-check"]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "streams       along frame by initial_state, step and resume (buffer, " in said


class Step(nn.Module):
    """The step of a module with two states, as a module."""

    def __init__(self, whole: nn.Module) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, x: Tensor, one: Tensor, other: Tensor) -> Tensor:
        return self.whole.step(x, (one, other))[0]


def test_a_step_with_a_cache_exports_with_a_dynamic_past() -> None:
    module = built("a text model", validate=False).module().eval()
    text = torch.randint(5, (3, 6))
    _, state = module.resume(text[:2, :3], module.initial_state(2))
    batch, past = torch.export.Dim("batch", min=2), torch.export.Dim("past", min=2, max=5)
    shapes = ({0: batch}, {0: batch, 2: past}, {0: batch, 2: past})
    program = torch.export.export(
        Step(module), (text[:2, 3], *state), dynamic_shapes=shapes, strict=True
    )
    _, state = module.resume(text[:, :5], module.initial_state(3))
    found = program.module()(text[:, 5], *state)
    torch.testing.assert_close(found, module.step(text[:, 5], state)[0])
