"""The specs of games: every law gets its verdict, and the networks in them build."""

from __future__ import annotations

import pytest

from backends.pytorch import build
from backends.pytorch.training.write import train
from categorical.learning.games import Game
from categorical.verdicts import Verdict
from synthesis.ladder import check
from tests.specs.parity import architectures, load

NAMES = ("gan", "wgan_gp", "conditional_gan", "distillation", "dreaming")
EVERY = [(name, which) for name in NAMES for which, a in architectures(name).items()]
STATED = [one for one in EVERY if architectures(one[0])[one[1]].laws]
BUILT = [one for one in EVERY if architectures(one[0])[one[1]].batch == "stack"]

#: Equations with an order in them (max-pool), or with an identity of functions (log ∘ softmax).
TESTED = {"the teacher stays", "the divergence and the cross-entropy have one step"}


@pytest.mark.parametrize(("name", "which"), STATED, ids=["::".join(one) for one in STATED])
def test_every_law_gets_its_verdict(name: str, which: str) -> None:
    model = architectures(name)[which]
    findings = check(model)
    assert len(findings) == len(model.laws) > 0
    for found in findings:
        if found.expected:
            assert found.verdict is Verdict.REFUTED, found
        else:
            least = (Verdict.TESTED,) if found.law in TESTED else ()
            assert found.verdict in (Verdict.PROVED, Verdict.EXACT, *least), found


@pytest.mark.parametrize(("name", "which"), BUILT, ids=["::".join(one) for one in BUILT])
def test_every_network_builds(name: str, which: str) -> None:
    model = architectures(name)[which]
    made = build(model.batched(), model.sizes, model.name)
    assert made.validation["outputs_and_states"] > 0


def test_wasserstein_is_a_dot_product_for_all_sizes() -> None:
    (found,) = check(architectures("wgan_gp")["scores"])
    assert found.verdict is Verdict.PROVED and found.scope == "all sizes"


def games(name: str) -> dict[str, Game]:
    """The games of a spec file, by variable."""
    return {k: v for k, v in vars(load(name)).items() if isinstance(v, Game)}


PLAYED = [(name, which) for name in NAMES for which in games(name)]


@pytest.mark.parametrize(("name", "which"), PLAYED, ids=["::".join(one) for one in PLAYED])
def test_every_game_trains_as_declared(name: str, which: str) -> None:
    """Its training file makes the declared step."""
    made = train(games(name)[which], module="model")
    assert made.certificate["validation"]["largest_difference"] < 1e-9
