"""What is said of a map that is missing from a solved layer, and of laws of a product of groups."""

import pytest

from categorical import Dim, Real, architecture, laws
from categorical.errors import SpecError
from categorical.groups import Acting, Symmetric, cyclic, dihedral
from synthesis import natural
from synthesis.completing import check_complete, shown
from tests.synthesis.test_layers import PAIR, c, k, m, n


def test_a_missing_tensor_is_told_by_its_entries() -> None:
    g = Dim("g", size=4)
    turns = Acting(cyclic(4), {g: cyclic(4).standard()})
    motions = Acting(dihedral(4), {g: dihedral(4).standard()})
    layer = natural(Real[g], Real[g], under=motions).layer(c, k)
    law = laws.complete(under=turns)
    found = check_complete(law, architecture(layer, laws=[law], name="few"))
    assert found.verdict.name == "REFUTED"
    said = found.counterexample.source.splitlines()[0]
    assert "1 at (" in said and said.endswith("and 0 elsewhere") and "(4, 4)" in said


def test_long_tensors_are_cut() -> None:
    said = shown({"shape": (20, 20), "map": {21 * i: -1 for i in range(20)} | {1: 2}})
    assert said.startswith("a tensor of the shape (20, 20), -1 at (0, 0), (1, 1), ")
    assert "… (20 entries); 2 at (0, 1), and 0 elsewhere" in said


@pytest.mark.parametrize("claim", [laws.equivariant, laws.invariant])
def test_a_product_of_which_the_output_keeps_one_part_needs_two_laws(claim) -> None:
    group = Symmetric(n) * Symmetric(m)
    rows = natural(Real[n, m], Real[n], under=group).layer(c, k)
    with pytest.raises(SpecError) as caught:
        architecture(rows, laws=[claim(under=group)], name="rows")
    two = "laws.equivariant(under=Symmetric(n)) and laws.invariant(under=Symmetric(m))"
    assert two in str(caught.value)
    single = natural(PAIR, Real.scalar, under=Symmetric(n)).layer(c, k)
    with pytest.raises(SpecError, match=r"claim laws\.invariant instead"):
        architecture(single, laws=[laws.equivariant(under=Symmetric(n))], name="graphs")
