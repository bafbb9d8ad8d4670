"""The ladder: which rung decides what, and what it says."""

from __future__ import annotations

import pytest

from categorical import Bool, Dim, Fin, Real, architecture, arrow, laws, op
from categorical.errors import SpecError
from categorical.groups import Cyclic, Symmetric
from categorical.verdicts import Finding, Verdict
from synthesis.ladder import check, derived_seed

n, c, h, k, s = Dim.named("n c h k s")
e = Dim("e")
key = n.at("key")


def one(arrow_: object, law: laws.Law, **more: object) -> Finding:
    model = architecture(arrow_, laws=[law], name="model", **more)  # type: ignore[arg-type]
    return check(model)[0]


def test_structural_rung_proves_for_all_sizes_with_a_certificate() -> None:
    found = one(op.linear(c, k) >> op.relu >> op.mean(n), laws.invariant(under=Symmetric(n)))
    assert found.verdict is Verdict.PROVED
    assert found.scope == "all sizes"
    assert found.certificate is not None
    assert found.certificate["claims"][0]["law"] == "invariant[Symmetric(n)]"


def test_a_certificate_is_accepted_by_the_checker_and_a_changed_one_is_not() -> None:
    from proofs.certificate import canonical
    from proofs.checker import check as recheck

    found = one(op.relu >> op.mean(n), laws.invariant(under=Symmetric(n)))
    text = canonical(found.certificate) + "\n"
    assert recheck(text).ok
    assert not recheck(text.replace("bijection", "function")).ok


def test_every_mode_must_be_proved() -> None:
    """Batch norm keeps samples apart in eval mode only."""
    model = (op.linear(c, h) >> op.batch_norm(h, over=(s,))).at(Real[s, c])
    law = laws.per_sample(s)
    assert one(model, law).verdict is Verdict.REFUTED
    assert one(model, law).scope.endswith("train")
    assert one(model, law.in_mode("eval")).verdict is Verdict.PROVED
    found = one(model, law.in_mode("train"))
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample is not None
    assert found.counterexample.wire == "batch_norm"


@arrow
def circle(x: Real[n, c]) -> Real[n, c]:
    """sin² + cos²."""
    return op.square(op.sin(x)) + op.square(op.cos(x))


@arrow
def always_one(x: Real[n, c]) -> Real[n, c]:
    """1, written so that it reads its input."""
    return op.full_like(1.0)(x)


def test_exact_rung_prints_its_bound_and_sizes() -> None:
    found = one(circle, laws.equal(always_one))
    assert found.verdict is Verdict.EXACT
    assert found.scope.startswith("at ")
    assert found.error_bound.startswith("2^-")
    assert int(found.error_bound[3:]) >= 40


@arrow
def softmax_of_shifted(x: Real[n, k]) -> Real[n, k]:
    """Softmax after the mean of every row was taken off."""
    return op.softmax(k)(x - op.transpose(n, k)(op.expand(k)(op.mean(k)(x))))


@arrow
def softmax_of_scaled(x: Real[n, k]) -> Real[n, k]:
    """Softmax of doubled scores, which is another function."""
    return op.softmax(k)(op.scale(2)(x))


@arrow
def plain_softmax(x: Real[n, k]) -> Real[n, k]:
    """Softmax."""
    return op.softmax(k)(x)


def test_a_degree_is_proved_and_reached() -> None:
    model = op.linear(c, h, bias=False) >> op.linear(h, k, bias=False) >> op.square
    assert one(model, laws.degree(2)).verdict is Verdict.PROVED
    for wrong in (1, 3):  # 3 is an upper bound, but nothing reaches it
        assert one(model, laws.degree(wrong)).verdict is Verdict.REFUTED


def test_the_homomorphism_of_exp_is_known_to_the_exact_rung() -> None:
    found = one(softmax_of_shifted, laws.equal(plain_softmax))
    assert found.verdict in (Verdict.PROVED, Verdict.EXACT)
    assert "tower" in found.method or found.verdict is Verdict.PROVED
    assert one(softmax_of_scaled, laws.equal(plain_softmax)).verdict is Verdict.REFUTED


@arrow
def root_of_square(x: Real[n]) -> Real[n]:
    """√(x²)."""
    return op.sqrt(op.square(x))


@arrow
def magnitude(x: Real[n]) -> Real[n]:
    """|x|."""
    return op.abs(x)


def test_a_property_that_oracles_lack_is_tested_with_a_warning() -> None:
    found = one(root_of_square, laws.equal(magnitude))
    assert found.verdict is Verdict.TESTED
    assert any("oracle" in warning for warning in found.warnings)


@arrow
def relu_by_maximum(x: Real[n]) -> Real[n]:
    """max(x, 0)."""
    return op.maximum(x, op.full_like(0)(x))


@arrow
def relu(x: Real[n]) -> Real[n]:
    """relu."""
    return op.relu(x)


def test_an_order_that_was_made_up_is_a_test() -> None:
    found = one(relu_by_maximum, laws.equal(relu))
    assert found.verdict is Verdict.TESTED
    assert "orders" in found.method


def test_bounds() -> None:
    assert one(op.sigmoid.at(Real[n]), laws.bounded(0, 1)).verdict in (
        Verdict.PROVED,
        Verdict.TESTED,
    )
    found = one(op.tanh.at(Real[n]), laws.bounded(0, 1))
    assert found.verdict is Verdict.REFUTED
    slack = one((op.linear(c, h) >> op.sigmoid), laws.bounded(-5, 5))
    assert slack.verdict is not Verdict.VACUOUS


