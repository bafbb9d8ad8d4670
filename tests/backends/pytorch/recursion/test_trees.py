"""Tree folds in generated code: validated, planned elsewhere, refused where there is a cycle."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.loader import load_source
from categorical import (
    Bool,
    Complex,
    Dim,
    Fin,
    Real,
    SpecError,
    architecture,
    arrow,
    identity,
    iterate,
    op,
    tie,
)
from categorical.functors import stack
from categorical.recursion import (
    binary,
    fold,
    leaf_labelled,
    node_labelled,
    rooted,
    rose_fold,
    tree_fold,
)

node = Dim("node", varies=True)
child, a, s, q, word = Dim.named("child a s q word")
SIZES = {"a": 3, "s": 4}


@arrow
def cell(x: Real[a], below: Real[child, s]) -> Real[s]:
    into = op.linear(a, s, name="into")(x)
    return op.tanh(into + op.linear(s, s, bias=False, name="up")(op.sum(child)(below)))


@arrow
def two_states(
    x: Real[a], h: Real[child, s], c: Real[child, a], there: Bool[child]
) -> Real[s] * Real[a]:
    mask = op.transpose(child, s)(op.expand(s)(there))
    mean = op.mean(child, masked=True)(h, mask)
    return op.linear(a, s, name="into")(x) * mean, op.sigmoid(x) + op.sum(child)(c)


@arrow
def vote(below: Fin(q)[child], there: Bool[child]) -> Fin(q)[()]:
    votes = op.one_hot(q)(below) * op.transpose(child, q)(op.expand(q)(op.indicator(there)))
    return op.argmax(q)(op.sum(child)(votes))


@arrow
def looked_up(x: Fin(word)[()], below: Real[child, s]) -> Real[s]:
    return op.embedding(word, s, name="table")(x) + op.tanh(op.sum(child)(below))


@arrow
def pair(left: Real[s], right: Real[s]) -> Real[s]:
    return op.linear(s, s, name="one")(left) - op.tanh(right)


turn = op.sum(child).at(Complex[child, s]) >> op.scale(0.5)

FOLDS = {
    "rose": rose_fold(cell, over=node, arity=child),
    "leaves": tree_fold(op.linear(a, s), cell, over=node, arity=child),
    "start": node_labelled(op.parameter(Real[s], name="start"), cell, over=node, arity=child),
    "binary": leaf_labelled(op.linear(a, s), binary(pair), over=node, arity=2),
    "two states": rose_fold(two_states, over=node, arity=child),
    "automaton": leaf_labelled(identity(Fin(q)[()]), vote, over=node, arity=child),
    "table": rose_fold(looked_up, over=node, arity=child),
    "complex": leaf_labelled(identity(Complex[s]), turn, over=node, arity=child),
    "no weights": rose_fold(op.sum(child).at(Real[child, s]) >> op.tanh, over=node, arity=child),
}
EVERY = {**SIZES, "q": 3, "word": 5}


def sizes_of(arrow_: Any) -> dict[str, int]:
    return {k: v for k, v in EVERY.items() if k in arrow_.graph().dims}


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("name", FOLDS)
def test_a_fold_is_validated(name: str, batched: bool) -> None:
    """Values, gradients, both modes; a batch of forests of one size too."""
    one = stack(FOLDS[name], Dim("batch")) if batched else FOLDS[name]
    made = build(one, sizes_of(one), "net")
    assert made.contract.startswith("data-scheduled")
    assert made.validation["outputs_and_states"] > 0
    again = build(one, sizes_of(one), "net", validate=False)
    assert made.source == again.source


def test_a_wrong_schedule_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin: children in another order than the levels below."""
    from backends.pytorch.recursion import trees

    wrong = trees.SCHEDULE.replace("read.split(counts)", "read.flip(0).split(counts)")
    assert wrong != trees.SCHEDULE
    monkeypatch.setattr(trees, "SCHEDULE", wrong)
    with pytest.raises(SpecError, match="disagrees with the spec"):
        build(FOLDS["binary"], sizes_of(FOLDS["binary"]), "net")


@arrow
def inner(
    x: Real[node, a], children: Fin(node)[node, child], present: Bool[node, child]
) -> Real[node, s]:
    return rose_fold(cell, over=node, arity=child)(x, children, present)


@arrow
def up_and_up(
    x: Real[node, a],
    children: Fin(node)[node, child],
    present: Bool[node, child],
    root: Fin(node)[()],
) -> Real[s]:
    """Two folds over one forest, one in a part, and the root of the second."""
    first = inner(x, children, present)
    again = op.linear(s, a, name="again")(first)
    second = rooted(rose_fold(cell, over=node, arity=child, name="second"), node)
    return second(again, children, present, root)


def module_of(arrow_: Any, **sizes: int) -> tuple[Any, Any]:
    made = build(arrow_, sizes, "net")
    space = load_source(made.source, made.module_name)
    torch.manual_seed(0)
    return space, getattr(space, made.class_name)().double()


