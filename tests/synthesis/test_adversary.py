"""False laws that were once believed: none may get PROVED or EXACT."""

from __future__ import annotations

import copy

import pytest

from categorical import Bool, Dim, Real, SpecError, architecture, arrow, laws, op
from categorical.groups import Sign, Symmetric
from categorical.verdicts import Verdict
from proofs.checker import canonical, digest, examine
from proofs.checking.programs import Refusal
from synthesis import numeric
from synthesis.ladder import check

n, c = Dim.named("n c")
long = Dim("long", size=24)


@arrow
def square_and_same(x: Real[c]) -> Real[c] * Real[c]:
    """The second output has degree 1."""
    return op.square(x), x


masked = op.softmax(c, masked=True)

FALSE = {
    "a relu of what is below 0 is 0": (
        (op.logsigmoid >> op.relu).at(Real[c]),
        laws.bounded(None, 0, strict=True),
    ),
    "one entry over its norm is 1": (
        op.normalise(c, eps=0).at(Real[n, c]),
        laws.bounded(-1, 1, strict=True),
    ),
    "a row that is masked everywhere sums to 0": (
        masked.at(Real[n, c], Bool[n, c]),
        laws.sums_to(1, over=c),
    ),
    "the same, in long rows": (
        op.softmax(long, masked=True).at(Real[n, long], Bool[n, long]),
        laws.sums_to(1, over=long),
    ),
    "every output has the degree": (square_and_same, laws.degree(2)),
    "homogeneous for positive factors only": (op.abs.at(Real[c]), laws.degree(1)),
    "and the same of a relu": (op.relu.at(Real[n, c]), laws.degree(1)),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_laws_are_refuted(name):
    net, law = FALSE[name]
    (found,) = check(architecture(net, laws=[law], name="net"))
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample is not None


@pytest.mark.parametrize("law", [laws.causal(over=n), laws.per_sample(over=n)])
def test_a_dim_inside_a_product_is_not_restricted(law):
    @arrow
    def mixed(x: Real[n, c], y: Real[n * c]) -> Real[n, c]:
        """Reads all of y at every position."""
        return x + op.expand(n)(op.mean(n)(op.split(n * c, n, c)(y)))

    with pytest.raises(SpecError, match="CM021") as error:
        check(architecture(mixed, laws=[law], name="mixed"))
    assert "axis `n*c`" in str(error.value)


def test_matrices_do_not_act_on_masks():
    """A sign flips numbers; there is nothing to flip in a mask."""
    net = op.mean(n, masked=True).at(Real[n, c], Bool[n, c])
    with pytest.raises(SpecError, match="CM021"):
        check(architecture(net, laws=[laws.equivariant(under=Sign(c))], name="net"))


def test_weights_that_a_renaming_makes_one_are_named():
    """u(x) + v(x) equals 2 u(x) only where v is u: name and certificate say that."""
    u, v = (op.linear(c, c, bias=False, name=name) for name in "uv")

    @arrow
    def both(x: Real[c]) -> Real[c]:
        return u(x) + v(x)

    @arrow
    def twice(x: Real[c]) -> Real[c]:
        return op.scale(2)(u(x))

    law = laws.equal(both, renaming={"v": "u"})
    assert law.name == "equal[both with u.weight = v.weight]"
    (found,) = check(architecture(twice, laws=[law]))
    assert found.verdict is Verdict.PROVED
    (claim,) = examine(canonical(found.certificate) + "\n")
    assert "with u.weight = v.weight on the other side" in claim
    assert laws.equal(twice).name == "equal[twice]"


def forged(found, change):
    """The certificate of a finding after a change, with a new digest."""
    data = copy.deepcopy(found.certificate)
    del data["digest"]
    change(data)
    return canonical({**data, "digest": digest(data)}) + "\n"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d["programs"][0].update(outputs=[]), "obeys every law"),
        (lambda d: d["claims"][0].update(dims=[["dim", "n", 3, None]]), "another dim called n"),
        (lambda d: d["claims"][0].update(law=None), "no name"),
    ],
)
def test_certificates_about_nothing_are_refused(change, why):
    net = (op.relu >> op.mean(n)).at(Real[n, c])
    law = laws.invariant(under=Symmetric(n))
    (found,) = check(architecture(net, laws=[law], name="net"))
    with pytest.raises(Refusal, match=why):
        examine(forged(found, change))


def test_where_a_degree_is_reached():
    """The square of a deviation from the mean vanishes where there is one entry only."""

    @arrow
    def spread(x: Real[n, c]) -> Real[n, c]:
        return op.square(x - op.expand(n)(op.mean(n)(x)))

    (found,) = check(architecture(spread, laws=[laws.degree(2)]))
    assert found.verdict is Verdict.PROVED
    assert found.scope.startswith("at most, all sizes; reached at ")


def test_a_sum_that_cancels_is_no_counterexample():
    """Normalised entries sum to 0 up to rounding: no float alarm, whatever the sizes."""
    graph = op.layer_norm(c, affine=False).at(Real[c]).graph()
    law = laws.sums_to(0, over=c)
    for seed in range(200):
        scale = numeric.MAGNITUDES[seed % 3]
        trial = numeric.Trial({"c": 2 + seed % 7}, "eval", scale, seed)
        assert numeric.attempt(law, graph, trial).failure is None, seed


def test_equal_arrows_keep_equal_state():
    """Another momentum gives the same outputs and other running statistics."""
    norm, other = (
        op.batch_norm(c, over=(n,), name="norm", momentum=m).at(Real[n, c]) for m in (0.1, 0.5)
    )
    assert [
        check(architecture(norm, laws=[laws.equal(side)], name="net"))[0].verdict
        for side in (norm, other)
    ] == [Verdict.PROVED, Verdict.REFUTED]
