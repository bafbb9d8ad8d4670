"""Canaries: every sabotage is real, and a check that cannot fail says so."""

from __future__ import annotations

import pytest

from categorical import Bool, Dim, Fin, Real, architecture, arrow, laws, op
from categorical.groups import Cyclic, Rotation, Sign, Symmetric
from categorical.records import Init
from categorical.verdicts import Verdict
from synthesis.canary import sabotages, survivors
from synthesis.ladder import check

n, c, d, k, m = Dim.named("n c d k m")
e = Dim("e")
v, q = Dim("v", size=3, action="rotation"), Dim("q", action="sign")
SIZES = {"n": 3, "c": 2, "d": 4, "k": 3, "m": 4, "e": 5, "q": 2}


@arrow
def constant_output(x: Real[n, c]) -> Real[n, c]:
    """The input times zero."""
    return op.scale(0)(x)


@arrow
def unused_input(x: Real[n, c], y: Real[c]) -> Real[c]:
    """The first input is multiplied by zero."""
    return y + op.scale(0)(op.sum(n)(x))


@arrow
def ignores_one(x: Real[n], y: Real[m]) -> Real[n]:
    """The second input is multiplied by zero."""
    return op.tanh(x) + op.expand(n)(op.scale(0)(op.sum(m)(y)))


@arrow
def starts_silent(x: Real[n, c]) -> Real[n, d]:
    """An output layer that starts at zero."""
    return op.einsum(n, d)(op.tanh(x), op.parameter(Real[c, d], "out", Init("zeros"))())


@arrow
def looked_up(words: Fin(k)[n]) -> Real[n, c]:
    """An embedding."""
    return op.tanh(op.embedding(k, c)(words))


@arrow
def kept(keep: Bool[n, m]) -> Real[n]:
    """How many are kept."""
    return op.sum(m)(op.indicator(keep))


@arrow
def sent(x: Real[n, c], source: Fin(n)[e]) -> Real[n, c]:
    """Sums over the edges."""
    return op.scatter(n)(op.gather(n)(x, source), source)


@arrow
def turned(x: Real[n, v]) -> Real[n, v]:
    """Vectors by their length."""
    return op.einsum(n, v)(x, op.einsum(n)(x, x))


ALIVE = [
    (starts_silent, laws.equivariant(under=Symmetric(n))),
    (looked_up, laws.equivariant(under=Symmetric(n))),
    (looked_up, laws.causal(n)),
    (looked_up, laws.per_sample(n)),
    (kept, laws.invariant(under=Symmetric(m))),
    (kept, laws.equivariant(under=Symmetric(n))),
    (sent, laws.equivariant(under=Symmetric(n))),
    (sent, laws.invariant(under=Symmetric(e))),
    (turned, laws.equivariant(under=Rotation(v))),
    (turned, laws.equivariant(under=Symmetric(n))),
    (op.tanh.at(Real[q]), laws.equivariant(under=Sign(q))),
    (op.tanh.at(Real[n]), laws.equivariant(under=Cyclic(n))),
    (op.linear(c, d, bias=False), laws.linear()),
    (op.linear(c, d, bias=False) >> op.square, laws.degree(2)),
    (op.softmax(k).at(Real[n, k]), laws.sums_to(1, k)),
    (op.sub.at(Real[n, k], Real[n, k]) >> op.scale(0), laws.sums_to(0, k)),
    (op.sigmoid.at(Real[n]), laws.bounded(0, 1)),
    (op.full(Real[n], 7), laws.bounded(low=0)),  # far from its bound
    (op.full(Real[n], -7), laws.bounded(high=0)),
    (op.linear(c, d), laws.equal(op.linear(c, d) >> op.scale(1))),
    (op.relu.at(Real[n]), laws.equal((op.relu >> op.relu).at(Real[n]))),
]


@pytest.mark.parametrize("floats", [False, True])
@pytest.mark.parametrize("number", range(len(ALIVE)))
def test_sabotage_is_noticed(number: int, floats: bool) -> None:
    arrow_, law = ALIVE[number]
    for seed in range(3):
        assert survivors(law, arrow_.graph(), SIZES, "eval", seed, floats) == ()


DEAD = [
    (constant_output, laws.equivariant(under=Symmetric(n))),
    (constant_output, laws.causal(n)),
    (constant_output, laws.linear()),
    (unused_input, laws.invariant(under=Symmetric(n))),
]


@pytest.mark.parametrize("floats", [False, True])
@pytest.mark.parametrize("number", range(len(DEAD)))
def test_a_check_that_cannot_fail_is_seen(number: int, floats: bool) -> None:
    arrow_, law = DEAD[number]
    found = survivors(law, arrow_.graph(), SIZES, "eval", 1, floats)
    assert found == tuple(how for how, _ in sabotages(law))


def test_a_proof_survives_with_a_warning() -> None:
    law = laws.equivariant(under=Symmetric(n))
    (found,) = check(architecture(constant_output, laws=[law]))
    assert found.verdict is Verdict.PROVED
    assert any("survives sabotage" in warning for warning in found.warnings)


@arrow
def silent_positions(x: Real[n, c]) -> Real[n, c]:
    """Nothing is left of a positional weight, but no rule sees that."""
    return op.scale(0)(op.einsum(n, c)(x, op.parameter(Real[n], "where")()))


def test_without_a_proof_it_is_vacuous() -> None:
    law = laws.equivariant(under=Symmetric(n))
    (found,) = check(architecture(silent_positions, laws=[law]))
    assert found.verdict is Verdict.VACUOUS
    assert "survives sabotage" in found.reason


def test_each_factor_of_a_group_has_its_canary() -> None:
    law = laws.equivariant(under=Symmetric(n) * Symmetric(m))
    assert len(sabotages(law)) == 2
    found = survivors(law, ignores_one.graph(), SIZES, "eval", 1)
    assert found == ("inputs weighted by position along m",)


def test_a_group_that_is_trivial_at_its_size_cannot_be_checked() -> None:
    one = Dim("one", size=1)
    law = laws.invariant(under=Symmetric(one))
    graph = op.linear(one, c).at(Real[one]).graph()
    model = architecture(op.linear(one, c), laws=[law], name="model")
    assert survivors(law, graph, SIZES, "eval", 1) != ()
    (found,) = check(model)
    assert found.verdict in (Verdict.VACUOUS, Verdict.PROVED)
