"""R of runs as runs the other way, against the pullback of the run and against dual numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, arrow, copy, identity, iterate, op
from categorical.arrows import Arrow
from categorical.derivatives import axioms, cells, explicit, reverse, runs
from categorical.derivatives.axioms import Sides
from categorical.graph import Graph
from categorical.ops.constant import FULL
from categorical.records import Op
from categorical.recursion.folds import fold, foldr, mealy, moore, scan, unfold
from categorical.recursion.trees import rose_fold
from tests.categorical.derivatives.axiom_matrix import Case, pairing, verdict

t, u, n, a, s, v, b = Dim.named("t u n a s v b")
SIZES = {"t": 3, "u": 2, "n": 2, "a": 2, "s": 2, "v": 3, "b": 2, "node": 4, "child": 2}

plain = ((op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh).at(Real[s], Real[a])
bare = (op.tanh @ op.relu >> op.mul).at(Real[s], Real[s])


@arrow
def reading(state: Real[s], x: Real[a], memory: Real[n, a]) -> Real[s]:
    """A cell that reads a memory whole, with weights."""
    score = op.einsum(n)(memory, x)
    return op.linear(a, s)(op.einsum(a)(memory, score)) + op.tanh(state)


@arrow
def counting(
    state: Real[s], place: Fin(v), x: Fin(v), mask: Bool[()]
) -> Real[s] * Real[s] * Fin(v):
    """A cell with an index among its states and its entries."""
    seen = op.embedding(v, s)(x) * state
    kept = op.embedding(v, s)(place) + state
    return seen, op.where(op.expand(s)(mask), seen, kept), x


@arrow
def pair(x: Real[s], y: Real[s], z: Real[s]) -> Real[s] * Real[s]:
    """Two states that cross."""
    return op.tanh(x * y) + z, op.tanh(x - op.square(z))


inner = fold(bare, over=u, start=1)


@arrow
def nested(state: Real[s], rows: Real[u, s]) -> Real[s]:
    """A run in every step of a run."""
    return op.linear(s, s)(inner(rows)) * state


@arrow
def looking(state: Real[s], x: Real[s], whole: Real[t, s]) -> Real[s]:
    """A cell that sees the whole sequence at every step."""
    return x * state + op.square(op.sum(t)(whole))


looked = fold(looking, over=t, shared=1)


@arrow
def twice(start: Real[s], xs: Real[t, s]) -> Real[s]:
    """One wire is entries, shared and, summed, the start."""
    return looked(start + op.sum(t)(xs), xs, xs)


shown = op.linear(s, s).at(Real[s])
step = op.linear(s, s, bias=False) >> op.tanh
RUNS: dict[str, Arrow] = {
    "fold": fold(plain, over=t),
    "fold.started": fold(plain, over=t, start=0),
    "foldr": foldr(plain, over=t),
    "scan": scan(plain, over=t),
    "scan.reverse": scan(plain, over=t, reverse=True),
    "scan.lengths": scan(plain, over=t, lengths=True),
    "fold.lengths.reverse": foldr(plain, over=t, lengths=True),
    "bare": scan(bare, over=t),
    "shared": fold(reading, over=t, shared=1),
    "indices": mealy(counting, over=t, states=2),
    "two states": fold(pair, over=t),
    "two states, shown": scan(pair, over=t),
    "moore": moore(shown, plain, over=t),
    "unfold": unfold(shown >> copy(Real[s]) >> (op.tanh @ op.relu), over=t),
    "one wire twice": twice,
    "one state twice": copy(Real[s]) @ identity(Real[t, s]) >> fold(pair, over=t),
    "nested": fold(nested, over=t),
    "lifted": scan(plain, over=t).over(b),
    "lifted.lengths": scan(plain, over=t, lengths=True).over(b),
    "iterate.tied": iterate(step, n, weights="tied"),
    "iterate.stacked": iterate(step, n, weights="stacked"),
    "iterate.stacked affine": iterate(op.linear(s, s) >> op.tanh, n, weights="stacked"),
    "iterate.untied": iterate(op.linear(s, s) >> op.dropout(0.5) >> op.tanh, 2),
    "iterate.bare": iterate(op.square.at(Real[s]), 3),
    "iterate.own axis": iterate(op.linear(s, s).at(Real[s]) >> op.tanh, s, weights="tied"),
}

every = pytest.mark.parametrize("name", sorted(RUNS))


def names(graph: Graph) -> set[str]:
    return {node.box.name for node in graph.nodes}


@every
def test_a_run_backwards_is_the_pullback(name: str) -> None:
    """The law, in prime fields or floats; and no box of a pullback or of weights is left."""
    f = RUNS[name]
    assert verdict(axioms.record_law(f, SIZES)) in ("P", "E", "T")
    found = names(reverse(explicit(f)).graph())
    assert not found & {"pullback", "explicit"}


@every
def test_dual_numbers(name: str) -> None:
    for seed in range(3):
        case = Case(name, RUNS[name], sizes=SIZES)
        np.testing.assert_allclose(*pairing(Sides(case.arrow, SIZES), case, seed), atol=1e-8)


@every
def test_data_alone(name: str) -> None:
    """Without the weights among the inputs nothing adds up for them."""
    f = RUNS[name]
    back = reverse(f).graph()
    known = list(f.graph().resources({"n": 2}))
    read = {r.name for r in back.sources.values()}
    assert [name for name in known if name in read] == sorted(read, key=known.index)
    for node in back.nodes:
        if node.box.name == "scan" and node.box.attrs["reverse"]:
            assert node.box.attrs["states"] <= len(f.graph().inputs)


def test_states_before_each_step_are_given_once() -> None:
    """One run there, one back: the outputs and the states come from one run."""
    graph = reverse(explicit(scan(plain, over=t))).graph()
    assert [node.box.attrs["reverse"] for node in graph.nodes if node.box.name == "scan"] == [
        False,
        True,
    ]


def test_a_linear_run_keeps_no_states() -> None:
    """R of a linear cell reads no states, so no run there is left."""
    total = fold(op.add.at(Real[s], Real[s]), over=t)
    graph = reverse(total).graph()
    assert [n.box.attrs["reverse"] for n in graph.nodes if n.box.name == "scan"] == [True]


def test_what_stays_a_box() -> None:
    node, child = Dim.named("node child")
    at_node = (identity(Real[s]) @ op.sum(child).at(Real[child, s])) >> op.add
    tree = rose_fold(at_node, over=node, arity=child)
    untied = scan(plain, over=Dim("two", size=2), weights="untied")
    normed = iterate(op.layer_norm(s), n, weights="stacked")  # no contraction of its weight
    for f in (tree, untied, normed):
        assert verdict(axioms.record_law(f, SIZES)) in ("P", "E", "T")
        assert "pullback" in names(reverse(explicit(f)).graph())


@pytest.mark.parametrize("name", ["fold", "shared", "iterate.tied", "scan.lengths"])
def test_explicit_weights_of_runs(name: str) -> None:
    """The run of the closed cell is the run: weights as inputs, at the weights."""
    f = RUNS[name]
    opened = explicit(f)
    assert {n.box.name for n in opened.graph().nodes} <= {"scan", "full"}
    assert len(opened.dom) == len(f.dom) + len(f.parameters)


# --- wrong runs -----------------------------------------------------------------------------------


def test_a_run_back_in_the_same_direction_is_refuted(monkeypatch) -> None:
    def same(self, body, dom, cod, **attrs):
        return right(self, body, dom, cod, **{**attrs, "reverse": self.backwards})

    right = cells.Run.box
    monkeypatch.setattr(cells.Run, "box", same)
    assert verdict(axioms.record_law(RUNS["scan"])) == "R"


def test_states_after_a_step_for_those_before_are_refuted(monkeypatch) -> None:
    right = runs._showing_states

    def after(calc, node, run):
        found = right(calc, node, run)
        nodes = calc.builder.graph.nodes
        place = next(i for i, one in enumerate(nodes) if one.outs[-2:-1] == found)
        old = nodes[place].box.regions[0]
        late = replace(old, outputs=[*old.outputs[:-2], old.outputs[-1], old.outputs[-1]])
        nodes[place].box = replace(nodes[place].box, regions=(late,))
        return found

    monkeypatch.setattr(runs, "_showing_states", after)
    assert verdict(axioms.record_law(RUNS["fold"])) == "R"


def test_steps_past_a_length_count_when_they_are_not_masked(monkeypatch) -> None:
    def always(self):
        space = Bool[(self.given.over, *self.types[self.given.lengths].axes)]
        return self.calc.op(Op(FULL, space=space, value=True))

    monkeypatch.setattr(runs._Back, "_alive", always)
    assert verdict(axioms.record_law(RUNS["scan.lengths"])) == "R"
