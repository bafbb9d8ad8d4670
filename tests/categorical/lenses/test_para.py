"""Para(Lens): parameters in order, reparametrisation, tying, and R as a functor."""

from __future__ import annotations

import pytest

from categorical import Dim, Fin, Real, SpecError, arrow, copy, discard, identity, iterate, op, tie
from categorical.arrows import Wiring
from categorical.composites import attention, residual
from categorical.lenses import (
    Lens,
    ParaLens,
    copy_lens,
    corner,
    discard_lens,
    equal_para,
    functor_laws,
    identity_lens,
    lens_of,
    para_laws,
    reparametrisation_laws,
    tying_laws,
    weights_in_order,
    whiskering_laws,
    with_parameters,
)
from categorical.recursion import fold
from tests.categorical.algebras.verdicts import every, verdicts

a, b, c, d, k, v, t, s, token, width, heads = Dim.named("a b c d k v t s token width heads")
f, g, h = op.linear(a, b) >> op.tanh, op.linear(b, c) >> op.relu, op.linear(c, d)
square = op.linear(a, a) >> op.tanh
W, B = Real[a.at("out"), a], Real[a]


def test_parameters_are_collected_in_order() -> None:
    both = lens_of(f) >> lens_of(g)
    assert both.parameters == (Real[b, a], Real[b], Real[c, b], Real[c])
    assert (both.source, both.target) == ((Real[a],), (Real[c],))
    beside = lens_of(f) @ lens_of(h)
    assert beside.source == (Real[a], Real[c]) and beside.target == (Real[b], Real[d])
    assert beside.parameters == (Real[b, a], Real[b], Real[d, c], Real[d])
    assert (corner(Real[a]) >> lens_of(f)).source == ()
    assert (lens_of(f) >> identity_lens(Real[b])).parameters == (Real[b, a], Real[b])
    assert (identity_lens(Real[a]) >> lens_of(f)).parameters == (Real[b, a], Real[b])
    assert (identity_lens(Real[k]) @ lens_of(f)).source == (Real[k], Real[a])
    for make in (lambda: lens_of(f) >> g, lambda: lens_of(f) @ g, lambda: identity_lens(B) @ g):
        with pytest.raises(SpecError, match="CM052"):
            make()


def test_para_laws() -> None:
    assert every(para_laws(lens_of(f), lens_of(g), lens_of(h))) == {"PROVED"}


@pytest.mark.parametrize(
    "arrows",
    [
        (f, g, h),
        (op.linear(c, v), op.softmax(v).at(Real[v])),
        (op.embedding(v, c).at(Fin(v)[token]), op.linear(c, d).at(Real[token, c]), op.mean(token)),
        (square, square, square),
        (f, g.named("head") >> h),
    ],
)
def test_r_is_a_functor(arrows) -> None:
    assert every(functor_laws(*arrows)) == {"PROVED"}


@pytest.mark.parametrize(
    "arrows",
    [
        (
            residual(attention(token, width, heads)),
            residual(op.layer_norm(width) >> op.linear(width, width) >> op.gelu),
        ),
        (iterate(square, 3), op.linear(a, v)),
        (
            fold((op.linear(s, s) @ op.linear(c, s)) >> op.add >> op.tanh, over=t),
            op.linear(s, v),
        ),
    ],
)
def test_r_is_a_functor_on_larger_architectures(arrows) -> None:
    # the way back of a run reads states that the run alone does not show: another diagram
    assert every(functor_laws(*arrows)) <= {"PROVED", "EXACT"}


def test_r_is_a_functor_on_transformer_blocks() -> None:
    block = residual(op.layer_norm(width) >> attention(token, width, heads))
    assert every(functor_laws(block, block, block)) == {"PROVED"}


def test_a_wrong_order_of_weights_is_seen() -> None:
    two = lens_of(square) >> lens_of(square)
    swapped = two.along(
        Lens(
            identity(W, B, W, B) >> _exchange(),
            _back(W, B),
        )
    )
    assert "REFUTED" in every(equal_para(two, swapped))


