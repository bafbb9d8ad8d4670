"""Cells of torch's kernels: found in all ways of writing them, and no others.

That a found cell is the kernel is checked by building it (test_kernels); here, what is found.
"""

from __future__ import annotations

import pytest

from backends.pytorch.recursion.cell_patterns import cell
from categorical import Real, arrow, op
from categorical.normal import inline
from tests.backends.pytorch.recursion.recurrent_cells import a, by_hand, elman, gru, lstm, s


def kind(found, states=None):
    graph = inline(found.graph())
    one = cell(graph, len(found.cod) if states is None else states)
    return one and one.kind


@pytest.mark.parametrize("packed", ["split", "apart", "joined", "slice", "back"])
@pytest.mark.parametrize("order", ["ifgo", "fiog", "ogfi"])
@pytest.mark.parametrize("biases", [0, 1, 2])
def test_lstm(packed: str, order: str, biases: int) -> None:
    assert kind(lstm(packed=packed, order=order, biases=biases)) == "lstm"


@pytest.mark.parametrize("sums", ["plain", "swapped", "leaky"])
@pytest.mark.parametrize("memory_first", [False, True])
def test_sums_and_states_in_any_order(sums: str, memory_first: bool) -> None:
    assert kind(lstm(sums=sums, memory_first=memory_first)) == "lstm"


@pytest.mark.parametrize("packed", ["split", "apart"])
@pytest.mark.parametrize("order", ["rzn", "nzr"])
@pytest.mark.parametrize("biases", [0, 1, 2])
@pytest.mark.parametrize("inner", [False, True])
def test_gru(packed: str, order: str, biases: int, inner: bool) -> None:
    assert kind(gru(order, packed, biases, inner)) == "gru"
    assert kind(gru(order, packed, biases, inner, sums="difference")) == "gru"
    assert kind(gru(order, packed, biases, inner, turned=True)) == "gru"


@pytest.mark.parametrize("packed", ["apart", "joined"])
def test_elman(packed: str) -> None:
    assert kind(elman(packed=packed)) == "rnn_tanh"
    assert kind(elman(op.relu, packed=packed)) == "rnn_relu"


@pytest.mark.parametrize("order", ["ifgo", "gofi"])
def test_weights_that_are_wires(order: str) -> None:
    assert kind(by_hand(order)) == "lstm"


def test_named_parts_are_read_through() -> None:
    @arrow
    def logits(h: Real[s], x: Real[a]) -> Real[s]:
        return op.linear(a, s, name="read")(x) + op.linear(s, s, name="again")(h)

    @arrow
    def named(h: Real[s], x: Real[a]) -> Real[s]:
        return op.tanh(logits(h, x))

    assert named.graph().nodes[0].box.name == "call"
    assert kind(named) == "rnn_tanh"


@arrow
def two_maps_of_the_state(h: Real[s], x: Real[a]) -> Real[s]:
    one = op.linear(a, s, name="read")(x) + op.linear(s, s, name="again")(h)
    return op.tanh(one + op.linear(s, s, name="more")(h))


@arrow
def scaled_logits(h: Real[s], x: Real[a]) -> Real[s]:
    one = op.linear(a, s, name="read")(x) + op.linear(s, s, name="again")(h)
    return op.tanh(op.scale(2)(one))


@arrow
def no_input(h: Real[s]) -> Real[s]:
    return op.tanh(op.linear(s, s, name="again")(h))


@arrow
def gates_of_the_memory(h: Real[s], c: Real[s], x: Real[a]) -> Real[s] * Real[s]:
    h, c = lstm()(c, h, x)
    return c, h


@arrow
def state_that_is_added(h: Real[s], x: Real[a]) -> Real[s]:
    return elman()(h, x) + h


@arrow
def no_mixture(h: Real[s], x: Real[a]) -> Real[s]:
    z = op.sigmoid(op.linear(a, s, name="read_z")(x) + op.linear(s, s, name="again_z")(h))
    r = op.sigmoid(op.linear(a, s, name="read_r")(x) + op.linear(s, s, name="again_r")(h))
    n = op.tanh(op.linear(a, s, name="read_n")(x) + r * op.linear(s, s, name="again_n")(h))
    return n - z * n + r * h


@arrow
def weighted(h: Real[s], x: Real[a]) -> Real[s]:
    z = op.sigmoid(op.linear(a, s, name="read_z")(x) + op.linear(s, s, name="again_z")(h))
    r = op.sigmoid(op.linear(a, s, name="read_r")(x) + op.linear(s, s, name="again_r")(h))
    n = op.tanh(op.linear(a, s, name="read_n")(x) + r * op.linear(s, s, name="again_n")(h))
    return z * n + (1 + z) * h


TWINS = {
    "another squash of the candidate": lstm(squash=op.relu),
    "another squash of the memory": lstm(show=op.sigmoid),
    "a peephole": lstm(peephole=True),
    "the sine": elman(op.sin),
    "the logistic function": elman(op.sigmoid),
    "the reset gate before the map": gru(original=True),
    "a state weight read by its columns": by_hand(turn=True),
    "no mixture": no_mixture,
    "a sum of parts of one": weighted,
    "two maps of the state": two_maps_of_the_state,
    "scaled logits": scaled_logits,
    "no input": no_input,
    "a residual": state_that_is_added,
}


@pytest.mark.parametrize("twin", TWINS)
def test_a_cell_that_differs_is_no_kernel(twin: str) -> None:
    assert kind(TWINS[twin]) is None


def test_exchanged_states_are_another_cell() -> None:
    """h and c in each other's place: still an LSTM, with the state where the memory was."""
    graph = inline(gates_of_the_memory.graph())
    found = cell(graph, 2)
    assert found is not None and (found.state, found.memory) == (1, 0)


def test_a_bias_that_is_missing_in_one_gate_is_known() -> None:
    found = cell(inline(lstm(packed="apart", without="f", biases=1).graph()), 2)
    assert found is not None
    assert [bool(g.biases[0]) for g in found.gates] == [True, False, True, True]
