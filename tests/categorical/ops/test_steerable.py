"""Steerable convolutions: typing, meaning against op.conv, equivariance, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, op
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.groups import Element, act
from categorical.groups.grids import Grid
from categorical.records import Context
from categorical.representations import Representation
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from synthesis.solver.kernels import kernels
from tests.synthesis.solver.test_kernels import C4, CUBE, D4

n, c, k = Dim.named("n c k")
row, column, depth = n.at("row"), n.at("column"), n.at("depth")
SIZES = {"n": 5, "c": 2, "k": 3}
EVEN = Basis((1, 1, 3), 2, [0, 1, 1], [1, 0, 2], [1, 1, 1])


def elements(pair, axes, **fibres):
    """The generators of a group as they act on a grid and on fibres."""
    grid, _ = pair
    found = []
    for g in grid.of.arrows:
        image, signs = (tuple(part.tolist()) for part in grid.map(g).signed_image)
        back = {d: np.argsort(r.map(g).image) for d, r in fibres.items()}
        orders = {d: tuple(order.tolist()) for d, order in back.items()}
        found.append(Element(g, orders, grids=(Grid(axes, image, signs),)))
    return found


def values(graph, ctx, seed=0):
    rng = np.random.default_rng(seed)
    ins = [rng.normal(size=ctx.shape(t)) for t in graph.dom]
    weights = {p: rng.normal(size=ctx.shape(r.space)) for p, r in graph.resources().items()}
    return ins, weights


def defect(arrow, group, sizes=SIZES):
    """How far f(g·x) is from g·f(x), relative, over the generators."""
    ctx, graph = Context(FloatAlgebra(), sizes), arrow.graph()
    ins, weights = values(graph, ctx)
    (before,) = run(graph, ctx, ins, weights).outputs
    worst = 0.0
    for element in group:
        moved = [act(ctx, element, x, t) for x, t in zip(ins, graph.dom)]
        (after,) = run(graph, ctx, moved, weights).outputs
        wanted = act(ctx, element, before, graph.cod[0])
        worst = max(worst, np.abs(after - wanted).max() / np.abs(before).max())
    return worst


@pytest.mark.parametrize("padding", ["zero", "circular", "valid"])
@pytest.mark.parametrize("pair", [C4, D4], ids=["C4", "D4"])
def test_solved_kernels_make_equivariant_convolutions(pair, padding):
    grid, regular = pair
    g = Dim("g", size=regular.dimension)
    one = Representation.trivial(grid.of)
    group = elements(pair, (row, column), g=regular)
    fixed = kernels(one, regular, 1, grid=grid).basis
    fixed = Basis((regular.dimension, 1), fixed.count, fixed.which, fixed.places, fixed.values)
    for (x, fibre), (y, into) in [((one, ()), (regular, g)), ((regular, g), (regular, g))]:
        basis = kernels(x, y, 3, grid=grid).basis
        arrow = op.steerable_conv(
            basis, fibre, into, channels=(c, k), over=(row, column), padding=padding, bias=fixed
        )
        assert defect(arrow.at(_image(fibre)), group) < 1e-12


def _image(fibre):
    return Real[(c, *((fibre,) if fibre != () else ()), row, column)]


def test_a_cube():
    grid, regular = CUBE
    g = Dim("g", size=24)
    basis = kernels(Representation.trivial(grid.of), regular, 3, grid=grid).basis
    arrow = op.steerable_conv(basis, (), g, channels=(c, k), over=(row, column, depth))
    group = elements(CUBE, (row, column, depth), g=regular)
    assert defect(arrow.at(Real[c, row, column, depth]), group, {**SIZES, "n": 3}) < 1e-12


def test_a_kernel_that_is_not_steerable_breaks_it():
    grid, regular = C4
    g = Dim("g", size=4)
    basis = kernels(regular, regular, 3, grid=grid).basis
    where = basis.which.copy()
    where[0] = (where[0] + 1) % basis.count
    broken = Basis(basis.shape, basis.count, where, basis.places, basis.values)
    arrow = op.steerable_conv(broken, g, g, channels=(c, k), over=(row, column))
    group = elements(C4, (row, column), g=regular)
    assert defect(arrow.at(Real[c, g, row, column]), group) > 1e-3


def test_strides_keep_the_symmetry_where_windows_fit_evenly():
    grid, regular = C4
    g = Dim("g", size=4)
    basis = kernels(regular, regular, 3, grid=grid).basis
    arrow = op.steerable_conv(basis, g, g, channels=(c, k), over=(row, column), stride=2)
    group = elements(C4, (row, column), g=regular)
    assert defect(arrow.at(Real[c, g, row, column]), group, {**SIZES, "n": 5}) < 1e-12
    assert defect(arrow.at(Real[c, g, row, column]), group, {**SIZES, "n": 6}) > 1e-3


def test_with_all_kernels_it_is_a_convolution():
    """The basis of unit kernels gives op.conv with the same numbers."""
    basis = Basis((1, 1, 3, 3), 9, range(9), range(9), [1] * 9)
    one = op.steerable_conv(basis, (), (), channels=(c, k), over=(row, column), stride=2)
    other = op.conv(c, k, over=(row, column), kernel=3, stride=2, bias=False)
    ctx, type_ = Context(FloatAlgebra(), SIZES), Real[c, row, column]
    mine, theirs = one.at(type_).graph(), other.at(type_).graph()
    (x,), weights = values(mine, ctx)
    weight = next(iter(weights.values()))
    name = next(iter(theirs.resources()))
    found = run(mine, ctx, [x], weights).outputs[0]
    moved = weight.transpose(1, 2, 0).reshape(3, 2, 3, 3)
    wanted = run(theirs, ctx, [x], {name: moved}).outputs[0]
    assert mine.cod == theirs.cod and np.allclose(found, wanted, atol=1e-12)


def test_where_the_new_axes_stand():
    b, v, w = Dim("b"), Dim("v", size=2), Dim("w", size=3)
    basis = Basis((3, 2, 1), 1, [0], [0], [1])
    make = op.steerable_conv(basis, v, w, channels=(c, k), over=n)
    assert make.at(Real[b, c, v, n]).cod == (Real[b, k, w, n],)
    assert make.at(Real[n, c, b, v]).cod == (Real[n, k, w, b],)
    assert op.steerable_conv(basis, v, w, over=n).at(Real[b, n, v]).cod == (Real[b, n, w],)
    lift = Basis((3, 1, 1), 1, [0], [0], [1])
    assert op.steerable_conv(lift, (), w, over=n).at(Real[b, n]).cod == (Real[b, w, n],)


def test_a_fibre_of_several_axes_is_their_product():
    v, w = Dim("v", size=2), Dim("w", size=3)
    basis = Basis((1, 6, 1), 1, [0], [4], [1])
    arrow = op.steerable_conv(basis, (v, w), (), over=n).at(Real[v, w, n])
    ctx, graph = Context(FloatAlgebra(), {"n": 4}), arrow.graph()
    (x,), weights = values(graph, ctx)
    (y,) = run(graph, ctx, [x], weights).outputs
    assert np.allclose(y, next(iter(weights.values()))[0] * x[1, 1])


def test_the_size_of_a_start_is_that_of_a_convolution():
    """An output has the variance that torch's convolution gives, 1/3 of that of its input."""
    grid, regular = D4
    g = Dim("g", size=8)
    basis = kernels(regular, regular, 3, grid=grid).basis
    arrow = op.steerable_conv(basis, g, g, channels=(c, k), over=(row, column))
    (resource,) = arrow.at(Real[c, g, row, column]).graph().resources().values()
    assert resource.init.kind == "uniform"
    assert resource.init.args[0].evaluate({"c": 7}) == 7 * 8 * 9


