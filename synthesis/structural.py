"""Structural provers: what a law requires, mapped to the provers of ``proofs``.

Definition.  A law lists requirements; each is a rule with a prover.  The law is proved when every
requirement is proved in every claimed mode *and* the independent checker accepts the certificate
that bundles the proofs.

Law.  The adapter never proves anything by itself: without a prover, or with a certificate that the
checker refuses, there is no proof, only a reason.

>>> from categorical import Dim, Real, laws, op
>>> from categorical.groups import Symmetric
>>> n, c = Dim.named("n c")
>>> law = laws.invariant(under=Symmetric(n))
>>> prove(law, (op.relu >> op.mean(n)).at(Real[n, c]).graph(), ("eval",), "0123").scope
'all sizes'

An obstruction comes back as its sentence:

>>> prove(law, (op.linear(n, c) >> op.relu).graph(), ("eval",), "0123").reason
'`linear.weight` has the axis `n`, so its entries tell the indices of `n` apart'
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from categorical.graph import Graph
from categorical.groups import ProductGroup
from categorical.index import Dim
from categorical.laws import Complete, Count, Equal, Equivariant, Law, Linear, Requirement


@dataclass(frozen=True)
class Outcome:
    """A certificate that the checker accepted, or the reason why there is none."""

    proved: bool
    scope: str = ""
    method: str = ""
    certificate: dict[str, Any] | None = None
    reason: str = ""
    wire: str = ""
    proofs: tuple[Any, ...] = ()
    obstruction: Any = None


def prove(law: Law, graph: Graph, modes: Sequence[str], spec_hash: str) -> Outcome:
    """Try every requirement in every mode, then the checker."""
    requirements = law.requires
    if not requirements:
        return Outcome(False, reason="no structural condition implies this law")
    found: list[tuple[str, Any]] = []
    for mode in modes:
        for one in requirements:
            result = _attempt(law, graph, one, mode)
            if isinstance(result, str):
                return Outcome(False, reason=result)
            if not result:
                wire = getattr(result, "wire_name", "")
                return Outcome(False, reason=result.reason, wire=wire, obstruction=result)
            name = law.name if len(modes) == 1 else f"{law.name} ({mode})"
            found.append((name, result))
    return _certified(found, spec_hash)


def _certified(found: list[tuple[str, Any]], spec_hash: str) -> Outcome:
    """The bundle of some proofs, read again by the checker."""
    from proofs.certificate import bundle, claim
    from proofs.checker import check

    text = bundle(spec_hash, [claim(name, proof) for name, proof in found])
    report = check(text)
    if not report.ok or len(report.claims) != len(found):
        why = "; ".join(report.errors) or "a claim is missing"
        return Outcome(False, reason=f"the checker refused the certificate: {why}")
    kinds = ", ".join(dict.fromkeys(proof.kind for _, proof in found))
    scopes = list(dict.fromkeys(proof.scope for _, proof in found))
    return Outcome(
        True,
        scope="; ".join(scopes),
        method=f"structural ({kinds})",
        certificate=json.loads(text),
        proofs=tuple(proof for _, proof in found),
    )


def _attempt(law: Law, graph: Graph, one: Requirement, mode: str) -> Any:
    """A proof or an obstruction; a sentence where there is no prover."""
    rule = RULES.get(one.rule)
    if rule is None:
        return f"no prover for the rule `{one.rule}`"
    module, name, arguments = rule
    try:
        prover = getattr(importlib.import_module(f"proofs.{module}"), name)
    except (ImportError, AttributeError):
        return f"no prover for the rule `{one.rule}`"
    found = prover(graph, **arguments(law, graph, one, mode))
    if not found and one.rule == "natural" and isinstance(law, Equivariant):
        return _at_one_size(law, graph, one, mode) or found
    if not found and one.rule == "equal" and isinstance(law, Equal):
        return _along_runs(law, graph, one, mode) or _expanded(law, graph, mode) or found
    if not found and one.rule == "induction" and all(by.via is None for by in law.by):  # type: ignore[attr-defined]
        return _attempt(law, graph, Requirement("equal"), mode) or found
    return found


def _along_runs(law: Equal, graph: Graph, one: Requirement, mode: str) -> Any:
    """The same equation by an induction that is found, where both sides have runs; else None."""
    from proofs.induction import prove_by_induction

    assert law.other is not None
    sides = (graph, law.other.graph())
    if not all(any(n.box.name == "scan" for _, n in side.walk()) for side in sides):
        return None
    return prove_by_induction(graph, **_equal(law, graph, one, mode)) or None


def _expanded(law: Equal, graph: Graph, mode: str) -> Any:
    """The same equation entry by entry, where all sizes and numbers are given; else None."""
    from proofs.expansion import prove_expanded

    assert law.other is not None
    return prove_expanded(graph, law.other.graph(), mode) or None


def _at_one_size(law: Equivariant, graph: Graph, one: Requirement, mode: str) -> Any:
    """The same symmetry by its generators, where the dims have a size; else None.

    Solved layers for one size commute with a group and not with all maps of its class.
    """
    from proofs.equivariance import prove_equivariant

    part = _part(law, one)
    if any(d.fixed is None for d in part.dims):
        return None
    return prove_equivariant(graph, part, mode) or None


def _part(law: Law, one: Requirement) -> Any:
    """The factor of the group that a requirement is about: all of those that it cannot tell apart,
    which act on the same dims by the same class of maps."""
    assert isinstance(law, Equivariant) and law.group is not None
    found = [
        part
        for part in law.group.factors()
        if (tuple(d.name for d in part.dims), part.kind) == (one.dims, one.kind)
    ]
    return found[0] if len(found) == 1 else ProductGroup(found)


def _dims(graph: Graph, law: Law, names: Sequence[str]) -> list[Dim]:
    """The dims of these names on the boundary."""
    known = {d.name: d for one in (*graph.dom, *graph.cod) for d in one.atoms}
    return [known[name] for name in names]


def _count(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    assert isinstance(law, Count) and law.count is not None
    return {"count": law.count}


Arguments = Callable[[Law, Graph, Requirement, str], dict[str, Any]]


def _natural(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    return {"dims": _dims(graph, law, one.dims), "maps": one.kind, "mode": mode}


def _equivariant(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    return {"group": _part(law, one), "mode": mode}


def _complete(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    assert isinstance(law, Complete)
    return {"group": law.group}


def _causal(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    return {"dim": _dims(graph, law, one.dims)[0], "mode": mode}


def _equal(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    assert isinstance(law, Equal) and law.other is not None
    return {"other": law.other.graph(), "renaming": dict(law.renaming or {}), "mode": mode}


def _induction(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    assert isinstance(law, Equal)
    maps = [None if by.via is None else by.via.graph() for by in law.by]
    names = [dict(by.renaming or {}) for by in law.by]
    return {**_equal(law, graph, one, mode), "vias": list(zip(maps, names, strict=True))}


def _linear(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    assert isinstance(law, Linear)
    return {"inputs": law.numbers(graph), "mode": mode}


def _bounded(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    return {"low": one.low, "high": one.high, "strict": one.strict, "mode": mode}


def _sums_to(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    return {"over": one.axis, "value": one.value, "mode": mode}


def _degree(law: Law, graph: Graph, one: Requirement, mode: str) -> dict[str, Any]:
    chosen = [i for i, t in enumerate(graph.dom) if t.kind in ("real", "complex")]
    return {"most": int(one.value or 0), "inputs": chosen, "mode": mode}


RULES: dict[str, tuple[str, str, Arguments]] = {
    "count": ("counts", "prove_count", _count),
    "natural": ("naturality", "prove_natural", _natural),
    "equivariant": ("equivariance", "prove_equivariant", _equivariant),
    "complete": ("completeness", "prove_complete", _complete),
    "causal": ("causality", "prove_causal", _causal),
    "linear": ("linearity", "prove_linear", _linear),
    "degree": ("linearity", "prove_degree", _degree),
    "bounded": ("intervals", "prove_bounded", _bounded),
    "sums_to": ("intervals", "prove_sums_to", _sums_to),
    "equal": ("equality", "prove_equal", _equal),
    "induction": ("induction", "prove_by_induction", _induction),
}
