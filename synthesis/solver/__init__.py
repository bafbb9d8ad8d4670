"""All linear natural transformations between two representations, exactly.

Definition.  ``solve(X, Y)`` finds a basis of Hom(X, Y), the maps W with Y(g) W = W X(g) for every
generating arrow g, by the cheapest route that fits (orbits, blocks, products, diagrams, the null
space).  ``invariants``, ``bilinear``, ``polynomial`` and ``affine`` are the maps from nothing, from
two inputs, from powers of one, and with a bias; ``nearest`` projects a matrix onto the maps.

Laws.  Every map of a basis is natural, entry by entry; the maps are independent; their number is
counted again by a theory that solves nothing (``Count``).

>>> from categorical.groups import special_orthogonal, symmetric
>>> from synthesis.solver import bilinear, solve
>>> points, vector = symmetric(5).standard(), special_orthogonal(3).standard()
>>> maps = solve(points ** 2, points ** 2)
>>> maps.dimension, maps.count, maps.confirmed
(15, Count(dimension=15, method='Stirling numbers'), True)
>>> bilinear(vector, vector, vector).dimension                                   # the cross product
1

Representations of two groups have no natural maps:

>>> solve(points, vector)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: natural maps V → V need one group or category
...
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "Count",
    "Hom",
    "affine",
    "bilinear",
    "invariants",
    "nearest",
    "polynomial",
    "solve",
]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name in __all__:
        from synthesis.solver import hom

        return getattr(hom, name)
    raise AttributeError(f"module 'synthesis.solver' has no attribute {name!r}")
