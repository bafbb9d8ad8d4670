"""Completeness: counted again by the checker; layers with missing maps are refuted by one."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from categorical import Dim, Real, architecture, laws, op
from categorical.diagrams import pair_diagrams, partition_diagrams
from categorical.exact import Basis, Matrix, cos, sin
from categorical.groups import (
    Rotation,
    Symmetric,
    cyclic,
    dihedral,
    rubik,
    special_orthogonal,
    symmetric,
)
from categorical.groups.actions import Acting
from categorical.groups.families import Lorentz, Orthogonal
from categorical.representations import Representation, regular
from proofs.certificate import Obstruction, Proof, bundle, claim
from proofs.checker import check
from proofs.checking.actions import Operator
from proofs.checking.complete import most, rank
from proofs.checking.exact import Sparse
from proofs.completeness import prove_complete
from synthesis.kernels import convolution
from synthesis.ladder import check as climb
from synthesis.layers import natural
from synthesis.replay import replay
from tests.proofs.test_equivariance import accepted as accepted_equivariance
from tests.proofs.test_equivariance import mutated

n, m, c, k = Dim.named("n m c k")
g, v, s = Dim("g", size=4), Dim("v", size=2), Dim("s", size=4)
C4, D4 = cyclic(4), dihedral(4)
TURN = Acting(C4, {g: C4.standard()})
BOTH = Acting(C4, {g: C4.standard(), v: C4.space()})
ROW, COLUMN = n.at("row"), n.at("column")


def layer(maps, source, target, **more):
    return op.hom(maps, (source,), target, channels=(c,), out=k, **more).graph()


def accepted(graph, group) -> str:
    found = prove_complete(graph, group)
    assert isinstance(found, Proof), found.reason
    report = check(bundle("00", [claim("law", found)]))
    assert report.ok, report.errors
    assert report.claims == [f"law: {found.sentence}"]
    return found.sentence


@pytest.mark.parametrize(
    ("source", "target", "group", "count"),
    [
        (Real[g], Real[g], TURN, "4 maps and 1 bias vector"),
        (Real[g], Real[v], BOTH, "2 maps"),
        (Real[v], Real[v], BOTH, "2 maps"),
        (Real[g, g.at("b")], Real[g], TURN, "16 maps and 1 bias vector"),
        (Real[n], Real[n], Symmetric(n), "all diagrams"),
        (Real[n, n.at("b")], Real[n, n.at("b")], Symmetric(n), "all diagrams"),
        (Real[n, m], Real[n, m], Symmetric(n) * Symmetric(m), "all diagrams"),
        (Real[s], Real[s], Lorentz(s), "all diagrams"),
        (Real[v, v.at("b")], Real[v, v.at("b")], Rotation(v), "all diagrams"),
    ],
)
def test_solved_layers_are_complete(source, target, group, count):
    graph = natural(source, target, under=group).layer(c, k).graph()
    assert f"({count})" in accepted(graph, group)


def without(maps: Basis, number: int) -> Basis:
    """A basis without one of its tensors."""
    keep = maps.which != number
    which = maps.which[keep]
    return Basis(
        maps.shape, maps.count - 1, which - (which > number), maps.places[keep], maps.values[keep]
    )


@pytest.mark.parametrize(
    ("source", "target", "group"),
    [
        (Real[g], Real[g], TURN),
        (Real[g], Real[v], BOTH),
        (Real[v], Real[v], BOTH),
        (Real[g, v], Real[v], BOTH),
    ],
)
def test_a_missing_map_is_found(source, target, group):
    every = natural(source, target, under=group).at()
    for number in range(every.count):
        graph = layer(without(every, number), source.axes, target.axes)
        found = prove_complete(graph, group)
        assert isinstance(found, Obstruction) and "1 missing" in found.reason
        assert found.node.name == "hom" and found.data["missing"] == 1
        entries = found.data["map"]
        one = Basis(every.shape, 1, [0] * len(entries), list(entries), list(entries.values()))
        both = Basis(
            every.shape,
            every.count,
            [*without(every, number).which, *([every.count - 1] * len(entries))],
            [*without(every, number).places, *one.places],
            [*without(every, number).values, *one.values],
        )
        accepted(layer(both, source.axes, target.axes), group)


def test_missing_diagrams():
    every = partition_diagrams(2, 2)
    axes = (n, n.at("b"))
    assert "all diagrams" in accepted(layer(every, axes, axes), Symmetric(n))
    for number in range(15):
        chosen = every.choose([i for i in range(15) if i != number])
        found = prove_complete(layer(chosen, axes, axes), Symmetric(n))
        assert found.data["missing"] == 1
        assert found.data["diagram"] == str(every.diagrams[number])


def test_another_family_is_not_complete():
    vectors = pair_diagrams(1, 1, name="v")
    assert accepted(layer(vectors, (n,), (n,)), Orthogonal(n))
    found = prove_complete(layer(vectors, (n,), (n,)), Symmetric(n))
    assert "not those of the group" in found.reason
    two = partition_diagrams(1, 1)
    assert accepted(layer(two, (n,), (n,)), Symmetric(n))
    assert not prove_complete(layer(two, (n,), (n,)), Orthogonal(n))


def test_maps_that_are_not_equivariant_or_dependent_are_refused():
    one = Basis((4, 4), 1, [0], [1], [1])
    assert "not equivariant" in prove_complete(layer(one, (g,), (g,)), TURN).reason
    unit = [0, 5, 10, 15]
    twice = Basis((4, 4), 2, [0] * 4 + [1] * 4, unit * 2, [1] * 4 + [2] * 4)
    assert "not independent" in prove_complete(layer(twice, (g,), (g,)), TURN).reason
    free = prove_complete(layer(Basis((2, 2), 1, [0, 0], [0, 3], [1, 1]), (v,), (v,)), TURN)
    assert "does not act" in free.reason


def test_irrational_rotations():
    c8 = cyclic(8)
    turn = {a: Matrix.of([[cos(8), -sin(8)], [sin(8), cos(8)]]) for a in c8.arrows}
    eighth = Acting(c8, {v: Representation(c8, turn)})
    both = Basis((2, 2), 2, [0, 0, 1, 1], [0, 3, 1, 2], [1, 1, 1, -1])
    assert "(2 maps)" in accepted(layer(both, (v,), (v,)), eighth)
    found = prove_complete(layer(without(both, 0), (v,), (v,)), eighth)
    assert found.data["map"] in ({0: 1, 3: 1}, {0: 1, 1: 0, 2: 0, 3: 1})


def kernels(count: int) -> Basis:
    """The first of the three kernels 1 → 1 on 3 × 3 positions that D4 fixes."""
    orbits = [[4], [1, 3, 5, 7], [0, 2, 6, 8]][:count]
    which = [i for i, one in enumerate(orbits) for _ in one]
    places = [p for one in orbits for p in one]
    return Basis((1, 1, 3, 3), count, which, places, [1] * len(places))


def test_steerable_kernels():
    plane = Acting(D4, {}, grid=(ROW, COLUMN))

    def graph(count):
        return op.steerable_conv(
            kernels(count), (), (), channels=(c, k), over=(ROW, COLUMN)
        ).at(Real[c, ROW, COLUMN]).graph()  # fmt: skip

    assert "(3 maps)" in accepted(graph(3), plane)
    found = prove_complete(graph(2), plane)
    assert found.data["map"] == {0: 1, 2: 1, 6: 1, 8: 1}


def test_kernels_of_regular_fibres():
    """C4 has 36 kernels of 3 × 3 from its regular fibre to itself; 24 of them are not all."""
    turns = Acting(C4, {g: regular(C4)}, grid=(ROW, COLUMN))
    every = convolution(under=turns, source_fibre=g, target_fibre=g, channels=(c, k), bias=False)

    def graph(maps):
        return op.steerable_conv(
            maps, g, g, channels=(c, k), over=(ROW, COLUMN)
        ).at(Real[c, g, ROW, COLUMN]).graph()  # fmt: skip

    maps = every.op["basis"]
    assert "(36 maps)" in accepted(graph(maps), turns)
    keep = maps.which < 24
    few = Basis(maps.shape, 24, maps.which[keep], maps.places[keep], maps.values[keep])
    found = prove_complete(graph(few), turns)
    assert found.reason == "`steerable_conv` has 24 of 36 maps: 12 missing"
    assert found.data["missing"] == 12 and len(found.data["map"]) == 4
    assert accepted_equivariance(graph(few), turns) == "at g=4; all sizes of n"


def test_the_solver_and_the_checker_count_alike():
    v3 = Dim("w", size=3)
    rotations = Acting(special_orthogonal(3), {v3: special_orthogonal(3).standard()})
    graph = natural(Real[v3, v3.at("b")], Real[v3, v3.at("b")], under=rotations).layer(c, k).graph()
    assert "(3 maps and 1 bias vector)" in accepted(graph, rotations)
    cube_ = rubik()
    stickers = Dim("stickers", size=48)
    turns = Acting(cube_, {stickers: cube_.standard()})
    graph = natural(Real[stickers], Real[stickers], under=turns).layer(c, k).graph()
    assert "(9 maps and 2 bias vectors)" in accepted(graph, turns)


def test_counts_of_the_checker():
    minus = Sparse(1, [(0, 0, -1)])
    one = Sparse.unit(1)
    assert most([Operator([minus], [one], False)], 1) == 0
    assert most([Operator([minus], [minus], False)], 1) == 1
    half = Sparse(2, [(0, 0, Fraction(3, 5)), (0, 1, Fraction(-4, 5)),
                      (1, 0, Fraction(4, 5)), (1, 1, Fraction(3, 5))])  # fmt: skip
    assert most([Operator([half], [half], False)], 4) == 2
    flow = Sparse(2, [(0, 1, -1), (1, 0, 1)])
    assert most([Operator([flow], [flow], True)], 4) == 2
    assert rank([{0: 1, 1: 1}, {0: 1}, {1: 1}]) == 2
    assert rank([{0: 1}, {}]) == 1


def the_claim(body):
    return body["claims"][0]


MUTATIONS = {
    "another count": lambda b: the_claim(b)["steps"][0][0].__setitem__(1, 5),
    "fewer generators": lambda b: the_claim(b)["action"][0]["dims"].pop(),
    "another matrix": lambda b: the_claim(b)["action"][0]["dims"][0][1]["entries"][0]
    .__setitem__(2, -1),
    "a map left out": lambda b: basis(b).update(count=3),
    "another scope": lambda b: the_claim(b).update(scope="all sizes"),
    "a family of nothing": lambda b: the_claim(b)["families"].append(
        {"family": "brauer", "signs": [], "dim": ["dim", "z", None, None], "dual": None}
    ),
    "a dim on which nothing acts": lambda b: the_claim(b)["dims"].append(["dim", "z", 2, None]),
    "another value": lambda b: basis(b)["values"].__setitem__(0, 2),
}  # fmt: skip


def basis(body):
    return body["programs"][0]["nodes"][0]["attrs"]["basis"]["basis"]


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutated_certificates_are_refused(name):
    graph = natural(Real[g], Real[g], under=TURN).layer(c, k).graph()
    text = bundle("00", [claim("law", prove_complete(graph, TURN))])
    assert mutated(text, lambda b: None)
    assert not mutated(text, MUTATIONS[name])


def test_a_group_with_another_family_is_refused_by_the_checker():
    graph = natural(Real[n], Real[n], under=Symmetric(n)).layer(c, k).graph()
    text = bundle("00", [claim("law", prove_complete(graph, Symmetric(n)))])
    assert mutated(text, lambda b: None)
    assert not mutated(text, lambda b: the_claim(b)["families"][0].update(family="brauer"))
    chosen = layer(partition_diagrams(1, 1).choose([0]), (n,), (n,))
    forged = json.loads(text)
    from proofs.program import program

    assert not mutated(text, lambda b: b.update(programs=[program(chosen)]))
    assert forged["claims"][0]["claim"] == "complete"


def test_the_ladder():
    good = natural(Real[g], Real[g], under=TURN).layer(c, k).named("good")
    law = laws.complete(under=TURN)
    (found,) = climb(architecture(good, laws=[law]))
    assert found.verdict.name == "PROVED" and found.method == "structural (complete)"
    every = natural(Real[g], Real[g], under=TURN).at()
    bad = op.hom(without(every, 2), ((g,),), (g,), channels=(c,), out=k).named("bad")
    (found,) = climb(architecture(bad, laws=[law]))
    assert found.verdict.name == "REFUTED" and "3 of 4 maps" in found.reason
    assert found.counterexample.certified and "{" in found.counterexample.source
    again = replay(architecture(bad, laws=[law]), "bad", law.name, sizes={})
    assert not again.holds and "3 of 4 maps" in again.left
    assert replay(architecture(good, laws=[law]), "good", law.name, sizes={}).holds
    small = symmetric(4)
    whole = Acting(small, {g: small.standard()})
    (found,) = climb(architecture(good, laws=[laws.complete(under=whole)]))
    assert found.verdict.name == "UNKNOWN" and "not equivariant" in found.reason
