"""Checking: the ladder run on the laws of architectures, with the cache before it.

Definition.  ``checked(declared)`` is one finding for each law, in the order of the declaration; a
law whose verdict the cache holds is not run again.  A *pattern* selects laws: a shell pattern over
the whole name, or any part of it.

>>> matches("invariant[Symmetric(n)]", "invariant*"), matches("causal[t]", "caus")
(True, True)
>>> matches("causal[t]", "invariant")
False
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from categorical.errors import SpecError
from categorical.face import cache as caching
from categorical.face.cache import Cache
from categorical.face.loader import Declared
from categorical.laws import Law
from categorical.origin import shown_path
from categorical.verdicts import Finding, Verdict


@dataclass(frozen=True)
class Checked:
    """The findings of one architecture; ``cached`` says which of them came from the cache."""

    declared: Declared
    findings: tuple[Finding, ...]
    cached: tuple[bool, ...]

    def as_json(self) -> dict[str, Any]:
        """One entry of the stable contract of ``check --json``."""
        laws = [
            {**found.as_json(), "cached": kept}
            for found, kept in zip(self.findings, self.cached, strict=True)
        ]
        return {**summary(self.declared), "laws": laws}


@dataclass
class Plan:
    """What to check and how: a pattern of laws, the seed, the cache."""

    pattern: str = ""
    seed: int | None = None
    cache: Cache = field(default_factory=Cache.default)

    def laws(self, declared: Declared) -> list[Law]:
        """The laws of an architecture that the pattern selects."""
        return [law for law in declared.architecture.laws if matches(law.name, self.pattern)]


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern selects a law; brackets mean themselves."""
    if not pattern or pattern in name:
        return True
    literal = re.sub(r"\[", "[[]", pattern)
    return fnmatch.fnmatchcase(name, literal)


def summary(declared: Declared) -> dict[str, Any]:
    """An architecture without its laws, JSON-ready."""
    architecture = declared.architecture
    return {
        "name": architecture.name,
        "spec": shown_path(os.path.abspath(declared.path)),
        "atlas": architecture.atlas,
        "type": architecture.arrow.type_text(),
        "sizes": dict(architecture.sizes),
        "parameters": architecture.parameter_count,
    }


def decide(declared: Declared, law: Law, plan: Plan) -> tuple[Finding, bool]:
    """The verdict on one law, and whether it came from the cache."""
    key, path = _place(declared, law, plan)
    found = plan.cache.get(key, path)
    if found is not None:
        return found, True
    from synthesis.ladder import check

    found = check(replace(declared.architecture, laws=(law,)), seed=plan.seed)[0]
    plan.cache.put(key, found, path)
    return found, False


def known(declared: Declared, law: Law, plan: Plan) -> Finding | None:
    """The verdict on one law, if the cache holds it."""
    return plan.cache.get(*_place(declared, law, plan))


def _place(declared: Declared, law: Law, plan: Plan) -> tuple[str, str]:
    """The key of a verdict, and the path of its spec as counterexamples show it."""
    if plan.cache.folder is None:
        return "", ""
    key = caching.key(declared.architecture, law, plan.seed, declared.digest)
    return key, shown_path(os.path.abspath(declared.path))


def checked(
    declared: Declared, plan: Plan, tick: Callable[[str], None] = lambda label: None
) -> Checked:
    """Decide the selected laws of one architecture; ``tick`` is told before each."""
    findings: list[Finding] = []
    cached: list[bool] = []
    for law in plan.laws(declared):
        tick(f"{declared.name} · {law.name}")
        found, kept = decide(declared, law, plan)
        findings.append(found)
        cached.append(kept)
    return Checked(declared, tuple(findings), tuple(cached))


def select(declared: Sequence[Declared], names: Sequence[str]) -> list[Declared]:
    """The architectures with the given names (or variables); all of them for no name."""
    if not names:
        return list(declared)
    found = [one for one in declared if one.name in names or one.variable in names]
    known = {one.name for one in declared} | {one.variable for one in declared}
    missing = [name for name in names if name not in known]
    if missing:
        raise SpecError(
            "CM028",
            f"no architecture is called `{missing[0]}`",
            facts=[("declared", ", ".join(one.name for one in declared) or "none")],
            origin=None,
        )
    return found


def exit_status(results: Sequence[Checked], strict: bool = False) -> int:
    """0 if every law held (or failed where the spec says so), 1 if one was refuted or one held that
    was expected to fail, 3 under ``strict`` if one is unknown or vacuous."""
    undecided = (Verdict.UNKNOWN, Verdict.VACUOUS)
    every = list(findings(results))
    if any(not one.passed and one.verdict not in undecided for one in every):
        return 1
    return 3 if strict and any(one.verdict in undecided for one in every) else 0


def findings(results: Sequence[Checked]) -> Iterator[Finding]:
    """All findings, in order."""
    for one in results:
        yield from one.findings
