"""Monads on data: their laws on all shapes, algebras, morphisms, and broken twins."""

from __future__ import annotations

import pytest

from categorical import SpecError
from categorical.algebras.containers import (
    Container,
    acting,
    closure,
    list_terms,
    lists,
    monoid_laws,
    morphism_laws,
    sets,
    terms,
    trees,
)
from tests.categorical.algebras.verdicts import every, verdicts

CONTAINERS = {"lists": (lists, 6), "trees": (trees, 6), "terms": (list_terms, 6), "sets": (sets, 3)}


@pytest.mark.parametrize("name", CONTAINERS)
def test_monad_laws_hold_on_every_shape(name: str) -> None:
    container, size = CONTAINERS[name]
    assert every(container.laws(size)) == {"TESTED"}


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_broken_copy_is_refuted(name: str) -> None:
    container, size = CONTAINERS[name]
    assert every(container.broken().laws(size, twin=container.broken())) == {"REFUTED"}


def test_a_unit_that_duplicates() -> None:
    twice = lists.with_unit("twice", lambda x: (x, x))
    found = verdicts(twice.laws(5))
    assert found == {"associative": "TESTED", "left unit": "REFUTED", "right unit": "REFUTED"}


def test_a_copy_that_passes_makes_a_check_vacuous() -> None:
    assert every(lists.laws(4, twin=lists)) == {"VACUOUS"}


def test_shapes_are_counted() -> None:
    # lists of lists of lists with so many brackets and elements
    assert [len(list(lists.elements(1, k))) for k in range(1, 6)] == [1, 2, 3, 4, 5]
    assert [len(list(lists.elements(2, k))) for k in range(1, 6)] == [1, 2, 4, 8, 16]
    # binary trees with n leaves, each a variable or a label: Catalan(n − 1)·2ⁿ of size 2n − 1
    by_size = [len(list(trees.elements(1, k))) for k in (1, 3, 5)]
    assert by_size == [2, 2 + 4, 2 + 4 + 16]
    assert len(set(map(repr, lists.generic(3, 6)))) == len(list(lists.generic(3, 6)))


def test_labels_are_distinct() -> None:
    for t in trees.generic(1, 5):
        found: list[object] = []
        trees.map(lambda label, seen=found: seen.append(label), t)
        assert len(set(found)) == len(found)
    assert ("cons", "a0", ("cons", "a1", ("var", 0))) in list(list_terms.generic(1, 3))


def test_terms_are_folded_by_join() -> None:
    inner = ("cons", "a0", ("var", ("cons", "a1", ("nil",))))
    assert list_terms.join(inner) == ("cons", "a0", ("cons", "a1", ("nil",)))
    ternary = terms({"three": (1, 3)})
    assert every(ternary.laws(5)) == {"TESTED"}


def test_algebras_of_data_monads() -> None:
    total = lists.algebra_laws(sum, range(3), lambda t: sum(t) + 1)
    assert every(total) == {"TESTED"}
    first = lists.algebra_laws(lambda t: t[-1] if t else 0, range(1, 3), lambda t: 7)
    assert verdicts(first) == {"unit": "TESTED", "associative": "REFUTED"}
    largest = sets.algebra_laws(lambda t: max(t, default=0), range(3), lambda t: len(t), 2)
    assert every(largest) == {"TESTED"}
    summed = sets.algebra_laws(sum, range(3), lambda t: len(t) + 1, 2)
    assert verdicts(summed)["associative"] == "REFUTED"


def test_morphisms_of_data_monads() -> None:
    assert every(morphism_laws(lists, sets, frozenset, lambda t: frozenset(t[1:]))) == {"TESTED"}
    rest = morphism_laws(lists, sets, lambda t: frozenset(t[1:]), frozenset)
    assert every(rest) == {"REFUTED"}


def test_actions_on_data() -> None:
    four = acting("Z4", range(4), lambda g, h: (g + h) % 4, 0, lambda g: 3 - g)
    two = acting("Z2", range(2), lambda g, h: (g + h) % 2, 0, lambda g: g + 1)
    assert every(four.laws(1)) == {"TESTED"}
    assert len(list(four.elements(3, 1))) == 4**3
    back = acting("Z4", range(4), lambda g, h: (g - h) % 4, 0, lambda g: g + 1)
    assert verdicts(back.laws(1)) == {
        "associative": "REFUTED",
        "left unit": "REFUTED",
        "right unit": "TESTED",
    }
    quotient = morphism_laws(four, two, lambda t: (t[0] % 2, t[1]), lambda t: (1, t[1]))
    assert every(quotient) == {"TESTED"}
    halves = morphism_laws(four, two, lambda t: (t[0] // 2, t[1]), lambda t: (1, t[1]))
    assert verdicts(halves) == {"unit": "TESTED", "multiplication": "REFUTED"}


def test_the_free_semilattice() -> None:
    points = [frozenset((k,)) for k in range(4)]
    assert len(closure(points, frozenset.union)) == 2**4 - 1


def test_finite_monoids() -> None:
    good = monoid_laws("Z4", range(4), lambda p, q: (p + q) % 4, 0, lambda p, q: (p - q) % 4)
    assert every(good) == {"TESTED"}
    bad = monoid_laws("minus", range(4), lambda p, q: (p - q) % 4, 0, lambda p, q: (p - q) % 4)
    assert every(bad) == {"REFUTED"}


def test_refused() -> None:
    with pytest.raises(SpecError) as caught:
        terms({"var": (0, 1)})
    assert caught.value.code == "CM048"
    assert isinstance(lists, Container)
