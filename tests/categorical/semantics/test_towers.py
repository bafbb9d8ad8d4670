"""Towers: exp and rotations are homomorphisms, everything else is as in one prime field."""

from itertools import pairwise

import numpy as np
import pytest

from categorical.semantics import FUNCTIONS, FieldAlgebra
from categorical.semantics.modular import is_prime
from categorical.semantics.towers import TowerAlgebra, draw_chain


@pytest.fixture(params=[2, 3])
def tower(request):
    return TowerAlgebra(seed=3, levels=request.param)


def sample(algebra, *shape, seed=0):
    return algebra.random(shape, np.random.default_rng(seed))


@pytest.mark.parametrize("levels", [2, 3])
def test_chains(levels):
    chains = {draw_chain(np.random.default_rng(seed), levels) for seed in range(5)}
    assert len(chains) == 5
    for chain in chains:
        assert len(chain) == levels and all(is_prime(p) for p in chain)
        assert 2**28 < chain[0] < 2**31 and chain[-1] > 2**18
        assert all(p % (4 * q) == 1 for p, q in pairwise(chain))
        assert chain[-1] % 4 == 1 and chain[1] < 2**27


def laws(a):
    """Equations that hold for the real functions and need the homomorphism."""
    x, y = sample(a, 3, 4), sample(a, 3, 4, seed=1)
    shift = sample(a, 3, 1, seed=2)
    total = a.add(x, y)
    one, two, half = a.constant(1), a.constant(2), a.constant(0.5)

    def f(name, v):
        return a.apply(name, v)

    cos, sin = (f("cos", x), f("cos", y)), (f("sin", x), f("sin", y))
    tanh = (f("tanh", x), f("tanh", y))
    return {
        "exp of a sum": (f("exp", total), a.mul(f("exp", x), f("exp", y))),
        "exp of a half": (a.power_int(f("exp", a.mul(half, x)), 2), f("exp", x)),
        "exp of zero": (f("exp", a.zeros((2,))), a.ones((2,))),
        "softmax ignores a shift": (a.softmax(a.add(x, shift), 1), a.softmax(x, 1)),
        "softmax of two is sigmoid": (
            a.structural(a.softmax(a.structural_n([x, y], np.stack), 0), lambda v: v[0]),
            f("sigmoid", a.sub(x, y)),
        ),
        "sigmoid mirrors": (f("sigmoid", a.neg(x)), a.sub(one, f("sigmoid", x))),
        "tanh of a sum": (
            f("tanh", total),
            a.div(a.add(*tanh), a.add(one, a.mul(*tanh))),
        ),
        "silu": (f("silu", x), a.mul(x, f("sigmoid", x))),
        "cos of a sum": (f("cos", total), a.sub(a.mul(*cos), a.mul(*sin))),
        "sin of a sum": (
            f("sin", total),
            a.add(a.mul(sin[0], cos[1]), a.mul(cos[0], sin[1])),
        ),
        "cos is even": (f("cos", a.neg(x)), cos[0]),
        "double angle": (f("sin", a.mul(two, x)), a.mul(two, a.mul(sin[0], cos[0]))),
        "circle": (a.add(a.mul(cos[0], cos[0]), a.mul(sin[0], sin[0])), a.ones((3, 4))),
        "Euler": (
            f("exp", a.mul(a.constant(1j), x)),
            a.add(cos[0], a.mul(a.constant(1j), sin[0])),
        ),
        "gelu_tanh splits x": (a.sub(f("gelu_tanh", x), f("gelu_tanh", a.neg(x))), x),
        "relu splits x": (a.sub(f("relu", x), f("relu", a.neg(x))), x),
    }


def test_laws(tower):
    for name, (left, right) in laws(tower).items():
        assert tower.equal_arrays(left, right), name
    assert not tower.used_ordered


def test_one_field_does_not_have_the_homomorphism():
    field = FieldAlgebra(TowerAlgebra(seed=3).primes[0], seed=3)
    sides = laws(field)
    for name in ("exp of a sum", "softmax ignores a shift", "cos of a sum", "tanh of a sum"):
        assert not field.equal_arrays(*sides[name]), name


