"""Nonlinearities and norms on fibres that a group turns.

Definition.  A fibre is a linear axis v on which a group acts by orthogonal matrices (rotations of a
vector, the coefficients of an irreducible representation).  A function of its entries one by one
depends on the choice of coordinates; these do not:

- ``gate``: x ⋅ σ(s), with a given scalar s for each channel (Weiler et al. 2018);
- ``norm_gate``: the scalars are an affine function of the squared norms of all channels;
- ``norm_relu``: x/|x| ⋅ relu(|x| + b), with a trained b (Worrall et al. 2017);
- ``vector_relu``: x less its part along a learned direction d(x), where it points against it
  (vector neurons, Deng et al. 2021, equation 6);
- ``fibre_norm``: x over the root of the mean over channels of |x|², times a trained factor for each
  channel.

On index sets that a group permutes every pointwise function is equivariant as it is.

Laws.  All commute with every orthogonal matrix of v, hence with the actions of all its subgroups;
``gate`` commutes with every matrix.

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> v = Dim("v", size=3, action="rotation")
>>> norm_gate(v, c, n)
norm_gate: Real[n, v, c] → Real[n, v, c]

A pointwise function of a fibre is refused:

>>> op.relu.at(Real[n, v, c])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM017]: `relu` does not apply to the rotation axis `v`
...
"""

from __future__ import annotations

from typing import Any

from categorical import op
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.composites.typed import typed
from categorical.index import Axis, IndexSet, axis
from categorical.records import ONES, ZEROS
from categorical.spaces import Array, Real

#: Added to squared norms before a root or a division.
EPS = 1e-6


def _wire(
    fibre: IndexSet | Axis, channel: IndexSet | Axis, rest: tuple[IndexSet | Axis, ...]
) -> Array:
    return Real[(*map(axis, rest), axis(fibre), axis(channel))]


def _shifted(x: Any, by: float = EPS) -> Any:
    """x + a small number."""
    return x + op.full_like(by)(x)


@checked
def gate(fibre: IndexSet | Axis, channel: IndexSet | Axis, *rest: IndexSet | Axis) -> Arrow:
    """``Real[rest…, v, c] × Real[rest…, c] → Real[rest…, v, c]``: x ⋅ σ(s)."""
    wire = _wire(fibre, channel, rest)
    scalars = Real[tuple(a for a in wire.axes if a is not axis(fibre))]

    def gated(x: Any, s: Any) -> Any:
        return op.contract()(x, op.sigmoid(s))

    return typed(wire, scalars, name="gate")(gated)


@checked
def norm_gate(fibre: IndexSet | Axis, channel: IndexSet | Axis, *rest: IndexSet | Axis) -> Arrow:
    """``Real[rest…, v, c]`` to itself: x ⋅ σ(W |x|² + b), the squared norms of all channels."""

    def gated(x: Any) -> Any:
        squares = op.contract(fibre)(x, x)
        return op.contract()(x, op.sigmoid(op.linear(channel, channel, name="gates")(squares)))

    return typed(_wire(fibre, channel, rest), name="norm_gate")(gated)


@checked
def norm_relu(fibre: IndexSet | Axis, channel: IndexSet | Axis, *rest: IndexSet | Axis) -> Arrow:
    """``Real[rest…, v, c]`` to itself: x/|x| ⋅ relu(|x| + b), a threshold b for each channel."""
    others = tuple(map(axis, rest))

    def thresholded(x: Any) -> Any:
        squares = _shifted(op.contract(fibre)(x, x))
        threshold = op.parameter(Real[axis(channel)], name="threshold", init=ZEROS)()
        every = op.expand(*others)(threshold) if others else threshold
        kept = op.relu(op.sqrt(squares) + every)
        return op.contract()(x, kept, op.rsqrt(squares))

    return typed(_wire(fibre, channel, rest), name="norm_relu")(thresholded)


@checked
def vector_relu(fibre: IndexSet | Axis, channel: IndexSet | Axis, *rest: IndexSet | Axis) -> Arrow:
    """``Real[rest…, v, c]`` to itself: x − min(⟨x, d⟩, 0) d / |d|², with d a linear map of x."""

    def clipped(x: Any) -> Any:
        d = op.linear(channel, channel, bias=False, name="direction")(x)
        against = op.relu(op.neg(op.contract(fibre)(x, d)))
        along = op.reciprocal(_shifted(op.contract(fibre)(d, d)))
        return x + op.contract()(d, against, along)

    return typed(_wire(fibre, channel, rest), name="vector_relu")(clipped)


@checked
def fibre_norm(fibre: IndexSet | Axis, channel: IndexSet | Axis, *rest: IndexSet | Axis) -> Arrow:
    """``Real[rest…, v, c]`` to itself: x / √(mean over channels of |x|²), times a factor each."""

    def normalised(x: Any) -> Any:
        size = op.rsqrt(_shifted(op.mean(channel)(op.contract(fibre)(x, x))))
        scale = op.parameter(Real[axis(channel)], name="scale", init=ONES)()
        return op.contract()(x, size, scale)

    return typed(_wire(fibre, channel, rest), name="fibre_norm")(normalised)
