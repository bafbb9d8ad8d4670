"""Symmetric traceless tensors and spherical tensors."""

from fractions import Fraction
from math import comb

import pytest

from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.representations import (
    Representation,
    isometries,
    symmetric_power,
)
from categorical.representations.tensors import harmonics, spherical, traceless
from tests.categorical.representations.small import cyclic, dihedral, homs, plane, points

ROTATIONS = isometries(3, part="connected")
REFLECTIONS = isometries(3)


@pytest.mark.parametrize("l", range(5))
def test_rational_spherical_tensors(l):
    found = spherical(REFLECTIONS.standard(), l)
    found.check()
    assert found.dimension == 2 * l + 1
    assert homs(found, found) == 1
    assert homs(found, symmetric_power(REFLECTIONS.standard(), l)) == 1


@pytest.mark.parametrize("l", range(4))
def test_orthonormal_spherical_tensors(l):
    found = spherical(REFLECTIONS.standard(), l, basis="orthonormal")
    found.check()
    assert found.is_orthogonal
    trace = spherical(REFLECTIONS.standard(), l).derivative("A12")
    other = found.derivative("A12")
    assert (trace @ trace).trace() == (other @ other).trace()


def test_the_fourth_degree_has_no_known_orthonormal_basis():
    with pytest.raises(SpecError, match="outside the known fields") as refused:
        spherical(ROTATIONS.standard(), 4, basis="orthonormal")
    assert refused.value.code == "CM044"


def test_clebsch_and_gordan():
    one = ROTATIONS.standard()
    two = spherical(one, 2)
    for l, x, y in ((0, one, one), (1, one, one), (2, one, one), (3, one, two), (2, two, two)):
        assert homs(x * y, spherical(one, l)) == 1
    assert homs(one * one, spherical(one, 3)) == 0


def test_parity():
    vector = REFLECTIONS.standard()
    assert homs(vector * vector, spherical(vector, 1)) == 0
    assert homs(vector * vector, spherical(vector, 1, parity=1)) == 1
    assert homs(vector * vector, spherical(vector, 2, parity=-1)) == 0
    assert spherical(vector, 1, parity=-1).map("P") == vector.map("P")


@pytest.mark.parametrize("k", range(1, 6))
def test_the_plane_turns_by_multiples(k):
    turn = traceless(isometries(2).standard(), k).derivative("A12")
    assert turn == Matrix.of([[0, -k], [k, 0]]) or turn == Matrix.of([[0, k], [-k, 0]])


def test_functions_on_the_sphere():
    found = harmonics(REFLECTIONS.standard(), 3)
    assert found.dimension == 16
    assert homs(Representation.trivial(REFLECTIONS), found) == 1


def test_symmetric_tensors_split_into_traceless_ones():
    group = isometries(1, 3, part="connected")
    vector = group.standard()
    whole = symmetric_power(vector, 2)
    parts = traceless(vector, 2, form=(1, -1, -1, -1)) + Representation.trivial(group)
    assert whole.dimension == parts.dimension
    assert homs(whole, parts) == homs(parts, parts) == 2
    for n in (2, 3, 4):
        for k in range(4):
            size = comb(n + k - 1, k) - (comb(n + k - 3, k - 2) if k >= 2 else 0)
            assert traceless(isometries(n).standard(), k).dimension == size


def test_traceless_tensors_are_a_functor():
    x = Matrix.of([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]])
    from categorical.categories import groupoid

    free = groupoid("F", {"x": ("*", "*"), "y": ("*", "*"), "z": ("*", "*")}, [("x y", "z")])
    y = Matrix.of([[0, 1], [1, 0]])
    for k in range(5):
        traceless(Representation(free, {"x": x, "y": y, "z": y @ x}), k).check()


def test_finite_subgroups_have_them_too():
    square = traceless(plane(dihedral(4)), 2)
    assert square.dimension == 2 and homs(square, square) == 2


def test_what_has_no_traceless_part_is_refused():
    with pytest.raises(SpecError, match="does not keep the form"):
        traceless(isometries(1, 2).standard(), 2)
    with pytest.raises(SpecError, match="CM042"):
        traceless(isometries(3).standard(), 2, form=(1, 1, 0))
    with pytest.raises(SpecError, match="three dimensions"):
        spherical(points(cyclic(4)), 1)
    with pytest.raises(SpecError, match="the parity 2"):
        spherical(isometries(3).standard(), 1, parity=2)
