"""The verification ladder: for each law, the strongest evidence that the cheapest rung gives.

Definition.  The rungs are (1) the structural provers, for all sizes, with a certificate that the
checker accepts; (2) exact random interpretation in prime fields; (3) floats under the hardened
policy.  A law climbs until a rung decides.  A refutation is always shown in floats, shrunk, and
located on a wire; a pass is worth what its canaries say.

Laws.  PROVED needs every requirement in every claimed mode.  Agreement under a made-up order, and
agreement in floats, is TESTED.  The seed is derived from the architecture and the law: a verdict is
reproducible.

>>> from categorical import Dim, Real, architecture, laws, op
>>> from categorical.groups import Symmetric
>>> n, c, k = Dim.named("n c k")
>>> pool = op.linear(c, k) >> op.relu >> op.mean(n)
>>> model = architecture(pool, laws=[laws.invariant(under=Symmetric(n))], name="pool")
>>> [(f.verdict.name, f.scope) for f in check(model)]
[('PROVED', 'all sizes')]

The same claim of an architecture that reads positions:

>>> worse = architecture(op.linear(n, k), laws=[laws.invariant(under=Symmetric(n))], name="worse")
>>> found = check(worse)[0]
>>> found.verdict.name, found.counterexample.sizes, found.counterexample.element
('REFUTED', {'k': 1, 'n': 2}, 'swap(n, 0, 1)')
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from categorical.architecture import Architecture
from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.laws import (
    Commutes,
    Complete,
    Count,
    Degree,
    Distinct,
    Enumerated,
    Equal,
    Equivariant,
    Law,
    Restricted,
    SumsTo,
)
from categorical.normal import content_hash
from categorical.records import EVAL, TRAIN
from categorical.verdicts import Counterexample, Finding, Verdict
from synthesis import assignments, canary, exact, numeric, structural
from synthesis.assignments import Sizes, TooLarge
from synthesis.completing import check_complete
from synthesis.counting import check_count
from synthesis.deciding import check_distinct, check_enumerated
from synthesis.locate import first_difference
from synthesis.numeric import Failure, Trial, attempt
from synthesis.replay import replay_line, source
from synthesis.runner import corners, modal
from synthesis.shrink import shrink

#: Seconds for one law.
BUDGET = 10.0
#: Assignments of the exact rung.
EXACT_SIZES = 4
#: Evidence below 2⁻ᵏ is printed as a test.
LEAST_BITS = 16.0
#: Operations whose verdicts hold off ties.
TIES = frozenset(("argmax", "argmin", "top_k", "sort", "argsort"))

DISAGREES = (
    "exact arithmetic with random functions disagrees: the law may need a property of a function "
    "that its oracle does not model"
)

Progress = Callable[[int, int, str], None]


def check(
    architecture: Architecture,
    *,
    only: str | Collection[str] | None = None,
    budget_seconds: float = BUDGET,
    seed: int | None = None,
    progress: Progress | None = None,
) -> list[Finding]:
    """The verdict on every law of an architecture.

    ``only`` names the laws to check; ``budget_seconds`` is for each law; ``seed`` overrides the one
    that is derived from the content; ``progress(done, total, law)`` is called before each law and
    once at the end.
    """
    wanted = {only} if isinstance(only, str) else set(only) if only is not None else None
    chosen = [law for law in architecture.laws if wanted is None or law.name in wanted]
    if wanted is not None and (missing := wanted - {law.name for law in chosen}):
        raise SpecError(
            "CM025",
            f"`{architecture.name}` states no law `{sorted(missing)[0]}`",
            facts=[("laws", ", ".join(law.name for law in architecture.laws) or "none")],
        )
    findings = []
    for number, law in enumerate(chosen):
        if progress is not None:
            progress(number, len(chosen), law.name)
        findings.append(check_law(architecture, law, budget_seconds, seed))
    if progress is not None:
        progress(len(chosen), len(chosen), "")
    return findings


def derived_seed(architecture: Architecture, law: Law) -> int:
    """The seed of a law, from the content and the law's name."""
    text = f"{content_hash(architecture.graph)}:{law.name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") & 0x7FFFFFFF


