"""Folds over trees: one cell at every node, from the leaves to the roots.

Definition.  The trees of a functor with children X are folded by an algebra of it: a state for a
leaf, and the state of a node from those of its children.  Trees come as a forest of nodes
(``forests``): labels ``A[node]``, ``children: Fin(node)[node, child]`` and which of them are there,
``Bool[node, child]``; the arity ``child`` is the largest number of children.  The fold gives the
states of all nodes; ``rooted`` reads them at given roots.  At a node, ``S[child]`` holds the states
of its children, 0 (false, index 0) where there is none.

======================= ======================== =========================================
functor                 arrow                    leaf, and cell
======================= ======================== =========================================
A + X², A + List(X)     ``leaf_labelled``        A → S,    S[child] (× Bool[child]) → S
1 + A × X²              ``node_labelled``        One → S,  A × S[child] (× Bool[child]) → S
A × List(X)             ``tree_fold``            A → S,    A × S[child] (× Bool[child]) → S
A × List(X)             ``rose_fold``            the cell alone, for nodes without children too
======================= ======================== =========================================

A and S may be several wires, the labels first and the states last.  For binary trees ``child`` has
2 points, and ``binary`` makes a cell of an arrow that names both sides.

Laws (f the fold).  ``f(leaf a) = leaf(a)`` and ``f(node a ts) = cell(a, f[ts])``; f is the only
arrow with these two.  It depends on the subtree alone: not on how the nodes are numbered, nor on
whether equal subtrees are one node.  Where the cell is invariant under ``Symmetric(child)``, so is
f.  Weights are tied over the nodes (the 2-cell Δ: P → Pⁿ): ``cell.leaf.…`` and ``cell.node.…``.
Arrays that are no forest have no fold: every generated file refuses them (the meaning reads their
largest forest in order, ``forests.acyclic``).

>>> from categorical import Dim, Fin, Real, op
>>> node, child, a, s = Dim.named("node child a s")
>>> cell = op.sum(child).at(Real[child, s]) >> op.linear(s, s) >> op.tanh
>>> net = leaf_labelled(op.linear(a, s), cell, over=node, arity=child)
>>> net.type_text()
'Real[node, a] × Fin(node)[node, child] × Bool[node, child] → Real[node, s]'
>>> list(net.parameters)[::2]
['cell.leaf.linear.weight', 'cell.node.linear.weight']

The states of leaves and nodes are of one type, the carrier:

>>> leaf_labelled(op.linear(a, a), cell, over=node, arity=child)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM045]: ... is no algebra on the states of the leaves
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from categorical import messages, op
from categorical.arrows import Arrow, Transformed, Types
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Operator, OperatorBox
from categorical.index import Axis, IndexSet, axis
from categorical.ops.axes import structural
from categorical.origin import here
from categorical.records import Context
from categorical.recursion import rewriting
from categorical.recursion.forests import acyclic, heights
from categorical.recursion.mistakes import arrays
from categorical.spaces import Array, Bool, Fin, Space


def _prefixes(box: OperatorBox, sizes: Mapping[str, int]) -> list[str]:
    return ["leaf.", "node."][-len(box.regions) :]


def _meaning(
    ctx: Context, box: OperatorBox, run: Callable[..., list[Any]], values: Sequence[Any]
) -> list[Any]:
    *labels, children, present = values
    children, present = np.asarray(children), np.asarray(present, dtype=np.bool_)
    batch, count = children.shape[:-2], children.shape[-2]
    if (present & ((children < 0) | (children >= count))).any():
        raise ValueError(f"a child lies outside 0..{count - 1}")
    kinds = box.regions[-1].cod
    rows: list[list[Any]] = [[] for _ in kinds]
    for at in np.ndindex(batch):
        own = [structural(ctx, v, lambda a, at=at: np.asarray(a[at])) for v in labels]
        for place, one in enumerate(_states(ctx, box, run, own, children[at], present[at])):
            rows[place] += one
    return [
        structural(ctx, _stacked(ctx, row), lambda a: a.reshape((*batch, count, *a.shape[1:])))
        for row in rows
    ]


def _states(
    ctx: Context,
    box: OperatorBox,
    run: Callable[..., list[Any]],
    labels: Sequence[Any],
    children: Any,
    present: Any,
) -> list[list[Any]]:
    """The states of every node of one forest, a list for each wire of the state."""
    kinds = box.regions[-1].cod
    found = [[_nothing(ctx, type_)] * len(children) for type_ in kinds]
    children, present = acyclic(children, present)
    level = heights(children, present)
    for node in np.argsort(level, kind="stable"):
        entry = [structural(ctx, v, lambda a, node=node: np.asarray(a[node])) for v in labels]
        if level[node] == 0 and box.attrs["leaf"] is not None:
            states = run(0, [entry[i] for i in box.attrs["leaf"]])
        else:
            below = [
                _stacked(
                    ctx,
                    [
                        row[c] if p else _nothing(ctx, type_)
                        for c, p in zip(children[node], present[node], strict=True)
                    ],
                )
                for row, type_ in zip(found, kinds, strict=True)
            ]
            mask = [present[node]] if box.attrs["mask"] else []
            ins = [*(entry[i] for i in box.attrs["node"]), *below, *mask]
            states = run(len(box.regions) - 1, ins)
        for row, one in zip(found, states, strict=True):
            row[node] = one
    return found


def _nothing(ctx: Context, type_: Array) -> Any:
    """The state of a child that is not there."""
    shape = ctx.shape(type_)
    if type_.kind in ("bool", "fin"):
        return np.zeros(shape, dtype=np.bool_ if type_.kind == "bool" else np.int64)
    return ctx.algebra.zeros(shape)


def _stacked(ctx: Context, row: list[Any]) -> Any:
    if all(isinstance(one, np.ndarray) for one in row):
        return np.stack(row)
    return ctx.algebra.structural_n(row, lambda several: np.stack(list(several)))


TREE_FOLD = Operator(
    "tree_fold", "a cell at every node of a forest", _prefixes, _meaning, parts=True, whole=True
)


# --- the four forms -----------------------------------------------------------------------------


@checked
def tree_fold(
    leaf: Arrow,
    cell: Arrow,
    over: IndexSet | Axis,
    arity: IndexSet | Axis | int,
    *,
    name: str = "cell",
) -> Arrow:
    """``A[node] × children × present → S[node]``: ``leaf: A → S``, ``cell: A × S[child] → S``.

    The cell may take which children are there, ``Bool[child]``, as its last input.
    """
    labels = tuple(range(len(leaf.dom)))
    return _fold(leaf, cell, over, arity, leaf.dom, labels, labels, name, "tree_fold")


@checked
def leaf_labelled(
    leaf: Arrow,
    cell: Arrow,
    over: IndexSet | Axis,
    arity: IndexSet | Axis | int,
    *,
    name: str = "cell",
) -> Arrow:
    """``A[node] × children × present → S[node]``, labels read at leaves only: A + X², A + List(X).

    ``leaf: A → S``, ``cell: S[child] (× Bool[child]) → S``.
    """
    labels = tuple(range(len(leaf.dom)))
    return _fold(leaf, cell, over, arity, leaf.dom, labels, (), name, "leaf_labelled")


@checked
def node_labelled(
    leaf: Arrow,
    cell: Arrow,
    over: IndexSet | Axis,
    arity: IndexSet | Axis | int,
    *,
    name: str = "cell",
) -> Arrow:
    """``A[node] × children × present → S[node]``, leaves without a label: 1 + A × X².

    ``leaf: One → S``, ``cell: A × S[child] (× Bool[child]) → S``.
    """
    if leaf.dom:
        raise SpecError(
            "CM045",
            f"`{leaf.label()}` reads a label: it is no start of a fold whose leaves have none",
            facts=[("leaf", leaf.type_text())],
            help=["an arrow without inputs:  op.parameter(…)", "or use tree_fold(leaf, cell, …)"],
        )
    read = cell.dom[: _labels(cell, leaf.cod, axis(arity))]
    return _fold(leaf, cell, over, arity, read, (), tuple(range(len(read))), name, "node_labelled")


@checked
def rose_fold(
    cell: Arrow, over: IndexSet | Axis, arity: IndexSet | Axis | int, *, name: str = "cell"
) -> Arrow:
    """``A[node] × children × present → S[node]`` with one cell for all nodes: A × List(X).

    ``cell: A × S[child] (× Bool[child]) → S``; a leaf has no child, hence states 0.
    """
    read = cell.dom[: _labels(cell, cell.cod, axis(arity))]
    places = tuple(range(len(read)))
    return _fold(None, cell, over, arity, read, None, places, name, "rose_fold")


@checked
def binary(cell: Arrow) -> Arrow:
    """``A × S × S → S``, the left and the right child, as a cell ``A × S[2] → S``."""
    states = len(cell.cod)
    end = len(cell.dom) - 2 * states
    if end < 0 or not states or cell.dom[end:] != (*cell.cod, *cell.cod):
        raise SpecError(
            "CM045",
            f"`{cell.label()}` does not read the states of two children",
            facts=[("the cell", cell.type_text())],
            help=["a cell of a binary tree takes both children last:  A × S × S → S"],
        )
    pair = axis(2)
    # (l₁, r₁, l₂, r₂, …) to (l₁, l₂, …, r₁, r₂, …)
    order = [*range(end), *(end + 2 * i + side for side in (0, 1) for i in range(states))]

    def make(types: Types) -> Graph:
        builder = Builder()
        ins = [builder.input(t) for t in arrays(cell, types)]
        wires: list[int] = ins[:end]
        for wire in ins[end:]:
            for side in (0, 1):
                wires += builder.apply(op.take(pair, side).op, (wire,), ["left", "right"][side])
        chosen = [wires[i] for i in order]
        graph = cell.retype(tuple(builder.graph.types[w] for w in chosen)).graph()
        names = {w: graph.wire_name(v) for w, v in zip(chosen[:end], graph.inputs, strict=False)}
        builder.graph.names.update(names)
        return builder.finish(builder.splice(graph, chosen))

    dom = (*cell.dom[:end], *(one.with_axes((pair, *one.axes)) for one in arrays(cell, cell.cod)))
    return Transformed(cell, make, cell.label(), dom, cell.open)


@checked
def rooted(fold: Arrow, over: IndexSet | Axis) -> Arrow:
    """The states at a root: a fold with the input ``root: Fin(node)`` last, and S for S[node].

    A batch of trees that is one forest (``union``) has a root for each tree.
    """
    nodes = axis(over)
    root = Fin(nodes.index).scalar
    states = [one for one in fold.cod if isinstance(one, Array)]
    if not (states and all(nodes in one.axes for one in states)):
        raise SpecError(
            "CM050",
            f"`{fold.label()}` gives no state for every node of `{nodes}`",
            facts=[("it is", fold.type_text())],
            help=["a fold of trees, along its axis of nodes:  rooted(tree_fold(…), over=node)"],
        )

    def make(types: Types) -> Graph:
        builder = Builder()
        graph = fold.retype(types[:-1]).graph()
        ins = [builder.input(t, graph.wire_name(w)) for w, t in zip(graph.inputs, graph.dom)]
        (last,) = arrays(fold, types[-1:])
        at = builder.input(last, "root")
        states = builder.splice(graph, ins)
        return builder.finish(
            [builder.apply(op.gather(nodes).op, (one, at), "at_root")[0] for one in states]
        )

    return Transformed(fold, make, f"rooted({fold.label()})", (*fold.dom, root), fold.open)


# --- typing -------------------------------------------------------------------------------------


def _labels(cell: Arrow, states: Types, arity: Axis) -> int:
    """How many labels a cell reads, in front of the states of its children."""
    wanted = tuple(_at_children(one, arity) for one in states)
    for end in (len(cell.dom) - 1, len(cell.dom)):
        masked = end < len(cell.dom) and cell.dom[end] == Bool[arity]
        if (masked or end == len(cell.dom)) and cell.dom[end - len(states) : end] == wanted:
            return end - len(states)
    raise _no_algebra(cell, (*cell.dom[: max(0, len(cell.dom) - len(states))], *wanted), states)


def _at_children(one: Space, arity: Axis) -> Space:
    return one.with_axes((arity, *one.axes)) if isinstance(one, Array) else one


def _no_algebra(cell: Arrow, wanted: Types, states: Types, reason: str = "") -> SpecError:
    expected = f"{messages.side(wanted)} → {messages.side(states)}"
    return SpecError(
        "CM045",
        f"`{cell.label()}` is no algebra on the states of the leaves",
        facts=[
            ("the cell", cell.type_text()),
            ("expected", expected),
            *([("because", reason)] if reason else []),
        ],
        help=rewriting.as_a_tree_cell(cell, wanted, states),
    )


def _fold(
    leaf: Arrow | None,
    cell: Arrow,
    over: IndexSet | Axis,
    arity: IndexSet | Axis | int,
    labels: Types,
    leaf_reads: tuple[int, ...] | None,
    node_reads: tuple[int, ...],
    name: str,
    title: str,
) -> Arrow:
    """The fold of a leaf (None: the cell) and a cell that read these of the labels."""
    messages.check_name(name, "a cell")
    nodes, child, place = axis(over), axis(arity), here()
    count = len(labels)
    if leaf is not None and any(child in one.axes for one in labels if isinstance(one, Array)):
        raise SpecError(
            "CM045",
            f"`{leaf.label()}` reads the states of children: it is no leaf",
            facts=[("the leaf", leaf.type_text()), ("the cell", cell.type_text())],
            help=[f"the leaf is the first argument, the cell the second:  {title}(leaf, cell, …)"],
        )
    expected = (Fin(nodes.index)[nodes, child], Bool[nodes, child])

    def make(types: Types) -> Graph:
        found = arrays(cell, types)
        if len(found) != count + 2:
            raise messages.arity(f"the {title} of {cell.label()}", count + 2, len(found))
        entries = tuple(_entry(one, nodes, i) for i, one in enumerate(found[:count]))
        _check_forest(found[count:], expected)
        states: Types = cell.cod
        regions: list[Graph] = []
        if leaf is not None:
            regions.append(leaf.retype(tuple(entries[i] for i in leaf_reads or ())).graph())
            states = regions[0].cod
        below = tuple(_at_children(one, child) for one in states)
        wanted = (*(entries[i] for i in node_reads), *below)
        mask = len(cell.dom) == len(wanted) + 1 and cell.dom[-1] == Bool[child]
        wanted += (Bool[child],) if mask else ()
        if len(cell.dom) != len(wanted) or (not cell.open and cell.dom != wanted):
            raise _no_algebra(cell, wanted, states)
        try:
            regions.append(cell.retype(wanted).graph())
        except SpecError as problem:
            raise _no_algebra(cell, wanted, states, problem.title) from None
        if regions[-1].cod != states:
            raise _no_algebra(cell, wanted, states)
        _check_bodies(regions, nodes, child)
        attrs = {
            "nodes": nodes,
            "arity": child,
            "leaf": leaf_reads,
            "node": node_reads,
            "mask": mask,
            "weights": "tied",
        }
        outs = tuple(one.with_axes((nodes, *one.axes)) for one in regions[-1].cod)
        box = OperatorBox(TREE_FOLD, tuple(regions), found, outs, attrs)
        builder = Builder()
        names = _names(regions, leaf_reads, node_reads, count)
        ins = tuple(
            builder.input(t, n) for t, n in zip(found, [*names, "children", "present"], strict=True)
        )
        return builder.finish(builder.operate(box, ins, name, place))

    dom = (*(one.with_axes((nodes, *one.axes)) for one in arrays(cell, labels)), *expected)
    return Transformed(cell, make, f"{title}({cell.label()})", dom, cell.open)


def _names(
    regions: list[Graph],
    leaf: tuple[int, ...] | None,
    node: tuple[int, ...],
    count: int,
) -> list[str]:
    """The names of the labels: those that a body gives them."""
    found = [f"label{i + 1}" if count > 1 else "label" for i in range(count)]
    for region, reads in ((regions[-1], node), (regions[0], leaf or ())):
        for place, wire in zip(reads, region.inputs, strict=False):
            found[place] = region.names.get(wire, found[place])
    return found


def _entry(one: Array, nodes: Axis, place: int) -> Array:
    """The type of the label of one node."""
    if not one.axes or one.axes[0] != nodes:
        raise SpecError(
            "CM005",
            f"label {place + 1} of a fold over the trees of `{nodes}` lacks that axis in front",
            facts=[("it is", str(one))],
            help=[f"one label for each node:  Real[{nodes}, …]"],
        )
    return one.with_axes(one.axes[1:])


def _check_forest(found: Types, expected: Types) -> None:
    if found != expected:
        raise SpecError(
            "CM050",
            "the trees of a fold are no forest",
            facts=[("given", messages.side(found)), ("expected", messages.side(expected))],
            help=["the children of each node, and which of them are there"],
        )


def _check_bodies(regions: list[Graph], nodes: Axis, child: Axis) -> None:
    """The bodies see one node, and may be run more than once."""
    for region in regions:
        for one in region.cod:
            if {nodes, child} & set(one.axes):
                raise SpecError(
                    "CM006",
                    f"a state has the axis `{nodes if nodes in one.axes else child}` already",
                    facts=[("state", str(one))],
                    help=["label one of the two:  node.at('other')"],
                )
        stateful = [p for p, r in region.resources().items() if r.role in ("statistic", "noise")]
        if stateful:
            raise SpecError(
                "CM015" if region.updates else "CM014",
                f"`{stateful[0]}` cannot be tied across the nodes of a tree",
                help=["draw the noise outside, as a label that is read"],
            )


__all__ = ["binary", "leaf_labelled", "node_labelled", "rooted", "rose_fold", "tree_fold"]
