"""Rounds of a game by the interpreter, beside a loop that is written by hand in torch.

``Rounds(game)`` draws weights and data in float64; ``ours(n)`` plays n rounds of ``step(game)`` and
``theirs(n, loop)`` calls ``loop(weights, data)`` n times on tensors of the same values.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from categorical.learning import step
from categorical.learning.games import Game
from categorical.learning.step import slots
from categorical.records import Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

Weights = dict[str, Tensor]
Loop = Callable[[Weights, dict[str, Tensor]], None]
TOLERANCE = 1e-9


class Rounds:
    """See the module."""

    def __init__(self, game: Game, seed: int = 0, **sizes: int) -> None:
        self.game = game
        self.context = Context(FloatAlgebra(), {**game.sizes, **sizes})
        rng = np.random.default_rng(seed)
        self.weights = {path: self._draw(rng, one) for path, one in game.weights.items()}
        self.data = {name: self._draw(rng, one) for name, one in game.data.items()}

    def _draw(self, rng: np.random.Generator, one) -> np.ndarray:
        shape = self.context.shape(one)
        if one.values is not None:
            return rng.integers(0, one.values.size.evaluate(self.context.sizes), shape)
        return rng.normal(size=shape) / np.sqrt(max(1, int(np.prod(shape[1:]))))

    def ours(self, count: int) -> dict[str, np.ndarray]:
        """The weights after some rounds."""
        return self.state_and_weights(count)[1]

    def state_and_weights(
        self, count: int
    ) -> tuple[dict[tuple[str, str], np.ndarray], dict[str, np.ndarray]]:
        """The state by weight and part, and the weights, after some rounds."""
        graph = step(self.game).graph()
        starts = {
            part.name: part.start for one in self.game.players for part in one.optimiser.states
        }
        state = [np.full(self.context.shape(s.space), starts[s.part]) for s in slots(self.game)]
        weights = list(self.weights.values())
        held = {
            path: np.zeros(self.context.shape(r.space)) for path, r in graph.resources().items()
        }
        for _ in range(count):
            inputs = [*state, *weights, *self.data.values()]
            found = run(graph, self.context, inputs, held).outputs
            state, weights = list(found[: len(state)]), list(found[len(state) :])
        parts = [(s.path, s.part) for s in slots(self.game)]
        return dict(zip(parts, state)), dict(zip(self.weights, weights))

    def theirs(self, count: int, loop: Loop) -> dict[str, np.ndarray]:
        """The weights after some rounds of a loop that moves tensors in place."""
        tensors = {k: torch.tensor(v, requires_grad=True) for k, v in self.weights.items()}
        data = {k: torch.tensor(v) for k, v in self.data.items()}
        for _ in range(count):
            loop(tensors, data)
        return {k: v.detach().numpy() for k, v in tensors.items()}

    def apart(self, loop: Loop, count: int = 4) -> float:
        """The largest difference, relative to the largest entry of each weight."""
        ours, theirs = self.ours(count), self.theirs(count, loop)
        moved = [np.abs(ours[k] - self.weights[k]).max() for k in ours]
        assert max(moved) > 1e-6, "nothing moves"
        return max(
            float(np.abs(ours[k] - theirs[k]).max() / max(1e-12, np.abs(ours[k]).max()))
            for k in ours
        )
