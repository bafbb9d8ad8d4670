"""Random weights with exact coefficients."""

from fractions import Fraction

import numpy as np

from categorical.exact import root
from categorical.hidden_units import Weights


def drawn(d: int, width: int, seed: int) -> Weights:
    """Units with small random coefficients in Q(ζ₃) and Q(i), some of them zero."""
    rng = np.random.default_rng(seed)
    numbers = [0, 1, -2, Fraction(1, 3), root(3), root(4), root(3) - 1]
    return Weights.of(
        d,
        (
            {(p, k): numbers[rng.integers(len(numbers))] for p in "abc" for k in range(d)}
            for _ in range(width)
        ),
    )