def test_expected_refutations_pass_and_unexpected_passes_fail() -> None:
    wrong = laws.invariant(under=Symmetric(n)).fails("positions count")
    refuted = one(op.linear(n, c), wrong)
    assert refuted.verdict is Verdict.REFUTED
    assert refuted.expected
    assert refuted.passed
    held = one(op.relu >> op.mean(n), wrong)
    assert held.verdict is Verdict.PROVED
    assert not held.passed


def test_counts() -> None:
    model = op.linear(c, h) >> op.relu >> op.linear(h, c)
    assert one(model, laws.parameters(2 * c * h + h + c)).passed
    found = one(model, laws.parameters(2 * c * h + h))
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample is not None
    assert found.counterexample.sizes == {"c": 1, "h": 1}
    assert "4 weights, not 3" in found.counterexample.difference


def test_too_large_is_refused_by_counting() -> None:
    a, b = Dim("a", size=10**7), Dim("b", size=10**7)
    found = one(op.tanh.at(Real[a, b]), laws.bounded(-1e-9, 1e-9))
    assert found.verdict is Verdict.UNKNOWN
    assert "100,000,000,000,000" in found.reason or "numbers" in found.reason
    assert found.seconds < 1


def test_out_of_time_is_unknown() -> None:
    model = architecture(
        op.linear(c, h) >> op.softplus, laws=[laws.bounded(low=-1e-9)], name="model"
    )
    found = check(model, budget_seconds=0.0)[0]
    assert found.verdict in (Verdict.UNKNOWN, Verdict.PROVED)
    if found.verdict is Verdict.UNKNOWN:
        assert found.reason == "out of time"


def test_verdicts_are_reproducible_and_seeds_count() -> None:
    model = architecture(op.linear(n, c), laws=[laws.invariant(under=Symmetric(n))], name="model")
    first, second = (check(model)[0] for _ in range(2))
    assert first.counterexample == second.counterexample
    other = check(model, seed=5)[0]
    assert other.counterexample is not None
    assert other.counterexample.replay.endswith("--replay 5")


def test_the_seed_depends_on_everything_that_is_claimed() -> None:
    law = laws.invariant(under=Symmetric(n))
    other = laws.invariant(under=Cyclic(n))

    def seed(scale: float, claim: laws.Law) -> int:
        inner = (op.scale(scale) >> op.relu).at(Real[n, c]).named("inner")
        return derived_seed(architecture(inner >> op.mean(n), laws=[claim], name="m"), claim)

    assert seed(2, law) == seed(2, law)
    assert len({seed(2, law), seed(3, law), seed(2, other)}) == 3


def test_only_and_progress() -> None:
    model = architecture(
        op.relu >> op.mean(n),
        laws=[laws.invariant(under=Symmetric(n)), laws.invariant(under=Cyclic(n))],
        name="model",
    )
    seen = []
    found = check(model, only="invariant[Cyclic(n)]", progress=lambda *step: seen.append(step))
    assert [f.law for f in found] == ["invariant[Cyclic(n)]"]
    assert seen == [(0, 1, "invariant[Cyclic(n)]"), (1, 1, "")]
    with pytest.raises(SpecError, match="states no law"):
        check(model, only="causal[n]")


@arrow
def routed(x: Real[n, c], source: Fin(n)[e], keep: Bool[e]) -> Real[n, c]:
    """Messages along the edges that a mask keeps."""
    sent = op.gather(n)(x, source)
    kept = op.einsum(e, c)(sent, op.indicator(keep))
    return op.tanh(op.scatter(n)(kept, source))


@arrow
def look_up(x: Real[n, c], source: Fin(n)[e]) -> Real[e, c]:
    """A look-up."""
    return op.gather(n)(x, source)


def test_sampled_indices_are_said() -> None:
    found = one(routed, laws.linear("x"))
    assert found.verdict is Verdict.REFUTED
    linear = one(look_up, laws.linear("x"))
    assert linear.verdict in (Verdict.EXACT, Verdict.PROVED)
    if linear.verdict is Verdict.EXACT:
        assert any("sampled" in warning for warning in linear.warnings)


def test_laws_on_every_index_wire_are_alive() -> None:
    """Sabotage reaches inputs that carry the dim in ``Fin`` values only."""
    found = one(routed, laws.invariant(under=Symmetric(e)))
    assert found.verdict is Verdict.PROVED
    assert not found.warnings


def test_ties_are_said() -> None:
    found = one(op.argmax(n).at(Real[n, c]), laws.equivariant(under=Symmetric(c)))
    assert any("ties" in warning for warning in found.warnings)


def test_opaque_functions_are_tested_at_most() -> None:
    import numpy as np

    grow = op.opaque("torch.expm1", Real.scalar, Real.scalar, meaning=np.expm1)
    law = laws.invariant(under=Symmetric(n))
    found = one((grow >> op.mean(n)).at(Real[n]), law)
    assert found.verdict is Verdict.TESTED
    running = op.opaque("torch.cumsum", Real[n], Real[n], meaning=lambda x: np.cumsum(x, axis=-1))
    found = one(running, laws.equivariant(under=Symmetric(n)))
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample is not None
    assert found.counterexample.sizes == {"n": 2}


def test_a_refutation_without_dims_has_a_scope() -> None:
    """A tenth of ten is not one, for the tenth that a float is."""
    two = Dim("two", size=2)
    same = op.scale(1).at(Real[two])
    tenth = op.scale(0.1).at(Real[two]) >> op.scale(10)
    (found,) = check(architecture(tenth, laws=[laws.equal(same)]))
    assert found.verdict is Verdict.REFUTED and found.scope == "at its fixed sizes"
