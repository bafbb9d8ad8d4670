"""Certificates of builds: the proofs of all laws and the hash of the generated file in one text.

Definition.  ``combined`` puts the certificates of several laws into one, adds what the build says
of itself under ``build`` (hashes, sizes, verdicts, validation), and signs all of it with one
digest.  The independent checker reads it: it checks every claim again, and that no byte was
changed.  ``recheck`` does that, and compares the generated file that stands beside the certificate.

Law.  A changed byte, of the certificate or of the generated file, is CM031.

>>> import tempfile, os
>>> path = os.path.join(tempfile.mkdtemp(), "net.certificate.json")
>>> text = combined("0123", [], {"module": "net"})
>>> _ = open(path, "w").write(text)
>>> recheck(path)
['no claim: no law of this build is PROVED', 'the digest holds']
>>> _ = open(path, "w").write(text.replace("net", "nat"))
>>> recheck(path)  # doctest: +ELLIPSIS
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM031]: `...` does not check
...
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from categorical.errors import SpecError
from categorical.face.loader import Declared, Spec
from categorical.origin import shown_path

LARGEST = 200_000_000


def combined(spec: str, certificates: Sequence[Mapping[str, Any]], build: Mapping[str, Any]) -> str:
    """One certificate of several; a program that occurs twice is written once."""
    from proofs.certificate import SCHEMA, canonical

    programs: list[Any] = []
    numbers: dict[str, int] = {}
    claims = []
    for one in certificates:
        places = []
        for program in one["programs"]:
            key = canonical(program)
            if key not in numbers:
                numbers[key] = len(programs)
                programs.append(program)
            places.append(numbers[key])
        for claim in one["claims"]:
            claims.append({**claim, "programs": [places[p] for p in claim["programs"]]})
    body = {
        "schema": SCHEMA,
        "spec": spec,
        "programs": programs,
        "claims": claims,
        "build": json.loads(json.dumps(build)),
    }
    digest = hashlib.sha256(canonical(body).encode()).hexdigest()
    return canonical({**body, "digest": digest}) + "\n"


def recheck(path: str, spec: str | None = None) -> list[str]:
    """What the independent checker says of a certificate; CM031 where it refuses, or where the
    generated file beside it, or the spec, is not the one that it speaks of."""
    from proofs.checker import check

    try:
        with open(path, encoding="utf-8", newline="") as stream:
            text = stream.read(LARGEST)
    except UnicodeDecodeError:
        raise _refusal(path, ["it is not a text"]) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise SpecError(
            "CM031", f"`{path}` cannot be read", facts=[("reason", reason.lower())], origin=None
        ) from None
    report = check(text)
    if not report.ok:
        raise _refusal(path, report.errors)
    lines = list(report.claims) or ["no claim: no law of this build is PROVED"]
    lines.append("the digest holds")
    build = json.loads(text).get("build", {})
    said = build if isinstance(build, dict) else {}
    beside = path.removesuffix(".certificate.json") + ".py"
    if "source_sha256" in said and path.endswith(".certificate.json") and os.path.exists(beside):
        lines.append(_same(path, beside, said["source_sha256"], "the file that was built"))
    training = said.get("training", {})
    if isinstance(training, dict) and "source_sha256" in training:
        also = path.removesuffix(".certificate.json") + "_train.py"
        if path.endswith(".certificate.json") and os.path.exists(also):
            digest = training["source_sha256"]
            lines.append(_same(path, also, digest, "the training file that was built"))
    if spec is not None:
        lines.append(_same(path, spec, said.get("spec_file_sha256"), "the spec that was built"))
    return lines


def _same(certificate: str, path: str, wanted: object, what: str) -> str:
    try:
        with open(path, "rb") as file:
            found = hashlib.sha256(file.read()).hexdigest()
    except (OSError, ValueError) as problem:
        raise _refusal(certificate, [f"`{path}` cannot be read: {problem}"]) from None
    shown = shown_path(os.path.abspath(path))
    if found != wanted:
        raise _refusal(certificate, [f"`{shown}` is not {what}"])
    return f"{os.path.basename(path)} is {what}"


def _refusal(path: str, errors: Sequence[str]) -> SpecError:
    return SpecError(
        "CM031",
        f"`{path}` does not check",
        facts=[("reason", one) for one in errors],
        help=["believe nothing in it; build again: commute build SPEC"],
        origin=None,
    )


def one_of(spec: Spec, name: str | None) -> Declared:
    """The architecture of that name; without a name the only one, or the one called ``model``."""
    from categorical.face.checking import select

    names = [one.name for one in spec.declared]
    if name is not None:
        known = {*names, *(one.variable for one in spec.declared)}
        if name not in known and any(name in (one.name, one.variable) for one in spec.games):
            raise SpecError(
                "CM028",
                f"`{name}` is a learner or a game, and no architecture",
                facts=[("architectures", ", ".join(names) or "none")],
                help=[f"build it with its training:  commute build SPEC --train --arch {name}"],
                origin=None,
            )
        return select(spec.declared, [name])[0]
    if len(spec.declared) == 1:
        return spec.declared[0]
    for one in spec.declared:
        if one.variable == "model":
            return one
    if not names:
        raise SpecError(
            "CM028",
            f"`{shown_path(os.path.abspath(spec.path))}` declares no architecture",
            facts=[("declared", ", ".join(one.name for one in spec.games) or "nothing")],
            help=[
                "a learner or game is built with its training:  commute build SPEC --train",
                "or declare one at the top level:  net = architecture(arrow)",
            ],
            origin=None,
        )
    raise SpecError(
        "CM028",
        f"`{shown_path(os.path.abspath(spec.path))}` declares {len(names)} architectures",
        facts=[("declared", ", ".join(names))],
        help=[f"say which: --arch {names[0]}"],
        origin=None,
    )
