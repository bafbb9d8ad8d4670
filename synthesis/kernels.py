"""Steerable convolutions as arrows: kernels are solved for, and trained in their basis.

Definition.  ``convolution`` takes the fibres of the input and of the output, axes on which a group
acts, and the grid that the group moves, and returns the convolution with *all* kernels that commute
with it (``synthesis.solver.kernels``), one trained number for each kernel and pair of channels, and
with all biases that are fixed.  ``sampled_convolution`` takes kernels that were sampled
(``synthesis.solver.sampled``), for rotations that do not map the grid to itself.

>>> from categorical import Dim, Real
>>> from categorical.groups import Acting, cyclic
>>> from categorical.representations import regular
>>> c, k, n = Dim.named("c k n")
>>> g, row, column = Dim("g", size=4), n.at("row"), n.at("column")
>>> turns = Acting(cyclic(4), {g: regular(cyclic(4))}, grid=(row, column))
>>> convolution(target_fibre=g, channels=(c, k), under=turns).at(Real[c, row, column])
steerable_conv: Real[c, n.at("row"), n.at("column")] → Real[k, g, n.at("row"), n.at("column")]

A group that does not move a grid has no kernels to solve for:

>>> convolution(target_fibre=g, channels=(c, k), under=Acting(cyclic(4), {g: regular(cyclic(4))}))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: `convolution` under a group that moves no grid
...
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from categorical import op
from categorical.arrows import OpArrow
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.groups.grids import slot
from categorical.index import Axis, IndexSet, Points, axis
from categorical.records import Init
from categorical.representations import Representation
from synthesis.solver.kernels import Kernels, kernels
from synthesis.solver.sampled import Sampled

Some = IndexSet | Axis
Fibre = Some | tuple[Some, ...]


@checked
def convolution(
    *,
    under: Any,
    source_fibre: Fibre = (),
    target_fibre: Fibre = (),
    channels: tuple[Some | int, Some | int] | None = None,
    over: tuple[Some, ...] | None = None,
    kernel: int | tuple[int, ...] = 3,
    stride: int | tuple[int, ...] = 1,
    padding: str = "zero",
    bias: bool = True,
    name: str = "",
    init: Init | None = None,
) -> OpArrow:
    """The convolution with all kernels that commute with ``under``, a group that acts on the fibres
    and on the grid ``over``: ``Real[…, c, source_fibre…, h, w] → Real[…, k, target_fibre…, h, w]``.

    No fibre means scalars, on which the group acts trivially; several axes are a tensor product.
    ``channels=(c, k)`` are the copies of the fibres before and after: a grey image is
    ``Real[1, h, w]`` with ``channels=(1, k)``; without ``channels`` there is one copy, and no axis.
    ``over`` is the grid of ``under`` if left out, or positions that earlier windows left of it.
    ``kernel`` and ``stride`` count pixels; ``padding`` is "zero", "circular" or "valid" (none).
    With a stride s it is equivariant where the windows fit evenly: (n + 2·pad − k) divisible by s.

    Errors: CM042 without a grid, or along axes that are not the grid; CM044 where no kernel exists.
    Source: Weiler and Cesa, "General E(2)-equivariant steerable CNNs", 2019, §2.
    """
    if getattr(under, "grid", None) is None:
        raise SpecError(
            "CM042",
            "`convolution` under a group that moves no grid",
            facts=[("the group", under)],
            help=["say which axes it moves: Acting(group, {…}, grid=(row, column))"],
        )
    along = tuple(map(axis, under.grid if over is None else over))
    slots = tuple(a if isinstance(a.index, Points) else slot(a) for a in along)
    if len(slots) == len(under.grid) and any(
        a is not b and not isinstance(a.index, Points) for a, b in zip(slots, under.grid)
    ):
        raise SpecError(
            "CM042",
            f"`convolution` slides along {', '.join(map(str, along))}, which are not the grid",
            facts=[("the group moves", ", ".join(map(str, under.grid)))],
            help=["name the axes of the grid, or positions computed from them, in its order"],
        )
    source, target = _acted(under, source_fibre), _acted(under, target_fibre)
    found = kernels(source, target, kernel, grid=under.motion)
    return op.steerable_conv(
        found.basis,
        source_fibre,
        target_fibre,
        channels=channels,
        over=along,
        stride=stride,
        padding=padding,
        bias=_fixed(target, found.grid) if bias else None,
        under=under,
        name=name,
        init=init,
    )


@checked
def sampled_convolution(
    solution: Sampled,
    *,
    source_fibre: Fibre = (),
    target_fibre: Fibre = (),
    channels: tuple[Some | int, Some | int] | None = None,
    over: tuple[Some, ...],
    stride: int | tuple[int, ...] = 1,
    padding: str = "zero",
    bias: bool = True,
    name: str = "",
    init: Init | None = None,
) -> OpArrow:
    """The convolution with sampled kernels: exactly equivariant under the symmetries of the grid
    only, which the header of a generated file says (``solution.note``)."""
    return op.steerable_conv(
        solution.basis,
        source_fibre,
        target_fibre,
        channels=channels,
        over=over,
        stride=stride,
        padding=padding,
        bias=_invariants(solution.target) if bias else None,
        under=solution,
        name=name,
        init=init,
    )


def _acted(under: Any, fibre: Fibre) -> Representation:
    """The representation on the tensor product of the axes of a fibre."""
    axes = [axis(a) for a in (fibre if isinstance(fibre, tuple) else (fibre,))]
    if not axes:
        return Representation.trivial(under.group)
    return reduce(lambda x, y: x * y, (under.representation(a.index) for a in axes))


def _fixed(target: Representation, grid: Representation) -> Basis:
    """The fixed vectors of the output's fibre, as kernels of one pixel from scalars."""
    found: Kernels = kernels(Representation.trivial(target.of), target, 1, grid=grid)
    basis = found.basis
    return Basis(basis.shape[:2], basis.count, basis.which, basis.places, basis.values)


def _invariants(target: Representation) -> Basis:
    from synthesis.solver.hom import invariants

    basis = invariants(target).basis
    return Basis((target.dimension, 1), basis.count, basis.which, basis.places, basis.values)
