"""Small learners and games that the tests of generated training share."""

from __future__ import annotations

from categorical import Dim, Fin, Real, arrow, op, tie
from categorical.arrows import Arrow
from categorical.derivatives import pullback
from categorical.functors import stack
from categorical.learning.games import Game, Player, game, learner
from categorical.learning.losses import cross_entropy, divergence, mean_squared_error
from categorical.learning.optimisers import Optimiser, ascent, descent, sgd
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.regime import PLAIN, Regime

batch, c, h, k, z, n = Dim.named("batch c h k z n")
SIZES = dict(c=3, h=4, k=2, z=2)


def sizes(one: Arrow) -> dict[str, int]:
    """The sizes of what an arrow has."""
    return {symbol: SIZES[symbol] for symbol in one.graph().dims if symbol in SIZES}


@arrow
def network(x: Real[c]) -> Real[k]:
    """Two layers, and dropout between them."""
    return op.linear(h, k)(op.dropout(0.5)(op.tanh(op.linear(c, h)(x))))


@arrow
def painter(noise: Real[z]) -> Real[c]:
    return op.linear(h, c)(op.tanh(op.linear(z, h)(noise)))


@arrow
def critic(image: Real[c]) -> Real:
    return op.squeeze()(op.linear(h, 1)(op.tanh(op.linear(c, h)(image))))


paint = tie(stack(painter, batch).named("painter"))
judge = tie(stack(critic, batch).named("critic"))
mean = op.mean(batch)


def regression(optimiser: Optimiser | None = None, regime: Regime = PLAIN) -> Game:
    return learner(
        network,
        mean_squared_error(Real[k]),
        optimiser or sgd(0.1),
        sizes=sizes(network),
        regime=regime,
    )


def classification(optimiser: Optimiser | None = None, regime: Regime = PLAIN) -> Game:
    return learner(
        network,
        cross_entropy(Real[k]),
        optimiser or adam(0.01),
        sizes=sizes(network),
        regime=regime,
    )


@arrow
def opposed(real: Real[batch, c], noise: Real[batch, z]) -> tuple[Real, Real]:
    """The critic tells real from painted, the painter follows."""
    painted = mean(judge(paint(noise)))
    return painted - mean(judge(real)), -painted


@arrow
def minimax(real: Real[batch, c], noise: Real[batch, z]) -> Real:
    return mean(judge(paint(noise))) - mean(judge(real))


@arrow
def penalised(real: Real[batch, c], noise: Real[batch, z], mix: Real[batch]) -> tuple[Real, Real]:
    """With a penalty on the slope of the critic between the two."""
    made = paint(noise)
    between = made + op.transpose(batch, c)(op.expand(c)(mix)) * (real - made)
    slope = pullback(judge)(between, op.full_like(1.0)(mix))
    length = op.sqrt(op.sum(c)(op.square(slope)) + 1e-6)
    painted = mean(judge(made))
    return painted - mean(judge(real)) + mean(op.square(length - 1)), -painted


def contest(
    losses=opposed,
    order: str = "alternating",
    moves: int = 1,
    by: Optimiser | None = None,
    regime: Regime = PLAIN,
    painter_first: bool = False,
) -> Game:
    """The game of critic and painter."""
    one = by or descent(0.1)
    last = len(losses.cod) - 1
    players = [
        Player("critic", 0, one, moves=moves),
        Player("painter", last, one if last else ascent(0.1)),
    ]
    return game(
        losses,
        players[::-1] if painter_first else players,
        order=order,
        sizes=sizes(losses),
        regime=regime,
        draws={"noise": "normal", **({"mix": "uniform"} if len(losses.dom) == 3 else {})},
    )


model = stack(network, batch).named("network")
teacher = stack(network, batch).named("teacher")


@arrow
def dreamed(image: Real[batch, c], wanted: Fin(k)[batch]) -> Real:
    """How little the model thinks that an image is of a class."""
    scores = model(image)
    return mean(op.logsumexp(k)(scores) - op.gather(k)(scores, wanted))


def dream(optimiser: Optimiser | None = None, regime: Regime = PLAIN) -> Game:
    """The image moves, and the model stays."""
    player = Player("dreamer", 0, optimiser or sgd(0.5), owns=("image",))
    return game(dreamed, [player], frozen=("network",), sizes=sizes(dreamed), regime=regime)


@arrow
def distilled(x: Real[batch, c]) -> Real:
    """A student after a teacher."""
    return mean(stack(divergence(Real[k], temperature=2.0), batch)(model(x), teacher(x)))


def distil() -> Game:
    player = Player("student", 0, adam(0.01), owns=("network",))
    return game(distilled, [player], frozen=("teacher",), sizes=sizes(distilled))
