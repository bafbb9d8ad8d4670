"""Constructions over the named groups: irreducible parts, characters, Clifford and tensors."""

from fractions import Fraction

import pytest

from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.groups.classical import (
    lorentz,
    orthogonal,
    proper_lorentz,
    special_orthogonal,
)
from categorical.groups.named import (
    alternating,
    cube,
    cyclic,
    dihedral,
    klein,
    octahedral,
    quaternion,
    symmetric,
)
from categorical.representations import (
    Homomorphism,
    Representation,
    character,
    clifford,
    determinant,
    exterior_power,
    harmonics,
    homs,
    irreps,
    orbit,
    regular,
    restrict,
    sign,
    spherical,
    subgroup,
    symmetric_power,
    traceless,
)
from tests.categorical.representations import small


@pytest.mark.parametrize(
    "group", [cyclic(1), cyclic(2), cyclic(6), dihedral(3), dihedral(4), dihedral(5), klein()]
)
def test_irreducible_parts_of_the_regular_representation(group):
    """R[G] = ⊕ (dim / dim End) V, so the dimensions add up to the order."""
    whole = regular(group)
    total = 0
    for part in irreps(group):
        assert homs(whole, part) == part.dimension
        total += part.dimension**2 // homs(part, part)
    assert total == group.order


@pytest.mark.parametrize(
    ("group", "number"),
    [(symmetric(4), 5), (alternating(4), 4), (quaternion(), 5), (cube(), 5), (octahedral(), 10)],
)
def test_regular_characters_vanish_off_the_identity(group, number):
    found = character(regular(group))
    assert found.values == (group.order, *[0] * (number - 1)) and found.degree == group.order


def test_characters_of_a_group_too_large_to_list():
    """Deep Sets in S12: 2 maps of points, 15 of pairs, without listing 479 001 600 elements."""
    points = symmetric(12).standard()
    assert homs(points, points) == 2
    assert homs(points * points, points * points) == 15
    assert homs(symmetric_power(points, 2), points) == 4
    assert homs(exterior_power(points, 2), points * sign(symmetric(12))) == 0


@pytest.mark.parametrize("l", range(4))
def test_spherical_tensors_restrict_to_the_cube(l):
    """The dimensions of the invariants of the octahedral group: Molien's 1, 0, 0, 0, 1, …"""
    vector = cube().standard()
    assert homs(Representation.trivial(cube()), spherical(vector, l)) == int(l == 0)
    square = homs(spherical(vector, l), spherical(vector, l))
    assert square == {0: 1, 1: 1, 2: 2, 3: 3}[l]
    both = spherical(vector, l, basis="orthonormal")
    assert character(both) == character(spherical(vector, l))


def test_the_cube_sees_a_fourth_harmonic():
    vector = cube().standard()
    assert homs(Representation.trivial(cube()), spherical(vector, 4)) == 1
    assert homs(Representation.trivial(cube()), harmonics(vector, 4)) == 2


def test_the_faces_of_the_cube_and_their_normals():
    """Fields along the normal on the faces: the vectors are in them once (Frobenius)."""
    group = cube()
    faces = orbit(group.points(), 0)
    assert faces.size == 6 and faces.stabiliser.source.order == 4
    assert homs(faces.functions, group.standard()) == 1
    tangent = restrict(group.standard(), faces.stabiliser)
    field = faces.fields(tangent)
    field.check()
    assert homs(field, group.standard()) == homs(tangent, tangent) == 3
    assert determinant(group.standard()).map("r").is_identity


@pytest.mark.parametrize(
    ("group", "signature", "maps"),
    [
        (orthogonal(3), (3,), 4),
        (special_orthogonal(3), (3,), 8),
        (lorentz(), (1, 3), 5),
        (proper_lorentz(), (1, 3), 10),
    ],
)
def test_clifford_algebras_of_named_lie_groups(group, signature, maps):
    rho = clifford(*signature).action(group.standard())
    rho.check()
    assert small.homs(rho, rho) == maps


def test_a_vector_of_another_signature_is_refused():
    with pytest.raises(SpecError, match="does not keep the quadratic form"):
        clifford(4).action(lorentz().standard())
    with pytest.raises(SpecError, match="does not keep the quadratic form"):
        clifford(1, 2).action(orthogonal(3).standard())
    with pytest.raises(SpecError, match="does not keep the form"):
        traceless(lorentz().standard(), 2)


def test_tensors_of_the_named_orthogonal_group():
    vector = orthogonal(3).standard()
    assert small.homs(vector * vector, spherical(vector, 1, parity=1)) == 1
    assert small.homs(vector * vector, spherical(vector, 1)) == 0


def test_change_of_group_along_inclusions():
    """O(3) to SO(3): the layers gain the cross product; O(1, 3) to its connected part."""
    whole, part = orthogonal(3), special_orthogonal(3)
    inclusion = Homomorphism(part, whole, {}, {a: {a: 1} for a in part.algebra})
    vector = whole.standard()
    below = restrict(vector, inclusion)
    assert small.homs(vector * vector, vector) == 0
    assert small.homs(below * below, below) == 1
    assert below.of is part and restrict(vector * vector, inclusion).kind == "tensor"
    twice = Homomorphism(part, whole, {}, {a: {a: 2} for a in part.algebra})
    with pytest.raises(SpecError, match="is not the bracket"):
        restrict(vector, twice)


def test_restriction_to_the_alternating_group():
    group = symmetric(4)
    inclusion = subgroup(group, {"three": "cycle swap", "two": "cycle cycle"}, name="A4")
    assert inclusion.source.order == 12
    assert restrict(sign(group), inclusion).map("three").is_identity
    points = restrict(group.standard(), inclusion)
    assert homs(points, points) == 2


def test_a_boost_is_an_automorphism():
    names = ("b",)
    boost = Matrix.of(
        [
            [Fraction(5, 3), Fraction(4, 3), 0, 0],
            [Fraction(4, 3), Fraction(5, 3), 0, 0],
            [0, 0, 1, 0],
            [0, 0, 0, 1],
        ]
    )
    from categorical.categories import groupoid

    free = groupoid("free", dict.fromkeys(names, ("*", "*")))
    cl = clifford(1, 3)
    rho = cl.action(Representation(free, {"b": boost}))
    product = cl.product().matrix(0)
    assert product @ (rho * rho).map("b") == rho.map("b") @ product


def test_subgroups_of_lie_groups_are_lie_groups():
    """Rotations about an axis, with the reflection that reverses it."""
    whole = orthogonal(3)
    (mirror,) = whole.arrows
    axis = subgroup(whole, {"m": mirror}, algebra={"z": {whole.algebra[-1]: 2}}, name="O(2)")
    assert axis.source.compact and axis.source.algebra == ("z",)
    vector = restrict(whole.standard(), axis)
    assert vector.of is axis.source and small.homs(vector, vector) == 3
    first, *_, last = whole.algebra
    with pytest.raises(SpecError, match="no basis of a Lie algebra") as refused:
        subgroup(whole, {}, algebra={"x": {first: 1}, "y": {last: 1}})
    assert refused.value.code == "CM043"
