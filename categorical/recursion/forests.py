"""Forests as arrays: which node is a child of which, in what order a fold reads them.

Definition.  A forest of n nodes whose nodes have at most k children is two arrays: ``children``,
numbers of nodes of shape (n, k), and ``present``, which of them are there; the number at a place
where no child is present means nothing.  Nodes stand in any order, but no node is its own
descendant: the relation is well founded.  A node may be the child of several others (a shared
subtree, whose state is computed once) or of none (a root).

Laws.  The height of a node (0 without children) is larger than that of its children; numbering the
nodes anew moves the heights along.  ``acyclic`` leaves a forest as it is, and makes one of any
arrays: this is how forests are drawn at random.

>>> tree = ("add", ("x",), ("mul", ("x",), ("y",)))
>>> found = forest([tree], children=lambda t: t[1:], label=lambda t: t[0])
>>> found.labels, found.roots.tolist()
(['add', 'x', 'mul', 'x', 'y'], [0])
>>> found.children[found.present].tolist(), heights(found.children, found.present).tolist()
([1, 2, 3, 4], [2, 0, 1, 0, 0])
>>> forest([tree], lambda t: t[1:], lambda t: t[0], shared=True).labels
['x', 'y', 'mul', 'add']

A node below itself is refused, by its number:

>>> check(np.array([[1], [2], [1]]), np.array([[True], [True], [True]]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM050]: node 1 is its own descendant
...
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.graph import Graph, OperatorBox

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]


def heights(children: Ints, present: Bools) -> Ints:
    """The height of every node; −1 for a node on a cycle, or with one below it."""
    found = np.where(present.any(axis=1), -1, 0)
    below = np.where(present, children, 0)
    while True:
        reached = np.where(present, found[below], 0)
        ready = (found < 0) & (reached >= 0).all(axis=1)
        if not ready.any():
            return found
        found[ready] = 1 + reached[ready].max(axis=1)


def acyclic(children: Ints, present: Bools) -> tuple[Ints, Bools]:
    """The arrays themselves for a forest, and else the arrays of one.

    Of a node on a cycle, or above one, a child that does not come before it in number becomes one
    that does (none for node 0), unless a fold reaches that child.
    """
    reached = heights(children, present) >= 0
    below, node = np.where(present, children, 0), np.arange(len(children))[:, None]
    kept = reached[:, None] | reached[below] | (below < node)
    moved = np.where(kept | ~present, children, children % np.maximum(node, 1))
    return moved, present & (kept | (node > 0))


def cycle(children: Ints, present: Bools) -> list[int]:
    """The nodes of one cycle in their order, the smallest first; empty in a forest."""
    stuck = heights(children, present) < 0
    if not stuck.any():
        return []
    node, seen = int(np.argmax(stuck)), {}
    walk: list[int] = []
    while node not in seen:
        seen[node] = len(walk)
        walk.append(node)
        node = next(
            int(c) for c, p in zip(children[node], present[node], strict=True) if p and stuck[c]
        )
    found = walk[seen[node] :]
    first = found.index(min(found))
    return found[first:] + found[:first]


def check(children: Ints, present: Bools) -> None:
    """CM050 with the number of the offending node where the arrays are no forest."""
    children, present = np.asarray(children), np.asarray(present)
    for name, one, kinds in (("children", children, "iu"), ("present", present, "b")):
        if one.dtype.kind not in kinds:
            wanted = "whole numbers" if name == "children" else "true or false"
            raise _refused(f"`{name}` is of {one.dtype}, not {wanted}")
    if children.shape != present.shape or children.ndim != 2:
        raise _refused(f"children of shape {children.shape}, present of shape {present.shape}")
    outside = present & ((children < 0) | (children >= len(children)))
    if outside.any():
        node, place = (int(i) for i in np.argwhere(outside)[0])
        child = int(children[node, place])
        raise _refused(f"node {node} has the child {child}, which is none of {len(children)} nodes")
    found = cycle(children, present)
    if found:
        path = " → ".join(map(str, [*found, found[0]]))
        raise _refused(f"node {found[0]} is its own descendant", ("cycle", path))


def _refused(
    title: str,
    *facts: tuple[str, str],
    help: str = "a child is a node of the same forest, and no node is below itself",
) -> SpecError:
    return SpecError("CM050", title, facts=list(facts), help=[help])


# --- from data --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forest:
    """Trees as arrays; ``labels[i]`` belongs to node i, ``roots[j]`` is the root of tree j."""

    labels: list[Any]
    children: Ints
    present: Bools
    roots: Ints


@checked
def forest(
    trees: Iterable[Any],
    children: Callable[[Any], Sequence[Any]],
    label: Callable[[Any], Any],
    *,
    arity: int | None = None,
    shared: bool = False,
) -> Forest:
    """The arrays of some trees, given the children and the label of each of their nodes.

    Among children, None stands for a place that is left empty.  ``arity`` is the largest number of
    places (as found, if it is not given).  With ``shared``
    equal subtrees of equal labels are one node: a fold, which depends on the subtree alone, then
    computes their state once.
    """
    if not isinstance(trees, Iterable) or isinstance(trees, str):
        raise _of_data("the trees are no list", "a list of roots", trees)
    if arity is not None and (not isinstance(arity, int) or isinstance(arity, bool) or arity < 1):
        raise _of_data("the arity is no number of children", "1 or more", arity)
    numbered: list[tuple[Any, list[int | None]]] = []
    known: dict[tuple[Hashable, ...], int] = {}
    roots: list[int] = []
    for place, tree in enumerate(trees):
        if tree is None:
            raise _of_data(f"tree {place} is None", "a root for every tree", tree)
        roots.append(_number(tree, children, label, numbered, known if shared else None))
    most = max((len(below) for _, below in numbered), default=0)
    width = max(most, 1) if arity is None else arity
    if most > width:
        node = next(i for i, (_, below) in enumerate(numbered) if len(below) > width)
        raise _refused(
            f"node {node} has {len(numbered[node][1])} children, more than {width}",
            ("its label", _brief(numbered[node][0])),
            help=f"arity={most}, or leave it out: it is then what is found",
        )
    places, there = np.zeros((2, len(numbered), width), dtype=np.int64)
    for node, (_, below) in enumerate(numbered):
        places[node, : len(below)] = [child or 0 for child in below]
        there[node, : len(below)] = [child is not None for child in below]
    labels = [one for one, _ in numbered]
    return Forest(labels, places, there.astype(np.bool_), np.asarray(roots, dtype=np.int64))


def _number(
    tree: Any,
    children: Callable[[Any], Sequence[Any]],
    label: Callable[[Any], Any],
    numbered: list[tuple[Any, list[int | None]]],
    known: dict[tuple[Hashable, ...], int] | None,
) -> int:
    """Number the nodes of one tree, in front of their children (behind them where shared)."""
    root: list[int | None] = []
    pending: list[tuple[Any, list[int | None], list[int | None] | None]] = [(tree, root, None)]
    above: dict[Hashable, Any] = {}  # the nodes on the way from the root: a node below itself
    count = 0
    while pending:
        one, into, below = pending.pop()
        if one is None:
            into.append(None)
        elif below is None:
            below = []
            if _key(one) in above:
                raise _of_data("a node is its own descendant", "trees that end", one)
            above[_key(one)] = one
            if known is None:
                into.append(len(numbered))
                numbered.append((_read("label", label, one, count), below))
            pending.append((one, into, below))
            found = _read("children", children, one, count)
            if isinstance(found, str) or not isinstance(found, Sequence):
                title = f"the children of node {count} are no list"
                raise _of_data(title, "[] for a leaf, None for a place left empty", found)
            pending.extend((child, below, None) for child in reversed(found))
            count += 1
        else:
            del above[_key(one)]
            if known is None:
                continue
            key = (_read("label", label, one, len(numbered)), *below)
            try:
                new = key not in known
            except TypeError:
                title = f"the label of node {len(numbered)} cannot be compared"
                raise _of_data(title, "a hashable label, as shared=True asks", key[0]) from None
            if new:
                known[key] = len(numbered)
                numbered.append((key[0], below))
            into.append(known[key])
    return root[0] or 0


def _key(node: Any) -> Hashable:
    """What tells a node from others: a number or a text by its value, other things as they are."""
    return (type(node), node) if isinstance(node, (int, str)) else id(node)


def _read(name: str, function: Callable[[Any], Any], node: Any, number: int) -> Any:
    """What a function of the user says of a node; an exception in it is told with the node."""
    try:
        return function(node)
    except (TypeError, LookupError, AttributeError, ValueError) as problem:
        found = f"{type(problem).__name__}: {problem}"
        raise _refused(
            f"`{name}` fails at node {number}",
            ("node", _brief(node)),
            ("error", found),
            help=f"{name} takes every node of the trees, leaves as well",
        ) from problem


def _of_data(title: str, expected: str, found: Any) -> SpecError:
    kind = type(found).__name__
    return _refused(title, ("got", f"{_brief(found)} ({kind})"), help=f"expected: {expected}")


def _brief(value: Any) -> str:
    text = reprlib.repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


@checked
def joined(forests: Sequence[Forest]) -> Forest:
    """The disjoint union: the nodes of all forests in a row, children and roots shifted."""
    if not forests:
        return forest([], tuple, tuple)
    width = max(one.children.shape[1] for one in forests)
    starts = np.cumsum([0, *(len(one.labels) for one in forests)])

    def wide(array: Any) -> Any:
        return np.pad(array, ((0, 0), (0, width - array.shape[1])))

    return Forest(
        [label for one in forests for label in one.labels],
        np.concatenate([wide(f.children + s) for f, s in zip(forests, starts, strict=False)]),
        np.concatenate([wide(f.present) for f in forests]),
        np.concatenate([f.roots + s for f, s in zip(forests, starts, strict=False)]),
    )


# --- inputs of graphs ---------------------------------------------------------------------------


def inputs(graph: Graph, thinned: bool = False) -> list[tuple[int, int]]:
    """The places of the inputs that are the children of a tree fold, and which are present.

    With ``thinned`` also those of which a fold reads a part: a forest with fewer children is one.
    """
    found: dict[tuple[int, int], None] = {}
    places = {w: i for i, w in enumerate(graph.inputs)}
    if thinned:
        for node in graph.nodes:
            known = [places[w] for w in node.data if w in places]
            if node.box.name == "logical_and" and known:
                places.setdefault(node.outs[0], known[0])
    for node in graph.nodes:
        if not isinstance(node.box, OperatorBox):
            continue
        if node.box.name == "tree_fold":
            end = len(node.data) - int(node.box.attrs.get("rows", False))
            pairs = [(end - 2, end - 1)]
        elif node.box.name == "call":
            pairs = inputs(node.box.regions[0], thinned)
        else:
            continue
        for children, present in pairs:
            wires = node.data[children], node.data[present]
            if all(w in places for w in wires):
                found[places[wires[0]], places[wires[1]]] = None
    return list(found)


def crowded(graph: Graph, sizes: Mapping[str, int]) -> dict[str, int]:
    """The sizes with eight nodes or more in every forest, so that there are trees of some height
    (as they are where that breaks a condition)."""
    found = dict(sizes)
    for _, node in graph.walk():
        if isinstance(node.box, OperatorBox) and node.box.name == "tree_fold":
            for name in node.box.attrs["nodes"].size.symbols & set(sizes):
                found[name] = max(found[name], 8)
    fits = found == sizes or all(one.holds(found) for one in graph.conditions())
    return found if fits else dict(sizes)


def lawful(graph: Graph, values: Sequence[Any]) -> list[Any]:
    """The values of the inputs of a graph, made forests where a fold reads forests."""
    changed = list(values)
    for children, present in inputs(graph, thinned=True):
        below, there = np.array(changed[children]), np.array(changed[present])
        for at in np.ndindex(there.shape[:-2]):
            below[at], there[at] = acyclic(below[at], there[at])
        changed[children], changed[present] = below, there
    return changed
