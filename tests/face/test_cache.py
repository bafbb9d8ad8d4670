"""The cache: what a key depends on, what is kept, and what damage does."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from categorical import Dim, Real, architecture, laws, op
from categorical.face import cache as caching
from categorical.face.cache import Cache, finding, key
from categorical.groups import Cyclic, Symmetric
from categorical.verdicts import Counterexample, Finding, Verdict

n, c, k = Dim.named("n c k")
PROVED = Finding("causal[t]", Verdict.PROVED, "all sizes", "structural", certificate={"a": [1]})
EXAMPLE = Counterexample("found = 1\n", "commute check", "w", {"n": 2}, "swap", "1")


def model(arrow=None, law=None, **options):
    law = law or laws.invariant(under=Symmetric(n))
    chain = arrow or (op.linear(c, k) >> op.mean(n)).at(Real[n, c])
    return architecture(chain, laws=[law], name="pool", **{"sizes": dict(c=3, k=2), **options})


def key_of(made, seed=None, spec="0") -> str:
    return key(made, made.laws[0], seed, spec)


def test_the_key_is_a_function_of_the_content() -> None:
    assert key_of(model()) == key_of(model())


@pytest.mark.parametrize(
    "other",
    [
        model(sizes=dict(c=3, k=4)),
        model(batch="none"),
        model((op.linear(c, k) >> op.sum(n)).at(Real[n, c])),
        model((op.linear(c, k, bias=False) >> op.mean(n)).at(Real[n, c])),
        model(law=laws.invariant(under=Cyclic(n))),
        model(law=laws.invariant(under=Symmetric(n)).in_mode("eval")),
        model(law=laws.invariant(under=Symmetric(n)).fails()),
        model(law=laws.bounded(0, 1)),
    ],
)
def test_the_key_sees_every_change(other) -> None:
    assert key_of(other) != key_of(model())


def test_the_key_sees_the_data_of_a_law() -> None:
    bounds = {key_of(model(law=replace(laws.bounded(0, 1), high=high))) for high in (1, 2, 3.5)}
    assert len(bounds) == 3
    products = [Cyclic(n) * Cyclic(c), Cyclic(c) * Cyclic(n), Symmetric(n) * Cyclic(c)]
    assert len({caching.described(laws.equivariant(under=group)) for group in products}) == 3


def test_the_key_sees_the_other_side_of_an_equation() -> None:
    left = (op.linear(c, k) >> op.relu).at(Real[c])
    keys = {
        key(made, made.laws[0], None, "")
        for other in (op.linear(c, k) >> op.relu, op.linear(c, k) >> op.tanh)
        for made in [
            architecture(left, laws=[laws.equal(other.at(Real[c]), name="same")], name="net")
        ]
    }
    assert len(keys) == 2


def test_the_key_sees_seed_spec_and_engine(monkeypatch) -> None:
    made = model()
    keys = {key_of(made), key_of(made, seed=1), key_of(made, spec="1")}
    monkeypatch.setattr(caching, "engine", lambda: "another engine")
    assert len({*keys, key_of(made)}) == 4


def test_the_engine_is_the_sources(tmp_path, monkeypatch) -> None:
    for package in ("categorical/face", "proofs", "synthesis"):
        (tmp_path / package).mkdir(parents=True)
    monkeypatch.setattr(caching, "__file__", str(tmp_path / "categorical" / "face" / "cache.py"))
    seen = []
    for path in ("proofs/rule.py", "synthesis/ladder.py", "categorical/laws/law.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("x = 1\n")
        seen.append(caching.engine.__wrapped__())
        (tmp_path / path).write_text("x = 2\n")
        seen.append(caching.engine.__wrapped__())
    (tmp_path / "categorical" / "face" / "report.py").write_text("colour = 1\n")
    assert caching.engine.__wrapped__() == seen[-1] and len(set(seen)) == 6


def test_a_finding_survives_its_json() -> None:
    for one in (PROVED, Finding("a", Verdict.REFUTED, counterexample=EXAMPLE, expected=True)):
        data = json.loads(json.dumps({**one.as_json(), "certificate": one.certificate}))
        assert finding(data) == one and finding(data).certificate == one.certificate


def test_what_is_kept(tmp_path) -> None:
    cache = Cache(str(tmp_path))
    for verdict in Verdict:
        cache.put(f"{verdict.name:a<64}", replace(PROVED, verdict=verdict))
    kept = {v.name for v in Verdict if cache.get(f"{v.name:a<64}") is not None}
    assert kept == {"PROVED", "EXACT", "TESTED", "REFUTED"}


def test_a_counterexample_counts_for_its_own_path(tmp_path) -> None:
    cache = Cache(str(tmp_path))
    cache.put("ab", replace(PROVED, verdict=Verdict.REFUTED, counterexample=EXAMPLE), "a.py")
    assert cache.get("ab", "a.py") is not None and cache.get("ab", "b.py") is None


def entry(folder: Path) -> Path:
    return next(folder.rglob("*.json"))


DAMAGE = {
    "nothing": lambda text: "",
    "half": lambda text: text[: len(text) // 2],
    "binary": lambda text: "\x00" * 40,
    "a list": lambda text: "[]",
    "deep": lambda text: "[" * 100_000,
    "another verdict": lambda text: text.replace("PROVED", "TESTED"),
    "another scope": lambda text: text.replace("all sizes", "no sizes!"),
    "another key": lambda text: text.replace('"key": "ab', '"key": "cd'),
    "another certificate": lambda text: text.replace('"a": [1]', '"a": [2]'),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_entry_is_no_entry(tmp_path, how) -> None:
    cache = Cache(str(tmp_path))
    cache.put("ab12", PROVED)
    assert cache.get("ab12") == PROVED
    path = entry(tmp_path)
    path.write_text(DAMAGE[how](path.read_text()))
    assert cache.get("ab12") is None


def test_a_folder_that_cannot_be_written_is_no_cache(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(str(tmp_path / "file" / "below"))
    cache.put("ab12", PROVED)
    assert cache.get("ab12") is None
    cache.prune()


def test_without_a_folder_nothing_is_remembered() -> None:
    cache = Cache(None)
    cache.put("ab12", PROVED)
    assert cache.get("ab12") is None


def test_the_oldest_entries_are_forgotten(tmp_path) -> None:
    cache = Cache(str(tmp_path))
    for number in range(6):
        name = f"{number:02d}ab"
        cache.put(name, PROVED)
        path = Path(cache._path(name))
        os.utime(path, (number, number))
    cache.prune(most=2)
    assert [number for number in range(6) if cache.get(f"{number:02d}ab")] == [4, 5]


def test_where_the_cache_is(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COMMUTE_CACHE", "")
    assert Cache.default().folder is None
    monkeypatch.delenv("COMMUTE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Cache.default().folder == str(tmp_path / "commute")
