"""The exact rung: agreement, disagreement, second readings, and its bound."""

from __future__ import annotations

from math import log2

import pytest

from categorical import Arrow, Bool, Dim, Real, arrow, identity, laws, op
from categorical.exact import Basis, Matrix, cos, sin
from categorical.groups import Rotation, Symmetric
from synthesis import exact
from synthesis.exact import Degrees, interpret

n, c, d, k = Dim.named("n c d k")
v = Dim("v", size=3, action="rotation")
SIZES = {"n": 3, "c": 2, "d": 4, "k": 2}


@arrow
def tiny(x: Real[n, c]) -> Real[n, c]:
    """A positional term far below the rounding of floats."""
    where = op.parameter(Real[n], "where")()
    return x + op.scale(2.0**-200)(op.einsum(n, c)(x, where))


def test_a_term_below_rounding_is_refuted_and_certified() -> None:
    found = interpret(laws.equivariant(under=Symmetric(n)), tiny.graph(), SIZES, "eval", 1)
    assert not found.agrees
    assert found.certified
    assert found.element == "swap(n, 0, 1)"


def test_a_disagreement_through_an_oracle_is_not_certified() -> None:
    graph = (op.linear(n, c) >> op.tanh).graph()
    found = interpret(laws.invariant(under=Symmetric(n)), graph, SIZES, "eval", 1)
    assert not found.agrees
    assert not found.certified


def test_bits_follow_the_degree() -> None:
    few = Degrees(4, 0, frozenset(), False)
    many = Degrees(4, 2**20, frozenset(), False)
    p = 2**31 - 1
    assert few.bits(p) == pytest.approx(31 - log2(4), abs=0.01)
    assert 0 < many.bits(p) < few.bits(p)
    assert Degrees(2**40, 0, frozenset(), False).bits(p) == 0


def test_more_primes_are_drawn_until_there_is_enough_evidence() -> None:
    graph = (
        (op.linear(c, d) >> op.gelu >> op.linear(d, d) >> op.gelu >> op.mean(n))
        .at(Real[n, c])
        .graph()
    )
    found = interpret(laws.invariant(under=Symmetric(n)), graph, SIZES, "eval", 1)
    assert found.agrees
    assert found.bits >= 40
    assert found.primes >= 2


@arrow
def gated(x: Real[n, v]) -> Real[n, v]:
    """Vectors scaled by a function of their length."""
    return op.einsum(n, v)(x, op.tanh(op.einsum(n)(x, x)))


@arrow
def gated_by_entry(x: Real[n, v]) -> Real[n, v]:
    """Vectors scaled by their sum, which depends on the coordinates."""
    return op.einsum(n, v)(x, op.tanh(op.sum(v)(x)))


def test_rotations_are_exact() -> None:
    law = laws.equivariant(under=Rotation(v))
    assert interpret(law, gated.graph(), SIZES, "eval", 1).agrees
    found = interpret(law, gated_by_entry.graph(), SIZES, "eval", 1)
    assert not found.agrees
    assert found.element.startswith("rotate(v")


def test_an_order_is_reported() -> None:
    graph = op.max(n).at(Real[n, c]).graph()
    found = interpret(laws.invariant(under=Symmetric(n)), graph, SIZES, "eval", 1)
    assert found.agrees
    assert found.ordered


def test_bounds_have_no_exact_reading() -> None:
    graph = op.sigmoid.at(Real[n]).graph()
    assert interpret(laws.bounded(0, 1), graph, SIZES, "eval", 1).outside


@arrow
def divides_by_zero(x: Real[n]) -> Real[n]:
    """x / (x − x)."""
    return op.div(x, x - x)


def test_no_point_without_a_zero_divisor_is_outside() -> None:
    found = interpret(
        laws.equivariant(under=Symmetric(n)), divides_by_zero.graph(), SIZES, "eval", 1
    )
    assert found.outside == "every random point divides by zero"


@arrow
def masked_mean(x: Real[n, c], keep: Bool[n]) -> Real[c]:
    """The mean of what is kept."""
    return op.mean(n, masked=True)(x, keep)


def test_masks_are_moved_with_the_data() -> None:
    found = interpret(laws.invariant(under=Symmetric(n)), masked_mean.graph(), SIZES, "eval", 1)
    assert found.agrees


def test_noise_is_moved_with_the_group() -> None:
    law = laws.invariant(under=Symmetric(n))
    graph = (op.dropout(0.5) >> op.sum(n)).at(Real[n, c]).graph()
    assert interpret(law, graph, SIZES, "train", 1).agrees
    weighted = (op.dropout(0.5) >> op.linear(n, k)).at(Real[c, n]).graph()
    assert not interpret(law, weighted, SIZES, "train", 1).agrees


def test_the_bound_is_a_bound() -> None:
    """x⁴ = x² holds at three residues: at a small prime that happens, as often as it may."""
    from categorical.semantics import FieldAlgebra
    from synthesis.exact import compare, degrees

    law = laws.equal(op.square.at(Real[c]))
    graph = (op.square >> op.square).at(Real[c]).graph()
    degree = degrees(law, graph, {"c": 1}, "eval", 0).difference
    p, tries = 101, 1500
    survived = sum(
        compare(law, graph, {"c": 1}, "eval", FieldAlgebra(p, seed), seed) is None
        for seed in range(tries)
    )
    assert 0 < survived / tries <= 1.3 * degree / p


def test_nothing_here_imports_torch() -> None:
    import subprocess
    import sys

    program = (
        "import sys\nfrom synthesis.ladder import check\n"
        "from tests.synthesis.zoo import BROKEN\n"
        "check(BROKEN['one bias missing'])\nassert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_irrational_constants_are_read_at_primes_that_have_their_roots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fifth of a turn, and a tenth: five of the first are the identity, five of the other not."""
    side = Dim("side", size=2)

    def turned(n: int, times: int) -> Arrow:
        turn = Basis.of_matrices([Matrix.of([[cos(n), -1 * sin(n)], [sin(n), cos(n)]])])
        step = op.hom(turn, ((side,),), (side,), coefficients=(1,))
        found = step.at(Real[side])
        for _ in range(times - 1):
            found = found >> step
        return found

    back = laws.equal(identity(Real[side]))
    found = interpret(back, turned(5, 5).graph(), {}, "eval", 1)
    assert found.agrees and found.bits >= 40 and not found.outside
    found = interpret(back, turned(10, 5).graph(), {}, "eval", 1)
    assert not found.agrees and found.certified and not found.outside
    monkeypatch.setattr(exact, "LARGEST_ORDER", 4)
    assert "order" in interpret(back, turned(5, 5).graph(), {}, "eval", 1).outside
