"""Claims of symmetry that were once accepted, or that invite a mistake: none may be proved."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.errors import SpecError
from categorical.exact import Basis, Matrix, root
from categorical.groups import (
    Cyclic,
    Rotation,
    Sign,
    Symmetric,
    cyclic,
    dihedral,
    symmetric,
)
from categorical.groups.actions import Acting
from categorical.groups.families import GeneralLinear, Lorentz, Orthogonal, SpecialLinear
from categorical.representations import Representation
from proofs.certificate import bundle, claim
from proofs.checker import check
from proofs.checking.complete import rank
from proofs.checking.exact import read, real
from proofs.checking.programs import Refusal, well_typed
from proofs.completeness import prove_complete
from proofs.equivariance import prove_equivariant
from proofs.naturality import prove_natural
from synthesis.ladder import check as ladder
from synthesis.layers import natural
from tests.proofs.test_equivariance import error, mutated

g, v, w, h = Dim("g", size=4), Dim("v", size=2), Dim("w", size=2), Dim("h", size=3)
q = Dim("q", size=4)
n, m, c, k = Dim.named("n m c k")
C4, D4, S4 = cyclic(4), dihedral(4), symmetric(4)
TURN = Acting(C4, {g: C4.standard()})
POINTS = Acting(S4, {g: S4.standard()})
BOTH = Acting(C4, {g: C4.standard(), v: C4.space()})
SIZES = {"n": 3, "m": 2, "c": 2, "k": 2}


def verdict(one, law) -> str:
    (found,) = ladder(architecture(one.named("one"), laws=[law]))
    return found.verdict.name


@pytest.mark.parametrize(
    ("one", "group"),
    [
        (op.roll(g, 1).at(Real[g, c]), TURN * POINTS),
        (op.roll(g, 1).at(Real[g, c]), POINTS * TURN),
        (op.tanh.at(Real[v, c]), Sign(v) * Rotation(v)),
        (op.relu.at(Real[v, c]), Symmetric(v) * Sign(v)),
    ],
)
def test_every_factor_on_a_dim_is_proved(one, group):
    assert verdict(one, laws.equivariant(under=group)) == "REFUTED"
    assert error(one.graph(), group, SIZES) > 1e-3


INSIDE = [op.flip(n + m), op.roll(n + m, 1), op.layer_norm(n + m, affine=False)]


@pytest.mark.parametrize("inner", INSIDE)
def test_a_sign_on_one_term_of_a_sum_is_not_a_sign(inner):
    @arrow
    def network(x: Real[n, c], y: Real[m, c]) -> Real[n, c] * Real[m, c]:
        return op.unconcat(n, m)(inner(op.concat(n, m)(x, y)))

    graph = network.graph()
    assert not prove_natural(graph, [n], "negation")
    assert not prove_equivariant(graph, Sign(n), sizes={"n": 3})
    assert error(graph, Sign(n), SIZES) > 1e-3


def test_a_sign_on_a_whole_product_is_a_sign():
    graph = op.flip(v * n).at(Real[v * n]).graph()
    assert prove_natural(graph, [v], "negation")
    assert prove_equivariant(graph, Sign(v))
    assert error(graph, Sign(v), SIZES) < 1e-9


def test_noise_that_is_not_symmetric_is_not_turned_around():
    """The product of a dropped vector and another one is even, whatever the noise."""

    @arrow
    def product(x: Real[v], y: Real[v]) -> Real[v]:
        return op.dropout(0.5)(x) * y

    @arrow
    def rectified(x: Real[v]) -> Real[v]:
        return op.dropout(0.5)(op.abs(x))

    @arrow
    def kept(x: Real[v]) -> Real[v]:
        return op.tanh(op.dropout(0.5)(x))

    assert not prove_natural(product.graph(), [v], "negation", "train")
    assert not prove_natural(rectified.graph(), [v], "negation", "train")
    found = prove_natural(kept.graph(), [v], "negation", "train")
    assert check(bundle("00", [claim("law", found)])).ok


# --- completeness ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "type_", "group"),
    [
        (natural(Real[g], Real[g], under=TURN), Real[v, g, c], BOTH),
        (natural(Real[g], Real[g], under=TURN), Real[g.at("b"), g, c], TURN),
        (natural(Real[n], Real[n], under=Symmetric(n)), Real[n.at("b"), n, c], Symmetric(n)),
        (natural(Real[n], Real[n], under=Symmetric(n)), Real[m, n, c], Symmetric(n) * Symmetric(m)),
    ],
)
def test_a_carried_axis_leaves_maps_out(layer, type_, group):
    """The layer is equivariant; the maps that sum along the other axis are missing."""
    one = layer.layer(c, k, bias=False).at(type_)
    assert verdict(one, laws.equivariant(under=group)) == "PROVED"
    assert "leaves out maps" in prove_complete(one.graph(), group).reason
    assert verdict(layer.layer(c, k), laws.complete(under=layer.under)) == "PROVED"


def test_maps_that_a_second_factor_does_not_keep():
    one = natural(Real[v], Real[v], under=Symmetric(v)).layer(c, k)
    assert not prove_complete(one.graph(), Symmetric(v) * Sign(v))
    assert prove_complete(one.graph(), Symmetric(v))


def test_a_part_of_a_group_is_not_all_of_it():
    """Four maps commute with the turns of four points, two with all permutations."""
    opened = Dim("opened")
    turns = Acting(C4, {opened: C4.standard()}, sizes={"opened": 4})
    four = natural(Real[g], Real[g], under=TURN).layer(c, k).graph()
    assert not prove_complete(four, Symmetric(g) * TURN)
    two = natural(Real[g], Real[g], under=Symmetric(g)).at()
    graph = op.hom(two, ((g,),), (g,), channels=(c,), out=k).graph()
    found = prove_complete(graph, Symmetric(g) * TURN)
    assert check(bundle("00", [claim("law", found)])).ok
    assert (Symmetric(opened) * turns).factors()


def test_a_tensor_of_zeros_is_not_independent():
    assert rank([{0: 1}, {1: 0}]) == 1
    graph = natural(Real[g], Real[g], under=TURN).layer(c, k, bias=False).graph()
    text = bundle("00", [claim("law", prove_complete(graph, TURN))])

    def without(body):
        one = body["programs"][0]["nodes"][0]["attrs"]["basis"]["basis"]
        one["values"] = [0 if i == 0 else x for i, x in zip(one["which"], one["values"])]

    assert mutated(text, lambda body: None) and not mutated(text, without)


def test_all_permutations_need_a_cycle_and_a_swap():
    """Diagrams and tensors in one certificate: the generators of the family must be there."""
    maps = natural(Real[g], Real[g], under=Symmetric(g)).at()
    first = op.hom(maps, ((g,),), (g,), channels=(c,), out=k, name="first")
    second = natural(Real[g], Real[g], under=Symmetric(g)).layer(k, c, name="second")
    graph = (first >> second).graph()
    text = bundle("00", [claim("law", prove_complete(graph, Symmetric(g)))])
    assert mutated(text, lambda body: None)
    assert not mutated(text, lambda body: body["claims"][0]["action"].pop())


# --- numbers --------------------------------------------------------------------------------------


def test_matrices_are_real():
    one = Representation(C4, {"r": Matrix.of([[root(4), 0], [0, root(4, 3)]])})
    with pytest.raises(SpecError, match="not real"):
        Acting(C4, {v: one})
    assert not real(read([4, ["0", "1"]])) and real(read([8, ["0", "1", "0", "-1"]]))


@pytest.mark.parametrize("text", ["1e9", "", " 1", "1.5", "٣", [4, ["1e9"]], True, None])
def test_other_numbers_are_refused(text):
    with pytest.raises(Refusal):
        read(text)


@pytest.mark.parametrize("values", [0, "x", ()])
def test_numbers_have_no_values(values):
    assert not well_typed(("real", ((("dim", "n", None, None), ""),), values))


# --- at random ------------------------------------------------------------------------------------

GROUPS = [
    TURN,
    BOTH,
    POINTS,
    Acting(D4, {g: D4.standard(), v: D4.space()}),
    Acting(S4, {g: S4.standard(), q: S4.standard()}),
    Symmetric(g),
    Cyclic(g),
    Sign(v),
    Rotation(h),
    Orthogonal(v),
    Lorentz(q),
    GeneralLinear(v, dual=w),
    SpecialLinear(v),
    Cyclic(g) * Sign(v),
    Rotation(v) * Rotation(w),
]


def step(rnd: random.Random, x, pool):
    """One more operation on a wire, often a layer that was solved for some group."""
    own = [a for a in x.type.axes if a.index is not c]
    if not own:
        return op.tanh(x)
    one = rnd.choice(own)
    if rnd.random() < 0.4 and c in [a.index for a in x.type.axes]:
        target = rnd.choice([Real.scalar, Real[rnd.choice(pool)]])
        try:
            found = natural(Real[one], target, under=rnd.choice(GROUPS))
            name = f"layer{rnd.randrange(10**9)}"
            return found.layer(c, mix="each", bias=rnd.random() < 0.5, name=name)(x)
        except SpecError:
            return x
    choices = [
        op.relu,
        op.tanh,
        op.softmax(one),
        op.mean(one),
        op.max(one),
        op.rms_norm(one, affine=False),
        op.layer_norm(one, affine=False),
        op.roll(one, 1),
        op.flip(one),
    ]
    if rnd.random() < 0.3:
        return op.einsum(*[a for a in x.type.axes if a != one])(x, x)
    return rnd.choice(choices)(x)


def network(rnd: random.Random, source, pool):
    """Up to three operations."""

    def body(x):
        for _ in range(rnd.randint(1, 3)):
            x = step(rnd, x, pool)
        return x

    body.__annotations__ = {"x": source}
    return arrow(body)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_proved_holds_in_floats(seed):
    rnd, proved = random.Random(seed), 0
    for _ in range(25):
        pool = [*rnd.choice(GROUPS).dims, rnd.choice([g, v, w, h, q])]
        first = dict.fromkeys(rnd.choice(pool) for _ in range(2))

        graph = network(rnd, Real[(*first, c)], pool).graph()
        for group in GROUPS:
            if not any(d in one.atoms for d in group.dims for one in graph.dom):
                continue
            found = prove_equivariant(graph, group)
            if found:
                proved += 1
                assert check(bundle("00", [claim("law", found)])).ok
                assert error(graph, group, SIZES) < 1e-5, (group, graph)
    assert proved > 10


def test_the_entries_of_a_proof_are_those_of_the_group():
    (move,) = prove_equivariant(op.relu.at(Real[g]).graph(), TURN).data["action"]
    entries = move["dims"][0][1]["entries"]
    found = np.zeros((4, 4))
    for row, column, value in json.loads(json.dumps(entries)):
        found[row, column] = value
    assert np.array_equal(found, C4.standard().map("r").dense())
    assert Basis((4, 4), 1, [0], [15], [1]).count == 1
