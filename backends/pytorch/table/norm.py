"""Rows of the normalisations: torch's own kernels, with the axes where they want them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backends.pytorch.table.base import Emit, Library, atom, library, resource, row
from categorical.index import Axis
from categorical.ops import common
from categorical.ops.reduction import over_axes
from categorical.records import Box


def _at_the_end(
    emit: Emit, box: Box, x: str, over: Sequence[Axis], apply: Callable[[str], str]
) -> str:
    """A map of the last axes, applied along others."""
    places = [emit.dim(box.dom[0], a) for a in over]
    last = list(range(-len(places), 0))
    if places == last:
        return apply(x)
    there, here = (
        str(p[0]) if len(p) == 1 else f"({', '.join(map(str, p))})" for p in (last, places)
    )
    return f"{apply(f'{atom(x)}.movedim({here}, {there})')}.movedim({there}, {here})"


def _normalised_shape(sizes: Sequence[str]) -> str:
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"


@row("layer_norm", "rms_norm")
def _layer_norm(emit: Emit, box: Box, ins: list[str]) -> str:
    over = over_axes(box.name, box.op, box.dom[0])
    shape = _normalised_shape([emit.size(a) for a in over])
    weights = [w for w in (resource(box, ins, "weight"), resource(box, ins, "bias")) if w]
    more = ", ".join([shape, *weights, f"eps={emit.literal(float(box.op['eps']))}"])
    return _at_the_end(emit, box, ins[0], over, lambda x: f"F.{box.name}({x}, {more})")


def _module(name: str, title: str, eps: float) -> None:
    @library(name)
    def made(emit: Emit, box: Box) -> Library | None:
        over = over_axes(name, box.op, box.dom[0])
        if not box.op["affine"]:
            return None
        sizes = [emit.config_size(a) for a in over]
        shape = sizes[0] if len(sizes) == 1 else _normalised_shape(sizes)
        more = "" if box.op["eps"] == eps else f", eps={emit.literal(float(box.op['eps']))}"
        return Library(
            f"nn.{title}({shape}{more})",
            lambda module, ins: _at_the_end(emit, box, ins[0], over, lambda x: f"{module}({x})"),
            tuple(r.suffix for r in box.resources),
        )


_module("layer_norm", "LayerNorm", 1e-5)
_module("rms_norm", "RMSNorm", -1.0)  # torch's own default depends on the element type


@row("normalise")
def _normalise(emit: Emit, box: Box, ins: list[str]) -> str:
    x = ins[0] if ins[0].isidentifier() else emit.line(ins[0], box.dom[0])
    dims = emit.dims(box.dom[0], over_axes("normalise", box.op, box.dom[0]))
    eps = emit.literal(float(box.op["eps"]))
    if box.op["p"] == 1:
        return f"{x} / ({x}.abs().sum(dim={dims}, keepdim=True) + {eps})"
    return f"{x} * torch.rsqrt({x}.square().sum(dim={dims}, keepdim=True) + {eps})"


@row("batch_norm")
def _batch_norm(emit: Emit, box: Box, ins: list[str]) -> tuple[str | None, ...]:
    x, weight, bias, mean, variance = ins
    place = box.dom[0].position(common.pick("batch_norm", box.dom[0], box.op["feature"]))
    moved = x if place == 1 else f"{atom(x)}.movedim({place}, 1)"
    eps, momentum = (emit.literal(float(box.op[k])) for k in ("eps", "momentum"))
    more = f"{emit.training}, {momentum}, {eps}"
    text = f"F.batch_norm({moved}, {mean}, {variance}, {weight}, {bias}, {more})"
    return (text if place == 1 else f"{text}.movedim(1, {place})", None, None)
