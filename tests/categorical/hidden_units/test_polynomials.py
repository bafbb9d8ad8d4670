"""Polynomials over cyclotomic fields: a commutative ring, and substitution is a homomorphism."""

from fractions import Fraction

import numpy as np

from categorical.exact import root
from categorical.hidden_units import Polynomial

NAMES = ("x", "y", "z")


def drawn(rng: np.random.Generator) -> Polynomial:
    """A polynomial of degree at most 3 with coefficients in Q(ζ₅)."""
    found = Polynomial({})
    for _ in range(4):
        term = Polynomial({(): root(5, int(rng.integers(5))) * int(rng.integers(-3, 4))})
        for _ in range(int(rng.integers(4))):
            term = term * Polynomial.variable(NAMES[rng.integers(3)])
        found = found + term
    return found


def test_a_commutative_ring() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        x, y, z = (drawn(rng) for _ in range(3))
        assert x + y == y + x and x * y == y * x and (x + y) + z == x + (y + z)
        assert (x * y) * z == x * (y * z) and x * (y + z) == x * y + x * z
        assert x - x == 0 and x + 0 == x and 1 * x == x and x * 0 == 0


def test_substitution_is_a_homomorphism() -> None:
    rng = np.random.default_rng(1)
    point = {"x": root(5), "y": Fraction(2, 3), "z": -1}
    for _ in range(10):
        x, y = drawn(rng), drawn(rng)
        assert (x + y).at(point) == x.at(point) + y.at(point)
        assert (x * y).at(point) == x.at(point) * y.at(point)
        assert (x * y + 1).at(point) != x.at(point) * y.at(point)


def test_numbers_act_from_both_sides() -> None:
    x = Polynomial.variable("x")
    assert root(3) * x == x * root(3) and root(3) + x == x + root(3)
    assert root(3) - x == -(x - root(3)) and root(3) * x != x
    assert str(root(3) * x * x - 1) == "(1*root(3)**1)·x^2 + (-1)"
