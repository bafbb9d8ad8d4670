"""Homomorphisms, restriction, induction, homogeneous spaces, characters, irreducible ones."""

from itertools import product

import pytest

from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.representations import (
    Homomorphism,
    Representation,
    exterior_power,
    homogeneous,
    induce,
    orbit,
    quotient,
    regular,
    restrict,
    sign,
    subgroup,
    symmetric_power,
)
from categorical.representations.characters import character, classes, homs
from categorical.representations.irreps import irrep, irreps
from tests.categorical.representations import small
from tests.categorical.representations.small import (
    cyclic,
    dihedral,
    plane,
    points,
    quaternion,
    symmetric,
)


def test_characters_count_homs():
    group = symmetric(4)
    four = points(group)
    some = [
        four,
        four * four,
        four + sign(group),
        symmetric_power(four, 2),
        exterior_power(four, 2).dual,
        quotient(group, [("a",)]),
    ]
    for x, y in product(some, some):
        assert homs(x, y) == small.homs(x, y)
    assert sorted(one.size for one in classes(group)) == [1, 3, 6, 6, 8]


def test_frobenius_reciprocity():
    group = symmetric(4)
    inclusion = subgroup(group, {"x": "a", "y": "b a b^-1"}, name="S3")
    h = inclusion.source
    for v in (Representation.trivial(h), sign(h), regular(h), points(h) + sign(h)):
        induced = induce(v, inclusion)
        assert induced.dimension == v.dimension * group.order // h.order
        for w in (points(group), points(group) * sign(group), regular(group), sign(group)):
            assert homs(induced, w) == homs(v, restrict(w, inclusion)) == small.homs(induced, w)


def test_an_induced_representation_is_a_homomorphism():
    group = dihedral(6)
    inclusion = subgroup(group, {"c": "r"}, name="C6")
    induced = induce(irrep(inclusion.source, 1), inclusion)
    induced.check()
    assert induced.dimension == 4 and homs(induced, induced) == 4
    assert homs(induced, irrep(group, 1)) == 2


def test_mackey():
    """Res Ind V over S3 in S4 has one summand for each of the two double cosets."""
    group = symmetric(4)
    inclusion = subgroup(group, {"x": "a", "y": "b a b^-1"}, name="S3")
    h = inclusion.source
    pair = subgroup(h, {"t": "x"}, name="S2")
    for v in (sign(h), regular(h)):
        left = restrict(induce(v, inclusion), inclusion)
        inner = restrict(v, pair)
        right = v + induce(inner, pair)
        assert left.dimension == right.dimension
        assert homs(left, regular(h)) == homs(right, regular(h))
        assert homs(left, left) == homs(right, right)


def test_induction_in_stages():
    group = symmetric(4)
    big = subgroup(group, {"x": "a", "y": "b a b^-1"}, name="S3")
    inner = subgroup(big.source, {"t": "x y"}, name="C3")
    once = induce(irrep(inner.source, 1), inner >> big)
    twice = induce(induce(irrep(inner.source, 1), inner), big)
    assert character(once) == character(twice)


def test_restriction_keeps_the_pieces():
    group = dihedral(4)
    turns = subgroup(group, {"c": "r"}, name="C4")
    whole = (plane(group) + regular(group)) * plane(group).dual
    found = restrict(whole, turns)
    assert found.kind == "tensor" and [p.kind for p in found.parts] == ["sum", "dual"]
    assert found.map("c") == whole.map("r")
    assert restrict(regular(group), turns).kind == "permutation"
    assert restrict(whole, {"c": "r"}).map("c") == whole.map("r")


