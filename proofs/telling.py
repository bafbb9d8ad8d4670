"""Proofs of a certificate as text: what each claim says, by which rules, and the inductions whole.

Definition.  ``told(certificate)`` has one paragraph for each claim: what the checker reads it as,
and then the lemmas of an induction with base and step, or the rules that were used.

Law.  The text is a view of what the checker recomputes; a claim that it refuses has no text.

>>> import json
>>> from categorical import Dim, Real, op
>>> from proofs.certificate import bundle, claim
>>> from proofs.equality import prove_equal
>>> n = Dim("n")
>>> odd = op.scale(-1).at(Real[n]) >> op.tanh
>>> even = op.tanh.at(Real[n]) >> op.scale(-1)
>>> certificate = bundle("", [claim("tanh is odd", prove_equal(odd.graph(), even.graph()))])
>>> print(told(json.loads(certificate)))
tanh is odd: both sides have one normal form in eval mode, all sizes
  tanh of a negative is known from tanh

An edited certificate is refused:

>>> told({**json.loads(certificate), "programs": []})
Traceback (most recent call last):
...
ValueError: the checker refuses the certificate: ...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofs.certificate import Proof, canonical
from proofs.checker import check
from proofs.rules import SENTENCES
from proofs.shown import shown


def told(certificate: Mapping[str, Any]) -> str:
    """The claims of one certificate as text."""
    report = check(canonical(certificate) + "\n")
    if not report.ok:
        raise ValueError(f"the checker refuses the certificate: {report.errors[0]}")
    lines = []
    for claim, sentence in zip(certificate["claims"], report.claims, strict=True):
        lines.append(sentence)
        lines += [f"  {line}" for line in _steps(certificate, claim)]
    return "\n".join(lines)


def _steps(certificate: Mapping[str, Any], claim: Mapping[str, Any]) -> list[str]:
    """How a claim is justified."""
    if claim["claim"] == "induction":
        programs = tuple(certificate["programs"][i] for i in claim["programs"])
        data = {key: claim[key] for key in ("lemmas", "mode", "renaming")}
        return shown(Proof("induction", "", programs, data, claim["steps"])).splitlines()
    named = [
        f"{one}: {SENTENCES[one]}" if one in SENTENCES else one for one in _texts(claim["steps"])
    ]
    return list(dict.fromkeys(one for one in named if " " in one))


def _texts(steps: Any) -> list[str]:
    """The names of rules among the steps (numbers and digests are left out)."""
    if isinstance(steps, str):
        return [steps]
    return [text for one in steps for text in _texts(one)] if isinstance(steps, list) else []
