"""Polynomial endofunctors: ``F(X) = Σ A × X^I``, built from one, constants, identity, sum, product
and powers.

Definition.  ``X`` is the identity, a space A stands for the functor ``const(A)`` and 1 for ``one``;
``F + G`` and ``F * G`` are sum and product, ``F ** 2`` is ``F * F``, ``F ** i`` the power by an
index set (an axis of every wire), ``action(M)`` is ``M × −``.  ``F(A)`` is a space; ``F.map(f)``
is the arrow of families that applies ``f`` at every slot and keeps the constants, case by case.
``reads(I, F)`` is ``I → F`` for a space I: no space, so its coalgebras are written with the input
beside the state, ``A × I → F(A)``.

A functor on *types* is one whose values are finite sums of lists of arrays, these; ``List`` and
``Tree`` are least fixed points of such, their values have no bound, so they are data
(``categorical.algebras.containers``) and their folds are operators (``categorical.recursion``).

Laws.  F(id) = id and F(f >> g) = F(f) >> F(g); sums and products of functors are those of values.

>>> from categorical import Dim, One, Real, op
>>> a, s, i = Dim.named("a s i")
>>> lists, trees = 1 + Real[a] * X, Real[a] + X ** 2
>>> lists(Real[s]), trees(Real[s])
(One + (Real[a] × Real[s]), Real[a] + (Real[s] × Real[s]))
>>> lists.map(op.relu.at(Real[s])).arrows[1]
(identity @ relu): Real[a] × Real[s] → Real[a] × Real[s]
>>> (Real[a] * X ** i)(Real[s])
Real[a] × Real[i, s]

A power by an index set of a sum would choose a case at every index, at run time:

>>> (1 + X) ** i
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the power by `i` of a sum has no static cases
...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from categorical.algebras.families import Cases, Family, cases, family, space_of
from categorical.algebras.lifting import lift, lifted
from categorical.algebras.sharing import shared
from categorical.arrows import Arrow, Types, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.index import Axis, IndexSet, axis
from categorical.spaces import Array, OfSpaces, Space, space


@dataclass(frozen=True)
class Constant:
    """A factor that does not depend on X: one wire."""

    wire: Array


@dataclass(frozen=True)
class Slot:
    """A factor X, at every index of some axes."""

    axes: tuple[Axis, ...] = ()


Factor = Constant | Slot
Term = tuple[Factor, ...]


@dataclass(frozen=True)
class Polynomial(OfSpaces):
    """See the module.  ``terms`` are the cases; ``given`` the inputs of a function space."""

    terms: tuple[Term, ...]
    given: Types = ()

    # --- building --------------------------------------------------------------------------------

    def __add__(self, other: Polynomial | Space | int) -> Polynomial:
        return Polynomial(_plain(self).terms + _plain(other).terms)

    def __radd__(self, other: Space | int) -> Polynomial:
        return _plain(other) + self

    def __mul__(self, other: Polynomial | Space | int) -> Polynomial:
        both = product(_plain(self).terms, _plain(other).terms)
        return Polynomial(tuple(a + b for a, b in both))

    def __rmul__(self, other: Space | int) -> Polynomial:
        return _plain(other) * self

    def __pow__(self, power: IndexSet | Axis | int) -> Polynomial:
        """``F ** 2`` is ``F * F``; ``F ** i`` is ``I → F`` for an index set."""
        if isinstance(power, int):
            if power < 0 or isinstance(power, bool):
                raise SpecError(
                    "CM048", f"a functor to the power {power}", help=["F ** 2 is F * F"]
                )
            made = one
            for _ in range(power):
                made = made * self
            return made
        along = axis(power)
        if len(_plain(self).terms) != 1:
            raise SpecError(
                "CM048",
                f"the power by `{along}` of a sum has no static cases",
                facts=[("the functor", str(self)), ("reason", "each index would choose a case")],
                help=["take the power of each summand, or carry a tag as a wire Fin(k)[…]"],
            )
        return Polynomial((tuple(_powered(f, along) for f in self.terms[0]),))

    def _unlike(self, other: object) -> Polynomial:
        """Functors are added, multiplied, and raised to powers."""
        raise SpecError(
            "CM048",
            "functors are added, multiplied and raised to powers, nothing else",
            facts=[("one", str(self)), ("other", repr(other))],
            help=["a functor is written  1 + Real[a] * X, Real[a] + X ** 2, X ** i"],
        )

    __sub__ = __rsub__ = __truediv__ = __rtruediv__ = __rpow__ = __matmul__ = _unlike

    # --- acting ----------------------------------------------------------------------------------

    def cases(self, carrier: object) -> Cases:
        """The cases of F(A): those of F, each for every choice of the cases of A."""
        inner = cases(carrier)
        return tuple(
            tuple(w for part in self._parts(term, chosen) for w in part)
            for term in self.terms
            for chosen in _choices(term, inner)
        )

    def __call__(self, carrier: object) -> Space:
        """The space F(A)."""
        _plain(self)
        return space_of(self.cases(carrier))

    def _parts(self, term: Term, chosen: Sequence[Types]) -> list[Types]:
        """The wires of each factor; ``chosen`` is the case of A at each slot."""
        rest = iter(chosen)
        return [
            (f.wire,) if isinstance(f, Constant) else tuple(lift(w, f.axes) for w in next(rest))
            for f in term
        ]

    def map(self, arrow: Arrow | Family) -> Family:
        """F(f), case by case; the weights of f are one set for all slots."""
        f = family(arrow)
        several = any(_slots(term) > 1 for term in self.terms)
        parts = [(to, shared(g) if several else g) for to, g in f.branches]
        many = len(f.cod)
        starts, offset = [], 0
        for term in self.terms:
            starts.append(offset)
            offset += many ** _slots(term)
        made = []
        for term, start in zip(self.terms, starts, strict=True):
            for chosen in product(parts, repeat=_slots(term)):
                target = 0
                for to, _ in chosen:
                    target = target * many + to
                made.append((start + target, _mapped(term, [g for _, g in chosen])))
        return Family(self.cases(space_of(f.dom)), self.cases(space_of(f.cod)), tuple(made))

    def after(self, other: Polynomial) -> Polynomial:
        """The composite: ``F.after(G)`` sends X to F(G(X)).

        At a sum of spaces its cases stand in another order than those of F(G(X)), if F has several
        slots: all choices in G come first.
        """
        terms: list[Term] = []
        for term in self.terms:
            for chosen in product(_plain(other).terms, repeat=_slots(term)):
                terms.append(_substituted(term, chosen, other))
        return Polynomial(tuple(terms), self.given)

    # --- text ------------------------------------------------------------------------------------

    def __str__(self) -> str:
        shown = " + ".join(map(term_text, self.terms)) or "0"
        if not self.given:
            return shown
        head = " × ".join(map(str, self.given))
        return f"{head} → {f'({shown})' if len(self.terms) > 1 else shown}"

    def __repr__(self) -> str:
        return str(self)


def term_text(term: Term) -> str:
    """A case as it is written."""
    parts: list[str] = []
    for f in term:
        if isinstance(f, Constant):
            parts.append(str(f.wire))
        elif f.axes:
            parts.append(f"X^{'·'.join(map(str, f.axes))}")
        elif parts and parts[-1].startswith("X") and "·" not in parts[-1] and parts[-1][1:2] != "^":
            parts[-1] = f"X{int(parts[-1][1:] or 1) + 1}"
        else:
            parts.append("X")
    text = " × ".join(parts)
    for digit, raised in zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True):
        text = text.replace(f"X{digit}", f"X{raised}")
    return text or "1"


def _powered(f: Factor, along: Axis) -> Factor:
    return Constant(lift(f.wire, (along,))) if isinstance(f, Constant) else Slot((along, *f.axes))


def _slots(term: Term) -> int:
    return sum(isinstance(f, Slot) for f in term)


def _choices(term: Term, inner: Cases) -> list[tuple[Types, ...]]:
    if len(inner) != 1:
        _static(term, str(space_of(inner)))
    return list(product(inner, repeat=_slots(term)))


def _static(term: Term, of: str) -> None:
    for f in term:
        if isinstance(f, Slot) and f.axes:
            raise SpecError(
                "CM048",
                f"the power by `{f.axes[0]}` of a sum has no static cases",
                facts=[("the sum", of), ("reason", "each index would choose a case")],
                help=["apply the functor to a product of arrays"],
            )


def _mapped(term: Term, chosen: Sequence[Arrow]) -> Arrow:
    """The product of the arrows at the slots and of identities on the constants."""
    rest = iter(chosen)
    made: Arrow | None = None
    for f in term:
        part = identity(f.wire) if isinstance(f, Constant) else lifted(next(rest), f.axes)
        made = part if made is None else made @ part
    return identity() if made is None else made


def _substituted(term: Term, chosen: Sequence[Term], other: Polynomial) -> Term:
    rest = iter(chosen)
    made: list[Factor] = []
    for f in term:
        if isinstance(f, Constant):
            made.append(f)
            continue
        if f.axes and len(other.terms) != 1:
            _static(term, str(other))
        for inner in next(rest):
            for along in reversed(f.axes):
                inner = _powered(inner, along)
            made.append(inner)
    return tuple(made)


def _plain(of: Polynomial | Space | int) -> Polynomial:
    """A functor whose values are spaces; a space, or a number, stands for the constant functor."""
    if isinstance(of, Space):
        return const(of)
    if isinstance(of, int) and not isinstance(of, bool) and of >= 0:
        return Polynomial(((),) * of)
    if not isinstance(of, Polynomial):
        raise SpecError(
            "CM048",
            f"{of!r} is no polynomial functor",
            help=["build it from X, spaces and 1 by +, * and **:  1 + Real[a] * X"],
        )
    if of.given:
        raise SpecError(
            "CM048",
            f"`{of}` is no space: its values are functions of {', '.join(map(str, of.given))}",
            help=["its coalgebras take the input beside the state: A × I → F(A)"],
        )
    return of


one = Polynomial(((),))
zero = Polynomial(())
X = Polynomial(((Slot(),),))


def const(of: object) -> Polynomial:
    """The constant functor at a space."""
    made: list[Term] = []
    for wires in cases(of):
        made.append(tuple(Constant(w) for w in wires if isinstance(w, Array)))
    return Polynomial(tuple(made))


def action(monoid: object) -> Polynomial:
    """``M × −`` for the space of a monoid."""
    return const(monoid) * X


@checked
def reads(inputs: object, functor: Polynomial) -> Polynomial:
    """``I → F`` for a space of inputs."""
    return Polynomial(_plain(functor).terms, space(inputs).wires)


__all__ = ["Constant", "Polynomial", "Slot", "X", "action", "const", "one", "reads", "zero"]
