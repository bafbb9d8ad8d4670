"""The category of diagrams acts by matrices; diagrams are equivariant; sizes transfer."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from categorical.diagrams import (
    Diagram,
    Diagrams,
    Factor,
    Port,
    image,
    layer,
    pair_diagrams,
    partition_diagrams,
)
from categorical.errors import SpecError
from categorical.semantics import FieldAlgebra, FloatAlgebra

FLOATS = FloatAlgebra()


def tensors(diagrams: Diagrams, n: int) -> list[np.ndarray]:
    """Every diagram as a matrix of integers."""
    basis = diagrams.at(n, every=True)
    return [basis.tensor(i) for i in range(basis.count)]


# --- composition -------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("make", [partition_diagrams, pair_diagrams], ids=["partition", "brauer"])
def test_composition_of_diagrams_is_composition_of_matrices(make, n: int):
    for k, m, l in ((1, 1, 1), (2, 2, 2), (1, 2, 1), (2, 0, 2), (0, 2, 1), (1, 3, 1)):
        first, second = make(k, m, scale="sum"), make(m, l, scale="sum")
        both = make(k, l, scale="sum")
        names = {d: i for i, d in enumerate(both.diagrams)}
        matrices = tensors(both, n)
        for (f, a), (g, b) in product(
            zip(first.diagrams, tensors(first, n)), zip(second.diagrams, tensors(second, n))
        ):
            found, closed = g.after(f)
            assert np.array_equal(b @ a, n ** len(closed) * matrices[names[found]])


def test_composition_is_associative_with_units():
    every = partition_diagrams(2, 2).diagrams
    one = Diagram.identity(2)
    for f, g, h in product(every[::2], every[::3], every[::2]):
        (gf, a), (hg, b) = g.after(f), h.after(g)
        left, right = h.after(gf), hg.after(f)
        assert left[0] == right[0]
        assert len(left[1]) + len(a) == len(right[1]) + len(b)
        assert one.after(f) == (f, ()) == f.after(one)


def test_tensor_product_and_transpose():
    n = 2
    a, b = partition_diagrams(1, 2, scale="sum"), partition_diagrams(2, 1, scale="sum")
    both = partition_diagrams(3, 3, scale="sum")
    names = {d: i for i, d in enumerate(both.diagrams)}
    flat = both.at(n, every=True)
    for (f, x), (g, y) in product(zip(a.diagrams, tensors(a, n)), zip(b.diagrams, tensors(b, n))):
        assert np.array_equal(flat.tensor(names[f.beside(g)]), np.kron(x, y))
    for f, x in zip(a.diagrams, tensors(a, n)):
        number = b.diagrams.index(f.T)
        assert np.array_equal(tensors(b, n)[number], x.T)


def test_pieces_of_different_lengths_do_not_compose():
    with pytest.raises(SpecError, match="CM001"):
        Diagram.identity(2).after(Diagram.identity(1))
    with pytest.raises(SpecError, match="CM044"):
        Diagram(1, 1, (), ((0, 1),)).after(Diagram.identity(1))


# --- meaning -----------------------------------------------------------------------------------

SETS, SPACE = Factor("partition", "n"), Factor("brauer", "v")
CASES = [
    (partition_diagrams(2, 2), (3,)),
    (partition_diagrams(2, 2, scale="sum"), (3,)),
    (partition_diagrams(0, 2), (3,)),
    (partition_diagrams(2, 0), (3,)),
    (partition_diagrams(1, 3), (2,)),
    (pair_diagrams(2, 2), (3,)),
    (pair_diagrams(0, 2), (3,)),
    (pair_diagrams(2, 2, "metric", signs=(1, -1, -1)), (3,)),
    (pair_diagrams(1, 3, "symplectic"), (4,)),
    (pair_diagrams(1, 3, "symplectic"), (2,)),
    (pair_diagrams(2, 1, "brauer+epsilon", size=3), (3,)),
    (pair_diagrams(0, 3, "brauer+epsilon", size=3), (3,)),
    (pair_diagrams(2, 2, "metric+epsilon", signs=(1, -1, -1, -1)), (4,)),
    (Diagrams((Factor("walled"),), (Port(0), Port(0, True)), (Port(0, True), Port(0))), (3,)),
    (Diagrams((Factor("metric", signs=(1, -1)),), (0, Port(0, True)), (Port(0, True),) * 2), (2,)),
    (Diagrams((Factor("symplectic"),), (Port(0), Port(0, True)), (Port(0, True),) * 2), (4,)),
    (Diagrams((SETS, SPACE), (0, 1), (1, 0, 0)), (2, 3)),
    (Diagrams((SETS, SPACE), (0, 1, 1), (0,)), (2, 3)),
    (Diagrams((SETS, SPACE), (0, 1, 1, 0, 0), (0,)), (2, 3)),
]


@pytest.mark.parametrize(("diagrams", "sizes"), CASES, ids=lambda c: str(c))
def test_the_image_is_the_tensor_times_the_array(diagrams: Diagrams, sizes: tuple[int, ...]):
    rng = np.random.default_rng(1)
    shape = [sizes[p.factor] for p in diagrams.sources]
    x = rng.integers(-5, 6, (2, *shape)).astype(float)
    basis = diagrams.at(sizes, every=True)
    inside, outside = range(len(diagrams.sources)), range(len(diagrams.targets))
    for number in range(diagrams.count):
        dense = basis.tensor(number).astype(float)
        got = image(diagrams, FLOATS, number, [x], [("b", *inside)], ("b", *outside), sizes)
        assert got.shape == (2, *(sizes[p.factor] for p in diagrams.targets))
        assert np.allclose(got.reshape(2, -1), x.reshape(2, -1) @ dense.T)


def test_two_inputs_and_channels():
    rng = np.random.default_rng(2)
    diagrams, n = partition_diagrams(3, 2), 3
    x, y = rng.normal(size=(4, n, 5, n)), rng.normal(size=(n, 4, 2))
    w = rng.normal(size=(diagrams.count, 3, 5, 2))
    got = layer(
        diagrams, FLOATS, w, ("o", "c", "k"), [x, y], [("b", 1, "c", 0), (2, "b", "k")],
        (1, "o", 0, "b"), n,
    )  # fmt: skip
    basis = diagrams.at(n, every=True, split=(2, 1))
    dense = np.stack([basis.tensor(i) for i in range(basis.count)]).astype(float)
    dense = dense.reshape(-1, n, n, n, n, n)
    assert np.allclose(got, np.einsum("duvijk,docq,bjci,kbq->voub", dense, w, x, y))


def test_the_meaning_in_a_prime_field_is_exact():
    rng = np.random.default_rng(3)
    diagrams, n, algebra = partition_diagrams(2, 2), 3, FieldAlgebra(2**31 - 1)
    x = rng.integers(0, 9, (n, n))
    for number, one in enumerate(diagrams.diagrams):
        got = image(diagrams, algebra, number, [algebra.constant(x)], [(0, 1)], (0, 1), n)
        dense = partition_diagrams(2, 2, scale="sum").at(n, every=True).tensor(number)
        terms = n ** len(one.summed)
        back = algebra.export(algebra.mul(got, algebra.constant(terms)))
        assert np.array_equal(back.ravel(), dense @ x.ravel())


# --- equivariance ------------------------------------------------------------------------------


def rational_boost() -> np.ndarray:
    """A boost, a rotation and both reflections of Minkowski space, with exact entries."""
    boost = np.array([[Fraction(0)] * 4 for _ in range(4)], dtype=object)
    for i in range(4):
        boost[i, i] = Fraction(1)
    boost[0, 0] = boost[1, 1] = Fraction(5, 4)
    boost[0, 1] = boost[1, 0] = Fraction(3, 4)
    turn = boost * 0
    turn[0, 0] = turn[3, 3] = Fraction(1)
    turn[1, 1] = turn[2, 2] = Fraction(3, 5)
    turn[1, 2], turn[2, 1] = Fraction(-4, 5), Fraction(4, 5)
    return boost.dot(turn)


def moved(tensor: np.ndarray, g: np.ndarray, upper: list[bool]) -> np.ndarray:
    """The tensor acted on: g on upper indices, the inverse transpose on lower ones."""
    inverse = np.array(np.linalg.inv(g.astype(float)))
    for axis, up in enumerate(upper):
        matrix = g.astype(float) if up else inverse.T
        tensor = np.moveaxis(np.tensordot(matrix, tensor, (1, axis)), 0, axis)
    return tensor


SHEAR = np.array([[1, 2, 0], [0, 1, 0], [1, 0, 1]])
SYMPLECTIC = np.array([[1, 0, 2, 1], [0, 1, 1, 3], [0, 0, 1, 0], [0, 0, 0, 1]])
ROTATION = np.array([[2, -1, 2], [2, 2, -1], [-1, 2, 2]]) / 3
V, DUAL = Port(0), Port(0, True)
LORENTZ = Factor("metric", "v", signs=(1, -1, -1, -1))
PROPER = Factor("metric+epsilon", "v", signs=(1, -1, -1, -1))


@pytest.mark.parametrize(
    ("diagrams", "g"),
    [
        (partition_diagrams(2, 2), np.eye(3)[[1, 2, 0]]),
        (pair_diagrams(2, 2), ROTATION),
        (pair_diagrams(2, 2), -ROTATION),
        (pair_diagrams(1, 2, "brauer+epsilon", size=3), ROTATION),
        (pair_diagrams(2, 2, "metric", signs=(1, -1, -1, -1)), rational_boost()),
        (pair_diagrams(2, 2, "metric", signs=(1, -1, -1, -1)), -rational_boost()),
        (pair_diagrams(2, 2, "metric+epsilon", signs=(1, -1, -1, -1)), rational_boost()),
        (pair_diagrams(1, 3, "metric+epsilon", signs=(1, -1, -1, -1)), rational_boost()),
        (Diagrams((LORENTZ,), (V, DUAL), (DUAL, V)), rational_boost()),
        (Diagrams((PROPER,), (V, DUAL, V), (DUAL,)), rational_boost()),
        (Diagrams((PROPER,), (DUAL, DUAL), (DUAL, DUAL)), rational_boost()),
        (Diagrams((Factor("symplectic"),), (V, DUAL), (DUAL, V)), SYMPLECTIC),
        (pair_diagrams(2, 2, "symplectic"), SYMPLECTIC),
        (pair_diagrams(1, 3, "symplectic"), SYMPLECTIC.T),
        (Diagrams((Factor("walled"),), (V, DUAL), (DUAL, V)), 2 * SHEAR),
        (Diagrams((Factor("walled+epsilon", size=3),), (V, DUAL), (DUAL,) * 3), SHEAR),
        (Diagrams((Factor("walled+epsilon", size=3),), (DUAL, DUAL), (V,)), SHEAR),
    ],
    ids=str,
)
def test_every_diagram_is_equivariant(diagrams: Diagrams, g: np.ndarray):
    n = len(g)
    upper = [(p >= len(diagrams.targets)) == port.dual for p, port in enumerate(diagrams.ports)]
    basis = diagrams.at(n, every=True)
    assert diagrams.count
    for number in range(diagrams.count):
        tensor = basis.tensor(number).astype(float).reshape((n,) * len(upper))
        assert np.allclose(moved(tensor, g, upper), tensor)


def test_a_reflection_tells_the_levi_civita_symbol_apart():
    diagrams = pair_diagrams(1, 2, "brauer+epsilon", size=3)
    tensor = diagrams.at(3).tensor(0).astype(float).reshape(3, 3, 3)
    assert not np.allclose(moved(tensor, -ROTATION, [True, False, False]), tensor)


# --- one weight at every size ------------------------------------------------------------------


def result(diagrams: Diagrams, number: int, x: np.ndarray, n: int) -> np.ndarray:
    inside, outside = range(len(diagrams.sources)), range(len(diagrams.targets))
    return image(diagrams, FLOATS, number, [x], [tuple(inside)], tuple(outside), n)


def pulled(x: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Reindexing all axes along a map of index sets."""
    return x[np.ix_(*[along] * x.ndim)]


