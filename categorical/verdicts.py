"""Verdicts: what is known of a law, and on what evidence.

``PROVED``   for all inputs and parameters, in the scope; a certificate that the checker accepts
``EXACT``    held at random points in exact arithmetic; the error probability is printed
``TESTED``   held on N examples under the numeric policy
``VACUOUS``  a sabotaged copy passed too: the check cannot fail here
``UNKNOWN``  outside the fragment, or out of time
``REFUTED``  a counterexample that is a valid Python expression

``PROVED`` and ``EXACT`` speak of real arithmetic: float addition is not associative.

>>> Verdict.PROVED < Verdict.TESTED, weakest([Verdict.PROVED, Verdict.EXACT]).name
(True, 'EXACT')

A verdict is never a bare truth value:

>>> bool(Verdict.UNKNOWN)
Traceback (most recent call last):
...
TypeError: a verdict is no truth value: compare it with a Verdict
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Verdict(Enum):
    """Ordered from the strongest to the weakest."""

    PROVED = "PROVED"
    EXACT = "EXACT"
    TESTED = "TESTED"
    VACUOUS = "VACUOUS"
    UNKNOWN = "UNKNOWN"
    REFUTED = "REFUTED"

    def __lt__(self, other: Verdict) -> bool:
        order = list(Verdict)
        return order.index(self) < order.index(other)

    def __bool__(self) -> bool:
        raise TypeError("a verdict is no truth value: compare it with a Verdict")


def weakest(verdicts: Iterable[Verdict]) -> Verdict:
    """The weakest link (``PROVED`` for none)."""
    return max(verdicts, default=Verdict.PROVED, key=lambda v: list(Verdict).index(v))


@dataclass(frozen=True)
class Counterexample:
    """Where a law fails, as small as it was found.

    ``source`` is a Python program of one expression per line that rebuilds it; ``replay`` the
    command that shows it again; ``wire`` the first wire on which the two sides differ.
    """

    source: str
    replay: str
    wire: str
    sizes: dict[str, int]
    element: str
    difference: str
    certified: bool = False


@dataclass(frozen=True)
class Finding:
    """The verdict on one law of one architecture."""

    law: str
    verdict: Verdict
    scope: str = ""
    method: str = ""
    error_bound: str = ""
    seconds: float = 0.0
    counterexample: Counterexample | None = None
    expected: bool = False
    warnings: tuple[str, ...] = ()
    reason: str = ""
    certificate: dict[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def passed(self) -> bool:
        """Whether the law held, or was refuted as the spec expects."""
        return (self.verdict is Verdict.REFUTED) == self.expected and not (
            self.expected and self.verdict is not Verdict.REFUTED
        )

    def as_json(self) -> dict[str, Any]:
        """The stable contract of ``commute check --json``."""
        example = self.counterexample
        return {
            "law": self.law,
            "verdict": self.verdict.value,
            "scope": self.scope,
            "method": self.method,
            "error_bound": self.error_bound,
            "seconds": round(self.seconds, 6),
            "counterexample": None
            if example is None
            else {
                "source": example.source,
                "replay": example.replay,
                "wire": example.wire,
                "sizes": example.sizes,
                "element": example.element,
                "difference": example.difference,
                "certified": example.certified,
            },
            "expected": self.expected,
            "warnings": list(self.warnings),
            "reason": self.reason,
        }
