"""The semiring of weights: its laws up to the order of hidden units, decided exactly."""

from itertools import product

import pytest

from categorical.errors import SpecError
from categorical.exact import root
from categorical.hidden_units import Weights
from tests.categorical.hidden_units.drawing import drawn

TRIPLES = [(d, s) for d, s in product((2, 5, 6), range(3))]


@pytest.mark.parametrize(("d", "seed"), TRIPLES)
def test_laws_of_a_commutative_semiring(d: int, seed: int) -> None:
    x, y, z = drawn(d, 2, seed), drawn(d, 3, seed + 10), drawn(d, 2, seed + 20)
    zero, one = Weights.zero(d), Weights.one(d)
    assert x + y == y + x and (x + y) + z == x + (y + z) and x + zero == x == zero + x
    assert x * y == y * x and (x * y) * z == x * (y * z) and x * one == x == one * x
    assert (x + y) * z == x * z + y * z and z * (x + y) == z * x + z * y
    assert x * zero == zero == zero * x


@pytest.mark.parametrize(("d", "seed"), TRIPLES)
def test_what_is_no_law_is_told_apart(d: int, seed: int) -> None:
    x, y = drawn(d, 2, seed), drawn(d, 3, seed + 10)
    assert x + x != x and x + y != x * y and x + y != x + x
    assert x * Weights.scalar(d, 2) != x


def test_generic_weights_obey_the_laws_for_all_values_of_their_coefficients() -> None:
    x, y, z = (Weights.generic(3, 2, name) for name in "xyz")
    assert (x + y) * z == x * z + y * z and x * y == y * x and (x * y) * z == x * (y * z)
    assert x * y != x * z and (x + y) * z != x * z + y * y


def test_equality_is_that_of_multisets() -> None:
    one, two = Weights.generic(4, 1, "x"), Weights.generic(4, 1, "y")
    assert one + two + one == one + one + two
    assert one + two + one != one + two + two
    assert hash(one + two) == hash(two + one)


def test_equal_numbers_of_different_fields_are_equal() -> None:
    thirds = Weights.of(5, [{("a", 1): root(3)}])
    sixths = Weights.of(5, [{("a", 1): root(6) * root(6)}])
    turned = Weights.of(5, [{("a", 1): root(6)}])
    assert thirds == sixths and thirds != turned


def test_real_weights_have_conjugate_coefficients() -> None:
    real = Weights.constant(6, [(root(3), 1, root(4)), (1, -1, 1)])
    assert real.is_real and (real * real + real).is_real
    assert dict(real.units[0]).get(("a", 3)) is None  # −3 = 3: only real numbers fit there
    assert not Weights.of(6, [{("a", 1): root(3)}]).is_real
    assert not Weights.of(6, [{("a", 3): root(3)}]).is_real
    assert not Weights.generic(6).is_real


def test_frequencies_are_idempotent_and_apart() -> None:
    one, two = Weights.frequency(7, 1), Weights.frequency(7, 2)
    assert one * one == one and one == Weights.frequency(7, -1)
    assert dict((one * two).units[0]) == {}
    assert one * two != Weights.zero(7)  # a dead unit, and not no unit


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Weights.zero(1),
        lambda: Weights.of(5, [{("d", 1): 1}]),
        lambda: Weights.of(5, [{("a", 1): 0.5}]),
        lambda: Weights.zero(5) * Weights.zero(6),
    ],
)
def test_wrong_weights_are_refused(wrong) -> None:
    with pytest.raises(SpecError) as caught:
        wrong()
    assert caught.value.code == "CM042"
