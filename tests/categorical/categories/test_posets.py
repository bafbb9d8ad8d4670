"""Posets and quivers: covers, relations, and functors out of them."""

from itertools import combinations, product

import numpy as np
import pytest

from categorical.categories import chain, groupoid, monoid, path, poset, quiver, translations
from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.representations import Representation


def subsets(n):
    """The lattice of subsets of n points, with all pairs given (covers must be found)."""
    every = [frozenset(c) for k in range(n + 1) for c in combinations(range(n), k)]
    name = {s: "".join(map(str, sorted(s))) or "-" for s in every}
    pairs = [(name[a], name[b]) for a, b in product(every, every) if a < b]
    return poset("subsets", pairs), {name[s]: s for s in every}


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_covers_of_the_lattice_of_subsets(n):
    found, sets = subsets(n)
    assert len(found.arrows) == n * 2 ** (n - 1)
    for a, b in product(sets, sets):
        assert found.leq(a, b) == (sets[a] <= sets[b])
        route = found.path(a, b)
        assert (route is not None) == (sets[a] <= sets[b])
        assert route is None or len(route) == len(sets[b]) - len(sets[a])


def congruent(found):
    """All pairs of equal paths that the relations give, by closing under both compositions."""
    parent = {}

    def root(x):
        while parent.setdefault(x, x) != x:
            x = parent[x]
        return x

    paths = [(start, ()) for start in found.objects]
    for start, steps in paths:
        at = found.ends(steps[-1])[1] if steps else start
        paths += [(start, (*steps, f)) for f, (a, _) in found.arrows.items() if a == at]
    for start, steps in paths:
        for left, right in found.relations:
            for i in range(len(steps)):
                if steps[i : i + len(left)] == left:
                    other = (*steps[:i], *right, *steps[i + len(left) :])
                    parent[root((start, steps))] = root((start, other))
    classes = {}
    for start, steps in paths:
        at = found.ends(steps[-1])[1] if steps else start
        classes.setdefault((start, at), set()).add(root((start, steps)))
    return classes


@pytest.mark.parametrize("n", [2, 3])
def test_the_relations_make_any_two_paths_equal(n):
    found, _ = subsets(n)
    assert all(len(one) == 1 for one in congruent(found).values())
    random = np.random.default_rng(n)
    for _ in range(20):
        pairs = [
            (str(i), str(j)) for i in range(6) for j in range(i + 1, 6) if random.random() < 0.4
        ]
        some = poset("random", pairs, objects=map(str, range(6)))
        assert all(len(one) == 1 for one in congruent(some).values())


def test_a_missing_relation_is_noticed():
    """The same square as a quiver without its relation has two paths."""
    square = {"a": ("o", "x"), "b": ("o", "y"), "c": ("x", "t"), "d": ("y", "t")}
    assert max(len(one) for one in congruent(quiver("free", square)).values()) == 2
    assert max(len(one) for one in congruent(quiver("sq", square, [("a c", "b d")])).values()) == 1


def test_a_sheaf_is_a_functor():
    square = poset("square", [("o", "a"), ("o", "b"), ("a", "t"), ("b", "t")])
    maps = {
        "o<a": Matrix.of([[1, 0], [0, 1], [0, 0]]),
        "o<b": Matrix.of([[1, 1]]),
        "a<t": Matrix.of([[2, 2, 5]]),
        "b<t": Matrix.of([[2]]),
    }
    sheaf = Representation(square, maps)
    assert sheaf.dims == {"o": 2, "a": 3, "b": 1, "t": 1} and sheaf.dimension == 7
    with pytest.raises(SpecError, match="differ by 1 at the entry") as refused:
        Representation(square, maps | {"a<t": Matrix.of([[2, 3, 5]])})
    assert refused.value.code == "CM043"
    with pytest.raises(SpecError, match="must be"):
        Representation(square, maps | {"a<t": Matrix.of([[2, 2]])})
    with pytest.raises(SpecError, match="one matrix for each arrow"):
        Representation(square, {"o<a": maps["o<a"]})


def test_the_algebra_of_functors():
    line = chain(3)
    one = Representation(line, {"0<1": Matrix.of([[1], [2]]), "1<2": Matrix.of([[3, 4]])})
    two = Representation(line, {"0<1": Matrix.of([[5]]), "1<2": Matrix.of([[0], [6]])})
    both, times = one + two, one * two
    assert both.dims == {"0": 2, "1": 3, "2": 3} and times.dims == {"0": 1, "1": 2, "2": 2}
    for found in (both, times, one**3, Representation.trivial(line, 2) * one):
        found.check()
    assert times.map("0<1") == one.map("0<1").kron(two.map("0<1"))
    assert (one**0).dims == {"0": 1, "1": 1, "2": 1}
    with pytest.raises(SpecError, match="tensor power"):
        one**-1