def sample() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(1)
    children = torch.tensor([[1, 2], [0, 0], [4, 3], [0, 0], [0, 0]])
    present = torch.tensor([[1, 1], [0, 0], [1, 1], [0, 0], [0, 0]], dtype=torch.bool)
    return torch.randn(5, 3, dtype=torch.float64), children, present


def test_a_schedule_may_be_made_elsewhere() -> None:
    space, module = module_of(up_and_up, **SIZES)
    x, children, present = sample()
    root = torch.tensor(0)
    plan = space.schedule(children, present)
    found = module(x, children, present, root, plan=plan)
    torch.testing.assert_close(found, module(x, children, present, root))
    assert sorted(k for k, _ in module.named_parameters()) == sorted(
        build(up_and_up, SIZES, "net", validate=False).parameters.values()
    )


def test_architectures_may_nest_and_union(tmp_path: Path) -> None:
    one = architecture(up_and_up, sizes=SIZES, batch="union")
    made = build(one)
    assert "plan: Schedule | None = None" in made.source and "plan: Schedule)" in made.source
    made.write(tmp_path / "model.py")
    found = subprocess.run(
        [sys.executable, str(tmp_path / "model.py"), "--selftest"], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    assert "export: not run, the schedule depends on the data" in found.stdout


def test_arrays_that_are_no_forest_are_refused() -> None:
    _, module = module_of(FOLDS["rose"], **SIZES)
    x, children, present = sample()
    children[4], present[4, 1] = torch.tensor([0, 2]), True
    with pytest.raises(ValueError, match="node 2 is its own descendant: 2 → 4 → 2"):
        module(x, children, present)
    children[4, 1] = 5
    with pytest.raises(ValueError, match="node 4 has the child 5, which is none of 5 nodes"):
        module(x, children, present)
    with pytest.raises(ValueError, match="`present` must be Bool"):
        module(x, children, present.long())


def test_numbers_of_absent_children_are_not_read() -> None:
    _, module = module_of(FOLDS["rose"], **SIZES)
    x, children, present = sample()
    other = children.masked_fill(~present, -7)
    torch.testing.assert_close(module(x, other, present), module(x, children, present))


def test_an_empty_forest_has_no_states() -> None:
    for name in ("rose", "leaves", "start"):
        _, module = module_of(FOLDS[name], **SIZES)
        empty = torch.zeros(0, 2, dtype=torch.int64)
        found = module(torch.zeros(0, 3, dtype=torch.float64), empty, empty.bool())
        assert found.shape == (0, 4)


def test_gradients_twice_and_in_single_precision() -> None:
    _, module = module_of(FOLDS["leaves"], **SIZES)
    x, children, present = sample()
    x.requires_grad_()
    assert torch.autograd.gradgradcheck(lambda y: module(y, children, present), (x,))
    low = copy.deepcopy(module).float()
    found = low(x.float(), children, present)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), module(x, children, present), atol=1e-5, rtol=1e-5)


@arrow
def thinned(
    x: Real[node, a],
    children: Fin(node)[node, child],
    present: Bool[node, child],
    keep: Bool[node, child],
) -> Real[node, s]:
    """Some subtrees are left out: fewer children are a forest still."""
    return rose_fold(cell, over=node, arity=child)(x, children, op.logical_and(keep, present))


def test_a_forest_may_lose_subtrees() -> None:
    made = build(thinned, SIZES, "net")
    assert "plan: Schedule | None" not in made.source  # the schedule is made inside


def test_one_fold_twice_over_one_forest() -> None:
    again = rose_fold(
        (op.linear(s, s) @ op.sum(child).at(Real[child, s])) >> op.add, over=node, arity=child
    )
    shared = tie(again.at(Real[node, s], Fin(node)[node, child], Bool[node, child]))

    @arrow
    def twice(
        x: Real[node, s], children: Fin(node)[node, child], present: Bool[node, child]
    ) -> Real[node, s]:
        return shared(shared(x, children, present), children, present)

    made = build(twice, {"s": 4}, "net")
    assert [one.split(".node.")[1] for one in made.parameters] == ["linear.weight", "linear.bias"]
    assert made.source.count("schedule(children, present)") == 1
    assert any(line.startswith("trees: 2 × one call of the cell") for line in made.derivation)


def test_cells_with_bodies_of_their_own() -> None:
    t = Dim("t")
    run = fold((op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh, over=t, start=0)
    steps = iterate(op.linear(s, s) >> op.tanh, 2, weights="stacked")

    @arrow
    def deep(x: Real[t, a], below: Real[child, s]) -> Real[s]:
        return steps(run(x) + op.sum(child)(below))

    made = build(rose_fold(deep, over=node, arity=child), {**SIZES, "t": 3}, "net")
    assert made.contract.startswith("data-scheduled")
