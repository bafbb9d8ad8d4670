"""Levels: a forest is computed level by level, each as one batch of cells.

Definition.  The depth of a node is the length of the longest path from a root to it.  ``levelled``
lifts the bodies of every tree fold over an axis of nodes: a level is one call.  The generated
function ``schedule`` puts the nodes of a batch in order, the deepest first: in a tree the children
of a level are then exactly the nodes of the level below, so what is kept between levels is one
level.  (A shared subtree may be read by several levels: it is carried on.)

``forests_of`` says which inputs of a file are its forest, where all its folds read one: the root
module then takes a schedule that was made elsewhere, in a collate function for one.

Law.  Values and gradients are those of the fold, for every forest; arrays that are no forest are
refused by the number of a node.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import rose_fold
>>> node, child, a = Dim.named("node child a")
>>> cell = op.sum(child).at(Real[child, a]) >> op.tanh
>>> net = rose_fold(cell, over=node, arity=child).graph()
>>> print(levelled(net).nodes[0].regions[0].dom[0], forests_of(net))
Real[level, child, a] (0, 1)

Folds over two forests make a schedule each:

>>> two = (rose_fold(cell, over=node, arity=child) @ rose_fold(cell, over=node, arity=child))
>>> forests_of(two.graph()) is None
True
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from backends.pytorch.recursion.fading import fades
from categorical.functors import Stack
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis, Dim
from categorical.ops.common import pick
from categorical.records import Box
from categorical.recursion.forests import inputs

#: The axis of the nodes of a level.
LEVEL = "level"


def narrowed(graph: Graph) -> bool:
    """Whether no cell of a graph minds if places for children are left out."""
    return all(
        fades(node.regions[-1], len(node.regions[-1].cod), len(node.box.attrs["node"]))
        for _, node in graph.walk()
        if isinstance(node.box, OperatorBox) and node.box.name == "tree_fold"
    )


def notes(graph: Graph, narrow: bool) -> list[str]:
    """What the derivation says of the folds of a graph."""
    count = sum(1 for _, node in graph.walk() if node.box.name == "tree_fold")
    places = ", with no more places for children than it needs" if narrow else ""
    text = f"trees: {count} × one call of the cell for each level{places} (gradient everywhere)"
    return [text] if count else []


def has_fold(graph: Graph) -> bool:
    """Whether there is a tree fold in a graph, or in a part of it."""
    return any(node.box.name == "tree_fold" for _, node in graph.walk())


def forests_of(graph: Graph) -> tuple[int, int] | None:
    """The inputs that all folds of a graph read their forest from: children and present."""
    found = inputs(graph)
    direct = sum(1 for _, node in graph.walk() if node.box.name == "tree_fold")
    return found[0] if len(found) == 1 and direct == _reading(graph, found[0]) else None


def _reading(graph: Graph, pair: tuple[int, int]) -> int:
    """How many folds, those in named parts included, read this pair of inputs."""
    count, wanted = 0, tuple(graph.inputs[i] for i in pair)
    for node in graph.nodes:
        if node.box.name == "tree_fold":
            count += node.data[-2:] == wanted
        elif node.box.name == "call":
            region = node.regions[0]
            for inner in inputs(region):
                if tuple(node.data[i] for i in inner) == wanted:
                    count += _reading(region, inner)
    return count


def levelled(graph: Graph) -> Graph:
    """The graph with the bodies of tree folds at every node of a level, in parts too."""
    if not has_fold(graph):
        return graph
    name = LEVEL
    while name in graph.dims:
        name += "_"
    return _levelled(graph, Axis(Dim(name)), {})


def _levelled(graph: Graph, level: Axis, done: dict[int, Graph]) -> Graph:
    """``done`` keeps one region one object, so that instances stay shared."""
    found = done.get(id(graph))
    if found is not None:
        return found
    nodes = []
    for node in _at_rows(graph):
        box = node.box
        if isinstance(box, OperatorBox):
            regions = tuple(_levelled(region, level, done) for region in box.regions)
            if box.name == "tree_fold":
                regions = tuple(_lifted(region, level, done) for region in regions)
            if any(a is not b for a, b in zip(regions, box.regions, strict=True)):
                box = replace(box, regions=regions)
                node = Node(box, node.ins, node.outs, node.name, node.origin)
        nodes.append(node)
    alike = len(nodes) == len(graph.nodes)
    alike = alike and all(a is b for a, b in zip(nodes, graph.nodes, strict=True))
    done[id(graph)] = graph if alike else replace(graph, nodes=nodes)
    return done[id(graph)]


def _at_rows(graph: Graph) -> list[Node]:
    """The nodes, where a fold returns only the states that are read, and only at the rows at which
    they are read, if those are known before it (the roots of trees)."""
    folds = [node for node in graph.nodes if node.box.name == "tree_fold"]
    names = Counter(node.name for node in folds)
    kept = {*graph.outputs, *graph.updates.values()}
    consumers = graph.consumers()
    made: dict[int, int] = {w: i for i, n in enumerate(graph.nodes) for w in n.outs}
    found: dict[int, Node] = {}
    gone: set[int] = set()
    for place, node in enumerate(graph.nodes):
        box = node.box
        if node.box.name != "tree_fold" or names[node.name] > 1:
            continue
        assert isinstance(box, OperatorBox)
        used = tuple(i for i, w in enumerate(node.outs) if w in consumers or w in kept)
        readers = [consumers.get(node.outs[i], []) for i in used]
        index = _index([n for each in readers for n in each], node)
        single = all(len(each) == 1 for each in readers)
        early = made.get(index, -1) < place
        if index >= 0 and single and early and not kept & {node.outs[i] for i in used}:
            outs = tuple(each[0].outs[0] for each in readers)
            gone.update(id(each[0]) for each in readers)
            dom, ins, rows = (*box.dom, graph.types[index]), (*node.ins, index), True
        elif len(used) < len(node.outs):
            outs, dom, ins, rows = tuple(node.outs[i] for i in used), box.dom, node.ins, False
        else:
            continue
        attrs = {**box.attrs, "read": used, "rows": rows}
        small = replace(box, dom=dom, cod=tuple(graph.types[w] for w in outs), attrs=attrs)
        found[id(node)] = Node(small, ins, outs, node.name, node.origin)
    return [found.get(id(node), node) for node in graph.nodes if id(node) not in gone]


def _index(readers: list[Node], fold: Node) -> int:
    """The wire of the rows at which all readers look up the nodes of a fold; −1 if they do not."""
    box = fold.box
    assert isinstance(box, OperatorBox)
    nodes, index = box.attrs["nodes"], -1
    for one in readers:
        if (
            not isinstance(one.box, Box)
            or one.box.name != "gather"
            or index not in (-1, one.ins[1])
        ):
            return -1
        state, rows = one.box.dom
        along = pick("gather", state, one.box.op["axis"])
        alone = len(rows.axes) == 1 and rows.axes[0] not in state.axes
        if one.ins[0] not in fold.outs or not alone or state.axes[0] != nodes or along != nodes:
            return -1
        index = one.ins[1]
    return index


def _lifted(region: Graph, level: Axis, done: dict[int, Graph]) -> Graph:
    key = -id(region)
    if key not in done:
        done[key] = Stack((level,))(region)
        done[id(done[key])] = done[key]
    return done[key]


SCHEDULE = '''
@dataclass(frozen=True)
class Schedule:
    """The order in which the nodes of a forest are computed; see ``schedule``."""

    leaves: Tensor  # the nodes without children, the deepest first
    inner: Tensor  # the other nodes, the deepest first
    place: Tensor  # where each node stands among the inner nodes and then the leaves
    leaf_counts: list[int]  # how many leaves each level has, from the deepest
    counts: list[int]  # how many inner nodes each level has, from the second deepest
    below: list[Tensor]  # for each such level, where its children stand on the level below
    carry: list[Tensor]  # which of those are read again further up
    spare: list[bool]  # whether some children are not there
    widths: list[int]  # how many places for children the nodes of a level have

    def to(self, device: torch.device | str) -> "Schedule":
        """The schedule with its indices on a device."""
        return Schedule(
            self.leaves.to(device),
            self.inner.to(device),
            self.place.to(device),
            self.leaf_counts,
            self.counts,
            [one.to(device) for one in self.below],
            [one.to(device) for one in self.carry],
            self.spare,
            self.widths,
        )


def schedule(children: Tensor, present: Tensor, narrow: bool = False) -> Schedule:
    """The levels of a forest: node numbers [..., node, child], and which of them are children.

    The work is done on the CPU: a collate function may do it, and ``forward`` take it as ``plan``.
    With ``narrow`` the nodes of a level have as many places as one of them has children.
    """
    device, count = children.device, children.shape[-2]
    children, present = children.detach().cpu(), present.detach().cpu()
    wrong = present & ((children < 0) | (children >= count))
    if wrong.any():
        at = wrong.nonzero()[0]
        child, node = int(children[tuple(at.tolist())]), number_of(at[:-1])
        raise ValueError(f"{node} has the child {child}, which is none of {count} nodes")
    if children.dim() > 2:  # several forests are one
        first = count * torch.arange(children.shape[:-2].numel())
        children = (children.flatten(0, -3) + first[:, None, None]).flatten(0, 1)
        present = present.flatten(0, -2)
    total, arity = children.shape
    inner = present.any(1)
    below = children.masked_select(present)
    above = present.nonzero()[:, 0]
    shared = bool((torch.bincount(below, minlength=total) > 1).any())
    depth = deep(children, present, below) if shared else shallow(below, above, total)
    if (depth < 0).any():
        raise ValueError(cycle_of(children, present, depth < 0, count))
    level = (depth.max() if total else 0) - depth  # from the deepest
    kind = 1 - inner.long()  # inner nodes, leaves, and what is handed on
    node = torch.arange(total)
    first, key = node, 3 * level + kind
    if shared:  # a node is a row of each level from its own to that where it is read last
        last = (level + 1).scatter_reduce(0, below, level.index_select(0, above), "amax")
        life = last - level
        first = life.cumsum(0) - life
        node = torch.repeat_interleave(node, life)
        age = torch.arange(len(node)) - first.index_select(0, node)
        kind = torch.where(age > 0, 2, kind.index_select(0, node))
        key = 3 * (level.index_select(0, node) + age) + kind
    order = key.argsort(stable=True)
    sizes = torch.bincount(key, minlength=3 * (int(level.max()) + 1 if total else 1)).view(-1, 3)
    width = sizes.sum(1)
    row = torch.empty_like(order)
    start = torch.repeat_interleave(width.cumsum(0) - width, width)
    row.scatter_(0, order, torch.arange(len(order)) - start)
    kind = kind.index_select(0, order)
    nodes = node.index_select(0, order.masked_select(kind == 0))
    leaves = node.index_select(0, order.masked_select(kind == 1))
    there, at = present.index_select(0, nodes), level.index_select(0, nodes)
    read = children.index_select(0, nodes).where(there, nodes[:, None]).flatten()
    if shared:
        far = at.repeat_interleave(arity) - 1 - level.index_select(0, read)
        read = first.index_select(0, read) + far.clamp(min=0)
    read = row.index_select(0, read).view(-1, arity)
    read = read.where(there, width.index_select(0, at - 1)[:, None])
    wide = torch.full((len(sizes),), arity)
    if narrow and len(nodes):
        last = (there * torch.arange(1, arity + 1)).amax(1)
        wide = torch.zeros_like(wide).scatter_reduce(0, at, last, "amax")
    lacking = there.sum(1) < wide.index_select(0, at)
    short = torch.bincount(at.masked_select(lacking), minlength=len(sizes))[1:].tolist()
    place = torch.empty(total, dtype=torch.int64)
    place.scatter_(0, torch.cat([nodes, leaves]), torch.arange(total))
    (_, *counts), leaf_counts, (_, *kept) = sizes.t().tolist()
    widths = wide[1:].tolist()
    made = Schedule(
        leaves,
        nodes,
        place,
        leaf_counts,
        counts,
        [one[:, :w].flatten() for one, w in zip(read.split(counts), widths, strict=True)],
        list(row.index_select(0, order.masked_select(kind == 2) - 1).split(kept)),
        [one > 0 for one in short],
        widths,
    )
    return made if device.type == "cpu" else made.to(device)


def shallow(below: Tensor, above: Tensor, total: int) -> Tensor:
    """The depth of every node of trees, in steps that double; -1 where no root is above."""
    up = torch.full((total + 1,), total)
    up.scatter_(0, below, above)
    depth = (up < total).long()
    for _ in range(total.bit_length()):
        if not (up < total).any():
            break
        depth, up = depth + depth.index_select(0, up), up.index_select(0, up)
    return torch.where(up < total, -1, depth)[:total]


def deep(children: Tensor, present: Tensor, below: Tensor) -> Tensor:
    """The longest path from a root to every node, where subtrees are shared."""
    left = torch.bincount(below, minlength=len(children))
    depth = torch.where(left > 0, -1, 0)
    front, level = (left == 0).nonzero().flatten(), 0
    while len(front):
        depth[front], level = level, level + 1
        found = children[front][present[front]]
        left.index_add_(0, found, torch.full_like(found, -1))
        found = found.unique()
        front = found[left[found] == 0]
    return depth


def number_of(node: Tensor) -> str:
    """The number of a node, and that of its forest where there are several."""
    numbers = node.tolist()
    return f"node {numbers[-1]}" + (f" of forest {numbers[:-1]}" if len(numbers) > 1 else "")


def cycle_of(children: Tensor, present: Tensor, left: Tensor, count: int) -> str:
    """What to say of nodes that no root reaches: one of them is its own descendant."""
    node, path = int(left.nonzero()[0]), []
    while node not in path:
        path.append(node)
        above = ((children == node) & present).any(1) & left
        node = int(above.nonzero()[0])
    path = [node, *path[: path.index(node) : -1], node]
    forest = f" of forest {node // count}" if len(children) > count else ""
    steps = " → ".join([str(one % count) for one in path])
    return f"node {node % count}{forest} is its own descendant: {steps}"


def rows_of(parts: list[Tensor], index: Tensor, spare: bool) -> Tensor:
    """The rows at an index of several tensors in a row; the one behind the last is 0."""
    if spare:
        parts = [*parts, parts[0].new_zeros(1, *parts[0].shape[1:])]
    whole = torch.cat(parts) if len(parts) > 1 else parts[0]
    return whole.index_select(0, index)


def handed_on(parts: list[Tensor], new: Tensor, leaf: Tensor, carry: Tensor) -> list[Tensor]:
    """What the next level reads: a level, with those rows of the one below that are read again."""
    found = [one for one in (new, leaf) if len(one)]
    return [*found, rows_of(parts, carry, False)] if len(carry) else found
'''
