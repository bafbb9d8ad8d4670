"""The equations of a fold hold for folds, and for nothing that only looks like one."""

from __future__ import annotations

import pytest

from categorical import Bool, Dim, Fin, Real, SpecError, arrow, laws, op
from categorical.architecture import architecture
from categorical.groups import Symmetric
from categorical.recursion import leaf_labelled, node_labelled, rose_fold, tree_fold
from categorical.recursion.forests import cycle
from categorical.recursion.tree_laws import again
from categorical.verdicts import Verdict
from synthesis import check
from synthesis.numeric import Trial, attempt, draw_point
from synthesis.runner import CORNERS
from synthesis.shrink import shrink

node, child = Dim("node", varies=True), Dim("child")
a, s = Dim.named("a s")


@arrow
def cell(x: Real[a], below: Real[child, s]) -> Real[s]:
    into = op.linear(a, s, name="into")(x)
    return op.tanh(into + op.linear(s, s, bias=False, name="up")(op.sum(child)(below)))


@arrow
def told_apart(x: Real[a], below: Real[child, s]) -> Real[s]:
    weight = op.parameter(Real[child, s], name="weight")()
    return op.linear(a, s, name="into")(x) + op.sum(child)(weight * below)


FOLDS = {
    "rose": rose_fold(cell, over=node, arity=child),
    "leaves apart": tree_fold(op.linear(a, s), cell, over=node, arity=child),
    "labelled leaves": leaf_labelled(
        op.linear(a, s),
        op.sum(child).at(Real[child, s]) >> op.linear(s, s) >> op.sigmoid,
        over=node,
        arity=child,
    ),
    "labelled nodes": node_labelled(
        op.parameter(Real[s], name="start"), cell, over=node, arity=child
    ),
}


def verdict(arrow_, law) -> Verdict:
    return check(architecture(arrow_, name="net", laws=[law]))[0].verdict


@pytest.mark.parametrize("name", FOLDS)
def test_a_fold_satisfies_its_equations(name: str) -> None:
    fold = FOLDS[name]
    assert set(again(fold).parameters) == set(fold.parameters)
    assert verdict(fold, laws.equal(again(fold))) is Verdict.PROVED


def test_one_step_on_other_states_is_no_fold() -> None:
    """The broken twin: states that are cut off at height one satisfy no equations."""
    fold = FOLDS["rose"]

    @arrow
    def cut(
        x: Real[node, a], children: Fin(node)[node, child], present: Bool[node, child]
    ) -> Real[node, s]:
        return op.scale(2)(fold(x, children, present))

    assert verdict(cut, laws.equal(again(fold))) is Verdict.REFUTED


@pytest.mark.parametrize("name", FOLDS)
def test_numbers_of_nodes_mean_nothing(name: str) -> None:
    assert verdict(FOLDS[name], laws.equivariant(under=Symmetric(node))) in (
        Verdict.PROVED,
        Verdict.EXACT,
    )


def test_the_order_of_children_means_nothing_to_a_symmetric_cell() -> None:
    symmetric = laws.invariant(under=Symmetric(child))
    assert verdict(FOLDS["rose"], symmetric) in (Verdict.PROVED, Verdict.EXACT)
    other = rose_fold(told_apart, over=node, arity=child)
    assert verdict(other, symmetric) is Verdict.REFUTED


def test_only_a_fold_has_equations() -> None:
    with pytest.raises(SpecError, match="is no fold over trees"):
        again(cell)


def test_counterexamples_are_forests() -> None:
    """Drawn or made smaller, in every corner: the arrays that a law is tried on are forests."""
    graph = rose_fold(told_apart, over=node, arity=child).graph()
    law = laws.invariant(under=Symmetric(child))
    sizes = {"node": 4, "child": 3, "a": 1, "s": 1}
    trials = [
        Trial(sizes, "eval", 1.0, seed, corner=k) for seed in range(9) for k in ("", *CORNERS)
    ]
    failures = []
    for trial in trials:
        _, children, present = draw_point(graph, trial).inputs
        assert not cycle(children, present)
        failure = attempt(law, graph, trial).failure
        failures += [] if failure is None else [failure]
    for failure in failures[:3]:
        _, children, present = shrink(law, (graph,), failure).point.inputs
        assert not cycle(children, present)
        assert present.any()
    assert len(failures) >= 3
