"""Mutants of the shipped specs: never another exception than a SpecError, and hardly any survivor.

A few of each spec are run here; ``python -m tests.diagnostics.mutants`` runs them all.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.diagnostics.mutants import Fate, Original, fate, line, sample, specs
from tests.diagnostics.mutations import mutants

OF_EACH = 5
SEED = 1
scores: Counter[str] = Counter()


@pytest.mark.parametrize("path", specs(), ids=lambda path: path.stem)
def test_a_sample_of_mutants(path: Path, tmp_path: Path) -> None:
    original = Original(path)
    every = mutants(original.source)
    assert len(every) >= 15
    fates = [fate(original, one, str(tmp_path)) for one in sample(every, OF_EACH, SEED)]
    scores.update(one.fate for one in fates)
    assert [one for one in fates if one.fate == "crash"] == []


def test_most_of_them_are_killed() -> None:
    if sum(scores.values()) < OF_EACH * 10:
        pytest.skip("needs the samples of the other tests")
    alive = scores["survives"]
    assert alive <= 0.1 * sum(scores.values()), line(scores)


SPEC = '''\
from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric

item, feature, label = Dim.named("item feature label")


@arrow
def pool(items: Real[item, feature]) -> Real[label]:
    """The scores of a set."""
    return op.linear(feature, label)(op.mean(item)(op.relu(items)))


model = architecture(pool, laws=[LAW], sizes=dict(feature=3, label=2))
'''


def fates(tmp_path: Path, law: str) -> list[Fate]:
    """The fates of all mutants of a small spec with one law."""
    path = tmp_path / "small.py"
    path.write_text(SPEC.replace("LAW", law), encoding="utf-8")
    original = Original(path)
    return [fate(original, one, str(tmp_path)) for one in mutants(original.source)]


def test_every_fate_occurs_and_a_stronger_law_kills_more(tmp_path: Path) -> None:
    weak = fates(tmp_path, "laws.invariant(under=Symmetric(item))")
    strong = fates(
        tmp_path,
        "laws.equal(op.relu.at(Real[item, feature]) >> op.mean(item) >> op.linear(feature, label))",
    )
    assert {one.fate for one in weak} >= {"rejected", "survives"}
    dropped = "op.relu(items)  →  items"
    assert next(one.fate for one in weak if dropped in str(one.mutant)) == "survives"
    assert next(one.fate for one in strong if dropped in str(one.mutant)) == "refuted"
    assert Counter(one.fate for one in strong)["survives"] == 0


def test_an_exception_of_the_library_is_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken twin: a library that raises something else is noticed."""
    from categorical.ops import common

    def broken(*args: object) -> None:
        raise KeyError("not a SpecError")

    monkeypatch.setattr(common, "has", broken)
    found = fates(tmp_path, "laws.invariant(under=Symmetric(item))")
    assert "crash" in {one.fate for one in found}
