"""Laws about diagrams and data on their way through the ladder, the replay and the command line."""

from __future__ import annotations

import json

import pytest

from categorical import Architecture, Dim, Real, SpecError, architecture, copy, laws, op, swap
from categorical.cli import main
from categorical.laws import Distinct
from categorical.recursion import fold
from categorical.verdicts import Verdict
from synthesis.ladder import check
from synthesis.replay import replay

n, m = Dim.named("n m")
V = Real[n]
add, sub = op.add.at(V, V), op.sub.at(V, V)

SPEC = '''
"""A subtraction, with three laws about it."""
from categorical import Dim, Real, architecture, laws, op, swap

n = Dim("n")
V = Real[n]
add, sub = op.add.at(V, V), op.sub.at(V, V)


def squares(power):
    return lambda: ((f"x = {x}", x**power, x * x) for x in range(5))


model = architecture(
    sub,
    name="difference",
    laws=[
        laws.commutes(add, swap(V, V) >> add, name="sums commute"),
        laws.commutes(sub, swap(V, V) >> sub, name="differences commute").fails(),
        laws.enumerated("squares", squares(2), scope="x below 5", twin=squares(3)),
        laws.enumerated("cubes", squares(3), scope="x below 5", twin=squares(3)).fails(),
    ],
)
'''


def only(law) -> Architecture:
    return architecture(op.relu.at(V), name="holder", laws=[law])


def test_a_diagram_is_about_its_own_arrows() -> None:
    [found] = check(only(laws.commutes(add, swap(V, V) >> add)))
    assert found.verdict is Verdict.PROVED and found.certificate is not None
    [found] = check(only(laws.commutes(sub, swap(V, V) >> sub)))
    assert found.verdict is Verdict.REFUTED


def test_a_refuted_diagram_is_replayed() -> None:
    law = laws.commutes(sub, swap(V, V) >> sub, name="turned")
    model = only(law)
    again = replay(model, "holder", "turned", {"n": 1}, [[1.0], [0.0]])
    assert not again.holds and (again.left, again.right) == ([1.0], [-1.0])
    assert replay(model, "holder", "turned", {"n": 1}, [[2.0], [2.0]]).holds


def test_weights_of_both_ways() -> None:
    f, g = op.linear(n, m).named("f"), op.linear(n, m).named("g")
    both = copy(V) >> (f @ f) >> op.add
    with pytest.raises(SpecError) as caught:
        laws.commutes(both, copy(V) >> (f @ g) >> op.add)
    assert caught.value.code == "CM021"
    apart = laws.commutes(both, copy(V) >> (f @ g) >> op.add, apart=True)
    assert check(only(apart))[0].verdict is Verdict.REFUTED
    zeroed = copy(V) >> (f @ (g >> op.scale(0.0))) >> op.add
    one = copy(V) >> (f @ (f >> op.scale(0.0))) >> op.add
    same = laws.commutes(one, zeroed, {"f_2": "f"}, apart=True)
    assert check(only(same))[0].verdict is Verdict.PROVED


def test_a_diagram_of_runs_by_induction() -> None:
    t = Dim("t")
    out = op.linear(n, m, bias=False, name="out")
    total = fold(add, over=t, start=0) >> out
    inside = out.at(Real[t, n]) >> fold(op.add.at(Real[m], Real[m]), over=t, start=0)
    [found] = check(only(laws.commutes(total, inside, by=laws.induction(out))))
    assert found.verdict is Verdict.PROVED and "induction" in found.method
    wrong = laws.commutes(total >> op.relu, inside, by=laws.induction(out))
    assert check(only(wrong))[0].verdict is Verdict.REFUTED


def test_sides_with_other_ends() -> None:
    with pytest.raises(SpecError) as caught:
        laws.commutes(add, op.relu.at(V))
    assert caught.value.code == "CM021"


def test_cases_that_differ_are_equal_for_no_input() -> None:
    [found] = check(only(Distinct("cases", left="One", right="Real[n]")))
    assert found.verdict is Verdict.REFUTED
    again = replay(only(Distinct("cases", left="One", right="Real[n]")), "holder", "cases", {})
    assert not again.holds


def test_data() -> None:
    def halves(shift):
        return lambda: ((f"x = {x}", (2 * x + shift) // 2, x) for x in range(5))

    good = laws.enumerated("halves", halves(1), scope="x below 5", twin=halves(2))
    [found] = check(only(good))
    assert found.verdict is Verdict.TESTED and found.certificate is None
    assert found.scope == "x below 5" and "5 elements" in found.method
    [found] = check(only(laws.enumerated("h", halves(2), scope="", twin=halves(2))))
    assert found.verdict is Verdict.REFUTED and found.counterexample is not None
    assert found.counterexample.difference == "1 instead of 0, at x = 0"
    compile(found.counterexample.source, "counterexample", "exec")
    [found] = check(only(laws.enumerated("h", halves(1), scope="", twin=halves(0))))
    assert found.verdict is Verdict.VACUOUS
    again = replay(only(good), "holder", "halves", {})
    assert again.holds


def test_nothing_to_compare() -> None:
    with pytest.raises(SpecError) as caught:
        laws.enumerated("none", lambda: iter(()), scope="", twin=lambda: iter(()))
    assert caught.value.code == "CM021"


def test_the_command_line(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COMMUTE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "difference.py"
    path.write_text(SPEC)
    assert main(["check", str(path), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["architectures"][0]["laws"]
    assert [one["verdict"] for one in first] == ["PROVED", "REFUTED", "TESTED", "REFUTED"]
    assert main(["check", str(path), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["architectures"][0]["laws"]
    assert all(one["cached"] for one in again)
    space: dict[str, object] = {}
    exec(compile(first[1]["counterexample"]["source"], "counterexample", "exec"), space)
    assert main(["build", str(path), "-o", str(tmp_path / "net.py")]) == 0
    assert main(["recheck", str(tmp_path / "net.certificate.json")]) == 0
    assert "sums commute" in capsys.readouterr().out
