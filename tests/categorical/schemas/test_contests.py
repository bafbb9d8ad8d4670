"""Contests: what edges and critics pay, against numpy; the game of them; what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from categorical import Dim, Real, op
from categorical.errors import SpecError
from categorical.learning.games import Player, game
from categorical.learning.optimisers import sgd
from categorical.learning.step import step
from categorical.records import Context
from categorical.schemas import Schema, SchemaFunctor, functor, losses
from categorical.schemas.contests import contest
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

n, c, score, batch = Dim.named("n c score batch")
EDGES = {"f": ("A", "B"), "g": ("B", "A")}
CYCLE = Schema("cycle", "A B", EDGES, {"round": "f g = 1"})
SIZES = {"n": 3, "c": 4, "score": 2, "batch": 5}


def nets() -> SchemaFunctor:
    spaces = {"A": Real[n], "B": Real[c]}
    return functor(CYCLE, spaces, {"f": op.linear(n, c) >> op.tanh, "g": op.linear(c, n)})


def softplus(x: Any) -> Any:
    return np.log1p(np.exp(x))


PAID = {
    "squares": (lambda s: (s - 1) ** 2, lambda s: (s - 1) ** 2, lambda s: s**2, 0.5),
    "logits": (lambda s: softplus(-s), lambda s: softplus(-s), softplus, 0.5),
    "wasserstein": (lambda s: -s, lambda s: -s, lambda s: s, 1.0),
}


@pytest.mark.parametrize("kind", list(PAID))
def test_what_is_paid(kind: str) -> None:
    found = contest(losses(nets(), over=batch), {"B": op.linear(c, score)}, kind)
    graph, rng = found.arrow.graph(), np.random.default_rng(0)
    weights = {
        k: rng.normal(size=tuple(axis.size.evaluate(SIZES) for axis in r.space.axes))
        for k, r in graph.resources(SIZES).items()
    }
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    pays, paid = run(graph, Context(FloatAlgebra(), SIZES), [a, b], weights).outputs

    def linear(name: str, x: Any) -> Any:
        return x @ weights[f"{name}.linear.weight"].T + weights[f"{name}.linear.bias"]

    made = np.tanh(linear("f", a))
    edge, true, false, factor = PAID[kind]
    fake, real = linear("critic_B", made), linear("critic_B", b)
    assert np.isclose(pays, np.abs(linear("g", made) - a).mean() + edge(fake).mean())
    assert np.isclose(paid, factor * (true(real).mean() + false(fake).mean()))
    if kind == "wasserstein":  # they add up to the path losses and data alone
        assert np.isclose(pays + paid, np.abs(linear("g", made) - a).mean() - real.mean())


def test_the_game_has_a_step() -> None:
    critics = {"A": op.linear(n, 1), "B": op.linear(c, 1)}
    found = contest(losses(nets(), over=batch), critics)
    assert found.edges == ("f", "g") and found.critics == ("critic_A", "critic_B")
    graph = found.arrow.graph()
    assert [graph.wire_name(w) for w in graph.inputs] == ["A", "B"]
    players = [
        Player("critics", 1, sgd(0.1), found.critics),
        Player("edges", 0, sgd(0.1), found.edges),
    ]
    made = game(found.arrow, players)
    assert {*made.owned(players[0]), *made.owned(players[1])} == set(found.arrow.parameters)
    assert len(step(made).cod) == len(found.arrow.parameters)
    with pytest.raises(SpecError, match="nobody moves"):
        game(found.arrow, players[1:])


def test_an_edge_faces_the_critic_of_its_target_alone() -> None:
    found = contest(losses(nets()), {"A": op.linear(n, 1)})
    assert found.arrow.dom == (Real[n], Real[c])  # g reads B, and its critic A
    alone = Schema("one way", "A B", {"f": ("A", "B")}, {"nothing": "f = f"})
    one = functor(alone, {"A": Real[n], "B": Real[c]}, {"f": op.linear(n, c)})
    with pytest.raises(SpecError, match="nobody faces the critic of `A`"):
        contest(losses(one), {"A": op.linear(n, 1)})


@pytest.mark.parametrize(
    ("critics", "kind", "said"),
    [
        ({"B": op.linear(n, 1)}, "squares", "does not read what goes to `B`"),
        ({"C": op.linear(n, 1)}, "squares", "does not read what goes to `C`"),
        ({"B": op.linear(c, 1)}, "hinge", "of the kind 'hinge'"),
    ],
)
def test_contests_that_are_none(critics: dict[str, Any], kind: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        contest(losses(nets()), critics, kind)
    assert caught.value.code in ("CM042", "CM054") and caught.value.help
