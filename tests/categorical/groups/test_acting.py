"""Groups on dims: elements act as their representations say, families at one size, refusals."""

import numpy as np
import pytest

from categorical import Dim, Fin, Real, architecture, laws, op
from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.groups import (
    Acting,
    Alternating,
    Cyclic,
    Dihedral,
    GeneralLinear,
    Lorentz,
    Orthogonal,
    Rotation,
    Scaling,
    Sign,
    SpecialLinear,
    SpecialLorentz,
    SpecialOrthogonal,
    Symmetric,
    Symplectic,
    act,
    cube,
    cyclic,
    dihedral,
    lorentz,
    orthogonal,
    special_orthogonal,
    symmetric,
)
from categorical.records import Context
from categorical.representations import Representation, permutation_of, regular
from categorical.semantics import FieldAlgebra, FloatAlgebra, OutsideFragment

n, v, w = Dim.named("n v w")
v4 = Dim("v", size=4)


def context(**sizes):
    return Context(FloatAlgebra(), sizes)


FAMILIES = [
    (Symmetric(n), 5, 120, "partition"),
    (Alternating(n), 5, 60, None),
    (Alternating(n), 2, 1, None),
    (Cyclic(n), 5, 5, None),
    (Dihedral(n), 5, 10, None),
    (Dihedral(n), 2, 2, None),
    (Sign(n), 3, 2, None),
    (Orthogonal(n), 3, "O(3)", "brauer"),
    (Orthogonal(n), 1, "O(1)", "brauer"),
    (Rotation(n), 3, "SO(3)", "brauer+epsilon"),
    (Symplectic(n), 4, "Sp(4)", "symplectic"),
    (GeneralLinear(n), 3, "GL(3)", "walled"),
    (SpecialLinear(n), 3, "SL(3)", "walled+epsilon"),
    (Scaling(n), 3, "R₊ on R^3", None),
]


@pytest.mark.parametrize(("group", "size", "which", "diagrams"), FAMILIES, ids=str)
def test_families_at_one_size(group, size, which, diagrams):
    at = group.at({"n": size})
    assert group.diagrams == diagrams
    assert which in (getattr(at.group, "order", None), at.group.name)
    space = at.representation(n)
    assert space.dimension == size
    x = np.random.default_rng(0).normal(size=(2, size))
    ctx = context(n=size)
    for element, g in zip(at.generators(ctx), at.group.arrows):
        moved = act(ctx, element, x, Real[2, n])
        assert np.allclose(moved, x @ space.map(g).floats().T)
    assert len(group.generators(ctx)) == len(at.generators(ctx)) or group in (Rotation(n), Sign(n))


def test_all_elements_keep_the_form():
    ctx = context(v=4)
    eta = np.diag([1.0, -1, -1, -1])
    x, y = np.random.default_rng(1).normal(size=(2, 4))
    for group, count in ((Lorentz(v4), 6), (SpecialLorentz(v4), 4)):
        elements = group.generators(ctx)
        assert len(elements) == count and group.signs == (1, -1, -1, -1)
        for one in elements:
            moved = [act(ctx, one, z, Real[v4]) for z in (x, y)]
            assert np.allclose(moved[0] @ eta @ moved[1], x @ eta @ y)
    omega = np.kron([[0, 1], [-1, 0]], np.eye(2))
    for one in Symplectic(v).generators(ctx):
        moved = [act(ctx, one, z, Real[v]) for z in (x, y)]
        assert np.allclose(moved[0] @ omega @ moved[1], x @ omega @ y)
    for one in Orthogonal(v).generators(ctx):
        assert np.allclose(np.linalg.norm(act(ctx, one, x, Real[v])), np.linalg.norm(x))


def test_vectors_and_their_duals_pair():
    x, y = np.random.default_rng(2).normal(size=(2, 3))
    for group in (GeneralLinear(v, dual=w), SpecialLinear(v, dual=w)):
        ctx = context(v=3, w=3)
        for one in group.generators(ctx):
            moved = act(ctx, one, x, Real[v]) @ act(ctx, one, y, Real[w])
            assert np.allclose(moved, x @ y)
        assert group.kind == "" and group.at({"v": 3}).representation(w).kind == "dual"
    assert GeneralLinear(v).kind == "linear" and SpecialOrthogonal is Rotation


