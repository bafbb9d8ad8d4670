"""Regimes: how a training step is computed, beside what it computes.

Definition.  A *regime* says over how many micro-batches a gradient is accumulated, in which
precision the forward pass runs, and at which norm gradients are clipped.  The step of the theory is
that of ``PLAIN``; accumulating a mean over micro-batches of one size is the same step in real
arithmetic, precision changes rounding only, clipping changes the step.

>>> Regime(accumulate=4, precision="bfloat16")
Regime(accumulate=4, precision='bfloat16', clip=None)

>>> Regime(accumulate=0)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: a gradient over 0 micro-batches
...
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from categorical.errors import SpecError

PRECISIONS = (None, "bfloat16", "float16")


@dataclass(frozen=True)
class Regime:
    """See the module."""

    accumulate: int = 1
    precision: str | None = None
    clip: float | None = None

    def __post_init__(self) -> None:
        if type(self.accumulate) is not int or self.accumulate < 1:
            raise SpecError(
                "CM041",
                f"a gradient over {self.accumulate} micro-batches",
                help=["accumulate is a whole number, at least 1"],
            )
        if self.precision not in PRECISIONS:
            raise SpecError(
                "CM024",
                f"`{self.precision}` is no precision",
                help=['"bfloat16", "float16", or None for that of the weights'],
            )
        if self.clip is None:
            return
        if type(self.clip) not in (int, float) or not 0 < self.clip < inf:
            raise SpecError(
                "CM041",
                f"gradients of norm at most {self.clip!r}",
                help=["a number above 0, or None: gradients as they are"],
            )


PLAIN = Regime()
