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
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from categorical import declaring, messages
from categorical.architecture import BATCH, Architecture, check_sizes
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.derivatives.crossing import crossed, nothing_back, reaching
from categorical.derivatives.explicit import opened, stateful
from categorical.errors import SpecError
from categorical.functors import stack
from categorical.learning.losses import with_label
from categorical.learning.optimisers import Optimiser
from categorical.learning.regime import PLAIN, Regime, check_parts
from categorical.normal import prune
from categorical.origin import Origin, here
from categorical.para import Tied
from categorical.records import NOISE, Box
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
    owns: Sequence[str] = ()
    moves: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "owns", _names("owns", self.owns))

    @property
    def prefixes(self) -> tuple[str, ...]:
        return tuple(self.owns) or (self.name,)


Player.__init__ = checked(Player.__init__)  # type: ignore[method-assign]


def _names(what: str, given: Sequence[str]) -> tuple[str, ...]:
    """Names as a tuple; CM042 for one text, which is a sequence of letters."""
    if isinstance(given, str):
        raise SpecError(
            "CM042",
            f"`{what}` is one text, and not a sequence of names",
            facts=[("it got", repr(given))],
            help=[f"put it into a tuple:  {what}=({given!r},)"],
        )
    return tuple(given)


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

    @cached_property
    def data(self) -> dict[str, Array]:
        """The inputs that are no weights, by name."""
        graph, owned = self.arrow.graph(), {p for one in self.players for p in one.prefixes}
        names = {graph.wire_name(w): graph.types[w] for w in graph.inputs}
        return {name: type_ for name, type_ in names.items() if name not in owned}

    @cached_property
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

    def held(self, player: Player) -> list[str]:
        """The weights that a player owns: those that an architecture freezes stay."""
        roles = self.arrow.graph().resources(self.sizes)
        return [
            path
            for path in self.weights
            if _under(path, player.prefixes) and (path not in roles or roles[path].role != "frozen")
        ]

    def owned(self, player: Player) -> list[str]:
        """The weights that a player moves: those that it owns and its loss depends on."""
        reached = self.reached[player.loss]
        return [path for path in self.held(player) if path in reached]

    @cached_property
    def reached(self) -> tuple[frozenset[str], ...]:
        """For each output, the weights (and inputs) that it depends on as numbers."""
        whole, found = self.arrow.graph(), []
        for out in whole.outputs:
            graph = opened(prune(replace(whole, outputs=[out])), self.sizes)
            names = {w: graph.wire_name(w) for w in graph.inputs}
            names.update((w, resource.name) for w, resource in graph.sources.items())
            reached = reaching(graph, graph.outputs[0])
            found.append(frozenset(name for w, name in names.items() if w in reached))
        return tuple(found)

    def __repr__(self) -> str:
        counts = [len(self.owned(one)) for one in self.players]
        noun = " weight" if counts[0] == 1 else " weights"
        each = ", ".join(
            f"{one.name} moves {count}{noun if i == 0 else ''}"
            for i, (one, count) in enumerate(zip(self.players, counts))
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
    ``"uniform"``; ``regime`` says how a step is computed (accumulation, precision, clipping,
    recomputation).
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
        _names("frozen", frozen),
        dict(draws or {}),
        dict(sizes or {}),
        regime,
        here(),
        dict(models or {}),
    )
    _check_sizes(made)
    _check_state(made)
    _check_players(made)
    _check_owners(made)
    _check_draws(made)
    check_parts(regime, graph, made.sizes, list(made.weights), made.origin)
    return made


def _check_sizes(made: Game) -> None:
    """Sizes of the arrow, or of a model alone: an axis that the losses do not see."""
    graph = made.arrow.graph()
    known = {*graph.dims, *(d for one in made.models.values() for d in one.arrow.graph().dims)}
    for key in made.sizes:
        if key not in known:
            raise declaring.unknown_size(made.name, key, sorted(known))
    check_sizes(made.name, graph, {k: v for k, v in made.sizes.items() if k in graph.dims})