def _exchange():
    return Wiring((W, B, W, B), (2, 3, 0, 1), "exchange")


def _back(*types):
    return discard((W, B, W, B)) @ _exchange()


def test_a_wrong_derivative_is_no_functor() -> None:
    one = lens_of(f)
    wrong = ParaLens(Lens(one.lens.get, one.lens.put >> _doubled(one)), one.count)
    found = verdicts(equal_para(lens_of(f >> g), wrong >> lens_of(g), "R"))
    assert found == {"R: get": "PROVED", "R: put": "REFUTED"}


def _doubled(one: ParaLens):
    first, *rest = one.lens.source_back
    return op.scale(2.0).at(first) @ identity(*rest)


def test_weights_are_in_the_order_of_use() -> None:
    assert weights_in_order(f >> g) == tuple((f >> g).parameters)
    mixed = residual(attention(token, width, heads)) >> op.layer_norm(width)
    assert set(weights_in_order(mixed)) == set(mixed.parameters)
    spaces = tuple(mixed.parameters[name] for name in weights_in_order(mixed))
    assert lens_of(mixed).parameters == spaces
    assert spaces != tuple(mixed.parameters.values())


def test_reparametrisation_is_contravariant() -> None:
    r = lens_of(op.scale(2.0).at(W) @ op.tanh.at(B)).lens
    s = lens_of(op.square.at(W) @ op.exp.at(B)).lens
    assert every(reparametrisation_laws(lens_of(square), r, s)) == {"PROVED"}
    one = lens_of(square)
    assert "REFUTED" in every(equal_para(one.along(r).along(s), one.along(r >> s)))
    with pytest.raises(SpecError, match="does not end in the parameters"):
        one.along(copy_lens(B))


def test_reparametrising_goes_under_composition() -> None:
    r = lens_of(op.tanh.at(W) @ op.scale(0.5).at(B)).lens
    one, two = lens_of(square), lens_of(op.linear(a, a) >> op.relu)
    assert every(whiskering_laws(one, r, two, copy_lens(W * B, 1))) == {"PROVED"}
    wrong = equal_para(one.along(r) >> two, (one >> two.along(r)), "on the other one")
    assert "REFUTED" in every(wrong)


def test_tying_adds_the_cotangents() -> None:
    two = lens_of(square) >> lens_of(square)
    assert every(tying_laws(two)) == {"PROVED"}
    shared = tie(op.linear(a, a))
    written = shared >> op.tanh >> shared >> op.tanh
    assert every(equal_para(lens_of(written), two.tied())) == {"PROVED"}
    first_only = Lens(copy(W * B), discard_lens(W * B).get @ identity(W, B, W, B) >> _first())
    assert "REFUTED" in every(equal_para(lens_of(written), two.along(first_only)))
    with pytest.raises(SpecError, match="not 3 equal lists"):
        two.tied(3)
    with pytest.raises(SpecError, match="not 2 equal lists"):
        (lens_of(f) >> lens_of(g)).tied()


def _first():
    """The cotangents of the first use only."""
    return Wiring((W, B, W, B), (0, 1), "first")


@arrow
def loss(scores: Real[v], label: Fin(v)[()]) -> Real[()]:
    """The score of the label."""
    return op.gather(v)(scores, label)


def test_labels_are_parameters_without_cotangents() -> None:
    one = with_parameters(loss, 1)
    assert (one.parameters, one.parameters_back) == ((Fin(v)[()],), ())
    assert (lens_of(op.linear(c, v)) >> one).parameters_back == (Real[v, c], Real[v])


def test_parameters_that_are_not_there() -> None:
    with pytest.raises(SpecError, match="has no 3 parameters"):
        ParaLens(identity_lens(Real[k]), 3)
    with pytest.raises(SpecError, match="different parameters"):
        equal_para(lens_of(f), ParaLens(lens_of(f).lens, 1))
