"""Wrong data for generated modules that read sequences and trees: a ValueError in the words of the
spec, never a wrong answer in silence."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch

from backends.pytorch import build
from categorical import Dim, Real, architecture, arrow, op
from categorical.composites import gru_cell, lstm_cell
from categorical.recursion import fold, rooted, rose_fold, scan, unfold, unfold_cell

t, a, s, child = Dim.named("t a s child")
node = Dim("node", varies=True)
SIZES = {"a": 3, "s": 4}


@arrow
def no_kernel(h: Real[s], x: Real[a]) -> Real[s]:
    return op.sigmoid(op.linear(a, s)(x) + op.linear(s, s, name="back")(h))


@arrow
def tree_cell(x: Real[a], below: Real[child, s]) -> Real[s]:
    return op.tanh(op.linear(a, s)(x) + op.linear(s, s, name="back")(op.sum(child)(below)))


tree = rose_fold(tree_cell, over=node, arity=child)
MADE: dict[str, Callable[[], Any]] = {
    "lstm": lambda: architecture(fold(lstm_cell(a, s), t, 0, lengths=True), name="m", sizes=SIZES),
    "loop": lambda: architecture(scan(no_kernel, t, 0, lengths=True), name="m", sizes=SIZES),
    "tree": lambda: architecture(tree, name="m", sizes=SIZES, batch="union"),
    "root": lambda: architecture(rooted(tree, node), name="m", sizes=SIZES, batch="union"),
    "step": lambda: architecture(scan(gru_cell(a, s), t, 0), name="m", sizes=SIZES, stream=t),
}


@cache
def module(name: str) -> Any:
    return build(MADE[name]()).module()


X = torch.randn(2, 5, 3)
NODES = torch.randn(3, 3)
BELOW = torch.tensor([[1, 2], [0, 0], [0, 0]])
THERE = torch.tensor([[True, True], [False, False], [False, False]])

CASES: list[tuple[str, Callable[[Any], Any], str]] = [
    ("lstm", lambda m: m(X, torch.tensor([5, -1])), "between 0 and 5, got -1 for sample 1"),
    ("lstm", lambda m: m(X, torch.tensor([6, 3])), "between 0 and 5, got 6 for sample 0"),
    ("lstm", lambda m: m(X, torch.tensor([5.0, 3.0])), "`lengths` must be .* of torch.float32"),
    ("loop", lambda m: m(X, torch.tensor([True, False])), "must be .* of torch.bool"),
    ("lstm", lambda m: m(X, torch.tensor([5])), r"`lengths` must be .* got \(1,\)"),
    ("lstm", lambda m: m(X, [5, 3]), r"got \[5, 3\], which is no tensor"),
    ("lstm", lambda m: m(X, None), "got None, which is no tensor"),
    ("lstm", lambda m: m(X.long(), torch.tensor([5, 3])), "`x` must be .* of torch.int64"),
    (
        "loop",
        lambda m: m(torch.nested.nested_tensor([X[0], X[1, :2]]), torch.tensor([5, 2])),
        "a nested tensor: x.to_padded_tensor",
    ),
    (
        "lstm",
        lambda m: m(torch.nn.utils.rnn.pack_sequence([X[0]]), torch.tensor([5])),
        "a packed sequence: pad_packed_sequence",
    ),
    ("tree", lambda m: m(NODES, BELOW.float(), THERE), "`children` must be .* of torch.float32"),
    ("tree", lambda m: m(NODES, BELOW, THERE.long()), "`present` must be .* of torch.int64"),
    ("tree", lambda m: m(NODES, BELOW + 1, THERE), "node 0 has the child 3, which is none of 3"),
    ("tree", lambda m: m(NODES, BELOW * 0, THERE), "node 0 is its own descendant: 0 → 0"),
    ("tree", lambda m: m(NODES, BELOW, THERE[:2]), "`present` must be"),
    ("root", lambda m: m(NODES, BELOW, THERE, torch.tensor([0, 3])), "of 3 nodes, got 3 at 1"),
    ("root", lambda m: m(NODES, BELOW, THERE, torch.tensor([-1])), "of 3 nodes, got -1 at 0"),
    ("root", lambda m: m(NODES, BELOW, THERE, 0), "`root` must be .* got 0, which is no tensor"),
    ("step", lambda m: m.initial_state(-1), "`batch` must be a whole number, 0 or more, got -1"),
    ("step", lambda m: m.initial_state(2.0), "`batch` must be a whole number, 0 or more, got 2.0"),
    ("step", lambda m: m.step(X[:, 0], None), "`state` must be the tuple of 1 .* got None"),
    ("step", lambda m: m.step(X[:1, 0], torch.zeros(1, 4)), r"got a tensor \(1, 4\)"),
    ("step", lambda m: m.step(X[:, 0], m.initial_state(2) * 2), "got 2 things"),
    ("step", lambda m: m.step(m.initial_state(2), X[:, 0]), "`state` must be the tuple of 1"),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "call", "said"), CASES)
def test_wrong_data_are_refused(name: str, call: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call(module(name))


def test_no_samples_and_no_steps_are_no_mistake() -> None:
    none = torch.zeros(0, dtype=torch.int64)
    assert module("lstm")(X[:0], none)[0].shape == (0, 4)
    assert module("loop")(X[:0], none).shape == (0, 5, 4)
    assert module("loop")(X[:, :0], torch.zeros(2, dtype=torch.int64)).shape == (2, 0, 4)
    assert module("lstm")(X[:, :0], torch.zeros(2, dtype=torch.int32))[0].shape == (2, 4)
    found = module("root")(NODES, BELOW, THERE, torch.tensor([0, 1], dtype=torch.int32))
    assert found.shape == (2, 4)


def test_a_stream_from_nothing_has_the_element_type_of_its_weights() -> None:
    begun = unfold(unfold_cell(op.linear(s, a), op.linear(s, s)), over=t, start=0)
    made = build(architecture(begun, name="m", sizes={**SIZES, "t": 5})).module()
    rows, last = made.double()(2)
    assert (rows.shape, last.shape, rows.dtype) == ((2, 5, 3), (2, 4), torch.float64)
