"""Running one arrow in several algebras, and acting on index sets by matrices.

A map of a dim d′ → d acts on an axis as a 0/1 matrix with one 1 a row (pulling back), a linear map
as any matrix; on products it is the Kronecker product, on sums block diagonal.  ``natural`` runs an
arrow before and after such maps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from categorical.arrows import Arrow
from categorical.graph import Graph
from categorical.index import Axis, Dim, DisjointSum, IndexSet, Product
from categorical.naturality import LINEAR, meet
from categorical.records import Box, Context
from categorical.semantics import interpreter
from categorical.semantics.duals import Dual, DualAlgebra
from categorical.semantics.fields import FieldAlgebra
from categorical.semantics.floats import FloatAlgebra
from categorical.spaces import Array

Sizes = Mapping[str, int]
P = 1_000_003


def typed(arrow: Arrow, types: Sequence[Array]) -> Graph:
    return arrow.at(*types).graph()


def evaluate(
    graph: Graph,
    sizes: Sizes,
    inputs: Sequence[Any],
    weights: Sequence[Any] = (),
    algebra: Any = None,
) -> list[Any]:
    """The outputs, with the weights in the order of ``graph.resources()``."""
    names = list(graph.resources())
    context = Context(algebra or FloatAlgebra(), dict(sizes))
    return interpreter.run(graph, context, inputs, dict(zip(names, weights, strict=True))).outputs


def draw(type_: Array, sizes: Sizes, rng: np.random.Generator, whole: bool = False) -> Any:
    """A random array of a type; distinct whole numbers where wanted (no ties)."""
    shape = tuple(a.size.evaluate(sizes) for a in type_.axes)
    if type_.kind == "fin":
        return rng.integers(0, type_.values.size.evaluate(sizes), size=shape)
    if type_.kind == "bool":
        return rng.integers(0, 2, size=shape).astype(bool)
    if whole:
        count = int(np.prod(shape))
        return (rng.permutation(count) - count // 2).reshape(shape)
    return rng.standard_normal(shape)


def drawn(
    graph: Graph, sizes: Sizes, seed: int = 0, whole: bool = False
) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(seed)
    inputs = [draw(t, sizes, rng, whole) for t in graph.dom]
    return inputs, [draw(r.space, sizes, rng, whole) for r in graph.resources().values()]


def floats(values: Sequence[Any], graph_types: Sequence[Array]) -> list[Any]:
    return [v.astype(np.float64) if t.kind == "real" else v for v, t in zip(values, graph_types)]


def agrees_in_a_field(arrow: Arrow, types: Sequence[Array], sizes: Sizes) -> None:
    """Floats on whole numbers, reduced modulo p, are the residues that the field computes."""
    graph = typed(arrow, types)
    inputs, weights = drawn(graph, sizes, whole=True)
    spaces = [r.space for r in graph.resources().values()]
    field = FieldAlgebra(P, order="total")
    residue = [field.constant(v) if t.kind == "real" else v for v, t in zip(inputs, graph.dom)]
    exact = evaluate(graph, sizes, residue, [field.constant(w) for w in weights], field)
    approximate = evaluate(graph, sizes, floats(inputs, graph.dom), floats(weights, spaces))
    for one, other in zip(exact, approximate, strict=True):
        assert one.shape == other.shape
        for r, y in zip(one.ravel(), other.ravel()):
            fraction = Fraction(float(y)).limit_denominator(1000)
            assert int(field.constant(fraction)) == int(r)


def derivative_agrees(arrow: Arrow, types: Sequence[Array], sizes: Sizes, seed: int = 1) -> None:
    """The tangent of dual numbers against a central difference."""
    graph = typed(arrow, types)
    rng = np.random.default_rng(seed)
    spaces = [*graph.dom, *(r.space for r in graph.resources().values())]
    points = [draw(t, sizes, rng) for t in spaces]
    ways = [
        rng.standard_normal(p.shape) if t.kind == "real" else None for p, t in zip(points, spaces)
    ]
    count = len(graph.dom)

    def at(step: float) -> list[Any]:
        moved = [p if w is None else p + step * w for p, w in zip(points, ways)]
        return evaluate(graph, sizes, moved[:count], moved[count:])

    duals = [p if w is None else Dual(p, w) for p, w in zip(points, ways)]
    outputs = evaluate(graph, sizes, duals[:count], duals[count:], DualAlgebra())
    for low, high, middle, out in zip(at(-1e-6), at(1e-6), at(0), outputs, strict=True):
        if isinstance(out, Dual):
            np.testing.assert_allclose(out.value, middle, atol=1e-12)
            np.testing.assert_allclose(out.tangent, (high - low) / 2e-6, atol=1e-6)


# --- naturality --------------------------------------------------------------------------------


def action(dim: Dim, matrix: Any, index: IndexSet, sizes: Sizes) -> Any:
    """The matrix of a map of ``dim`` on an index set."""
    if index is dim:
        return matrix
    if isinstance(index, Product):
        result = np.eye(1)
        for one in index.factors:
            result = np.kron(result, action(dim, matrix, one, sizes))
        return result
    if isinstance(index, DisjointSum):
        blocks = [action(dim, matrix, one, sizes) for one in index.terms]
        result = np.zeros((sum(b.shape[0] for b in blocks), sum(b.shape[1] for b in blocks)))
        row = column = 0
        for block in blocks:
            result[row : row + block.shape[0], column : column + block.shape[1]] = block
            row, column = row + block.shape[0], column + block.shape[1]
        return result
    assert dim not in index.atoms, f"nothing acts on {index}"
    return np.eye(index.size.evaluate(sizes))


def act(dim: Dim, matrix: Any, type_: Array, value: Any, sizes: Sizes) -> Any:
    """A map of ``dim`` on an array: on its axes, and (a permutation) on the indices it holds."""
    whole = type_.kind != "real"
    result = value.astype(np.float64)
    for place, axis in enumerate(type_.axes):
        if dim in axis.index.atoms:
            result = np.moveaxis(
                np.tensordot(action(dim, matrix, axis.index, sizes), result, (1, place)), 0, place
            )
    if type_.values is not None and dim in type_.values.atoms:
        held = action(dim, matrix, type_.values, sizes)
        result = np.argmax(held, axis=0)[result.astype(np.int64)]
    return np.rint(result).astype(value.dtype) if whole else result


def samples(kind: str, size: int, rng: np.random.Generator) -> Any:
    """A random map of one kind, as a matrix (new size × old size)."""
    eye = np.eye(size)
    if kind == "linear":
        return rng.standard_normal((size + 1, size))
    if kind == "orthogonal":
        return np.linalg.qr(rng.standard_normal((size, size)))[0]
    if kind == "signed":
        return eye[rng.permutation(size)] * rng.choice((-1.0, 1.0), size)
    if kind == "negation":
        return -eye
    if kind == "function":
        return eye[rng.integers(0, size, size=size + 2)]
    if kind == "bijection":
        return eye[rng.permutation(size)]
    if kind == "shift":
        return np.roll(eye, 1 + int(rng.integers(size - 1)) if size > 1 else 0, axis=0)
    return eye[: max(1, size - 1)]  # prefix


def claimed(graph: Graph, dim: Dim) -> frozenset[str]:
    boxes = [node.box for node in graph.nodes if isinstance(node.box, Box)]
    return meet(LINEAR, *(box.natural(dim) for box in boxes))


def commutes(graph: Graph, dim: Dim, matrix: Any, sizes: Sizes, seed: int) -> bool:
    """Is acting before and after the arrow one result?"""
    inputs, weights = drawn(graph, sizes, seed)
    resized = {**sizes, dim.name: matrix.shape[0]}
    moved = [act(dim, matrix, t, v, sizes) for t, v in zip(graph.dom, inputs)]
    before = evaluate(graph, resized, moved, weights)
    after = evaluate(graph, sizes, inputs, weights)
    return all(
        a.shape == b.shape and np.allclose(a, b, atol=1e-9)
        for a, b in zip(before, [act(dim, matrix, t, v, sizes) for t, v in zip(graph.cod, after)])
    )


def natural(
    arrow: Arrow, types: Sequence[Array], sizes: Sizes, seed: int = 0
) -> dict[str, set[str]]:
    """Check every claimed kind of map of every dim; returns the claims that were tried."""
    graph = typed(arrow, types)
    rng = np.random.default_rng(seed)
    tried: dict[str, set[str]] = {}
    for dim in sorted({d for t in (*graph.dom, *graph.cod) for d in t.atoms}, key=str):
        for kind in sorted(claimed(graph, dim)):
            matrix = samples(kind, sizes[dim.name], rng)
            if matrix.shape[0] != matrix.shape[1] and any(
                dim in r.space.atoms for r in graph.resources().values()
            ):
                raise AssertionError(f"{dim} is claimed natural and has a weight")
            held = any(t.values is not None and dim in t.values.atoms for t in graph.types)
            fixed = any(t.kind == "fin" and dim in _axes(t) for t in graph.types)
            if held and kind not in ("bijection", "shift"):
                raise AssertionError(f"indices into {dim} cannot move by {kind}")
            if fixed and kind in ("linear", "orthogonal", "signed", "negation"):
                continue  # a matrix does not act on indices along this axis
            assert commutes(graph, dim, matrix, sizes, seed), (arrow, types, dim, kind)
            tried.setdefault(dim.name, set()).add(kind)
    return tried


def _axes(type_: Array) -> set[Dim]:
    return {d for a in type_.axes if isinstance(a, Axis) for d in a.index.atoms}
