"""The loss from its definition, from characters, and from potentials: one polynomial."""

from fractions import Fraction

import pytest

from categorical.exact import root
from categorical.hidden_units import (
    Weights,
    empirical_loss,
    identity,
    loss_by_pairs,
    loss_from_potentials,
    order_four,
)
from categorical.verdicts import Verdict
from tests.categorical.hidden_units.drawing import drawn


@pytest.mark.parametrize("d", [2, 3, 4, 5, 6, 7, 8])
def test_the_identity_for_all_widths(d: int) -> None:
    assert identity(d).verdict is Verdict.EXACT


@pytest.mark.parametrize("d", [2, 3])
def test_running_every_pair_of_generic_weights(d: int) -> None:
    """Characters only rearrange the sums of the definition."""
    weights = Weights.generic(d)
    assert loss_by_pairs(weights) == empirical_loss(weights)


@pytest.mark.parametrize(("d", "width"), [(4, 3), (5, 2), (6, 2)])
def test_running_every_pair_of_given_weights(d: int, width: int) -> None:
    """Whatever the width, and for weights that are not real as well."""
    weights = drawn(d, width, d)
    found = loss_by_pairs(weights)
    assert found == empirical_loss(weights) == loss_from_potentials(weights)


def test_without_units_every_pair_costs_its_part() -> None:
    for d in range(2, 8):
        assert loss_by_pairs(Weights.zero(d)) == d * (d - 1)


@pytest.mark.parametrize("half", [Fraction(1), Fraction(1, 4), Fraction(0)])
def test_another_share_of_the_squares_is_refuted(half: Fraction) -> None:
    found = identity(4, half)
    assert found.verdict is Verdict.REFUTED and "differ by" in found.reason


def test_without_the_conjugate_in_the_output_it_is_another_loss() -> None:
    """w_c[m] = Σ z ζ⁺ᵏᵐ: potentials stay homomorphisms, and the formula fails."""
    for weights in (Weights.generic(4, 1), order_four(5), drawn(5, 2, 0)):
        turned = Weights.of(
            weights.modulus,
            ({(p, -k if p == "c" else k): v for (p, k), v in unit} for unit in weights.units),
        )
        assert loss_from_potentials(turned) != empirical_loss(weights)
        assert loss_from_potentials(weights) == empirical_loss(weights)


def test_constants_do_not_count() -> None:
    """P⊥ removes what is added to all outputs alike."""
    extra = Weights.of(5, [{("a", 0): root(3) + 1, ("b", 2): 3, ("c", 0): 7}])
    weights = drawn(5, 2, 3)
    assert empirical_loss(weights + extra) == empirical_loss(weights)
