"""``natural`` on types: dimensions, products of groups, layers, what is refused."""

import numpy as np
import pytest

from categorical import Dim, Real, groups
from categorical.arrows import Arrow
from categorical.diagrams import Diagrams
from categorical.errors import SpecError
from categorical.exact import Basis, cos, sqrt
from categorical.groups import Acting, Cyclic, Orthogonal, SpecialOrthogonal, Symmetric
from categorical.representations import regular
from synthesis import change_group, natural, symmetry_of

n, m, c, k = Dim.named("n m c k")
v = Dim("v", size=3)
g = Dim("g", size=4)
TURNS = Acting(groups.cyclic(4), {g: regular(groups.cyclic(4))})
PAIR = Real[n, n.at("to")]


def test_fifteen_operations_and_the_small_sizes() -> None:
    found = natural(PAIR, PAIR, under=Symmetric(n))
    assert found.dimension == 15
    assert [found.dimension_at(n=size) for size in (1, 2, 3, 4, 7)] == [1, 8, 14, 15, 15]


@pytest.mark.parametrize(
    ("source", "target", "under", "sizes", "count"),
    [
        (Real[n], Real[n], Symmetric(n), {}, 2),
        (Real[n], PAIR, Symmetric(n), {}, 5),
        ((), PAIR, Symmetric(n), {}, 2),
        (Real[n, m], Real[n, m], Symmetric(n) * Symmetric(m), {}, 4),
        (Real[v, n], Real[v, n], Orthogonal(v) * Symmetric(n), {}, 2),
        (Real[v], Real.scalar, Orthogonal(v), {}, 0),
        ((Real[v], Real[v]), Real[v], SpecialOrthogonal(v), {}, 1),
        ((Real[v], Real[v]), Real[v], Orthogonal(v), {}, 0),
        ((Real[v], Real[v]), Real.scalar, Orthogonal(v), {}, 1),
        (Real[g], Real[g], TURNS, {}, 4),
        (Real[g, n], Real[g, n], TURNS * Symmetric(n), {"n": 3}, 8),
        (Real[n], Real[n], Cyclic(n), {"n": 6}, 6),
    ],
)
def test_dimensions(source, target, under, sizes, count) -> None:
    assert natural(source, target, under=under, sizes=sizes).dimension == count


