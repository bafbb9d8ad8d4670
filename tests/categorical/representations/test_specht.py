"""Specht modules: complete, inequivalent, with the branching rule."""

from math import factorial

import pytest

from categorical.errors import SpecError
from categorical.groups import alternating, symmetric
from categorical.representations import (
    character,
    homs,
    irreps,
    regular,
    restrict,
    sign,
    subgroup,
)
from categorical.representations.specht import partitions, specht


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_the_modules_are_all_irreducible_representations(n):
    group = symmetric(n)
    modules = {shape: specht(group, shape) for shape in partitions(n)}
    assert sum(v.dimension**2 for v in modules.values()) == factorial(n)
    assert len(modules) == len(group.conjugacy_classes())
    for x, v in modules.items():
        v.check()
        for y, w in modules.items():
            assert homs(v, w) == int(x == y)


def test_they_are_found_by_the_group():
    assert [v.dimension for v in irreps(symmetric(4))] == [1, 3, 2, 3, 1]
    assert [v.dimension for v in irreps(symmetric(3))] == [1, 1, 2]


def test_hooks_and_known_modules():
    group = symmetric(5)
    assert specht(group, (3, 2)).dimension == 5 and specht(group, (3, 1, 1)).dimension == 6
    assert character(specht(group, (1,) * 5)) == character(sign(group))
    points = character(specht(group, (4, 1))) + character(specht(group, (5,)))
    assert points == character(group.standard())
    assert specht(symmetric(6), (3, 2, 1)).dimension == 16


@pytest.mark.parametrize("shape", [(3, 1), (2, 2), (2, 1, 1), (4,)])
def test_the_sign_turns_a_partition_over(shape):
    group = symmetric(4)
    turned = tuple(sum(row > i for row in shape) for i in range(shape[0]))
    twisted = specht(group, shape) * sign(group)
    assert character(twisted) == character(specht(group, turned))


@pytest.mark.parametrize("shape", list(partitions(5)))
def test_branching(shape):
    """Restricted to the permutations that fix a point: one box less in every possible way."""
    whole, part = symmetric(5), symmetric(4)
    words = {f"t{i}": (*("cycle^-1",) * i, "swap", *("cycle",) * i) for i in range(3)}
    inclusion = subgroup(whole, words, name="S4")
    assert inclusion.source.order == part.order
    below = restrict(specht(whole, shape), inclusion)
    less = [
        tuple(r for r in (*shape[:i], row - 1, *shape[i + 1 :]) if r)
        for i, row in enumerate(shape)
        if i + 1 == len(shape) or shape[i + 1] < row
    ]
    assert homs(below, below) == len(less)
    assert below.dimension == sum(specht(part, one).dimension for one in less)


def test_each_module_is_in_the_regular_one_as_often_as_its_dimension():
    group = symmetric(4)
    for shape in partitions(4):
        assert homs(specht(group, shape), regular(group)) == specht(group, shape).dimension


def test_what_has_no_specht_module_is_refused():
    for wrong in (
        lambda: specht(symmetric(4), (3, 2)),
        lambda: specht(alternating(4), (3, 1)),
        lambda: specht(symmetric(4), "31"),
        lambda: specht(symmetric(9), (1,) * 9),
    ):
        with pytest.raises(SpecError):
            wrong()
