"""Sharing: what several moves of a round read, computed once.

Definition.  The losses of a game are prepared as one graph, so that what they have in common is one
wire.  A wire in front of a player's loss (it depends on weights of others alone) is *shared* if,
from the start of the round to each use of it, nobody moves the weights that it depends on, and it
is used more than once.  The one player who moves these weights, after all other uses, reads the
wire itself; the others read it detached.

Law.  The moves are those of the losses apart: every use sees the value that it would compute, and
a gradient flows where the player owns what the wire depends on.

>>> from categorical import Dim, Real, arrow, op, tie
>>> from categorical.learning.games import game
>>> from categorical.learning.optimisers import sgd
>>> b, z, x = Dim.named("b z x")
>>> painter, critic = tie(op.linear(z, x).named("painter")), tie(op.linear(x, 1).named("critic"))
>>> @arrow
... def rounds(real: Real[b, x], latent: Real[b, z]) -> tuple[Real, Real]:
...     painted = painter(latent)
...     made = op.mean(b)(op.squeeze()(critic(painted)))
...     return made - op.mean(b)(op.squeeze()(critic(real))), -made
>>> players = [Player("critic", 0, sgd(0.1)), Player("painter", 1, sgd(0.1))]
>>> first = Joint(game(rounds, players, sizes=dict(x=2, z=2)))
>>> [(first.graph.wire_name(w), *sorted(uses.items())) for w, uses in first.shared.items()]
[('painted', ('critic', False), ('painter', True))]

When the painter moves first, the critic sees other images:

>>> Joint(game(rounds, players[::-1], sizes=dict(x=2, z=2))).shared
{}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from backends.pytorch.passes import prepare
from categorical.graph import Graph, Node, OperatorBox
from categorical.learning.games import Game, Player
from categorical.learning.step import turns
from categorical.normal import inline, prune
from categorical.records import NOISE


def plain(node: Node) -> bool:
    """Whether a sub-architecture has no weights: it is written out."""
    pending = list(node.regions)
    while pending:
        graph = pending.pop()
        if any(one.role != NOISE for one in graph.sources.values()):
            return False
        pending.extend(region for inner in graph.nodes for region in inner.regions)
    return True


def losses_of(game: Game) -> Graph:
    """The graph of all losses, in the order of the players, and of nothing else."""
    graph = game.arrow.graph()
    graph = prune(replace(graph, outputs=[graph.outputs[one.loss] for one in game.players]))
    return prune(inline(graph, plain))


class Joint:
    """The losses of a game as one prepared graph; see the module.

    ``shared`` maps each shared wire to its users, and whether each owns what the wire depends on.
    """

    def __init__(self, game: Game) -> None:
        self.game = game
        self.graph, self.plan = prepare(losses_of(game), game.sizes)
        self.weights = self._dependence()
        self.together = self._together()
        apart = game.regime.accumulate == 1 and not self.together
        self.shared = self._found() if apart else {}

    def _together(self) -> bool:
        """Whether all players move at once by one loss: one backward pass has all gradients.

        A scaler of gradients belongs to one optimiser.
        """
        game = self.game
        scaled = game.regime.precision == "float16"
        one = len(set(self.graph.outputs)) == 1 < len(game.players)
        return one and game.order == "simultaneous" and not scaled

    def loss(self, player: Player) -> int:
        """The wire of a player's loss."""
        return self.graph.outputs[self.game.players.index(player)]

    def title(self, wire: int) -> str:
        """What a person would call a shared wire."""
        name, node = self.graph.wire_name(wire), self.graph.producer()[wire]
        automatic = name.startswith(f"{node.name}_out") or name == node.box.name
        return f"from_{node.name}" if automatic else name

    def given(self, player: Player) -> list[int]:
        """The shared wires that a player reads."""
        return [w for w, users in self.shared.items() if player.name in users]

    def cut(self, outputs: Sequence[int], given: Collection[int] = ()) -> Graph:
        """The part of the graph that makes some wires out of inputs and of given wires."""
        graph = self.graph
        nodes = live(graph, outputs, given)
        read = {w for node in nodes for w in node.ins} | set(outputs)
        inputs = [*(w for w in graph.inputs if w in read), *(w for w in given if w in read)]
        sources = {w: r for w, r in graph.sources.items() if w in read}
        return replace(graph, nodes=nodes, inputs=inputs, outputs=[*outputs], sources=sources)

    def _dependence(self) -> dict[int, frozenset[str]]:
        """The weights (and inputs that stand for weights) that each wire depends on."""
        graph, data = self.graph, self.game.data
        found = {w: frozenset({r.name}) for w, r in graph.sources.items() if r.role != NOISE}
        for w in graph.inputs:
            name = graph.wire_name(w)
            found[w] = frozenset() if name in data else frozenset({name})
        for node in graph.nodes:
            every = frozenset(inner(node, self.game.sizes))
            every = every.union(*(found.get(w, frozenset()) for w in node.ins))
            found.update((w, every) for w in node.outs)
        return found

    def _frontier(self, player: Player) -> set[int]:
        """The wires in front of a player's loss that the rest of it reads."""
        graph = self.cut([self.loss(player)])
        front = in_front(graph, self.game.owned(player), self.game.sizes)
        made = {w for place in front for w in graph.nodes[place].outs}
        rest = (n for place, n in enumerate(graph.nodes) if place not in front)
        return made.intersection(*[{w for node in rest for w in node.ins} | set(graph.outputs)])

    def _found(self) -> dict[int, dict[str, bool]]:
        game = self.game
        owned = {one.name: frozenset(game.owned(one)) for one in game.players}
        order = [name for turn in turns(game) for name in turn]
        at_once = game.order == "simultaneous"
        made = {one.name: self._made(one) for one in game.players}
        found: dict[int, dict[str, bool]] = {}
        owner = ""
        for wire in sorted(set().union(*map(self._frontier, game.players))):
            users: dict[str, bool] = {}
            for one in game.players:
                last = len(order) - 1 - order[::-1].index(one.name)
                moved = frozenset().union(*(owned[name] for name in order[:last]))
                stale = not at_once and moved & self.weights[wire]
                mine = bool(owned[one.name] & self.weights[wire])
                # one player alone goes back through what is shared: its graph is used up by that
                others = any(users.values()) or (at_once and owner not in ("", one.name))
                if wire in made[one.name] and not stale and not (mine and others):
                    users[one.name] = mine
            uses = sum(order.count(name) for name in users)
            if uses > 1:
                found[wire] = users
                owner = next((name for name, mine in users.items() if mine), owner)
        return self._needed(found)

    def _made(self, player: Player) -> set[int]:
        """The wires that lead to a player's loss."""
        return {w for node in live(self.graph, [self.loss(player)]) for w in node.outs}

    def _needed(self, found: dict[int, dict[str, bool]]) -> dict[int, dict[str, bool]]:
        """Without the users that other shared wires stand in front of."""
        kept: dict[int, dict[str, bool]] = {}
        for wire, users in found.items():
            reading = {
                one.name: wire
                in self.cut([self.loss(one)], [w for w in found if one.name in found[w]]).inputs
                for one in self.game.players
                if one.name in users
            }
            own = {name: mine for name, mine in users.items() if reading[name]}
            moves = {one.name: one.moves for one in self.game.players}
            if sum(1 if self.game.order == "simultaneous" else moves[x] for x in own) > 1:
                kept[wire] = own
        return kept