def test_restriction_of_a_derivative():
    from categorical.categories import Presentation

    spin = Presentation("SO3", ("*",), {}, invertible=True, algebra=("x", "y", "z"))
    maps = {
        "x": Matrix.of([[0, 0, 0], [0, 0, -1], [0, 1, 0]]),
        "y": Matrix.of([[0, 0, 1], [0, 0, 0], [-1, 0, 0]]),
        "z": Matrix.of([[0, -1, 0], [1, 0, 0], [0, 0, 0]]),
    }
    vector = Representation(spin, {}, maps)
    line = subgroup(spin, {}, algebra={"w": {"x": 1, "z": 2}}, name="SO2")
    assert restrict(vector * vector, line).derivative("w") == (
        (vector * vector).derivative("x") + (vector * vector).derivative("z") * 2
    )
    assert small.homs(restrict(vector, line), restrict(vector, line)) == 3
    with pytest.raises(SpecError, match="CM043"):
        subgroup(spin, {}, algebra={"w": {"q": 1}})


def test_what_is_no_homomorphism_is_refused():
    s3, c3, c6 = symmetric(3), cyclic(3), cyclic(6)
    with pytest.raises(SpecError, match="no homomorphism C3 → S3"):
        Homomorphism(c3, s3, {"r": "a"})
    with pytest.raises(SpecError, match="no homomorphism"):
        Homomorphism(c3, s3, {})
    with pytest.raises(SpecError, match="no arrow `q`"):
        Homomorphism(c3, s3, {"r": "q"})
    onto = Homomorphism(c6, c3, {"r": "r"})
    assert not onto.injective
    with pytest.raises(SpecError, match="no inclusion of a subgroup"):
        induce(points(c6), onto)
    assert restrict(points(c3), onto).dimension == 3
    with pytest.raises(SpecError, match="into another group"):
        restrict(points(s3), onto)


def test_homogeneous_spaces():
    group = symmetric(4)
    pairs = orbit(symmetric_power(points(group), 2), 1)
    assert pairs.size == 6 and pairs.stabiliser.source.order == 4
    assert pairs.functions.dimension == 6 and pairs.functions.is_permutation
    assert homs(pairs.functions, points(group)) == 2
    base = orbit(points(group), 2)
    for place, word in enumerate(base.section):
        assert base.functions.word(word, "*").image[0] == place
    vectors = base.fields(sign(base.stabiliser.source))
    assert vectors.dimension == 4 and homs(vectors, vectors * sign(group)) == 0
    whole = homogeneous(group, {})
    assert whole.size == 24 and homs(whole.functions, regular(group)) == 24
    with pytest.raises(SpecError, match="permutes no point"):
        orbit(points(group), 4)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 12])
def test_the_irreducible_representations_of_cyclic_groups_are_complete(n):
    group = cyclic(n)
    parts = irreps(group)
    total = 0
    for x, y in product(parts, parts):
        x.check()
        assert x.is_orthogonal
        found = homs(x, y)
        assert found == (0 if x is not y else x.dimension)
        total += x.dimension**2 // found if found else 0
    assert total == n


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_the_irreducible_representations_of_dihedral_groups_are_complete(n):
    group = dihedral(n)
    parts = irreps(group)
    assert sum(v.dimension**2 for v in parts) == 2 * n
    for x, y in product(parts, parts):
        x.check()
        assert homs(x, y) == int(x is y)


def test_what_is_no_frequency_is_refused():
    for wrong in (lambda: irrep(cyclic(4), 3), lambda: irrep(dihedral(5), 1, -1)):
        with pytest.raises(SpecError, match="CM042"):
            wrong()
    with pytest.raises(SpecError, match="not known here"):
        irrep(quaternion(), 1)


def test_a_construction_is_made_again_of_other_atoms():
    """O(3)-features become features of the square's group, whose elements are no words of O(3)."""
    from categorical.representations import clifford, isometries, spherical, substitute

    vector = isometries(3).standard()
    features = clifford(3).action(vector) + spherical(vector, 2, basis="orthonormal").dual * vector
    group = dihedral(4)
    maps = {
        "r": Matrix.of([[0, -1, 0], [1, 0, 0], [0, 0, 1]]),
        "s": Matrix.of([[1, 0, 0], [0, -1, 0], [0, 0, -1]]),
    }
    small_vector = Representation(group, maps, name="v")
    found = substitute(features, {vector: small_vector})
    found.check()
    assert found.of is group and found.dims["*"] == features.dimension
    assert [p.kind for p in found.parts[2:]] == [p.kind for p in features.parts[2:]]
    with pytest.raises(SpecError, match="nothing replaces it"):
        substitute(
            features
            + isometries(3).standard().dual
            * Representation(isometries(3), {"P": Matrix.identity(1)}, lambda a: Matrix.zero(1, 1)),
            {vector: small_vector},
        )


