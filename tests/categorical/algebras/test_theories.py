"""Theories: the laws they generate, models and broken twins, and what cannot be read."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, SpecError, identity, op, swap
from categorical.algebras.standard import (
    abelian_group,
    additive,
    affine,
    bisemigroup,
    commutative_monoid,
    commutative_semigroup,
    commutative_semiring,
    diagonal_affine,
    group,
    largest,
    matrices,
    module,
    monoid,
    multiplicative,
    opposite,
    ring,
    scaling,
    semigroup,
    semilattice,
    semiring,
)
from categorical.algebras.theories import Theory, generic, unary_theory
from categorical.categories.presented import Presentation
from tests.categorical.algebras.verdicts import every, verdicts

n, k = Dim.named("n k")
V = Real[n]

MODELS = {
    "sums": lambda: commutative_monoid.laws(*additive(n)),
    "products": lambda: commutative_monoid.laws(*multiplicative(n)),
    "matrices": lambda: monoid.laws(*matrices(n)),
    "affine maps": lambda: monoid.laws(*affine(n)),
    "affine maps in the other order": lambda: monoid.laws(*opposite(affine(n))),
    "diagonal affine maps": lambda: monoid.laws(*diagonal_affine(n)),
    "numbers": lambda: commutative_semiring.laws(
        {"add": op.add, "mul": op.mul, "zero": op.zeros(V), "one": op.ones(V)}, V
    ),
    "a ring": lambda: ring.laws(
        {"add": op.add, "zero": op.zeros(V), "neg": op.neg, "mul": op.mul, "one": op.ones(V)}, V
    ),
    "an abelian group": lambda: abelian_group.laws({**additive(n)[0], "inv": op.neg}, V),
    "vectors": lambda: module.laws(scaling(n), r=Real[()], v=V),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_are_proved(name: str) -> None:
    assert every(MODELS[name]()) == {"PROVED"}


def test_the_maximum_is_a_semilattice() -> None:
    found = verdicts(semilattice.laws(*largest(n)))
    assert found["commutative"] == "PROVED"
    assert set(found.values()) <= {"PROVED", "EXACT", "TESTED"}
    tropical = verdicts(bisemigroup.laws({"add": op.maximum, "mul": op.add}, V))
    assert "REFUTED" not in tropical.values()


def refuted(laws) -> set[str]:
    return {name for name, verdict in verdicts(laws).items() if verdict == "REFUTED"}


def test_broken_twins() -> None:
    assert refuted(commutative_semigroup.laws({"mul": op.sub}, V)) == {
        "associative",
        "commutative",
    }
    mean = op.add >> op.scale(0.5)
    assert refuted(commutative_semigroup.laws({"mul": mean}, V)) == {"associative"}
    assert refuted(commutative_monoid.laws(*matrices(n))) == {"commutative"}
    operations = {"add": op.maximum, "mul": op.mul}
    assert refuted(bisemigroup.laws(operations, V)) == {"left distributive", "right distributive"}
    assert refuted(semilattice.laws({"mul": op.add}, V)) == {"idempotent"}
    wrong_unit = {**additive(n)[0], "one": op.ones(V)}
    assert refuted(monoid.laws(wrong_unit, V)) == {"left unit", "right unit"}
    assert refuted(group.laws({**multiplicative(n)[0], "inv": op.neg}, V)) == {
        "left inverse",
        "right inverse",
    }
    nearly = {**scaling(n), "add": op.maximum}
    assert refuted(module.laws(nearly, r=Real[()], v=V)) == {"sums act"}
    affine_operations, carrier = affine(n)
    forgetful = affine_operations["mul"] >> (identity(carrier.wires[0]) @ op.relu)
    assert refuted(monoid.laws({**affine_operations, "mul": forgetful}, carrier))


def test_an_operation_with_weights_is_one_operation() -> None:
    mixed = (op.linear(n, n) @ identity(V)) >> op.add
    laws = semigroup.laws({"mul": mixed}, V)
    assert list(laws[0].left.parameters) == ["mul.linear.weight", "mul.linear.bias"]
    assert refuted(laws) == {"associative"}
    commuting = (op.linear(n, n, name="w") >> op.scale(0.0)) @ identity(V) >> op.add
    assert refuted(semigroup.laws({"mul": commuting}, V)) == set()


def test_extended_theories_keep_their_equations() -> None:
    assert set(semigroup.equations) < set(monoid.equations) < set(commutative_monoid.equations)
    assert set(monoid.equations) < set(group.equations)
    assert len(semiring.equations) == len(commutative_semiring.equations) - 1
    assert set(semiring.operations) == {"add", "zero", "mul", "one"}


def test_monoid_sets_by_generators_and_relations() -> None:
    loop = Presentation("Z4", ("*",), {"r": ("*", "*")}, ((("r",) * 4, ()),))
    theory = unary_theory(loop)
    quarter = Dim("quarter", size=4)
    turn = op.roll(quarter, 1).at(Real[quarter])
    assert every(theory.laws({"r": turn}, Real[quarter])) <= {"PROVED", "EXACT"}
    fifth = Dim("fifth", size=5)
    assert refuted(theory.laws({"r": op.roll(fifth, 1)}, Real[fifth])) == {"rrrr = 1"}
    two = Presentation(
        "idempotents", ("*",), {"e": ("*", "*"), "f": ("*", "*")}, ((("e", "f"), ("f",)),)
    )
    # the first step acts first: f after e is f
    assert str(unary_theory(two).equations["ef = f"]) == "f(e(x)) = f(x)"


def test_sorts() -> None:
    assert module.sorts == ("r", "v")
    assert dict(module.equations["products act"].sorts) == {"r": "r", "s": "r", "v": "v"}
    first, second = generic("p", "q")
    assert first is not second


WRONG = {
    "an unknown operation": lambda: Theory("t", {"mul": 2}, {"e": "add(x, y) = x"}),
    "a wrong arity": lambda: Theory("t", {"mul": 2}, {"e": "mul(x) = x"}),
    "no equation": lambda: Theory("t", {"mul": 2}, {"e": "mul(x, y)"}),
    "no term": lambda: Theory("t", {"mul": 2}, {"e": "x * y = x"}),
    "a number": lambda: Theory("t", {"mul": 2}, {"e": "mul(x, 1) = x"}),
    "no arity": lambda: Theory("t", {"mul": "two"}),
    "a negative arity": lambda: Theory("t", {"mul": -1}),
    "no name": lambda: Theory("t", {"a b": 1}),
    "two sorts": lambda: Theory("t", {"act": "r, v -> v"}, {"e": "act(x, x) = x"}),
    "another sort": lambda: Theory("t", {"act": "r, v -> v"}, {"e": "act(act(r, v), v) = v"}),
    "a missing arrow": lambda: monoid.laws({"mul": op.add}, V),
    "an arrow too many": lambda: semigroup.laws({"mul": op.add, "one": op.zeros(V)}, V),
    "a missing carrier": lambda: module.laws(scaling(n), r=Real[()]),
    "another codomain": lambda: semigroup.laws({"mul": op.add.at(V, V) >> op.sum(n)}, V),
    "two arities": lambda: Theory("t", {"m": 1}) | Theory("s", {"m": 2}),
    "a category": lambda: unary_theory(Presentation("two", ("a", "b"), {"f": ("a", "b")})),
    "inverses": lambda: unary_theory(
        Presentation("Z", ("*",), {"r": ("*", "*")}, ((("r", "r^-1"), ()),), invertible=True)
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_refused(what: str) -> None:
    with pytest.raises(SpecError) as caught:
        WRONG[what]()
    assert caught.value.code == "CM049"


def test_a_twisted_model_is_read_at_its_type() -> None:
    laws = commutative_semigroup.laws({"mul": swap(V, V) >> op.add}, V)
    assert every(laws) == {"PROVED"}
