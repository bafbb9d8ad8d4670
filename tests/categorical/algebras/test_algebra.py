"""Algebras, coalgebras, homomorphisms along morphisms of monads, lax algebras, free monads."""

from __future__ import annotations

import pytest

from categorical import Dim, One, Real, SpecError, arrow, case, copy, discard, identity, laws, op
from categorical.algebras.algebra import Algebra, Homomorphism, homomorphism, trivial
from categorical.algebras.coalgebra import Coalgebra, Moore, cohomomorphism, moore_homomorphism
from categorical.algebras.comonads import coreader
from categorical.algebras.families import equal_families, family
from categorical.algebras.free import (
    equivalence_laws,
    evaluation,
    free_monad_laws,
    history,
    history_laws,
    stage,
    unrolling,
)
from categorical.algebras.lax import Lax, comonoid_laws, lax_homomorphism, untied
from categorical.algebras.monads import pointed, writer
from categorical.algebras.morphisms import along_monoid, augmentation
from categorical.algebras.polynomial import X, const, one, reads
from categorical.algebras.standard import additive, affine
from categorical.arrows import Wiring, swap
from tests.categorical.algebras.verdicts import every, verdicts

a, i, m, n, o, x = Dim.named("a i m n o x")
N, M, A, R = Real[n], Real[m], Real[a], Real.scalar
clock = writer(additive())


def shift() -> Algebra:
    """(R, +) moves all entries of a vector."""
    return Algebra(clock, N, (op.expand(n).at(R) @ identity(N)) >> op.add, "shift")


def applied() -> Algebra:
    """Affine maps act on vectors."""
    square = Real[n, n.at("column")]

    @arrow
    def act(matrix: square, offset: N, v: N) -> N:
        image = op.einsum(n)(matrix, op.relabel(n, n.at("column"))(v))
        return image + offset

    return Algebra(writer(affine(n)), N, act, "affine")


@arrow
def centred(v: N) -> N:
    """A vector without its mean."""
    return v - op.expand(n)(op.mean(n)(v))


def refuted(laws_) -> set[str]:
    return {name for name, verdict in verdicts(laws_).items() if verdict == "REFUTED"}


def test_actions() -> None:
    assert every(shift().laws()) == {"PROVED"}
    assert every(applied().laws()) == {"PROVED"}
    scaled = Algebra(clock, N, (op.expand(n).at(R) @ op.scale(2.0).at(N)) >> op.add)
    assert refuted(scaled.laws()) == {"unit", "associative"}


def test_equivariance_is_the_square() -> None:
    mean = Homomorphism(op.mean(n).at(N), shift(), Algebra(clock, R, op.add.at(R, R)))
    assert every(mean.laws()) == {"PROVED"}
    assert refuted(laws.homomorphism(op.relu.at(N), shift(), shift())) == {"homomorphism"}


def test_invariance_is_a_homomorphism_along_the_augmentation() -> None:
    forget = augmentation(additive())
    assert every(homomorphism(centred, shift(), trivial(N), forget)) == {"PROVED"}
    assert refuted(homomorphism(op.tanh.at(N), shift(), trivial(N), forget)) == {"homomorphism"}


def test_restriction_along_an_inclusion() -> None:
    inside = along_monoid(op.eye(n, n.at("column")) @ identity(N), additive(n), affine(n), "shifts")
    restricted = applied().restricted(inside)
    own = Algebra(writer(additive(n)), N, op.add.at(N, N), "shifts")
    assert every(restricted.laws()) == {"PROVED"}
    assert every(equal_families("same", restricted.structure, own.structure)) == {"PROVED"}
    along = Homomorphism(identity(N), own, applied(), inside)
    assert every(along.laws()) == {"PROVED"}
    doubled = Homomorphism(op.scale(2.0).at(N), own, applied(), inside)
    assert refuted(doubled.laws()) == {"homomorphism"}


def test_homomorphisms_compose_along_composites() -> None:
    source = shift()
    first = Homomorphism(op.mean(n).at(N), source, Algebra(clock, R, op.add.at(R, R), "line"))
    then = Homomorphism(op.scale(0.0).at(R), first.target, trivial(R), augmentation(additive()))
    both = first >> then
    assert both.along is not None and both.along.name == "augmentation"
    assert every(both.laws()) == {"PROVED"}
    with pytest.raises(SpecError):
        then >> first


