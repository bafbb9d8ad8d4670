"""The zoo: every planted bug is caught and shown, no correct architecture is accused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from categorical.laws import Count
from categorical.verdicts import Verdict
from synthesis import numeric
from synthesis.assignments import plan
from synthesis.ladder import check
from synthesis.runner import modal
from tests.synthesis.zoo import BROKEN, CORRECT


@pytest.mark.parametrize("name", BROKEN)
def test_every_planted_bug_is_refuted(name: str) -> None:
    for finding in check(BROKEN[name]):
        assert finding.verdict is Verdict.REFUTED
        assert not finding.passed


@pytest.mark.parametrize("name", BROKEN)
def test_every_counterexample_evaluates_again(name: str) -> None:
    architecture = BROKEN[name]
    for finding in check(architecture):
        example = finding.counterexample
        assert example is not None
        scope: dict[str, Any] = {}
        exec(example.source, scope)  # it asserts that the law does not hold there
        found = scope["found"]
        assert not found.holds
        assert found.error >= 0
        if example.wire:
            assert found.wire == example.wire
        assert example.replay.startswith("commute check tests/synthesis/zoo.py --arch ")


@pytest.mark.parametrize("name", BROKEN)
def test_the_replay_line_finds_the_same_counterexample(name: str) -> None:
    for finding in check(BROKEN[name]):
        assert finding.counterexample is not None
        seed = int(finding.counterexample.replay.split()[-1])
        (again,) = check(BROKEN[name], only=finding.law, seed=seed)
        assert again.counterexample == finding.counterexample


@pytest.mark.parametrize("name", BROKEN)
def test_counterexamples_are_small(name: str) -> None:
    for finding in check(BROKEN[name]):
        assert finding.counterexample is not None
        largest = 22 if "twenty" in name else 3
        assert max(finding.counterexample.sizes.values(), default=0) <= largest
        assert len(finding.counterexample.source) < 900


@pytest.mark.parametrize("name", BROKEN)
def test_floats_alone_catch_every_bug(name: str) -> None:
    """The policy does not lean on the exact rung: it finds the bugs by itself."""
    architecture = BROKEN[name]
    law, graph = architecture.laws[0], architecture.graph
    if isinstance(law, Count):
        pytest.skip("a count has no examples")
    graphs = [graph, *([law.other.graph()] if hasattr(law, "other") else [])]
    sizes = plan(graphs, [d.name for d in graph.dom[0].atoms], seed=3)
    for seed in range(10):
        assert any(
            numeric.attempt(law, graph, trial).failure is not None
            for trial in numeric.trials(sizes, law.modes, seed, graph)
        )


@pytest.mark.parametrize("name", CORRECT)
def test_correct_architectures_pass(name: str) -> None:
    for finding in check(CORRECT[name]):
        assert finding.verdict in (Verdict.PROVED, Verdict.EXACT, Verdict.TESTED)
        assert not any("disagrees" in warning for warning in finding.warnings)


@pytest.mark.parametrize("name", CORRECT)
def test_floats_accuse_no_correct_architecture(name: str) -> None:
    architecture = CORRECT[name]
    graph = architecture.graph
    for law in architecture.laws:
        graphs = [graph, *([law.other.graph()] if hasattr(law, "other") else [])]
        sizes = plan(graphs, (), seed=3)
        modes = law.modes if modal(graphs) else law.modes[:1]
        instances = 0
        for seed in range(50):
            rng = np.random.default_rng(seed)
            one = sizes[int(rng.integers(len(sizes)))]
            scale = float(rng.choice(numeric.MAGNITUDES))
            mode = modes[seed % len(modes)]
            outcome = numeric.attempt(law, graph, numeric.Trial(one, mode, scale, seed))
            assert outcome.failure is None, (law.name, one, mode, scale, seed)
            instances += outcome.instances
        assert instances >= 10


@pytest.mark.parametrize("name", CORRECT)
def test_no_seed_accuses_a_correct_architecture(name: str) -> None:
    for seed in range(5):
        for finding in check(CORRECT[name], seed=seed):
            assert finding.verdict in (Verdict.PROVED, Verdict.EXACT, Verdict.TESTED), seed
