"""Laws about data: equations that are compared on every element of a finite list.

Definition.  Lists, trees, words, finite groups and formal terms are plain Python values, and no
arrays.  ``enumerated(name, cases, …)`` claims that ``left == right`` for every
``(what, left, right)`` that ``cases()`` gives; ``scope`` says what that exhausts.  A natural
transformation between containers is determined by its values on shapes with distinct labels, so an
equation of such that holds for all shapes up to a size holds there for all labels.  ``twin`` is the
same equation of a broken copy: if nothing refutes it, the check cannot fail.

Laws.  The verdict is TESTED, with the scope, never PROVED: no certificate is made.

>>> def reversals(back):
...     every = [(), (1,), (1, 2), (1, 2, 3)]
...     return lambda: ((f"reverse twice {x}", back(back(x)), x) for x in every)
>>> law = enumerated("involution", reversals(lambda x: x[::-1]), scope="lists of at most 3",
...                  twin=reversals(lambda x: x[1:]))
>>> law.first_difference()
>>> law.broken().first_difference()
('reverse twice (1,)', (), (1,))

A law without a single case claims nothing:

>>> enumerated("empty", lambda: iter(()), scope="nothing", twin=lambda: iter(()))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `empty` cannot be stated here
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from categorical.graph import Graph
from categorical.laws.law import Law
from categorical.origin import here
from categorical.records import EVAL

Compared = tuple[str, Any, Any]
Elements = Callable[[], Iterable[Compared]]


def _none() -> Iterator[Compared]:
    return iter(())


@dataclass(frozen=True, eq=False)
class Enumerated(Law):
    """left = right on every listed element; see the module."""

    modes: tuple[str, ...] = (EVAL,)
    cases: Elements = _none
    twin: Elements = _none
    scope: str = ""
    says: str = ""

    @property
    def statement(self) -> str:
        return self.says or self.name

    def first_difference(self) -> Compared | None:
        """The first listed element on which the sides differ."""
        return next((one for one in self.cases() if one[1] != one[2]), None)

    def broken(self) -> Enumerated:
        """The same law of the broken copy."""
        return replace(self, cases=self.twin, name=f"{self.name} (broken)")

    def boundary(self, graph: Graph) -> None:
        """Data has no boundary; but an equation has a case at least."""


def enumerated(
    name: str, cases: Elements, *, scope: str, twin: Elements, says: str = ""
) -> Enumerated:
    """The sides agree on all that ``cases()`` lists; ``twin`` lists those of a broken copy."""
    law = Enumerated(name, origin=here(), cases=cases, twin=twin, scope=scope, says=says)
    for what, listed in (("cases", cases), ("broken copy", twin)):
        if next(iter(listed()), None) is None:
            raise law._unstatable(f"its {what} lists no element", "an equation needs elements")
    return law
