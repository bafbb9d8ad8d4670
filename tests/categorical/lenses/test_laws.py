"""The laws of lenses by the ladder: proved of lawful ones, refuted of gradients and optimisers."""

from __future__ import annotations

import pytest

from categorical import Dim, Fin, Real, SpecError, identity, op
from categorical.architecture import Architecture
from categorical.lenses import (
    Lens,
    additive,
    category_laws,
    copy_lens,
    discard_lens,
    equal_lenses,
    field,
    identity_lens,
    lawful,
    product_laws,
)
from synthesis.ladder import check
from tests.categorical.algebras.verdicts import every, verdicts
from tests.categorical.lenses.examples import (
    M,
    N,
    descent,
    doubling,
    layer,
    middle,
    momentum,
    rows,
    square,
    tanh,
)


@pytest.mark.parametrize("one", [middle, field(N, M, which=[1, 0]), identity_lens(N)])
def test_fields_are_lawful(one: Lens) -> None:
    assert every(lawful(one)) == {"PROVED"}


def test_rows_are_lawful_and_so_are_composites() -> None:
    assert every(lawful(rows)) == {"PROVED"}
    nested = field(*rows.source, N) >> rows
    assert every(lawful(nested)) == {"PROVED"}
    assert every(lawful(middle @ rows)) == {"PROVED"}


@pytest.mark.parametrize("one", [square, tanh, descent, momentum, doubling])
def test_gradients_and_optimisers_are_not_lawful(one: Lens) -> None:
    assert "REFUTED" in every(lawful(one))


def test_the_refutation_has_a_counterexample() -> None:
    holder = identity(N).named("holder")
    laws = (lawful(descent)[0].fails(),)
    (found,) = check(Architecture("holder", holder, laws, {}, None, "stack", None))
    assert found.expected and found.counterexample is not None
    assert found.counterexample.difference


def test_only_what_breaks_a_law_breaks_it() -> None:
    broken = Lens(middle.get, middle.put >> (op.relu.at(N) @ identity(*middle.source[1:])))
    assert verdicts(lawful(broken))["get-put"] == "REFUTED"
    assert verdicts(lawful(broken))["put-get"] == "PROVED"


def test_additivity() -> None:
    for one in (square, tanh, layer, square >> tanh, copy_lens(N * M, 3), discard_lens(N)):
        assert every(additive(one)) == {"PROVED"}
    assert every(additive(descent)) == {"REFUTED"}
    biased = Lens(identity(N), op.add.at(N, N), "biased")
    assert every(additive(biased)) == {"REFUTED"}
    with pytest.raises(SpecError, match="cannot be additive"):
        additive(identity_lens(Fin(Dim("v"))[()]))


def test_lenses_form_a_category_with_products() -> None:
    assert every(category_laws(layer, tanh, layer)) == {"PROVED"}
    assert every(category_laws(momentum)) == {"PROVED"}
    assert every(product_laws(layer, layer, square, layer)) == {"PROVED"}
    assert every(product_laws(layer, tanh, layer, square)) == {"PROVED"}


def test_unequal_lenses_are_told_apart() -> None:
    assert every(equal_lenses(square >> tanh, square >> square)) == {"REFUTED"}
    forgetful = Lens(square.get, square.put >> op.scale(2.0))
    assert verdicts(equal_lenses(square, forgetful, "same")) == {
        "same: get": "PROVED",
        "same: put": "REFUTED",
    }
    with pytest.raises(SpecError, match="different types"):
        equal_lenses(square, identity_lens(M))


def test_laws_of_lenses_with_two_types_cannot_be_stated() -> None:
    with pytest.raises(SpecError, match="on the way back") as found:
        lawful(identity_lens(N, back=Real[()]))
    assert "additive" in str(found.value)
