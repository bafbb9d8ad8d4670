"""Gluing: weights of one name are one weight, and parts are told apart by renaming."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, SpecError, op, tie
from categorical.lenses.gluing import apart, as_arrow, glued, heads, numeric, renamed
from categorical.normal import same
from categorical.spaces import Bool, Complex, Fin

n, k = Dim.named("n k")
layer = op.linear(n, n) >> op.tanh
block = layer.named("block")


def test_a_part_that_is_used_twice_has_one_set_of_weights() -> None:
    twice = glued("twice", layer.dom, lambda use, x: use(layer, use(layer, x)))
    assert list(twice.parameters) == ["linear.weight", "linear.bias"]
    shared = tie(op.linear(n, n))
    assert same(twice.graph(), (shared >> op.tanh >> shared >> op.tanh).graph())
    assert not same(twice.graph(), (layer >> layer).graph())


def test_weights_inside_of_named_parts_are_shared_and_renamed() -> None:
    whole = block >> op.relu
    assert heads([whole]) == ["block"]
    (other,) = apart([whole], heads([whole]))
    assert list(other.parameters) == ["block_2.linear.weight", "block_2.linear.bias"]
    both = glued("both", whole.dom, lambda use, x: use(other, use(whole, use(whole, x))))
    assert len(both.parameters) == 4


def test_names_are_numbered_as_composition_does() -> None:
    three = op.linear(n, n) >> op.linear(n, n) >> op.linear(n, n)
    (other,) = apart([op.linear(n, n) >> op.linear(n, n)], heads([op.linear(n, n)]))
    assert {*op.linear(n, n).parameters, *other.parameters} == {*three.parameters}
    (untouched,) = apart([layer], ["block"])
    assert untouched is layer


def test_renaming_keeps_the_arrow() -> None:
    new = as_arrow("new", renamed(layer.graph(), {"linear": "map"}))
    assert list(new.parameters) == ["map.weight", "map.bias"]
    assert not same(new.graph(), layer.graph())
    assert same(renamed(new.graph(), {"map": "linear"}), layer.graph())


def test_wires_of_other_types_are_refused() -> None:
    with pytest.raises(SpecError, match="CM001"):
        glued("wrong", (Real[k],), lambda use, x: use(layer, x))


@pytest.mark.parametrize("wrap", [lambda f: f, lambda f: f.named("block") >> op.relu])
def test_one_name_is_no_weight_of_two_types(wrap) -> None:
    wide, narrow = wrap(op.linear(n, k)), wrap(op.linear(k, n))
    with pytest.raises(SpecError, match="two weights are called") as refused:
        glued("there and back", wide.dom, lambda use, x: use(narrow, use(wide, x)))
    assert refused.value.code == "CM052" and "_back" in str(refused.value)
    (apart_,) = apart([narrow], heads([wide]))
    assert len(glued("both", wide.dom, lambda use, x: use(apart_, use(wide, x))).parameters) == 4


def test_what_has_a_cotangent() -> None:
    types = (Real[n], Fin(k)[n], Bool[n], Complex[k])
    assert numeric(types) == (Real[n], Complex[k])