def test_a_homomorphism_of_cells() -> None:
    lists = one + const(A) * X
    cell = Algebra(lists, N, case(op.zeros(N), (op.linear(a, n) @ identity(N)) >> op.add))
    other = Algebra(
        lists, N, case(op.zeros(N), (op.linear(a, n) >> op.scale(3.0)) @ identity(N) >> op.add)
    )
    same = {"b1": "a1"}
    assert every(homomorphism(op.scale(3.0).at(N), cell, other, weights=same)) == {"PROVED"}
    assert refuted(homomorphism(op.scale(2.0).at(N), cell, other, weights=same)) == {
        "homomorphism[case 1]"
    }
    # without a word, the weights of both cells are independent
    assert refuted(homomorphism(op.scale(3.0).at(N), cell, other)) == {"homomorphism[case 1]"}
    assert every(homomorphism(identity(N), cell, cell)) == {"PROVED"}


def test_pointed_functors_and_cells_are_one_thing() -> None:
    lists = one + const(A) * X
    cell = [op.zeros(N).at(), (op.linear(a, n) @ op.linear(n, n)) >> op.add >> op.tanh]
    whole = pointed(lists)
    assert every(Algebra(whole, N, [identity(N), *cell]).laws()) == {"PROVED"}
    assert refuted(Algebra(whole, N, [op.relu.at(N), *cell]).laws()) == {"unit"}


def test_lax_algebras_tie_weights() -> None:
    monad, flow = writer(additive(n)), op.mul.at(N, N) @ identity(N) >> op.add
    tied = Lax(monad, N, N, flow)
    assert every(tied.laws()) == {"PROVED"}
    doubled = Lax(monad, N, N, flow, untied(op.scale(2.0).at(N), N))
    assert refuted(doubled.laws()) == {
        "associative",
        "counit left",
        "coassociative",
        "cocommutative",
    }
    bias = Lax(
        monad,
        N,
        N,
        copy(N) @ identity(N, N)
        >> Wiring((N,) * 4, (0, 2, 3), "w")
        >> (op.mul @ identity(N))
        >> op.add,
    )
    assert every(bias.laws()) == {"PROVED"}


def test_lax_and_oplax_homomorphisms() -> None:
    monad, flow = writer(additive(n)), op.mul.at(N, N) @ identity(N) >> op.add
    source, target = Lax(monad, N, N, flow), Lax(monad, N, N, flow, name="b")
    double = op.scale(2.0).at(N)
    assert every(lax_homomorphism(double, One, source, target, double)) == {"PROVED"}
    half = op.scale(0.5).at(N)
    assert every(lax_homomorphism(double, One, source, target, half, oplax=True)) == {"PROVED"}
    assert refuted(lax_homomorphism(double, One, source, target, identity(N)))
    gate = op.mul.at(N, N)
    hand_on = Wiring((N, N), (0, 1, 0), "copy") >> (gate @ identity(N))
    assert every(lax_homomorphism(gate, N, source, target, hand_on)) == {"PROVED"}
    fixed = swap(N, N)
    assert refuted(lax_homomorphism(gate, N, source, target, fixed)) == {"lax homomorphism"}


def test_the_copy_is_the_comonoid() -> None:
    assert every(comonoid_laws(N * M, copy(N * M))) == {"PROVED"}
    first = copy(N) >> (identity(N) @ op.scale(0.0))
    assert "REFUTED" in every(comonoid_laws(N, first))


def test_cells_are_algebras_of_the_free_monad() -> None:
    lists, trees = one + const(A) * X, const(A) + X**2
    cell = case(op.zeros(N), (op.linear(a, n) @ op.linear(n, n)) >> op.add >> op.tanh)
    assert every(equivalence_laws(Algebra(lists, N, cell), 1, 2)) == {"PROVED"}
    join = (op.linear(n, n, name="left") @ op.linear(n, n, name="right")) >> op.add >> op.tanh
    tree = Algebra(trees, N, case(op.linear(a, n), join))
    assert every(equivalence_laws(tree, 1, 1)) == {"PROVED"}
    assert every(free_monad_laws(lists, 1, Real[x])) == {"PROVED"}
    assert every(free_monad_laws(trees, 1, Real[x])) == {"PROVED"}
    assert len(evaluation(tree, 2).branches) == len(stage(trees, 2).cases(N)) == 11


