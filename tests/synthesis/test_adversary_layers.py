"""Solved layers against null spaces in floats, and expressions that users write by mistake."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, laws, op
from categorical.errors import SpecError
from categorical.exact import Basis, Matrix
from categorical.groups import (
    Acting,
    Cyclic,
    FiniteGroup,
    Sign,
    Symmetric,
    alternating,
    cube,
    cyclic,
    dihedral,
    direct,
    hyperoctahedral,
    orthogonal,
    proper_lorentz,
    quaternion,
    scaling,
    special_euclidean,
    special_linear,
    special_orthogonal,
    symmetric,
    symplectic,
    wreath,
)
from categorical.groups.families import GeneralLinear, Lorentz, Orthogonal
from categorical.representations import (
    Representation,
    exterior_power,
    sign,
    symmetric_power,
)
from synthesis.layers import natural
from synthesis.solver import bilinear, solve

n, m, c, k = Dim.named("n m c k")
g, v, w, h = Dim("g", size=4), Dim("v", size=2), Dim("w", size=2), Dim("h", size=3)
C4, S4 = cyclic(4), symmetric(4)
TURN = Acting(C4, {g: C4.standard()})
LAYER = natural(Real[g], Real[g], under=TURN)
SETS = natural(Real[n], Real[n], under=Symmetric(n))

# --- dimensions -----------------------------------------------------------------------------------


def floats(one: Matrix) -> np.ndarray:
    return np.array([[float(x) for x in row] for row in one.dense().tolist()])


def constraints(x: Representation, y: Representation) -> np.ndarray:
    """The equations Y(g) M = M X(g), on the entries of M."""
    pairs = [(x.map(a), y.map(a)) for a in x.of.arrows]
    pairs += [(x.derivative(a), y.derivative(a)) for a in x.of.algebra]
    size, rows = (x.dimension, y.dimension), [np.zeros((1, x.dimension * y.dimension))]
    for a, b in pairs:
        rows.append(np.kron(floats(b), np.eye(size[0])) - np.kron(np.eye(size[1]), floats(a).T))
    return np.concatenate(rows)


def group_at_random(rnd: random.Random):
    size = rnd.randint(2, 5)
    moved = [rnd.sample(range(3), 3), [rnd.choice([1, -1]) for _ in range(3)]]
    turn, shear = Matrix.signed(*moved), Matrix.of([[1, 2, 0], [0, 1, 0], [1, 0, 1]])
    return rnd.choice(
        [
            FiniteGroup("P", {f"p{i}": rnd.sample(range(size), size) for i in range(2)}),
            FiniteGroup.from_matrices("M", {"a": shear @ turn @ shear.inverse()}),
            rnd.choice([symmetric, alternating, cyclic, dihedral])(rnd.randint(3, 5)),
            rnd.choice([quaternion(), cube(), hyperoctahedral(2)]),
            rnd.choice([orthogonal(2), orthogonal(3), special_orthogonal(2), symplectic(2)]),
            rnd.choice([special_linear(2), proper_lorentz(), special_euclidean(2), scaling()]),
            direct(cyclic(rnd.randint(2, 4)), symmetric(3)),
            direct(special_orthogonal(2), cyclic(3)),
            wreath(cyclic(2), symmetric(2)),
        ]
    )


def representation_at_random(rnd: random.Random, group) -> Representation:
    known = [group.standard(), Representation.trivial(group), group.standard().dual]
    if isinstance(group, FiniteGroup):
        known.append(sign(group))
    found = rnd.choice(known)
    for _ in range(rnd.randint(0, 2)):
        other, how = rnd.choice(known), rnd.randrange(4)
        if how == 0:
            found = found + other
        elif how == 1 and found.dimension * other.dimension <= 12:
            found = found * other
        elif how == 2:
            found = found.dual
        elif 1 < found.dimension <= 4:
            found = rnd.choice([symmetric_power, exterior_power])(found, 2)
    return found if found.dimension <= 12 else known[0]


@pytest.mark.parametrize("seed", range(6))
def test_maps_are_a_basis_of_the_null_space(seed):
    rnd = random.Random(seed)
    for _ in range(20):
        group = group_at_random(rnd)
        x, y = (representation_at_random(rnd, group) for _ in range(2))
        found, equations = solve(x, y), constraints(x, y)
        maps = np.zeros((found.dimension, x.dimension * y.dimension))
        np.add.at(maps, (found.basis.which, found.basis.places), found.basis.floats())
        rank = np.linalg.matrix_rank(equations, tol=1e-8)
        assert found.dimension == equations.shape[1] - rank, (group, x, y)
        if found.dimension:
            assert np.abs(equations @ maps.T).max() <= 1e-12 * np.abs(maps).max()
            assert np.linalg.matrix_rank(maps) == found.dimension


def test_bilinear_maps_are_those_of_the_tensor_product():
    for group in (symmetric(3), orthogonal(3), cyclic(4)):
        x = group.standard()
        found, equations = bilinear(x, x, x), constraints(x * x, x)
        assert found.dimension == equations.shape[1] - np.linalg.matrix_rank(equations, tol=1e-8)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("targets", "sources"), [(1, 1), (2, 1), (0, 2), (2, 2)])
def test_diagrams_count_maps_at_small_sizes(size, targets, sources):
    axes = tuple(n.at(f"x{i}") for i in range(4))
    found = natural(Real[axes[:sources]], Real[axes[:targets]], under=Symmetric(n))
    x = symmetric(size).standard()
    tensor = [Representation.trivial(x.of), x, x * x]
    equations = constraints(tensor[sources], tensor[targets])
    wanted = equations.shape[1] - np.linalg.matrix_rank(equations, tol=1e-8)
    assert found.dimension_at(n=size) == wanted
    assert found.at(n=size).count == wanted or size < targets + sources


# --- mistakes -------------------------------------------------------------------------------------

GRID = (n.at("row"), n.at("column"))
MISTAKES = {
    "no group": lambda: natural(Real[n], Real[n]),
    "a name": lambda: natural(Real[n], Real[n], under="S_n"),
    "a group at one size": lambda: natural(Real[n], Real[n], under=symmetric(4)),
    "a class": lambda: natural(Real[n], Real[n], under=Symmetric),
    "a list of groups": lambda: natural(Real[n], Real[n], under=[Symmetric(n)]),
    "channels in the type": lambda: natural(Real[n, c], Real[n, c], under=Symmetric(n)),
    "dims for types": lambda: natural(n, n, under=Symmetric(n)),
    "a list of sources": lambda: natural([Real[n], Real[n]], Real[n], under=Symmetric(n)),
    "two targets": lambda: natural(Real[n], (Real[n], Real[n]), under=Symmetric(n)),
    "no target": lambda: natural(Real[n], None, under=Symmetric(n)),
    "truth values": lambda: natural(Bool[n], Real[n], under=Symmetric(n)),
    "indices": lambda: natural(Fin(n)[c], Real[n], under=Symmetric(n)),
    "no size": lambda: natural(Real[n], Real[n], under=Cyclic(n)).layer(c, k),
    "size 0": lambda: natural(Real[n], Real[n], under=Cyclic(n), sizes={"n": 0}),
    "half a size": lambda: natural(Real[n], Real[n], under=Cyclic(n), sizes={"n": 2.5}),
    "a size as text": lambda: natural(Real[n], Real[n], under=Cyclic(n), sizes={"n": "4"}),
    "a size of a dim": lambda: natural(Real[n], Real[n], under=Cyclic(n), sizes={n: 4}),
    "one number": lambda: natural(Real[n], Real[n], under=Cyclic(n), sizes=4),
    "truth as a size": lambda: natural(Real[n], Real[n], under=Cyclic(n), sizes={"n": True}),
    "too large": lambda: natural(Real[n], Real[n], under=Cyclic(n), sizes={"n": 10**7}).layer(c, k),
    "a group with representations": lambda: natural(C4.standard(), C4.standard(), under=TURN),
    "a type and a representation": lambda: natural(Real[g], C4.standard()),
    "a representation and a type": lambda: natural(C4.standard(), Real[g]),
    "two groups": lambda: natural(C4.standard(), S4.standard()),
    "no representation": lambda: solve(3, C4.standard()),
    "one channel": lambda: LAYER.layer(c),
    "three channels": lambda: LAYER.layer(c, k, m),
    "names for channels": lambda: LAYER.layer("c", "k"),
    "a list of channels": lambda: LAYER.layer([c, k]),
    "another mix": lambda: LAYER.layer(c, k, mix="channel"),
    "two channels kept apart": lambda: LAYER.layer(c, k, mix="each"),
    "another option": lambda: LAYER.layer(c, k, activation="relu"),
    "an acted channel": lambda: LAYER.layer(c, g),
    "no acted axis": lambda: LAYER.layer(c, k).at(Real[n, c]),
    "nearest to a small matrix": lambda: LAYER.nearest([[1, 2], [3, 4]]),
    "nearest to text": lambda: LAYER.nearest("eye"),
    "nearest without a size": lambda: SETS.nearest(np.eye(4)),
    "a dimension at no size": lambda: SETS.dimension_at(),
    "a dimension at size 0": lambda: SETS.dimension_at(n=0),
    "a dimension at half a size": lambda: SETS.dimension_at(n=2.5),
    "a dimension of another dim": lambda: SETS.dimension_at(m=5),
    "tensors that do not fit": lambda: SETS.at(n=10**5),
    "another size": lambda: Acting(symmetric(5), {g: symmetric(5).standard()}),
    "another group": lambda: Acting(C4, {g: S4.standard()}),
    "an open dim": lambda: Acting(C4, {n: C4.standard()}),
    "a name for a dim": lambda: Acting(C4, {"g": C4.standard()}),
    "pairs": lambda: Acting(C4, [(g, C4.standard())]),
    "a matrix in floats": lambda: Acting(C4, {g: np.eye(4)}),
    "a grid of one axis": lambda: Acting(C4, {}, grid=(n.at("row"),)),
    "a grid of a dim": lambda: Acting(C4, {}, grid=n),
    "triangles on a grid": lambda: Acting(symmetric(3), {}, grid=GRID),
    "nothing": lambda: Acting(C4, {}),
    "sizes by position": lambda: Acting(C4, {g: C4.standard()}, sizes=5),
    "no matrix": lambda: Representation(C4, {"r": np.array([[0.0, -1.0], [1.0, 0.0]])}),
    "no relation": lambda: Representation(C4, {"r": Matrix.of([[0, 1], [1, 1]])}),
    "no generator": lambda: Representation(C4, {"s": Matrix.of([[1]])}),
    "floats": lambda: Matrix.of([[0.5, 0.1], [0, 1]]),
    "a torn matrix": lambda: Matrix.of([[1, 2], [3]]),
    "floats for indices": lambda: Matrix.permutation([0.0, 1.0]),
    "an index twice": lambda: Matrix.permutation([0, 0, 1]),
    "a space in a name": lambda: FiniteGroup("x", {"a b": [1, 0]}),
    "a power in a name": lambda: FiniteGroup("x", {"a^2": [1, 0]}),
    "sizes that differ": lambda: FiniteGroup("x", {"a": [1, 0], "b": [1, 2, 0]}),
    "no permutation": lambda: FiniteGroup("x", {"a": [1, 1]}),
    "a list of generators": lambda: FiniteGroup("x", [[1, 0]]),
    "a permutation in floats": lambda: FiniteGroup("x", {"a": [1.0, 0.0]}),
    "a false relation": lambda: FiniteGroup("x", {"a": [1, 0]}, relations=(("a",) * 3,)),
    "an unknown generator": lambda: FiniteGroup("x", {"a": [1, 0]}, relations=("b",)),
    "another order": lambda: FiniteGroup("x", {"a": [1, 0]}, order=7),
    "an infinite group": lambda: FiniteGroup.from_matrices("x", {"a": Matrix.of([[1, 1], [0, 1]])}),
    "lists for matrices": lambda: FiniteGroup.from_matrices("x", {"a": [[0, 1], [1, 0]]}),
    "no points": lambda: symmetric(0),
    "floats for points": lambda: symmetric(2.0),
    "many points": lambda: symmetric(10**6),
    "many even permutations": lambda: alternating(1000),
    "a large polygon": lambda: dihedral(10**6),
    "an odd symplectic space": lambda: symplectic(3),
    "a product with a number": lambda: direct(C4, 3),
    "a wreath of rotations": lambda: wreath(C4, special_orthogonal(2)),
    "a group times a number": lambda: Symmetric(n) * 3,
    "a group times one at a size": lambda: Symmetric(n) * symmetric(3),
    "three dimensions of space-time": lambda: Lorentz(h),
    "its own dual": lambda: GeneralLinear(v, dual=v),
    "a dual of another size": lambda: GeneralLinear(v, dual=h),
    "sizes as a number": lambda: Orthogonal(n).at(4),
    "representations of two groups": lambda: C4.standard() + S4.standard(),
    "half a power": lambda: C4.standard() ** 2.5,
    "a power below 0": lambda: symmetric_power(C4.standard(), -1),
    "no maps": lambda: natural(Real[v], Real.scalar, under=Orthogonal(v)).layer(c, k, bias=False),
    "a number for maps": lambda: op.hom(5, ((g,),), (g,), channels=(c,), out=k),
    "another axis": lambda: op.hom(LAYER.maps, ((h,),), (g,), channels=(c,), out=k),
    "few coefficients": lambda: op.hom(LAYER.maps, ((g,),), (g,), coefficients=(1, 2)),
    "one coefficient": lambda: op.hom(LAYER.maps, ((g,),), (g,), coefficients=3),
    "floats for coefficients": lambda: op.hom(
        LAYER.maps, ((g,),), (g,), coefficients=(1, 0.5, 0, Fraction(1, 2))
    ),
    "maps for a bias": lambda: op.hom(
        LAYER.maps, ((g,),), (g,), channels=(c,), out=k, bias=LAYER.maps
    ),
    "a place outside": lambda: Basis((2, 2), 1, [0], [9], [1]),
    "a tensor outside": lambda: Basis((2, 2), 1, [1], [0], [1]),
    "tensors in floats": lambda: Basis((2, 2), 1, [0], [0], [0.5]),
    "tensors of text": lambda: Basis((2, 2), 1, [0], [0], ["x"]),
    "a torn basis": lambda: Basis((2, 2), 1, [0, 0], [0], [1]),
    "no shape": lambda: Basis(4, 1, [0], [0], [1]),
    "a shape below 0": lambda: Basis((2, -2), 1, [0], [0], [1]),
    "a law of a group at one size": lambda: laws.equivariant(under=symmetric(4)),
    "a law of no group": lambda: laws.complete(under=None),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_one_clear_error(name):
    with pytest.raises(SpecError):
        MISTAKES[name]()


def test_whole_numbers_of_numpy_are_whole_numbers():
    found = natural(Real[n], Real[n], under=Cyclic(n), sizes={"n": np.int64(4)})
    assert found.dimension == SETS.dimension_at(n=np.int64(4)) + 2 == 4


def test_a_turn_of_many_points_needs_no_roots():
    assert cyclic(2000).order == 2000 and dihedral(500).order == 1000


@pytest.mark.parametrize("batch", [(), (m,)])
@pytest.mark.parametrize("group", [Cyclic(g), Symmetric(n)])
def test_an_invariant_of_one_example_has_no_axis_more(group, batch):
    """The bias of a number is one number, with and without a batch; it may be all there is."""
    from backends.pytorch.build import build

    sizes = {
        "c": 2,
        "k": 3,
        **({"n": 4} if group.dims[0] is n else {}),
        **({"m": 3} if batch else {}),
    }
    one = natural(Real[group.dims[0]], Real.scalar, under=group).layer(c, k)
    assert build(one.at(Real[(*batch, group.dims[0], c)]), sizes, "net").validation
    odd = natural(Real[v], Real.scalar, under=Sign(v)).layer(c, k)
    sizes.pop("n", None)
    assert build(odd.at(Real[(*batch, v, c)]), sizes, "net").validation
