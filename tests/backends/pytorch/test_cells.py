"""The LSTM kernel: recognised however the step is written, and never where the meaning differs.

Every build is validated: values and gradients of the emitted file against the reference.
"""

from __future__ import annotations

import pytest

from backends.pytorch import build
from categorical import Dim, Real, arrow, op

batch, k, n = Dim.named("batch k n")
SIZES = {"k": 3, "n": 4}


def step(
    order="ifgo", swapped=False, squash=op.tanh, bias=True, leak=False, packed=True, second=True
):
    """An LSTM step; ``order`` says which part of the logits is which gate."""

    def cell(x: Real[batch, k], h: Real[batch, n], c: Real[batch, n]):
        logits = 4 * n if packed else n + n + n + n
        both = op.linear(k, logits, bias=bias, name="a")(x) + op.linear(n, logits, second, "b")(h)
        if packed:
            parts = op.split(4 * n, 4, n)(both)
            gates = [op.take(4, j)(parts) for j in range(4)]
        else:
            gates = op.unconcat(n, n, n, n)(both)
        i, f, g, o = (gates[order.index(letter)] for letter in "ifgo")
        enter, keep, show = op.sigmoid(i), op.sigmoid(f), op.sigmoid(o)
        if swapped:
            memory = squash(g) * enter + c * keep
            state = op.tanh(memory) * show
        else:
            memory = keep * c + enter * squash(g)
            state = show * op.tanh(memory)
        return (state, memory, keep) if leak else (state, memory)

    return arrow(cell)


def source(net) -> str:
    return build(net.graph(), SIZES, "cell").source


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_kernel_is_found(swapped: bool, packed: bool) -> None:
    text = source(step(swapped=swapped, packed=packed))
    assert "torch.lstm_cell(" in text and "sigmoid" not in text


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (False, False)])
def test_a_bias_that_is_not_there_is_none(first: bool, second: bool) -> None:
    text = source(step(bias=first, second=second))
    assert "torch.lstm_cell(" in text and text.count("None") > 0


@pytest.mark.parametrize(
    "twin",
    [
        {"order": "figo"},
        {"order": "ifog"},
        {"squash": op.relu},
        {"squash": op.sigmoid},
        {"leak": True},
    ],
    ids=str,
)
def test_a_cell_that_differs_is_left_alone(twin) -> None:
    assert "lstm_cell" not in source(step(**twin))


def test_a_memory_that_is_read_again_is_fine() -> None:
    @arrow
    def twice(x: Real[batch, k], h: Real[batch, n], c: Real[batch, n]) -> Real[batch, n]:
        state, memory = step()(x, h, c)
        return state + op.relu(memory)

    assert "torch.lstm_cell(" in source(twice)


def test_two_steps_in_a_row() -> None:
    first, second = step(), step(swapped=True)

    @arrow
    def both(x: Real[batch, k], h: Real[batch, n], c: Real[batch, n]) -> Real[batch, n]:
        state, memory = first(x, h, c)
        state, memory = second(x, state, memory)
        return state

    assert source(both).count("torch.lstm_cell(") in (1, 2)  # one class, or two
