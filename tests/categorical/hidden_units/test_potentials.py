"""Potentials are homomorphisms of semirings; other statistics are told apart."""

import numpy as np
import pytest

from categorical.errors import SpecError
from categorical.hidden_units import Statistic, Weights, homomorphism, own, potential, potentials
from categorical.verdicts import Verdict
from tests.categorical.hidden_units.drawing import drawn


@pytest.mark.parametrize("d", [2, 3, 4, 5])
def test_every_potential_is_a_homomorphism(d: int) -> None:
    every = list(potentials(d))
    assert len(every) == (d - 1) * (d * d + d * (d + 1))
    assert {homomorphism(one, d).verdict for one in every} == {Verdict.EXACT}


def test_potentials_on_weights() -> None:
    """What the identity of one generic unit implies for several widths."""
    rng = np.random.default_rng(0)
    for seed in range(6):
        x, y = drawn(6, 2, seed), drawn(6, 3, seed + 50)
        i, j, k = (int(n) for n in rng.integers(0, 6, 3))
        for r in (potential(i, j, k), own("a", i, j, k), own("b", i, j, k)):
            assert r(x + y) == r(x) + r(y) and r(x * y) == r(x) * r(y)
            assert r(Weights.zero(6)) == 0 and r(Weights.one(6)) == 1


TWO = Statistic(
    ((1, potential(1, 4, 2).places), (1, potential(2, 3, 2).places))
)  # a sum over pairs of frequencies, as it stands in the loss


@pytest.mark.parametrize(
    ("statistic", "why"),
    [
        (TWO, "m(u·v)"),
        (Statistic(((2, potential(1, 1, 1).places),)), "m(u·v)"),
        (Statistic(((-1, potential(1, 1, 1).places),)), "m(u·v)"),
        (Statistic(((1, (("a", 1),)), (1, ()))), "m(u·v)"),
        (Statistic(()), "f(1) = 0"),
    ],
)
def test_other_statistics_are_refuted(statistic: Statistic, why: str) -> None:
    found = homomorphism(statistic, 5)
    assert found.verdict is Verdict.REFUTED and why in found.reason


def test_the_largest_product_is_no_potential() -> None:
    """max over the units is multiplicative on positive units, and not additive."""
    x, y = (
        Weights.of(3, [{(p, 1): n for p in "abc"} for n in numbers]) for numbers in ((1, 2), (3, 1))
    )

    def largest(weights: Weights) -> int:
        return max(dict(u)["a", 1] * dict(u)["b", 1] * dict(u)["c", 1] for u in weights.units)

    assert largest(x * y) == largest(x) * largest(y)
    assert largest(x + y) != largest(x) + largest(y)


def test_only_inputs_have_potentials_of_their_own() -> None:
    with pytest.raises(SpecError):
        own("c", 1, 1, 1)