SHAPES = [(0, 1), (1, 0), (1, 1), (2, 1), (1, 2), (2, 2), (3, 2)]


@pytest.mark.parametrize(("k", "l"), SHAPES)
def test_means_do_not_see_that_a_set_is_duplicated(k: int, l: int):
    """Let every index be repeated m times.  Then (1) D(repeated x), read at one copy of each index,
    is D(x), for every diagram; (2) D(repeated x) is D(x) repeated, exactly for the diagrams no
    block of which holds two targets (a diagonal does not stay one when indices are repeated)."""
    n, m, diagrams = 3, 2, partition_diagrams(k, l)
    x = np.random.default_rng(4).normal(size=(n,) * k)
    repeat, copy = np.repeat(np.arange(n), m), np.arange(n) * m
    for number, one in enumerate(diagrams.diagrams):
        small = result(diagrams, number, x, n)
        large = result(diagrams, number, pulled(x, repeat), n * m)
        assert np.allclose(pulled(large, copy), small)
        doubled = any(sum(p < l for p in block) > 1 for block in one.blocks)
        assert np.allclose(large, pulled(small, repeat)) != doubled


@pytest.mark.parametrize(("k", "l"), SHAPES)
def test_sums_do_not_see_that_an_array_is_padded(k: int, l: int):
    """Pad with zeros.  Then (1) D(padded x), restricted, is D(x), for every diagram; (2) D(padded
    x) is D(x) padded, exactly for the diagrams that spread nothing.  With means neither holds for a
    diagram that sums."""
    n, more, diagrams = 3, 2, partition_diagrams(k, l, scale="sum")
    x = np.random.default_rng(5).normal(size=(n,) * k)
    wide = np.pad(x, [(0, more)] * k) if k else x
    for number, one in enumerate(diagrams.diagrams):
        small = result(diagrams, number, x, n)
        large = result(diagrams, number, wide, n + more)
        assert np.allclose(pulled(large, np.arange(n)), small)
        padded = np.pad(small, [(0, more)] * l) if l else small
        assert np.allclose(large, padded) == (not one.spread)
        mean = result(partition_diagrams(k, l), number, wide, n + more)
        fair = result(partition_diagrams(k, l), number, x, n)
        assert np.allclose(pulled(mean, np.arange(n)), fair) == (not one.summed)
