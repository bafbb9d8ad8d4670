"""Derivations by hand: their verdicts, and records with a slip that they refute."""

from __future__ import annotations

import json

import numpy as np
import pytest

from categorical.derivatives import records
from categorical.derivatives.axioms import Sides
from categorical.verdicts import Verdict
from proofs.certificate import canonical
from proofs.checker import check as recheck
from synthesis import assignments
from synthesis.ladder import check
from tests.categorical.derivatives.axiom_matrix import Case, pairing, silent
from tests.specs.parity import architectures, load

DERIVATIVES = architectures("reverse_derivatives")
#: What no normal form shows: a tape, an induction for two runs, and zeros of a sign.
NOT_PROVED = {
    ("gradients", "records = one tape"),
    ("halves", "the two halves are x"),
    ("back_through_halves_at_0", "0 at 0"),
    ("through_time", "one tape"),
}


@pytest.mark.parametrize("name", sorted(DERIVATIVES))
def test_verdicts(name: str) -> None:
    for found in check(DERIVATIVES[name]):
        if found.expected:
            assert found.verdict is Verdict.REFUTED and found.counterexample, found
        elif (name, found.law) in NOT_PROVED:
            assert found.verdict is Verdict.EXACT, found
        else:
            assert found.verdict is Verdict.PROVED and found.scope == "all sizes", found
            report = recheck(canonical(json.loads(json.dumps(found.certificate))) + "\n")
            assert report.ok, report.errors


def test_the_counterexample_of_the_two_halves_is_0() -> None:
    """Two functions that are one have different derivatives at 0 alone."""
    (found,) = check(DERIVATIVES["back_through_halves"])
    assert found.counterexample is not None and "0" in found.counterexample.source


SLIPS = {
    "tanh": lambda calc, node, box, g: [calc.mul(g, node.outs[0])],
    "softmax": lambda calc, node, box, g: [calc.mul(node.outs[0], g)],
    "einsum": lambda calc, node, box, g: [
        calc.contracted(one, g, *node.ins[i + 1 :]) for i, one in enumerate(box.dom)
    ],
    "relu": lambda calc, node, box, g: [g],
}
SHOWN = {
    "tanh": ("gradients", "backpropagation by hand"),
    "softmax": ("softmax", "by hand"),
    "einsum": ("attended", "by hand"),
    "relu": ("back_through_halves_at_0", "0 at 0"),
}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_slip_in_a_record_is_refuted(name: str, monkeypatch) -> None:
    architecture, law = SHOWN[name]
    monkeypatch.setitem(records.RECORDS, name, SLIPS[name])
    again = load.__wrapped__("reverse_derivatives")  # the file once more, with the slip
    (found,) = check(getattr(again, architecture), only=law)
    assert found.verdict is Verdict.REFUTED, found


# --- the other specs ------------------------------------------------------------------------------

NETWORKS = (
    "self_attention",
    "transformer_block",
    "lstm",
    "selective_scan",
    "tree_lstm",
    "graph_convolution",
    "digits_cnn",
    "steerable_cnn",
    "mixture_of_experts",
    "invariant_graph_network",
)


@pytest.mark.parametrize("name", NETWORKS)
def test_derivatives_of_published_networks(name: str) -> None:
    """⟨R[f](a, b), v⟩ = ⟨b, D[f](a) v⟩ for each architecture of a spec, weights being inputs."""
    found = 0
    for title, architecture in architectures(name).items():
        graph = architecture.graph
        sizes = {d: 2 for d in graph.dims} | {d: s for d, s in architecture.sizes.items() if s < 9}
        if not all(one.holds(sizes) for one in graph.conditions()):
            sizes = assignments.plan([graph], (), 1)[0]
        sides = Sides(architecture.arrow, sizes)
        if silent(sides):
            continue
        left, right = pairing(sides, Case(title, architecture.arrow, sizes=sizes))
        assert np.isclose(left, right, rtol=1e-7, atol=1e-7) and abs(left) > 1e-9, title
        found += 1
    assert found
