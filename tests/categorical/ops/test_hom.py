"""Solved layers: tensors, diagrams, several inputs, none; the size of their starts."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, op
from categorical.diagrams import pair_diagrams, partition_diagrams
from categorical.errors import SpecError
from categorical.exact import Basis, cos, root
from categorical.semantics import OutsideFragment
from categorical.semantics.fields import FieldAlgebra
from tests.categorical.ops.support import P, drawn, evaluate

n, b, c, k = Dim.named("n b c k")
key, u, w = n.at("key"), Dim("u", size=2), Dim("w", size=3)
SIZES = {"n": 3, "b": 4, "c": 2, "k": 5}
WIDE = Basis((2, 3), 2, [0, 0, 1], [0, 4, 5], [1, 2, -1])
CROSS = Basis((3, 2, 2), 2, [0, 0, 1, 1], [0, 7, 3, 9], [1, -1, 3, 1])


def dense(basis):
    return np.stack([basis.tensor(m).astype(float) for m in range(basis.count)])


def ran(arrow, *types):
    graph = arrow.at(*types).graph() if types else arrow.graph()
    inputs, weights = drawn(graph, SIZES)
    return graph, inputs, weights, evaluate(graph, SIZES, inputs, weights)[0]


def test_one_input_mixes_channels_and_adds_invariant_vectors():
    bias = Basis((2, 1), 1, [0, 0], [0, 1], [1, 3])
    arrow = op.hom(WIDE, ((w,),), (u,), channels=(c,), out=k, bias=bias)
    graph, (x,), (weight, extra), y = ran(arrow, Real[b, w, c])
    assert graph.cod == (Real[b, u, k],)
    wanted = np.einsum("mts,mkc,bsc->btk", dense(WIDE), weight, x)
    assert np.allclose(y, wanted + np.array([[1], [3]]) * extra[0])


def test_channels_are_kept_apart_or_absent():
    each = op.hom(WIDE, ((w,),), (u,), channels=(c,), mix="each")
    _, (x,), (weight,), y = ran(each, Real[w, c])
    assert np.allclose(y, np.einsum("mts,mc,sc->tc", dense(WIDE), weight, x))
    _, (x,), (weight,), y = ran(op.hom(WIDE, ((w,),), (u,)), Real[b, w])
    assert np.allclose(y, np.einsum("mts,m,bs->bt", dense(WIDE), weight, x))


def test_a_bilinear_layer_shares_the_axes_that_both_inputs_carry():
    arrow = op.hom(CROSS, ((u,), (u,)), (w,), channels=(c, None), out=k)
    graph, (x, z), (weight,), y = ran(arrow, Real[b, u, c], Real[u, b])
    assert graph.cod == (Real[b, w, k],)
    assert np.allclose(y, np.einsum("mtsr,mkc,bsc,rb->btk", dense(CROSS), weight, x, z))


def test_fixed_coefficients_leave_nothing_to_train():
    graph, (x, z), weights, y = ran(
        op.hom(CROSS, ((u,), (u,)), (w,), coefficients=(2, -1)), Real[u], Real[u]
    )
    assert not weights and not graph.resources()
    assert np.allclose(y, np.einsum("mtsr,m,s,r->t", dense(CROSS), [2, -1], x, z))


def test_without_inputs_it_is_an_invariant_constant():
    vectors = Basis((3, 1), 2, [0, 1], [0, 2], [1, 5])
    _, _, (weight,), y = ran(op.hom(vectors, (), (w,), out=k))
    assert np.allclose(y, dense(vectors)[:, :, 0].T @ weight)


def test_without_maps_only_the_bias_is_left():
    ones = Basis((2, 1), 1, [0, 0], [0, 1], [1, 1])
    arrow = op.hom(Basis((2, 3), 0, [], [], []), ((w,),), (u,), channels=(c,), out=k, bias=ones)
    _, _, (extra,), y = ran(arrow, Real[b, w, c])
    assert y.shape == (4, 2, 5) and np.allclose(y, extra[0])


@pytest.mark.parametrize("make", [partition_diagrams, pair_diagrams])
def test_diagrams_are_their_tensors_at_a_size(make):
    maps = make(2, 2)
    arrow = op.hom(maps, ((n, key),), (n, key), channels=(c,), out=k)
    _, (x,), (weight,), y = ran(arrow, Real[n, key, b, c])
    tensors = dense(maps.at(3, every=True)).reshape(-1, 3, 3, 3, 3)
    wanted = np.einsum("mpqst,mkc,stbc->pqbk", tensors, weight, x)
    assert np.allclose(y, wanted)


def test_a_product_of_diagrams_with_two_inputs():
    maps = partition_diagrams(2, 1, scale="sum")
    _, (x, z), (weight,), y = ran(op.hom(maps, ((n,), (n,)), (n,)), Real[b, n], Real[b, n])
    tensors = dense(maps.at(3, every=True)).reshape(-1, 3, 3, 3)
    assert np.allclose(y, np.einsum("mtsr,m,bs,br->bt", tensors, weight, x, z))


def test_irrational_entries_have_no_meaning_in_a_field():
    half = Basis((2, 2), 1, [0, 0], [0, 3], [cos(8), 1])
    graph = op.hom(half, ((u,),), (u,)).at(Real[u]).graph()
    field = FieldAlgebra(P)
    with pytest.raises(OutsideFragment):
        evaluate(graph, SIZES, [field.ones((2,))], [field.ones((1,))], field)


def variances(arrow, type_, draws=4000):
    """The variance of every output entry for random weights and inputs of variance 1."""
    graph = arrow.at(type_).graph()
    rng, (resource, *_) = np.random.default_rng(3), graph.resources().values()
    fan, *squares = resource.init.args
    std = fan.evaluate(SIZES) * np.broadcast_to(squares, resource.space.axes[0].size.evaluate({}))
    shape = tuple(a.size.evaluate(SIZES) for a in resource.space.axes)
    scale = (std**-0.5).reshape(-1, *[1] * (len(shape) - 1))
    zeros = [
        np.zeros([a.size.evaluate(SIZES) for a in r.space.axes])
        for r in list(graph.resources().values())[1:]
    ]
    found = []
    for _ in range(draws):
        x = rng.standard_normal([a.size.evaluate(SIZES) for a in type_.axes])
        weight = scale * rng.standard_normal(shape)
        found.append(evaluate(graph, SIZES, [x], [weight, *zeros])[0])
    return np.var(found, axis=0)


def test_a_start_keeps_the_variance_in_every_block_of_the_target():
    """Rows 0 and 1 have one map of small norm, row 2 has two of large norm."""
    basis = Basis((3, 3), 3, [0, 0, 1, 2, 2], [0, 4, 8, 6, 7], [cos(8), cos(8), 3, 5, 2])
    arrow = op.hom(basis, ((w,),), (w,), channels=(c,), out=k)
    assert np.all(np.abs(variances(arrow, Real[w, c]) - 1) < 0.2)


def test_a_start_of_diagrams_counts_those_that_do_not_average():
    three = Dim("three", size=3)
    arrow = op.hom(partition_diagrams(1, 1), ((three,),), (three,), channels=(c,), out=k)
    assert abs(variances(arrow, Real[three, c]).mean() - 1) < 0.05
    late = op.hom(partition_diagrams(1, 2), ((n,),), (n, key)).at(Real[n]).graph()
    (resource,) = late.resources().values()
    assert resource.init.args[1:] == (2.0,)  # x_i and x_j; a diagonal is rare, a mean is small


V4 = Dim("v", size=4)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: op.hom(3, ((w,),), (u,)), "CM042"),
        (lambda: op.hom(WIDE, ((u,),), (w,)), "CM002"),
        (lambda: op.hom(WIDE, ((n,),), (u,)), "CM002"),
        (lambda: op.hom(WIDE, (), (u,)), "CM002"),
        (lambda: op.hom(WIDE, ((w,),), (u,), bias=WIDE), "CM002"),
        (lambda: op.hom(WIDE, ((w,),), (u,), channels=(c, c)), "CM042"),
        (lambda: op.hom(WIDE, ((w,),), (u,), channels=(c,), out=k, mix="each"), "CM042"),
        (lambda: op.hom(WIDE, ((w,),), (u,), channels=(c,), out=k, mix="some"), "CM042"),
        (lambda: op.hom(WIDE, ((w,),), (u,), coefficients=(1,)), "CM042"),
        (lambda: op.hom(WIDE, ((w,),), (u,), channels=(c,), coefficients=(1, 1)), "CM042"),
        (lambda: op.hom(WIDE, ((w,),), (u,), coefficients=(1, root(3))), "CM042"),
        (lambda: op.hom(Basis((2, 3), 1, [0], [0], [root(4)]), ((w,),), (u,)), "CM042"),
        (lambda: op.hom(WIDE, ((w,),), (u,), bias=Basis((2,), 1, [0], [0], [root(3)])), "CM042"),
        (lambda: op.hom(Basis((2, 3), 0, [], [], []), ((w,),), (u,)), "CM044"),
        (lambda: op.hom(partition_diagrams(1, 1), ((n,),), (n, key)), "CM002"),
        (lambda: op.hom(partition_diagrams(1, 1), ((n,),), (b,)), "CM003"),
        (lambda: op.hom(WIDE, ((w,),), (u,)).at(Real[u]), "CM005"),
        (lambda: op.hom(WIDE, ((w,),), (u,)).at(Real[u, w]), "CM009"),
        (
            lambda: op.hom(CROSS, ((u,), (u.at("b"),)), (w,)).at(Real[u], Real[u, u.at("b")]),
            "CM009",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, code):
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.code == code
