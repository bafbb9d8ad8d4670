"""Runs that add: a state that grows by what does not depend on it is a sum.

Definition.  Where the next value of a state is the state plus an increment, and the increment does
not depend on that state (though perhaps on others, which do not depend on it), the last state is
the first one plus the sum of all increments; before step i it is the first one plus the sum of
those up to i, without that of i.

Laws.  So a fold that adds is a sum, from either end; a scan that adds is a product with the causal
mask; linear attention as a recurrence is linear attention with a mask.

>>> increment.__name__
'increment'
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from proofs.checking.atoms import MASK, Value, numbers
from proofs.checking.table import NUMBERS
from proofs.checking.terms import Poly, plus, scaled

if TYPE_CHECKING:
    from proofs.checking.runs import Course, Runs


def increment(
    reader: Runs, course: Course, state: int, entries: Sequence[Value], states: Sequence[Value]
) -> Poly | None:
    """What a step adds to a state, at the axis of the step; ``states`` are the other ones.

    The step is read with two states of which nothing is known: what is the same for both, once they
    are subtracted, depends on neither.
    """
    type_ = course.types[state]
    if type_[0] not in NUMBERS:
        return None
    found = []
    for name in ("one", "another"):
        free = reader.given(("any state", course.height, name), type_, reader.places(type_[1]))
        given = [*states[:state], free, *states[state + 1 :]]
        after = reader.after(course, given, entries)[course.one.outputs + state]
        found.append(plus(numbers(after), scaled(numbers(free), Fraction(-1))))
    return found[0] if found[0] == found[1] else None


def accumulated(reader: Runs, more: Poly, start: Value, step: Any) -> tuple[Value | None, Value]:
    """The state before each step (None where steps have no order here), and the last one."""
    table, places = reader.table, reader.places([step])
    last = plus(numbers(start), table.sum(more, places))
    if len(places) != 1 or places[0][0] != "f":
        return None, last
    other = (step[0], f"{step[1]} summed")
    earlier = numbers(reader.moved([more], step, other)[0])
    mask = reader.ordered(MASK, ("bool", (step, other), None), [step, other])
    up_to = table.sum(table.times(numbers(mask), earlier), reader.places([other]))
    return plus(plus(numbers(start), up_to), scaled(more, Fraction(-1))), last
