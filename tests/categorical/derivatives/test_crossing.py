"""Arrows whose numbers reach their outputs as indices and masks alone."""

from __future__ import annotations

import pytest

from categorical import Bool, Dim, Fin, Real, SpecError, arrow, discard, op
from categorical.derivatives import explicit, gradient, pullback, reverse
from categorical.derivatives.crossing import crossed
from categorical.learning.games import Player, game
from categorical.learning.optimisers import descent
from categorical.normal import inline

n, c, h = Dim.named("n c h")


@arrow
def picked(x: Real[n, c]) -> Real:
    """How many entries are the largest: a loss of choices."""
    return op.sum(n, c)(op.one_hot(c)(op.argmax(c)(x)))


@arrow
def above(x: Real[n], y: Real[n]) -> Real:
    """The share of entries that are above others."""
    return op.mean(n)(op.indicator(op.less(x, y)))


@arrow
def hinge(x: Real[n], y: Real[n]) -> Real:
    """A mask and the numbers it chooses of: something comes back."""
    return op.sum(n)(op.where(op.less(x, y), y - x, op.zeros(Real[n])()))


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (op.argmax(n), "argmax"),
        (op.less.at(Real[n], Real[n]), "less"),
        (picked, "argmax"),
        (picked.named("part") >> op.square, "part.argmax"),
        (above, "less"),
        (explicit(op.linear(n, c) >> op.argmax(c)), "argmax"),
    ],
    ids=lambda one: one if isinstance(one, str) else one.label(),
)
def test_nothing_comes_back(f, name: str) -> None:
    with pytest.raises(SpecError, match=f"nothing comes back through `{name}`"):
        reverse(f)
    with pytest.raises(SpecError, match=r"CM05[56]"):
        gradient(f)
    with pytest.raises(SpecError, match="CM055"):
        pullback(f)


@pytest.mark.parametrize(
    "f",
    [
        hinge,
        op.sign.at(Real[n]),
        op.full_like(1).at(Real[n]),
        op.embedding(n, c).at(Fin(n)[h]),
        op.one_hot(n).at(Fin(n)[h]),
        op.indicator.at(Bool[n]),
        discard(Real[n]),
        op.max(n).at(Real[n, c]),
    ],
    ids=lambda one: one.label(),
)
def test_what_has_a_derivative(f) -> None:
    """Flat functions have one, and what reads no numbers has nothing to give back."""
    graph = inline(f.graph())
    assert crossed(graph, graph.inputs) is None
    reverse(f)


def test_the_box_that_is_named_counts() -> None:
    """A choice that no output depends on is not the reason."""

    @arrow
    def two(x: Real[n, c], y: Real[n]) -> Real:
        op.argmax(c)(x)
        return op.sum(n)(op.indicator(op.less(y, op.max(c)(x))))

    with pytest.raises(SpecError, match="through `less`"):
        reverse(two)


# --- games ----------------------------------------------------------------------------------------

chooser = (op.linear(c, h) >> op.argmax(h) >> op.one_hot(h)).named("chooser")
weigher = (op.linear(c, h) >> op.softmax(h)).named("weigher")


def test_a_player_whose_choices_are_indices_has_no_game() -> None:
    optimiser = descent(0.1)
    hard, soft = chooser >> op.square >> op.sum(h), weigher >> op.square >> op.sum(h)
    with pytest.raises(SpecError, match=r"CM055.*nothing comes back through `chooser\.argmax`"):
        game(hard, [Player("chooser", 0, optimiser)])
    assert game(soft, [Player("weigher", 0, optimiser)]).owned


def test_each_player_by_itself() -> None:
    """What one player moves comes back, what the other moves does not."""
    both = (chooser @ weigher) >> op.mul >> op.sum(h)
    players = [Player("chooser", 0, descent(0.1)), Player("weigher", 0, descent(0.1))]
    with pytest.raises(SpecError, match=r"chooser\.argmax"):
        game(both, players)
    assert game(both, players[1:], frozen=("chooser",)).frozen
