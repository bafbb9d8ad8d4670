"""The float meaning: reference values, stability, reductions, comparison of results."""

import math
from fractions import Fraction

import numpy as np
import pytest

from categorical.semantics import FUNCTIONS, FloatAlgebra
from categorical.semantics.floats import FORMULAS

ALGEBRA = FloatAlgebra()

#: Textbook definitions, scalar and naive: right wherever nothing overflows.
DEFINITIONS = {
    "abs": abs,
    "cos": math.cos,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "erf": math.erf,
    "exp": math.exp,
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: (
        0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    ),
    "hard_tanh": lambda x: max(-1.0, min(1.0, x)),
    "identity": lambda x: x,
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "log": math.log,
    "log1p": lambda x: math.log(1 + x),
    "logsigmoid": lambda x: math.log(1 / (1 + math.exp(-x))),
    "mish": lambda x: x * math.tanh(math.log(1 + math.exp(x))),
    "reciprocal": lambda x: 1 / x,
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "rsqrt": lambda x: 1 / math.sqrt(x),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "sign": lambda x: (x > 0) - (x < 0),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "sin": math.sin,
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "sqrt": math.sqrt,
    "square": lambda x: x * x,
    "tanh": math.tanh,
}
POSITIVE = {"log", "log1p", "sqrt", "rsqrt"}


def test_every_function_is_defined():
    assert set(FORMULAS) == set(FUNCTIONS) == set(DEFINITIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_definitions(name):
    points = [0.1, 0.5, 1.0, 2.5, 7.0]
    if name not in POSITIVE:
        points += [-x for x in points]
    expected = [DEFINITIONS[name](x) for x in points]
    result = ALGEBRA.apply(name, np.array(points))
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-15)


def test_functions_with_parameters():
    x = np.array([-2.0, 3.0])
    np.testing.assert_allclose(ALGEBRA.apply("leaky_relu", x, slope=0.25), [-0.5, 3.0])
    np.testing.assert_allclose(ALGEBRA.apply("elu", x, alpha=2.0), [2 * math.expm1(-2.0), 3.0])
    with pytest.raises(ValueError, match="no parameter 'slop'"):
        ALGEBRA.apply("leaky_relu", x, slop=0.25)
    with pytest.raises(ValueError, match="no pointwise function is called 'relu7'"):
        ALGEBRA.apply("relu7", x)


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("sigmoid", -1000.0, 0.0),
        ("sigmoid", 1000.0, 1.0),
        ("softplus", 1000.0, 1000.0),
        ("softplus", -40.0, math.exp(-40)),
        ("logsigmoid", -1000.0, -1000.0),
        ("silu", -1000.0, 0.0),
        ("mish", 1000.0, 1000.0),
        ("elu", 1000.0, 1000.0),
        ("elu", -1e-12, -1e-12),
        ("gelu", 100.0, 100.0),
        ("gelu", -10.0, -10 * math.erfc(10 / math.sqrt(2)) / 2),
        ("log1p", 1e-15, 1e-15),
        ("gelu_tanh", -100.0, 0.0),
    ],
)
def test_stable_in_the_tails(name, x, expected):
    result = float(ALGEBRA.apply(name, np.array(x)))
    assert result == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_constants():
    assert ALGEBRA.constant(Fraction(1, 4)) == 0.25
    assert ALGEBRA.constant(3).dtype == np.float64
    assert ALGEBRA.constant(np.array([True, False])).tolist() == [1.0, 0.0]
    assert ALGEBRA.constant(1j).dtype == np.complex128
    exact = np.array([[Fraction(1, 2)], [Fraction(3)]], dtype=object)
    assert ALGEBRA.constant(exact).tolist() == [[0.5], [3.0]]
    assert ALGEBRA.zeros((2, 0)).shape == (2, 0)


def test_complex_values_stay_complex():
    rng = np.random.default_rng(0)
    x, y = (ALGEBRA.random((2, 2), rng, "complex") for _ in range(2))
    assert ALGEBRA.einsum("ij,jk->ik", x, y).dtype == np.complex128
    np.testing.assert_allclose(ALGEBRA.einsum("ij,jk->ik", x, y), x @ y)


def test_random_kinds():
    rng = np.random.default_rng(0)
    assert ALGEBRA.random((50,), rng, "bool").dtype == np.bool_
    indices = ALGEBRA.random((50,), rng, "fin", values_size=3)
    assert indices.dtype == np.int64 and set(indices.tolist()) == {0, 1, 2}
    assert np.std(ALGEBRA.random((4000,), rng, scale=100.0)) > 50
    with pytest.raises(ValueError, match="size of its finite set"):
        ALGEBRA.random((2,), rng, "fin")
    with pytest.raises(ValueError, match="no wire has kind 'text'"):
        ALGEBRA.random((2,), rng, "text")