def test_symmetric_powers_of_functors():
    from categorical.representations import exterior_power, symmetric_power

    line = chain(3)
    one = Representation(line, {"0<1": Matrix.of([[1], [2]]), "1<2": Matrix.of([[3, 4]])})
    assert symmetric_power(one, 2).dims == {"0": 1, "1": 3, "2": 1}
    assert exterior_power(one, 2).dims == {"0": 0, "1": 1, "2": 0}
    assert symmetric_power(one, 2).word(("0<1", "1<2"), "0").trace() == 11**2
    symmetric_power(one, 2).check()


def test_only_invertible_functors_have_a_dual():
    line = chain(2)
    flat = Representation(line, {"0<1": Matrix.of([[1, 0], [0, 0]])})
    with pytest.raises(SpecError, match="has no dual: its map `0<1` has no inverse") as refused:
        _ = flat.dual
    assert refused.value.code == "CM043" and "transpose" in str(refused.value)
    with pytest.raises(SpecError, match="has no dual"):
        _ = Representation(line, {"0<1": Matrix.of([[1, 0]])}).dual
    good = Representation(line, {"0<1": Matrix.of([[1, 1], [0, 1]])})
    assert good.dual.map("0<1") == Matrix.of([[1, 0], [-1, 1]]) and good.dual.dual is good
    turned = flat.transpose
    turned.check()
    assert turned.of is line.opposite and turned.of.opposite is line and turned.transpose is flat
    assert line.opposite.arrows == {"0<1": ("1", "0")}
    with pytest.raises(SpecError, match="CM043"):
        _ = turned + flat


def test_the_opposite_turns_relations():
    square = poset("square", [("o", "a"), ("o", "b"), ("a", "t"), ("b", "t")])
    assert square.opposite.relations == ((("a<t", "o<a"), ("b<t", "o<b")),)


def test_monoids():
    once = monoid("idempotent", ["e"], [("e e", "e")])
    assert Representation(once, {"e": Matrix.of([[1, 1], [0, 0]])}).dimension == 2
    with pytest.raises(SpecError, match=r"e\^2 = e"):
        Representation(once, {"e": Matrix.of([[2]])})
    shift = Matrix.of([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    plane = translations(2)
    both = {"x": shift.kron(Matrix.identity(3)), "y": Matrix.identity(3).kron(shift)}
    assert Representation(plane, both).dimension == 9
    with pytest.raises(SpecError, match="x y = y x"):
        Representation(plane, {"x": shift, "y": shift.T})
    assert translations(1, invertible=True).invertible


def test_groupoids_need_square_invertible_maps():
    two = groupoid("G", {"f": ("a", "b")})
    assert Representation(two, {"f": Matrix.of([[0, 2], [1, 0]])}).dual.dims == {"a": 2, "b": 2}
    with pytest.raises(SpecError, match="has no inverse"):
        Representation(two, {"f": Matrix.of([[1, 0]])})
    with pytest.raises(SpecError, match="has no inverse"):
        Representation(two, {"f": Matrix.of([[1, 1], [1, 1]])})


def test_objects_that_no_arrow_touches_need_a_dimension():
    lonely = quiver("lonely", {"f": ("a", "b")}, objects=["c"])
    assert lonely.objects == ("c", "a", "b")
    with pytest.raises(SpecError, match="tells the dimension at c"):
        Representation(lonely, {"f": Matrix.of([[1]])})
    assert (
        Representation(lonely, {"f": Matrix.of([[1]])}, dims={"a": 1, "b": 1, "c": 4}).dimension
        == 6
    )


def test_bad_declarations():
    for wrong in (
        lambda: poset("loop", [("a", "b"), ("b", "c"), ("c", "a")]),
        lambda: chain(0),
        lambda: monoid("twice", ["a", "a"]),
        lambda: quiver("broken", {"f": ("a", "b")}, [("f f", "f")]),
        lambda: quiver("unknown", {"f": ("a", "a")}, [("g", "f")]),
    ):
        with pytest.raises(SpecError):
            wrong()
    assert path("f g") == ("f", "g") and path("") == ()