def test_false_laws_are_refuted(tower):
    a = tower
    x, y = sample(a, 3, 4), sample(a, 3, 4, seed=1)
    shift = sample(a, 3, 1, seed=2)
    false = {
        "softmax sees another scale": (a.softmax(a.mul(shift, x), 1), a.softmax(x, 1)),
        "softmax sees a bias": (a.softmax(a.add(x, y), 1), a.softmax(x, 1)),
        "exp is linear": (a.apply("exp", a.add(x, y)), a.add(a.apply("exp", x), a.apply("exp", y))),
        "exp of a product": (
            a.apply("exp", a.mul(x, y)),
            a.mul(a.apply("exp", x), a.apply("exp", y)),
        ),
        "cos is odd": (a.apply("cos", a.neg(x)), a.neg(a.apply("cos", x))),
        "sin is cos": (a.apply("sin", x), a.apply("cos", x)),
        "tanh is sigmoid": (a.apply("tanh", x), a.apply("sigmoid", x)),
    }
    for name, (left, right) in false.items():
        assert np.all(tower.difference(left, right)), name


def test_rotary_scores_depend_on_relative_positions(tower):
    """⟨R(m) q, R(n) k⟩ for rotations by m ω and n ω is a function of m − n."""
    a = tower
    q, k, omega = sample(a, 2), sample(a, 2, seed=1), sample(a, seed=2)

    def turn(v, position):
        angle = a.mul(a.constant(position), omega)
        c, s = a.apply("cos", angle), a.apply("sin", angle)
        rows = a.structural_n([c, a.neg(s), s, c], lambda vs: np.stack(vs).reshape(2, 2))
        return a.einsum("ij,j->i", rows, v)

    def score(m, n):
        return a.einsum("i,i->", turn(q, m), turn(k, n))

    assert a.equal_arrays(score(7, 3), score(4, 0))
    assert not a.equal_arrays(score(7, 3), score(3, 7))


def test_depth_of_the_homomorphism():
    """It holds for as many exponentials on a path as there are levels, less one."""

    def nested(algebra):
        x, shift = sample(algebra, 3, 4), sample(algebra, 3, 1, seed=2)
        weights = algebra.softmax(x, 1), algebra.softmax(algebra.add(x, shift), 1)
        return [algebra.softmax(w, 1) for w in weights]

    two, three = TowerAlgebra(seed=1, levels=2), TowerAlgebra(seed=1, levels=3)
    assert not two.equal_arrays(*nested(two))
    assert three.equal_arrays(*nested(three))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_are_functions(name, tower):
    x = sample(tower, 40)
    y = tower.apply(name, x)
    for level, p in zip(y.levels, tower.primes, strict=True):
        assert level.dtype == np.int64 and level.min() >= 0 and level.max() < p
    turned = tower.structural(x, np.flip)
    assert tower.equal_arrays(tower.apply(name, turned), tower.structural(y, np.flip))
    shared = FieldAlgebra(tower.primes[-1], seed=3).apply(name, x.levels[-1])
    if name not in ("sigmoid", "tanh", "silu", "gelu_tanh", "mish"):
        assert np.array_equal(y.levels[-1], shared)


def test_ring_operations_level_by_level(tower):
    x, y = sample(tower, 3, 4), sample(tower, 4, 2, seed=1)
    index = np.array([1, 0, 1])
    results = [
        lambda a, x, y: a.einsum("ij,jk->ik", x, y),
        lambda a, x, y: a.sum(x, 1),
        lambda a, x, y: a.segment_sum(x, index, 2, 0),
        lambda a, x, y: a.segment_max(x, index, 3, 0, empty=2),
        lambda a, x, y: a.gather(x, index, 1),
        lambda a, x, y: a.power_int(x, -2),
        lambda a, x, y: a.max(y, 0),
        lambda a, x, y: a.maximum(x, a.neg(x)),
        lambda a, x, y: a.add(x, a.constant(np.array([0.1, 2.0, -1.0, 1e9]))),
    ]
    for f in results:
        whole = f(tower, x, y)
        for field, a, b, level in zip(tower.fields, x.levels, y.levels, whole.levels, strict=True):
            assert np.array_equal(f(field, a, b), level)
    assert tower.used_ordered


def test_conditions_are_shared_by_the_levels(tower):
    x, y = sample(tower, 50), sample(tower, 50, seed=1)
    below = tower.less(x, y)
    chosen = tower.where(below, x, y)
    for level, a, b in zip(chosen.levels, x.levels, y.levels, strict=True):
        assert np.array_equal(level, np.where(below, a, b))
    assert np.array_equal(tower.logical_not(below), tower.less_equal(y, x))
    assert not tower.equal(x, y).any() and tower.equal(x, x).all()
    assert tower.argmax(x, 0) == tower.fields[0].argmax(x.levels[0], 0)
    flags = sample(tower, 5)
    plain = tower.random((5,), np.random.default_rng(0), "bool")
    assert plain.dtype == np.bool_ and tower.structural(plain, np.flip)[0] == plain[-1]
    assert tower.equal_arrays(plain, plain) and not tower.equal_arrays(plain, ~plain)
    assert flags.shape == (5,) and tower.export(flags).shape == (5,)
