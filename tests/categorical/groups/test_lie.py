"""Lie groups: dimensions, brackets, components, forms; rational elements of their flows."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy.linalg import expm

from categorical.errors import SpecError
from categorical.exact import Matrix, sqrt
from categorical.groups import (
    LieGroup,
    euclidean,
    general_linear,
    lorentz,
    orthogonal,
    proper_lorentz,
    scaling,
    special_euclidean,
    special_linear,
    special_orthogonal,
    special_unitary,
    symplectic,
    unitary,
)
from categorical.groups.flows import flows
from categorical.representations import Representation
from tests.categorical.representations.small import rank

GROUPS = [
    *((orthogonal(n), n * (n - 1) // 2, n) for n in (1, 2, 3, 5, 10)),
    *((special_orthogonal(n), n * (n - 1) // 2, n) for n in (2, 3, 4)),
    *((symplectic(n), n * (n + 1) // 2, n) for n in (2, 4, 6)),
    *((general_linear(n), n * n, n) for n in (1, 2, 3)),
    *((special_linear(n), n * n - 1, n) for n in (2, 3, 4)),
    *((unitary(n), n * n, 2 * n) for n in (1, 2, 3)),
    *((special_unitary(n), n * n - 1, 2 * n) for n in (2, 3)),
    *((special_euclidean(n), n * (n + 1) // 2, n + 1) for n in (1, 2, 3)),
    *((euclidean(n), n * (n + 1) // 2, n + 1) for n in (1, 2, 3)),
    (lorentz(), 6, 4),
    (proper_lorentz(), 6, 4),
    (scaling(3), 1, 3),
]
IDS = [str(one[0]) for one in GROUPS]


@pytest.mark.parametrize(("group", "dimension", "size"), GROUPS, ids=IDS)
def test_dimensions(group, dimension, size):
    assert (group.dimension, group.size, group.standard().dimension) == (dimension, size, size)
    group.standard().check()


@pytest.mark.parametrize(("group", "dimension", "size"), GROUPS, ids=IDS)
def test_brackets_in_floats(group, dimension, size):
    """The structure constants against commutators of dense float matrices, and Jacobi."""
    floats = {a: group.standard().derivative(a).floats() for a in group.algebra}
    brackets = group.brackets()
    assert set(brackets) == set(combinations(group.algebra, 2))
    for (a, b), terms in brackets.items():
        wanted = floats[a] @ floats[b] - floats[b] @ floats[a]
        found = sum((float(f) * floats[c] for c, f in terms.items()), np.zeros((size, size)))
        assert np.array_equal(wanted, found)
    for (g, a), terms in group.adjoint().items():
        g = group.standard().map(g).floats()
        found = sum((float(f) * floats[c] for c, f in terms.items()), np.zeros((size, size)))
        assert np.allclose(g @ floats[a] @ np.linalg.inv(g), found, atol=0)


@pytest.mark.parametrize(("group", "dimension", "size"), GROUPS, ids=IDS)
def test_the_generating_set_generates(group, dimension, size):
    """The span of iterated brackets of the generating set, by ranks modulo a prime."""
    if size > 6:
        return
    known = [group.standard().derivative(a).dense().astype(int) for a in group.generating]
    basis, waiting = [], list(known)
    while waiting:
        one = waiting.pop()
        rows = [m.ravel().tolist() for m in (*basis, one)]
        if rank(rows, 2_147_483_629) == len(rows):
            basis.append(one)
            waiting += [x @ one - one @ x for x in known]
    assert len(basis) == dimension


def test_compact_connected_forms():
    assert orthogonal(3).compact and unitary(2).compact and special_unitary(2).compact
    assert not any(g.compact for g in (lorentz(), symplectic(4), special_linear(2), euclidean(3)))
    assert special_orthogonal(3).connected and not orthogonal(3).connected
    assert proper_lorentz().connected and tuple(lorentz().arrows) == ("T", "P")
    assert special_euclidean(3).connected and not general_linear(2).connected
    assert lorentz().form == Matrix.signed(range(4), [1, -1, -1, -1])
    assert symplectic(4).form * -1 == symplectic(4).form.T
    half = np.eye(2, dtype=int)
    assert symplectic(4).form.dense().tolist() == np.kron([[0, 1], [-1, 0]], half).tolist()
    assert orthogonal(3) is orthogonal(3)


def test_the_four_components_of_the_lorentz_group():
    """Products of T and P take all four pairs (determinant, direction of time)."""
    v = lorentz().standard()
    found = set()
    for word in ((), ("T",), ("P",), ("T", "P")):
        m = v.word(word, "*").floats()
        found.add((round(np.linalg.det(m)), int(np.sign(m[0, 0]))))
    assert found == {(1, 1), (-1, -1), (-1, 1), (1, -1)}


def test_unitary_matrices_commute_with_i():
    for group in (unitary(3), special_unitary(3)):
        i = Matrix.of([[0, -1], [1, 0]]).kron(Matrix.identity(3))
        for a in group.algebra:
            m = group.standard().derivative(a)
            assert m @ i == i @ m
            if group is special_unitary(3):
                assert (i @ m).trace() == 0


# --- what breaks a declaration -------------------------------------------------------------------

J = Matrix.of([[0, -1], [1, 0]])
E = Matrix.of([[0, 1], [0, 0]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LieGroup("?", {"E": E, "F": E.T}), "no basis of a Lie algebra"),
        (lambda: LieGroup("?", {"E": E, "F": E * 2}), "no basis of a Lie algebra"),
        (lambda: LieGroup("?", {"E": E}, {"s": Matrix.permutation([1, 0])}), "no basis of a Lie"),
        (lambda: LieGroup("?", {"J": J}, {"P": Matrix.of([[2, 0], [0, 1]])}), "no basis of a Lie"),
        (lambda: LieGroup("?", {"J": J}, {"Q": J}, (("Q", "Q"),)), "violates its relation Q.2"),
        (lambda: LieGroup("?", {"E": E}, form=Matrix.identity(2)), "does not keep its form"),
        (
            lambda: LieGroup("?", {"J": J}, {"S": Matrix.identity(2) * 2}, form=Matrix.identity(2)),
            "does not keep its form",
        ),
        (lambda: LieGroup("?", {"J": J, "D": Matrix.identity(3)}), "not square of one size"),
        (lambda: LieGroup("?", {}), "not square of one size"),
        (
            lambda: LieGroup("?", {"J": J, "D": Matrix.identity(2)}, generating=("J",)),
            "no basis of a Lie algebra",
        ),
        (lambda: LieGroup("?", {"J": J}, generating=("K",)), "no basis of a Lie algebra"),
    ],
)
def test_wrong_declarations_are_refused(make, message):
    with pytest.raises(SpecError, match=message) as refused:
        make()
    assert refused.value.code == "CM043"


def test_wrong_sizes_are_refused():
    for make in (orthogonal, special_orthogonal, symplectic, unitary, general_linear, euclidean):
        for wrong in (0, -2, 1.5, "3"):
            with pytest.raises(SpecError) as refused:
                make(wrong)
            assert refused.value.code == "CM042"
    with pytest.raises(SpecError, match="even number"):
        symplectic(5)


def test_representations_are_checked_on_brackets_and_components():
    group = orthogonal(2)
    twice = {"A12": group.standard().derivative("A12") * 2}
    Representation(group, {"P": group.standard().map("P")}, twice)
    with pytest.raises(SpecError, match="what the group's algebra says"):
        Representation(group, {"P": Matrix.identity(2)}, twice)
    su2 = special_unitary(2)
    scaled = {a: su2.standard().derivative(a) * 2 for a in su2.algebra}
    with pytest.raises(SpecError, match="bracket"):
        Representation(su2, {}, scaled)


def test_irrational_entries():
    turned = LieGroup("SO(2)", {"J": J * sqrt(2)})
    assert turned.compact and turned.brackets() == {}
    third = Fraction(1, 2)
    hexagon = Matrix.of([[third, -sqrt(3) * third], [sqrt(3) * third, third]])
    assert LieGroup("O(2)", {"J": J}, {"r": hexagon}, (("r",) * 6,)).compact


# --- flows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("group", "dimension", "size"), GROUPS, ids=IDS)
def test_rational_elements(group, dimension, size):
    """Each element is exp(tA) at one t, in the standard representation and in tensors; it keeps
    the form, exactly."""
    v = group.standard()
    tensors = [v, v.dual, v * v] if size < 5 else [v, v.dual]
    for a in group.algebra[:15]:
        for label, found in flows([x.derivative(a) for x in tensors], a):
            t = {"tu": np.arccos(3 / 5), "ex": 1.0}.get(label.removeprefix(f"{a} ")[:2])
            t = np.log(int(label[-1])) if t is None else t
            for x, m in zip(tensors, found):
                assert m.is_rational
                assert np.allclose(m.floats(), expm(t * x.derivative(a).floats()))
            assert found[1] == found[0].inverse().T
            if size < 5:
                assert found[2] == found[0].kron(found[0])
            if group.form is not None:
                assert found[0].T @ group.form @ found[0] == group.form


def test_spinors_turn_twice():
    """Half-integer eigenvalues: SU(2) by half its matrices next to SO(3)."""
    half = Matrix.of([[0, -1], [1, 0]]) * Fraction(1, 2)
    ((label, (spin, plane)),) = flows([half, J], "J")
    assert "twice" in label and plane == spin @ spin and not plane.is_identity


def test_what_has_no_rational_element_is_refused():
    for wrong in (J + Matrix.identity(2), J * sqrt(2), J.plus(E), Matrix.of([[1, 1], [0, 1]])):
        with pytest.raises(SpecError, match="no rational element") as refused:
            flows([wrong], "A")
        assert refused.value.code == "CM044"
