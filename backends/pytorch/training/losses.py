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
>>> root, names = Root("line", frozenset("ck"), {}), {"x": "x", "label": "y"}
>>> print(*loss_function(Joint(one), one.players[0], root, "loss", names).lines[2:], sep="\\n")
    line = model(x)  # [batch, k]
    return F.mse_loss(line, y)  # []

An input needs a name:

>>> loss_function(Joint(one), one.players[0], root, "loss", {})
Traceback (most recent call last):
...
KeyError: 'x'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from backends.pytorch import layout, safety
from backends.pytorch.emit import Writer, statement_of
from backends.pytorch.naming import Names
from backends.pytorch.scope import File
from backends.pytorch.training.known import Known, known, text
from backends.pytorch.training.sharing import Joint, in_front
from backends.pytorch.views import shadows
from categorical.architecture import BATCH
from categorical.errors import SpecError
from categorical.graph import Graph, Node
from categorical.index import Axis
from categorical.learning.games import Game, Player

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
    helpers: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)


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


class LossWriter(Writer):
    """Writes the statements of one loss function."""

    eager = True
    quiet: int = 0  # how many nodes stand in front, under ``torch.no_grad()``
    losses: Mapping[int, Known]
    needless: frozenset[int] = frozenset()
    done: int = 0

    def _node(self, node: Node) -> None:
        start = len(self.lines)
        found = self.losses.get(node.outs[0]) if node.outs else None
        if found is not None:
            label = self._wire(found.label) if found.constant is None else ""
            self._bind(node.outs[0], text(found, self.graph, self._wire(found.prediction), label))
        elif not node.outs or node.outs[0] not in self.needless:
            super()._node(node)
        inner = self.lines[start:] if self.done < self.quiet else []
        if inner:  # a weight alone is no statement
            opened = [] if (QUIET, "", "") in self.lines else [(QUIET, "", "")]
            self.lines[start:] = [*opened, *(("    " + a, b, c) for a, b, c in inner)]
        self.done += 1


def loss_function(
    joint: Joint, player: Player, root: Root, name: str, names: Mapping[str, str]
) -> LossFunction:
    """The function of a player's loss; ``names`` are those of the inputs and shared wires."""
    given = joint.given(player)
    graph = joint.cut([joint.loss(player)], given)
    moved = [w for w in given if joint.shared[w][player.name]]
    game = joint.game
    owned = [p for one in game.players for p in game.owned(one)]
    owned = owned if joint.together else game.owned(player)
    front = in_front(graph, owned, game.sizes, moved)
    shown = safety.docstring(safety.prose(player.name))
    alone = joint.together or len(game.players) == 1
    told = "The loss of a batch." if alone else f"The loss of {shown}."
    return _written(joint, graph, front, root, name, names, told)


def shared_function(
    joint: Joint, root: Root, name: str, names: Mapping[str, str]
) -> LossFunction | None:
    """The function of what several moves read, if there is something."""
    if not joint.shared:
        return None
    graph = joint.cut(list(joint.shared))
    graded = any(mine for users in joint.shared.values() for mine in users.values())
    front = set() if graded else set(range(len(graph.nodes)))
    return _written(joint, graph, front, root, name, names, "What several moves of a round read.")


def _written(
    joint: Joint,
    graph: Graph,
    front: set[int],
    root: Root,
    name: str,
    names: Mapping[str, str],
    told: str,
) -> LossFunction:
    """The function that makes the outputs of a graph, the nodes in front under ``no_grad``."""
    plan = joint.plan
    nodes = [n for i, n in enumerate(graph.nodes) if i in front]
    nodes += [n for i, n in enumerate(graph.nodes) if i not in front]
    titles = {w: names[joint.graph.wire_name(w)] for w in graph.inputs}
    graph = replace(graph, nodes=nodes, names={**graph.names, **titles})
    for table in (plan.fused, plan.cells, plan.skipped, plan.widths, plan.runs):
        if id(joint.graph) in table:
            table[id(graph)] = table[id(joint.graph)]
    plan.keep.append(graph)
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
    for symbol in writer.late:
        raise SpecError(
            "CM025",
            f"the size of `{symbol}` is not given",
            facts=[("needed by", f"`{name}`, whose inputs do not tell it")],
            help=["let an input of this loss have that axis, or a weight of the model"],
            origin=joint.game.origin,
        )
    return LossFunction(
        name,
        [titles[w] for w in graph.inputs],
        graph,
        _function(writer, root, name, told),
        dict(file.helpers),
        set(file.modules),
        [f"F.{one.function}" for one in writer.losses.values()],
    )


def _function(writer: LossWriter, root: Root, name: str, told: str) -> list[str]:
    """The text of the function."""
    graph = writer.graph
    outs = [writer.values[w] for w in graph.outputs]
    arguments = ["model: nn.Module", *(f"{writer.values[w]}: Tensor" for w in graph.inputs)]
    many = f"tuple[{', '.join(['Tensor'] * len(outs))}]"
    rows = head(name, arguments, result="Tensor" if len(outs) == 1 else many)
    rows.append(f'    """{told}"""')
    body = [*writer.prologue, *_constants(writer)]
    for line in body:
        rows += layout.statement("", _rooted(line, root, writer), "", 4)
    lines = [(a, _rooted(b, root, writer), c) for a, b, c in writer.lines]
    lines = [(_rooted(a, root, writer), b, c) for a, b, c in lines]
    last = lines.pop() if lines and [lines[-1][0]] == outs else None
    for target, expression, note in lines:
        rows += statement_of(target, expression, note, 4)
    if last is not None:
        rows += layout.statement("return", last[1], last[2], 4)
    else:
        rows += layout.statement("return", _rooted(", ".join(outs), root, writer), "", 4)
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
