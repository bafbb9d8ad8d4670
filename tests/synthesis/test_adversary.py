"""False laws that were once believed: none may get PROVED or EXACT."""

from __future__ import annotations

import pytest

from categorical import Bool, Dim, Real, SpecError, architecture, arrow, laws, op
from categorical.groups import Sign
from categorical.verdicts import Verdict
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
