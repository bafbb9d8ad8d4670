"""``python -m tests.diagnostics.mutants [SPEC…]``: mutants of the shipped specs, and their fates.

A mutant is *rejected* (a SpecError when the file is loaded), *refuted* (a law that held fails, or
one that was to fail holds), *weaker* (a law still holds on weaker evidence), *equal* (the same
normal form, or the same function as far as the ladder can tell), or it *survives*: it is another
architecture, of which no declared law speaks.  Anything else is a *crash*.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from categorical import laws
from categorical.architecture import Architecture
from categorical.errors import SpecError
from categorical.face.loader import Spec, atlas_folder, load
from categorical.laws import Law
from categorical.normal import content_hash
from categorical.verdicts import Finding, Verdict
from synthesis import ladder
from tests.diagnostics.mutations import Mutant, mutants

FATES = ("rejected", "refuted", "weaker", "equal", "survives", "crash")
BUDGET = 2.0
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Fate:
    """What became of a mutant, and why."""

    mutant: Mutant
    fate: str
    reason: str


class Original:
    """A spec file with its verdicts, each computed when it is first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.source = path.read_text(encoding="utf-8")
        self.spec = load(path)
        self.architectures = {one.variable: one.architecture for one in self.spec.declared}
        self._found: dict[tuple[str, int], Finding] = {}

    def finding(self, variable: str, number: int) -> Finding:
        """The verdict on one law of the original."""
        key = (variable, number)
        if key not in self._found:
            one = self.architectures[variable]
            self._found[key] = decide(one, one.laws[number])
        return self._found[key]


def decide(architecture: Architecture, law: Law) -> Finding:
    """The verdict on one law."""
    alone = replace(architecture, laws=(law,))
    return ladder.check(alone, budget_seconds=BUDGET, seed=1)[0]


def specs() -> list[Path]:
    """The shipped spec files."""
    return sorted(p for p in Path(atlas_folder()).glob("*.py") if not p.name.startswith("_"))


def sample(all_: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """A few of them, the same for one seed."""
    chosen = random.Random(seed).sample(range(len(all_)), min(count, len(all_)))
    return [all_[i] for i in sorted(chosen)]


def fate(original: Original, mutant: Mutant, folder: str) -> Fate:
    """What becomes of one mutant."""
    handle, name = tempfile.mkstemp(suffix=".py", prefix=original.path.stem + "_", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(mutant.source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Fate(mutant, *_fate(original, load(name)))
    except SpecError as problem:
        blamed = _in_library(problem, name)
        if blamed:
            return Fate(mutant, "crash", blamed)
        return Fate(mutant, "rejected", f"{problem.code} {problem.title}")
    except Exception as problem:
        last = traceback.extract_tb(problem.__traceback__)[-1]
        place = f"{os.path.relpath(last.filename, ROOT)}:{last.lineno}"
        return Fate(mutant, "crash", f"{type(problem).__name__}: {problem} at {place}")


def _in_library(problem: SpecError, spec: str) -> str:
    """Where something that the spec called raised another exception than a SpecError (the loader
    wraps these in CM027); the spec's own exceptions are its own."""
    cause = problem.__cause__
    if problem.code != "CM027" or cause is None or isinstance(cause, SpecError):
        return ""
    last = traceback.extract_tb(cause.__traceback__)[-1]
    place = f"{os.path.relpath(last.filename, ROOT)}:{last.lineno}"
    own = os.path.realpath(last.filename) == os.path.realpath(spec)
    return "" if own else f"{type(cause).__name__}: {cause} at {place}"


def _fate(original: Original, spec: Spec) -> tuple[str, str]:
    """The fate of a mutant that loads."""
    worst = ("equal", "the same normal form")
    for declared in spec.declared:
        variable, one = declared.variable, declared.architecture
        before = original.architectures.get(variable)
        if before is None:
            continue
        found = _compare(original, variable, before, one)
        if found[0] in ("refuted", "rejected"):
            return found
        if FATES.index(found[0]) > FATES.index(worst[0]) or worst[0] == "equal":
            worst = found if found[0] != "equal" or worst[0] == "equal" else worst
    return worst


def _compare(
    original: Original, variable: str, before: Architecture, one: Architecture
) -> tuple[str, str]:
    same_graph = content_hash(before.graph) == content_hash(one.graph)
    same_laws = [_identity(law) for law in before.laws] == [_identity(law) for law in one.laws]
    if same_graph and same_laws and before.sizes == one.sizes:
        return "equal", "the same normal form"
    weaker = ""
    for number, law in enumerate(one.laws[: len(before.laws)]):
        was, is_ = original.finding(variable, number), decide(one, law)
        if was.passed != is_.passed:
            return "refuted", f"{law.name}: {was.verdict.name} → {is_.verdict.name}"
        if was.verdict is not is_.verdict:
            weaker = f"{law.name}: {was.verdict.name} → {is_.verdict.name}"
    if weaker:
        return "weaker", weaker
    try:
        law = laws.equal(before.arrow)
        law.boundary(one.graph)
        found = decide(one, law)
    except SpecError as problem:
        return "survives", f"{one.name}: {problem.facts[0][1] if problem.facts else problem.title}"
    if found.verdict in (Verdict.PROVED, Verdict.EXACT, Verdict.TESTED):
        return "equal", f"the same function ({found.verdict.name})"
    return "survives", f"{one.name}: another function, of which no law speaks"


def _identity(law: Law) -> tuple[object, ...]:
    other = getattr(law, "other", None)
    return (law.name, law.expected, None if other is None else content_hash(other.graph()))


def run(paths: Iterable[Path], count: int | None, seed: int, every: bool = False) -> Counter[str]:
    """The score of some specs, printed spec by spec with the survivors and the crashes."""
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            original, began = Original(path), time.process_time()
            found = mutants(original.source)
            chosen = found if count is None else sample(found, count, seed)
            score: Counter[str] = Counter()
            for mutant in chosen:
                one = fate(original, mutant, folder)
                score[one.fate] += 1
                if every or one.fate in ("survives", "crash"):
                    print(f"  {one.fate:<9} {mutant}\n            {one.reason}", flush=True)
            total += score
            print(
                f"{path.stem:<24} {line(score)}   {time.process_time() - began:.0f} s", flush=True
            )
    return total


def line(score: Counter[str]) -> str:
    """A score in one line: how many were killed of those that are not equal."""
    killed = score["rejected"] + score["refuted"] + score["weaker"]
    alive = killed + score["survives"] + score["crash"]
    counts = "  ".join(f"{name} {score[name]:>3}" for name in FATES)
    return f"killed {killed:>3} / {alive:<3} ({counts})"


def main() -> int:
    """Run all mutants, or a sample; the exit status is 1 where one crashes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("specs", nargs="*", help="names of specs (default: all)")
    parser.add_argument("--count", type=int, help="so many of each spec (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="print every fate")
    given = parser.parse_args()
    paths = [p for p in specs() if not given.specs or p.stem in given.specs]
    total = run(paths, given.count, given.seed, given.verbose)
    print(f"{'all':<24} {line(total)}")
    return int(total["crash"] > 0)


if __name__ == "__main__":
    sys.exit(main())
