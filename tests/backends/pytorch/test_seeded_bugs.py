"""Bugs planted in the emitter: validation must refuse every one of them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import backends.pytorch.emit as emitter
from backends.pytorch import build, passes
from backends.pytorch.table import LIBRARY, ROWS
from categorical import Arrow, Bool, Dim, Real, SpecError, arrow, op
from tests.backends.pytorch.architectures import attention, residual_mlp

batch, n, c, h, d = Dim.named("batch n c h d")
key = n.at("key")


@arrow
def pooled(x: Real[batch, n, c]) -> Real[batch, c]:
    return op.mean(n)(op.relu(op.linear(c, c)(x)))


@arrow
def differences(x: Real[batch, c], y: Real[batch, c]) -> Real[batch, c]:
    return (x - y) / op.exp(op.tanh(y))


@arrow
def scores(x: Real[batch, n, key], mask: Bool[batch, key]) -> Real[batch, n, key]:
    return op.softmax(key, masked=True)(x, mask)


@arrow
def mixing(x: Real[batch, n, key]) -> Real[batch, n, key]:
    return op.softmax(key)(x)


@arrow
def dropped(x: Real[batch, c]) -> Real[batch, c]:
    return op.tanh(op.dropout(0.25)(x))


@arrow
def normalised(x: Real[batch, c]) -> Real[batch, c]:
    return op.batch_norm(c, over=(batch,))(op.linear(c, c)(x))


@arrow
def layered(x: Real[batch, c]) -> Real[batch, c]:
    return op.layer_norm(c)(op.scale(0.05)(x))


@arrow
def product(x: Real[batch, n, c], y: Real[n, c]) -> Real[batch, n]:
    return op.einsum(batch, n)(x, y)


@arrow
def part(x: Real[batch, 5]) -> Real[batch, 3]:
    return op.tanh(op.slice(5, 1, 4)(x))


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text, text
        return text.replace(old, new)

    return change


#: name: the architecture, the generator whose row is spoiled, and how its expressions change
BUGS: dict[str, tuple[Arrow, str, Callable[[str], str]]] = {
    "mean becomes sum": (pooled, "mean", replaced(".mean(", ".sum(")),
    "wrong axis": (mixing, "softmax", replaced("dim=-1", "dim=-2")),
    "swapped operands": (differences, "sub", lambda text: " - ".join(text.split(" - ")[::-1])),
    "quotient upside down": (differences, "div", lambda text: f"1 / ({text})"),
    "missing mask": (scores, "softmax", lambda text: "torch.softmax(x, dim=-1)"),
    "mask the other way": (scores, "softmax", replaced("mask", "~mask")),
    "dropout in eval mode": (dropped, "dropout", replaced("self.training", "True")),
    "dropout never": (dropped, "dropout", replaced("self.training", "False")),
    "dropout of the complement": (dropped, "dropout", replaced("0.25", "0.75")),
    "batch statistics in eval mode": (normalised, "batch_norm", replaced("self.training", "True")),
    "running statistics in training": (
        normalised, "batch_norm", replaced("self.training", "False")
    ),
    "wrong momentum": (normalised, "batch_norm", replaced("0.1", "0.9")),
    "wrong eps of batch norm": (normalised, "batch_norm", replaced("1e-05", "0.001")),
    "off by one": (part, "slice", replaced("1", "2")),
    "gradient stopped": (pooled, "relu", lambda text: f"{text}.detach()"),
    "gradient doubled": (differences, "tanh", lambda text: f"2 * {text} - ({text}).detach()"),
    "wrong function": (pooled, "relu", replaced("torch.relu", "F.elu")),
    "wrong letters": (product, "einsum", replaced("->bn", "->nb")),
}  # fmt: skip


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_spoiled_row_is_refused(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    architecture, name, change = BUGS[bug]
    sizes = {"c": 3}
    assert build(architecture, sizes, "sound").validation
    sound = ROWS[name]

    def spoiled(emit, box, ins):
        found = sound(emit, box, ins)
        return change(found) if isinstance(found, str) else (change(found[0]), *found[1:])

    monkeypatch.setitem(ROWS, name, spoiled)
    with pytest.raises(SpecError) as caught:
        build(architecture, sizes, "spoiled")
    assert caught.value.code == "CM040"


@pytest.mark.parametrize("bug", ["transposed weight", "dropped bias"])
def test_a_spoiled_linear_is_refused(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LIBRARY, "linear")
    sound = ROWS["linear"]
    assert build(pooled, {"c": 3}, "sound").validation

    def spoiled(emit, box, ins):
        text = sound(emit, box, ins)
        if bug == "transposed weight":
            return text.replace(".weight", ".weight.mT")
        return text[: text.rindex(",")] + ")"

    monkeypatch.setitem(ROWS, "linear", spoiled)
    with pytest.raises(SpecError, match="CM040"):
        build(pooled, {"c": 3}, "spoiled")


def test_a_missing_library_bias_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = LIBRARY["linear"]
    monkeypatch.setitem(
        LIBRARY,
        "linear",
        lambda emit, box: sound(emit, box)._replace(
            constructor="nn.Linear(config.c, config.c, bias=False)"
        ),
    )
    with pytest.raises(SpecError, match="other keys"):
        build(pooled, {"c": 3}, "spoiled")


def test_a_wrong_eps_of_the_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = LIBRARY["layer_norm"]
    monkeypatch.setitem(
        LIBRARY,
        "layer_norm",
        lambda emit, box: sound(emit, box)._replace(constructor="nn.LayerNorm(config.c, eps=1e-3)"),
    )
    with pytest.raises(SpecError, match="CM040"):
        build(layered, {"c": 3}, "spoiled")


@pytest.mark.parametrize("field", ["scale", "mask", "causal", "v"])
def test_a_spoiled_attention_is_refused(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    sound = passes.attention

    def spoiled(graph):
        found, skipped = sound(graph)
        changed = {
            "scale": lambda m: replace(m, scale=0.25),
            "mask": lambda m: replace(m, mask=None),
            "causal": lambda m: replace(m, causal=True),
            "v": lambda m: replace(m, v=m.k, value=m.key),
        }[field]
        return {w: changed(m) for w, m in found.items()}, skipped

    sizes = {"d": 4, "e": 3, "heads": 2}
    assert build(attention, sizes, "sound").derivation
    monkeypatch.setattr(passes, "attention", spoiled)
    with pytest.raises(SpecError, match="CM040"):
        build(attention, sizes, "spoiled")


def test_sharing_steps_that_are_not_tied_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from backends.pytorch.emit import OPERATORS, OperatorRow

    def one_module(writer, node):
        writer.child(node, lambda text: f"nn.ModuleList([{text.name}(config)] * 3)", copies=True)

    sound = OPERATORS["iterate"]
    monkeypatch.setitem(OPERATORS, "iterate", OperatorRow(one_module, sound.write))
    with pytest.raises(SpecError, match="CM040"):
        build(residual_mlp, {"c": 3, "h": 4, "k": 2}, "spoiled")


def test_a_forgotten_state_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = ROWS["batch_norm"]
    monkeypatch.setitem(
        ROWS,
        "batch_norm",
        lambda emit, box, ins: (
            sound(emit, box, [*ins[:3], f"{ins[3]}.clone()", f"{ins[4]}.clone()"])[0], None, None
        ),
    )  # fmt: skip
    with pytest.raises(SpecError, match="state"):
        build(normalised, {"c": 3}, "spoiled")


def test_an_unsafe_row_is_refused_before_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROWS, "relu", lambda emit, box, ins: "torch.load('x')")
    with pytest.raises(SpecError, match="refused"):
        build(pooled, {"c": 3}, "spoiled")


def test_nothing_is_written_for_a_refused_build(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setitem(ROWS, "relu", lambda emit, box, ins: f"torch.tanh({ins[0]})")
    with pytest.raises(SpecError, match="CM040"):
        build(pooled, {"c": 3}, "spoiled").write(tmp_path / "model.py")
    assert not list(tmp_path.iterdir())


def test_a_row_that_raises_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROWS, "relu", lambda emit, box, ins: f"{ins[0]}.no_such_method()")
    with pytest.raises(SpecError, match="no_such_method"):
        build(pooled, {"c": 3}, "spoiled")


assert emitter.OPERATORS


def test_bugs_in_the_flat_parts_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    net = op.relu6.at(Real[batch, n, c])
    assert build(net, {}, "sound").validation
    monkeypatch.setitem(ROWS, "relu6", lambda emit, box, ins: f"torch.relu({ins[0]})")
    with pytest.raises(SpecError, match="CM040"):
        build(net, {}, "spoiled")


@pytest.mark.parametrize("error", [1e-9, 1e-7, 1e-5])
def test_a_constant_that_is_almost_right_is_refused(
    error: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = ROWS["tanh"]
    monkeypatch.setitem(ROWS, "tanh", lambda *a: f"{1 + error!r} * {sound(*a)}")
    with pytest.raises(SpecError, match="CM040"):
        build(differences, {}, "spoiled")
