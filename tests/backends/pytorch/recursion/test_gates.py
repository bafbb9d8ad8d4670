"""The normal form of a cell: one polynomial however it is written, another one where it differs."""

from __future__ import annotations

import pytest

from backends.pytorch.recursion.gates import Gates, Map, Squash
from categorical import Arrow, Dim, Real, arrow, op

s, a = Dim.named("s a")


def outputs(cell: Arrow) -> list[frozenset]:
    graph = cell.graph()
    gates = Gates(graph, graph.inputs[:1])
    return [gates.value(w) for w in graph.outputs]


@arrow
def ways(h: Real[s], x: Real[a]) -> tuple([Real[s]] * 5):
    read = op.linear(a, s, name="read")(x)
    z = op.sigmoid(read + op.linear(s, s, name="again")(h))
    n = op.tanh(read)
    return (
        (1 - z) * n + z * h,
        n + z * (h - n),
        n - z * n + h * z,
        op.full_like(1)(n) * n + op.scale(0.5)(z + z) * (h - n),
        n + z * (n - h),
    )


def test_ring_laws_are_used_and_no_others() -> None:
    convex, difference, terms, scaled, other = outputs(ways)
    assert convex == difference == terms == scaled
    assert convex != other


def test_parts_of_packed_rows_are_blocks_of_the_weight() -> None:
    @arrow
    def packed(h: Real[s], x: Real[a]) -> Real[s] * Real[s] * Real[s] * Real[s]:
        both = op.linear(a, 3 * s, name="read")(x)
        apart = op.split(3 * s, 3, s)(op.tanh(both))
        return (
            op.take(3, 2)(apart),
            op.tanh(op.take(3, -1)(op.split(3 * s, 3, s)(both))),
            op.tanh(op.slice(3 * s, 2 * s, None, into=s)(both)),
            h,
        )

    graph = packed.graph()
    gates = Gates(graph, graph.inputs[:1])
    one, two, three, state = (gates.value(w) for w in graph.outputs)
    assert one == two == three != state
    [([squash], _)] = list(gates.terms(one))
    assert isinstance(squash, Squash)
    maps = [atoms[0] for atoms, _ in gates.terms(squash.of) if isinstance(atoms[0], Map)]
    assert [(str(m.start), str(m.size)) for m in maps] == [("2*s", "s")]


def test_a_joined_input_is_a_sum_of_maps() -> None:
    @arrow
    def joined(h: Real[s], x: Real[a]) -> Real[s]:
        return op.linear(s + a, s, name="both")(op.concat(s, a)(h, x))

    graph = joined.graph()
    gates = Gates(graph, graph.inputs[:1])
    maps = [a[0] for a, _ in gates.terms(gates.value(graph.outputs[0])) if isinstance(a[0], Map)]
    assert sorted((str(m.column), str(m.columns)) for m in maps) == [("0", "s"), ("s", "a")]


@pytest.mark.parametrize("depth", [5, 4000])
def test_deep_and_wide_cells_are_read_without_recursion(depth: int) -> None:
    @arrow
    def deep(h: Real[s]) -> Real[s]:
        for _ in range(depth):
            h = op.tanh(h) + h
        return h

    assert len(outputs(deep)[0]) >= 1