def live(graph: Graph, outputs: Sequence[int], given: Collection[int] = ()) -> list[Node]:
    """The nodes that lead to some wires, those behind ``given`` left out."""
    wanted = set(outputs) - set(given)
    nodes = []
    for node in reversed(graph.nodes):
        if wanted.intersection(node.outs):
            nodes.append(node)
            wanted.update(w for w in node.ins if w not in given)
    return nodes[::-1]


def in_front(
    graph: Graph, owned: Collection[str], sizes: Mapping[str, int], moved: Collection[int] = ()
) -> set[int]:
    """The nodes, by place, that depend on weights of others and on none that is owned, and those
    that these need; ``moved`` are inputs that depend on owned weights."""
    mine = {w for w, r in graph.sources.items() if r.name in owned}
    mine |= {w for w in graph.inputs if graph.wire_name(w) in owned} | set(moved)
    others = {w for w, r in graph.sources.items() if r.role != NOISE and w not in mine}
    weighty: list[int] = []
    for place, node in enumerate(graph.nodes):
        inside = inner(node, sizes)
        if any(w in mine for w in node.ins) or any(p in owned for p in inside):
            mine.update(node.outs)
        elif inside or any(w in others for w in node.ins):
            others.update(node.outs)
            weighty.append(place)
    wanted = {w for place in weighty for w in graph.nodes[place].ins}
    front = set(weighty)
    for place in range(len(graph.nodes) - 1, -1, -1):
        if place in front or wanted.intersection(graph.nodes[place].outs):
            front.add(place)
            wanted.update(graph.nodes[place].ins)
    return front


def inner(node: Node, sizes: Mapping[str, int]) -> list[str]:
    """The paths of the weights inside of a node."""
    if not isinstance(node.box, OperatorBox):
        return []
    found = []
    for region, prefix in node.box.copies(sizes):
        for path, resource in region.resources(sizes).items():
            if resource.role != NOISE:
                found.append(f"{node.name}.{prefix}{path}")
    return found
