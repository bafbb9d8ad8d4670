"""Strength: how a parameter is distributed into a structure, ``σ : P × F(X) → F(P × X)``.

Definition.  By recursion on the functor: a constant drops the parameter, ``(p, x)`` stands at each
slot, a product copies p, a sum takes its cases, a power repeats p at each index.  It is derived for
every polynomial functor (copying needs a cartesian category, and p is a wire).

Laws.  AS1: σ at P = 1 is the identity.  AS2: σ at P × Q is σ at P after σ at Q.  For a monad also
AS3: σ ∘ (P × η) = η, and AS4: σ ∘ (P × μ) = μ ∘ T(σ) ∘ σ.  ``strength_laws`` states them, and the
naturality in P and X.

>>> from categorical import Dim, Real
>>> from categorical.algebras.polynomial import X, const, one
>>> p, a, x = Dim.named("p a x")
>>> lists = one + const(Real[a]) * X
>>> strength(lists, Real[p], Real[x])
Real[p] + (Real[p] × Real[a] × Real[x]) → One + (Real[a] × Real[p] × Real[x])
>>> [law.name for law in strength_laws(lists)]
['AS1[case 1]', 'AS2[case 1]', 'natural[case 1]']

A functor whose values are functions is strong, and no space:

>>> from categorical.algebras.polynomial import reads
>>> strength(reads(Real[a], X), Real[p], Real[x])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: `Real[a] → X` is no space: its values are functions ...
...
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from categorical import op
from categorical.algebras.families import (
    Family,
    cases,
    equal_families,
    identities,
    space_of,
    times,
)
from categorical.algebras.lifting import constant
from categorical.algebras.polynomial import Polynomial, Slot, Term, _plain
from categorical.arrows import Arrow, Types, Wiring, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.index import Dim
from categorical.laws.law import Law
from categorical.spaces import Real, Space, product_space

Strength = Callable[[Space, Space], Family]
P, Q, S = (Real[Dim(name)] for name in ("p", "q", "x"))


@checked
def strength(functor: Polynomial, parameter: object, carrier: object) -> Family:
    """``P × F(X) → F(P × X)``; P is a product of arrays, X any space."""
    _plain(functor)
    found = cases(parameter)
    if len(found) != 1:
        raise SpecError(
            "CM048",
            "a parameter is a product of arrays, and no sum",
            facts=[("it is", str(space_of(found)))],
        )
    p, inner = found[0], cases(carrier)
    made: list[tuple[int, Arrow]] = []
    dom: list[Types] = []
    for term in functor.terms:
        count = sum(isinstance(f, Slot) for f in term)
        for chosen in product(inner, repeat=count):
            wires = functor._parts(term, chosen)
            made.append((len(made), _spread(p, term, wires)))
            dom.append(p + tuple(w for part in wires for w in part))
    return Family(tuple(dom), functor.cases(product_space(*p) * space_of(inner)), tuple(made))


def _spread(p: Types, term: Term, parts: list[Types]) -> Arrow:
    """p beside the wires of one case: copied to each slot, repeated along its axes."""
    wires = p + tuple(w for part in parts for w in part)
    order: list[int] = []
    pieces: list[Arrow] = []
    at = len(p)
    for f, part in zip(term, parts, strict=True):
        if isinstance(f, Slot):
            order += range(len(p))
            pieces += [constant(w, f.axes) for w in p]
        order += range(at, at + len(part))
        pieces.append(identity(*part))
        at += len(part)
    result: Arrow = Wiring(wires, tuple(order), "distribute")
    if any(isinstance(f, Slot) and f.axes for f in term):
        whole = pieces[0]
        for piece in pieces[1:]:
            whole = whole @ piece
        result = result >> whole
    return result


@checked
def strength_laws(functor: Polynomial, sigma: Strength | None = None) -> list[Law]:
    """AS1, AS2 and naturality, at generic spaces; ``sigma(P, X)`` if it is not the derived one."""
    derive = sigma or (lambda p, x: strength(functor, p, x))
    p, q, x = P, Q, S
    unit = derive(product_space(), x)
    found = equal_families("AS1", unit, identities(functor(x)))
    both = derive(p * q, x)
    inner = times(identities(p), derive(q, x))
    found += equal_families("AS2", both, inner >> derive(p, q * x))
    f, g = op.relu.at(p), op.tanh.at(x)
    natural = times(family_of(f), functor.map(g)) >> derive(p, x)
    found += equal_families("natural", natural, derive(p, x) >> functor.map(f @ g))
    return found


def family_of(arrow: Arrow) -> Family:
    """One arrow as a family arrow with one case."""
    return Family((arrow.dom,), (arrow.cod,), ((0, arrow),))
