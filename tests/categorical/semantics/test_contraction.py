"""Contractions agree with numpy and with the definition, and refuse what is ill-formed."""

import numpy as np
import pytest

from categorical.semantics import FloatAlgebra
from categorical.semantics.contraction import Ring, contract

SPECS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("bhqd,bhkd->bhqk", (2, 3, 4, 5), (2, 3, 6, 5)),
    ("i,j->ij", (2,), (3,)),
    ("bi,bi->b", (3, 4), (3, 4)),
    ("bi,bi->bi", (3, 4), (3, 4)),
    ("ij,j->i", (2, 3), (3,)),
    ("i,ij->j", (2,), (2, 3)),
    ("ij,kl->", (2, 3), (4, 5)),
    ("ij,kl->jk", (2, 3), (4, 5)),
    ("ii->i", (3, 3)),
    ("ii->", (3, 3)),
    ("ijij->j", (2, 3, 2, 3)),
    ("ii,ij->j", (3, 3), (3, 4)),
    ("ij->ji", (2, 3)),
    ("ij->", (2, 3)),
    ("->", ()),
    (",i->i", (), (4,)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)),
    ("ab,bc,cd,de->ae", (2, 7), (7, 1), (1, 8), (8, 3)),
    ("ai,bi,ci->abc", (2, 5), (3, 5), (4, 5)),
    ("ai,bi,ci,di->", (2, 5), (3, 5), (4, 5), (2, 5)),
    ("i,i,i->i", (4,), (4,), (4,)),
    ("i,j,k->", (2,), (3,), (4,)),
    ("Ab,bA->", (2, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 3)),
    ("bi,bij->bj", (0, 2), (0, 2, 3)),
]


@pytest.mark.parametrize("case", SPECS, ids=[case[0] for case in SPECS])
def test_agrees_with_numpy(case):
    spec, *shapes = case
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    result = FloatAlgebra().einsum(spec, *arrays)
    expected = np.einsum(spec, *arrays)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


def test_the_comparison_notices_a_wrong_product():
    """The broken twin: a ring whose matrix product transposes its right factor."""
    broken = Ring(np.multiply, lambda a, b: a @ b.swapaxes(1, 2), lambda a, axes: a.sum(axis=axes))
    a, b = np.random.default_rng(0).standard_normal((2, 3, 3))
    assert not np.allclose(contract("ij,jk->ik", (a, b), broken), a @ b)


def test_linear_in_every_operand():
    algebra = FloatAlgebra()
    rng = np.random.default_rng(1)
    vs = [rng.standard_normal((3, 3)) for _ in range(3)]
    other = rng.standard_normal((3, 3))
    for k in range(3):
        moved = [*vs[:k], vs[k] + 2 * other, *vs[k + 1 :]]
        single = [*vs[:k], other, *vs[k + 1 :]]
        expected = algebra.einsum("ij,jk,ki->i", *vs) + 2 * algebra.einsum("ij,jk,ki->i", *single)
        assert algebra.equal_arrays(algebra.einsum("ij,jk,ki->i", *moved), expected)


@pytest.mark.parametrize(
    ("spec", "shapes", "message"),
    [
        ("ij,jk", [(2, 2), (2, 2)], "write the output"),
        ("ij,jk->ik", [(2, 2)], "2 operands named, 1 given"),
        ("ij->i", [(2, 2, 2)], "has 3 axes"),
        ("ij,jk->ik", [(2, 3), (4, 2)], "letter j is 3 and 4"),
        ("ij->ik", [(2, 2)], "output letter k is in no operand"),
        ("ij->ii", [(2, 2)], "output letter i is repeated"),
        ("i1->i", [(2, 2)], "not made of letters"),
        ("ij,jk->ik", [(2, 1), (3, 2)], "letter j is 1 and 3"),
    ],
)
def test_refusals(spec, shapes, message):
    with pytest.raises(ValueError, match=message):
        FloatAlgebra().einsum(spec, *(np.ones(shape) for shape in shapes))
