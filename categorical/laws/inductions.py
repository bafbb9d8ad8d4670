"""Induction: how an equation about runs of any length is to be proved.

Definition.  ``induction(h)`` says that the states of one run in the equation are h of the states of
others: before the first step (base), and after any step if before it (step).  h takes the states of
those runs, then any wires that no step makes, to the states of the one.  Without h, what a side
does with its runs is tried, and the states as they are.

Law.  It changes no meaning: the equation is the same, and a wrong h is refused, never believed.

>>> from categorical import Dim, Real, laws, op
>>> from categorical.recursion import fold
>>> t, s = Dim.named("t s")
>>> total = fold(op.add.at(Real[s], Real[s]), over=t, start=0)
>>> double = op.scale(2).at(Real[s])
>>> law = laws.equal(op.scale(2).at(Real[t, s]) >> total, by=laws.induction(double))
>>> [one.rule for one in law.requires]
['induction']

A map is an arrow:

>>> laws.induction(2)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: the argument `via` of `induction` has the wrong type
...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from categorical.arrows import Arrow


@dataclass(frozen=True, eq=False)
class Induction:
    """A map of states, and what its weights are called in the architecture."""

    via: Arrow | None = None
    renaming: Mapping[str, str] | None = None


def induction(via: Arrow | None = None, renaming: Mapping[str, str] | None = None) -> Induction:
    """The states of one run are ``via`` of those of others; see the module.

    ``renaming`` maps weight names of ``via`` to those of the architecture.
    """
    return Induction(via, renaming)
