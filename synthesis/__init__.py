"""Synthesis: the verification ladder, and layers that are solved for.

Definition.  ``check`` takes the laws of an architecture up the ladder (proof, exact arithmetic,
floats) and ``replay`` shows a counterexample again.  ``natural`` is the other direction: it finds
every map that obeys a law, and ``convolution`` every kernel; ``sampled_convolution`` has kernels of
rotations that a grid does not have.  ``symmetry_of`` tells the groups that an architecture commutes
with, ``change_group`` solves its layers again for another one.

Laws.  A verdict never claims more than its evidence.  Solved maps are exact, independent, and as
many as there are: their dimension is counted twice.

>>> from categorical import Dim, Real, architecture, laws
>>> from categorical.groups import Symmetric
>>> from synthesis import check, natural
>>> n, c, k = Dim.named("n c k")
>>> maps = natural(Real[n], Real[n], under=Symmetric(n))
>>> maps
2 maps Real[n] → Real[n] under Symmetric(n), all sizes
>>> claims = [laws.equivariant(under=Symmetric(n)), laws.complete(under=Symmetric(n))]
>>> sets = architecture(maps.layer(c, k), laws=claims, name="sets")
>>> [(found.verdict.name, found.scope) for found in check(sets)]
[('PROVED', 'all sizes'), ('PROVED', 'all sizes')]

A type on which the group does not act everywhere is refused:

>>> natural(Real[n, c], Real[n], under=Symmetric(n))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: Symmetric(n) does not act on the axis `c` of Real[n, c]
...
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "Solution",
    "change_group",
    "check",
    "convolution",
    "natural",
    "replay",
    "sampled_convolution",
    "symmetry_of",
]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name == "check":
        from synthesis.ladder import check

        return check
    if name == "replay":
        from synthesis.replay import replay

        return replay
    if name == "symmetry_of":
        from synthesis.symmetry import symmetry_of

        return symmetry_of
    if name == "change_group":
        from synthesis.changing import change_group

        return change_group
    if name in ("natural", "Solution"):
        from synthesis import layers

        return getattr(layers, name)
    if name in ("convolution", "sampled_convolution"):
        from synthesis import kernels

        return getattr(kernels, name)
    raise AttributeError(f"module 'synthesis' has no attribute {name!r}")
