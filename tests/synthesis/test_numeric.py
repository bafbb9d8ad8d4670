"""The float policy: rounding is no bug, and no bug is rounding."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, architecture, arrow, identity, laws, op
from categorical.derivatives import gradient, reverse
from categorical.groups import Symmetric
from categorical.records import Context, Init
from categorical.semantics import FloatAlgebra
from categorical.spaces import Array
from synthesis.ladder import check
from synthesis.numeric import (
    EXTENDED,
    MAGNITUDES,
    SINGLE,
    Trial,
    attempt,
    draw_point,
    largest_gap,
    trials,
)
from synthesis.runner import draw_resources

n, c = Dim.named("n c")
EQUIVARIANT = laws.equivariant(under=Symmetric(n))


def epsilon_net(size: float):  # type: ignore[no-untyped-def]
    @arrow
    def net(x: Real[n, c]) -> Real[n, c]:
        """A positional term of a given size."""
        where = op.parameter(Real[n], "where")()
        return op.tanh(x) + op.scale(size)(op.einsum(n, c)(x, where))

    return net.graph()


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-6, 1e-9, 1e-11])
def test_violations_of_every_size_are_found(size: float) -> None:
    graph = epsilon_net(size)
    found = [
        attempt(EQUIVARIANT, graph, Trial({"n": 4, "c": 3}, "eval", 1.0, seed)).failure is not None
        for seed in range(10)
    ]
    assert all(found)


def test_no_violation_no_failure() -> None:
    graph = epsilon_net(0.0)
    for seed in range(30):
        assert (
            attempt(EQUIVARIANT, graph, Trial({"n": 4, "c": 3}, "eval", 1.0, seed)).failure is None
        )


@arrow
def cancelling(x: Real[n, c]) -> Real[n, c]:
    """Ill-conditioned on purpose: adds 10⁸ times the mean and takes it off again."""
    waves = op.sin(x)  # inputs have few digits, so that sums of them are exact
    total = op.scale(1e8)(op.expand(n)(op.mean(n)(waves)))
    again = op.scale(1e8 / 3)(op.expand(n)(op.mean(n)(op.scale(3)(waves))))
    return (waves + total) - again


@arrow
def vanishing(x: Real[n, c]) -> Real[n, c]:
    """Zero up to rounding."""
    x = op.sin(x)
    mean = op.expand(n)(op.mean(n)(x))
    return (x - mean) - (x - mean) + op.scale(1e-3)(mean - op.expand(n)(op.mean(n)(x)))


@pytest.mark.parametrize("net", [cancelling, vanishing])
def test_ill_conditioned_is_no_bug(net: object) -> None:
    graph = net.graph()  # type: ignore[attr-defined]
    for seed in range(30):
        for scale in MAGNITUDES:
            trial = Trial({"n": 5, "c": 2}, "eval", scale, seed)
            assert attempt(EQUIVARIANT, graph, trial).failure is None


def test_doubt_was_real_in_the_ill_conditioned_case() -> None:
    """The second opinion is exercised: some of those trials exceed the plain tolerance."""
    doubtful = sum(
        attempt(
            EQUIVARIANT, cancelling.graph(), Trial({"n": 5, "c": 2}, "eval", 1.0, seed)
        ).doubtful
        for seed in range(30)
    )
    assert doubtful > 0


def test_scaling_the_outputs_changes_no_verdict() -> None:
    for factor in (1e-150, 1.0, 1e150):
        graph = (op.linear(n, n) >> op.scale(factor)).at(Real[c, n]).graph()
        assert attempt(EQUIVARIANT, graph, Trial({"n": 3, "c": 2}, "eval", 1.0, 0)).failure
        good = (op.tanh >> op.scale(factor)).at(Real[c, n]).graph()
        assert not attempt(EQUIVARIANT, good, Trial({"n": 3, "c": 2}, "eval", 1.0, 0)).failure


def test_what_is_not_finite_is_not_compared() -> None:
    law = laws.equivariant(under=Symmetric(n))
    graph = op.log.at(Real[n, c]).graph()
    for seed in range(10):
        assert attempt(law, graph, Trial({"n": 3, "c": 2}, "eval", 1.0, seed)).failure is None
    nothing = (op.square >> op.neg >> op.log).at(Real[n, c]).graph()
    outcome = attempt(law, nothing, Trial({"n": 3, "c": 2}, "eval", 1.0, 0))
    assert outcome.failure is None
    assert outcome.instances == 0


def test_every_resource_is_random_never_as_initialised() -> None:
    graph = (
        (op.linear(c, c) >> op.batch_norm(c, over=(n,)) >> op.layer_norm(c)).at(Real[n, c]).graph()
    )
    ctx = Context(FloatAlgebra(), {"n": 3, "c": 4})
    resources = draw_resources(graph, ctx, np.random.default_rng(0))
    for path, value in resources.items():
        assert not np.all(value == 0), path
        assert not np.all(value == 1), path
    variance = next(v for k, v in resources.items() if k.endswith("running_var"))
    assert np.all(variance > 0)


def test_zero_and_one_initialisations_are_overridden() -> None:
    @arrow
    def net(x: Real[n, c]) -> Real[n, c]:
        """A gain that starts at one and a position that starts at zero."""
        gain = op.parameter(Real[n], "gain", Init("ones"))()
        return op.einsum(n, c)(x, gain) + op.parameter(Real[n, c], "where", Init("zeros"))()

    resources = draw_point(net.graph(), Trial({"n": 3, "c": 2}, "eval", 1.0, 0)).resources
    assert np.ptp(resources["where"]) > 0
    assert np.ptp(resources["gain"]) > 0


def test_the_policy_covers_magnitudes_modes_and_sizes() -> None:
    sizes = [{"n": 3}, {"n": 1}, {"n": 7}]
    seen = list(trials(sizes, ("eval", "train"), 4))
    assert {t.scale for t in seen} == set(MAGNITUDES)
    assert {t.mode for t in seen} == {"eval", "train"}
    assert {t.sizes["n"] for t in seen} == {1, 3, 7}
    assert len({t.seed for t in seen}) == len(seen) == 18
    assert all(t.sizes["n"] == 3 or t.scale == 1.0 for t in seen[:8])


def test_other_precisions_compute_in_their_own() -> None:
    x = np.array([0.1, 0.2])
    assert SINGLE.apply("gelu", SINGLE.constant(x)).dtype == np.float32
    assert SINGLE.softmax(SINGLE.constant(x), 0).dtype == np.float32
    assert EXTENDED.einsum("i,i->", *[EXTENDED.constant(x)] * 2).dtype == np.longdouble


def test_shapes_that_differ_are_infinitely_far() -> None:
    from categorical.laws import Instance

    gap = largest_gap(Instance([np.zeros(2)], [np.zeros(3)], "", ()))
    assert gap is not None
    assert gap[1] == float("inf")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("space", [Real.scalar, Real[n]])
def test_sparse_inputs_stand_at_a_kink(seed: int, space: Array) -> None:
    """R acts on expressions: relu(x) − relu(−x) is x, and its slope at 0 is 0, not 1."""

    @arrow
    def bent(x: space) -> Real:
        y = op.relu(x) - op.relu(op.scale(-1)(x))
        return op.sum(n)(y) if space is not Real.scalar else y

    straight = (op.sum(n) if space is not Real.scalar else op.scale(1)).at(space)
    law = laws.equal(gradient(straight))
    graph = gradient(bent).graph()
    assert attempt(law, graph, Trial({"n": 2}, "eval", 1.0, seed, sparse="all")).failure
    assert not attempt(law, graph, Trial({"n": 2}, "eval", 1.0, seed)).failure


@pytest.mark.parametrize("seed", range(6))
def test_a_kink_shows_where_its_cotangent_is_not_zero(seed: int) -> None:
    """x = relu(x) − relu(−x) as functions; the gradient is lost at 0."""

    @arrow
    def halves(x: Real[n]) -> Real[n]:
        return op.relu(x) - op.relu(-x)

    law = laws.equal(reverse(identity(Real[n])))
    found = check(architecture(reverse(halves), name="back", laws=[law]), seed=seed)
    assert found[0].verdict.name == "REFUTED"
