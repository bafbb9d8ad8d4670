"""Monads on spaces: unit η : X → T X and multiplication μ : T T X → T X of a polynomial functor.

Definition.  A monad is a polynomial functor with two natural families of arrows.  ``writer`` is the
action monad ``M × −`` of a monoid, ``maybe`` is ``1 + X``, ``reader(i)`` is ``X ^ i``, ``state(s)``
is ``(S × X) ^ s``.  ``kleisli`` composes f : X → T Y with g : Y → T Z.  A *pointed* functor has a
unit only.

Laws.  μ ∘ μT = μ ∘ Tμ and μ ∘ ηT = id = μ ∘ Tη, at a generic space; those of the writer reduce to
the monoid's.  Strength: AS3 σ ∘ (P × η) = η and AS4 σ ∘ (P × μ) = μ ∘ Tσ ∘ σ.

>>> from categorical import Dim, Real, op
>>> from categorical.algebras.standard import additive
>>> n, x = Dim.named("n x")
>>> clock = writer(additive(n))
>>> clock.multiplication(Real[x])
Real[n] × Real[n] × Real[x] → Real[n] × Real[x]
>>> [law.name for law in clock.laws()]
['associative', 'left unit', 'right unit']
>>> [law.name for law in maybe().laws()]
['associative[case 3]', 'left unit[case 1]', 'right unit[case 1]']

A multiplication must start at T T X:

>>> Monad("wrong", X, lambda x: identities(x), lambda x: clock.unit(x)).laws()
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the multiplication of `wrong` is no arrow T(T X) → T X
...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from categorical import op
from categorical.algebras.families import (
    Cases,
    Family,
    cases,
    equal_families,
    family,
    identities,
    text,
    times,
)
from categorical.algebras.lifting import constant, lift
from categorical.algebras.polynomial import Polynomial, X, action, const
from categorical.algebras.standard import Given
from categorical.algebras.strength import P, S, strength
from categorical.arrows import Arrow, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.index import Axis, IndexSet, axis
from categorical.laws.law import Law
from categorical.spaces import Array, Fin, Space, space

Natural = Callable[[Space], Family]


def natural(
    name: str, what: str, component: Natural, start: Cases, end: Cases, at: Space
) -> Family:
    """A component of a natural family of arrows; CM048 where its ends are others."""
    found = component(at)
    if not isinstance(found, Family):
        raise SpecError(
            "CM048",
            f"the {what} of `{name}` is no family of arrows",
            facts=[("at", f"X = {at}"), ("found", repr(found))],
            help=[f"a function of a space that gives {_ENDS[what]}: lambda x: family(…)"],
        )
    if found.dom != start or found.cod != end:
        raise SpecError(
            "CM048",
            f"the {what} of `{name}` is no arrow {_ENDS[what]}",
            facts=[
                ("at", f"X = {at}"),
                ("found", repr(found)),
                ("wanted", f"{text(start)} → {text(end)}"),
            ],
            help=["its ends are the cases of the functor at this space"],
        )
    return found


_ENDS = {
    "unit": "X → T X",
    "multiplication": "T(T X) → T X",
    "counit": "W X → X",
    "comultiplication": "W X → W(W X)",
    "component": "T X → S X",
}


@dataclass(frozen=True, eq=False, repr=False)
class Pointed:
    """A pointed endofunctor: a functor with a unit."""

    name: str
    functor: Polynomial
    point: Natural

    def unit(self, at: object) -> Family:
        """η at a space."""
        x = space(at)
        return natural(self.name, "unit", self.point, cases(x), self.functor.cases(x), x)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, repr=False)
class Monad(Pointed):
    """See the module."""

    join: Natural

    def multiplication(self, at: object) -> Family:
        """μ at a space."""
        x, functor = space(at), self.functor
        twice = functor.cases(functor(x))
        return natural(self.name, "multiplication", self.join, twice, functor.cases(x), x)

    def map(self, arrow: Arrow | Family) -> Family:
        """T(f)."""
        return self.functor.map(arrow)

    def kleisli(self, first: Arrow | Family, then: Arrow | Family) -> Family:
        """The composite of X → T Y and Y → T Z."""
        f, g = family(first), family(then)
        return f >> self.map(g) >> self.multiplication(_back(self.functor, g))

    def bind(self, arrow: Arrow | Family) -> Family:
        """The extension T X → T Y of X → T Y."""
        g = family(arrow)
        return self.map(g) >> self.multiplication(_back(self.functor, g))

    def laws(self, at: object = S) -> list[Law]:
        """Associativity and both units, at a generic space."""
        x, t = space(at), self.functor(space(at))
        mu = self.multiplication(x)
        outside, inside = self.multiplication(t), self.map(mu)
        return [
            *equal_families("associative", outside >> mu, inside >> mu),
            *equal_families("left unit", self.unit(t) >> mu, identities(t)),
            *equal_families("right unit", self.map(self.unit(x)) >> mu, identities(t)),
        ]

    def strength_laws(self) -> list[Law]:
        """AS3 and AS4 for the derived strength."""
        p, x, T = P, S, self.functor
        sigma = strength(T, p, x)
        beside = identities(p)
        point = times(beside, self.unit(x)) >> sigma
        down = times(beside, self.multiplication(x)) >> sigma
        up = strength(T, p, T(x)) >> T.map(sigma) >> self.multiplication(p * x)
        return [
            *equal_families("AS3", point, self.unit(p * x)),
            *equal_families("AS4", down, up),
        ]

    def kleisli_laws(self, f: Arrow, g: Arrow, h: Arrow) -> list[Law]:
        """The category laws of f : X → T Y, g : Y → T Z and h : Z → T V."""
        one, two, three = (family(a) for a in (f, g, h))
        left = self.kleisli(self.kleisli(one, two), three)
        right = self.kleisli(one, self.kleisli(two, three))
        before = self.unit(space(f.dom))
        after = self.unit(_back(self.functor, one))
        return [
            *equal_families("associative", left, right),
            *equal_families("unit before", self.kleisli(before, one), one),
            *equal_families("unit after", self.kleisli(one, after), one),
        ]

    def with_multiplication(self, name: str, join: Natural) -> Monad:
        """The same functor and unit with another multiplication (a broken twin)."""
        return replace(self, name=name, join=join)

    def with_unit(self, name: str, point: Natural) -> Monad:
        """The same functor and multiplication with another unit."""
        return replace(self, name=name, point=point)


def _back(functor: Polynomial, into: Family) -> Space:
    """The space Y of a codomain T Y: read off the slots of the functor."""
    for term, wires in zip(functor.terms, into.cod, strict=False):
        at = 0
        slots = [i for i, f in enumerate(term) if not hasattr(f, "wire")]
        if len(slots) == 1:
            at, rest = slots[0], len(term) - 1 - slots[0]
            part = wires[at : len(wires) - rest]
            axes = getattr(term[at], "axes", ())
            inner = [w.with_axes(w.axes[len(axes) :]) for w in part if isinstance(w, Array)]
            found = space(tuple(inner))
            if functor.cases(found) == into.cod:
                return found
    raise SpecError(
        "CM048",
        f"an arrow into {into.cod} is no arrow X → T Y for one space Y",
        facts=[("T", str(functor))],
        help=["end it in the functor:  f >> unit, or the branches of each case"],
    )


for _kind in (Pointed, Monad):
    _kind.__init__ = checked(_kind.__init__)  # type: ignore[method-assign]


# --- the monads -----------------------------------------------------------------------------------


def identity_monad() -> Monad:
    """X itself."""
    return Monad("identity", X, identities, identities)


@checked
def writer(monoid: Given, name: str = "") -> Monad:
    """``M × −`` for a monoid: the monad whose algebras are actions of M."""
    operations, carrier = monoid
    missing = [one for one in ("one", "mul") if one not in operations]
    if missing:
        raise SpecError(
            "CM049",
            f"a monoid has no arrow for `{missing[0]}`",
            facts=[("operations", ", ".join(operations) or "none")],
            help=['writer(({"mul": product, "one": unit}, carrier))'],
        )
    unit, product = operations["one"], operations["mul"]
    functor = action(carrier)

    def point(x: Space) -> Family:
        return times(unit, identities(x))

    def join(x: Space) -> Family:
        return times(product, identities(x))

    return Monad(name or f"{functor}", functor, point, join)


def exceptions(of: object) -> Monad:
    """``E + X``: an exception, or a value."""
    count = len(cases(of))
    functor = const(of) + X

    def point(x: Space) -> Family:
        found = functor.cases(x)
        into = tuple((count + i, identity(*w)) for i, w in enumerate(cases(x)))
        return Family(cases(x), found, into)

    def join(x: Space) -> Family:
        found = functor.cases(x)
        twice = functor.cases(functor(x))
        made = [(i, identity(*found[i])) for i in range(count)]
        made += [(i, identity(*w)) for i, w in enumerate(found)]
        return Family(twice, found, tuple(made))

    return Monad(f"{functor}", functor, point, join)


def maybe() -> Monad:
    """``1 + X``."""
    return exceptions(space(()))


def reader(over: IndexSet | Axis) -> Monad:
    """``X ^ i``: a value at every index."""
    along = axis(over)
    functor = X**along

    def point(x: Space) -> Family:
        return family(_beside([constant(w, (along,)) for w in x.wires]))

    def join(x: Space) -> Family:
        parts = []
        for w in x.wires:
            inner = lift(w, (along,))
            outer = lift(inner, (along,))
            part = identity(outer) >> op.diagonal(inner.axes[0], outer.axes[0])
            parts.append(part >> op.transpose(*inner.axes) if len(inner.axes) > 1 else part)
        return family(_beside(parts))

    return Monad(f"{functor}", functor, point, join)


def state(over: IndexSet | Axis) -> Monad:
    """``(S × X) ^ s`` for an index set of states: a next state and a value for each state."""
    along = axis(over)
    index = along.index
    next_ = Fin(index)[along]
    functor = const(next_) * X**along

    def point(x: Space) -> Family:
        found = op.positions(along).at()
        return family(_beside([found, *(constant(w, (along,)) for w in x.wires)]))

    def join(x: Space) -> Family:
        def look_up(w: Array) -> Arrow:
            """The inner value of the outer next state, at each outer state."""
            inner = lift(w, (along,))
            both = lift(inner, (along,))
            outer, within = both.axes[0], inner.axes[0]
            first = identity(next_) if outer is along else op.relabel(along, outer).at(next_)
            there = (identity(both) @ first) >> op.gather(within)
            return there >> op.relabel(outer, within)

        wires = [Fin(index)[()], *(w for w in x.wires if isinstance(w, Array))]
        count = len(wires)
        dom = (next_, *(lift(lift(w, (along,)), (along,)) for w in wires))
        from categorical.arrows import Wiring

        spread = Wiring(dom, tuple(k for i in range(count) for k in (i + 1, 0)), "wires")
        return family(spread >> _beside([look_up(w) for w in wires]))

    return Monad(f"{functor}", functor, point, join)


def _beside(parts: list[Arrow]) -> Arrow:
    made = parts[0] if parts else identity()
    for part in parts[1:]:
        made = made @ part
    return made


def pointed(functor: Polynomial) -> Pointed:
    """``X + F``: the free pointed functor; its algebras are those of F (Kelly)."""
    whole = X + functor

    def point(x: Space) -> Family:
        into = tuple((i, identity(*w)) for i, w in enumerate(cases(x)))
        return Family(cases(x), whole.cases(x), into)

    return Pointed(f"{whole}", whole, point)


__all__ = [
    "Monad",
    "Natural",
    "Pointed",
    "exceptions",
    "identity_monad",
    "maybe",
    "natural",
    "pointed",
    "reader",
    "state",
    "writer",
]
