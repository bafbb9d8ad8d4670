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

from dataclasses import replace

from categorical.functors import Stack
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis, Dim
from categorical.recursion.forests import inputs

#: The axis of the nodes of a level.
LEVEL = "level"


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
    for node in graph.nodes:
        box = node.box
        if isinstance(box, OperatorBox):
            regions = tuple(_levelled(region, level, done) for region in box.regions)
            if box.name == "tree_fold":
                regions = tuple(_lifted(region, level, done) for region in regions)
            if any(a is not b for a, b in zip(regions, box.regions, strict=True)):
                box = replace(box, regions=regions)
                node = Node(box, node.ins, node.outs, node.name, node.origin)
        nodes.append(node)
    alike = all(a is b for a, b in zip(nodes, graph.nodes, strict=True))
    done[id(graph)] = graph if alike else replace(graph, nodes=nodes)
    return done[id(graph)]


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
        )


def schedule(children: Tensor, present: Tensor) -> Schedule:
    """The levels of a forest: node numbers [..., node, child], and which of them are children.

    The work is done on the CPU: a collate function may do it, and ``forward`` take it as ``plan``.
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
    total = len(children)
    inner = present.any(1)
    parents = torch.bincount(children[present], minlength=total)
    shared = bool((parents > 1).any())
    depth = torch.zeros(total, dtype=torch.int64)
    left = parents.clone()
    front, fronts = (parents == 0).nonzero().flatten(), []
    while len(front):
        fronts.append(front)
        front = children[front][present[front]]
        if shared:
            left.index_add_(0, front, torch.full_like(front, -1))
            front = front.unique()
            front = front[left[front] == 0]
            depth[front] = len(fronts)
    reached = torch.zeros(total, dtype=torch.bool)
    reached[torch.cat(fronts) if fronts else front] = True
    if not reached.all():
        raise ValueError(cycle_of(children, present, ~reached, count))
    need = torch.full((total,), total)
    if shared:
        above = depth[:, None].expand(children.shape)[present]
        need.scatter_reduce_(0, children[present], above, "amin")
    levels = [(one[inner[one]], one[~inner[one]]) for one in reversed(fronts)]
    place = torch.empty(total, dtype=torch.int64)
    frontier = levels[0][1] if levels else front
    below, carry, spare = [], [], []
    for at, (nodes, leaves) in enumerate(levels[1:], 2):
        place[frontier] = torch.arange(len(frontier))
        there = present[nodes]
        below.append(torch.where(there, place[children[nodes]], len(frontier)).flatten())
        spare.append(not bool(there.all()))
        if shared:
            kept = frontier[need[frontier] < len(levels) - at]
            carry.append(place[kept])
            frontier = torch.cat([nodes, leaves, kept])
        else:
            carry.append(front)
            frontier = torch.cat([nodes, leaves])
    leaves = torch.cat([one for _, one in levels]) if levels else front
    nodes = torch.cat([one for one, _ in levels]) if levels else front
    place[torch.cat([nodes, leaves])] = torch.arange(total)
    counts = [len(one) for one, _ in levels[1:]]
    leaf_counts = [len(one) for _, one in levels] or [0]
    made = Schedule(leaves, nodes, place, leaf_counts, counts, below, carry, spare)
    return made if device.type == "cpu" else made.to(device)


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