def test_an_element_acts_on_all_dims_at_once():
    """A quarter turn of the regular fibre, the plane and the grid; tensors of a rotation."""
    g, p = Dim("g", size=4), Dim("p", size=2)
    grid = (n, n.at("column"))
    c4 = Acting(cyclic(4), {g: regular(cyclic(4)), p: cyclic(4).space()}, grid=grid)
    (turn,) = c4.generators(context(n=3))
    assert turn.permutations == {"g": (3, 0, 1, 2)} and turn.grids[0].signs == (1, -1)
    x = np.arange(9.0).reshape(3, 3)
    assert np.array_equal(act(context(n=3), turn, x, Real[grid]), np.rot90(x))
    group = special_orthogonal(3)
    vector = group.standard()
    a, b = Dim("a", size=3), Dim("b", size=9)
    both = Acting(group, {a: vector, b: vector * vector})
    x, y = np.random.default_rng(3).normal(size=(2, 3))
    for one in both.generators(context()):
        pair = np.outer(act(context(), one, x, Real[a]), act(context(), one, y, Real[a]))
        assert np.allclose(pair.ravel(), act(context(), one, np.outer(x, y).ravel(), Real[b]))


def test_permutations_move_indices_too():
    """Entry order[i] of x is put at index i, and values in a dim follow."""
    five = Acting(symmetric(5), {n: symmetric(5).standard()}, sizes={"n": 5})
    ctx = context(n=5)
    x, index = np.arange(5.0), np.array([0, 3])
    for one, g in zip(five.generators(ctx), ("swap", "cycle")):
        moved = act(ctx, one, x, Real[n])
        image = symmetric(5).permutations[g]
        assert np.array_equal(moved[image], x)
        assert np.array_equal(act(ctx, one, index, Fin(n)[2]), image[index])


def test_products_at_one_size():
    both = (Symmetric(n) * Orthogonal(v)).at({"n": 3, "v": 2})
    assert both.group.name == "S3 × O(2)" and both.representation(v).kind == "inflated"
    assert len(both.generators(context(n=3, v=2))) == 4
    shared = (Symmetric(n) * Sign(n)).at({"n": 3})
    assert shared.representation(n).map("r").trace() == -3
    with pytest.raises(SpecError, match="no representation"):
        (Symmetric(n) * Orthogonal(n)).at({"n": 3})


def test_irrational_elements_act_in_floats_only():
    p = Dim("p", size=2)
    (turn,) = Acting(cyclic(8), {p: cyclic(8).space()}).generators(context())
    moved = act(context(), turn, np.array([1.0, 0.0]), Real[p])
    assert np.allclose(moved, [np.sqrt(0.5), np.sqrt(0.5)], atol=1e-15)
    field = Context(FieldAlgebra(), {})
    with pytest.raises(OutsideFragment, match=r"root of unity|irrational"):
        act(field, turn, np.array([1, 0]), Real[p])


