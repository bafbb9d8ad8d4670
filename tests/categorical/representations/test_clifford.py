"""Clifford algebras: signs against a slow product, involutions, grades, isometries, products."""

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest

from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.groups import FiniteGroup
from categorical.representations import Representation, clifford, isometries
from tests.categorical.representations.small import homs

SIGNATURES = [
    (0, 0, 0),
    (2, 0, 0),
    (3, 0, 0),
    (0, 3, 0),
    (1, 3, 0),
    (3, 0, 1),
    (2, 1, 1),
    (1, 0, 2),
]


def slowly(squares, left, right):
    """The product of two words of basis vectors, by sorting letter by letter."""
    word, sign = [*left, *right], 1
    done = False
    while not done:
        done = True
        for i in range(len(word) - 1):
            if word[i] == word[i + 1]:
                sign *= squares[word[i]]
                del word[i : i + 2]
                done = False
                break
            if word[i] > word[i + 1]:
                word[i], word[i + 1] = word[i + 1], word[i]
                sign = -sign
                done = False
                break
    return sign, tuple(word)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_the_sign_table_is_the_product_of_words(signature):
    cl = clifford(*signature)
    for a, b in product(range(cl.dimension), repeat=2):
        sign, word = slowly(cl.squares, cl.blades[a], cl.blades[b])
        assert cl.signs[a, b] == sign
        assert not sign or cl.blades[cl.targets[a, b]] == word


@pytest.mark.parametrize("signature", SIGNATURES)
def test_the_algebra(signature):
    cl = clifford(*signature)
    numbers = np.random.default_rng(0)
    x, y, z = numbers.integers(-9, 10, (3, cl.dimension))
    assert (cl.multiply(cl.multiply(x, y), z) == cl.multiply(x, cl.multiply(y, z))).all()
    unit = np.eye(cl.dimension, dtype=np.int64)[cl.blade("")]
    assert (cl.multiply(unit, x) == x).all() and (cl.multiply(x, unit) == x).all()

    def turned(by, v):
        return by.dense() @ v

    hat, tilde, bar = cl.grade_involution, cl.reversion, cl.conjugation
    assert (turned(hat, cl.multiply(x, y)) == cl.multiply(turned(hat, x), turned(hat, y))).all()
    for anti in (tilde, bar):
        flipped = cl.multiply(turned(anti, y), turned(anti, x))
        assert (turned(anti, cl.multiply(x, y)) == flipped).all()
    scalar = cl.multiply(turned(tilde, x), y)[cl.blade("")]
    assert scalar == x @ cl.inner.dense() @ y


def test_parts():
    cl = clifford(4)
    assert cl.grade_dimensions == (1, 4, 6, 4, 1)
    assert [cl.blades[i] for i in range(*cl.grade(3).indices(16))] == [
        (0, 1, 2),
        (0, 1, 3),
        (0, 2, 3),
        (1, 2, 3),
    ]
    assert cl.projections().count == 5 and cl.projections("types").count == 4
    assert clifford(2).projections("types").count == 3
    total = cl.projections().combine([1.0] * 5)
    assert (total == np.eye(16)).all()


@pytest.mark.parametrize("n", range(1, 9))
def test_type_dimensions_are_sums_of_binomials(n):
    """A published implementation truncates floats here and gets [2, 2, 0, 0] for n = 2."""
    expected = tuple(sum(comb(n, k) for k in range(m, n + 1, 4)) for m in range(4))
    assert clifford(n).type_dimensions == expected


def test_paths_of_the_product():
    assert len(clifford(3).paths()) == 20
    for signature in SIGNATURES:
        cl = clifford(*signature)
        whole = cl.product().combine([1.0])
        for split in ("grades", "types"):
            parts = cl.product(split)
            assert parts.count == len(cl.paths(split)) and parts.disjoint
            assert (parts.combine([1.0] * parts.count) == whole).all()
        for number, (i, j, k) in enumerate(cl.paths()):
            block = cl.product("grades").tensor(number)
            assert block.any()
            block[cl.grade(k), cl.grade(i), cl.grade(j)] = 0
            assert not block.any()
    assert len(clifford(0, 0, 2).paths()) < len(clifford(2).paths())


def invariant(tensors, source, target):
    """Whether every matrix X → Y of a basis is equivariant, exactly."""
    for number in range(tensors.count):
        layer = tensors.matrix(number)
        for g in source.of.arrows:
            if layer @ source.map(g) != target.map(g) @ layer:
                return False
        for a in source.of.algebra:
            if layer @ source.derivative(a) != target.derivative(a) @ layer:
                return False
    return True


@pytest.mark.parametrize("signature", SIGNATURES[1:])
@pytest.mark.parametrize("radical", [False, True])
def test_isometries_are_automorphisms(signature, radical):
    cl, group = clifford(*signature), isometries(*signature, radical=radical)
    rho = cl.action(group.standard())
    rho.check()
    assert invariant(cl.product(), rho * rho, rho)
    assert invariant(cl.product("grades"), rho * rho, rho)
    assert invariant(cl.product("types"), rho * rho, rho)
    assert invariant(cl.projections(), rho, rho) and invariant(cl.projections("types"), rho, rho)
    assert invariant(cl.norms(), rho * rho, Representation.trivial(group))


def test_a_wrong_sign_is_no_automorphism():
    cl, group = clifford(3), isometries(3)
    rho = cl.action(group.standard())
    good = cl.product()
    values = good.values.copy()
    values[5] = -values[5]
    bad = type(good)(good.shape, 1, good.which, good.places, values)
    assert not invariant(bad, rho * rho, rho)


