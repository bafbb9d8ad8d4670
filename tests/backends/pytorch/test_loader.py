"""Loading generated text, and checkpoints."""

from __future__ import annotations

import sys

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.loader import load, load_source, save
from categorical import Dim, Real, op, tie

batch, c, h = Dim.named("batch c h")
NET = (op.linear(c, h) >> op.tanh >> op.linear(h, c)).at(Real[batch, c])


def made(net=NET):
    return build(net, {s: v for s, v in {"c": 4, "h": 3}.items() if s in net.graph().dims}, "net")


def test_a_checkpoint_comes_back(tmp_path) -> None:
    one = made()
    path = tmp_path / "net.safetensors"
    first, second = one.module(), one.module()
    save(first, path, one.spec_hash, epoch="3")
    assert load(second, path, one.spec_hash) == []
    for key, value in first.state_dict().items():
        assert torch.equal(second.state_dict()[key], value)


def test_a_checkpoint_of_another_spec_is_refused(tmp_path) -> None:
    one = made()
    path = tmp_path / "net.safetensors"
    save(one.module(), path, one.spec_hash)
    other = made(op.linear(c, h).at(Real[batch, c]))
    with pytest.raises(ValueError, match="belongs to the spec"):
        load(other.module(), path, other.spec_hash)
    assert load(other.module(), path, strict=False)  # told which keys do not match
    with pytest.raises(RuntimeError):
        load(other.module(), path)


def test_tied_weights_are_stored_once(tmp_path) -> None:
    shared = tie(op.linear(c, c))
    one = made((shared >> op.tanh >> shared).at(Real[batch, c]))
    module = one.module()
    path = tmp_path / "net.safetensors"
    save(module, path)
    again = one.module()
    load(again, path)
    assert sorted(again.state_dict()) == ["linear.bias", "linear.weight"]
    assert torch.equal(again(torch.ones(2, 4)), module(torch.ones(2, 4)))


def test_two_loads_share_nothing_and_tracebacks_have_lines() -> None:
    one = made()
    first, second = load_source(one.source, "a"), load_source(one.source, "b")
    assert first.Net is not second.Net and sys.modules[first.__name__] is first
    with pytest.raises(ValueError) as caught:
        first.Net()(torch.zeros(3))
    entry = caught.traceback[-1]
    assert str(entry.statement).strip().startswith('raise ValueError(f"`x` must be')


def test_pickle_checkpoints_are_not_read(tmp_path) -> None:
    path = tmp_path / "net.pt"
    torch.save(made().module().state_dict(), path)
    with pytest.raises(Exception, match=r"(?i)header"):
        load(made().module(), path)