V = Dim("v", size=2)
WIDE = Basis((1, 2, 3), 1, [0], [0], [1])


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: op.steerable_conv(WIDE, n, (), over=c), "CM002"),
        (lambda: op.steerable_conv(WIDE, Dim("g", size=4), (), over=c), "CM002"),
        (lambda: op.steerable_conv(WIDE, V, (), over=(c, n)), "CM002"),
        (lambda: op.steerable_conv(WIDE, V, (), over=n, bias=WIDE), "CM002"),
        (lambda: op.steerable_conv(3, V, (), over=n), "CM042"),
        (lambda: op.steerable_conv(WIDE, V, (), over=n, bias=3), "CM042"),
        (lambda: op.steerable_conv(WIDE, V, (), over=n, padding="causal"), "CM025"),
        (lambda: op.steerable_conv(WIDE, V, (), over=n, stride=0), "CM025"),
        (lambda: op.steerable_conv(Basis((1, 2, 2), 1, [0], [0], [1]), V, (), over=n), "CM025"),
        (lambda: op.steerable_conv(Basis((1, 2, 3), 0, [], [], []), V, (), over=n), "CM044"),
        (lambda: op.steerable_conv(WIDE, V, (), over=n).at(Real[c, n]), "CM005"),
        (lambda: op.steerable_conv(WIDE, V, (), over=V).at(Real[c, V]), "CM009"),
        (lambda: op.steerable_conv(WIDE, V, (), over=n, channels=(c,)), "CM042"),
        (lambda: op.steerable_conv(WIDE, V, (), over=n, channels=(c, k)).at(Real[V, n]), "CM005"),
        (lambda: op.steerable_conv(WIDE, V, (), over=(n, n)[:1]).at(Real[V, row, column]), "CM006"),
    ],
)
def test_what_does_not_fit_is_refused(make, code):
    with pytest.raises(SpecError) as caught:
        make()
    assert caught.value.code == code
