"""Steerable kernels: complete, exact, counted twice; and instances built to break the checks."""

from __future__ import annotations

import numpy as np
import pytest

from categorical.errors import SpecError
from categorical.exact import Basis, Matrix
from categorical.groups import FiniteGroup
from categorical.representations import Representation
from synthesis.solver.kernels import kernels, offsets, orbits, steerable

TURN = [[0, -1], [1, 0]]
FLIP = [[1, 0], [0, -1]]
AROUND = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
QUARTER = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]


def symmetries(name, **matrices):
    """(the representation on the grid, the regular one) of the group of some matrices."""
    given = {g: np.array(m) for g, m in matrices.items()}
    size = len(next(iter(given.values())))
    elements = [np.eye(size, dtype=int)]
    for one in elements:
        for m in given.values():
            if not any(np.array_equal(m @ one, e) for e in elements):
                elements.append(m @ one)
    places = {e.tobytes(): i for i, e in enumerate(elements)}
    images = {g: [places[(m @ e).tobytes()] for e in elements] for g, m in given.items()}
    group = FiniteGroup(name, images)
    grid = Representation(group, {g: Matrix.of(m) for g, m in matrices.items()}, name="grid")
    return grid, Representation.of_permutations(group, images, name="regular")


C4, D4 = symmetries("C4", r=TURN), symmetries("D4", r=TURN, s=FLIP)
CUBE = symmetries("cube", r=QUARTER, t=AROUND)
MIRROR = symmetries("mirror", s=FLIP)


@pytest.mark.parametrize(
    ("pair", "width", "count"),
    [(C4, 3, 36), (C4, 5, 100), (D4, 3, 72), (D4, 5, 200), (CUBE, 3, 648), (C4, 2, 16)],
    ids=["C4 3", "C4 5", "D4 3", "D4 5", "cube 3", "C4 2"],
)
def test_the_known_numbers_of_regular_kernels(pair, width, count):
    grid, regular = pair
    found = kernels(regular, regular, width, grid=grid)
    assert found.count == found.counted == count
    assert found.basis.disjoint and found.check()


def test_lifting_from_scalars_is_free():
    grid, regular = C4
    assert kernels(Representation.trivial(grid.of), regular, 3, grid=grid).count == 9


def nullity(source, target, width, grid):
    """The dimension by floats: the null space of all constraints, by its singular values."""
    window, blocks = offsets(grid, width), []
    for g in grid.of.arrows:
        x, y = source.map(g).floats(), target.map(g).floats()
        moved = np.kron(np.kron(y, np.linalg.inv(x).T), window.map(g).floats())
        blocks.append(moved - np.eye(len(moved)))
    values = np.linalg.svd(np.concatenate(blocks), compute_uv=False)
    return int(np.sum(values < 1e-9))


@pytest.mark.parametrize("pair", [C4, D4, MIRROR], ids=["C4", "D4", "mirror"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_every_pair_of_fibres_agrees_with_floats(pair, width):
    grid, regular = pair
    one = Representation.trivial(grid.of)
    sign = Representation(grid.of, {g: Matrix.of([[-1]]) for g in grid.of.arrows}, name="sign")
    fibres = [one, sign, grid, regular, grid + one]
    for source in fibres:
        for target in fibres:
            found = kernels(source, target, width, grid=grid)
            assert found.count == nullity(source, target, width, grid), (source, target)
            assert found.check()


def test_an_orbit_that_returns_to_its_negative_holds_no_map():
    labels, count, _ = orbits([(np.array([1, 0, 2]), np.array([1, -1, 1]))])
    assert count == 1 and labels.tolist() == [-1, -1, 0]


def test_the_sign_is_carried_along_an_orbit():
    labels, count, signs = orbits([(np.array([1, 2, 0]), np.array([-1, 1, -1]))])
    assert count == 1 and labels.tolist() == [0, 0, 0]
    assert signs.tolist() == [1, -1, -1]


def test_a_broken_kernel_is_noticed():
    """One entry moved: the check of kernels is no formality."""
    grid, regular = C4
    good = kernels(regular, regular, 3, grid=grid).basis
    assert steerable(good, regular, regular, grid)
    values = good.values.copy()
    values[5] = 2
    bad = Basis(good.shape, good.count, good.which, good.places, values)
    assert not steerable(bad, regular, regular, grid)


def test_a_window_that_is_not_square():
    grid, regular = MIRROR
    assert kernels(regular, regular, (3, 5), grid=grid).count == 2 * 15
    with pytest.raises(SpecError, match="two widths") as caught:
        kernels(C4[1], C4[1], (3, 5), grid=C4[0])
    assert caught.value.code == "CM044"


@pytest.mark.parametrize("width", [0, -1, 2.0, (3,), (3, 3, 3), "3", True])
def test_a_bad_width_is_refused(width):
    with pytest.raises(SpecError) as caught:
        kernels(C4[1], C4[1], width, grid=C4[0])
    assert caught.value.code == "CM042"


def test_fibres_of_two_groups_are_refused():
    with pytest.raises(SpecError) as caught:
        kernels(C4[1], D4[1], 3, grid=C4[0])
    assert caught.value.code == "CM043"


@pytest.mark.parametrize("pair", [C4, D4], ids=["C4", "D4"])
def test_fibres_that_are_no_signed_permutations(pair):
    """Vectors in a skewed basis: as many kernels, by the null space."""
    grid, regular = pair
    skew = Matrix.of([[1, 2], [0, 3]])
    maps = {g: skew @ grid.map(g) @ skew.inverse() for g in grid.of.arrows}
    skewed = Representation(grid.of, maps, name="skewed")
    assert not skewed.is_signed
    for one in (grid, regular):
        found = kernels(skewed, one, 3, grid=grid)
        assert found.count == kernels(grid, one, 3, grid=grid).count and found.check()


def test_the_groups_on_offer():
    from categorical.groups import cube, cyclic, dihedral, octahedral
    from categorical.representations import regular

    counts = [kernels(regular(g), regular(g), 3).count for g in (cyclic(4), dihedral(4), cube())]
    assert counts == [36, 72, 648]
    scalars = Representation.trivial(octahedral())
    assert kernels(scalars, scalars, 3).count == 4  # centre, faces, edges, corners