def test_segments():
    v = np.array([[1.0, 2.0], [3.0, -4.0], [5.0, 6.0]])
    index = np.array([2, 0, 2])
    sums = ALGEBRA.segment_sum(v, index, 3, 0)
    assert sums.tolist() == [[3.0, -4.0], [0.0, 0.0], [6.0, 8.0]]
    largest = ALGEBRA.segment_max(v, index, 3, 0, empty=-7)
    assert largest.tolist() == [[3.0, -4.0], [-7.0, -7.0], [5.0, 6.0]]
    assert ALGEBRA.segment_sum(v.T, index, 3, 1).tolist() == sums.T.tolist()
    assert ALGEBRA.segment_max(v.T, index, 3, -1, empty=-7).tolist() == largest.T.tolist()
    assert ALGEBRA.segment_sum(v[:0], index[:0], 2, 0).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(ValueError, match="segment index of shape"):
        ALGEBRA.segment_sum(v, index, 3, 1)
    with pytest.raises(ValueError, match=r"outside 0\.\.1"):
        ALGEBRA.segment_sum(v, index, 2, 0)
    with pytest.raises(ValueError, match=r"outside 0\.\.2"):
        ALGEBRA.segment_max(v, np.array([0, -1, 1]), 3, 0)


def test_extrema():
    v = np.array([[3.0, 1.0, 2.0], [-1.0, -5.0, -3.0]])
    assert ALGEBRA.max(v, 1).tolist() == [3.0, -1.0]
    assert ALGEBRA.min(v, (0, 1)) == -5.0
    assert ALGEBRA.max(v, 1, where=np.array([False, True, True])).tolist() == [2.0, -3.0]
    assert ALGEBRA.max(v, 1, where=np.zeros(3, dtype=bool)).tolist() == [-np.inf, -np.inf]
    assert ALGEBRA.argmax(v, 1).tolist() == [0, 0]
    assert ALGEBRA.minimum(v, np.array(0.0)).tolist() == [[0.0] * 3, [-1.0, -5.0, -3.0]]
    with pytest.raises(ValueError, match="axis 2 of an array with 2 axes"):
        ALGEBRA.max(v, 2)
    with pytest.raises(ValueError, match="named twice"):
        ALGEBRA.sum(v, (1, -1))


def test_softmax_and_logsumexp():
    v = np.array([[0.0, math.log(3.0)], [1000.0, 1000.0]])
    np.testing.assert_allclose(ALGEBRA.softmax(v, 1), [[0.25, 0.75], [0.5, 0.5]])
    np.testing.assert_allclose(ALGEBRA.logsumexp(v, 1), [math.log(4), 1000 + math.log(2)])
    mask = np.array([[True, False], [False, False]])
    assert ALGEBRA.softmax(v, 1, where=mask).tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert ALGEBRA.logsumexp(v, 1, where=mask).tolist() == [0.0, 0.0]
    hidden = np.array([1.0, np.inf, np.nan])
    assert ALGEBRA.softmax(hidden, 0, where=np.array([True, False, False])).tolist() == [1, 0, 0]


def test_power_and_division():
    v = np.array([2.0, -3.0])
    assert ALGEBRA.power_int(v, 5).tolist() == [32.0, -243.0]
    assert ALGEBRA.power_int(v, 0).tolist() == [1.0, 1.0]
    assert ALGEBRA.power_int(v, -2).tolist() == [0.25, pytest.approx(1 / 9)]
    assert ALGEBRA.div(v, np.array([4.0, 0.0])).tolist() == [0.5, -np.inf]


def test_gather_puts_the_index_axes_in_place():
    v = np.arange(24.0).reshape(2, 3, 4)
    index = np.array([[2, 0], [1, 1]])
    result = ALGEBRA.gather(v, index, 1)
    assert result.shape == (2, 2, 2, 4)
    assert np.array_equal(result[1, 0, 1], v[1, 0])


def test_agreement_is_relative_to_the_output():
    big, small = np.array([1e6, 1.0]), np.array([1e6, 1.0 + 1e-6])
    assert ALGEBRA.equal_arrays(big, small)
    assert ALGEBRA.difference(np.array([np.nan, 4.0]), np.array([4.0, 2.0])).tolist() == [
        np.inf,
        0.5,
    ]
    assert not ALGEBRA.equal_arrays(np.array([1.0]), np.array([1.0 + 1e-6]))
    assert not ALGEBRA.equal_arrays(np.array([1e-30]), np.array([2e-30]))
    assert not ALGEBRA.equal_arrays(np.array([np.nan]), np.array([np.nan]))
    assert ALGEBRA.equal_arrays(np.array([np.inf, 1.0]), np.array([np.inf, 1.0]))
    assert not ALGEBRA.equal_arrays(np.array([np.inf, 1.0]), np.array([np.inf, 2.0]))
    assert not ALGEBRA.equal_arrays(np.array([np.inf]), np.array([-np.inf]))
    assert not ALGEBRA.equal_arrays(np.zeros(2), np.zeros(3))
    assert ALGEBRA.equal_arrays(np.array([True]), np.array([True]))
    assert not ALGEBRA.equal_arrays(np.array([1, 2]), np.array([1, 3]))
    with pytest.raises(ValueError, match="different shapes"):
        ALGEBRA.difference(np.zeros(2), np.zeros(3))
