"""Polynomial functors: values, functoriality, strength, and what is refused."""

from __future__ import annotations

import pytest

from categorical import Dim, Fin, One, Real, SpecError, case, identity, op
from categorical.algebras.families import (
    beside,
    cases,
    equal_families,
    family,
    identities,
    inclusion,
    times,
)
from categorical.algebras.polynomial import X, action, const, one, reads, zero
from categorical.algebras.strength import strength, strength_laws
from tests.categorical.algebras.verdicts import every, verdicts

a, b, i, m, o, s, x, y, z = Dim.named("a b i m o s x y z")
S, A, O = Real[s], Real[a], Real[o]

FUNCTORS = {
    "lists": one + const(A) * X,
    "trees": const(A) + X**2,
    "labelled trees": one + const(A) * X**2,
    "streams": const(O) * X,
    "power": X**i,
    "outputs at inputs": (const(O) * X) ** i,
    "action": action(Real[m, m.at("column")] * Real[m]),
    "mixed": const(A) * X + X**i * X + one,
}


@pytest.mark.parametrize("name", FUNCTORS)
def test_a_functor_keeps_identities_and_composites(name: str) -> None:
    functor = FUNCTORS[name]
    f, g = op.linear(x, y), op.linear(y, z) >> op.tanh
    f, g = f.named("f"), g.named("g")
    same = equal_families("identity", functor.map(identity(Real[x])), identities(functor(Real[x])))
    both = equal_families("composite", functor.map(f >> g), functor.map(f) >> functor.map(g))
    assert every(same + both) == {"PROVED"}


@pytest.mark.parametrize("name", FUNCTORS)
def test_the_derived_strength_has_its_laws(name: str) -> None:
    assert every(strength_laws(FUNCTORS[name])) == {"PROVED"}


def test_values() -> None:
    assert FUNCTORS["lists"](S) is One + A * S
    assert FUNCTORS["trees"](S * O) is A + S * O * S * O
    assert FUNCTORS["outputs at inputs"](S * Fin(a)[s]) is Real[i, o] * Real[i, s] * Fin(a)[i, s]
    assert X(S) is S
    assert (zero * X).cases(S) == ()
    assert str(FUNCTORS["labelled trees"]) == "1 + Real[a] × X²"
    assert str(reads(A, one + X)) == "Real[a] → (1 + X)"


def test_spaces_and_numbers_stand_for_constant_functors() -> None:
    assert FUNCTORS["lists"] == 1 + A * X and FUNCTORS["trees"] == A + X**2
    assert X * const(A) == X * A and X + const(A) == X + A and 2 * X == X + X
    assert const(A * O) * X == (A * O) * X and const(A) * X + const(O) * X == (A + O) * X
    assert isinstance(A * O, type(A * S)) and A + O is const(A + O)(S)
    assert zero == 0 * X


def test_a_composite_functor_is_applied_after_the_other() -> None:
    lists, trees = FUNCTORS["lists"], FUNCTORS["trees"]
    assert lists.after(trees).cases(S) == lists.cases(trees(S))
    assert trees.after(lists).cases(S) == trees.cases(lists(S))
    f = op.relu.at(S)
    twice = lists.map(trees.map(f))
    assert verdicts(equal_families("after", lists.after(trees).map(f), twice))


def test_a_power_over_an_axis_that_is_there_has_another_label() -> None:
    assert (X**i)(Real[i]) is Real[i.at("of2"), i]
    assert (X**i).after(X**i)(Real[i]) is (X**i)((X**i)(Real[i]))
    lifted = (X**i).map(op.linear(i, i).named("f"))
    assert lifted.cod == ((Real[i.at("of2"), i],),)


def test_a_strength_that_changes_the_parameter_breaks_a_law() -> None:
    functor = FUNCTORS["lists"]

    def wrong(p, x_):
        found = strength(functor, p, x_)
        if len(p.wires) != 1:
            return found
        return times(op.neg.at(*p.wires), identities(functor(x_))) >> found

    found = verdicts(strength_laws(functor, wrong))
    assert found["AS1[case 1]"] == "PROVED"
    assert found["AS2[case 1]"] == found["natural[case 1]"] == "REFUTED"


def test_weights_are_one_set_for_all_slots() -> None:
    twice = FUNCTORS["trees"].map(op.linear(x, y)).arrows[1]
    assert list(twice.parameters) == ["linear.weight", "linear.bias"]
    fresh = op.linear(x, y) @ op.linear(x, y)
    assert len(fresh.parameters) == 4


def test_families() -> None:
    cell = case(op.zeros(S), op.add.at(S, S))
    found = family(cell)
    assert found.targets == (0, 0)
    assert (inclusion(One + S * S, 1) >> found).arrows[0].dom == (S, S)
    assert found.arrow().dom == cell.dom
    both = beside(identity(S), op.linear(a, s))
    assert both.dom == ((S,), (A,))
    assert cases(A * (One + S)) == ((A,), (A, S))
    assert times(identity(A), found).dom == ((A,), (A, S, S))
    swapped = family(op.zeros(S))
    assert equal_families("different", swapped, swapped)


WRONG = {
    "a power of a sum": lambda: (one + X) ** i,
    "a sum inside a power": lambda: (X**i)(One + S),
    "a function space as a value": lambda: reads(A, X)(S),
    "a function space in a sum": lambda: one + reads(A, X),
    "no functor": lambda: X + 2.5,
    "a negative number": lambda: X + (-1),
    "a truth value": lambda: X + True,
    "a sum as a parameter": lambda: strength(X, One + A, S),
    "cases that do not meet": lambda: family(op.relu.at(S)) >> family(op.relu.at(A)),
    "branches with two ends": lambda: family([op.relu.at(S), op.relu.at(A)]),
    "no branches": lambda: family([]),
    "no such case": lambda: inclusion(One + S, 2),
    "one arrow into a sum": lambda: inclusion(One + S, 1).arrow(),
    "two ways with other cases": lambda: equal_families("e", identities(S), identities(A)),
}


@pytest.mark.parametrize("what", WRONG)
def test_refused(what: str) -> None:
    with pytest.raises(SpecError) as caught:
        WRONG[what]()
    assert caught.value.code == "CM048"
