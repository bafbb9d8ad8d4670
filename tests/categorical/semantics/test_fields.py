"""Prime fields against Python's integers, and what the made-up order obeys."""

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest

from categorical.exact import cos, root, sin, sqrt
from categorical.semantics import FieldAlgebra, OutsideFragment, Resample, draw_prime, modular
from categorical.semantics.modular import inverse, is_prime, root_of_unity

LARGEST = 2**31 - 1
PRIMES = [3, 10007, 1073741827, LARGEST]


def python(array):
    return array.astype(object)


@pytest.mark.parametrize("p", PRIMES)
def test_ring_operations_against_python_integers(p):
    field, rng = FieldAlgebra(p), np.random.default_rng(0)
    a, b = (field.random((200,), rng) for _ in range(2))
    a[:3], b[:3] = [0, p - 1, p - 1], [p - 1, p - 1, 1]
    b = np.where(b == 0, 1, b)
    x, y = python(a), python(b)
    assert np.array_equal(field.add(a, b), (x + y) % p)
    assert np.array_equal(field.sub(a, b), (x - y) % p)
    assert np.array_equal(field.neg(a), -x % p)
    assert np.array_equal(field.mul(a, b), x * y % p)
    assert np.array_equal(field.div(a, b), [u * pow(v, -1, p) % p for u, v in zip(x, y)])
    assert np.array_equal(field.power_int(a, 5), [pow(u, 5, p) for u in x])
    assert np.array_equal(field.power_int(b, -3), [pow(v, -3, p) for v in y])
    assert np.array_equal(field.apply("square", a), x * x % p)
    assert np.array_equal(field.apply("reciprocal", b), [pow(v, -1, p) for v in y])
    assert np.array_equal(field.sum(a, 0), x.sum() % p)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 100])
def test_inverses_of_every_length(size):
    a = np.random.default_rng(size).integers(1, LARGEST, size=(2, size))
    assert np.array_equal(python(a) * python(inverse(a, LARGEST)) % LARGEST, np.ones((2, size)))


def test_zero_divisors_ask_for_another_sample():
    field = FieldAlgebra(seed=0)
    v = field.constant(np.array([1, 0, 2]))
    with pytest.raises(Resample, match="division by zero"):
        field.div(v, v)
    for name in ("reciprocal", "rsqrt", "log"):
        with pytest.raises(Resample):
            field.apply(name, v)
    with pytest.raises(Resample):
        FieldAlgebra(7).constant(Fraction(1, 14))


def test_a_large_product_is_exact():
    field, rng = FieldAlgebra(LARGEST), np.random.default_rng(0)
    a, b = (field.random((200, 200), rng) for _ in range(2))
    a[0], b[:, 0] = LARGEST - 1, LARGEST - 1
    expected = (python(a) @ python(b)) % LARGEST
    assert np.array_equal(field.einsum("ij,jk->ik", a, b), expected)
    rounded = (a.astype(float) @ b.astype(float)) % LARGEST
    assert not np.array_equal(rounded, expected)


@pytest.mark.parametrize("kernel", [modular._matmul_integers, modular._matmul_limbs])
def test_both_kernels_at_their_largest_entries(kernel):
    """All residues p − 2, with odd limbs, at the greatest depth that the kernel is given."""
    depth = modular.SMALL_WORK if kernel is modular._matmul_integers else modular.DEPTH
    a = np.full((1, 1, depth), LARGEST - 2)
    a[0, 0, 0] = 1
    result = kernel(a, a.reshape(1, depth, 1), LARGEST)
    assert int(result[0, 0, 0]) == ((LARGEST - 2) ** 2 * (depth - 1) + 1) % LARGEST
    assert 2 * modular.LIMB_MASK**2 * modular.DEPTH < 2**53
    assert modular.LIMB_MASK * LARGEST * modular.SMALL_WORK < 2**63


def test_depths_beyond_one_chunk(monkeypatch):
    monkeypatch.setattr(modular, "DEPTH", 1000)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, LARGEST, (2, 3, 2500)), rng.integers(0, LARGEST, (2, 2500, 4))
    expected = np.matmul(python(a), python(b)) % LARGEST
    assert np.array_equal(modular.matmul(a, b, LARGEST), expected)