def _check_state(made: Game) -> None:
    """CM055 where the forward pass writes statistics: then there is no step."""
    for _, node in made.arrow.graph().walk():
        if isinstance(node.box, Box) and node.box.generator.stateful:
            raise stateful(node)


def _check_players(made: Game) -> None:
    cod = made.arrow.graph().cod
    if not made.players:
        raise SpecError(
            "CM058",
            f"the game `{made.name}` has no player",
            help=['Player("name", loss=0, optimiser=sgd(0.1)) moves the weights under `name`'],
        )
    for place, one in enumerate(made.players):
        if not one.name.strip():
            raise SpecError("CM024", f"{one.name!r} is no name of a player", help=["a word"])
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
        if one.moves > 1 and made.order == "simultaneous":
            raise SpecError(
                "CM041",
                f"`{one.name}` makes {one.moves} moves in simultaneous play",
                facts=[("simultaneous", "each player moves once, all at the same weights")],
                help=['order="alternating"', "or leave out `moves`"],
            )


def _check_owners(made: Game) -> None:
    weights, resources = list(made.weights), made.arrow.graph().resources(made.sizes)
    for one in (*(prefix for player in made.players for prefix in player.prefixes), *made.frozen):
        if not any(_under(path, (one,)) for path in weights):
            raise _unknown(one, weights, list(made.data))
    for path in weights:
        owners = [one for one in made.players if path in made.held(one)]
        if len(owners) + _under(path, made.frozen) > 1:
            raise _shared(made, path, owners)
        role = resources.get(path)
        if not owners and not _under(path, made.frozen) and (not role or role.role == "weight"):
            top = path.split(".")[0]
            first = top.rstrip("0123456789").rstrip("_")
            helps = [f'a player that owns it:  owns=("{top}",)', f'or frozen=("{top}",)']
            if first != top and any(_under(other, (first,)) for other in weights):
                helps.insert(0, f"if it is `{first}` once more, share one set:  {first} = tie(…)")
            raise SpecError(
                "CM058",
                f"nobody moves `{path}`",
                facts=[("players", ", ".join(one.name for one in made.players))],
                help=helps,
                origin=made.origin,
            )
    for player in made.players:
        held = made.held(player)
        if not held:
            raise SpecError("CM058", f"`{player.name}` moves no weight", origin=made.origin)
        for path in held:
            if made.weights[path].kind != "real":
                raise SpecError(
                    "CM058",
                    f"`{player.name}` cannot move `{path}`: it has no gradient",
                    facts=[("it is", str(made.weights[path])), ("a gradient is of", "Real[…]")],
                    help=["leave it to the data, and move what is looked up there"],
                    origin=made.origin,
                )
        owned = made.owned(player)
        if owned:
            _check_reach(made, player, owned, [path for path in held if path not in owned])
            continue
        _check_crossing(made, player, held)
        better = [i for i, found in enumerate(made.reached) if found.intersection(held)]
        raise SpecError(
            "CM058",
            f"output {player.loss} reads nothing that `{player.name}` moves",
            facts=[("it moves", ", ".join(held[:4]) + (", …" if len(held) > 4 else ""))],
            help=[f"output {i} does:  loss={i}" for i in better if made.arrow.cod[i] is Real.scalar]
            or ["a loss that depends on these weights"],
            origin=made.origin,
        )


def _check_reach(made: Game, player: Player, owned: Sequence[str], still: Sequence[str]) -> None:
    """CM058 for a weight on which the loss of its player does not depend: it would never move."""
    for path in still[:1]:
        inner = ", ".join(f'"{one}"' for one in _covering(still, owned))
        rest = ", ".join(f'"{one}"' for one in _covering(owned, still))
        raise SpecError(
            "CM058",
            f"`{path}` does not reach output {player.loss}, so `{player.name}` does not move it",
            facts=[("it moves", ", ".join(owned[:4]) + (", …" if len(owned) > 4 else ""))],
            help=[f"frozen=({inner},)  and  owns=({rest},)", "or a loss that depends on it"],
            origin=made.origin,
        )


