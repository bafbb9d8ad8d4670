"""Batch functors: functoriality, stacking is mapping, disjoint union is graph by graph."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Fin, Real, SpecError, arrow, iterate, op, stack, union
from categorical.normal import same
from categorical.records import Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

n, c, h, k, b = Dim.named("n c h k b")
v, e = Dim("v", varies=True), Dim("e", varies=True)
RNG = np.random.default_rng(0)


def values(graph, sizes):
    ctx = Context(FloatAlgebra(), sizes)
    return {
        path: RNG.standard_normal(ctx.shape(r.space)) for path, r in graph.resources(sizes).items()
    }


def test_stack_is_a_functor() -> None:
    f, g = op.linear(c, h) >> op.tanh, op.linear(h, k)
    left = stack((f >> g).at(Real[n, c]), b).graph()
    right = (stack(f.at(Real[n, c]), b) >> stack(g.at(Real[n, h]), b)).graph()
    assert left.cod == right.cod
    assert [node.box for node in left.nodes] == [node.box for node in right.nodes]


@pytest.mark.parametrize("weights", ["tied", "untied", "stacked"])
def test_stacking_is_mapping_over_samples(weights: str) -> None:
    step = op.linear(c, c) >> op.tanh
    f = (iterate(step.named("step"), 2, weights=weights) >> op.softmax(n)).at(Real[n, c])
    sizes = {"n": 3, "c": 2, "b": 4}
    resources = values(f.graph(), sizes)
    x = RNG.standard_normal((4, 3, 2))
    ctx = Context(FloatAlgebra(), sizes)
    (together,) = run(stack(f, b).graph(), ctx, [x], resources).outputs
    apart = [run(f.graph(), ctx, [one], resources).outputs[0] for one in x]
    np.testing.assert_allclose(together, np.stack(apart), rtol=1e-12)


def test_constants_are_spread_over_the_batch() -> None:
    @arrow
    def shifted(x: Real[n, c]) -> Real[n, c]:
        return x + op.parameter(Real[n, c], name="places")()

    graph = stack(shifted, b).graph()
    assert graph.cod == (Real[b, n, c],)
    assert shifted.graph().resources().keys() == {"places"}


@arrow
def graph_net(x: Real[v, c], source: Fin(v)[e], target: Fin(v)[e]) -> Real[k]:
    messages = op.tanh(op.linear(c, h)(op.gather(v)(x, source)))
    received = op.scatter(v)(messages, target)
    centred = received - op.expand(v)(op.mean(v)(received))
    return op.linear(h, k)(op.sum(v)(op.square(centred)))


def test_the_union_of_two_graphs_is_each_graph_alone() -> None:
    """Spike: a ragged batch through message passing, with pooling and spreading by graph."""
    batch = union(graph_net, sample=b)
    sizes = {"c": 2, "h": 3, "k": 2}
    resources = values(graph_net.graph(), {**sizes, "v": 1, "e": 1})
    graphs = []
    for vertices, edges in ((3, 4), (2, 1)):
        ends = RNG.integers(vertices, size=(2, edges))
        graphs.append((RNG.standard_normal((vertices, 2)), ends[0], ends[1]))
    apart = [
        run(
            graph_net.graph(),
            Context(FloatAlgebra(), {**sizes, "v": len(x), "e": len(s)}),
            [x, s, t],
            resources,
        ).outputs[0]
        for x, s, t in graphs
    ]
    offset = len(graphs[0][0])
    joined = {
        "x": np.concatenate([g[0] for g in graphs]),
        "source": np.concatenate([graphs[0][1], graphs[1][1] + offset]),
        "target": np.concatenate([graphs[0][2], graphs[1][2] + offset]),
        "v_sample": np.array([0, 0, 0, 1, 1]),
        "e_sample": np.array([0, 0, 0, 0, 1]),
    }
    graph = batch.graph()
    inputs = [joined[graph.wire_name(w)] for w in graph.inputs]
    ctx = Context(FloatAlgebra(), {**sizes, "v": 5, "e": 5, "b": 2})
    (together,) = run(graph, ctx, inputs, resources).outputs
    np.testing.assert_allclose(together, np.stack(apart), rtol=1e-12)


def test_only_sample_maps_that_are_read_are_inputs() -> None:
    graph = union(graph_net, sample=b).graph()
    assert [graph.wire_name(w) for w in graph.inputs] == ["x", "source", "target", "v_sample"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: op.softmax(v).at(Real[v, c]),
        lambda: op.flip(v).at(Real[v, c]),
    ],
)
def test_what_mixes_samples_has_no_union(make) -> None:
    with pytest.raises(SpecError) as caught:
        union(make(), sample=b)
    assert caught.value.code == "CM021"


def test_a_constant_that_differs_along_a_varying_axis_has_no_union() -> None:
    @arrow
    def numbered(x: Real[v]) -> Real[v, c]:
        places = op.embedding(v, c)(op.positions(v)())
        return op.einsum(v, c)(x, places)

    with pytest.raises(SpecError) as caught:
        union(numbered, sample=b)
    assert caught.value.code == "CM021"


def test_a_union_needs_a_dim_that_varies() -> None:
    with pytest.raises(SpecError, match="no dim that varies"):
        union(op.relu.at(Real[n]), sample=b)


def test_stack_of_the_identity_is_the_identity() -> None:
    from categorical import identity

    assert same(stack(identity(Real[n]), b).graph(), identity(Real[b, n]).graph())
