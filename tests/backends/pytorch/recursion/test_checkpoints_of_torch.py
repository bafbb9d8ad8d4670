"""States of torch's recurrent modules in generated modules: equal outputs, of any depth."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from backends.pytorch import build
from backends.pytorch.recursion.checkpoints import from_torch
from categorical import Arrow, architecture
from categorical.composites import (
    bidirectional,
    elman_cell,
    gru_cell,
    lstm_cell,
    recurrent,
    stacked,
)
from categorical.recursion import fold
from tests.backends.pytorch.recursion.recurrent_cells import SIZES, a, gru, lstm, s, t

CELLS = {nn.RNN: elman_cell, nn.GRU: gru_cell, nn.LSTM: lstm_cell}
FEATURE, HIDDEN = SIZES["a"], SIZES["s"]


def network(kind, layers: int, both: bool) -> Arrow:
    cell, parts = CELLS[kind], []
    for place in range(layers):
        width = a if not place else s + s if both else s
        if both:
            parts.append(bidirectional(cell(width, s), cell(width, s), over=t))
        else:
            parts.append(recurrent(cell(width, s), over=t))
    return stacked(*parts, start=0)


@pytest.mark.parametrize("kind", CELLS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("both", [False, True])
def test_outputs_are_those_of_torch(kind, layers: int, both: bool) -> None:
    found = build(
        architecture(network(kind, layers, both), name="net", sizes=SIZES), validate=False
    )
    torch.manual_seed(0)
    theirs = kind(FEATURE, HIDDEN, num_layers=layers, bidirectional=both, batch_first=True).double()
    ours = found.module().double()
    ours.load_state_dict(from_torch(found, theirs.state_dict()))
    x = torch.randn(2, 6, FEATURE, dtype=torch.float64)
    rows, last = theirs(x)
    got, *ends = ours(x)
    assert float((got - rows).detach().abs().max()) <= 1e-12
    states = zip(*last, strict=True) if isinstance(last, tuple) else ((h,) for h in last)
    wanted = [one for layer in states for one in layer]
    for one, want in zip(ends, wanted, strict=True):
        assert float((one - want).detach().abs().max()) <= 1e-12


WRITTEN = {
    "packed, two biases": (nn.LSTM, lstm()),
    "other order": (nn.LSTM, lstm(order="ogfi", biases=1)),
    "gate by gate": (nn.LSTM, lstm(packed="apart", biases=1)),
    "joined": (nn.LSTM, lstm(packed="joined", biases=1)),
    "gru, turned round": (nn.GRU, gru(biases=1, turned=True)),
    "gru by gates": (nn.GRU, gru("nzr", "apart", 1, True)),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_rows_go_where_the_spec_has_them(name: str) -> None:
    kind, cell = WRITTEN[name]
    net = fold(cell, over=t, start=0)
    found = build(architecture(net, name="net", sizes=SIZES), validate=False)
    theirs = kind(FEATURE, HIDDEN, batch_first=True).double()
    ours = found.module().double()
    ours.load_state_dict(from_torch(found, theirs.state_dict()))
    x = torch.randn(2, 6, FEATURE, dtype=torch.float64)
    last = theirs(x)[1]
    wanted = last if isinstance(last, tuple) else (last,)
    got = ours(x)
    for one, want in zip(got if isinstance(got, tuple) else (got,), wanted, strict=True):
        assert float((one - want[0]).detach().abs().max()) <= 1e-12


def test_a_bias_that_the_spec_lacks_is_refused() -> None:
    net = fold(gru(biases=1, inner=False), over=t, start=0)
    found = build(architecture(net, name="net", sizes=SIZES), validate=False)
    with pytest.raises(ValueError, match="no place for bias_l0"):
        from_torch(found, nn.GRU(FEATURE, HIDDEN).state_dict())
    from_torch(found, nn.GRU(FEATURE, HIDDEN, bias=False).state_dict())


def test_states_that_do_not_fit_are_refused() -> None:
    found = build(architecture(network(nn.GRU, 2, False), name="net", sizes=SIZES), validate=False)
    with pytest.raises(ValueError, match="2 layers from one end"):
        from_torch(found, nn.GRU(FEATURE, HIDDEN, num_layers=2, bidirectional=True).state_dict())
    with pytest.raises(ValueError, match="weight_hh_l0 has the shape"):
        from_torch(found, nn.LSTM(FEATURE, HIDDEN, num_layers=2).state_dict())
    with pytest.raises(ValueError, match="columns, not 3"):
        from_torch(found, nn.GRU(FEATURE + 1, HIDDEN, num_layers=2).state_dict())
    with pytest.raises(ValueError, match="no stack `cells`"):
        from_torch(found, {"cells": nn.GRU(FEATURE, HIDDEN).state_dict()})
