"""Baking: solved kernels become the plain weights of a convolution, for inference.

Definition.  A steerable convolution trains one number for each basis kernel and pair of channels,
and makes its kernel anew at every step.  ``bake`` makes all kernels once: it writes the file of an
architecture in which they are ordinary convolutions over (channel · fibre), and loads the weights.

Laws.  The baked module is the same function.  It has other weights, more of them, and training it
would leave the symmetry: it is for inference.

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> from categorical.exact import Basis
>>> b, c, k, n = Dim.named("batch c k n")
>>> even = Basis((1, 1, 3), 2, [0, 1, 1], [1, 0, 2], [1, 1, 1])
>>> conv = op.steerable_conv(even, (), (), channels=(c, k), over=n)
>>> made = build(conv.at(Real[b, c, n]), {"c": 2, "k": 3}, "net")
>>> other, module = bake(made, made.module())
>>> [tuple(p.shape) for p in module.parameters()], "index_select" in other.source
([(3, 2, 3)], False)

There is nothing to bake where nothing was solved for:

>>> bake(build(op.relu.at(Real[b, c]), {}, "net"), None)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: `net` has no steerable convolution to bake
...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.pytorch.build import Build, build
from categorical import op
from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.graph import Builder, Graph, Node, Resource
from categorical.index import axis, product
from categorical.normal import inline
from categorical.ops.convolution import slid, windowed
from categorical.ops.steerable import combined, folded
from categorical.records import NOISE, Box, Context
from categorical.semantics import FloatAlgebra


def bake(made: Build, module: Any) -> tuple[Build, Any]:
    """The build of the baked architecture, and its module with the weights of ``module``."""
    import torch

    whole = inline(made.graph)
    solved = _solved(whole)
    if not solved:
        raise SpecError("CM042", f"`{made.module_name}` has no steerable convolution to bake")
    other = build(baked(whole), made.sizes, f"{made.module_name}_baked", made.laws)
    state, keys, ctx = module.state_dict(), made.parameters, Context(FloatAlgebra(), made.sizes)
    known = {}
    for path, key in other.parameters.items():
        value = state[keys[path]]
        if path in solved:
            box, basis = solved[path]
            array = kernel(ctx, box, basis, value.double().numpy(force=True))
            value = torch.as_tensor(array).to(value)
        known[key] = value
    found = other.module().to(next(module.parameters()))
    found.load_state_dict(known)
    return other, found.train(module.training)


def _solved(graph: Graph) -> dict[str, tuple[Box, Basis]]:
    """The weights that are made of basis kernels, by their paths."""
    found = {}
    for node in graph.nodes:
        if not isinstance(node.box, Box) or not _bakes(node.box):
            continue
        for wire, spec in zip(node.ins[len(node.box.dom) :], node.box.resources, strict=True):
            if wire in graph.sources:
                basis = node.box.op["basis" if spec.suffix == "weight" else "bias"]
                found[graph.sources[wire].name] = (node.box, basis)
    return found


def _bakes(box: Box) -> bool:
    return box.name == "steerable_conv" and box.op["out"] is not None


def kernel(ctx: Context, box: Box, basis: Basis, weight: Any) -> Any:
    """Σ w[m] ⊗ B[m] in torch's layout: (channel · fibre) of the target, of the source, window."""
    dense = combined(ctx, basis, weight)
    if basis is box.op["bias"]:
        return dense.reshape(basis.shape[0], -1).T.ravel()
    rank = len(basis.shape)
    dense = dense.reshape(*basis.shape, *weight.shape[1:])
    dense = np.transpose(dense, (rank, 0, rank + 1, *range(1, rank)))
    return dense.reshape(
        dense.shape[0] * dense.shape[1], dense.shape[2] * dense.shape[3], *basis.shape[2:]
    )


def baked(graph: Graph) -> Graph:
    """The inlined graph with steerable convolutions replaced by plain ones over folded axes."""
    builder = Builder()
    at = {w: builder.input(graph.types[w], graph.names.get(w, "")) for w in graph.inputs}
    own = {w for n in graph.nodes if isinstance(n.box, Box) and _bakes(n.box) for w in n.ins}
    sources: dict[str, int] = {}
    for w, resource in graph.sources.items():
        if w not in own or resource.role == NOISE:
            at[w] = builder.add_source(resource)
    for node in graph.nodes:
        if isinstance(node.box, Box) and _bakes(node.box):
            outs = _convolution(builder, graph, node, node.box, at, sources)
        else:
            outs = tuple(builder.wire(graph.types[w]) for w in node.outs)
            ins = tuple(at[w] for w in node.ins)
            builder.graph.nodes.append(Node(node.box, ins, outs, node.name, node.origin))
        for w, image in zip(node.outs, outs, strict=True):
            at[w] = image
            if w in graph.names:
                builder.graph.names[image] = graph.names[w]
    builder.graph.updates.update({n: at[w] for n, w in graph.updates.items()})
    return builder.finish([at[w] for w in graph.outputs], graph.name, graph.doc)


def _convolution(
    builder: Builder,
    graph: Graph,
    node: Node,
    box: Box,
    at: dict[int, int],
    sources: dict[str, int],
) -> tuple[int, ...]:
    """Fold the fibres into the channels, convolve, and take them apart again."""
    op_, (one,), (out,) = box.op, box.dom, box.cod
    inner, outer = folded(op_)
    over = slid("steerable_conv", op_, one)
    rest = [a for a in one.axes if a not in inner and a not in over]
    wire = at[node.ins[0]]

    def step(arrow: Arrow, wire: int) -> int:
        return builder.splice(arrow.at(builder.graph.types[wire]).graph(), [wire])[0]

    wire = step(op.transpose(*rest, *inner, *over), wire)
    if len(inner) > 1:
        wire = step(op.merge(*inner), wire)
    source, target = (axis(product(*(a.index for a in part))) for part in (inner, outer))
    source = inner[0] if len(inner) == 1 else source
    target = outer[0] if len(outer) == 1 else target
    windows = op_["windows"]
    plain = op.conv(
        source,
        target,
        over=over,
        kernel=tuple(v.kernel for v in windows),
        stride=tuple(v.stride for v in windows),
        padding=windows[0].padding,
        bias=op_["bias"] is not None,
    )
    image = plain.at(builder.graph.types[wire]).op.box((builder.graph.types[wire],))
    weights = []
    for old, spec in zip(node.ins[1:], image.resources, strict=True):
        known = graph.sources[old]
        if known.name not in sources:
            made = Resource(known.name, spec.space, known.role, spec.init)
            sources[known.name] = builder.add_source(made)
        weights.append(sources[known.name])
    (wire,) = builder.apply_box(image, (wire,), node.name, node.origin, tuple(weights))
    if len(outer) > 1:
        wire = step(op.split(target, *outer), wire)
    moved = dict(zip(one.axes, windowed(one, over, windows).axes, strict=True))
    assert set(builder.graph.types[wire].axes) == {*rest, *outer, *(moved[a] for a in over)}
    return (step(op.transpose(*out.axes), wire),)
