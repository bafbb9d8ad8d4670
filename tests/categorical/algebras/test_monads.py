"""Monads and comonads on spaces, their morphisms, Kleisli composition, and broken twins."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, SpecError, copy, discard, identity, op
from categorical.algebras.comonads import Comonad, coreader, store
from categorical.algebras.families import Family, family, identities, times
from categorical.algebras.monads import (
    Monad,
    exceptions,
    identity_monad,
    maybe,
    pointed,
    reader,
    state,
    writer,
)
from categorical.algebras.morphisms import (
    MonadMorphism,
    along_monoid,
    augmentation,
    identity_morphism,
    monoid_homomorphism,
)
from categorical.algebras.polynomial import X, const, one
from categorical.algebras.standard import additive, affine, matrices, multiplicative
from categorical.spaces import product_space
from tests.categorical.algebras.verdicts import every, verdicts

a, e, i, n, s, x, y = Dim.named("a e i n s x y")
S, N = Real[x], Real[n]

MONADS = {
    "identity": identity_monad(),
    "writer": writer(additive(n)),
    "affine actions": writer(affine(n)),
    "maybe": maybe(),
    "exceptions": exceptions(Real[e]),
    "reader": reader(i),
    "state": state(s),
}
COMONADS = {"coreader": coreader(Real[e]), "store": store(i)}


@pytest.mark.parametrize("name", MONADS)
def test_monad_laws(name: str) -> None:
    monad = MONADS[name]
    assert every(monad.laws()) == {"PROVED"}
    assert every(monad.strength_laws()) == {"PROVED"}


@pytest.mark.parametrize("name", COMONADS)
def test_comonad_laws(name: str) -> None:
    assert every(COMONADS[name].laws()) == {"PROVED"}


def test_a_reader_at_a_space_with_its_own_axis() -> None:
    assert every(reader(i).laws(Real[i])) == {"PROVED"}
    assert every(state(s).laws(Real[s])) == {"PROVED"}


def refuted(laws) -> set[str]:
    return {name.split("[")[0] for name, verdict in verdicts(laws).items() if verdict == "REFUTED"}


def test_broken_multiplications_and_units() -> None:
    clock = MONADS["writer"]
    forgets = clock.with_multiplication(
        "forgets", lambda x: times(identity(N) @ discard(N), identities(x))
    )
    assert refuted(forgets.laws()) == {"left unit"}
    starts_at_one = clock.with_unit("one", lambda x: times(op.ones(N).at(), identities(x)))
    assert refuted(starts_at_one.laws()) == {"left unit", "right unit"}
    subtracts = writer(({"mul": op.sub.at(N, N), "one": op.zeros(N)}, N))
    assert refuted(subtracts.laws()) == {"associative", "left unit"}
    assert refuted(clock.laws()) == set()


def test_a_maybe_that_forgets() -> None:
    monad = maybe()

    def join(x_):
        twice = monad.functor.after(monad.functor).cases(x_)
        nothing = tuple((0, discard(product_space(*wires))) for wires in twice)
        return Family(twice, monad.functor.cases(x_), nothing)

    forgets = monad.with_multiplication("forgets", join)
    found = verdicts(forgets.laws())
    assert found["left unit[case 1]"] == found["right unit[case 1]"] == "REFUTED"


def test_a_state_that_drops_the_next_state() -> None:
    good = state(s)

    def join(x_):
        found = good.join(x_)
        first, *rest = found.cod[0]
        values = found.arrow() >> (discard(first) @ identity(*rest))
        return family(op.positions(s).at() @ values)

    assert "REFUTED" in every(good.with_multiplication("stays", join).laws())


def test_broken_comultiplications() -> None:
    environment = coreader(Real[e])
    drops = environment.with_comultiplication(
        "drops",
        lambda x: times(copy(Real[e]) >> (identity(Real[e]) @ op.scale(0.0)), identities(x)),
    )
    assert refuted(drops.laws()) == {"left counit"}
    shifted = store(i)

    def away(x_):
        good = shifted.spread(x_)
        wires = good.cod[0]
        moved = op.roll(i, 1).at(wires[1])
        return good >> family(identity(wires[0]) @ moved @ identity(*wires[2:]))

    assert "REFUTED" in every(shifted.with_comultiplication("moved", away).laws())


def test_kleisli_and_cokleisli() -> None:
    clock = writer(additive(n))
    f = (copy(Real[x]) >> (op.linear(x, n) @ op.linear(x, y))).named("f")
    g = (copy(Real[y]) >> (op.linear(y, n) @ op.linear(y, x))).named("g")
    both = clock.kleisli(f, g)
    assert both.dom == ((Real[x],),) and both.cod == ((N, Real[x]),)
    assert every(clock.kleisli_laws(f, g, f)) == {"PROVED"}
    environment = coreader(Real[e])
    h = ((op.linear(e, y) @ op.linear(x, y)) >> op.add >> op.relu).named("h")
    k = ((op.linear(e, x) @ op.linear(y, x)) >> op.add).named("k")
    assert environment.cokleisli(Real[x], h, k).cod == ((Real[x],),)
    assert every(environment.cokleisli_laws(Real[x], h, k, h)) == {"PROVED"}
    assert clock.bind(f).dom == ((N, Real[x]),)


def test_morphisms_of_monads() -> None:
    clock = additive(n)
    assert every(augmentation(affine(n)).laws()) == {"PROVED"}
    translations = op.eye(n, n.at("column")) @ identity(N)
    assert every(monoid_homomorphism(translations, clock, affine(n))) == {"PROVED"}
    inside = along_monoid(translations, clock, affine(n), "translations")
    assert every(inside.laws()) == {"PROVED"}
    assert every(inside.then(augmentation(affine(n))).laws()) == {"PROVED"}
    assert every(identity_morphism(maybe()).laws()) == {"PROVED"}
    exp = monoid_homomorphism(op.exp.at(N), clock, multiplicative(n))
    assert every(exp) <= {"PROVED", "EXACT"}


def test_broken_morphisms() -> None:
    clock = additive(n)
    square = along_monoid(op.square.at(N), clock, clock, "square")
    assert refuted(square.laws()) == {"multiplication"}
    assert refuted(monoid_homomorphism(op.square.at(N), clock, clock)) == {"products"}
    shift = along_monoid(op.exp.at(N), clock, clock, "exp")
    assert refuted(shift.laws()) == {"unit", "multiplication"}
    column = Real[n, n.at("column")]
    assert refuted(monoid_homomorphism(op.scale(2.0).at(column), matrices(n), matrices(n))) == {
        "products",
        "units",
    }


WRONG = {
    "a multiplication elsewhere": lambda: Monad(
        "m", X, identities, lambda x: inclusion_of(x)
    ).laws(),
    "a unit elsewhere": lambda: Monad("m", const(N) * X, identities, identities).laws(),
    "a counit elsewhere": lambda: Comonad("c", const(N) * X, identities, identities).laws(),
    "a component elsewhere": lambda: MonadMorphism(
        "c", maybe(), identity_monad(), identities
    ).laws(),
    "no monad of one space": lambda: maybe().bind(identity(Real[x])),
}


def inclusion_of(at):
    return pointed(one).unit(at)


@pytest.mark.parametrize("what", WRONG)
def test_refused(what: str) -> None:
    with pytest.raises(SpecError) as caught:
        WRONG[what]()
    assert caught.value.code == "CM048"
