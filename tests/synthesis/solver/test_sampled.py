"""Sampled kernels: steerable exactly on the grid, approximately elsewhere, and independent."""

from __future__ import annotations

import math

import numpy as np
import pytest

from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.groups import cyclic, dihedral, octahedral, orthogonal, special_orthogonal
from categorical.representations import Representation, regular, traceless
from categorical.representations.tensors import polynomials
from synthesis.solver.kernels import steerable
from synthesis.solver.sampled import sampled

SO2, SO3 = special_orthogonal(2), special_orthogonal(3)
PLANE = SO2.standard()


def evaluate(polynomial, point):
    return sum(c * np.prod(np.power(point, powers)) for powers, c in polynomial.items())


def quarters(of):
    """A representation of C8, of the quarter turns in it."""
    turn = of.map("r") @ of.map("r")
    return Representation(cyclic(4), {"r": turn}, name="quarters")


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("degree", range(5))
def test_harmonic_polynomials_are_harmonic_and_all_of_them(axes, degree):
    found = polynomials(axes, degree)
    assert len(found) == (2 * degree + 1 if axes == 3 else min(degree, 1) + 1)
    point, step = np.linspace(0.3, 0.9, axes), 1e-3
    for h in found:
        total = -2 * axes * evaluate(h, point)
        for e in np.eye(axes) * step:
            total += evaluate(h, point + e) + evaluate(h, point - e)
        assert abs(total / step**2) < 1e-3


@pytest.mark.parametrize("group", [cyclic(8), dihedral(8), octahedral()], ids=str)
@pytest.mark.parametrize("degree", range(4))
def test_harmonics_move_by_their_representation(group, degree):
    """h(g·x) = ρ(g) h(x) at a point."""
    space = group.space()
    waves = traceless(space, degree).dual
    waves.check()
    x, basis = np.array([0.3, -1.7, 0.6])[: space.dimension], polynomials(space.dimension, degree)
    for g in group.arrows:
        moved = space.map(g).floats() @ x
        left = [float(evaluate(h, moved)) for h in basis]
        right = waves.map(g).floats() @ [float(evaluate(h, x)) for h in basis]
        assert np.allclose(left, right, atol=1e-12)


@pytest.mark.parametrize("group", [SO2, SO3, orthogonal(3)], ids=str)
@pytest.mark.parametrize("degree", range(1, 4))
def test_harmonics_of_lie_groups_respect_brackets(group, degree):
    traceless(group.standard(), degree).dual.check()


def test_quarter_turns_are_exact_and_eighths_are_not():
    c8 = cyclic(8)
    fibre = regular(c8)
    found = sampled(fibre, fibre)
    assert found.count == found.analytic == 48
    assert steerable(found.basis, quarters(fibre), quarters(fibre), quarters(c8.space()))
    assert 0.01 < found.error("r") < 0.3
    assert found.error("r", wavelength=8) < found.error("r")


def test_the_angular_frequency_is_the_difference_of_the_fibres():
    """Between rotations of frequencies 1 and 2: harmonics of degree 1 and 3."""
    found = sampled(PLANE, traceless(PLANE, 2), 5, space=PLANE)
    assert {degree for _, degree in found.terms} == {1, 3}
    direction = SO2.algebra[0]
    assert found.error(direction, math.pi / 2) < 1e-12
    assert found.error(direction, math.pi / 5) > 1e-3


def test_a_third_dimension():
    """Gradients: a scalar field to vectors, by the harmonics of degree 1."""
    space = SO3.standard()
    found = sampled(Representation.trivial(SO3), space, 3, space=space)
    assert found.terms == ((1, 1),) and found.width == (3, 3, 3)
    kernel = found.basis.tensor(0).astype(float)[:, 0]
    along = kernel[:, 2, 1, 1], kernel[:, 1, 2, 1], kernel[:, 1, 1, 2]
    assert np.count_nonzero(along) == 3 and np.allclose(kernel, -kernel[:, ::-1, ::-1, ::-1])


def test_kernels_that_agree_on_the_grid_are_counted_once():
    """On 3 × 3 pixels the harmonics cos 4φ and 1 of one thin ring are nearly one; no two samples
    depend on each other."""
    c8 = cyclic(8)
    found = sampled(regular(c8), Representation.trivial(c8), 5, sigma=0.3)
    stack = np.stack([found.basis.tensor(i).astype(float).ravel() for i in range(found.count)])
    assert np.linalg.matrix_rank(stack) == found.count <= found.analytic


def test_a_wrong_sign_is_noticed():
    fibre = quarters(regular(cyclic(8)))
    space = quarters(cyclic(8).space())
    good = sampled(regular(cyclic(8)), regular(cyclic(8))).basis
    values = good.values.copy()
    values[len(values) // 2] = -values[len(values) // 2]
    bad = Basis(good.shape, good.count, good.which, good.places, values)
    assert not steerable(bad, fibre, fibre, space)


@pytest.mark.parametrize("width", [2, (3, 5), 0])
def test_windows_without_rings_are_refused(width):
    with pytest.raises(SpecError) as caught:
        sampled(PLANE, PLANE, width, space=PLANE)
    assert caught.value.code == "CM042"


def test_the_note_says_what_is_exact_and_how_large_the_error_is():
    plain = sampled(Representation.trivial(SO2), PLANE, space=PLANE)
    assert "exactly under the grid symmetries in SO(2) only" in plain.note
    assert f"{plain.error(SO2.algebra[0]):.2f}" in plain.note
