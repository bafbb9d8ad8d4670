"""Symmetries of grids: functorial, on every form of the positions, refused on others."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Fin, Real, op
from categorical.errors import SpecError
from categorical.groups import act, cube, dihedral
from categorical.groups.acting import Element
from categorical.groups.grids import Grid
from categorical.records import Context
from categorical.semantics.fields import FieldAlgebra
from categorical.semantics.floats import FloatAlgebra

n, c = Dim.named("n c")
row, column, depth = n.at("row"), n.at("column"), n.at("depth")
CTX = Context(FloatAlgebra(), {"n": 4, "c": 2})
PLANE, SPACE = (row, column), (row, column, depth)


def moves(group, axes):
    """The generators of a group on a grid, with their matrices."""
    found = {}
    for g in group.arrows:
        image, signs = group.space().map(g).signed_image
        grid = Grid(axes, tuple(image.tolist()), tuple(signs.tolist()))
        found[g] = (Element(g, grids=(grid,)), group.space().map(g))
    return found


def by_positions(matrix, value):
    """The definition: the entry at position p goes to position M·p about the centre."""
    found, half = np.empty_like(value), np.array(value.shape) - 1
    for place in np.ndindex(*value.shape):
        moved = matrix.floats() @ (2 * np.array(place) - half)
        found[tuple(((moved + half) / 2).astype(int))] = value[place]
    return found


@pytest.mark.parametrize(("group", "axes"), [(dihedral(4), PLANE), (cube(), SPACE)], ids=str)
@pytest.mark.parametrize("size", [3, 4])
def test_positions_move_about_the_centre(group, axes, size):
    value = np.arange(size ** len(axes)).reshape([size] * len(axes))
    ctx = Context(FloatAlgebra(), {"n": size})
    for element, matrix in moves(group, axes).values():
        assert np.array_equal(act(ctx, element, value, Real[axes]), by_positions(matrix, value))


def test_the_relations_hold_on_arrays():
    """r⁴ = s² = (sr)² = 1 on an image with channels between its axes."""
    made = {g: element for g, (element, _) in moves(dihedral(4), PLANE).items()}
    type_, x = Real[row, c, column], np.random.default_rng(0).normal(size=(4, 2, 4))
    for word in ("rrrr", "ss", "srsr"):
        y = x
        for g in word:
            y = act(CTX, made[g], y, type_)
        assert np.array_equal(x, y), word
    assert not np.array_equal(x, act(CTX, made["r"], x, type_))


def test_positions_of_windows_and_merged_axes_move_too():
    turn, matrix = moves(dihedral(4), PLANE)["r"]
    pooled = op.avg_pool(row, column, kernel=2).at(Real[row, column]).cod[0]
    value = np.arange(4.0).reshape(2, 2)
    assert np.array_equal(act(CTX, turn, value, pooled), by_positions(matrix, value))
    h, w = Dim.named("h w")
    turn, matrix = moves(dihedral(4), (h.at(""), w.at("")))["r"]
    flat, ctx = (
        op.merge(h, w).at(Real[h, w, c]).cod[0],
        Context(CTX.algebra, {"h": 4, "w": 4, "c": 2}),
    )
    value = np.arange(32.0).reshape(16, 2)
    found = act(ctx, turn, value, flat).reshape(4, 4, 2)
    wanted = np.stack([by_positions(matrix, value[:, i].reshape(4, 4)) for i in range(2)], -1)
    assert np.array_equal(found, wanted)


def test_other_wires_stay():
    turn, _ = moves(dihedral(4), PLANE)["r"]
    assert act(CTX, turn, np.array([1.0, 2.0]), Real[c]).tolist() == [1, 2]


def test_residues_move_like_numbers():
    turn, matrix = moves(dihedral(4), PLANE)["r"]
    algebra = FieldAlgebra(p=2147483629)
    value = algebra.constant(np.arange(16).reshape(4, 4))
    found = act(Context(algebra, {"n": 4}), turn, value, Real[row, column])
    wanted = by_positions(matrix, np.arange(16).reshape(4, 4))
    assert np.array_equal(algebra.export(found), wanted)


@pytest.mark.parametrize(
    ("type_", "shape"),
    [
        (Real[row], (4,)),
        (Real[row, column, n.at("key")], (4, 4, 4)),
        (Real[row, (n // 2).at("column")], (4, 2)),
        (Fin(n)[row, column], (4, 4)),
        (Real[row, (row.index + c).at("column")], (4, 6)),
    ],
    ids=str,
)
def test_wires_that_hold_positions_in_another_form_are_refused(type_, shape):
    turn, _ = moves(dihedral(4), PLANE)["r"]
    with pytest.raises(SpecError) as caught:
        act(CTX, turn, np.zeros(shape, dtype=int), type_)
    assert caught.value.code == "CM021"


def test_axes_of_two_sizes_are_not_exchanged():
    h, w = Dim.named("h w")
    turn = Element("turn", grids=(Grid((h.at(""), w.at("")), (1, 0), (1, -1)),))
    ctx = Context(FloatAlgebra(), {"h": 3, "w": 4})
    with pytest.raises(SpecError, match="does not act") as caught:
        act(ctx, turn, np.zeros((3, 4)), Real[h, w])
    assert caught.value.code == "CM021"
    square = Context(FloatAlgebra(), {"h": 3, "w": 3})
    assert act(square, turn, np.eye(3), Real[h, w]).shape == (3, 3)


@pytest.mark.parametrize(
    ("axes", "image", "signs"),
    [
        ((row, column), (0, 0), (1, 1)),
        ((row, row), (1, 0), (1, 1)),
        ((row, column), (1, 0), (1, 2)),
        ((row, column), (1, 0), (1,)),
        ((row, n), (1, 0), (1, 1)),
    ],
)
def test_what_is_no_symmetry_of_a_grid_is_refused(axes, image, signs):
    with pytest.raises(SpecError) as caught:
        Grid(axes, image, signs)
    assert caught.value.code == "CM042"
