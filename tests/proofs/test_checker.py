"""The checker: flipped bytes, changed justifications and forged claims are all refused."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from categorical import Dim, Real, op
from categorical.derivatives import pullback
from categorical.exact import Basis
from categorical.groups import cyclic
from categorical.groups.actions import Acting
from categorical.recursion import fold
from proofs import checker
from proofs.causality import prove_causal
from proofs.certificate import SCHEMA, bundle, canonical, claim
from proofs.checker import check
from proofs.completeness import prove_complete
from proofs.counts import parameter_count, prove_count
from proofs.equality import prove_equal
from proofs.equivariance import prove_equivariant
from proofs.expansion import prove_expanded
from proofs.induction import prove_by_induction
from proofs.intervals import prove_bounded, prove_sums_to
from proofs.linearity import prove_degree, prove_linear
from proofs.naturality import prove_natural, prove_parity
from proofs.program import program

n, c, h = Dim.named("n c h")


def small() -> str:
    graph = (op.linear(c, h) >> op.relu >> op.sum(n)).graph()
    return bundle("ab" * 32, [claim("invariant[S_n]", prove_natural(graph, [n]))])


def resealed(data: dict) -> str:
    """A certificate with a right digest, whatever it says: what a forger would write."""
    body = {k: v for k, v in data.items() if k != "digest"}
    return canonical({**body, "digest": checker.digest(body)}) + "\n"


def forged(change) -> checker.Report:
    data = json.loads(small())
    change(data)
    return check(resealed(data))


def test_accepts_what_was_proved():
    report = check(small())
    assert report.ok and len(report.claims) == 1


def test_every_flipped_byte_is_refused():
    good = small().encode()
    for place in range(len(good)):
        for bit in (0, 3, 5, 7):
            bad = bytearray(good)
            bad[place] ^= 1 << bit
            try:
                text = bytes(bad).decode()
            except UnicodeDecodeError:
                continue
            assert not check(text).ok, (place, bit)


@pytest.mark.parametrize("cut", [0, 1, 50, -1])
def test_truncated_text_is_refused(cut):
    assert not check(small()[:cut]).ok


def test_other_text_is_refused():
    for text in ("", "[]", "{}", "null", "[" * 100_000, small() + " ", " " + small(), small() * 2):
        assert not check(text).ok


def test_resealing_alone_changes_nothing():
    assert forged(lambda data: None).ok


def node(data, name):
    return next(one for one in data["programs"][0]["nodes"] if one["op"] == name)


CHANGES = {
    "a changed justification": lambda d: d["claims"][0]["steps"].__setitem__(1, "scaling"),
    "a missing justification": lambda d: d["claims"][0]["steps"].pop(),
    "a further justification": lambda d: d["claims"][0]["steps"].append("pointwise"),
    "a stronger claim": lambda d: d["claims"][0].__setitem__("maps", "function"),
    "unknown maps": lambda d: d["claims"][0].__setitem__("maps", "anything"),
    "another dim": lambda d: d["claims"][0].__setitem__("dims", [["dim", "c", None, None]]),
    "no dim": lambda d: d["claims"][0].__setitem__("dims", []),
    "an unknown kind": lambda d: d["claims"][0].__setitem__("claim", "true"),
    "no such program": lambda d: d["claims"][0].__setitem__("programs", [1]),
    "no programs": lambda d: d["claims"][0].__setitem__("programs", []),
    "another mode": lambda d: d["claims"][0].__setitem__("mode", "any"),
    "a negative program": lambda d: d["claims"][0].__setitem__("programs", [-1]),
    "an unknown op": lambda d: node(d, "relu").__setitem__("op", "magic"),
    "another op": lambda d: node(d, "sum").__setitem__("op", "relu"),
    "a missing wire": lambda d: node(d, "relu").__setitem__("ins", [99]),
    "a cycle": lambda d: node(d, "relu").__setitem__("ins", node(d, "relu")["outs"]),
    "a wire from later": lambda d: d["programs"][0]["nodes"].reverse(),
    "a wire made twice": lambda d: node(d, "relu").__setitem__("outs", node(d, "linear")["outs"]),
    "a negative wire": lambda d: node(d, "relu").__setitem__("ins", [-1]),
    "a wire that is no number": lambda d: node(d, "relu").__setitem__("ins", [True]),
    "an output never made": lambda d: d["programs"][0].__setitem__("outputs", [99]),
    "another type": lambda d: d["programs"][0]["wires"].__setitem__(0, 1),
    "an ill-formed type": lambda d: d["programs"][0]["types"].__setitem__(0, ["real", [], 3]),
    "a reduction over nothing": lambda d: node(d, "sum")["attrs"].__setitem__("over", []),
    "a weight that is an input": lambda d: d["programs"][0].__setitem__("sources", []),
    "another schema": lambda d: d.__setitem__("schema", SCHEMA + "0"),
    "a further key": lambda d: d.__setitem__("note", "trust me"),
    "no claims key": lambda d: d.pop("claims"),
    "claims that are no list": lambda d: d.__setitem__("claims", {"a": 1}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_forged_certificates_are_refused(change):
    report = forged(change)
    assert not report.ok and report.errors and not report.claims


def test_a_false_law_with_honest_looking_steps_is_refused():
    """Equivariance of a weight on the axis, written by hand with every step named."""
    honest = json.loads(small())
    graph = (op.linear(n, h) >> op.relu).at(Real[c, n]).graph()
    lie = copy.deepcopy(honest)
    lie["programs"] = [program(graph)]
    lie["claims"][0]["steps"] = ["affine", "pointwise"]
    report = check(resealed(lie))
    assert not report.ok and "linear.weight" in report.errors[0]


def every_kind() -> dict[str, str]:
    """One small certificate of each kind of claim."""
    net = (op.linear(c, h) >> op.relu >> op.sum(n)).graph()
    straight = op.linear(c, h, bias=False).graph()
    mask = op.causal_mask(n, n.at("key"))
    pair = Dim("pair", size=2)
    swap = Acting(cyclic(2), {pair: cyclic(2).standard()})
    both = Basis((2, 2), 2, [0, 0, 1, 1], [0, 3, 1, 2], [1, 1, 1, 1])
    crossed = Basis((2, 2), 1, [0, 0], [1, 2], [1, 1])
    exchange = op.hom(crossed, ((pair,),), (pair,), coefficients=(1,)).at(Real[pair])
    total = fold(op.add.at(Real[c], Real[c]), over=n, start=0)
    solved = op.hom(both, ((pair,),), (pair,), channels=(c,), out=h).graph()
    proofs = {
        "natural": prove_natural(net, [n]),
        "parity": prove_parity(op.abs.at(Real[n]).graph(), c),
        "causal": prove_causal((mask >> op.indicator).graph(), n),
        "linear": prove_linear(straight),
        "degree": prove_degree((op.linear(c, h) >> op.square).graph(), 2),
        "bounded": prove_bounded((op.linear(c, h) >> op.sigmoid).graph(), 0, 1),
        "sums": prove_sums_to((op.linear(c, h) >> op.softmax(h)).graph(), h, 1),
        "equal": prove_equal(
            (op.neg >> op.neg).at(Real[n]).graph(), op.scale(1).at(Real[n]).graph()
        ),
        "expanded": prove_expanded(
            (exchange >> exchange).graph(), op.scale(1).at(Real[pair]).graph()
        ),
        "same": prove_equal(*[pullback(total >> op.tanh).graph()] * 2),
        "induction": prove_by_induction(
            (total >> op.scale(2)).graph(), (op.scale(2).at(Real[n, c]) >> total).graph()
        ),
        "equivariant": prove_equivariant(solved, swap),
        "complete": prove_complete(solved, swap),
        "count": prove_count(net, parameter_count(net)),
    }
    return {kind: bundle("", [claim(kind, proof)]) for kind, proof in proofs.items()}


KINDS = every_kind()


def leaves(data, path=()):
    """The paths of all values in plain data, containers included."""
    yield path
    for key in (
        sorted(data)
        if isinstance(data, dict)
        else range(len(data))
        if isinstance(data, list)
        else ()
    ):
        yield from leaves(data[key], (*path, key))


def test_there_is_a_certificate_of_every_kind():
    assert set(KINDS) == set(checker.CLAIMS)
    for kind, text in KINDS.items():
        report = check(text)
        assert report.ok and len(report.claims) == 1, (kind, report.errors)


@pytest.mark.parametrize("kind", KINDS)
def test_every_change_of_a_justification_is_refused(kind):
    honest = json.loads(KINDS[kind])
    for path in leaves(honest["claims"][0]["steps"]):
        for new in (None, [], "other", 7, True, {"a": 1}):
            data = copy.deepcopy(honest)
            if not path:
                data["claims"][0]["steps"] = new
            else:
                at = data["claims"][0]["steps"]
                for key in path[:-1]:
                    at = at[key]
                if canonical(at[path[-1]]) == canonical(new):
                    continue
                at[path[-1]] = new
            if canonical(data) != canonical(honest):
                assert not check(resealed(data)).ok, (path, new)


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_program_or_claim_never_crashes_the_checker(kind):
    """Every value of a certificate replaced by nonsense: a report, and never the same claim with
    another program unless that program has the law, too."""
    honest = json.loads(KINDS[kind])
    for path in list(leaves(honest)):
        for new in (None, [], "other", -1, {"a": 1}, 1.5, [[]]):
            data = copy.deepcopy(honest)
            if not path:
                continue
            at = data
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = new
            report = check(resealed(data) if path[0] != "digest" else canonical(data) + "\n")
            assert report.ok == (not report.errors)


def test_the_command(tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(small())
    bad.write_text(small().replace("bijection", "function"))
    root = Path(__file__).resolve().parents[2]

    def recheck(path):
        return subprocess.run(
            [sys.executable, "-m", "proofs.checker", str(path)],
            cwd=root,
            capture_output=True,
            text=True,
        )

    assert recheck(good).returncode == 0 and "ok      invariant[S_n]" in recheck(good).stdout
    assert recheck(bad).returncode == 1 and "refused" in recheck(bad).stdout
    assert recheck(tmp_path / "none.json").returncode == 2
