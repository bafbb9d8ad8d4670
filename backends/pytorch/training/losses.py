"""Loss functions: the part of a game's arrow that one player's loss needs, as one function.

Definition.  A *move* is the graph of one loss, narrowed to what reaches it, sub-architectures with
weights left as submodules and the rest written out.  What does not depend on the weights of the
player, but on those of others, stands in front, under ``torch.no_grad()``: nothing of it is kept
for the backward pass.

Law.  The function of a move computes the loss, and its gradient by what the player owns.

>>> from categorical import Dim, Real, op
>>> from categorical.learning.games import learner
>>> from categorical.learning.losses import mean_squared_error
>>> from categorical.learning.optimisers import sgd
>>> c, k = Dim.named("c k")
>>> model = op.linear(c, k).named("line")
>>> one = learner(model, mean_squared_error(Real[k]), sgd(0.1), sizes=dict(c=2, k=3))
>>> graph = narrowed(one, one.players[0])
>>> [node.box.name for node in graph.nodes]
['call', 'sub', 'square', 'mean', 'mean']

Nothing stands in front where all weights are the player's:

>>> in_front(graph, one.owned(one.players[0]), one.sizes)
set()
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from backends.pytorch import layout, safety
from backends.pytorch.emit import Writer, statement_of
from backends.pytorch.naming import Names
from backends.pytorch.passes import prepare
from backends.pytorch.scope import File
from backends.pytorch.training.known import Known, known, text
from backends.pytorch.views import shadows
from categorical.architecture import BATCH
from categorical.errors import SpecError
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.learning.games import Game, Player
from categorical.normal import inline, prune
from categorical.records import NOISE

QUIET = "with torch.no_grad()"


@dataclass(frozen=True)
class Root:
    """The module that a training file is for: ``whole`` is the sub-architecture that is all of it,
    where there is one model, and "" where the models are submodules."""

    whole: str
    fixed: frozenset[str]
    fields: Mapping[str, str]


@dataclass
class LossFunction:
    """A written loss: the function, its inputs, the graph of which it is, and what it uses."""

    name: str
    inputs: list[str]
    graph: Graph
    lines: list[str]
    quiet: bool
    helpers: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)


def plain(node: Node) -> bool:
    """Whether a sub-architecture has no weights: it is written out."""
    return (
        not any(r.role != NOISE for r in node.box.regions[0].resources({}).values())
        if (isinstance(node.box, OperatorBox))
        else False
    )


def narrowed(game: Game, player: Player) -> Graph:
    """The graph of one player's loss, and of nothing else."""
    graph = game.arrow.graph()
    graph = prune(replace(graph, outputs=[graph.outputs[player.loss]]))
    return prune(inline(graph, plain))


def batch_of(game: Game) -> tuple[Axis | None, list[str]]:
    """The axis of the batch, and the inputs that have it in front: the axis ``batch``, or that of
    the first input.  CM041 where a batch is to be cut and there is none."""
    graph = game.arrow.graph()
    every = {graph.wire_name(w): graph.types[w] for w in graph.inputs}
    fronts = {x: t.axes[0] for x, t in every.items() if t.axes}
    known = [a for a in fronts.values() if str(a) == str(BATCH)] or list(fronts.values())
    if known:
        return known[0], [x for x, a in fronts.items() if a is known[0]]
    if game.regime.accumulate > 1:
        raise SpecError(
            "CM041",
            f"`{game.name}` has no batch to cut into {game.regime.accumulate} parts",
            help=["an input with the batch as its first axis, or accumulate=1"],
            origin=game.origin,
        )
    return None, []


def in_front(graph: Graph, owned: Collection[str], sizes: Mapping[str, int]) -> set[int]:
    """The nodes, by place, that depend on weights of others and on none that is owned, and those
    that these need."""
    mine = {w for w, r in graph.sources.items() if r.name in owned}
    mine |= {w for w in graph.inputs if graph.wire_name(w) in owned}
    others = {w for w, r in graph.sources.items() if r.role != NOISE and w not in mine}
    weighty: list[int] = []
    for place, node in enumerate(graph.nodes):
        inside = _inner(node, sizes)
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


def _inner(node: Node, sizes: Mapping[str, int]) -> list[str]:
    """The paths of the weights inside of a node."""
    if not isinstance(node.box, OperatorBox):
        return []
    found = []
    for region, prefix in node.box.copies(sizes):
        for path, resource in region.resources(sizes).items():
            if resource.role != NOISE:
                found.append(f"{node.name}.{prefix}{path}")
    return found


