"""The rungs agree on random architectures: a stronger verdict never contradicts a weaker rung."""

from __future__ import annotations

from collections import Counter

import pytest

from categorical import Dim, laws
from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.groups import Cyclic, Symmetric
from synthesis.exact import interpret
from synthesis.numeric import Trial, attempt
from synthesis.structural import prove
from tests.proofs.graphs import random_graph

n, c = Dim.named("n c")
SIZES = {"n": 4, "c": 3, "d": 2}
LAWS = {
    "equivariant": laws.equivariant(under=Symmetric(n)),
    "shifts": laws.equivariant(under=Cyclic(n)),
    "causal": laws.causal(n),
    "per sample": laws.per_sample(n),
    "linear": laws.linear("x"),
    "bounded": laws.bounded(0, 1),
    "low": laws.bounded(low=0),
}


def statable(law: laws.Law, graph: Graph) -> bool:
    try:
        law.boundary(graph)
    except SpecError:
        return False
    return True


def floats_fail(law: laws.Law, graph: Graph, seed: int) -> bool:
    return any(
        attempt(law, graph, Trial(SIZES, "eval", scale, seed + k)).failure is not None
        for k, scale in enumerate((1.0, 1.0, 1e-2, 1e2))
    )


@pytest.mark.parametrize("name", LAWS)
def test_rungs_agree(name: str) -> None:
    law, seen = LAWS[name], Counter[str]()
    for seed in range(1500):
        graph = random_graph(seed, length=3 + seed % 5)
        if not statable(law, graph):
            continue
        seen["graphs"] += 1
        if seen["graphs"] > 80:
            break
        proved = prove(law, graph, ("eval",), "").proved
        exact = interpret(law, graph, SIZES, "eval", seed)
        failed = floats_fail(law, graph, seed)
        seen["proved"] += proved
        seen["exact"] += exact.agrees
        seen["failed"] += failed
        if proved:
            assert not failed, (seed, "proved, but floats differ")
            assert exact.agrees or exact.outside or not exact.certified, seed
        if exact.agrees and not exact.ordered:
            assert not failed, (seed, "exact, but floats differ")
        if not exact.agrees and not exact.outside and exact.certified:
            assert not proved, (seed, "proved, but certified to fail")
    assert seen["failed"] >= 3, seen  # the comparison saw both outcomes
    assert seen["proved"] + seen["exact"] >= 3, seen
