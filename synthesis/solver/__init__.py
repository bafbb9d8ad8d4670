"""All linear natural transformations between two representations, exactly.

``solve(X, Y)`` finds a basis of Hom(X, Y) by the cheapest route that fits, and counts its dimension
again by another one.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Count", "Hom", "bilinear", "invariants", "nearest", "polynomial", "solve"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from synthesis.solver import hom

        return getattr(hom, name)
    raise AttributeError(f"module 'synthesis.solver' has no attribute {name!r}")