def test_finite_boosts_and_shears_are_automorphisms():
    """Elements with fractions: a boost of speed 3/5, and a translation of the plane-based E(3)."""
    boost = Matrix.of(
        [[Fraction(5, 4), Fraction(3, 4), 0], [Fraction(3, 4), Fraction(5, 4), 0], [0, 0, 1]]
    )
    shear = Matrix.of([[1, 0, 0], [0, 1, 0], [7, Fraction(-2, 3), 1]])
    for signature, map_ in (((1, 1, 1), boost), ((2, 0, 1), shear)):
        group = free({"g": map_})
        cl = clifford(*signature)
        rho = cl.action(Representation(group, {"g": map_}))
        assert invariant(cl.product("grades"), rho * rho, rho)


def free(maps):
    """A free group on these names."""
    from categorical.categories import groupoid

    return groupoid("free", dict.fromkeys(maps, ("*", "*")))


def test_an_isometry_that_is_no_diagonal_map_multiplies_images():
    """ρ(e₁e₂) is the product of the images of e₁ and e₂, computed in the algebra."""
    turn = Matrix.of(
        [[Fraction(3, 5), Fraction(-4, 5), 0], [Fraction(4, 5), Fraction(3, 5), 0], [0, 0, 1]]
    )
    cl = clifford(3)
    rho = cl.action(Representation(free({"g": turn}), {"g": turn}))
    images = rho.map("g").dense()
    for i, blade in enumerate(cl.blades):
        found = np.eye(8, dtype=object)[0]
        for vector in blade:
            found = cl.multiply(found, images[:, cl.blade(str(vector + 1))])
        assert (found == images[:, i]).all()


@pytest.mark.parametrize(
    ("signature", "part", "maps"),
    [
        ((2, 0, 0), "all", 3),
        ((3, 0, 0), "all", 4),
        ((3, 0, 0), "connected", 8),
        ((1, 3, 0), "all", 5),
        ((1, 3, 0), "connected", 10),
        ((3, 0, 1), "all", 9),
        ((3, 0, 1), "connected", 16),
    ],
)
def test_linear_layers_have_the_known_dimensions(signature, part, maps):
    """n + 1 grades, twice that with the volume; 9 and 16 for E(3) and SE(3); 5, 10 for Lorentz."""
    group = isometries(*signature, part=part)
    rho = clifford(*signature).action(group.standard())
    assert homs(rho, rho) == maps


def test_what_keeps_no_form_is_refused():
    stretch = free({"g": 0})
    vector = Representation(stretch, {"g": Matrix.of([[2, 0], [0, 1]])})
    with pytest.raises(SpecError, match="does not keep the quadratic form") as refused:
        clifford(2).action(vector)
    assert refused.value.code == "CM043"
    assert (
        clifford(0, 1, 1)
        .action(Representation(stretch, {"g": Matrix.of([[1, 0], [0, 2]])}))
        .dimension
        == 4
    )
    with pytest.raises(SpecError, match="dimension 3"):
        clifford(3).action(vector)
    turn = isometries(2).standard()
    with pytest.raises(SpecError, match="does not keep"):
        clifford(1, 1).action(turn)


def test_bad_arguments():
    for wrong in (
        lambda: clifford(-1),
        lambda: clifford(9),
        lambda: clifford(3).blade("21"),
        lambda: clifford(3).blade("x"),
        lambda: clifford(3).paths("parity"),
        lambda: isometries(3, part="even"),
        lambda: isometries(-1),
    ):
        with pytest.raises(SpecError):
            wrong()


def test_the_brackets_of_the_isometries_are_those_of_the_vectors():
    for signature in ((3, 0, 0), (1, 3, 0), (3, 0, 1), (2, 1, 2)):
        for radical in (False, True):
            isometries(*signature, radical=radical).standard().check()
    group = isometries(3)
    assert group.brackets()["A12", "A23"] == {"A13": 1}
    swapped = {"A12": "A13", "A13": "A12", "A23": "A23"}
    with pytest.raises(SpecError, match="is not the bracket"):
        Representation(
            group,
            {"P": group.standard().map("P")},
            {a: group.standard().derivative(b) for a, b in swapped.items()},
        )


def test_reflections_move_the_algebra_as_they_must():
    group = isometries(2)
    with pytest.raises(SpecError, match=r"P A12 P.-1"):
        Representation(
            group, {"P": Matrix.identity(2)}, {"A12": group.standard().derivative("A12")}
        )


def test_a_finite_group_acts_on_the_algebra():
    maps = {"r": Matrix.of([[0, -1], [1, 0]]), "s": Matrix.of([[0, 1], [1, 0]])}
    square = FiniteGroup("D4", {"r": (1, 2, 3, 0), "s": (0, 3, 2, 1)}, order=8)
    rho = clifford(2).action(Representation(square, maps))
    assert rho.is_signed and rho.kind == "sum" and homs(rho, rho) == 3


@pytest.mark.parametrize("signature", SIGNATURES)
def test_products_of_types_are_products_of_grades(signature):
    cl = clifford(*signature)
    assert set(cl.paths("types")) == {(i % 4, j % 4, k % 4) for i, j, k in cl.paths()}


def test_parameters_of_the_type_tied_network():
    """Linear layers of GLGENN: 4 weights a channel pair where CGENN has n + 1 (fewer for n < 3)."""
    for n in range(1, 8):
        assert clifford(n).projections("types").count == min(4, n + 1)
        assert clifford(n).projections("grades").count == n + 1


def test_powers_above_the_dimension_have_derivatives_too():
    from categorical.representations import exterior_power

    nothing = exterior_power(isometries(2).standard(), 3)
    nothing.check()
    assert nothing.derivative("A12").shape == (0, 0) and nothing.dual.map("P").shape == (0, 0)
