"""Products of tensors of degree 0, 1, 2: one map for each triple that the selection rules allow."""

from __future__ import annotations

import itertools

import numpy as np

from categorical.groups import special_orthogonal
from categorical.representations import spherical
from synthesis.solver import bilinear
from tests.specs.parity import load

PLACES = (slice(0, 1), slice(1, 4), slice(4, 9))


def allowed(reflections: bool) -> set[tuple[int, int, int]]:
    """|a − b| ≤ c ≤ a + b, and the parities agree where reflections count."""
    return {
        (c, a, b)
        for a, b, c in itertools.product(range(3), repeat=3)
        if abs(a - b) <= c <= a + b and not (reflections and (a + b + c) % 2)
    }


def reached(basis) -> list[set[tuple[int, int, int]]]:
    """For each map, the triples of degrees in which it is not 0."""
    dense = np.zeros((basis.count, basis.size))
    dense[basis.which, basis.places] = basis.floats()
    dense = dense.reshape(-1, *basis.shape)
    return [
        {t for t in itertools.product(range(3), repeat=3) if one[tuple(PLACES[i] for i in t)].any()}
        for one in dense
    ]


def test_every_allowed_triple_has_one_product() -> None:
    found = reached(load("spherical_tensors").products.at())
    assert sorted(t for one in found for t in one) == sorted(allowed(True))
    assert all(len(one) == 1 for one in found) and len(found) == 11


def test_without_reflections_the_odd_triples_are_products_too() -> None:
    vector = special_orthogonal(3).standard()
    parts = [spherical(vector, degree, basis="orthonormal") for degree in range(3)]
    space = parts[0] + parts[1] + parts[2]
    found = bilinear(space, space, space)
    assert found.dimension == len(allowed(False)) == 15
    assert set().union(*reached(found.basis)) == allowed(False)