@pytest.mark.parametrize(
    ("spec", "shapes"),
    [
        ("bij,bjk->bik", [(3, 4, 5), (3, 5, 2)]),
        ("bhqd,bhkd->bhqk", [(2, 2, 9, 8), (2, 2, 7, 8)]),
        ("bi,bi->b", [(3, 50), (3, 50)]),
        ("ai,bi,ci->abc", [(2, 5), (3, 5), (4, 5)]),
        ("ii,j->i", [(4, 4), (3,)]),
        ("i,j->", [(40,), (30,)]),
    ],
)
def test_contractions_against_python_integers(spec, shapes):
    field, rng = FieldAlgebra(LARGEST), np.random.default_rng(0)
    vs = [field.random(shape, rng) for shape in shapes]
    expected = np.einsum(spec, *(python(v) for v in vs)) % LARGEST
    assert np.array_equal(field.einsum(spec, *vs), expected)


@pytest.mark.parametrize("p", PRIMES[1:])
def test_constants_are_exact(p):
    field = FieldAlgebra(p)
    floats = np.array([0.0, 1.5, -0.1, 1e-300, 1e300, 5e-324, -(2.0**60), 1 / 3])
    expected = [Fraction(float(x)) for x in floats]
    expected = [x.numerator * pow(x.denominator, -1, p) % p for x in expected]
    assert field.constant(floats).tolist() == expected
    assert field.constant(floats.reshape(2, 4)).tolist() == [expected[:4], expected[4:]]
    assert field.constant(0.1) == field.constant(np.array(0.1)) == field.constant(Fraction(0.1))
    assert field.constant(Fraction(-5, 3)) * 3 % p == p - 5
    assert field.constant(10**40) == 10**40 % p
    assert field.constant(np.array([True, False])).tolist() == [1, 0]
    assert field.constant(np.float32(0.1)) == field.constant(float(np.float32(0.1)))
    halves = np.array([[Fraction(1, 2)]], dtype=object)
    assert field.add(field.constant(halves), field.constant(halves)).tolist() == [[1]]
    for bad in (np.inf, -np.inf, np.nan):
        with pytest.raises(OutsideFragment):
            field.constant(bad)


def test_complex_constants_use_a_fourth_root_of_unity():
    field = FieldAlgebra(draw_prime(np.random.default_rng(0), 4))
    i = field.constant(1j)
    assert field.mul(i, i) == field.p - 1
    both = field.mul(field.constant(2 + 3j), field.constant(0.5 - 1j))
    assert both == field.constant((2 + 3j) * (0.5 - 1j))
    with pytest.raises(OutsideFragment, match="order 4"):
        FieldAlgebra(LARGEST).constant(1j)
    assert FieldAlgebra(LARGEST).constant(2 + 0j) == 2


def test_sums_of_roots_of_unity_have_residues():
    """Q(ζₙ) without denominators p maps into the field; roots of different orders fit together."""
    field = FieldAlgebra(draw_prime(np.random.default_rng(0), 60))
    numbers = [root(5), cos(12), sin(5, 3), sqrt(3) / 2, sqrt(5) - Fraction(1, 3), root(4)]
    for x, y in product(numbers, repeat=2):
        a, b = field.constant(x), field.constant(y)
        assert field.add(a, b) == field.constant(x + y)
        assert field.mul(a, b) == field.constant(x * y) != field.constant(x * y + 1)
    assert field.constant(root(4)) == field.constant(1j)
    table = np.array([root(5), 2, Fraction(1, 2)], dtype=object)
    assert field.constant(table).tolist() == [int(field.constant(x)) for x in table]
    with pytest.raises(OutsideFragment, match="order 7"):
        field.constant(root(7))


def test_primes_are_random_primes_of_31_bits():
    drawn = {draw_prime(np.random.default_rng(seed)) for seed in range(20)}
    assert len(drawn) == 20
    for p in drawn:
        assert 2**30 < p < 2**31 and all(p % q for q in range(2, 46342))
    for order in (4, 12, 840):
        p = draw_prime(np.random.default_rng(1), order)
        assert p % order == 1 and is_prime(p)
        root = root_of_unity(order, p)
        powers = {pow(root, k, p) for k in range(order)}
        assert len(powers) == order and pow(root, order, p) == 1
    with pytest.raises(ValueError, match="congruent_one_mod"):
        draw_prime(np.random.default_rng(0), 0)


def test_primality():
    sieve = [n for n in range(2000) if n > 1 and all(n % q for q in range(2, int(n**0.5) + 1))]
    assert [n for n in range(2000) if is_prime(n)] == sieve
    assert is_prime(LARGEST) and not is_prime(LARGEST - 2)
    assert not is_prime(3215031751) and not is_prime(46337 * 46327)


@pytest.mark.parametrize("p", [4, 2, 1, 2**31 + 11, LARGEST - 2, -7])
def test_other_moduli_are_refused(p):
    with pytest.raises(ValueError, match="not an odd prime"):
        FieldAlgebra(p)


