"""Free monads and cofree comonads of polynomial functors, by their finite stages.

Definition.  ``stage(F, n)`` is the functor of terms of at most n operations one inside the other:
``F₀ = X`` and ``Fₙ₊₁ = X + F(Fₙ)`` (Kelly's chain; its union is the free monad, ``Free(1 + A × −)``
the lists that end in Nil or in a variable).  A cell a : F A → A evaluates terms, ``evaluation(a,
n) : Fₙ A → A``; ``back`` is the cell of an evaluation.  ``history(F, n)`` is ``Cₙ₊₁ = X × F(Cₙ)``,
the stages of the cofree comonad, and ``unrolling(c, n) : A → Cₙ A`` the history of a coalgebra.

Laws.  ``evaluation(a, m + n) ∘ μ = evaluation(a, m) ∘ Fₘ(evaluation(a, n))``, the cell is its
evaluation after one operation, and dually for histories: cells and algebras of the free monad are
one thing.  A run can be split and resumed, since its state is the variable of a term.

>>> from categorical import Dim, One, Real, case, op
>>> from categorical.algebras.polynomial import X, const, one
>>> a, s = Dim.named("a s")
>>> lists = one + const(Real[a]) * X
>>> stage(lists, 2)
X + 1 + Real[a] × X + Real[a] + Real[a] × Real[a] × X
>>> cell = Algebra(lists, Real[s], case(
...     op.zeros(Real[s]), (op.linear(a, s) @ identity(Real[s])) >> op.add))
>>> [law.name for law in equivalence_laws(cell, 1, 1)][:3]
['inclusion[case 0]', 'inclusion[case 1]', 'inclusion[case 2]']

A sum has no cofree stages here: which case an unrolling meets is known at run time only.

>>> history(lists, 2)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the history of a sum has no static cases
...
"""

from __future__ import annotations

from dataclasses import dataclass

from categorical.algebras.algebra import Algebra, shared
from categorical.algebras.coalgebra import Coalgebra
from categorical.algebras.families import (
    Cases,
    Family,
    beside,
    cases,
    equal_families,
    family,
    identities,
    space_of,
    times,
)
from categorical.algebras.polynomial import Polynomial, X
from categorical.algebras.strength import P, S, strength
from categorical.arrows import Arrow, Wiring, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.law import Law
from categorical.spaces import Space, space

DEEPEST = 6


@dataclass(frozen=True)
class Stage:
    """The terms (or histories) of at most a depth: a functor, by its recursion."""

    functor: Polynomial
    depth: int
    product: bool = False

    def cases(self, at: object) -> Cases:
        """The cases at a space."""
        return cases(self(at))

    def __call__(self, at: object) -> Space:
        """The space of terms with variables in a space."""
        found = x = space(at)
        for _ in range(self.depth):
            inside = self.functor(found)
            found = x * inside if self.product else space_of(cases(x) + cases(inside))
        return found

    def map(self, arrow: Arrow | Family) -> Family:
        """The variables (the states) replaced."""
        f = found = family(arrow)
        for _ in range(self.depth):
            inside = self.functor.map(found)
            found = times(f, inside) if self.product else plus(f, inside)
        return found

    def __str__(self) -> str:
        found = X
        for _ in range(self.depth):
            inside = self.functor.after(found)
            found = X * inside if self.product else X + inside
        return str(found)

    def __repr__(self) -> str:
        return str(self)


@checked
def stage(functor: Polynomial, depth: int) -> Stage:
    """The terms of at most this depth, as a functor of their variables."""
    _check(functor, depth)
    return Stage(functor, depth)


def plus(left: Family, right: Family) -> Family:
    """The sum of family arrows."""
    shifted = tuple((to + len(left.cod), arrow) for to, arrow in right.branches)
    return Family(left.dom + right.dom, left.cod + right.cod, left.branches + shifted)


def _check(functor: Polynomial, depth: int) -> None:
    if functor.given:
        raise SpecError(
            "CM048",
            f"`{functor}` is no space, so it has no terms",
            help=["a functor without inputs: leave out reads(…)"],
        )
    if not 0 <= depth <= DEEPEST:
        raise SpecError(
            "CM048",
            f"a stage of depth {depth}",
            facts=[("depths", f"0 to {DEEPEST}")],
            help=["a stage is cut at some depth; folds of any length are categorical.recursion"],
        )


