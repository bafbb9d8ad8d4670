"""Taking tables apart: families by frequency, and their factors."""

import numpy as np
import pytest

from categorical.errors import SpecError
from categorical.hidden_units import Family, factor, families, mixed, order_four, order_six, tables
from categorical.hidden_units.factoring import arrangements, balanced, shares, spectrum
from categorical.hidden_units.solutions import SQUARES


def drawn(rng: np.random.Generator, width: int) -> np.ndarray:
    """Triples of complex numbers of absolute value between 1/2 and 2."""
    size = np.exp(rng.uniform(-0.7, 0.7, (width, 3)))
    return size * np.exp(2j * np.pi * rng.random((width, 3)))


def multiplied(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The product of two families."""
    return (left[:, None] * right[None]).reshape(-1, 3)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3)])
def test_products_are_found_again(shape) -> None:
    """In any order, with any signs and sizes that leave the network as it is."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        left, right = (drawn(rng, n) for n in shape)
        units = multiplied(left, right)
        moved = units[rng.permutation(len(units))]
        by = rng.uniform(0.5, 2, len(units)) * rng.choice([-1, 1], len(units))
        moved = moved * np.stack([by, by, 1 / by**2], 1)
        found = factor(Family(7, 1, moved, 1.0))
        assert found is not None and found.shape == shape and found.distance < 1e-7
        again = multiplied(found.left, found.right)
        assert np.allclose(
            np.sort_complex(np.prod(again, 1)), np.sort_complex(np.prod(balanced(units), 1))
        )


@pytest.mark.parametrize("width", [4, 6])
def test_other_families_are_far_from_products(width: int) -> None:
    rng = np.random.default_rng(1)
    distances = [
        factor(Family(7, 1, np.exp(2j * np.pi * rng.random((width, 3))), 1.0)).distance
        for _ in range(20)
    ]
    assert min(distances) > 0.1 and 0.2 < np.median(distances) < 0.6


def test_the_distance_follows_the_noise() -> None:
    rng = np.random.default_rng(2)
    units = multiplied(np.exp(2j * rng.random((2, 3))), np.exp(2j * rng.random((3, 3))))
    noise = rng.normal(size=units.shape) + 1j * rng.normal(size=units.shape)
    found = [factor(Family(7, 1, units + s * noise, 1.0)).distance for s in (0, 1e-4, 1e-3, 1e-2)]
    assert found == sorted(found) and found[0] < 1e-7 and 1e-3 < found[3] < 1e-1


def test_families_of_composed_weights() -> None:
    for d in (7, 8, 9):
        found = {one.frequency: one for one in families(tables(order_six(d)))}
        assert set(found) == set(range(1, d // 2 + 1))
        for k, one in found.items():
            assert one.purity > 1 - 1e-9 and one.width == (2 if 2 * k == d else 6)
            assert one.open(1e-9) == ()
            assert factor(one) is None if 2 * k == d else factor(one).distance < 1e-7


def test_mixed_orders_and_the_constant_unit() -> None:
    found = {one.frequency: one for one in families(tables(mixed(9, (2,))))}
    assert [found[k].width for k in (1, 2, 3, 4)] == [4, 6, 4, 4]
    assert found[1].open(1e-9) == (SQUARES,) and found[2].open(1e-9) == ()
    assert found[0].width == 1  # the constant unit


def test_dead_units_are_left_out() -> None:
    one = {p: np.concatenate([t, 1e-4 * t[:, :3]], 1) for p, t in tables(order_four(7)).items()}
    assert sum(f.width for f in families(one)) == order_four(7).width
    assert sum(f.width for f in families(one, dead=0)) == order_four(7).width + 3
    assert families({p: np.zeros((5, 4)) for p in "abc"}) == []


def test_spectra_are_inverse_to_tables() -> None:
    for d in (6, 7):
        weights = order_four(d)
        z = spectrum(tables(weights, balanced=False))
        wanted = np.zeros_like(z)
        for j, unit in enumerate(weights.units):
            for (p, k), value in unit:
                wanted["abc".index(p), k, j] = complex(value)
        assert np.allclose(z, wanted)
        assert np.allclose(shares(z).sum(0), 1)


@pytest.mark.parametrize(("shape", "count"), [((2, 2), 6), ((2, 3), 60), ((3, 2), 60)])
def test_all_arrangements(shape, count: int) -> None:
    """Every grid of the units, up to the order of rows and columns, stands in the list."""
    grids = arrangements(*shape)
    rows, columns = shape
    seen = {frozenset(map(frozenset, [*grid.tolist(), *grid.T.tolist()])) for grid in grids}
    assert len(grids) == count and len(seen) == (count if rows != columns else count // 2)
    rng = np.random.default_rng(3)
    for _ in range(50):
        grid = rng.permutation(rows * columns).reshape(rows, columns)
        assert frozenset(map(frozenset, [*grid.tolist(), *grid.T.tolist()])) in seen


def test_other_widths_have_no_factors_here() -> None:
    rng = np.random.default_rng(4)
    assert factor(Family(7, 1, drawn(rng, 5), 1.0)) is None
    assert factor(Family(7, 1, drawn(rng, 6), 1.0), shapes=[(2, 2)]) is None
    nine = multiplied(drawn(rng, 2), drawn(rng, 2))
    assert factor(Family(7, 1, nine, 1.0), shapes=[(2, 2)]).shape == (2, 2)


def test_tables_of_different_shapes_are_refused() -> None:
    good = tables(order_four(5))
    for wrong in ({**good, "c": good["c"].T}, {p: np.zeros(3) for p in "abc"}):
        with pytest.raises(SpecError) as caught:
            families(wrong)
        assert caught.value.code == "CM042"


def test_units_that_only_differ_by_a_gauge_are_one() -> None:
    rng = np.random.default_rng(5)
    units = drawn(rng, 4)
    for by in (0.25, 3.0):
        moved = units * np.array([by, by, by**-2])
        assert np.allclose(balanced(moved), balanced(units))
    a, b, c = np.abs(balanced(units)).T
    assert np.allclose(a * b, c**2)
    assert np.allclose(balanced(units[:1] * units[1:2]), balanced(units[:1]) * balanced(units[1:2]))
    assert (balanced(np.array([[1, 0, 5]])) == [1, 0, 5]).all()
