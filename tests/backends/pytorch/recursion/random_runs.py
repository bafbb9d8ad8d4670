"""Random runs of random cells, alone or several of one cell beside each other."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from categorical import Arrow, Dim, Real, SpecError, arrow
from categorical.functors import stack
from categorical.graph import Graph
from categorical.records import Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from tests.fuzz import cells, terms

GROW = [
    terms.pointwise,
    terms.scaled,
    terms.affine,
    terms.normed,
    terms.binary,
    terms.chosen,
    terms.softmax,
]
a, b, c, batch = Dim.named("a b c batch")
SIZES = {"a": 3, "b": 4, "c": 2, "batch": 2}


def drawn(seed: int, count: int = 1) -> Arrow | None:
    """The run of a seed, ``count`` times with weights of its own; None where it has no type."""
    rng = random.Random(seed)
    types = {
        "x": Real[a, b] if rng.random() < 0.5 else Real[b, a, c],
        "y": Real[b],
        "length": cells.lengths_of(rng.choice([a, b])),
    }
    inner = rng.randrange(10**6)

    def body(*wires: Any) -> Any:
        found = [renamed(random.Random(inner), list(wires), f"net{i}") for i in range(count)]
        return found[0] if count == 1 else tuple(found)

    scope: dict[str, Any] = {"body": body}
    exec("def drawn(x, y, length):\n    return body(x, y, length)", scope)
    scope["drawn"].__annotations__ = types
    try:
        made = arrow(scope["drawn"])
        made.graph()
    except (SpecError, ValueError, IndexError):
        return None
    return stack(made, batch) if seed % 2 else made


def renamed(rng: random.Random, pool: list[Any], name: str) -> Any:
    """A run whose weights have a name of their own."""
    kinds = ("fold", "foldr", "scan", "moore", "mealy", "unfold")
    saved = {kind: getattr(cells, kind) for kind in kinds}
    try:
        for kind, make in saved.items():
            setattr(cells, kind, lambda *x, make=make, **more: make(*x, name=name, **more))
        return cells.run(rng, pool, GROW)
    finally:
        for kind, make in saved.items():
            setattr(cells, kind, make)


def sizes_of(graph: Graph) -> dict[str, int]:
    return {s: SIZES.get(s, 3) for s in graph.dims}


def outputs(graph: Graph, like: Graph, seed: int) -> list[Any]:
    """The outputs of a graph at the point that a seed draws for another one."""
    sizes, rng = sizes_of(like), np.random.default_rng(seed)
    ctx = Context(FloatAlgebra(), sizes)
    weights = {
        path: rng.standard_normal(ctx.shape(r.space)) for path, r in like.resources(sizes).items()
    }
    inputs = [
        rng.integers(0, ctx.size(t.values), ctx.shape(t))
        if t.values is not None
        else rng.standard_normal(ctx.shape(t))
        for t in like.dom
    ]
    return run(graph, ctx, inputs, weights).outputs
