"""The verdict on laws about data: every listed element is compared, and a broken copy is refuted.

Law.  TESTED says how many elements were compared and what they exhaust; REFUTED shows the first one
that differs; VACUOUS that a broken copy passes too.

>>> from categorical import Dim, Real, architecture, laws, op
>>> n = Dim("n")
>>> def squares(f):
...     return lambda: ((f"x = {x}", f(x), x * x) for x in range(9))
>>> def verdict(f, twin):
...     law = laws.enumerated("squares", squares(f), scope="x below 9", twin=squares(twin))
...     model = architecture(op.relu.at(Real[n]), name="any", laws=[law])
...     return check_enumerated(law, model, float("inf"))
>>> verdict(lambda x: x**2, lambda x: x).method
'9 elements compared; a broken copy fails at x = 2'
>>> verdict(lambda x: 2 * x, lambda x: x).counterexample.difference
'2 instead of 1, at x = 1'
>>> verdict(lambda x: x * x, lambda x: x**2).verdict.name
'VACUOUS'
"""

from __future__ import annotations

import time

from categorical.architecture import Architecture
from categorical.laws import Distinct, Enumerated, Law
from categorical.verdicts import Counterexample, Finding, Verdict
from synthesis.replay import replay_line

WIDEST = 300


def check_enumerated(law: Enumerated, architecture: Architecture, deadline: float) -> Finding:
    """Compare every listed element."""
    count = 0
    for what, left, right in law.cases():
        count += 1
        if left != right:
            example = _example(law, architecture, what, f"{left!r}", f"{right!r}")
            return Finding(
                law.name,
                Verdict.REFUTED,
                scope=f"at {what}",
                method="counterexample among the listed elements",
                counterexample=example,
            )
        if time.perf_counter() > deadline:
            reason = f"out of time after {count} elements of {law.scope}"
            return Finding(law.name, Verdict.UNKNOWN, reason=reason)
    killed = law.broken().first_difference()
    how = f"{count} elements compared" if count > 1 else "1 element compared"
    if killed is None:
        reason = "a broken copy passes on every listed element too"
        return Finding(law.name, Verdict.VACUOUS, law.scope, how, reason=reason)
    return Finding(
        law.name,
        Verdict.TESTED,
        scope=law.scope,
        method=f"{how}; a broken copy fails at {_short(killed[0])}",
        reason="not proved: elements are compared, no certificate is made",
    )


def check_distinct(law: Distinct, architecture: Architecture) -> Finding:
    """Two ways that end in different cases are equal for no input."""
    example = _example(law, architecture, "any input", repr(law.left), repr(law.right))
    return Finding(
        law.name,
        Verdict.REFUTED,
        scope="all sizes",
        method="the two ways end in different cases",
        counterexample=example,
    )


def _example(
    law: Law, architecture: Architecture, what: str, left: str, right: str
) -> Counterexample:
    literal = f"left = {left}\nright = {right}\nassert left != right\n"
    try:
        compile(literal, "<counterexample>", "exec")
    except SyntaxError:
        literal = f"left = {left!r}\nright = {right!r}\nassert left != right\n"
    return Counterexample(
        source=f"# `{law.name}` at {' '.join(what.split())}\n{literal}",
        replay=replay_line(architecture, law, 0),
        wire="",
        sizes={},
        element="",
        difference=f"{_short(left)} instead of {_short(right)}, at {_short(what)}",
        certified=True,
    )


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}…"
