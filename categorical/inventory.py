"""The inventory: numbered statements of a paper, each with the laws that state it.

Definition.  A *statement* is an architecture that says which numbers of a paper it is about, and
what they say; its laws are checked as those of any other.  It may be of laws alone, about diagrams
and data.  A *remark* is a number with nothing to compute here, and the reason.

Laws.  Every number has a statement or a remark, and ``commute list --paper`` shows them in order.
Laws of one statement have different names.

>>> from categorical import Dim, Real, laws, op, swap
>>> n = Dim("n")
>>> add = op.add.at(Real[n], Real[n])
>>> claim = laws.commutes(add, swap(Real[n], Real[n]) >> add, name="commutative")
>>> sums = statement("D.7", "sums commute", laws=[claim], name="sums")
>>> sums.numbers, sums.says, [law.name for law in sums.laws]
(('D.7',), 'sums commute', ['commutative'])
>>> shown(span("A", 1, 6)), shown(("E2.12", "eq 1", "eq 2"))
('A.1–A.6', 'E2.12, eq 1–2')

A number is written as the paper writes it:

>>> statement("theorem 4", "sums commute", laws=[claim], name="sums")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM028]: `theorem 4` is no number of the paper
...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from categorical.architecture import Architecture, architecture
from categorical.arrows import Arrow, identity
from categorical.errors import SpecError
from categorical.laws import Enumerated, Law, enumerated
from categorical.laws.data import Compared

_declared = architecture
Numbers = str | Sequence[str]
L = TypeVar("L", bound=Law)
_NUMBER = re.compile(r"([A-Z]?)(\d*)\.(\d+)|Fig (\d+)|eq (\d+)")
_SLIP = re.compile(r"(erratum|caveat) (\S.*)")


@dataclass(frozen=True, eq=False)
class Statement(Architecture):
    """An architecture that states some numbers of a paper."""

    numbers: tuple[str, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Remark:
    """Numbers of a paper with nothing to compute, and why."""

    numbers: tuple[str, ...]
    says: str
    why: str


def statement(
    numbers: Numbers,
    says: str,
    laws: Sequence[Law] = (),
    arrow: Arrow | None = None,
    *,
    name: str,
    sizes: Mapping[str, int] | None = None,
    batch: str = "stack",
) -> Statement:
    """State some numbers of a paper by laws; without an arrow they are of diagrams and data."""
    given = _numbers(numbers)
    names = [law.name for law in laws]
    twice = next((one for i, one in enumerate(names) if one in names[:i]), None)
    if twice is not None:
        raise SpecError(
            "CM025",
            f"`{name}` states two laws called `{twice}`",
            help=['tell them apart: called("lists", laws)'],
        )
    made = _declared(
        identity() if arrow is None else arrow, laws=laws, sizes=sizes, name=name, batch=batch
    )
    kept = {one.name: getattr(made, one.name) for one in fields(made)}
    return Statement(**kept, numbers=given, says=says)


def remark(numbers: Numbers, says: str, why: str) -> Remark:
    """Numbers that are not executable here, with the reason."""
    return Remark(_numbers(numbers), says, why)


def called(prefix: str, laws: Sequence[L]) -> list[L]:
    """The laws under names that begin with a prefix."""
    return [replace(law, name=f"{prefix}: {law.name}") for law in laws]


def failing(laws: Sequence[L]) -> list[L]:
    """The laws as expected refutations."""
    return [law.fails() for law in laws]


def refused(name: str, makes: Mapping[str, Callable[[], object]], accepted: object) -> Enumerated:
    """Every one of these constructions is refused; ``accepted`` is one that is not."""

    def outcomes(given: Mapping[str, Callable[[], object]]) -> Callable[[], Iterator[Compared]]:
        return lambda: ((what, _outcome(make), "refused") for what, make in given.items())

    many = "1 construction" if len(makes) == 1 else f"{len(makes)} constructions"
    return enumerated(
        name,
        outcomes(makes),
        scope=f"{many}, and one that is accepted",
        twin=outcomes({"the one that is accepted": lambda: accepted}),
    )


def _outcome(make: Callable[[], object]) -> str:
    try:
        make()
    except SpecError:
        return "refused"
    return "accepted"


def span(letter: str, first: int, last: int) -> tuple[str, ...]:
    """The numbers of an appendix from one to another."""
    return tuple(f"{letter}.{k}" for k in range(first, last + 1))


def _numbers(given: Numbers) -> tuple[str, ...]:
    found = (given,) if isinstance(given, str) else tuple(given)
    for one in found:
        if not isinstance(one, str) or not (_NUMBER.fullmatch(one) or _SLIP.fullmatch(one)):
            raise SpecError(
                "CM028",
                f"`{one}` is no number of the paper",
                help=['write "D2.1", "B.19", "Fig 1", "eq 3", "erratum H.3" or "caveat of folds"'],
            )
    return found


def place(number: str) -> tuple[Any, ...]:
    """Where a number stands: the text, its appendices, then errata, then caveats."""
    slip = _SLIP.fullmatch(number)
    if slip is not None:
        kind, rest = slip.groups()
        known = _NUMBER.fullmatch(rest) is not None
        return (3 if kind == "erratum" else 4, *(place(rest) if known else (9, rest)))
    found = _NUMBER.fullmatch(number)
    assert found is not None
    letter, section, item, figure, equation = found.groups()
    if figure:
        return (0, "", 2, 50 + int(figure), "")
    if equation:
        return (2, "", 0, int(equation), "")
    if section:
        return (0, "", int(section), int(item), letter)
    return (1, letter, 0, int(item), "")


def shown(numbers: Sequence[str]) -> str:
    """Numbers as a person writes them: neighbours as a range."""
    parts: list[list[str]] = []
    for one in numbers:
        if parts and _follows(parts[-1][-1], one):
            parts[-1].append(one)
        else:
            parts.append([one])
    return ", ".join(_range(part) for part in parts)


def _range(part: Sequence[str]) -> str:
    if len(part) == 1:
        return part[0]
    last = part[-1].removeprefix("eq ")
    return f"{part[0]}–{last}" if len(part) > 2 or last != part[-1] else ", ".join(part)


def _follows(before: str, after: str) -> bool:
    first, then = place(before), place(after)
    if len(first) < 5 or len(then) < 5 or first[0] > 2:
        return False
    return first[:3] == then[:3] and first[3] + 1 == then[3] and first[4] == then[4]