class LossWriter(Writer):
    """Writes the statements of one loss function."""

    eager = True
    quiet: int = 0  # how many nodes stand in front, under ``torch.no_grad()``
    losses: Mapping[int, Known]
    needless: frozenset[int] = frozenset()
    done: int = 0

    def _node(self, node: Node) -> None:
        start = len(self.lines)
        if self.done == 0 and self.quiet:
            self.lines.append((QUIET, "", ""))
            start += 1
        found = self.losses.get(node.outs[0]) if node.outs else None
        if found is not None:
            label = self._wire(found.label) if found.constant is None else ""
            self._bind(node.outs[0], text(found, self.graph, self._wire(found.prediction), label))
        elif not node.outs or node.outs[0] not in self.needless:
            super()._node(node)
        if self.done < self.quiet:
            self.lines[start:] = [("    " + a, b, c) for a, b, c in self.lines[start:]]
        self.done += 1


def written(
    game: Game, player: Player, root: Root, name: str, names: Mapping[str, str]
) -> LossFunction:
    """The function of a player's loss; ``names`` are those of the inputs."""
    normal, plan = prepare(narrowed(game, player), game.sizes)
    front = in_front(normal, game.owned(player), game.sizes)
    nodes = [n for i, n in enumerate(normal.nodes) if i in front]
    nodes += [n for i, n in enumerate(normal.nodes) if i not in front]
    read = {w for n in nodes for w in n.ins} | set(normal.outputs)
    given = [w for w in normal.inputs if w in read]
    titles = {w: names[normal.wire_name(w)] for w in given}
    graph = replace(normal, nodes=nodes, inputs=given, names={**normal.names, **titles})
    for table in (plan.fused, plan.cells, plan.skipped, plan.widths, plan.runs):
        if id(normal) in table:
            table[id(graph)] = table[id(normal)]
    file = File(root.fixed, plan, Names(safety.GLOBALS), dict(root.fields))
    writer = LossWriter(file, graph, name, root=False)
    writer.names.taken |= {"model"}
    elided = shadows(graph, graph.consumers())  # written as smaller arrays, or as numbers
    writer.quiet = len(front)
    writer.losses = {
        w: one
        for w, one in known(graph).items()
        if not {one.prediction, one.label if one.constant is None else -1} & set(elided)
    }
    writer.needless = frozenset().union(*(one.needless for one in writer.losses.values()))
    writer.write()
    lines = _function(writer, root, name, player, game)
    return LossFunction(
        name,
        [titles[w] for w in given],
        graph,
        lines,
        bool(front),
        dict(file.helpers),
        set(file.modules),
        [f"F.{one.function}" for one in writer.losses.values()],
    )


def _function(writer: LossWriter, root: Root, name: str, player: Player, game: Game) -> list[str]:
    """The text of the function."""
    graph = writer.graph
    out = writer.values[graph.outputs[0]]
    arguments = ["model: nn.Module", *(f"{writer.values[w]}: Tensor" for w in graph.inputs)]
    arguments += [f"{writer.sizes[s]}: int" for s in writer.late]
    rows = head(name, arguments)
    what = f"The loss of {safety.docstring(player.name)}."
    rows.append(f'    """{what if len(game.players) > 1 else "The loss of a batch."}"""')
    body = [*writer.prologue, *_constants(writer)]
    for line in body:
        rows += layout.statement("", _rooted(line, root, writer), "", 4)
    lines = [(a, _rooted(b, root, writer), c) for a, b, c in writer.lines]
    lines = [(_rooted(a, root, writer), b, c) for a, b, c in lines]
    last = lines.pop() if lines and lines[-1][0] == out else None
    for target, expression, note in lines:
        rows += statement_of(target, expression, note, 4)
    if last is not None:
        rows += layout.statement("return", last[1], last[2], 4)
    else:
        rows += layout.statement("return", _rooted(out, root, writer), "", 4)
    return rows


def head(name: str, arguments: Sequence[str], indent: int = 0, result: str = "Tensor") -> list[str]:
    """The first lines of a function."""
    margin = " " * indent
    head = f"{margin}def {name}({', '.join(arguments)}) -> {result}:"
    if len(head) <= layout.WIDTH:
        return [head]
    inside = f"{margin}    {', '.join(arguments)}"
    if len(inside) <= layout.WIDTH:
        return [f"{margin}def {name}(", inside, f"{margin}) -> {result}:"]
    each = [f"{margin}    {one}," for one in arguments]
    return [f"{margin}def {name}(", *each, f"{margin}) -> {result}:"]


def _constants(writer: LossWriter) -> list[str]:
    """Constant tables that a module would keep as buffers."""
    graph = writer.graph
    like = next((writer.values[w] for w in graph.inputs), "")
    place = f".to({like}.device)" if like else ""
    return [f"{own.removeprefix('self.')} = {made}{place}" for made, own in writer.buffers.items()]


def _rooted(line: str, root: Root, writer: LossWriter) -> str:
    """A line of a method as one of a function of the model."""
    for own in writer.buffers.values():
        line = re.sub(rf"\b{re.escape(own)}\b", own.removeprefix("self."), line)
    if root.whole in writer.children:
        attribute = re.escape(writer.children[root.whole][0])
        line = re.sub(rf"\bself\.{attribute}\b", "model", line)
    return re.sub(r"\bself\.", "model.", line)
