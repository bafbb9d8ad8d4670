"""Dual numbers against central finite differences, and PyTorch's conventions at kinks."""

import numpy as np
import pytest
import torch

from categorical.semantics import FUNCTIONS, Dual, DualAlgebra, FloatAlgebra
from categorical.semantics.duals import SLOPES

FLOATS, DUALS = FloatAlgebra(), DualAlgebra()
POSITIVE = {"log", "log1p", "sqrt", "rsqrt", "reciprocal"}


def jvp_error(f, duals, *shapes, seed=0, positive=False, duals_f=None):
    """How far the tangent of `f` is from a central difference, relative to its size."""
    rng = np.random.default_rng(seed)
    values = [rng.standard_normal(shape) for shape in shapes]
    if positive:
        values = [np.abs(v) + 0.2 for v in values]
    tangents = [rng.standard_normal(shape) for shape in shapes]
    result = (duals_f or f)(duals, *(Dual(v, t) for v, t in zip(values, tangents)))
    h = 1e-5
    ahead = f(FLOATS, *(v + h * t for v, t in zip(values, tangents)))
    behind = f(FLOATS, *(v - h * t for v, t in zip(values, tangents)))
    here = f(FLOATS, *values)
    assert FLOATS.equal_arrays(result.value, here)
    expected = (ahead - behind) / (2 * h)
    return float(np.max(np.abs(result.tangent - expected)) / max(1.0, np.max(np.abs(expected))))


INDEX = np.array([0, 2, 2, 0, 3])
MASK = np.array([True, False, True, True])

OPERATIONS = {
    "add": (lambda a, x, y: a.add(x, y), (3, 4), (4,)),
    "sub": (lambda a, x, y: a.sub(x, y), (3, 1), (3, 4)),
    "neg": (lambda a, x: a.neg(x), (3,)),
    "mul": (lambda a, x, y: a.mul(x, y), (3, 4), (4,)),
    "div": (lambda a, x, y: a.div(x, a.add(a.constant(2), a.mul(y, y))), (3, 4), (4,)),
    "power 3": (lambda a, x: a.power_int(x, 3), (5,)),
    "power 0": (lambda a, x: a.power_int(x, 0), (5,)),
    "power -2": (lambda a, x: a.power_int(a.apply("exp", x), -2), (5,)),
    "matmul": (lambda a, x, y: a.einsum("ij,jk->ik", x, y), (2, 3), (3, 4)),
    "trace": (lambda a, x: a.einsum("ii->", x), (3, 3)),
    "three": (lambda a, x, y, z: a.einsum("ij,jk,ki->i", x, y, z), (2, 3), (3, 4), (4, 2)),
    "same twice": (lambda a, x: a.einsum("ij,kj->ik", x, x), (2, 3)),
    "sum": (lambda a, x: a.sum(x, (0, 2)), (2, 3, 4)),
    "transpose": (lambda a, x: a.structural(x, np.transpose), (2, 3)),
    "pad": (lambda a, x: a.structural(x, lambda v: np.pad(v, 1)), (2, 3)),
    "concatenate": (lambda a, x, y: a.structural_n([x, y], np.concatenate), (2, 3), (1, 3)),
    "segment_sum": (lambda a, x: a.segment_sum(x, INDEX, 5, 1), (2, 5)),
    "segment_max": (lambda a, x: a.segment_max(x, INDEX, 5, 0, empty=4), (5, 3)),
    "gather": (lambda a, x: a.gather(x, INDEX, 0), (4, 3)),
    "max": (lambda a, x: a.max(x, 1), (3, 4)),
    "max masked": (lambda a, x: a.max(x, (0, 1), where=MASK), (3, 4)),
    "min": (lambda a, x: a.min(x, 0), (3, 4)),
    "maximum": (lambda a, x, y: a.maximum(x, y), (3, 4), (4,)),
    "minimum": (lambda a, x, y: a.minimum(x, y), (3, 4), (3, 1)),
    "where": (lambda a, x, y: a.where(a.less(x, y), a.mul(x, x), y), (9,), (9,)),
    "softmax": (lambda a, x: a.softmax(x, 1), (3, 4)),
    "softmax masked": (lambda a, x: a.softmax(x, (0, 1), where=MASK), (3, 4)),
    "logsumexp": (lambda a, x: a.logsumexp(x, 0), (3, 4)),
    "logsumexp masked": (lambda a, x: a.logsumexp(x, 1, where=MASK), (3, 4)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_against_finite_differences(name):
    f, *shapes = OPERATIONS[name]
    for seed in range(3):
        assert jvp_error(f, DUALS, *shapes, seed=seed) < 1e-8


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_against_finite_differences(name):
    for seed in range(3):
        error = jvp_error(
            lambda a, x: a.apply(name, x), DUALS, (40,), seed=seed, positive=name in POSITIVE
        )
        assert error < 1e-7


@pytest.mark.parametrize(
    ("name", "params"), [("leaky_relu", {"slope": 0.3}), ("elu", {"alpha": 2})]
)
def test_functions_with_parameters(name, params):
    assert jvp_error(lambda a, x: a.apply(name, x, **params), DUALS, (40,)) < 1e-8


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"identity", "sign"}))
def test_the_comparison_notices_a_wrong_slope(name, monkeypatch):
    """The broken twin of every function: a slope that is off by one part in a thousand."""
    right = SLOPES[name]
    monkeypatch.setitem(SLOPES, name, lambda x, y, p: right(x, y, p) * 1.001)
    error = jvp_error(lambda a, x: a.apply(name, x), DUALS, (40,), positive=name in POSITIVE)
    assert error > 1e-6


