"""Two layers of diagrams are one: exact tensors, and weights."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from categorical.diagrams import Diagrams, Factor, Port, layer, pair_diagrams, partition_diagrams
from categorical.diagrams.composition import composed, weights
from categorical.errors import SpecError
from categorical.semantics import FloatAlgebra

SETS, FORM, WALL = Factor("partition"), Factor("symplectic", "v"), Factor("walled", "w")
METRIC = Factor("metric", "v", signs=(1, -1, -1))
V, DUAL = Port(0), Port(0, True)


@pytest.mark.parametrize(
    ("second", "first", "sizes"),
    [
        (partition_diagrams(2, 2), partition_diagrams(2, 2), (3,)),
        (partition_diagrams(2, 1, scale="sum"), partition_diagrams(1, 2, scale="sum"), (3,)),
        (partition_diagrams(2, 0), partition_diagrams(1, 2), (2,)),
        (pair_diagrams(2, 2), pair_diagrams(2, 2), (3,)),
        (pair_diagrams(2, 2, "symplectic"), pair_diagrams(2, 2, "symplectic"), (2,)),
        (pair_diagrams(3, 1, "symplectic"), pair_diagrams(1, 3, "symplectic"), (4,)),
        (pair_diagrams(4, 2, "symplectic"), pair_diagrams(2, 4, "symplectic"), (2,)),
        (pair_diagrams(4, 0, "symplectic"), pair_diagrams(0, 4, "symplectic"), (2,)),
        (Diagrams((FORM,), (V, DUAL), (DUAL, DUAL)), Diagrams((FORM,), (DUAL, DUAL), (V, V)), (2,)),
        (Diagrams((METRIC,), (V, V), (DUAL, V)), Diagrams((METRIC,), (DUAL, V), (V, DUAL)), (3,)),
        (Diagrams((WALL,), (V, DUAL), (V, DUAL)), Diagrams((WALL,), (V, DUAL), (DUAL, V)), (3,)),
        (Diagrams((SETS, FORM), (0, 1), (1, 0)), Diagrams((SETS, FORM), (1, 0), (0, 1)), (3, 2)),
    ],
    ids=str,
)
def test_the_tensor_of_the_composite(second: Diagrams, first: Diagrams, sizes):
    both, terms = composed(second, first)
    a, b, c = (one.at(sizes, every=True) for one in (second, first, both))
    assert len(terms) == second.count * first.count > 0
    for t in terms:
        factor = Fraction(t.sign)
        for n, power in zip(sizes, t.powers):
            factor *= Fraction(n) ** power
        product = a.tensor(t.second).astype(object) @ b.tensor(t.first).astype(object)
        assert np.array_equal(product, c.tensor(t.number).astype(object) * factor)


def test_two_layers_are_one():
    rng = np.random.default_rng(0)
    first, second, n = partition_diagrams(1, 2), partition_diagrams(2, 2), 4
    before = rng.normal(size=(first.count, 3, 2))
    after = rng.normal(size=(second.count, 5, 3))
    x = rng.normal(size=(7, n, 2))
    names, floats = ("o", "c"), FloatAlgebra()
    y = layer(first, floats, before, names, [x], [("b", 0, "c")], ("b", 0, 1, "o"), n)
    y = layer(second, floats, after, names, [y], [("b", 0, 1, "c")], ("b", 0, 1, "o"), n)
    one = weights(second, first, after, before, n)
    both = composed(second, first)[0]
    z = layer(both, floats, one, names, [x], [("b", 0, "c")], ("b", 0, 1, "o"), n)
    assert np.allclose(y, z)
    other = weights(second, first, after[::-1], before, n)
    w = layer(both, floats, other, names, [x], [("b", 0, "c")], ("b", 0, 1, "o"), n)
    assert not np.allclose(y, w)


@pytest.mark.parametrize(
    ("second", "first", "code"),
    [
        (partition_diagrams(1, 1), partition_diagrams(1, 1, scale="sum"), "CM001"),
        (partition_diagrams(1, 1), partition_diagrams(1, 1, "m"), "CM001"),
        (
            pair_diagrams(1, 2, "brauer+epsilon", size=3),
            pair_diagrams(2, 1, "brauer+epsilon", size=3),
            "CM044",
        ),
    ],
)
def test_what_does_not_compose(second: Diagrams, first: Diagrams, code: str):
    with pytest.raises(SpecError) as raised:
        composed(second, first)
    assert raised.value.code == code
