"""Lenses that the tests share: lawful ones, gradients, and a step of momentum."""

from __future__ import annotations

from categorical import Dim, Real, arrow, copy, identity, op
from categorical.derivatives import reverse
from categorical.lenses import Lens, field, part

a, b, c, d, k, m, n = Dim.named("a b c d k m n")
N, M = Real[n], Real[m]

middle = field(N, M, Real[k], which=1)
rows = part(Real[n + m, c], n, m)


def gradient(f) -> Lens:
    """(f, R[f]), the weights of f being those of the lens."""
    return Lens(f, reverse(f))


square = gradient(op.square.at(N))
tanh = gradient(op.tanh.at(N))
layer = gradient(op.linear(n, n) >> op.tanh)


@arrow
def descend(x: N, slope: N) -> N:
    """A step down the slope."""
    return x - op.scale(0.5)(slope)


@arrow
def heavy(velocity: N, x: N, slope: N) -> N * N:
    """A step of momentum."""
    new = op.scale(0.5)(velocity) - slope
    return new, x + new


descent = Lens(identity(N), descend, "descent")
momentum = Lens(field(N, N, which=1).get, heavy, "momentum")
doubling = Lens(identity(N), copy(N) @ identity(N) >> (op.add @ identity(N)) >> op.add, "doubling")