def test_a_product_rule_orders_the_axes_as_the_types_do() -> None:
    """On Real[g, n] and on Real[n, g] the maps are the same up to the order of the entries."""
    size = {"n": 3}
    one = natural(Real[g, n], Real[g, n], under=TURNS * Symmetric(n), sizes=size).at()
    other = natural(Real[n, g], Real[n, g], under=TURNS * Symmetric(n), sizes=size).at()

    def span(basis: Basis, order: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
        rows = [basis.tensor(i).reshape(shape).transpose(order).ravel() for i in range(basis.count)]
        return np.array(rows, dtype=float)

    a, b = span(one, (0, 1, 2, 3), (4, 3, 4, 3)), span(other, (1, 0, 3, 2), (3, 4, 3, 4))
    assert np.linalg.matrix_rank(a) == np.linalg.matrix_rank(np.vstack([a, b])) == 8


def test_every_map_commutes() -> None:
    found = natural(Real[g, n], Real[g], under=TURNS * Symmetric(n), sizes={"n": 3})
    turn = TURNS.representation(g).map("r").floats()
    swap = np.eye(3)[[1, 0, 2]]
    for i in range(found.dimension):
        matrix = found.at().matrix(i).floats()
        for left, right in (
            (turn, np.kron(turn, np.eye(3))),
            (np.eye(4), np.kron(np.eye(4), swap)),
        ):
            np.testing.assert_array_equal(left @ matrix, matrix @ right)


def test_layers_are_arrows() -> None:
    found = natural(PAIR, Real[n], under=Symmetric(n))
    layer = found.layer(c, k)
    assert isinstance(layer, Arrow) and isinstance(found.maps, Diagrams)
    graph = layer.at(Real[n, n.at("to"), c]).graph()
    assert graph.cod == (Real[n, k],)
    kept = natural(Real[g], Real[g], under=TURNS).layer(c, mix="each", bias=False)
    assert kept.at(Real[g, c]).graph().cod == (Real[g, c],)
    bare = natural(Real[g], Real[g], under=TURNS).layer()
    assert bare.at(Real[n, g]).graph().cod == (Real[n, g],)


def test_an_input_without_channels_is_none() -> None:
    found = natural(Real[g], Real[g], under=TURNS)
    assert found.layer(None, k).at(Real[g]).graph().cod == (Real[g, k],)
    assert found.layer(k, None).at(Real[g, k]).graph().cod == (Real[g],)
    dots = natural((Real[v], Real[v]), Real.scalar, under=Orthogonal(v))
    assert dots.layer(None, c, k).at(Real[v], Real[v, c]).graph().cod == (Real[k],)
    with pytest.raises(SpecError, match=r"layer\(None, k\)"):
        found.layer(1, k).at(Real[g])
    assert found.layer(1, k).at(Real[g, 1]).graph().cod == (Real[g, k],)


def test_an_axis_that_is_not_acted_on_is_offered_as_a_channel() -> None:
    with pytest.raises(SpecError) as caught:
        natural(Real[n, c], Real[n, c], under=Symmetric(n))
    assert "natural(Real[n], Real[n], under=…).layer(c, c)" in str(caught.value)


def test_nearest_is_the_average_over_the_group() -> None:
    found = natural(Real[g], Real[g], under=TURNS)
    matrix = np.arange(16, dtype=float).reshape(4, 4)
    _, projected = found.nearest(matrix)
    turn = TURNS.representation(g).map("r").floats()
    powers = [np.linalg.matrix_power(turn, i) for i in range(4)]
    average = sum(p @ matrix @ p.T for p in powers) / 4
    np.testing.assert_allclose(np.asarray(projected, dtype=float), average)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: natural(Real[n, c], Real[n], under=Symmetric(n)), "does not act on the axis `c`"),
        (lambda: natural(Real[n], Real[n], under=Cyclic(n)), "valid at all sizes of `n`"),
        (lambda: natural(Real[n], Real[n]), "needs a group"),
        (lambda: natural(Real[g], Real[g], under=groups.cyclic(4)), "group.standard()"),
        (lambda: natural(Real[n], Real[n], under=Symmetric(n)).dimension_at(m=3), "at(n=4)"),
        (lambda: symmetry_of(3), "an arrow or an architecture, not 3"),
        (lambda: change_group(PAIR, to=Symmetric(n)), "an arrow or an architecture, not"),
        (lambda: cos(0), "no part of a turn"),
        (lambda: sqrt(-2), "that is not 0, 1, 2"),
        (lambda: natural(3, Real[n], under=Symmetric(n)), "joins real arrays"),
        (lambda: natural(Real[v], Real[()], under=Orthogonal(v)).layer(bias=False), "but zero"),
        (lambda: natural(Real[n], Real[n], under=Symmetric(n)).layer(c), "1 input got 1 channel"),
        (
            lambda: natural(Real[n], Real[n], under=Cyclic(n), sizes={"n": 6}).layer(c, k),
            'Dim("n", size=6)',
        ),
        (
            lambda: natural(Real[n], Real[n], under=Symmetric(n) * Cyclic(n), sizes={"n": 3}).maps,
            "(G * H).at(sizes)",
        ),
    ],
)
def test_refused(make, text) -> None:
    with pytest.raises(SpecError, match=r"CM04[24]") as caught:
        make()
    assert text in str(caught.value)


def test_the_order_of_the_maps_does_not_depend_on_what_was_asked_before():
    """The coefficients of `nearest` are those of the layer's weight."""
    under = Symmetric(n) * Orthogonal(v)
    asked, fresh = (natural(Real[v, n], Real[n, v], under=under) for _ in range(2))
    assert asked.maps.count == 2
    assert asked.at(n=3) == fresh.at(n=3) == asked.maps.at({"n": 3, "v": 3})
