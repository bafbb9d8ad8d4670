"""Subrepresentations and quotients by them."""

import pytest

from categorical.categories import chain
from categorical.errors import SpecError
from categorical.exact import Matrix, cos, sin
from categorical.representations import (
    Representation,
    character,
    homs,
    irrep,
    isometries,
    quotient_by,
    regular,
    spherical,
    subrepresentation,
    symmetric_power,
)
from tests.categorical.representations import small


def test_the_points_split_into_the_mean_and_the_rest():
    group = small.symmetric(5)
    points = small.points(group)
    ones = Matrix.of([[1]] * 5)
    rest = quotient_by(points, ones)
    mean = subrepresentation(points, ones)
    rest.check()
    assert character(rest) + character(mean) == character(points)
    assert homs(rest, rest) == 1 and homs(rest, mean) == 0
    zero_sum = Matrix.of([[int(i == j) - int(i == j + 1) for j in range(4)] for i in range(5)])
    assert character(subrepresentation(points, zero_sum)) == character(rest)


def test_irrational_subspaces():
    """The plane of frequency 2 in the regular representation of C5."""
    group = small.cyclic(5)
    plane = Matrix.of([[cos(5, 2 * i), sin(5, 2 * i)] for i in range(5)])
    found = subrepresentation(regular(group), plane)
    found.check()
    assert homs(found, irrep(group, 2)) == 2 and homs(found, irrep(group, 1)) == 0
    assert found.map("r").trace() == 2 * cos(5, 2)


def test_the_trace_in_symmetric_tensors():
    group = isometries(3)
    two = symmetric_power(group.standard(), 2)
    identity = Matrix.of([[1], [0], [0], [1], [0], [1]])
    rest = quotient_by(two, identity)
    rest.check()
    assert small.homs(rest, spherical(group.standard(), 2)) == 1
    assert small.homs(rest, Representation.trivial(group)) == 0


def test_subfunctors_of_a_chain():
    line = chain(2)
    whole = Representation(line, {"0<1": Matrix.of([[1, 0], [0, 1], [0, 0]])})
    first = {"0": Matrix.of([[1], [0]]), "1": Matrix.of([[1], [0], [0]])}
    assert subrepresentation(whole, first).dims == {"0": 1, "1": 1}
    rest = quotient_by(whole, first)
    assert rest.dims == {"0": 1, "1": 2} and rest.map("0<1") == Matrix.of([[1], [0]])
    with pytest.raises(SpecError, match="no invariant subspace"):
        subrepresentation(whole, first | {"1": Matrix.of([[0], [1], [0]])})
    with pytest.raises(SpecError, match="no invariant subspace"):
        quotient_by(whole, first | {"1": Matrix.of([[0], [1], [0]])})


def test_everything_and_nothing():
    points = small.points(small.cyclic(3))
    assert quotient_by(points, Matrix.identity(3)).dimension == 0
    assert quotient_by(points, Matrix.zero(3, 0)).map("r") == points.map("r")
    assert subrepresentation(points, Matrix.zero(3, 0)).dimension == 0


def test_bad_columns_are_refused():
    points = small.points(small.cyclic(3))
    with pytest.raises(SpecError, match="are dependent") as refused:
        quotient_by(points, Matrix.of([[1, 2], [1, 2], [1, 2]]))
    assert refused.value.code == "CM043"
    with pytest.raises(SpecError, match="a matrix of 3 rows"):
        subrepresentation(points, Matrix.of([[1], [1]]))
    with pytest.raises(SpecError, match="sends a column out"):
        quotient_by(points, Matrix.of([[1], [0], [0]]))
