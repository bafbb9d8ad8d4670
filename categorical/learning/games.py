"""Games: several learners on one arrow, each with a loss, weights of its own and an optimiser.

Definition.  A *game* is an arrow P × X → Real × … × Real whose outputs are losses, and *players*:
each moves some of the weights P (those under a name, or an input that stands for a weight) to make
one loss smaller.  In *simultaneous* play all gradients are taken at the same weights; in
*alternating* play each player answers the move before.  A learner is a game of one player.

Laws.  Every weight has exactly one player or is frozen.  ``step(game)`` is one closed composite of
lenses S × P × X → S × P; gradient descent–ascent is the simultaneous game of L and −L.

>>> from categorical import Dim, Real, arrow, op, tie
>>> from categorical.learning.optimisers import sgd
>>> b, z, x = Dim.named("b z x")
>>> painter, critic = tie(op.linear(z, x).named("painter")), tie(op.linear(x, 1).named("critic"))
>>> @arrow
... def rounds(real: Real[b, x], latent: Real[b, z]) -> tuple[Real, Real]:
...     made = op.mean(b)(op.squeeze()(critic(painter(latent))))
...     return made - op.mean(b)(op.squeeze()(critic(real))), -made
>>> players = [Player("critic", 0, sgd(0.1)), Player("painter", 1, sgd(0.1))]
>>> game(rounds, players)
game `rounds`: alternating, critic moves 2 weights, painter moves 2

A weight that nobody moves is a mistake, unless it is frozen:

>>> game(rounds, players[:1])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM058]: nobody moves `painter.linear.weight`
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from categorical import declaring, messages
from categorical.architecture import BATCH, Architecture
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.errors import SpecError
from categorical.functors import stack
from categorical.learning.losses import with_label
from categorical.learning.optimisers import Optimiser
from categorical.learning.regime import PLAIN, Regime
from categorical.origin import Origin, here
from categorical.spaces import Array, Kind, Real, Space, space

ORDERS = ("alternating", "simultaneous")
DRAWS = ("normal", "uniform")


@dataclass(frozen=True)
class Player:
    """Who makes output ``loss`` smaller by moving what it ``owns``: prefixes of weight names, or
    names of inputs (default: the weights under the player's own name).  In alternating play it
    makes ``moves`` steps in a row."""

    name: str
    loss: int
    optimiser: Optimiser
    owns: tuple[str, ...] = ()
    moves: int = 1

    @property
    def prefixes(self) -> tuple[str, ...]:
        return self.owns or (self.name,)


@dataclass(frozen=True, eq=False)
class Game:
    """See the module.  ``models`` are the architectures that stand in the arrow, for the build;
    ``draws`` says which inputs are noise that training draws itself, and how."""

    name: str
    arrow: Arrow
    players: tuple[Player, ...]
    order: str
    frozen: tuple[str, ...]
    draws: Mapping[str, str]
    sizes: Mapping[str, int]
    regime: Regime
    origin: Origin | None
    models: Mapping[str, Architecture] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, Array]:
        """The inputs that are no weights, by name."""
        graph, owned = self.arrow.graph(), {p for one in self.players for p in one.prefixes}
        names = {graph.wire_name(w): graph.types[w] for w in graph.inputs}
        return {name: type_ for name, type_ in names.items() if name not in owned}

    @property
    def weights(self) -> dict[str, Array]:
        """All weights, by path, and the inputs that stand for weights."""
        graph, data = self.arrow.graph(), self.data
        found = {
            path: r.space
            for path, r in graph.resources(self.sizes).items()
            if r.role in ("weight", "frozen")
        }
        for w in graph.inputs:
            if graph.wire_name(w) not in data:
                found[graph.wire_name(w)] = graph.types[w]
        return found

    def owned(self, player: Player) -> list[str]:
        """The weights that a player moves."""
        return [path for path in self.weights if _under(path, player.prefixes)]

    def __repr__(self) -> str:
        each = ", ".join(
            f"{one.name} moves {len(self.owned(one))}{' weights' if i == 0 else ''}"
            for i, one in enumerate(self.players)
        )
        return f"game `{self.name}`: {self.order + ', ' if len(self.players) > 1 else ''}{each}"


def _under(path: str, prefixes: Sequence[str]) -> bool:
    return any(path == one or path.startswith(f"{one}.") or one == "" for one in prefixes)


@checked
def game(
    arrow: Arrow,
    players: Sequence[Player],
    *,
    order: str = "alternating",
    frozen: Sequence[str] = (),
    draws: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
    regime: Regime = PLAIN,
    name: str = "",
    models: Mapping[str, Architecture] | None = None,
) -> Game:
    """Declare a game; see the module.

    ``frozen`` are prefixes of weights that nobody moves; ``draws`` maps inputs to ``"normal"`` or
    ``"uniform"``; ``regime`` says how a step is computed (accumulation, precision, clipping).
    CM058 where a weight has no player or two, CM056 where a loss is no number, CM020 for unknown
    names.
    """
    graph = arrow.graph()
    title = name or graph.name or "game"
    messages.check_name(title, "a game")
    if order not in ORDERS:
        raise SpecError("CM024", f"`{order}` is no order of play", help=[" or ".join(ORDERS)])
    made = Game(
        title,
        arrow,
        tuple(players),
        order,
        tuple(frozen),
        dict(draws or {}),
        dict(sizes or {}),
        regime,
        here(),
        dict(models or {}),
    )
    _check_players(made)
    _check_owners(made)
    _check_draws(made)
    return made


def _check_players(made: Game) -> None:
    cod = made.arrow.graph().cod
    if not made.players:
        raise SpecError("CM058", f"the game `{made.name}` has no player")
    for place, one in enumerate(made.players):
        if one.name in [other.name for other in made.players[:place]]:
            raise SpecError("CM024", f"two players are called `{one.name}`")
        if not 0 <= one.loss < len(cod):
            raise SpecError(
                "CM058",
                f"`{one.name}` plays for output {one.loss}, which there is not",
                facts=[("outputs", messages.side(cod))],
                help=[f"a number below {len(cod)}"],
            )
        if cod[one.loss] is not Real.scalar:
            raise SpecError(
                "CM056",
                f"the loss of `{one.name}` is no number",
                facts=[("output", f"{one.loss}: {cod[one.loss]}")],
                help=["take its mean over the batch"],
            )
        if one.moves < 1:
            raise SpecError("CM041", f"`{one.name}` makes {one.moves} moves", help=["at least 1"])


def _check_owners(made: Game) -> None:
    weights, inputs = made.weights, set(made.data)
    for one in (*(prefix for player in made.players for prefix in player.prefixes), *made.frozen):
        if not any(_under(path, (one,)) for path in weights):
            raise declaring.unknown_weight(one, [*weights, *sorted(inputs)])
    for path in weights:
        owners = [one.name for one in made.players if path in made.owned(one)]
        if _under(path, made.frozen):
            owners.append("frozen")
        if len(owners) > 1:
            raise SpecError(
                "CM058",
                f"`{path}` has two owners: {' and '.join(owners)}",
                facts=[("a weight", "is moved by one player, or frozen")],
                help=["give narrower prefixes:  Player(…, owns=(…,))"],
                origin=made.origin,
            )
        role = made.arrow.graph().resources(made.sizes).get(path)
        if not owners and (role is None or role.role == "weight"):
            top = path.split(".")[0]
            raise SpecError(
                "CM058",
                f"nobody moves `{path}`",
                facts=[("players", ", ".join(one.name for one in made.players))],
                help=[f'a player that owns it:  owns=("{top}",)', f'or frozen=("{top}",)'],
                origin=made.origin,
            )
    for player in made.players:
        if not made.owned(player):
            raise SpecError("CM058", f"`{player.name}` moves no weight", origin=made.origin)


def _check_draws(made: Game) -> None:
    for key, kind in made.draws.items():
        if key not in made.data:
            raise declaring.unknown_weight(key, list(made.data))
        if kind not in DRAWS:
            raise SpecError("CM024", f"`{kind}` is no way to draw", help=[" or ".join(DRAWS)])


@checked
def learner(
    model: Arrow | Architecture,
    loss: Arrow,
    optimiser: Optimiser,
    *,
    label: Space | Kind | None = None,
    frozen: Sequence[str] = (),
    sizes: Mapping[str, int] | None = None,
    regime: Regime = PLAIN,
    name: str = "",
) -> Game:
    """The game of one player: the mean loss of a batch of samples and labels.

    ``model : A → B`` and ``loss : B × Y → Real`` are per sample; the arrow is
    ``A[batch] × Y[batch] → Real``.  CM057 where the label does not fit.
    """
    from categorical.arrows import Named
    from categorical.op import mean

    arrow = model.arrow if isinstance(model, Architecture) else model
    graph = arrow.graph()
    title = name or f"{graph.name or 'model'}_training"
    if not graph.name:
        arrow = Named("model", arrow)
    given = {**(model.sizes if isinstance(model, Architecture) else {}), **(sizes or {})}
    each = with_label(arrow, loss, None if label is None else space(label))
    labels = len(each.dom) - len(graph.dom)
    names = [graph.wire_name(w) for w in graph.inputs]
    names += ["label"] if labels == 1 else [f"label_{i + 1}" for i in range(labels)]

    def training(*wires: Any) -> Any:
        return mean(BATCH)(stack(each, BATCH)(*wires))

    training.__name__ = title
    total = wired(stack(each, BATCH).dom, names, training, False)
    held = arrow.graph().name
    rest = {p.split(".")[0] for p in total.graph().resources(given)} - {held}
    player = Player(held, 0, optimiser, tuple(sorted({held, *rest})))
    models = {held: model} if isinstance(model, Architecture) else {}
    return game(
        total, [player], frozen=frozen, sizes=given, regime=regime, name=title, models=models
    )
