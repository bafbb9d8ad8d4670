"""Maxima and minima in normal form: a sum of a common part and one atom of what is left.

Definition.  ``max(p₁, …, pₖ) = q + max(p₁ − q, …, pₖ − q)``, where q takes of every monomial the
least coefficient that it has among the pᵢ; the atom records the rest as a set.  A maximum that
stands in one of the pᵢ with coefficient 1 is opened first: ``max(r + max(u, v), w)`` is
``max(r + u, r + v, w)``.  A minimum is minus the maximum of the negatives.

Laws used, each true of real numbers: a maximum is associative, commutative and idempotent, and
addition distributes over it.

>>> from proofs.checking.terms import Table
>>> table = Table()
>>> reader = Largest(table, "eval")
>>> x, y, z = (table.single(table.atom(name), ()) for name in "xyz")
>>> left = reader.largest([plus(reader.largest([x, y]), z), z])
>>> left == reader.largest([z, plus(y, z), plus(z, x)])
True
>>> left == reader.largest([x, y, z])
False
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from proofs.checking.atoms import Atoms, Value, numbers
from proofs.checking.indices import Term
from proofs.checking.programs import Node
from proofs.checking.terms import Mono, Poly, plus, scaled

MOST = 32  # alternatives of one maximum; with more, maxima inside stay closed


class Largest(Atoms):
    """The reader of ``maximum`` and ``minimum``."""

    def on_maximum(self, node: Node, ins: list[Value]) -> list[Value]:
        return [self.largest([numbers(one) for one in ins])]

    def on_minimum(self, node: Node, ins: list[Value]) -> list[Value]:
        found = self.largest([scaled(numbers(one), Fraction(-1)) for one in ins])
        return [scaled(found, Fraction(-1))]

    def largest(self, ones: Sequence[Poly]) -> Poly:
        """The maximum of polynomials."""
        table, every = self.table, self.opened(list(ones))
        if len(every) == 1:
            return every[0]
        monos = {mono: None for one in every for mono in one}
        common = {m: least for m in monos if (least := min(one.get(m, 0) for one in every))}
        base: Poly = {m: Fraction(v) for m, v in common.items()}
        rest = [plus(one, scaled(base, Fraction(-1))) for one in every]
        rest.sort(key=lambda one: repr(sorted((self.unnamed(m), v) for m, v in one.items())))
        key, order = table.abstract(list(rest))
        atom = table.atom(("largest", key))
        table.largest[atom] = [dict(item) for item in key[0]]
        table.used.add("a maximum is associative, and addition distributes over it")
        return plus(base, table.single(atom, order))

    def opened(self, ones: list[Poly]) -> list[Poly]:
        """The alternatives, maxima among them opened, each once."""
        found: list[Poly] = []
        while ones:
            one = ones.pop(0)
            mono = next((m for m, v in one.items() if v == 1 and self.is_maximum(m)), None)
            inner = self.alternatives(mono) if mono is not None else []
            if mono is not None and len(found) + len(ones) + len(inner) <= MOST:
                rest = {m: v for m, v in one.items() if m != mono}
                ones = [plus(rest, each) for each in inner] + ones
            elif one not in found:
                found.append(one)
        return found

    def is_maximum(self, mono: Mono) -> bool:
        """Whether a monomial is a maximum, times 1."""
        bounds, factors = mono
        return not bounds and len(factors) == 1 and factors[0][0] in self.table.largest

    def alternatives(self, mono: Mono) -> list[Poly]:
        """What a maximum is taken of, at its indices."""
        ((atom, args),) = mono[1]
        found = []
        for item in self.table.largest[atom]:
            slots = {t: None for _, factors in item for _, ts in factors for t in ts if t[0] == "t"}
            at: dict[Term, Term] = {t: args[t[1]] for t in slots}
            found.append(self.table.place(item, at))
        return found
