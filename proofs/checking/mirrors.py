"""Places counted from the end: which way round a sum, or a function of an index, is written.

Definition.  A sum over an index set, and a function of a free index, may be read from either end.
Of the two ways, the one in which fewer places are counted from the end is kept.

>>> fewest([("r", ("f", 0, 0), None)], ("f", 0, 0), None)
True
>>> fewest([("f", 0, 0), ("r", ("f", 0, 0), None)], ("f", 0, 0), None)
False
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from proofs.checking.indices import Term, mirrored, put, turns

if TYPE_CHECKING:
    from proofs.checking.terms import Factor, Table


def fewest(terms: Iterable[Term], variable: Term, count: int | None) -> bool:
    """Whether fewer places are counted from the end once a variable is turned round."""
    at = {variable: mirrored(variable, count)}
    found = list(terms)
    return sum(turns(put(t, at)) for t in found) < sum(map(turns, found))


def turned(table: Table, bounds: dict[int, int], factors: list[Factor]) -> list[Factor]:
    """A monomial with its sums from the better end."""
    best = [ordered(table, f) for f in factors]
    for k in bounds:
        at = {("b", k): mirrored(("b", k), table.count(bounds[k]))}
        other = [ordered(table, (a, tuple(put(t, at) for t in ts))) for a, ts in best]
        if total(other) < total(best):
            table.used.add("a sum may run from either end")
            return turned(table, bounds, other)
    return best


def total(factors: list[Factor]) -> int:
    """How many places are counted from the end."""
    return sum(turns(t) for _, ts in factors for t in ts)


def ordered(table: Table, factor: Factor) -> Factor:
    """The order of two places counted from the end is that of the places, turned round."""
    atom, args = factor
    if atom in table.masks and args[0][0] == args[1][0] == "r":
        return (atom, (args[1][1], args[0][1]))
    return factor


def pulled(table: Table, terms: list[Term], free: Iterable[Term]) -> dict[Term, Term]:
    """The free indices that are better turned round, each with what it is then."""
    found: dict[Term, Term] = {}
    for variable in free if table.mirrors else ():
        count = table.count(table.set_of(variable))
        if fewest(terms, variable, count):
            found[variable] = mirrored(variable, count)
    return found


def base(term: Term) -> Term:
    """The index that may be turned round."""
    inner: Term = term[1] if term[0] == "r" else term
    return inner


def slots(table: Table, order: tuple[Term, ...]) -> dict[Term, Term]:
    """A slot for each index of an order, some of which are turned round."""
    found: dict[Term, Term] = {}
    for k, term in enumerate(order):
        variable = base(term)
        slot = ("t", k, table.set_of(variable))
        found[variable] = mirrored(slot, term[2]) if term[0] == "r" else slot
    return found
