"""Certificates: proofs written down as plain data.

Definition.  A certificate is a canonical JSON text: the schema, the hash of the spec, the programs,
the claims with the justification of every step, and the sha256 of all that.  ``bundle`` makes one
of the proofs of one architecture.

Law.  ``bundle`` is deterministic, and the checker accepts every certificate of a proof made here.

>>> from categorical import Dim, Real, op
>>> from proofs.checker import check
>>> from proofs.naturality import prove_natural
>>> n, c = Dim.named("n c")
>>> proof = prove_natural((op.relu >> op.sum(n)).at(Real[n, c]).graph(), [n])
>>> text = bundle("0123", [claim("invariant[S_n]", proof)])
>>> check(text).claims
['invariant[S_n]: natural for every bijection map of n in eval mode, all sizes']

One changed byte is refused:

>>> check(text.replace("bijection", "bijectioN")).errors
['the digest does not match: the file was changed']
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from categorical.graph import Graph, Node
from categorical.origin import Origin
from proofs.program import Json

SCHEMA = "commute.certificate/1"


@dataclass(frozen=True)
class Proof:
    """A law that holds: the kind of claim, what it says, and one justification a step."""

    kind: str
    sentence: str
    programs: tuple[Json, ...]
    data: dict[str, Json]
    steps: list[Json]
    scope: str = "all sizes"

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True)
class Obstruction:
    """The first place where a prover stops: the node, one of its wires, and a sentence.

    It is no refutation: the law may hold for another reason.
    """

    reason: str
    graph: Graph | None = None
    node: Node | None = None
    wire: int | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def wire_name(self) -> str:
        """The name of the wire."""
        known = self.graph is not None and self.wire is not None
        return self.graph.wire_name(self.wire) if known else ""  # type: ignore[union-attr, arg-type]

    @property
    def origin(self) -> Origin | None:
        """Where the user wrote the node."""
        return self.node.origin if self.node is not None else None

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True)
class Claim:
    """A proof under the name of the law that it proves."""

    law: str
    proof: Proof


def claim(law: str, proof: Proof | Obstruction) -> Claim:
    """Name a proof; an obstruction cannot be claimed."""
    if not isinstance(proof, Proof):
        raise ValueError(f"`{law}` is not proved: {proof.reason}")
    return Claim(law, proof)


def canonical(data: Json) -> str:
    """The one text of plain data."""
    return json.dumps(
        data, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":")
    )


def bundle(spec_hash: str, claims: Iterable[Claim]) -> str:
    """The certificate of several claims; programs that occur twice are written once."""
    programs: list[Json] = []
    numbers: dict[str, int] = {}
    written = []
    for one in claims:
        places = []
        for program in one.proof.programs:
            key = canonical(program)
            if key not in numbers:
                numbers[key] = len(programs)
                programs.append(program)
            places.append(numbers[key])
        written.append(
            {
                "law": one.law,
                "claim": one.proof.kind,
                "scope": one.proof.scope,
                "programs": places,
                "steps": one.proof.steps,
                **one.proof.data,
            }
        )
    body = {"schema": SCHEMA, "spec": spec_hash, "programs": programs, "claims": written}
    digest = hashlib.sha256(canonical(body).encode()).hexdigest()
    return canonical({**body, "digest": digest}) + "\n"