def check_law(
    architecture: Architecture, law: Law, budget: float = BUDGET, seed: int | None = None
) -> Finding:
    """The verdict on one law."""
    if isinstance(law, Commutes):
        return check_law(replace(architecture, arrow=law.way()), law.equation(), budget, seed)
    start = time.perf_counter()
    number = derived_seed(architecture, law) if seed is None else seed
    found = _Climb(architecture, law, number, start + budget).run()
    return replace(found, seconds=time.perf_counter() - start, expected=law.expected)


@dataclass
class _Climb:
    """One law on its way up; ``warnings`` collect."""

    architecture: Architecture
    law: Law
    seed: int
    deadline: float
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.graph = self.architecture.graph
        self.graphs: list[Graph] = [self.graph]
        if isinstance(self.law, Equal) and self.law.other is not None:
            self.graphs.append(self.law.other.graph())
        self.two_modes = modal(self.graphs)
        claimed = self.law.modes or (EVAL,)
        self.modes = claimed if self.two_modes else claimed[:1]
        self.plan: list[Sizes] = []

    # verdicts -----------------------------------------------------------------------------------

    def run(self) -> Finding:
        if isinstance(self.law, Count):
            return check_count(self.law, self.architecture)
        if isinstance(self.law, Complete):
            return check_complete(self.law, self.architecture)
        if isinstance(self.law, Enumerated):
            return check_enumerated(self.law, self.architecture, self.deadline)
        if isinstance(self.law, Distinct):
            return check_distinct(self.law, self.architecture)
        if self.two_modes and set(self.modes) != {EVAL, TRAIN}:
            self.warnings.append(f"claimed in {self.modes[0]} mode only")
        ties = sorted({n.box.name for _, n in self.graph.walk()} & TIES)
        if ties:
            self.warnings.append(f"off ties of {', '.join(ties)}")
        proof = structural.prove(self.law, self.graph, self.modes, content_hash(self.graph))
        try:
            self.plan = assignments.plan(self.graphs, self.focus(), self.seed)
        except TooLarge as problem:
            if proof.proved:
                self.warnings.append(f"no canary was run: {problem}")
                return self.proved(proof, ())
            return self.finding(Verdict.UNKNOWN, reason=str(problem))
        if proof.proved and isinstance(self.law, Degree):
            if not self.reached():
                return self.climb("the degree is smaller")
            where = assignments.show(self.plan[0]) or "its fixed sizes"
            proof = replace(proof, scope=f"at most, {proof.scope}; reached at {where}")
        if proof.proved:
            return self.proved(proof, self.surviving(floats=False))
        return self.climb(proof.reason)

    def reached(self) -> bool:
        """Whether a degree that is proved to be the largest occurs: one residue that is not 0."""
        found = [
            exact.interpret(self.law, self.graph, self.plan[0], mode, self.seed)
            for mode in self.modes
        ]
        return all(one.agrees and not one.functions for one in found)

    def proved(self, proof: structural.Outcome, surviving: tuple[str, ...]) -> Finding:
        self.warnings += [f"survives sabotage: {how}" for how in surviving]
        return self.finding(
            Verdict.PROVED,
            scope=self.in_modes(proof.scope),
            method=proof.method,
            certificate=proof.certificate,
        )

    def climb(self, reason: str) -> Finding:
        """The exact rung, then floats."""
        results, held, refuted = self.exactly()
        if refuted is not None:
            failure = self.replayed(refuted)
            if failure is not None:
                return self.refuted(failure)
            if refuted[2].certified:
                return self.certified(refuted)
            self.warnings.append(DISAGREES)
        elif held and not any(r.ordered for r in results):
            if min(r.bits for r in results) >= LEAST_BITS:
                return self.passed_exactly(results, held, reason)
            self.warnings.append(
                "the polynomials are of too large a degree for a bound on the error"
            )
        return self.numerically(results, reason)

    # rung 2 -------------------------------------------------------------------------------------

    def exactly(
        self,
    ) -> tuple[list[exact.Exact], list[Sizes], tuple[Sizes, str, exact.Exact] | None]:
        """The results of the exact rung, the sizes that held in every mode, and the first
        disagreement with its place."""
        results: list[exact.Exact] = []
        held: list[Sizes] = []
        for sizes in self.plan[:EXACT_SIZES]:
            agreed = 0
            for mode in self.modes:
                if time.perf_counter() > self.deadline:
                    return results, held, None
                found = exact.interpret(self.law, self.graph, sizes, mode, self.seed)
                if found.outside:
                    if not results:
                        return [], [], None
                    continue
                if not found.agrees:
                    return results, held, (sizes, mode, found)
                results.append(found)
                agreed += 1
            if agreed == len(self.modes):
                held.append(sizes)
        return results, held, None

    def replayed(self, refuted: tuple[Sizes, str, exact.Exact]) -> Failure | None:
        """A modular counterexample, sought again in floats at the same sizes."""
        sizes, mode, _ = refuted
        tries = [(scale, "") for scale in (*numeric.MAGNITUDES, 1.0, 1.0)]
        tries += [(1.0, corner) for corner in corners(self.graph)]
        for k, (scale, corner) in enumerate(tries):
            trial = Trial(sizes, mode, scale, self.seed + 1009 * k, corner=corner)
            failure = attempt(self.law, self.graph, trial).failure
            if failure is not None:
                return failure
        return None

    def passed_exactly(self, results: list[exact.Exact], held: list[Sizes], reason: str) -> Finding:
        bits = min(r.bits for r in results)
        self.sampled_wires()
        surviving = self.surviving(floats=False)
        reading = results[0].reading
        return self.finding(
            Verdict.VACUOUS if self.vacuous(surviving) else Verdict.EXACT,
            scope=self.in_modes(self.at(held)),
            method=f"exact at random points of {reading}",
            error_bound=f"2^-{int(bits)}",
            reason="; ".join(f"survives sabotage: {how}" for how in surviving)
            or f"not proved: {reason}",
        )

    # rung 3 -------------------------------------------------------------------------------------

    def numerically(self, results: list[exact.Exact], reason: str) -> Finding:
        examples, tried = 0, 0
        seen: dict[str, set[str]] = {}
        for trial in numeric.trials(self.plan, self.modes, self.seed, self.graph):
            if time.perf_counter() > self.deadline:
                break
            tried += 1
            outcome = attempt(self.law, self.graph, trial)
            examples += outcome.instances
            if outcome.failure is not None:
                return self.refuted(outcome.failure)
            if outcome.instances:
                seen.setdefault(assignments.show(trial.sizes), set()).add(trial.mode)
        if examples == 0:
            why = "out of time" if not tried else "no example gave finite numbers to compare"
            return self.finding(Verdict.UNKNOWN, reason=why)
        held = [one for one in self.plan if seen.get(assignments.show(one)) == set(self.modes)]
        if not held:
            return self.finding(Verdict.UNKNOWN, reason="no size was tried in every mode")
        self.sampled_wires()
        surviving = self.surviving(floats=True)
        method = f"floats, {examples} examples"
        if results:
            how = "under random orders" if any(r.ordered for r in results) else "at random points"
            method = f"exact arithmetic {how}, and {method}"
        return self.finding(
            Verdict.VACUOUS if self.vacuous(surviving) else Verdict.TESTED,
            scope=self.in_modes(self.at(held)),
            method=method,
            reason="; ".join(f"survives sabotage: {how}" for how in surviving)
            or f"not proved: {reason}",
        )

    # refutations --------------------------------------------------------------------------------

    def refuted(self, failure: Failure) -> Finding:
        self.warnings = [w for w in self.warnings if w != DISAGREES]
        small = shrink(self.law, self.graphs, failure)
        size = f"relative difference {small.error:.2g}"
        example = Counterexample(
            source=source(self.architecture, self.law, small.point),
            replay=replay_line(self.architecture, self.law, self.seed),
            wire=first_difference(self.law, self.graph, small),
            sizes=dict(small.point.sizes),
            element=small.element,
            difference=size if small.error else "the bound is attained",
        )
        return self.finding(
            Verdict.REFUTED,
            scope=f"at {assignments.show(small.point.sizes) or 'its fixed sizes'}"
            + (f"; {small.point.mode}" if self.two_modes else ""),
            method="counterexample in floats",
            counterexample=example,
        )

    def certified(self, refuted: tuple[Sizes, str, exact.Exact]) -> Finding:
        """A disagreement of polynomials with integer coefficients that floats do not see."""
        sizes, mode, found = refuted
        at = assignments.show(sizes) or "its fixed sizes"
        example = Counterexample(
            source=f"# the sides differ modulo a random prime, at {at}, in {mode} mode\n",
            replay=replay_line(self.architecture, self.law, self.seed),
            wire=self.graph.wire_name(self.graph.outputs[found.output]),
            sizes=dict(sizes),
            element=found.element,
            difference="not zero modulo a prime, below the rounding of floats",
            certified=True,
        )
        return self.finding(
            Verdict.REFUTED,
            scope=self.in_modes(f"at {at}"),
            method="certified: polynomials that differ modulo a prime differ",
            counterexample=example,
        )

    # parts --------------------------------------------------------------------------------------

    def focus(self) -> tuple[str, ...]:
        """The dims that the law quantifies over: they get at least three elements."""
        law = self.law
        if isinstance(law, Equivariant) and law.group is not None:
            return tuple(d.name for d in law.group.dims)
        if isinstance(law, Restricted) and law.dim is not None:
            return (law.dim.name,)
        if isinstance(law, SumsTo) and law.axis is not None:
            return tuple(sorted(d.name for d in law.axis.index.atoms))
        return ()

    def surviving(self, floats: bool) -> tuple[str, ...]:
        """The sabotages that the check does not notice, in every mode."""
        alive: list[tuple[str, ...]] = []
        for mode in self.modes:
            alive.append(
                canary.survivors(self.law, self.graph, self.plan[0], mode, self.seed, floats)
            )
        return tuple(how for how in alive[0] if all(how in one for one in alive))

    def vacuous(self, surviving: tuple[str, ...]) -> bool:
        """Whether nothing that breaks the architecture is noticed."""
        every = canary.sabotages(self.law)
        if surviving and len(surviving) < len(every):
            self.warnings += [f"survives sabotage: {how}" for how in surviving]
        return bool(every) and len(surviving) == len(every)

    def sampled_wires(self) -> None:
        finite = [
            self.graph.wire_name(w)
            for w, t in zip(self.graph.inputs, self.graph.dom, strict=True)
            if t.kind in ("fin", "bool")
        ]
        if finite:
            self.warnings.append(f"indices and masks were sampled: {', '.join(finite)}")

    def at(self, tried: Sequence[Sizes]) -> str:
        more = len(tried) - 1
        first = assignments.show(tried[0]) or "its fixed sizes"
        return f"at {first}" + (f" and {more} more" if more else "")

    def in_modes(self, scope: str) -> str:
        if not self.two_modes:
            return scope
        return f"{scope}; {' and '.join(sorted(self.modes))}"

    def finding(self, verdict: Verdict, **parts: object) -> Finding:
        return Finding(
            self.law.name,
            verdict,
            warnings=tuple(self.warnings),
            **parts,  # type: ignore[arg-type]
        )
