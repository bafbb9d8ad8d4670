"""Losses: their types, their laws, and what does not fit."""

from itertools import product

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, SpecError, architecture, identity, laws, op
from categorical.learning import losses
from categorical.learning.losses import with_label
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run
from synthesis.ladder import check

n, k, c = Dim.named("n k c")


def _verdicts(*claims):
    model = architecture(op.relu.at(Real[n]), laws=claims, name="losses")
    return {found.law: found.verdict.name for found in check(model)}


def test_the_label_comes_last_and_a_loss_is_a_number() -> None:
    for loss, label in [
        (losses.mean_squared_error(Real[n]), Real[n]),
        (losses.cross_entropy(Real[n, k]), Fin(k)[n]),
        (losses.cross_entropy(Real[k, n], classes=k), Fin(k)[n]),
        (losses.binary_cross_entropy(Real[n], mask=True), Bool[n]),
        (losses.divergence(Real[k], temperature=2.0), Real[k]),
    ]:
        assert loss.dom[1] == label and loss.cod == (Real.scalar,)


def test_a_class_is_its_one_hot_distribution() -> None:
    hard = losses.cross_entropy(Real[n, k])
    soft = (identity(Real[n, k]) @ op.one_hot(k).at(Fin(k)[n])) >> losses.soft_cross_entropy(
        Real[n, k]
    )
    smooth = losses.cross_entropy(Real[n, k], smoothing=0.1)
    found = _verdicts(
        laws.commutes(hard, soft, name="one-hot"),
        laws.commutes(smooth, soft, name="smooth").fails(),
    )
    assert found["one-hot"] in ("PROVED", "EXACT", "TESTED") and found["smooth"] == "REFUTED"


def test_a_huber_loss_at_width_one_is_the_smooth_one() -> None:
    found = _verdicts(
        laws.commutes(
            losses.huber(Real[n], 1.0), losses.smooth_absolute_error(Real[n], 1.0), name="1"
        ),
        laws.commutes(
            losses.huber(Real[n], 2.0), losses.smooth_absolute_error(Real[n], 2.0), name="2"
        ).fails(),
    )
    assert found == {"1": "PROVED", "2": "REFUTED"}


def test_exclusive_or_is_addition_modulo_two() -> None:
    graph = losses.exclusive_or(Real[n]).graph()
    ctx = Context(FloatAlgebra(), {"n": 2})
    for bits in product((0.0, 1.0), repeat=4):
        p, y = np.array(bits[:2]), np.array(bits[2:])
        [out] = run(graph, ctx, [p, y], {}).outputs
        assert np.array_equal(out % 2 == 1, p != y)


MISFITS = {
    "a distribution for a class": (op.linear(n, k), losses.cross_entropy(Real[k]), Real[k]),
    "a class for a distribution": (op.linear(n, k), losses.soft_cross_entropy(Real[k]), Fin(k)),
    "classes of another set": (op.linear(n, k), losses.cross_entropy(Real[k]), Fin(n)),
    "masks for numbers": (op.linear(n, k), losses.binary_cross_entropy(Real[k]), Bool[k]),
    "labels of another width": (op.linear(n, k), losses.mean_squared_error(Real[k]), Real[n]),
    "two labels": (op.linear(n, k), losses.mean_squared_error(Real[k]), Real[k] * Real[k]),
    "another prediction": (op.linear(n, c), losses.cross_entropy(Real[k]), Fin(k)),
    "no number": (op.linear(n, k), losses.exclusive_or(Real[k]), Real[k]),
}
HELP = {
    "a distribution for a class": "soft_cross_entropy",
    "a class for a distribution": "one_hot(k)",
    "masks for numbers": "mask=True",
    "another prediction": "cross_entropy(Real[c])",
    "no number": "op.mean",
}


@pytest.mark.parametrize("what", MISFITS)
def test_what_does_not_fit_is_named(what: str) -> None:
    model, loss, label = MISFITS[what]
    with pytest.raises(SpecError, match="CM057") as caught:
        with_label(model, loss, label)
    assert HELP.get(what, "") in str(caught.value)


def test_a_label_that_comes_first_is_named() -> None:
    swapped = op.gather(k).at(Real[k], Fin(k)).named("chosen")
    from categorical import swap

    with pytest.raises(SpecError, match="comes last"):
        with_label(op.linear(n, k), swap(Fin(k).scalar, Real[k]) >> swapped)


def test_what_fits_is_the_composite() -> None:
    scored = with_label(op.linear(n, k), losses.cross_entropy(Real[k]), Fin(k))
    assert scored.type_text() == "Real[n] × Fin(k)[()] → Real[()]"
    assert list(scored.parameters) == ["linear.weight", "linear.bias"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: losses.huber(Real[n], 0.0),
        lambda: losses.smooth_absolute_error(Real[n], -1.0),
        lambda: losses.cross_entropy(Real[n], smoothing=1.0),
        lambda: losses.divergence(Real[n], temperature=0),
        lambda: losses.hinge(Real[n], margin=float("nan")),
    ],
)
def test_numbers_out_of_range_are_refused(make) -> None:
    with pytest.raises(SpecError, match="CM041"):
        make()


def test_a_loss_needs_its_axis_and_numbers() -> None:
    with pytest.raises(SpecError, match="CM005"):
        losses.cross_entropy(Real.scalar)
    with pytest.raises(SpecError, match="CM011"):
        losses.mean_squared_error(Fin(k)[n])


def test_an_axis_is_no_type() -> None:
    label = Dim("label")
    for one in (label, label.at("other")):
        with pytest.raises(SpecError) as caught:
            losses.cross_entropy(one)
        assert f"write the type over this axis:  Real[{one}]" in str(caught.value)


def test_an_architecture_is_no_arrow() -> None:
    label = Dim("label")
    with pytest.raises(SpecError) as caught:
        losses.with_label(architecture(op.relu.at(Real[label])), losses.hinge(Real[label]))
    assert "give the arrow:  .arrow" in str(caught.value)
