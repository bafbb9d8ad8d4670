"""Random graphs with runs in them, nested, with shared inputs and states along the axis itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from categorical import Dim, Real, op
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.recursion.machine import SCAN, along

t, s, u = Dim.named("t s u")
over = {"t": t, "u": u}
UNARY = [op.tanh, op.neg, op.relu, op.scale(0.5), op.square]
BINARY = [op.add, op.sub, op.mul, op.maximum]
SHAPES = [
    op.sum(t), op.sum(s), op.mean(t), op.expand(t), op.expand(s), op.softmax(t), op.softmax(s),
    op.roll(t, 1), op.flip(t), op.take(t, 0), op.sum(u), op.expand(u), op.roll(u, 1),
]  # fmt: skip
TYPES = [Real[s], Real[t, s], Real[()], Real[t], Real[u, s]]


def random_runs(seed: int) -> Graph:
    """A graph on two inputs, with at least one run."""
    rng = random.Random(seed)
    while True:
        builder = Builder()
        wires = [builder.input(Real[s], "x"), builder.input(Real[t, s], "y")]
        wires.append(builder.input(Real[u, s], "z"))
        grow(builder, wires, rng, 5, 2)
        runs = [n for n in builder.graph.nodes if isinstance(n.box, OperatorBox)]
        if runs:
            read = {w for n in builder.graph.nodes for w in n.ins}
            return builder.finish([w for w in wires if w not in read])  # nothing is dead


def grow(builder: Builder, wires: list[int], rng: random.Random, steps: int, depth: int) -> None:
    """Random operations on the wires."""
    tries = 0
    while steps and tries < 200:
        tries += 1
        pick = rng.random()
        recent = wires[-6:]
        try:
            if pick < 0.2:
                made = builder.apply(rng.choice(UNARY).op, (rng.choice(recent),))
            elif pick < 0.45:
                one = rng.choice(recent)
                same = [w for w in wires if builder.graph.types[w] is builder.graph.types[one]]
                made = builder.apply(rng.choice(BINARY).op, (one, rng.choice(same)))
            elif pick < 0.7 or not depth:
                made = builder.apply(rng.choice(SHAPES).op, (rng.choice(recent),))
            else:
                made = run(builder, wires, rng, depth)
        except SpecError:
            continue
        if any(len(builder.graph.types[w].axes) > 2 for w in made):
            continue
        wires += made
        steps -= 1


def run(builder: Builder, wires: list[int], rng: random.Random, depth: int) -> tuple[int, ...]:
    """A run of a random cell along t or u."""
    axis = along(Real[()], rng.choice([t, t, u]).at("")).axes[0]
    types = builder.graph.types
    states = [rng.choice(wires) for _ in range(rng.choice([1, 1, 2]))]
    rows = [w for w in wires if axis in types[w].axes]
    sequences = [rng.choice(rows) for _ in range(rng.choice([0, 1, 2]))] if rows else []
    shared = [rng.choice(wires) for _ in range(rng.choice([0, 1]))]
    entries = [types[w].with_axes(tuple(a for a in types[w].axes if a != axis)) for w in sequences]
    inner = Builder()
    ins = [inner.input(types[w]) for w in states]
    ins += [inner.input(one) for one in entries]
    ins += [inner.input(types[w]) for w in shared]
    held = list(ins)
    grow(inner, held, rng, 3, depth - 1)
    new = []
    for wire in states:
        fits = [w for w in held if inner.graph.types[w] is types[wire]]
        new.append(rng.choice(fits[-3:]))
    known = {w for n in inner.graph.nodes for w in n.ins}
    outs = [w for w in held if axis not in inner.graph.types[w].axes and w not in (*known, *ins)]
    region = inner.finish([*outs, *new])
    attrs = {
        "over": axis, "times": axis.index, "states": len(states), "shared": len(shared),
        "reverse": rng.random() < 0.4, "weights": "tied", "ragged": False,
    }  # fmt: skip
    read = [*states, *sequences, *shared]
    shown = tuple(along(region.types[w], axis) for w in outs)
    cod = (*shown, *(types[w] for w in states))
    box = OperatorBox(SCAN, (region,), tuple(types[w] for w in read), cod, attrs)
    return builder.operate(box, tuple(read), builder.unique("cell"))


def mutants(graph: Graph, rng: random.Random) -> Iterator[Graph]:
    """The graph with one thing changed, in it or in a cell."""
    for place, node in enumerate(graph.nodes):

        def put(new: Node, place: int = place) -> Graph:
            return replace(graph, nodes=[*graph.nodes[:place], new, *graph.nodes[place + 1 :]])

        for i, j in combinations(range(len(node.ins)), 2):
            same = graph.types[node.ins[i]] is graph.types[node.ins[j]]
            if same and node.ins[i] != node.ins[j]:
                ins = list(node.ins)
                ins[i], ins[j] = ins[j], ins[i]
                yield put(Node(node.box, tuple(ins), node.outs, node.name))
        box = node.box
        if not isinstance(box, OperatorBox):
            for family in (UNARY, BINARY):
                if box.name in [one.op.name for one in family]:
                    other = rng.choice([a for a in family if a.op.name != box.name])
                    yield put(Node(other.op.box(box.dom), node.ins, node.outs, node.name))
            continue
        changed = {**box.attrs, "reverse": not box.attrs["reverse"]}
        turned = OperatorBox(box.operator, box.regions, box.dom, box.cod, changed)
        yield put(Node(turned, node.ins, node.outs, node.name))
        (cell,) = box.regions
        count = box.attrs["states"]
        for i, j in combinations(range(count), 2):
            ends = list(cell.outputs)
            first = len(ends) - count
            if box.dom[i] is box.dom[j] and ends[first + i] != ends[first + j]:
                ends[first + i], ends[first + j] = ends[first + j], ends[first + i]
                crossed = replace(cell, outputs=ends)
                made = OperatorBox(box.operator, (crossed,), box.dom, box.cod, box.attrs)
                yield put(Node(made, node.ins, node.outs, node.name))
        for inner in mutants(cell, rng):
            made = OperatorBox(box.operator, (inner,), box.dom, box.cod, box.attrs)
            yield put(Node(made, node.ins, node.outs, node.name))