def _check_crossing(made: Game, player: Player, owned: Sequence[str]) -> None:
    """CM055 where what a player moves reaches its loss through indices and masks alone."""
    graph = opened(made.arrow.graph(), made.sizes)
    graph = replace(graph, outputs=[graph.outputs[player.loss]])
    names = {w: graph.wire_name(w) for w in graph.inputs}
    names.update((w, resource.name) for w, resource in graph.sources.items())
    node = crossed(graph, [w for w, name in names.items() if name in owned])
    if node is not None:
        raise nothing_back(node)


def _unknown(name: str, weights: Sequence[str], inputs: Sequence[str]) -> SpecError:
    """CM020, for a name that is no weight, no group of weights and no input."""
    every = [path.split(".") for path in weights]
    groups = list(dict.fromkeys(".".join(p[:i]) for p in every for i in range(1, len(p) + 1)))
    inside = [one for one in groups if one.endswith(f".{name}")]
    meant = inside[0] if inside else declaring.likely(name, [*groups, *inputs])
    if name in inputs:
        return SpecError(
            "CM020",
            f"`{name}` is an input that no player moves, so it cannot be frozen",
            facts=[("inputs", ", ".join(inputs))],
            help=["leave it out: data stays as it is"],
        )
    return SpecError(
        "CM020",
        f"there is no parameter `{name}`",
        facts=[
            ("weights", ", ".join(dict.fromkeys(p[0] for p in every)) or "none"),
            ("inputs", ", ".join(inputs) or "none"),
        ],
        help=[f'"{meant}" was probably meant' if meant else "name one of these, or a path below"],
    )


def _shared(made: Game, path: str, owners: Sequence[Player]) -> SpecError:
    """CM058, for a weight with two owners: what each would own without it."""
    names = [one.name for one in owners] + ["frozen"] * _under(path, made.frozen)
    helps = []
    for one in owners:
        others = [p for p in made.weights if _under(p, made.frozen)]
        others += [p for other in made.players if other is not one for p in made.held(other)]
        rest = _covering([p for p in made.held(one) if p not in others], others)
        if rest:
            inner = "".join(f'"{top}", ' for top in rest[:3]) + ("…" if len(rest) > 3 else "")
            helps.append(f'Player("{one.name}", …, owns=({inner.strip()}))')
    return SpecError(
        "CM058",
        f"`{path}` has two owners: {' and '.join(names)}",
        facts=[("a weight", "is moved by one player, or frozen")],
        help=helps or ["leave it to one of them:  Player(…, owns=(…,))"],
        origin=made.origin,
    )


def _covering(paths: Sequence[str], others: Sequence[str]) -> list[str]:
    """The shortest prefixes that cover some weights and none of others."""
    found: dict[str, None] = {}
    for path in paths:
        words = path.split(".")
        ends = (".".join(words[:i]) for i in range(1, len(words) + 1))
        found[next((e for e in ends if not any(_under(o, (e,)) for o in others)), path)] = None
    return list(found)


def _check_draws(made: Game) -> None:
    for key, kind in made.draws.items():
        if key not in made.data:
            raise SpecError(
                "CM020",
                f"there is no input `{key}` to draw",
                facts=[("inputs", ", ".join(made.data) or "none")],
                help=[f'"{meant}" was probably meant']
                if (meant := declaring.likely(key, made.data))
                else ["name one of these"],
            )
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
    while isinstance(arrow, Tied):  # it is used once
        arrow = arrow.body
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
    paths = [p for p, r in total.graph().resources(given).items() if r.role != NOISE]
    rest = {p.split(".")[0] for p in paths} - {held}
    left = [path for path in paths if not _under(path, frozen)]
    if not left:
        what = f"all of `{held}` is frozen" if paths else f"`{held}` has no weights"
        raise SpecError("CM058", f"{what}: nothing learns")
    owns = _covering(left, [path for path in paths if path not in left]) if frozen else []
    player = Player(held, 0, optimiser, tuple(owns or sorted({held, *rest})))
    models = {held: model} if isinstance(model, Architecture) else {}
    return game(
        total, [player], frozen=frozen, sizes=given, regime=regime, name=title, models=models
    )
