"""Learning: losses, rates and optimisers as parametric lenses, learners and games.

Definition.  ``learner(model, loss, optimiser)`` and ``game(arrow, players)`` declare a training
procedure; ``step`` is one step of it as a closed arrow, and ``commute build --train`` writes it.

>>> from categorical import Dim, Real, op
>>> n, k = Dim.named("n k")
>>> model = op.linear(n, k).named("line")
>>> learner(model, losses.mean_squared_error(Real[k]), optimisers.sgd(0.1))
game `line_training`: line moves 2 weights

>>> learner(model, losses.mean_squared_error(Real[n]), optimisers.sgd(0.1))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM057]: `mean_squared_error` does not score what `line` makes
...
"""

from categorical.learning import losses, optimisers, rates
from categorical.learning.composite import closed, closed_law
from categorical.learning.distillation import blocks, distil, match, replace
from categorical.learning.dreaming import dream
from categorical.learning.games import Game, Player, game, learner
from categorical.learning.regime import Regime
from categorical.learning.step import moves, step

__all__ = [
    "Game",
    "Player",
    "Regime",
    "blocks",
    "closed",
    "closed_law",
    "distil",
    "dream",
    "game",
    "learner",
    "losses",
    "match",
    "moves",
    "optimisers",
    "rates",
    "replace",
    "step",
]
