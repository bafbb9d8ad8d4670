"""Views: what broadcasting makes unnecessary, what is taken apart, maps along a channel axis.

Every build is validated: values and gradients of the emitted file against the reference.
"""

from __future__ import annotations

import pytest

from backends.pytorch import build
from categorical import Dim, Real, arrow, op

batch, c, h, k, n, m, t = Dim.named("batch c h k n m t")
SIZES = {"c": 4, "h": 3, "k": 2, "n": 5}


def source(net, **sizes: int) -> str:
    graph = net.graph()
    known = {**SIZES, **sizes}
    return build(graph, {s: v for s, v in known.items() if s in graph.dims}, "net").source


def test_an_expand_behind_a_transpose_is_left_to_broadcasting() -> None:
    @arrow
    def centred(x: Real[batch, c, n]) -> Real[batch, c, n]:
        return x - op.transpose(batch, c, n)(op.expand(n)(op.mean(n)(x)))

    text = source(centred)
    assert "expand" not in text and ".unsqueeze(-1)" in text


def test_an_expand_that_is_summed_stays() -> None:
    @arrow
    def total(x: Real[batch, c, n]) -> Real[batch, c]:
        wide = op.transpose(batch, c, n)(op.expand(n)(op.mean(n)(x)))
        return op.sum(n)(wide) + op.sum(n)(wide * x)

    assert ".expand(" in source(total)


def test_two_expands_that_meet_keep_one() -> None:
    @arrow
    def outer(x: Real[n], y: Real[n]) -> Real[m, n]:
        return op.expand(m)(x) + op.expand(m)(y)

    graph = outer.graph()
    assert build(graph, {"m": 3}, "net").source.count(".expand(") == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (-1, 0, 1)], ids=str)
def test_all_entries_are_taken_at_once(order) -> None:
    @arrow
    def mixed(x: Real[batch, 3, n]) -> Real[batch, n]:
        one, two, three = (op.take(3, i)(x) for i in order)
        return one * two - three

    text = source(mixed)
    assert ".unbind(-2)" in text and ".select(" not in text


@pytest.mark.parametrize("order", [(0, 1), (0, 0, 1), (0, 2)], ids=str)
def test_some_entries_are_taken_one_by_one(order) -> None:
    @arrow
    def mixed(x: Real[batch, 3, n]) -> Real[batch, n]:
        first, *rest = (op.take(3, i)(x) for i in order)
        for one in rest:
            first = first * one
        return first

    assert ".select(" in source(mixed) and "unbind" not in source(mixed)


@pytest.mark.parametrize(("into", "chunk"), [((3, n), True), ((n, 3), False)], ids=str)
def test_a_split_that_is_taken_apart_is_a_chunk(into, chunk: bool) -> None:
    whole = into[0] * into[1]

    @arrow
    def mixed(x: Real[batch, whole]) -> Real[batch, n]:
        parts = op.split(whole, *into)(x)
        one, two, three = (op.take(3, i)(parts) for i in range(3))
        return one * two - three

    assert (".chunk(3, dim=-1)" in source(mixed)) == chunk


def test_a_split_that_is_read_again_stays() -> None:
    @arrow
    def mixed(x: Real[batch, 2 * n]) -> Real[batch, n] * Real[batch, 2, n]:
        parts = op.split(2 * n, 2, n)(x)
        return op.take(2, 0)(parts) - op.take(2, 1)(parts), op.relu(parts)

    assert "unflatten" in source(mixed) and "unbind" in source(mixed)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("shape", "kernel"),
    [
        ((c, t), "F.conv1d"),
        ((batch, c, t), "F.conv1d"),
        ((batch, c, t, m), "F.conv2d"),
        ((batch, k, c, t), "F.conv1d"),
        ((batch, c, t, m, n), "F.conv3d"),
        ((batch, t, c), "self.linear("),
    ],
    ids=str,
)
def test_a_map_along_a_channel_axis(shape, kernel: str, bias: bool) -> None:
    net = op.linear(c, h, bias=bias).at(Real[shape])
    assert kernel in source(net)


@pytest.mark.parametrize("inner", [n, m])
def test_a_matrix_times_a_vector(inner) -> None:
    other = m if inner is n else n

    @arrow
    def weighted(x: Real[batch, m, n], a: Real[batch, inner]) -> Real[batch, other]:
        return op.einsum(batch, other)(x, a)

    assert "torch.bmm(" in source(weighted)
