"""Global optima composed from partial solutions: the loss is 0, exactly, for every modulus."""

import pytest

from categorical.errors import SpecError
from categorical.exact import root
from categorical.hidden_units import (
    CROSS,
    FLIP,
    SKEW,
    TURN,
    Weights,
    compose,
    empirical_loss,
    loss_by_pairs,
    loss_from_potentials,
    mixed,
    order_four,
    order_six,
    twist,
    unsolved,
)
from categorical.hidden_units.solutions import SQUARES, everywhere, frequencies, lend

MODULI = [*range(2, 14), 16, 23, 24]


@pytest.mark.parametrize("d", MODULI)
@pytest.mark.parametrize("make", [order_six, order_four])
def test_the_loss_is_zero(make, d: int) -> None:
    weights = make(d)
    assert weights.is_real and unsolved(weights) == () and loss_from_potentials(weights) == 0


@pytest.mark.parametrize("d", range(2, 13))
@pytest.mark.parametrize("make", [order_six, order_four])
def test_the_loss_of_the_definition_is_zero(make, d: int) -> None:
    assert empirical_loss(make(d)) == 0


@pytest.mark.parametrize("d", [3, 4, 5])
def test_the_loss_of_every_pair_is_zero(d: int) -> None:
    assert loss_by_pairs(order_six(d)) == 0 == loss_by_pairs(order_four(d))


def test_widths() -> None:
    for d in range(2, 13):
        even = d % 2 == 0
        assert order_six(d).width == (3 * d - 4 if even else 3 * (d - 1))
        assert order_four(d).width == (2 * d - 2 if even else 2 * d - 1)


def test_orders_may_be_mixed() -> None:
    for d in (7, 8, 9):
        weights = mixed(d, (2,))
        assert loss_from_potentials(weights) == 0
        assert order_four(d).width < weights.width < order_six(d).width


@pytest.mark.parametrize(
    ("factors", "left"),
    [
        ((), ("R_*", "R_c", "R_n")),
        ((TURN,), ("R_n",)),
        ((FLIP,), ("R_c",)),
        ((CROSS,), ("R_*", "R_c")),
        ((SKEW,), ("R_*", "R_c", "R_n")),
        ((CROSS, SKEW), ("R_*",)),
        ((FLIP, TURN), ()),
        ((TURN, FLIP, CROSS), ()),
        ((TURN, TURN), ("R_n",)),
    ],
)
def test_a_product_solves_what_its_factors_solve(factors, left) -> None:
    """Partial solutions, alone and composed; more factors never open an equation again."""
    for d in (7, 8):
        weights = compose(d, {k: factors for k in range(1, (d + 1) // 2)})
        missing = () if d % 2 else ("R_g",)  # d/2 is no part of these
        assert unsolved(weights) == tuple(sorted((*left, *missing)))
        assert (loss_from_potentials(weights) == 0) == (not left and not missing)


def test_a_missing_frequency_is_an_open_equation() -> None:
    for d in (5, 8):
        for gone in frequencies(d):
            factors = {
                k: (FLIP,) if 2 * k == d else (FLIP, TURN) for k in frequencies(d) if k != gone
            }
            weights = compose(d, factors)
            assert unsolved(weights) == ("R_g",)
            pairs = 1 if 2 * gone == d else 2
            assert loss_from_potentials(weights) == d * pairs


@pytest.mark.parametrize(
    ("d", "four"), [(5, (2,)), (7, (3,)), (8, (1, 4)), (9, (1, 3)), (12, (3, 6)), (11, (2, 4, 5))]
)
def test_units_of_order_six_carry_the_correction(d: int, four: tuple[int, ...]) -> None:
    """Without a constant unit: fewer units than order six, none more than the sum of the orders."""
    six = [k for k in frequencies(d) if k not in four]
    weights = mixed(d, six, lent=True)
    assert weights.is_real and unsolved(weights) == () and loss_from_potentials(weights) == 0
    orders = [1 if 2 * k == d else 4 for k in four] + [2 if 2 * k == d else 6 for k in six]
    assert weights.width == sum(orders) < order_six(d).width


def test_only_units_of_order_six_carry() -> None:
    half = compose(9, {k: (CROSS, SKEW) for k in frequencies(9)})
    assert unsolved(half) == ("R_*",)
    with pytest.raises(SpecError):
        mixed(9, (), lent=True)
    assert unsolved(lend(half, (1,))) != ()  # those of order 4 spoil other equations


def test_products_of_solutions_are_solutions() -> None:
    """Ring operations on whole solutions: r is multiplicative, 1 · 1 = 1 and 0 · 0 = 0."""
    six = order_six(7)
    assert loss_from_potentials(six * six) == 0 and (six * six).width == 18 * 18
    assert loss_from_potentials(six + six) != 0


MIXED = {"u_a·u_b·ū_c", "u_a·ū_b·u_c", "ū_a·u_b·u_c"}
OWN = {"u_a²·u_c", "u_b²·u_c"}
OPPOSITE = {"ū_a²·u_c", "ū_b²·u_c"}


def test_what_each_family_leaves_open() -> None:
    every = MIXED | OWN | OPPOSITE | {SQUARES}
    assert everywhere(()) == every
    assert everywhere((TURN,)) == OWN
    assert everywhere((FLIP,)) == MIXED
    assert everywhere((CROSS,)) == {"u_a·u_b·ū_c", SQUARES}
    assert everywhere((twist(root(5)),)) == every - OWN
    assert "u_a·u_b·ū_c" not in everywhere((SKEW,))
    for one, other in ((TURN, FLIP), (CROSS, SKEW), (FLIP, SKEW), (TURN, SKEW)):
        assert everywhere((one, other)) <= everywhere((one,)) & everywhere((other,))


def test_every_twist_turns_into_a_solution() -> None:
    """One circle of solutions through FLIP and CROSS."""
    for x in (1, -1, root(4), root(5), root(7, 3)):
        assert everywhere((twist(x), TURN)) == set()
        assert loss_from_potentials(compose(5, {k: (twist(x), TURN) for k in (1, 2)})) == 0
        assert "u_a·ū_b·u_c" in everywhere((twist(x), FLIP)) or x == root(4)
    with pytest.raises(SpecError):
        twist(2)


@pytest.mark.parametrize(
    ("factors", "solved"),
    [((FLIP, TURN), True), ((CROSS, SKEW), False), ((TURN,), False), ((FLIP,), False)],
)
def test_one_computation_for_all_moduli(factors, solved: bool) -> None:
    found = everywhere(factors)
    assert (not found) == solved
    if factors == (CROSS, SKEW):
        assert found == {SQUARES}


def test_what_cannot_be_composed_is_refused() -> None:
    for wrong in (
        lambda: compose(7, {0: (FLIP, TURN)}),
        lambda: compose(7, {4: (FLIP, TURN)}),
        lambda: compose(8, {4: (TURN,)}),  # the frequency 4 is real, the cube roots of 1 are not
        lambda: compose(7, {1: (((1, 1, 1), (-1, 1, 1)),)}),  # r[1, 1, 1] = 0
        lambda: compose(7, {1: (((root(4), 1, 1),),)}),
    ):
        with pytest.raises(SpecError) as caught:
            wrong()
        assert caught.value.code == "CM042"


def test_the_constant_unit_is_there_only_where_it_is_needed() -> None:
    from categorical.hidden_units import constant_unit

    assert constant_unit(order_six(9)) == Weights.zero(9) == constant_unit(order_four(9))
    assert constant_unit(compose(9, {1: (CROSS, SKEW)})).width == 1