def test_restricted_powers_are_powers():
    group = dihedral(4)
    found = restrict(symmetric_power(plane(group), 3) * exterior_power(plane(group), 2), {"c": "r"})
    assert [p.kind for p in found.parts] == ["symmetric_power", "exterior_power"]
    assert found.map("c") == symmetric_power(plane(group), 3).map("r")


def test_cosets_of_a_group_too_large_to_list():
    """S12 on pairs: two routes to the same representation, and a field of signs."""
    from itertools import combinations

    group = symmetric(12)
    young = {f"t{i}": (*("b^-1",) * i, "a", *("b",) * i) for i in range(11) if i != 1}
    space = homogeneous(group, young)
    assert space.size == 66
    pairs = list(combinations(range(12), 2))
    number = {pair: i for i, pair in enumerate(pairs)}
    for word, image in zip(space.section, (group.word(w) for w in space.section)):
        assert space.functions.word(word, "*").image[0] == space.section.index(word)
        assert tuple(sorted(image[:2].tolist())) in number
    functions = space.functions
    functions.check()
    assert quotient(group, young.values()).map("b") == functions.map("b")
    assert orbit(functions, 3).size == 66
    with pytest.raises(SpecError, match="cosets of a subgroup"):
        quotient(group, [("a",)])
    with pytest.raises(SpecError, match="too many to list"):
        space.fields(sign(space.stabiliser.source))
    small_space = orbit(functions, 0)
    assert small_space.functions.dimension == 66


def test_fields_on_an_orbit_need_only_the_stabiliser_listed():
    """S9 is too large to list; the stabiliser of three points, of order 720, is not."""
    group = symmetric(9)
    three = points(group) ** 3
    space = orbit(three, 0 * 81 + 1 * 9 + 2)
    assert space.size == 9 * 8 * 7 and space.stabiliser.source.order == 720
    field = space.fields(sign(space.stabiliser.source))
    assert field.dimension == 504 and field.is_signed
    field.check()


def test_restriction_along_a_functor_of_posets():
    """Order maps pull sheaves back; an arrow may go to a path, or to an identity."""
    from categorical.categories import chain

    short, long = chain(3), chain(3)
    maps = {"0<1": Matrix.of([[1], [2]]), "1<2": Matrix.of([[3, 4]])}
    sheaf = Representation(long, maps)
    skip = Homomorphism(
        short, long, {"0<1": "0<1 1<2", "1<2": ""}, objects={"0": "0", "1": "2", "2": "2"}
    )
    found = restrict(sheaf + sheaf, skip)
    found.check()
    assert found.dims == {"0": 2, "1": 2, "2": 2}
    assert found.map("0<1") == Matrix.identity(2) * 11 and found.map("1<2").is_identity
    with pytest.raises(SpecError, match="is no path 2 → 0"):
        Homomorphism(
            short, long, {"0<1": "0<1 1<2", "1<2": ""}, objects={"0": "0", "1": "2", "2": "0"}
        )
    with pytest.raises(SpecError, match="one image for each object"):
        Homomorphism(short, long, {"0<1": "0<1", "1<2": "1<2"})


def test_restriction_along_a_functor_into_a_groupoid():
    from categorical.categories import groupoid

    line = groupoid("G", {"f": ("a", "b"), "g": ("c", "b")})
    turn = Representation(
        line, {"f": Matrix.of([[1, 1], [0, 1]]), "g": Matrix.of([[0, -1], [1, 0]])}
    )
    one = groupoid("I", {"h": ("x", "y")})
    along = Homomorphism(one, line, {"h": "f g^-1"}, objects={"x": "a", "y": "c"})
    assert restrict(turn, along).map("h") == Matrix.of([[0, 1], [-1, -1]])
    assert along.word(("h", "h^-1")) == ("f", "g^-1", "g", "f^-1")
