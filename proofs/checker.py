"""The independent checker of certificates: standard library only, its own table of rules.

It trusts nothing that a certificate says beyond the programs and the claims themselves: types are
derived again, every step is recomputed and compared, and the digest binds every byte.  What it
does trust is the table below: for each operation, what it reads and what it is natural for.

>>> check("{}").ok
False
>>> check("{}").errors
['not a certificate: it lacks the key `claims`']
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from proofs.checking.bounds import check_bounded, check_sums
from proofs.checking.causal import check_causal
from proofs.checking.complete import check_complete
from proofs.checking.counts import check_count
from proofs.checking.degrees import check_degrees
from proofs.checking.equal import check_equal
from proofs.checking.equivariant import check_equivariant
from proofs.checking.expanded import check_expanded
from proofs.checking.induction import check_induction
from proofs.checking.natural import check_natural
from proofs.checking.parity import check_parity
from proofs.checking.programs import Program, Refusal, freeze, need, read_program
from proofs.checking.sharing import check_known, check_same
from proofs.checking.table import check_types

SCHEMA = "commute.certificate/1"
CLAIMS: dict[str, Callable[[list[Program], Any, list[Any]], str]] = {
    "natural": check_natural,
    "causal": check_causal,
    "linear": check_degrees,
    "degree": check_degrees,
    "parity": check_parity,
    "bounded": check_bounded,
    "count": check_count,
    "equal": check_equal,
    "same": check_same,
    "expanded": check_expanded,
    "induction": check_induction,
    "equivariant": check_equivariant,
    "complete": check_complete,
    "sums": check_sums,
}


UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


@dataclass
class Report:
    """What the checker says: ``claims`` are sentences that hold, ``errors`` why it refuses."""

    ok: bool
    claims: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def canonical(data: Any) -> str:
    return json.dumps(
        data, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":")
    )


def digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def dims_of(one: Any) -> set[Any]:
    """The dims that a type or an index set mentions."""
    if not isinstance(one, tuple):
        return set()
    if len(one) == 4 and one[0] == "dim":
        return {one}
    return {dim for part in one for dim in dims_of(part)}


def examine(text: str) -> list[str]:
    data = json.loads(text)
    need(isinstance(data, dict), "not a certificate: not an object")
    for key in ("claims", "digest", "programs", "schema", "spec"):
        need(key in data, f"not a certificate: it lacks the key `{key}`")
    known = len(data) - ("build" in data) == 5  # what a build says of itself is bound, not checked
    need(known and data["schema"] == SCHEMA, f"not a certificate of the schema {SCHEMA}")
    need(canonical(data) + "\n" == text, "the text is not in canonical form")
    body = {k: v for k, v in data.items() if k != "digest"}
    need(digest(body) == data["digest"], "the digest does not match: the file was changed")
    need(isinstance(data["spec"], str), "the hash of the spec is not a string")
    strict = {p for one in data["claims"] if one["claim"] != "same" for p in one["programs"]}
    programs = [
        read_program(p, check_types if i in strict else check_known)
        for i, p in enumerate(data["programs"])
    ]
    found = []
    for place, claim in enumerate(data["claims"]):
        kind = claim.get("claim")
        need(kind in CLAIMS, f"claim {place} is of the unknown kind {kind!r}")
        chosen = claim["programs"]
        good = isinstance(chosen, list) and all(type(p) is int for p in chosen)
        need(good and chosen and 0 <= min(chosen) <= max(chosen) < len(programs), "no such program")
        need(isinstance(claim["law"], str), "a law has no name")
        read = [programs[p] for p in chosen]
        need(all(p.outputs for p in read), "a program without outputs obeys every law")
        for dim in map(freeze, claim.get("dims", ())):
            others = {d for p in read for type_ in p.types for d in dims_of(type_)} - {dim}
            other = next((d for d in others if d[1] == dim[1]), None)
            need(other is None, f"claim {place} is about another dim called {dim[1]}")
        steps: list[Any] = []
        try:
            sentence = CLAIMS[kind](read, claim, steps)
            same = canonical(claim["steps"]) == canonical(steps)
            need(same, "a step is not justified as it says")
        except Refusal as refusal:
            raise Refusal(f"claim {place} ({kind}): {refusal}") from None
        found.append(f"{claim['law']}: {sentence}")
    return found


def check(text: str) -> Report:
    """Re-check a certificate from its text."""
    try:
        return Report(True, examine(text))
    except Refusal as refusal:
        return Report(False, [], [str(refusal)])
    except UNREADABLE as error:
        return Report(False, [], [f"not a certificate: {type(error).__name__}: {error}"])


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m proofs.checker CERTIFICATE")
        return 2
    try:
        with open(arguments[0], encoding="utf-8", newline="") as file:
            report = check(file.read())
    except (OSError, ValueError) as error:
        print(f"cannot read {arguments[0]}: {error}")
        return 2
    for line in report.claims:
        print(f"ok      {line}")
    for line in report.errors:
        print(f"refused {line}")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
