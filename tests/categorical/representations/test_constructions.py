"""Regular, permutation, quotient and one-dimensional representations; powers."""

from math import comb

import pytest

from categorical.errors import SpecError
from categorical.exact import Matrix, cos, sin
from categorical.groups import FiniteGroup
from categorical.representations import (
    Elements,
    Representation,
    determinant,
    exterior_power,
    one_dimensional,
    permutation_of,
    quotient,
    regular,
    sign,
    symmetric_power,
)
from tests.categorical.representations.small import (
    cyclic,
    dihedral,
    homs,
    plane,
    points,
    quaternion,
    symmetric,
)


@pytest.mark.parametrize("group", [cyclic(5), dihedral(4), symmetric(4), quaternion()])
def test_the_regular_representation(group):
    found = regular(group)
    found.check()
    assert found.dimension == group.order and found.is_permutation
    assert homs(found, found) == group.order
    assert homs(Representation.trivial(group), found) == 1


def test_the_regular_representation_of_a_cyclic_group_is_the_shift():
    assert regular(cyclic(6)).map("r").image.tolist() == [1, 2, 3, 4, 5, 0]


def test_words_multiply_to_their_elements():
    group = symmetric(4)
    elements = Elements.of(group)
    assert elements.count == 24
    for number in range(elements.count):
        assert elements.number(group.word(elements.word(number))) == number


def test_a_group_too_large_to_list_is_refused():
    with pytest.raises(SpecError, match="too many to list") as refused:
        regular(symmetric(12))
    assert refused.value.code == "CM044"


def test_an_infinite_group_has_no_regular_representation_here():
    from categorical.categories import monoid

    with pytest.raises(SpecError, match="CM042"):
        regular(monoid("N", ["s"]))


def test_quotients_are_coset_actions():
    group = symmetric(4)
    assert quotient(group, []).dimension == 24
    assert quotient(group, [("a",), ("b",)]).dimension == 1
    cosets = quotient(group, [("a", "b", "a", "b^-1"), ("a",)])
    cosets.check()
    assert cosets.dimension == group.order // 6
    with pytest.raises(SpecError, match="no arrow `z`"):
        quotient(group, [("z",)])


def test_a_quotient_by_the_stabiliser_of_a_point_is_the_points():
    group = dihedral(5)
    assert homs(quotient(group, [("s",)]), points(group)) == homs(points(group), points(group)) == 3


def test_permutations_that_are_no_action_are_refused_without_any_relation():
    free = FiniteGroup("A4", {"x": (1, 2, 0, 3), "y": (1, 0, 3, 2)}, order=12)
    good = permutation_of(free, {"x": (1, 2, 0), "y": (0, 1, 2)})
    assert good.dimension == 3
    with pytest.raises(SpecError, match="no representation of A4") as refused:
        permutation_of(free, {"x": (0, 1), "y": (1, 0)})
    assert refused.value.code == "CM043"
    with pytest.raises(SpecError, match="one permutation for each generator"):
        permutation_of(free, {"x": (1, 2, 0)})


def test_signs():
    group = symmetric(5)
    assert sign(group).map("a").trace() == -1 and sign(group).map("b").trace() == 1
    assert sign(group).map("a") == determinant(points(group)).map("a")
    with pytest.raises(SpecError, match="CM043"):
        one_dimensional(group, {"a": 1, "b": -1})
    assert one_dimensional(group, {"a": -1, "b": 1}).dimension == 1
    with pytest.raises(SpecError, match="CM043"):
        one_dimensional(group, {"a": 1})


@pytest.mark.parametrize("k", range(5))
def test_powers_are_functors(k):
    group = symmetric(4)
    four = points(group)
    for power, size in ((symmetric_power, comb(4 + k - 1, k)), (exterior_power, comb(4, k))):
        found = power(four, k)
        assert found.dimension == size
        inverse = found.map("b") @ found.map("b") @ found.map("b")
        assert (inverse @ found.map("b")).is_identity
        braid = found.map("a") @ found.map("b")
        assert (braid @ braid @ braid).is_identity


def test_powers_are_functors_on_matrices_that_are_no_permutations():
    from categorical.representations.powers import _leibniz, _power

    a, b = Matrix.of([[1, 2, 0], [0, cos(5), 1]]), Matrix.of([[1, -1], [3, 0], [0, 2]])
    for repeated in (True, False):
        for k in range(4):
            product = _power(a, k, repeated=repeated) @ _power(b, k, repeated=repeated)
            assert product == _power(a @ b, k, repeated=repeated)
    x, y = b @ a, Matrix.of([[0, 1, 0], [2, 0, 0], [0, 5, 1]])
    for repeated in (True, False):
        for k in range(4):
            dx, dy = _leibniz(x, k, repeated=repeated), _leibniz(y, k, repeated=repeated)
            assert dx @ dy - dy @ dx == _leibniz(x @ y - y @ x, k, repeated=repeated)


def test_the_tensor_square_is_the_symmetric_plus_the_exterior_one():
    group = dihedral(4)
    both = symmetric_power(plane(group), 2) + exterior_power(plane(group), 2)
    square = plane(group) * plane(group)
    assert both.dimension == 4
    for other in (square, both, regular(group), points(group)):
        assert homs(square, other) == homs(both, other)


def test_a_power_above_the_dimension_is_zero():
    assert exterior_power(points(cyclic(3)), 4).dimension == 0
    assert exterior_power(points(cyclic(3)), 4).map("r").shape == (0, 0)


def test_matrices_are_checked_on_the_group_and_not_only_on_its_relations():
    """Without relations a turn of order 8 is no representation of the group of order 4."""
    bare = FiniteGroup("C4", {"r": (1, 2, 3, 0)})
    eighth = Matrix.of([[cos(8), -sin(8)], [sin(8), cos(8)]])
    assert Representation(bare, {"r": eighth @ eighth}).dimension == 2
    with pytest.raises(SpecError, match="the matrices do not") as refused:
        Representation(bare, {"r": eighth})
    assert refused.value.code == "CM043"
    with pytest.raises(SpecError, match="its elements with their images 8"):
        Representation(bare, {"r": Matrix.signed([1, 2, 3, 0], [1, 1, 1, -1])})
    with pytest.raises(SpecError, match="has no inverse"):
        Representation(bare, {"r": Matrix.of([[1, 1], [1, 1]])})


def test_matrices_of_a_large_group_without_a_presentation_are_refused():
    """S9 by two permutations: its points are checked, other matrices are too many."""
    group = symmetric(9)
    assert points(group).dimension == 9
    change = Matrix.of([[int(i == j or (i, j) == (0, 1)) for j in range(9)] for i in range(9)])
    maps = {g: change @ points(group).map(g) @ change.inverse() for g in group.generators}
    with pytest.raises(SpecError, match="too large to check") as refused:
        Representation(group, maps)
    assert refused.value.code == "CM044"
    known = FiniteGroup("S9", group.permutations, presented=True)
    assert Representation(known, maps).dimension == 9