def _into(of: Family, space_: Space, offset: int) -> Family:
    """A family arrow into some of the cases of a sum."""
    moved = tuple((target + offset, arrow) for target, arrow in of.branches)
    return Family(of.dom, cases(space_), moved)


def unit(functor: Polynomial, depth: int, at: object) -> Family:
    """The variables among the terms."""
    return _into(identities(at), stage(functor, depth)(at), 0)


def operations(functor: Polynomial, depth: int, at: object) -> Family:
    """``F(Fₙ X) → Fₙ₊₁ X``: an operation of terms is a term."""
    inside = functor(stage(functor, depth)(at))
    return _into(identities(inside), stage(functor, depth + 1)(at), len(cases(at)))


def include(functor: Polynomial, depth: int, into: int, at: object) -> Family:
    """Terms of a depth among those of a larger one."""
    if depth == into:
        return identities(stage(functor, depth)(at))
    if depth == 0:
        return unit(functor, into, at)
    rest = functor.map(include(functor, depth - 1, into - 1, at))
    return beside(unit(functor, into, at), rest >> operations(functor, into - 1, at))


def flattened(functor: Polynomial, outer: int, inner: int, at: object) -> Family:
    """μ on stages: ``Fₘ(Fₙ X) → Fₘ₊ₙ X``, terms in place of variables."""
    if outer == 0:
        return identities(stage(functor, inner)(at))
    first = include(functor, inner, outer + inner, at)
    rest = functor.map(flattened(functor, outer - 1, inner, at))
    return beside(first, rest >> operations(functor, outer + inner - 1, at))


@checked
def evaluation(algebra: Algebra, depth: int, structure: Family | None = None) -> Family:
    """The value of terms under a cell: the algebra of the free monad, on a stage."""
    a = shared(algebra.structure, algebra.name) if structure is None else structure
    _check(algebra.functor, depth)
    found = identities(algebra.carrier)
    for _ in range(depth):
        found = beside(identities(algebra.carrier), algebra.functor.map(found) >> a)
    return found


def back(algebra: Algebra, structure: Family | None = None) -> Family:
    """The cell of an algebra of the free monad: its value on terms of one operation."""
    single = operations(algebra.functor, 0, algebra.carrier)
    return single >> evaluation(algebra, 1, structure)


@checked
def equivalence_laws(algebra: Algebra, outer: int, inner: int) -> list[Law]:
    """Cells are algebras of the free monad: unit, multiplication, and the way back."""
    functor, carrier = algebra.functor, algebra.carrier
    a = shared(algebra.structure, algebra.name)
    value = evaluation(algebra, outer + inner, a)
    smaller = include(functor, outer, outer + inner, carrier)
    mu = flattened(functor, outer, inner, carrier)
    nested = stage(functor, outer).map(evaluation(algebra, inner, a))
    return [
        *equal_families("inclusion", smaller >> value, evaluation(algebra, outer, a)),
        *equal_families(
            "unit",
            unit(functor, outer, carrier) >> evaluation(algebra, outer, a),
            identities(carrier),
        ),
        *equal_families("multiplication", nested >> evaluation(algebra, outer, a), mu >> value),
        *equal_families("back", back(algebra, a), a),
    ]


@checked
def free_monad_laws(functor: Polynomial, depth: int, at: object) -> list[Law]:
    """The monad laws of the free monad on its stages ``(1, 1, depth)``."""
    x = space(at)
    t = stage(functor, depth)(x)
    left = flattened(functor, 1, 1, t) >> flattened(functor, 2, depth, x)
    mu = flattened(functor, 1, depth, x)
    right = stage(functor, 1).map(mu) >> flattened(functor, 1, depth + 1, x)
    start = unit(functor, 1, t) >> mu
    whole = include(functor, depth, depth + 1, x)
    end = stage(functor, depth).map(unit(functor, 1, x)) >> flattened(functor, depth, 1, x)
    return [
        *equal_families("associative", left, right),
        *equal_families("left unit", start, whole),
        *equal_families("right unit", end, whole),
    ]


def term_strength(functor: Polynomial, depth: int, parameter: object, at: object) -> Family:
    """``P × Fₙ X → Fₙ (P × X)``: the parameter is handed to every variable, by recursion."""
    p, x = space(parameter), space(at)
    found = identities(p * x)
    for n in range(1, depth + 1):
        inside = strength(functor, p, stage(functor, n - 1)(x)) >> functor.map(found)
        found = beside(unit(functor, n, p * x), inside >> operations(functor, n - 1, p * x))
    return found


