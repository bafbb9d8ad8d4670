"""Products of categories, and outer tensor products of their functors."""

import pytest

from categorical.categories import Presentation, chain, groupoid, monoid, poset, product
from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.representations import Representation, outer
from tests.categorical.representations.small import cyclic, dihedral, points


def test_a_group_and_a_chain():
    group, line = dihedral(3), chain(3)
    both = product(group, line)
    assert both.objects == ("*|0", "*|1", "*|2") and not both.invertible
    assert len(both.arrows) == 3 * 4 + 2
    prefixes = Representation(
        line, {"0<1": Matrix.of([[1], [0]]), "1<2": Matrix.of([[1, 0], [0, 1], [0, 0]])}
    )
    found = outer(points(group), prefixes, both)
    found.check()
    assert found.dims == {"*|0": 3, "*|1": 6, "*|2": 9}
    assert (found + found * found).dims["*|1"] == 6 + 36


def test_maps_that_do_not_commute_are_refused():
    group, line = cyclic(2), chain(2)
    both = product(group, line)
    swap = Matrix.permutation([1, 0])
    maps = {"r|0": swap, "r^-1|0": swap, "r|1": swap, "r^-1|1": swap}
    Representation(both, maps | {"*|0<1": Matrix.of([[2, 1], [1, 2]])})
    with pytest.raises(SpecError, match="is violated") as refused:
        Representation(both, maps | {"*|0<1": Matrix.of([[2, 0], [0, 3]])})
    assert refused.value.code == "CM043"
    with pytest.raises(SpecError, match="is violated"):
        Representation(both, maps | {"r^-1|0": Matrix.identity(2), "*|0<1": Matrix.zero(2, 2)})


def test_two_groups_keep_their_names():
    one, two = cyclic(3), dihedral(4)
    with pytest.raises(SpecError, match="both `C3` and `D4` have an arrow `r`"):
        product(one, two)
    mirror = groupoid("Z2", {"t": ("*", "*")}, [("t t", "")])
    both = product(one, mirror)
    assert both.objects == ("*",) and both.invertible and list(both.arrows) == ["r", "t"]
    sign = Representation(mirror, {"t": Matrix.of([[-1]])})
    found = outer(points(one), sign, both)
    found.check()
    assert found.dual.map("t") == Matrix.identity(3) * -1


def test_two_groupoids_with_inverses_in_their_relations():
    left = groupoid("G", {"f": ("a", "b"), "g": ("a", "b")}, [("f g^-1 f g^-1", "")])
    both = product(left, left)
    assert len(both.objects) == 4 and both.invertible
    assert both.relations[0][0] == ("f|a", "g|a^-1", "f|a", "g|a^-1")
    one = Representation(left, {"f": Matrix.permutation([1, 0]), "g": Matrix.identity(2)})
    outer(one, one, both).check()


def test_two_posets_commute():
    square = product(chain(2), chain(2))
    assert square.relations == ((("0<1|0", "1|0<1"), ("0|0<1", "0<1|1")),)
    grid = product(chain(3), poset("v", [("o", "a"), ("o", "b")]))
    outer(Representation.trivial(grid.left, 2), Representation.trivial(grid.right), grid).check()
    with pytest.raises(SpecError, match="no representation of a factor"):
        outer(Representation.trivial(chain(3)), Representation.trivial(grid.right), grid)


def test_infinitesimal_generators_are_refused():
    spin = Presentation("SO2", ("*",), {}, invertible=True, algebra=("J",))
    with pytest.raises(SpecError, match="infinitesimal generators"):
        product(spin, monoid("M", ["e"]))
