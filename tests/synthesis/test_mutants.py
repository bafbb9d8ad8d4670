"""Mutants of the shipped specs: a positional weight, or a leak, on any wire is noticed.

For each law of each spec, every inner wire that it speaks of is broken in turn.  A mutant that the
policy does not refute is a hole in it, unless the mutant is the same function (of a query whose
only key is its own, say), which is decided in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from categorical import Real, op
from categorical.architecture import Architecture
from categorical.face.loader import load
from categorical.graph import Builder, Graph
from categorical.groups import Symmetric
from categorical.index import Dim
from categorical.laws import Equivariant, Law, Restricted
from categorical.normal import inline
from categorical.records import Context
from categorical.semantics import FieldAlgebra
from synthesis import numeric
from synthesis.assignments import plan
from synthesis.rewrite import rewrite
from synthesis.runner import Runner, draw_inputs, draw_resources, modal

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("[a-z]*.py"))
Change = Callable[[Builder, int, Dim], int]


def drawn(builder: Builder, dim: Dim) -> int:
    """A number for each index, of either sign."""
    return builder.apply(op.parameter(Real[dim], "mutant").op, ())[0]


def weighted(builder: Builder, wire: int, dim: Dim, weights: int) -> int:
    type_ = builder.graph.types[wire]
    einsum = op.einsum(*type_.axes).pinned((type_, Real[dim]))
    return builder.apply(einsum, (wire, weights))[0]


def positional(builder: Builder, wire: int, dim: Dim) -> int:
    """The wire, weighted by a number for each index."""
    return weighted(builder, wire, dim, drawn(builder, dim))


def positive(builder: Builder, wire: int, dim: Dim) -> int:
    """The same with numbers above 0: under a root, others would give no number at all."""
    return weighted(builder, wire, dim, builder.apply(op.square.op, (drawn(builder, dim),))[0])


def leak(builder: Builder, wire: int, dim: Dim) -> int:
    """The wire, times its mean along the dim."""
    type_ = builder.graph.types[wire]
    (mean,) = builder.apply(op.mean(dim).op, (wire,))
    (wide,) = builder.apply(op.expand(dim).op, (mean,))
    order = builder.graph.types[wide].axes
    if order != type_.axes:
        (wide,) = builder.apply(op.transpose(*type_.axes).op, (wide,))
    (changed,) = builder.apply(op.mul.op, (wire, wide))
    return changed


def mutate(graph: Graph, target: int, change: Change, dim: Dim) -> Graph:
    """The graph with one wire changed for all its readers."""
    return rewrite(
        graph, lambda builder, old, new: change(builder, new, dim) if old == target else new
    )


def targets(graph: Graph, dim: Dim) -> Iterator[int]:
    reached = set(graph.inputs)
    for node in graph.nodes:
        if not reached.intersection(node.ins):
            continue  # a wire that depends on no input may be anything
        reached.update(node.outs)
        for w in node.outs[: len(node.box.cod)]:
            type_ = graph.types[w]
            once = [a for a in type_.axes if a.index is dim]
            if type_.kind == "real" and len(once) == 1 and once[0].label == "":
                yield w


def claims(architecture: Architecture) -> Iterator[tuple[Law, Dim, Change]]:
    for law in architecture.laws:
        if law.expected:
            continue
        if isinstance(law, Equivariant) and law.group is not None:
            for part in law.group.factors():
                if isinstance(part, Symmetric):
                    yield law, part.dims[0], positional
        if isinstance(law, Restricted) and law.dim is not None:
            yield law, law.dim, leak


def equivalent(graph: Graph, mutant: Graph, sizes: dict[str, int], mode: str) -> bool:
    """Whether the mutant computes what the original computes, at a random point of a field."""
    ctx = Context(FieldAlgebra(seed=3), sizes, mode)
    rng = np.random.default_rng(3)
    run = Runner(mutant, ctx, draw_resources(mutant, ctx, rng, exact=True))
    inputs = draw_inputs(graph, ctx, rng)
    return all(
        ctx.algebra.equal_arrays(a, b)
        for a, b in zip(run(inputs), run.at(graph)(inputs), strict=True)
    )


def killed(law: Law, mutant: Graph, sizes: list[dict[str, int]], modes: tuple[str, ...]) -> bool:
    return any(
        numeric.attempt(law, mutant, trial).failure is not None
        for trial in numeric.trials(sizes, modes, 1)
    )


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_every_mutant_is_killed(path: Path) -> None:
    for declared in load(path).declared:
        graph = inline(declared.architecture.graph)
        for law, dim, change in claims(declared.architecture):
            sizes = plan([graph], (dim.name,), seed=2)[:1]
            modes = law.modes if modal([graph]) else law.modes[:1]
            for target in targets(graph, dim):
                kinds = (positional, positive) if change is positional else (change,)
                mutants = [mutate(graph, target, kind, dim) for kind in kinds]
                assert any(killed(law, mutant, sizes, modes) for mutant in mutants) or all(
                    equivalent(graph, mutants[0], sizes[0], mode) for mode in modes
                ), f"{declared.name}, {law.name}: {change.__name__} on {graph.wire_name(target)}"