def test_matrices_of_another_size_are_refused():
    ctx = context(n=4)
    (one, *_) = Orthogonal(n).generators(context(n=3))
    with pytest.raises(SpecError, match="the axis has size 4, the matrix 3") as refused:
        act(ctx, one, np.zeros(4), Real[n])
    assert refused.value.code == "CM021"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Acting(cyclic(4), {Dim("g", size=5): cyclic(4).standard()}), "has the size 5"),
        (lambda: Acting(cyclic(4), {n: cyclic(4).standard()}), "has no fixed size"),
        (lambda: Acting(cyclic(4), {v4: cyclic(5).standard()}), "of another group"),
        (lambda: Acting(cyclic(4), {"v": cyclic(4).standard()}), "on a dimension"),
        (lambda: Acting(cyclic(4), {v4: 4}), "is no representation"),
        (lambda: Acting({}, {}), "is no group"),
        (lambda: Acting(cyclic(4), cyclic(4).standard()), "for each dim"),
        (lambda: Acting(cyclic(4), {}), "acts on nothing"),
        (lambda: Acting(cyclic(4), {}, grid=n), "a grid is a tuple"),
        (lambda: Acting(cyclic(4), {}, grid=(n, n)), "a grid is a tuple"),
        (lambda: Acting(cyclic(8), {}, grid=(n, n.at("to"))), "does not map a grid"),
        (lambda: Acting(cube(), {}, grid=(n, n.at("to"))), "a grid with 2 axes, and"),
        (lambda: Acting(cyclic(2), {}, grid=(n,)), "a grid with 1 axis, and `C2` moves 2"),
        (lambda: Acting(symmetric(3), {}, grid=(n, v, w)), "symmetries of a figure"),
        (lambda: Acting(special_orthogonal(2), {}, grid=(n, v)), "is not known"),
        (lambda: Acting(cyclic(4), {v4: cyclic(4).standard()}).representation(n), "does not act"),
        (lambda: Lorentz(Dim("v", size=3)), "acts on a dim of size 4"),
        (lambda: Lorentz(v), "acts on a dim of size 4"),
        (lambda: Symplectic(Dim("v", size=3)), "of even size"),
        (lambda: Symplectic(v).at({"v": 3}), "of even size, not 3"),
        (lambda: GeneralLinear(v, dual=v), "is not the dual"),
        (lambda: GeneralLinear(v4, dual=Dim("w", size=3)), "is not the dual"),
        (lambda: GeneralLinear(v, dual=w).at({"v": 3, "w": 2}), "is the dual"),
        (lambda: Orthogonal("v"), "acts on a dimension"),
        (lambda: Orthogonal(v).at({}), "needs the size"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(SpecError, match=message):
        make()


def test_names_are_short_and_groups_are_told_apart_by_their_matrices():
    c2 = cyclic(2)
    one = Acting(c2, {v4: permutation_of(c2, {"r": (1, 0, 2, 3)})})
    other = Acting(c2, {v4: permutation_of(c2, {"r": (1, 0, 3, 2)})})
    same = Acting(c2, {v4: permutation_of(c2, {"r": (1, 0, 2, 3)})})
    assert str(one) == str(other) == "C2 on v"
    assert one == same and hash(one) == hash(same)
    assert one != other and Symmetric(n) * one != Symmetric(n) * other
    assert Symmetric(n) * one == Symmetric(n) * same != one
    assert str(Symmetric(n) * one) == "Symmetric(n) * (C2 on v)"
    assert repr(one) == "Acting(C2, {v: points})"
    moved = Acting(c2, {}, grid=(n,), motion=Representation(c2, {"r": Matrix.of([[-1]])}))
    still = Acting(c2, {}, grid=(n,), motion=Representation(c2, {"r": Matrix.of([[1]])}))
    assert str(moved) == "C2 on grid(n)" and moved != still


def test_laws_of_one_architecture_have_names_of_their_own():
    c2, c = cyclic(2), Dim("c")
    swap = Acting(c2, {v4: permutation_of(c2, {"r": (1, 0, 2, 3)})})
    swaps = Acting(c2, {v4: permutation_of(c2, {"r": (1, 0, 3, 2)}, name="pairs")})
    again = Acting(c2, {v4: permutation_of(c2, {"r": (2, 1, 0, 3)})})

    def names(*groups):
        given = [laws.equivariant(under=one) for one in groups]
        return [law.name for law in architecture(op.relu.at(Real[v4, c]), laws=given).laws]

    assert names(swap) == ["equivariant[C2 on v]"]
    assert names(swap, swap, Symmetric(c)) == [
        *["equivariant[C2 on v]"] * 2,
        "equivariant[Symmetric(c)]",
    ]
    full = "equivariant[Acting(C2, {v: points})]", "equivariant[Acting(C2, {v: pairs})]"
    assert names(swap, Symmetric(c), swaps) == [full[0], "equivariant[Symmetric(c)]", full[1]]
    assert names(swap, again) == [f"{full[0]} (1)", f"{full[0]} (2)"]


def test_laws_take_these_groups():
    """A map from one dim of a group to another is equivariant though neither dim is on both
    sides; what the law needs of a part without a naturality class is its own rule."""
    group = special_orthogonal(3)
    acting = Acting(group, {Dim("a", size=3): group.standard()})
    assert laws.equivariant(under=acting).requires[0].rule == "equivariant"
    assert laws.equivariant(under=Orthogonal(v)).requires[0].kind == "orthogonal"
    pair = GeneralLinear(v, dual=w)
    graph = op.identity(Real[v]).graph() if hasattr(op, "identity") else op.relu.at(Real[v]).graph()
    laws.equivariant(under=pair).boundary(graph)
    with pytest.raises(SpecError, match="no input has the dim `n`"):
        laws.equivariant(under=Symmetric(n)).boundary(graph)
    with pytest.raises(SpecError, match="has the dim `v`"):
        laws.invariant(under=pair).boundary(graph)
    assert pair.linear and acting.linear and Orthogonal(v).linear and not Symmetric(n).linear
    assert not Acting(dihedral(4), {v4: dihedral(4).standard()}).linear


def test_reflections_are_not_lost():
    """Lorentz and orthogonal groups have elements of determinant −1."""
    for group, size in ((orthogonal(3), 3), (lorentz(), 4)):
        d = Dim("d", size=size)
        elements = Acting(group, {d: group.standard()}).generators(context())
        found = {round(np.linalg.det(np.array(e.matrices["d"], dtype=float))) for e in elements}
        assert found == {1, -1}


def test_representations_that_turn_by_no_rational_angle_are_refused():
    group = special_orthogonal(2)
    odd = Representation(group, {}, {"A12": group.standard().derivative("A12") * 40})
    acting = Acting(group, {Dim("d", size=2): odd})
    with pytest.raises(SpecError, match="no rational element"):
        acting.generators(context())
