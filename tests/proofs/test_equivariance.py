"""Equivariance under matrices: proofs, broken twins, mutated certificates, agreement in floats."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, architecture, arrow, laws, op
from categorical.exact import Basis, Matrix, cos, sin
from categorical.groups import (
    Rotation,
    Sign,
    Symmetric,
    act,
    cyclic,
    dihedral,
    special_linear,
    special_orthogonal,
    symmetric,
)
from categorical.groups.actions import Acting
from categorical.groups.families import (
    GeneralLinear,
    Lorentz,
    Orthogonal,
    SpecialLinear,
    Symplectic,
)
from categorical.records import Context
from categorical.representations import Representation
from categorical.semantics.floats import FloatAlgebra
from proofs.certificate import Obstruction, Proof, bundle, canonical, claim
from proofs.checker import check
from proofs.equivariance import prove_equivariant
from proofs.naturality import prove_natural
from synthesis.ladder import check as ladder
from synthesis.layers import natural
from synthesis.numeric import Trial, draw_point
from synthesis.runner import Runner

g, v, w = Dim("g", size=4), Dim("v", size=2), Dim("w", size=2)
n, m, c, k = Dim.named("n m c k")
C4, D4, S4 = cyclic(4), dihedral(4), symmetric(4)
TURN = Acting(C4, {g: C4.standard()})
BOTH = Acting(C4, {g: C4.standard(), v: C4.space()})
POINTS = Acting(S4, {g: S4.standard()})
ROW, COLUMN = n.at("row"), n.at("column")
GRID = Acting(D4, {g: D4.standard()}, grid=(ROW, COLUMN))
X = Real[ROW, COLUMN, g, c]


@arrow
def messages(x: Real[n, g, c], y: Real[n, v]) -> Real[n, v]:
    """Vectors scaled by an invariant of the fibre."""
    gate = op.einsum(n)(op.relu(x), op.relu(x))
    return op.einsum(n, v)(gate, y)


def accepted(graph, group, mode="eval", sizes=None) -> str:
    """The scope of a proof with which the checker agrees."""
    found = prove_equivariant(graph, group, mode, sizes)
    assert isinstance(found, Proof), found.reason
    report = check(bundle("00", [claim("law", found)]))
    assert report.ok, report.errors
    assert report.claims == [f"law: {found.sentence}"]
    return found.scope


def error(graph, group, sizes) -> float:
    """The largest difference between f(g x) and g f(x), relative, over the generators."""
    point = draw_point(graph, Trial(sizes, "eval", 1.0, 5))
    ctx = Context(FloatAlgebra(), sizes, "eval")
    run = Runner(graph, ctx, point.resources)
    before, worst = run(point.inputs), 0.0
    for one in group.generators(ctx):
        after = run([act(ctx, one, x, t) for x, t in zip(point.inputs, graph.dom, strict=True)])
        want = [act(ctx, one, x, t) for x, t in zip(before, graph.cod, strict=True)]
        for a, b in zip(after, want, strict=True):
            a, b = a.astype(float), b.astype(float)
            worst = max(worst, float(np.abs(a - b).max() / (1e-9 + np.abs(b).max())))
    return worst


@pytest.mark.parametrize(
    ("graph", "group", "scope"),
    [
        ((op.linear(c, k) >> op.relu >> op.mean(g)).at(Real[n, g, c]).graph(), TURN, "at g=4"),
        (op.roll(g, 1).at(Real[g, c]).graph(), TURN, "at g=4"),
        (op.softmax(g).at(Real[g, c]).graph(), POINTS, "at g=4"),
        (messages.graph(), BOTH, "at g=4, v=2"),
        (op.rms_norm(v, affine=False).at(Real[n, v]).graph(), BOTH, "at g=4, v=2"),
        (op.layer_norm(v, affine=False).at(Real[n, v]).graph(), Sign(v), "at v=2"),
        (op.relabel(g, g.at("b")).at(Bool[g]).graph(), POINTS, "at g=4"),
        (op.relabel(n, n.at("b")).at(Fin(g)[n]).graph(), POINTS, "at g=4"),
        (op.merge(g, n).at(Real[g, n]).graph(), POINTS, "at g=4"),
        (op.relu.at(X).graph(), GRID, "at g=4; all sizes of n"),
        (op.mean(ROW, COLUMN).at(X).graph(), GRID, "at g=4; all sizes of n"),
        (op.softmax(ROW, COLUMN).at(X).graph(), GRID, "at g=4; all sizes of n"),
        (
            op.avg_pool(ROW, COLUMN, kernel=3, stride=1, padding=1).at(X).graph(),
            GRID,
            "at g=4; all sizes of n",
        ),
    ],
)
def test_proves_and_floats_agree(graph, group, scope):
    assert accepted(graph, group) == scope
    assert error(graph, group, {"n": 5, "c": 2, "k": 3}) < 1e-9


BROKEN = [
    (op.linear(g, c).graph(), TURN, "linear.weight"),
    (op.slice(g, 0, 2).at(Real[g, c]).graph(), TURN, "slice"),
    (op.roll(g, 1).at(Real[g, c]).graph(), POINTS, "roll"),
    (op.relu.at(Real[n, v]).graph(), BOTH, "relu"),
    (op.linear(c, k).at(Real[v, c]).graph(), BOTH, "linear"),
    (op.layer_norm(v, affine=False).at(Real[n, v]).graph(), BOTH, "layer_norm"),
    (op.tanh.at(Real[n, v]).graph(), Rotation(v), "tanh"),
    (op.mean(ROW).at(X).graph(), GRID, "lost"),
    (op.softmax(ROW).at(X).graph(), GRID, "softmax"),
    (op.flip(ROW).at(X).graph(), GRID, "flip"),
    (op.conv(c, k, over=(ROW, COLUMN), kernel=3).at(X).graph(), GRID, "conv"),
    (op.max_pool(ROW, kernel=3, stride=1, padding=1).at(X).graph(), GRID, "part of the grid"),
    (op.causal_mask(ROW, COLUMN).graph(), GRID, "mask"),
    (op.relu.at(Real[n // 2, COLUMN, g]).graph(), GRID, "grid"),
    (op.relu.at(Real[g // 2]).graph(), TURN, "computed"),
]


@pytest.mark.parametrize(("graph", "group", "word"), BROKEN)
def test_broken_twins_are_obstructed(graph, group, word):
    found = prove_equivariant(graph, group)
    assert isinstance(found, Obstruction)
    assert word in found.reason


def test_an_obstruction_names_its_node():
    graph = (op.relu >> op.linear(c, k) >> op.slice(g, 0, 2) >> op.relu).at(Real[g, c]).graph()
    found = prove_equivariant(graph, TURN)
    assert found.node.name == "slice" and found.wire == found.node.outs[0]


def mutated(text: str, change) -> bool:
    """Whether the checker accepts a certificate after a change, its digest made again."""
    body = json.loads(text)
    change(body)
    del body["digest"]
    body["digest"] = hashlib.sha256(canonical(body).encode()).hexdigest()
    return check(canonical(body) + "\n").ok


def the_claim(body):
    return body["claims"][0]


def move(body, number=0, dim=0):
    return body["claims"][0]["action"][number]["dims"][dim][1]


MUTATIONS = {
    "no group": lambda b: the_claim(b).update(action=[]),
    "another scope": lambda b: the_claim(b).update(scope="all sizes"),
    "another mode": lambda b: the_claim(b).update(mode="both"),
    "no steps": lambda b: the_claim(b).update(steps=[]),
    "another matrix": lambda b: move(b)["entries"][0].__setitem__(2, 2),
    "a float": lambda b: move(b, 0, 1)["entries"].__setitem__(0, [0, 1, {"float": "0x1.0p+0"}]),
    "a larger matrix": lambda b: move(b).update(size=5),
    "twice one entry": lambda b: move(b)["entries"].insert(0, move(b)["entries"][0]),
    "a zero": lambda b: move(b)["entries"][0].__setitem__(2, 0),
    "infinitesimal": lambda b: the_claim(b)["action"][0].update(infinitesimal=True),
    "another dim": lambda b: the_claim(b)["dims"].append(["dim", "z", 3, None]),
    "fewer dims": lambda b: the_claim(b)["dims"].pop(),
    "a size of a fixed dim": lambda b: the_claim(b).update(sizes=[[["dim", "g", 4, None], 4]]),
    "another box": lambda b: b["programs"][0]["nodes"][0].update(op="sign"),
}


def test_the_certificate_itself_is_accepted():
    text = bundle("00", [claim("law", prove_equivariant(messages.graph(), BOTH))])
    assert mutated(text, lambda b: None)


@pytest.mark.parametrize("name", [k for k in MUTATIONS if k != "another box"])
def test_mutated_certificates_are_refused(name):
    text = bundle("00", [claim("law", prove_equivariant(messages.graph(), BOTH))])
    assert not mutated(text, MUTATIONS[name])


def test_irrational_rotations_are_exact():
    c8 = cyclic(8)
    turn = {a: Matrix.of([[cos(8), -sin(8)], [sin(8), cos(8)]]) for a in c8.arrows}
    eighth = Acting(c8, {v: Representation(c8, turn)})
    assert accepted(op.einsum(n)
                    .at(Real[n, v], Real[n, v]).graph(), eighth) == "at v=2"  # fmt: skip
    assert (
        "einsum"
        in prove_equivariant(op.einsum(n, v).at(Real[n, v], Real[n, v]).graph(), eighth).reason
    )


def test_groups_at_every_size_are_proved_at_the_sizes_given():
    graph = (op.relu >> op.mean(n)).at(Real[n, c]).graph()
    assert accepted(graph, Symmetric(n), sizes={"n": 5}) == "at n=5"
    assert not prove_equivariant(graph, Symmetric(n))


def kernels(*rows) -> Basis:
    """Kernels 1 → 1 on a 3 × 3 window."""
    flat = np.array(rows).reshape(len(rows), 9)
    which, places = np.nonzero(flat)
    return Basis((1, 1, 3, 3), len(rows), which, places, flat[which, places])


CORNERS, EDGES, MIDDLE = (
    [1, 0, 1, 0, 0, 0, 1, 0, 1],
    [0, 1, 0, 1, 0, 1, 0, 1, 0],
    [0, 0, 0, 0, 1, 0, 0, 0, 0],
)
PLANE = Acting(D4, {}, grid=(ROW, COLUMN))


def convolution(basis, **more):
    return op.steerable_conv(basis, (), (), channels=(c, k), over=(ROW, COLUMN), **more).at(
        Real[c, ROW, COLUMN]
    )


def test_steerable_kernels():
    graph = convolution(kernels(CORNERS, EDGES, MIDDLE)).graph()
    assert accepted(graph, PLANE) == "all sizes of n"
    assert error(graph, PLANE, {"n": 5, "c": 2, "k": 3}) < 1e-9
    one_side = convolution(kernels(CORNERS, [0, 1, 0, 0, 0, 0, 0, 0, 0])).graph()
    found = prove_equivariant(one_side, PLANE)
    assert "map 1" in found.reason
    assert error(one_side, PLANE, {"n": 5, "c": 2, "k": 3}) > 1e-3


def test_strides_must_meet_both_ends():
    graph = convolution(kernels(CORNERS, MIDDLE), stride=2).graph()

    def at(size):
        return Acting(D4, {}, grid=(ROW, COLUMN), sizes={"n": size})

    assert accepted(graph, at(7)) == "at n=7"
    assert error(graph, at(7), {"n": 7, "c": 2, "k": 3}) < 1e-9
    assert "miss the end" in prove_equivariant(graph, at(8)).reason
    assert "not fixed" in prove_equivariant(graph, PLANE).reason
    assert error(graph, at(8), {"n": 8, "c": 2, "k": 3}) > 1e-3


# --- solved layers --------------------------------------------------------------------------------

h3 = Dim("h3", size=3)
q = Dim("q", size=4)
SETS = natural(Real[n], Real[n], under=Symmetric(n)).layer(c, k)
PAIRS = natural(Real[n, n.at("b")], Real[n, n.at("b")], under=Symmetric(n)).layer(c, k)


@pytest.mark.parametrize("layer", [SETS, PAIRS])
def test_layers_of_diagrams_are_natural_at_every_size(layer):
    network = (layer >> op.relu).named("network")
    law = laws.equivariant(under=Symmetric(n))
    (found,) = ladder(architecture(network, laws=[law]))
    assert (found.verdict.name, found.scope) == ("PROVED", "all sizes")
    for size in (2, 3, 5):
        assert error(network.graph(), Symmetric(n), {"n": size, "c": 2, "k": 3}) < 1e-9
    rolled = (layer >> op.roll(n, 1)).graph() if layer is SETS else None
    assert rolled is None or not prove_natural(rolled, [n])


def test_pairings_are_natural_for_orthogonal_matrices_and_nothing_else():
    layer = natural(Real[n, n.at("b")], Real[n, n.at("b")], under=Orthogonal(n)).layer(c, k)
    graph = layer.graph()
    found = prove_natural(graph, [n], "orthogonal")
    assert isinstance(found, Proof) and found.scope == "all sizes"
    assert check(bundle("00", [claim("law", found)])).ok
    assert not prove_natural(graph, [n], "linear")
    assert not prove_natural(PAIRS.graph(), [n], "orthogonal")
    assert error(graph, Orthogonal(n), {"n": 3, "c": 2, "k": 3}) < 1e-9
    assert error(PAIRS.graph(), Orthogonal(n), {"n": 3, "c": 2, "k": 3}) > 1e-3


@pytest.mark.parametrize(
    ("source", "target", "group"),
    [
        (Real[g], Real[g], TURN),
        (Real[g], Real[v], BOTH),
        (Real[g, v], Real[g], BOTH),
        (Real[h3, h3.at("b")], Real[h3], Rotation(h3)),
        (Real[q, q.at("b")], Real[q, q.at("b")], Lorentz(q)),
        (Real[q], Real[q], Symplectic(q)),
        (Real[v, w], Real[v, w], GeneralLinear(v, dual=w)),
        (Real[v, w], Real.scalar, SpecialLinear(v, dual=w)),
    ],
)
def test_solved_layers_are_proved_and_floats_agree(source, target, group):
    graph = natural(source, target, under=group).layer(c, k).graph()
    assert accepted(graph, group).startswith("at ")
    assert error(graph, group, {"c": 2, "k": 3}) < 1e-9


@pytest.mark.parametrize(
    ("source", "target", "under", "claimed", "word"),
    [
        (Real[g], Real[g], TURN, POINTS, "map 1"),
        (Real[h3, h3.at("b")], Real[h3], Rotation(h3), Orthogonal(h3), "epsilon"),
        (Real[q, q.at("b")], Real.scalar, Lorentz(q), Orthogonal(q), "metric"),
        (Real[q, q.at("b")], Real.scalar, Symplectic(q), Orthogonal(q), "symplectic"),
        (Real[q, q.at("b")], Real.scalar, Orthogonal(q), Lorentz(q), "brauer"),
        (Real[v, w], Real.scalar, GeneralLinear(v, dual=w), Orthogonal(v) * Orthogonal(w), "wall"),
        (Real[v], Real[v], Symmetric(v), Rotation(v), "partition"),
    ],
)
def test_a_layer_for_one_group_is_refused_for_another(source, target, under, claimed, word):
    graph = natural(source, target, under=under).layer(c, k, bias=False).graph()
    found = prove_equivariant(graph, claimed)
    assert isinstance(found, Obstruction) and word in found.reason and found.node.name == "hom"
    assert error(graph, claimed, {"c": 2, "k": 3}) > 1e-3


def test_a_layer_for_a_large_group_is_proved_for_a_small_one():
    graph = natural(Real[g], Real[g], under=Symmetric(g)).layer(c, k).graph()
    assert accepted(graph, TURN) == accepted(graph, POINTS) == "at g=4"


def test_explicit_tensors_under_all_permutations_of_one_size():
    maps = natural(Real[g], Real[g], under=Symmetric(g)).at()
    layer = op.hom(maps, ((g,),), (g,), channels=(c,), out=k)
    law = laws.equivariant(under=Symmetric(g))
    (found,) = ladder(architecture((layer >> op.relu).named("one"), laws=[law]))
    assert (found.verdict.name, found.scope) == ("PROVED", "at g=4")
    other = natural(Real[g], Real[g], under=TURN).layer(c, k)
    (found,) = ladder(architecture((other >> op.relu).named("two"), laws=[law]))
    assert found.verdict.name == "REFUTED" and found.counterexample.wire == "hom"


def test_a_bias_that_is_not_fixed_is_refused():
    maps = natural(Real[g], Real[g], under=TURN).at()
    first = Basis((4, 1), 1, [0], [0], [1])
    graph = op.hom(maps, ((g,),), (g,), channels=(c,), out=k, bias=first).graph()
    assert "bias vector 0" in prove_equivariant(graph, TURN).reason
    assert error(graph, TURN, {"c": 2, "k": 3}) > 1e-3


def test_mutated_tensors_are_refused():
    graph = natural(Real[g], Real[v], under=BOTH).layer(c, k).graph()
    text = bundle("00", [claim("law", prove_equivariant(graph, BOTH))])
    assert mutated(text, lambda b: None)

    def maps(body):
        return body["programs"][0]["nodes"][0]["attrs"]["basis"]["basis"]

    for place in range(4):
        assert not mutated(text, lambda b, at=place: maps(b)["values"].__setitem__(at, 3))
    assert not mutated(text, lambda b: maps(b)["places"].__setitem__(0, 7))
    assert not mutated(text, lambda b: maps(b).update(count=1))


ROTATING = Acting(special_orthogonal(2), {v: special_orthogonal(2).standard()})


def test_infinitesimal_generators():
    """A flow is orthogonal where its generator is antisymmetric, and any matrix where not."""
    norm = op.einsum(n).at(Real[n, v], Real[n, v]).graph()
    assert accepted(norm, ROTATING) == "at v=2"
    text = bundle("00", [claim("law", prove_equivariant(norm, ROTATING))])
    assert mutated(text, lambda b: None)
    assert not mutated(text, lambda b: move(b)["entries"][0].__setitem__(2, 5))
    assert mutated(text, lambda b: [e.__setitem__(2, -e[2]) for e in move(b)["entries"]])
    shear = Acting(special_linear(2), {v: special_linear(2).standard()})
    assert "einsum" in prove_equivariant(norm, shear).reason
    layer = natural(Real[v], Real[v], under=ROTATING).layer(c, k).graph()
    assert accepted(layer, ROTATING) == "at v=2" and error(layer, ROTATING, {"c": 2, "k": 2}) < 1e-9
    assert "map 1" in prove_equivariant(layer, shear).reason
    assert error(layer, shear, {"c": 2, "k": 2}) > 1e-3


def test_mutated_grids_are_refused():
    ends = kernels([1, 0, 1, 0, 0, 0, 1, 0, 1], [0, 1, 0, 0, 0, 0, 0, 1, 0])
    group = Acting(C2, {}, grid=(ROW, COLUMN), motion=HALF)
    graph = convolution(ends).graph()
    text = bundle("00", [claim("law", prove_equivariant(graph, group))])

    def grid(body):
        return body["claims"][0]["action"][0]["grid"]

    assert mutated(text, lambda b: None)
    assert mutated(text, lambda b: grid(b).update(signs=[1, -1]))  # a reflection holds, too
    assert not mutated(text, lambda b: grid(b).update(image=[1, 0]))
    assert not mutated(text, lambda b: grid(b).update(image=[0, 0]))
    assert not mutated(text, lambda b: grid(b).update(signs=[1, 2]))
    assert not mutated(text, lambda b: grid(b)["axes"].pop())
    assert not mutated(text, lambda b: grid(b)["axes"].reverse() or grid(b).update(image=[1, 0]))


C2 = cyclic(2)
HALF = Representation(C2, {a: Matrix.identity(2) * -1 for a in C2.arrows})


def test_positions_of_a_fixed_size_are_an_obstruction():
    side = Dim("side", size=6)
    row, column = side.at("row"), side.at("column")
    graph = op.max_pool(row, column, kernel=3).at(Real[row, column]).graph()
    found = prove_equivariant(graph, Acting(D4, {}, grid=(row, column)))
    assert isinstance(found, Obstruction) and "leave sizes open" in found.reason


@pytest.mark.parametrize("seed", range(6))
def test_random_tensors_are_told_apart_from_invariant_ones(seed):
    """Sums of solved maps pass, and any other change of an entry does not."""
    rng = np.random.default_rng(seed)
    every = natural(Real[g, v], Real[v], under=BOTH).at()
    mixed = sum(int(x) * every.tensor(i) for i, x in enumerate(rng.integers(-3, 4, every.count)))
    at = rng.integers(0, every.size)

    def layer(tensor):
        places = np.flatnonzero(tensor)
        basis = Basis(every.shape, 1, [0] * len(places), places, tensor.ravel()[places])
        return op.hom(basis, ((g, v),), (v,), channels=(c,), out=k).graph()

    assert accepted(layer(mixed), BOTH) == "at g=4, v=2"
    spoilt = mixed.ravel().copy()
    spoilt[at] += 1
    assert not prove_equivariant(layer(spoilt.reshape(every.shape)), BOTH)
