"""The reference of a training file: rounds of a game by the interpreter, in float64.

Definition.  ``Reference(game).round`` is one application of the arrow ``step(game)``.  Where the
regime clips gradients, the same lenses are composed by hand, the gradient of a player scaled down
to the norm between R and the optimiser, as ``clip_grad_norm_`` does.

Laws.  Without clipping, the composition by hand is the arrow.

>>> from categorical import Dim, Real, op
>>> from categorical.learning.games import learner
>>> from categorical.learning.losses import mean_squared_error
>>> from categorical.learning.optimisers import sgd
>>> c = Dim("c")
>>> model = op.scale(1.0) >> op.linear(c, 1, bias=False).named("line")
>>> one = learner(model, mean_squared_error(Real[1]), sgd(0.5), sizes=dict(c=1, batch=1))
>>> reference, unit = Reference(one), np.ones((1, 1))
>>> path, = one.weights
>>> data = dict(zip(one.data, (unit, 3 * unit)))
>>> reference.round(reference.start(), {path: unit}, data, {})[1][path]
array([[3.]])
>>> reference.by_hand(reference.start(), {path: unit}, data, {})[1][path]
array([[3.]])

A round needs all weights:

>>> reference.round(reference.start(), {}, data, {})
Traceback (most recent call last):
...
KeyError: 'model.line.linear.weight'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from categorical.arrows import Arrow
from categorical.derivatives.explicit import opened
from categorical.graph import Graph
from categorical.learning.games import Game, Player
from categorical.learning.step import gradients, slots, step, turns
from categorical.records import TRAIN, Box, Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

Values = dict[str, np.ndarray]
States = dict[tuple[str, str], np.ndarray]
_LEAST = 1e-6  # what torch adds to the norm before it divides by it


class Reference:
    """See the module."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.context = Context(FloatAlgebra(), dict(game.sizes), TRAIN)
        self._backs: dict[str, Graph] = {}

    @cached_property
    def _step(self) -> Graph:
        return step(self.game).graph()

    def start(self) -> States:
        """The states before the first round."""
        parts = {
            (path, part.name): part.start
            for one in self.game.players
            for path in self.game.owned(one)
            for part in one.optimiser.states
        }
        return {
            (s.path, s.part): np.full(self.context.shape(s.space), parts[s.path, s.part])
            for s in slots(self.game)
        }

    def round(
        self, state: States, weights: Values, data: Values, noise: Mapping[str, np.ndarray]
    ) -> tuple[States, Values]:
        """The states and weights after one round."""
        if self.game.regime.clip is not None:
            return self.by_hand(state, weights, data, noise)
        inputs = [*state.values(), *(weights[p] for p in self.game.weights)]
        inputs += [data[x] for x in self.game.data]
        found = run(self._step, self.context, inputs, noise).outputs
        count = len(state)
        return dict(zip(state, found[:count])), dict(zip(self.game.weights, found[count:]))

    def by_hand(
        self,
        state: States,
        weights: Values,
        data: Values,
        noise: Mapping[str, np.ndarray],
        order: Sequence[tuple[str, ...]] | None = None,
    ) -> tuple[States, Values]:
        """The same, lens by lens, with gradients clipped as the regime says; ``order`` is another
        order of play."""
        players = {one.name: one for one in self.game.players}
        for turn in turns(self.game) if order is None else order:
            new_state, new = dict(state), dict(weights)
            for name in turn:
                player = players[name]
                back = self._backs.setdefault(name, gradients(self.game, player))
                looked = self._looked(player, state, weights)
                inputs = [*(data[x] for x in self.game.data), *looked.values()]
                slopes = self._clipped(run(back, self.context, inputs, noise).outputs)
                for path, slope in zip(self.game.owned(player), slopes, strict=True):
                    put = player.optimiser.put(self.game.weights[path])
                    own = self._own(player, path, state)
                    *after, new[path] = self._apply(put, [*own.values(), weights[path], slope])
                    new_state.update({(path, part): v for part, v in zip(own, after)})
            state, weights = new_state, new
        return state, weights

    def _clipped(self, slopes: list[np.ndarray]) -> list[np.ndarray]:
        most = self.game.regime.clip
        if most is None:
            return slopes
        norm = float(np.sqrt(sum(float(np.sum(np.square(g))) for g in slopes)))
        return [g * min(1.0, most / (norm + _LEAST)) for g in slopes]

    def _looked(self, player: Player, state: States, weights: Values) -> Values:
        """The weights at which a player takes its gradient."""
        looked = dict(weights)
        for path in self.game.owned(player):
            get = player.optimiser.get(self.game.weights[path])
            own = self._own(player, path, state)
            looked[path] = self._apply(get, [*own.values(), weights[path]])[0]
        return looked

    def first_losses(
        self, state: States, weights: Values, data: Values, noise: Mapping[str, np.ndarray]
    ) -> Values:
        """The losses of the players whose (only) move is the first of the round."""
        first = turns(self.game)[0]
        known = [one for one in self.game.players if one.name in first and one.moves == 1]
        return self.losses(known, state, weights, data, noise)

    def losses(
        self,
        players: Sequence[Player],
        state: States,
        weights: Values,
        data: Values,
        noise: Mapping[str, np.ndarray],
    ) -> Values:
        """The losses of some players before any of them moves."""
        graph = self.game.arrow.graph()
        found = {}
        for one in players:
            looked = self._looked(one, state, weights)
            values = {**looked, **data}
            inputs = [values[graph.wire_name(w)] for w in graph.inputs]
            context = Context(FloatAlgebra(), dict(self.game.sizes), TRAIN)
            outputs = run(graph, context, inputs, {**looked, **noise}).outputs
            found[one.name] = outputs[one.loss]
        return found

    def stored(
        self, player: Player, path: str, state: States, weights: Values
    ) -> tuple[Values, np.ndarray]:
        """The state and the weight that torch stores for a weight."""
        arrow = player.optimiser.to_torch(self.game.weights[path])
        own = self._own(player, path, state)
        *parts, weight = self._apply(arrow, [*own.values(), weights[path]])
        return dict(zip(own, parts)), weight

    def _own(self, player: Player, path: str, state: States) -> Values:
        return {part.name: state[path, part.name] for part in player.optimiser.states}

    def _apply(self, arrow: Arrow, values: list[np.ndarray]) -> list[np.ndarray]:
        return run(opened(arrow.graph()), self.context, values, {}).outputs


def without_gradient(game: Game) -> list[str]:
    """The weights whose gradient is 0 as an expression, whatever the data are."""
    found = []
    for player in game.players:
        graph = gradients(game, player)
        makers = graph.producer()
        for path, wire in zip(game.owned(player), graph.outputs, strict=True):
            box = makers[wire].box if wire in makers else None
            if isinstance(box, Box) and box.name == "full" and box.op["value"] == 0:
                found.append(path)
    return found
