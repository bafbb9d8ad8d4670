"""The training step of a game: one closed composite of lenses.

Definition.  ``step(game)`` is an arrow S × P × X → S × P without weights of its own: the optimiser
says where the gradient is taken, R of the loss gives it at the cotangent 1, the optimiser makes the
next state and weights.  Simultaneous play takes all gradients first; alternating play composes the
moves.  It is what a generated training file is compared with.

Laws.  The step of a simultaneous game is the product of the steps of its players at old weights;
an alternating round is the composite of its moves.

>>> from categorical import Dim, Real, op
>>> from categorical.learning.games import learner
>>> from categorical.learning.losses import mean_squared_error
>>> from categorical.learning.optimisers import sgd
>>> c, k = Dim.named("c k")
>>> model = op.linear(c, k, bias=False).named("line")
>>> step(learner(model, mean_squared_error(Real[k]), sgd(0.1))).type_text()
'Real[k, c] × Real[batch, c] × Real[batch, k] → Real[k, c]'

>>> moves(learner(model, mean_squared_error(Real[k]), sgd(0.1)), ["lime"])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM020]: there is no player `lime`
...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from categorical import declaring
from categorical.arrows import Arrow, Transformed, Types, Wiring
from categorical.checked import checked
from categorical.derivatives.explicit import opened
from categorical.derivatives.reverse import reversed_graph
from categorical.errors import SpecError
from categorical.graph import Builder, Graph
from categorical.learning.games import Game, Player
from categorical.normal import prune
from categorical.ops.constant import FULL
from categorical.records import Op
from categorical.spaces import Array, Real


@dataclass(frozen=True)
class Slot:
    """One wire of the state: which weight it belongs to, and which part of its state it is."""

    path: str
    part: str
    space: Array


def slots(game: Game) -> list[Slot]:
    """The state of a game: that of every player's optimiser, weight by weight."""
    weights = game.weights
    return [
        Slot(path, part.name, part.space(weights[path]))
        for one in game.players
        for path in game.owned(one)
        for part in one.optimiser.states
    ]


def losses(game: Game) -> Graph:
    """The arrow of a game with its weights as inputs: data, then ``game.weights``, to losses."""
    graph = opened(game.arrow.graph(), game.sizes)
    names = {graph.wire_name(w): w for w in graph.inputs}
    wires = {r.name: w for w, r in graph.sources.items()}
    inputs = [names[name] for name in game.data]
    inputs += [names[path] if path in names else wires[path] for path in game.weights]
    sources = {w: r for w, r in graph.sources.items() if w not in inputs}
    return replace(graph, inputs=inputs, sources=sources, name="")


def gradients(game: Game, player: Player) -> Graph:
    """Data and all weights to the gradients of a player's loss by the weights that it owns."""
    whole = losses(game)
    one = prune(replace(whole, outputs=[whole.outputs[player.loss]]))
    places, owned = {p: i for i, p in enumerate(game.weights)}, game.owned(player)
    back = reversed_graph(one, game.sizes, [len(game.data) + places[p] for p in owned])
    builder = Builder()
    ins = [builder.input(t, whole.names.get(w, "x")) for w, t in zip(whole.inputs, whole.dom)]
    unit = builder.apply(Op(FULL, space=Real.scalar, value=1.0), (), "one")
    return builder.finish(builder.splice(back, (*ins, *unit)))


def moves(game: Game, order: Sequence[Sequence[str] | str] | str) -> Arrow:
    """S × P × X → S × P: the players of each entry move at once, the entries in turn."""
    order = [order] if isinstance(order, str) else order
    known = {one.name: one for one in game.players}
    turns = [(turn,) if isinstance(turn, str) else tuple(turn) for turn in order]
    for turn in turns:
        for name in turn:
            if name not in known:
                meant = declaring.likely(name, known)
                raise SpecError(
                    "CM020",
                    f"there is no player `{name}`",
                    facts=[("players", ", ".join(known))],
                    help=[f"`{meant}` was probably meant" if meant else "name one of these"],
                )
    builder = Builder()
    state = {(s.path, s.part): builder.input(s.space, "s") for s in slots(game)}
    weights = {path: builder.input(t, path.replace(".", "_")) for path, t in game.weights.items()}
    data = [builder.input(t, name) for name, t in game.data.items()]
    backs = {name: gradients(game, known[name]) for turn in turns for name in turn}
    for turn in turns:
        after: dict[str, tuple[int, ...]] = {}
        for name in turn:
            player = known[name]
            parts, owned = [p.name for p in player.optimiser.states], game.owned(player)
            looked = dict(weights)
            for path in owned:
                get = player.optimiser.get(game.weights[path])
                own = [state[path, part] for part in parts]
                looked[path] = _applied(builder, get, [*own, weights[path]])[0]
            found = builder.splice(backs[name], [*data, *looked.values()])
            for path, g in zip(owned, found, strict=True):
                put = player.optimiser.put(game.weights[path])
                own = [state[path, part] for part in parts]
                after[path] = _applied(builder, put, [*own, weights[path], g])
        for name in turn:
            parts = [p.name for p in known[name].optimiser.states]
            for path in game.owned(known[name]):
                *own, weights[path] = after[path]
                state.update(zip(((path, part) for part in parts), own, strict=True))
    graph = builder.finish([*state.values(), *weights.values()])

    def make(types: Types) -> Graph:
        return graph

    none = Wiring((), (), "step")
    return Transformed(none, make, f"step[{game.name}]", graph.dom, False)


def _applied(builder: Builder, arrow: Arrow, ins: Sequence[int]) -> tuple[int, ...]:
    return builder.splice(opened(arrow.graph()), ins)


def turns(game: Game) -> list[tuple[str, ...]]:
    """Who moves when, in one round of a game."""
    if game.order == "simultaneous":
        return [tuple(one.name for one in game.players)]
    return [(one.name,) for one in game.players for _ in range(one.moves)]


@checked
def step(game: Game) -> Arrow:
    """One round: S × P × X → S × P.  S as in ``slots``, P as ``game.weights``, X as ``game.data``.

    In alternating play all moves of a round see the same data.
    """
    return moves(game, turns(game))