def term_strength_laws(functor: Polynomial, outer: int, inner: int) -> list[Law]:
    """AS3 and AS4 of the free monad, on its stages."""
    p, x = P, S
    beside_p = identities(p)
    point = times(beside_p, unit(functor, outer, x)) >> term_strength(functor, outer, p, x)
    down = times(beside_p, flattened(functor, outer, inner, x))
    up = term_strength(functor, outer, p, stage(functor, inner)(x))
    deeper = stage(functor, outer).map(term_strength(functor, inner, p, x))
    joined = up >> deeper >> flattened(functor, outer, inner, p * x)
    return [
        *equal_families("AS3", point, unit(functor, outer, p * x)),
        *equal_families("AS4", down >> term_strength(functor, outer + inner, p, x), joined),
    ]


# --- histories ------------------------------------------------------------------------------------


@checked
def history(functor: Polynomial, depth: int) -> Stage:
    """``Cₙ``: a state, its output, the next state, … ; one case only."""
    _check(functor, depth)
    if len(functor.terms) != 1:
        raise SpecError(
            "CM048",
            "the history of a sum has no static cases",
            facts=[("the functor", str(functor))],
            help=["fold the sum, or unfold one case of it"],
        )
    return Stage(functor, depth, True)


def unrolling(coalgebra: Coalgebra, depth: int, structure: Family | None = None) -> Family:
    """``A → Cₙ A``: the history that a coalgebra makes of a state."""
    c = shared(coalgebra.structure, coalgebra.name) if structure is None else structure
    wires = coalgebra.carrier.wires
    history(coalgebra.functor, depth)
    found = identities(coalgebra.carrier)
    twice = Wiring(wires, tuple(range(len(wires))) * 2, "copy")
    for _ in range(depth):
        both = times(identity(*wires), c >> coalgebra.functor.map(found))
        found = Family((wires,), (twice.cod,), ((0, twice),)) >> both
    return found


def pruned(functor: Polynomial, depth: int, to: int, at: object) -> Family:
    """``Cₙ X → Cₘ X``: the first steps of a history."""
    if depth == to:
        return identities(history(functor, depth)(at))
    if to == 0:
        whole = history(functor, depth)(at).wires
        first = Wiring(whole, tuple(range(len(space(at).wires))), "now")
        return Family((whole,), (first.cod,), ((0, first),))
    return times(identities(at), functor.map(pruned(functor, depth - 1, to - 1, at)))


def spread(functor: Polynomial, outer: int, inner: int, at: object) -> Family:
    """δ on stages: ``Cₘ₊ₙ X → Cₘ(Cₙ X)``, every time with the history that starts there."""
    if outer == 0:
        return identities(history(functor, inner)(at))
    whole = history(functor, outer + inner)(at).wires
    count = len(space(at).wires)
    twice = Wiring(whole, (*range(len(whole)), *range(count, len(whole))), "copy")
    now = pruned(functor, outer + inner, inner, at)
    later = functor.map(spread(functor, outer - 1, inner, at))
    return Family((whole,), (twice.cod,), ((0, twice),)) >> times(now, later)


def history_laws(coalgebra: Coalgebra, outer: int, inner: int) -> list[Law]:
    """Coalgebras are coalgebras of the cofree comonad: counit, comultiplication, the way back."""
    functor, carrier = coalgebra.functor, coalgebra.carrier
    c = shared(coalgebra.structure, coalgebra.name)
    whole = unrolling(coalgebra, outer + inner, c)
    delta = spread(functor, outer, inner, carrier)
    nested = unrolling(coalgebra, outer, c) >> history(functor, outer).map(
        unrolling(coalgebra, inner, c)
    )
    counit = whole >> pruned(functor, outer + inner, 0, carrier)
    one_step = unrolling(coalgebra, 1, c)
    wires = one_step.cod[0]
    last = Wiring(wires, tuple(range(len(carrier.wires), len(wires))), "after")
    return [
        *equal_families("counit", counit, identities(carrier)),
        *equal_families("comultiplication", whole >> delta, nested),
        *equal_families("back", one_step >> Family((wires,), (last.cod,), ((0, last),)), c),
    ]