def test_the_comparison_notices_a_missing_term():
    """The broken twin of the product rule."""
    f = lambda a, x: a.einsum("ij,kj->ik", x, x)  # noqa: E731
    broken = lambda a, x: a.einsum("ij,kj->ik", x, a.constant(x.value))  # noqa: E731
    assert jvp_error(f, DUALS, (2, 3), duals_f=broken) > 1e-2


def slopes_at(name, points, **params):
    v = Dual(np.array(points), np.ones(len(points)))
    return DUALS.apply(name, v, **params).tangent.tolist()


KINKS = [
    ("relu", [0.0, -0.0], {}, [0.0, 0.0], torch.relu),
    ("abs", [0.0, -0.0], {}, [0.0, 0.0], torch.abs),
    ("sign", [0.0, 2.0], {}, [0.0, 0.0], torch.sign),
    ("leaky_relu", [0.0], {"slope": 0.1}, [0.1], lambda t: torch.nn.functional.leaky_relu(t, 0.1)),
    ("elu", [0.0], {"alpha": 2.0}, [2.0], lambda t: torch.nn.functional.elu(t, 2.0)),
    ("hard_tanh", [-1.0, 1.0], {}, [0.0, 0.0], torch.nn.functional.hardtanh),
    ("relu6", [0.0, 6.0], {}, [0.0, 0.0], torch.nn.functional.relu6),
    ("softsign", [0.0], {}, [1.0], torch.nn.functional.softsign),
    ("sqrt", [0.0], {}, [np.inf], torch.sqrt),
]


@pytest.mark.parametrize("case", KINKS, ids=[case[0] for case in KINKS])
def test_kinks_are_torch_kinks(case):
    name, points, params, expected, reference = case
    assert slopes_at(name, points, **params) == expected
    leaf = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    reference(leaf).sum().backward()
    assert leaf.grad.tolist() == expected


def test_ties_are_split_evenly_as_amax_does():
    values = [2.0, 2.0, 1.0]
    for k in range(3):
        v = Dual(np.array(values), np.eye(3)[k])
        leaf = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        leaf.amax().backward()
        assert float(DUALS.max(v, 0).tangent) == leaf.grad[k] == [0.5, 0.5, 0.0][k]
        assert float(DUALS.max(v, 0, where=np.array([True, False, True])).tangent) == [1, 0, 0][k]
        segments = DUALS.segment_max(v, np.array([1, 1, 1]), 2, 0)
        assert segments.tangent.tolist() == [0.0, [0.5, 0.5, 0.0][k]]


def test_maximum_halves_a_tie():
    a, b = np.array([1.0, 1.0, 1.0]), np.array([0.0, 1.0, 2.0])
    first = DUALS.maximum(Dual(a, np.ones(3)), DUALS.constant(b)).tangent
    second = DUALS.maximum(DUALS.constant(a), Dual(b, np.ones(3))).tangent
    assert first.tolist() == [1.0, 0.5, 0.0] and second.tolist() == [0.0, 0.5, 1.0]
    x, y = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (a, b))
    torch.maximum(x, y).sum().backward()
    assert x.grad.tolist() == first.tolist() and y.grad.tolist() == second.tolist()


def test_relu_difference_has_the_value_of_the_identity_but_not_its_slope_at_zero():
    x = Dual(np.zeros(1), np.ones(1))
    y = DUALS.sub(DUALS.apply("relu", x), DUALS.apply("relu", DUALS.neg(x)))
    assert y.value.tolist() == [0.0] and y.tangent.tolist() == [0.0]
    assert not DUALS.equal_arrays(x, y)


def test_infinities_behind_a_mask_do_not_leak():
    v = Dual(np.array([1.0, 5.0]), np.array([1.0, np.nan]))
    assert DUALS.max(v, 0, where=np.array([True, False])).tangent == 1.0
    left = DUALS.constant(np.array([2.0]))
    assert DUALS.maximum(left, Dual(np.array([1.0]), np.array([np.inf]))).tangent.tolist() == [0.0]


def test_plain_wires_pass_through():
    flags = np.array([[True, False]])
    assert DUALS.structural(flags, np.transpose).tolist() == [[True], [False]]
    assert DUALS.structural_n([flags, flags], np.concatenate).shape == (2, 2)
    assert DUALS.gather(np.array([5, 6]), np.array([1, 1]), 0).tolist() == [6, 6]
    chosen = DUALS.where(np.array([True, False]), np.array([1, 2]), np.array([3, 4]))
    assert chosen.tolist() == [1, 4]
    assert DUALS.equal_arrays(flags, flags) and not DUALS.equal_arrays(flags, ~flags)


def test_random_has_a_tangent_and_constants_do_not():
    rng = np.random.default_rng(0)
    v = DUALS.random((3, 4), rng)
    assert isinstance(v, Dual) and np.all(v.tangent != 0)
    assert not DUALS.constant(np.ones(3)).tangent.any()
    assert DUALS.random((3,), rng, "fin", values_size=2).dtype == np.int64


def test_results_with_different_tangents_differ():
    a = Dual(np.ones(2), np.array([1.0, 2.0]))
    assert DUALS.equal_arrays(a, Dual(np.ones(2), np.array([1.0, 2.0])))
    assert not DUALS.equal_arrays(a, Dual(np.ones(2), np.array([1.0, 2.1])))
    assert not DUALS.equal_arrays(a, Dual(np.ones(1), np.ones(1)))


def test_a_tangent_has_the_shape_of_its_value():
    with pytest.raises(ValueError, match="shape of its value"):
        Dual(np.zeros((2, 1)), np.zeros(2))