def test_a_run_is_determined_by_its_seed():
    assert FieldAlgebra(seed=5).p == FieldAlgebra(seed=5).p != FieldAlgebra(seed=6).p
    with pytest.raises(ValueError, match="order is"):
        FieldAlgebra(seed=5, order="random")


# order ------------------------------------------------------------------------------------------

ORDERS = ["symmetric", "total"]


@pytest.fixture(params=ORDERS)
def field(request):
    return FieldAlgebra(seed=11, order=request.param)


def sample(field, *shape, seed=0):
    return field.random(shape, np.random.default_rng(seed))


def test_polynomials_leave_the_flag_alone_and_order_sets_it():
    rng = np.random.default_rng(0)
    uses = {
        "max": lambda f, v: f.max(v, 0),
        "min": lambda f, v: f.min(v, 0),
        "argmax": lambda f, v: f.argmax(v, 0),
        "maximum": lambda f, v: f.maximum(v, v),
        "minimum": lambda f, v: f.minimum(v, v),
        "segment_max": lambda f, v: f.segment_max(v, np.zeros(4, dtype=np.int64), 1, 0),
        "less": lambda f, v: f.less(v, v),
        "less_equal": lambda f, v: f.less_equal(v, v),
        "equal": lambda f, v: f.equal(v, v),
    }
    for order in ORDERS:
        for name, use in uses.items():
            field = FieldAlgebra(seed=1, order=order)
            v = field.random((4,), rng)
            field.apply("exp", field.einsum("i,i->i", v, v))
            field.where(np.ones(4, dtype=bool), v, v)
            assert not field.used_ordered
            use(field, v)
            assert field.used_ordered, name
    for order, expected in (("symmetric", False), ("total", True)):
        field = FieldAlgebra(seed=1, order=order)
        field.apply("relu", field.random((4,), rng))
        assert field.used_ordered is expected


def test_softmax_needs_no_order(field):
    v = sample(field, 3, 4)
    weights = field.softmax(v, 1)
    assert field.sum(weights, 1).tolist() == [1, 1, 1]
    terms = field.apply("exp", v)
    assert np.array_equal(field.mul(weights, field.sum(terms, 1)[:, None]), terms)
    mask = np.array([True, False, True, True])
    assert np.array_equal(field.softmax(v, 1, mask)[:, mask], field.softmax(v[:, mask], 1))
    assert not field.softmax(v, 1, mask)[:, 1].any()
    assert not field.softmax(v, 1, np.zeros(4, dtype=bool)).any()
    assert np.array_equal(field.logsumexp(v, 1), field.apply("log", field.sum(terms, 1)))
    assert not field.used_ordered


def test_maxima_are_symmetric(field):
    v = sample(field, 4)
    results = {int(field.max(v[list(order)], 0)) for order in permutations(range(4))}
    assert len(results) == 1
    assert field.max(v, 0) != field.max(np.append(v[:3], 17), 0) or field.order == "total"


def test_maxima_see_only_what_is_unmasked(field):
    v = sample(field, 3, 4)
    mask = np.array([True, False, True, True])
    hidden = np.where(mask, v, sample(field, 3, 4, seed=1))
    assert np.array_equal(field.max(v, 1, where=mask), field.max(hidden, 1, where=mask))
    assert np.array_equal(field.max(v, 1, where=mask), field.max(v[:, mask], 1))
    assert np.array_equal(field.max(v, 1, where=mask.astype(np.int64)), field.max(v, 1, where=mask))
    empty = field.max(v, 1, where=np.zeros(4, dtype=bool))
    assert len(set(empty.tolist())) == 1


def test_maxima_of_one_value_and_both_ways_of_two(field):
    v, w = sample(field, 50), sample(field, 50, seed=1)
    assert np.array_equal(field.max(v[:, None], 1), v)
    assert np.array_equal(field.max(np.stack([v, v, v]), 0), v)
    assert np.array_equal(field.maximum(v, v), v)
    assert np.array_equal(field.maximum(v, w), field.maximum(w, v))
    assert np.array_equal(field.maximum(v, w), field.max(np.stack([v, w]), 0))
    assert np.array_equal(field.minimum(v, w), field.neg(field.maximum(field.neg(v), field.neg(w))))
    assert np.array_equal(field.min(v, 0), field.neg(field.max(field.neg(v), 0)))


def test_maxima_along_several_axes(field):
    v = sample(field, 2, 3, 4)
    flat = v.transpose(1, 0, 2).reshape(3, 8)
    assert np.array_equal(field.max(v, (0, 2)), field.max(flat, 1))
    assert field.max(v, ()).tolist() == v.tolist()