def test_a_wrong_evaluation_is_no_algebra_of_the_free_monad() -> None:
    from categorical.algebras.free import flattened

    lists = one + const(A) * X
    cell = case(op.ones(N), (op.linear(a, n, bias=False) @ identity(N)) >> op.add)
    algebra = Algebra(lists, N, cell)
    wrong = family(case(op.zeros(N), *cell.branches[1:]))
    mu = flattened(lists, 1, 1, N)
    one_way = mu >> evaluation(algebra, 2, wrong)
    other = stage(lists, 1).map(evaluation(algebra, 1)) >> evaluation(algebra, 1)
    assert refuted(equal_families("multiplication", one_way, other))


def test_histories() -> None:
    cell = copy(N) >> (op.linear(n, o) @ (op.linear(n, n) >> op.tanh))
    streams = Coalgebra(const(Real[o]) * X, N, cell)
    assert every(history_laws(streams, 2, 1)) == {"PROVED"}
    assert unrolling(streams, 2).cod == history(streams.functor, 2).cases(N)


def test_coalgebras() -> None:
    cell = (op.linear(n, n, name="s") @ op.linear(i, n, name="i")) >> op.add >> copy(N)
    machine = Coalgebra(reads(Real[i], const(N) * X), N, cell)
    assert every(cohomomorphism(identity(N), machine, machine)) == {"PROVED"}
    assert "REFUTED" in every(cohomomorphism(op.neg.at(N), machine, machine))
    counted = Coalgebra(coreader(R), N, copy(N) >> (op.sum(n) @ identity(N)))
    assert every(counted.laws()) == {"PROVED"}
    changed = Coalgebra(coreader(R), N, copy(N) >> (op.sum(n) @ op.relu))
    assert refuted(changed.laws()) == {"counit", "coassociative"}


def test_moore_machines() -> None:
    step = (op.linear(n, n) @ op.linear(i, n)) >> op.add
    machine = Moore(op.linear(n, o), step)
    mealy = machine.as_mealy()
    assert mealy.dom == (N, Real[i]) and mealy.cod == (Real[o], N)
    plain = Moore(op.mean(n).at(N), (identity(N) @ op.expand(n)) >> op.add.at(N, N))
    line = Moore(identity(R), op.add.at(R, R))
    assert every(moore_homomorphism(op.mean(n).at(N), plain, line)) == {"PROVED"}
    assert refuted(moore_homomorphism(op.sum(n).at(N), plain, line)) == {"outputs", "next states"}
    assert every(moore_homomorphism(identity(N), machine, machine)) == {"PROVED"}


lists = one + const(A) * X
WRONG = {
    "another carrier": lambda: Algebra(lists, M, case(op.zeros(N), op.add.at(N, N))),
    "the wrong cases": lambda: Algebra(const(A) + X**2, N, case(op.zeros(N), op.add.at(N, N))),
    "two functors": lambda: homomorphism(centred, shift(), trivial(N)),
    "another morphism": lambda: Homomorphism(
        centred, applied(), trivial(N), augmentation(additive())
    ),
    "another arrow": lambda: homomorphism(op.mean(n).at(N), shift(), shift()),
    "no coalgebra": lambda: Coalgebra(const(Real[o]) * X, N, op.linear(n, o)),
    "two coalgebras": lambda: cohomomorphism(
        identity(N), Coalgebra(X, N, op.relu.at(N)), Coalgebra(X * X, N, copy(N))
    ),
    "no Moore machine": lambda: Moore(op.linear(n, o), op.linear(i, n)),
    "a lax algebra elsewhere": lambda: Lax(clock, N, N, op.add.at(N, N)),
    "no reparametrisation": lambda: lax_homomorphism(
        identity(N),
        One,
        Lax(X, N, N, op.add.at(N, N)),
        Lax(X, N, N, op.add.at(N, N)),
        discard(N),
    ),
    "too deep": lambda: stage(lists, 20),
    "a stage of functions": lambda: stage(reads(A, X), 1),
    "a history of a sum": lambda: history(lists, 1),
}


@pytest.mark.parametrize("what", WRONG)
def test_refused(what: str) -> None:
    with pytest.raises(SpecError) as caught:
        WRONG[what]()
    assert caught.value.code == "CM048"
