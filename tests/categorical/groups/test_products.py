"""Direct, semidirect and wreath products: orders, classes, presentations, inflation."""

import numpy as np
import pytest

from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.groups import (
    FiniteGroup,
    cyclic,
    dihedral,
    direct,
    hyperoctahedral,
    klein,
    lorentz,
    orthogonal,
    quaternion,
    rubik,
    semidirect,
    special_euclidean,
    special_orthogonal,
    symmetric,
    wreath,
)
from categorical.representations import Representation, regular

INVERT = {"r": {"r": "r^-1"}}


def sizes(group):
    return sorted(one.size for one in group.conjugacy_classes())


def orders_of_elements(group):
    """How many elements have each order: tells small groups apart."""
    found = {}
    for word in group.elements():
        image = at = group.word(word)
        n = 1
        while (at != np.arange(group.degree)).any():
            at, n = image[at], n + 1
        found[n] = found.get(n, 0) + 1
    return found


def presents(group):
    words = [left for left, _ in group.relations]
    return FiniteGroup.from_presentation("again", group.generators, words).order == group.order


def test_orders_multiply():
    assert direct(symmetric(3), symmetric(4), cyclic(5)).order == 6 * 24 * 5
    assert direct(rubik(), cyclic(2)).order == 2 * rubik().order
    assert wreath(cyclic(3), symmetric(4)).order == 3**4 * 24
    assert semidirect(cyclic(7), cyclic(3), {"r": {"r": "r r"}}).order == 21


def test_known_products():
    cube = wreath(symmetric(2), symmetric(3))
    assert cube.order == 48 == hyperoctahedral(3).order
    assert orders_of_elements(cube) == orders_of_elements(hyperoctahedral(3))
    assert sizes(cube) == sizes(hyperoctahedral(3))
    square = semidirect(cyclic(4), cyclic(2), INVERT)
    assert orders_of_elements(square) == orders_of_elements(dihedral(4))
    assert orders_of_elements(square) != orders_of_elements(quaternion())
    assert sizes(square) == sizes(dihedral(4))
    tetrahedron = semidirect(
        klein(), symmetric(3), {"swap": {"a": "b", "b": "a"}, "cycle": {"a": "b", "b": "a b"}}
    )
    assert orders_of_elements(tetrahedron) == orders_of_elements(symmetric(4))
    assert orders_of_elements(direct(cyclic(2), cyclic(3))) == orders_of_elements(cyclic(6))
    assert orders_of_elements(wreath(symmetric(2), symmetric(2))) == orders_of_elements(dihedral(4))


def test_the_relations_present_the_products():
    two_orbits = FiniteGroup("C2 on 3", {"a": (1, 0, 2)}, (("a", "a"),), presented=True)
    for group in (
        direct(symmetric(3), cyclic(4)),
        wreath(symmetric(3), symmetric(3)),
        wreath(cyclic(3), klein()),
        wreath(symmetric(2), two_orbits),
        semidirect(cyclic(7), cyclic(3), {"r": {"r": "r r"}}),
        semidirect(quaternion(), cyclic(3), {"r": {"i": "j", "j": "i j"}}),
    ):
        assert group.presented and presents(group), group
    assert wreath(symmetric(2), two_orbits).order == 16


def test_actions_that_are_none_are_refused():
    with pytest.raises(SpecError, match="by an automorphism") as refused:
        semidirect(cyclic(4), cyclic(2), {"r": {"r": "r r"}})
    assert refused.value.code == "CM043"
    with pytest.raises(SpecError, match="no homomorphism into its automorphisms"):
        semidirect(cyclic(7), cyclic(2), {"r": {"r": "r r"}})
    with pytest.raises(SpecError, match="needs an image for each generator"):
        semidirect(klein(), cyclic(2), {"r": {"a": "b"}})
    with pytest.raises(SpecError, match="by an automorphism"):
        semidirect(klein(), cyclic(2), {"r": {"a": "a", "b": "a"}})


def test_classes_of_a_product():
    group = direct(symmetric(3), quaternion())
    assert len(group.conjugacy_classes()) == 3 * 5
    plain = FiniteGroup("same", group.permutations)
    assert sizes(group) == sizes(plain)


def test_representations_of_factors_pull_back():
    group = direct(cyclic(3), cyclic(3))
    assert group.generators == ("r.1", "r.2") and group.names[1] == {"r": "r.2"}
    assert direct(cyclic(3), cyclic(3)) is group
    turns = regular(cyclic(3))
    one = group.inflate(1, turns)
    assert one.map("r.1").is_identity and one.map("r.2") == regular(cyclic(3)).map("r")
    assert (one.kind, one.factor, one.parts) == ("inflated", 1, (turns,))
    both = group.inflate(0, regular(cyclic(3))) * one
    assert both.map("r.1") == regular(cyclic(3)).map("r").kron(Matrix.identity(3))
    both.check()
    group.standard().check()
    assert group.standard() is group.standard() and group.standard().dimension == 6
    for wrong in (
        lambda: group.inflate(2, regular(cyclic(3))),
        lambda: group.inflate(0, regular(cyclic(4))),
    ):
        with pytest.raises(SpecError, match="no representation of factor"):
            wrong()


def test_products_with_lie_groups():
    group = direct(symmetric(3), orthogonal(2), lorentz())
    assert set(group.arrows) == {"swap", "cycle", "P.2", "P.3", "T"}
    assert group.brackets()["A12.2", "A12.3"] == {}
    assert group.adjoint()["P.2", "A12.2"] == {"A12.2": -1}
    assert group.adjoint()["P.2", "A12.3"] == {"A12.3": 1}
    group.standard().check()
    mixed = group.inflate(0, symmetric(3).standard()) * group.inflate(2, lorentz().standard())
    mixed.check()
    assert mixed.dimension == 12
    maps = {g: group.standard().map(g) for g in group.arrows}
    turned = {a: group.standard().derivative(a) for a in group.algebra}
    turned["A12.2"] = turned["A12.2"] + turned["A12.3"]
    with pytest.raises(SpecError, match="no representation"):
        Representation(group, maps, turned)


def test_a_group_without_presentation_in_a_product_with_a_lie_group():
    bare = FiniteGroup("S3", dict(symmetric(3).permutations))
    group = direct(bare, special_orthogonal(2))
    with pytest.raises(SpecError, match="no representation"):
        maps = {"swap": Matrix.of([[1]]), "cycle": Matrix.of([[-1]])}
        Representation(group, maps, {"A12": Matrix.zero(1, 1)})
    with pytest.raises(SpecError, match="no complete presentation") as refused:
        direct(rubik(), special_euclidean(2))
    assert refused.value.code == "CM044"


def test_bad_arguments():
    for wrong in (lambda: direct(), lambda: direct(symmetric(3), 4)):
        with pytest.raises(SpecError) as refused:
            wrong()
        assert refused.value.code == "CM042"