def test_the_symmetric_oracle_sees_every_entry():
    field = FieldAlgebra(seed=2)
    v = sample(field, 5)
    base = int(field.max(v, 0))
    for k in range(5):
        changed = v.copy()
        changed[k] = (changed[k] + 1) % field.p
        assert int(field.max(changed, 0)) != base
    assert base not in v.tolist()


def test_segment_maxima_are_maxima_of_segments(field):
    v, index = sample(field, 6, 2), np.array([2, 0, 2, 2, 0, 3])
    result = field.segment_max(v, index, 5, 0, empty=Fraction(1, 2))
    for segment in (0, 2, 3):
        assert np.array_equal(result[segment], field.max(v[index == segment], 0))
    assert result[1].tolist() == result[4].tolist() == [(field.p + 1) // 2] * 2
    assert np.array_equal(field.segment_max(v.T, index, 5, 1, Fraction(1, 2)), result.T)
    shuffle = np.array([3, 5, 0, 1, 4, 2])
    again = field.segment_max(v[shuffle], index[shuffle], 5, 0, empty=Fraction(1, 2))
    assert np.array_equal(again, result)
    with pytest.raises(ValueError, match="outside"):
        field.segment_max(v, index, 3, 0)


def test_comparisons_are_antisymmetric(field):
    v, w = sample(field, 400), sample(field, 400, seed=1)
    w[:20] = v[:20]
    below, above, same = field.less(v, w), field.less(w, v), field.equal(v, w)
    assert below.dtype == np.int64 and np.array_equal(below + above + same, np.ones(400))
    assert np.array_equal(field.less_equal(v, w), below + same)
    assert 100 < below.sum() < 300
    assert np.array_equal(field.less(field.neg(w), field.neg(v)), below)


def test_conditions_obey_boolean_algebra(field):
    v, w = sample(field, 99), sample(field, 99, seed=1)
    c, d = field.less(v, w), field.less(w, field.constant(0))
    plain = np.arange(99) % 2 == 0
    negate, both, either = field.logical_not, field.logical_and, field.logical_or
    assert np.array_equal(negate(both(c, d)), either(negate(c), negate(d)))
    assert np.array_equal(both(c, c), c)
    assert np.array_equal(both(c, plain), np.where(plain, c, 0))
    assert np.array_equal(either(plain, c), np.where(plain, 1, c))
    assert both(plain, plain).dtype == either(plain, ~plain).dtype == np.bool_
    assert negate(plain).tolist() == (~plain).tolist()
    chosen = field.where(c, v, w)
    ring = field.add(field.mul(c, v), field.mul(field.sub(field.constant(1), c), w))
    assert np.array_equal(chosen, ring)


def test_the_total_order_makes_a_lattice():
    field = FieldAlgebra(seed=4, order="total")
    a, b, c = (sample(field, 300, seed=k) for k in range(3))
    up, down = field.maximum, field.minimum
    assert np.array_equal(up(up(a, b), c), up(a, up(b, c)))
    assert np.array_equal(down(a, up(a, b)), a)
    assert np.array_equal(up(a, down(b, c)), down(up(a, b), up(a, c)))
    assert np.array_equal(up(a, b), np.where(field.less(a, b), b, a))
    v = sample(field, 5, 6)
    assert np.array_equal(field.max(field.max(v, 0), 0), field.max(v, (0, 1)))
    picked = np.take_along_axis(v, field.argmax(v, 1)[:, None], axis=1)[:, 0]
    assert np.array_equal(picked, field.max(v, 1))


def test_nested_maxima_do_not_merge_in_a_symmetric_oracle():
    field = FieldAlgebra(seed=4)
    v = sample(field, 3, 4)
    assert field.max(field.max(v, 0), 0) != field.max(v, (0, 1))


def test_argmax_moves_with_a_permutation(field):
    v = sample(field, 7)
    shuffle = np.array([3, 5, 0, 6, 1, 4, 2])
    assert shuffle[field.argmax(v[shuffle], 0)] == field.argmax(v, 0)


def test_results_are_compared_exactly():
    field = FieldAlgebra(seed=1)
    v = sample(field, 3)
    other = v.copy()
    other[1] = (other[1] + 1) % field.p
    assert field.equal_arrays(v, v.copy()) and not field.equal_arrays(v, other)
    assert field.difference(v, other).tolist() == [0, 1, 0]
    assert not field.equal_arrays(v, v[:2])
    with pytest.raises(ValueError, match="different shapes"):
        field.difference(v, v[:2])
