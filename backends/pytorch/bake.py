"""Baking: solved layers become ordinary ones, for inference.

Definition.  A solved layer trains one number for each map and pair of channels, and makes its
matrix or kernel Σ w[m] B[m] at every call.  ``bake`` makes all of them once: it writes the file of
an architecture in which they are ``nn.Linear`` and ``nn.Conv2d`` on merged axes (channels and the
axes that the maps act on), and loads the weights.  The rows of a weight stand as the module's own
axes do, so that no weight is permuted when it is used.

Laws.  The baked module is the same function, up to rounding, and in eval mode where the first one
is.  It has other weights, more of them, and training it would leave the symmetry.

What becomes plain: ``steerable_conv``, and ``hom`` of one input with an explicit basis, weights
that several of them read included.  What stays as it is: maps given by diagrams (they are already
sums and broadcasts, at all sizes), several inputs (no dense table was measured against their own
forms), fixed coefficients, channels that are kept apart (``mix="each"``), the bodies of iterations,
and weights that something else reads as well.

Inference on one CPU thread, milliseconds, the medians of 60 calls of ``bake(made, module)`` in turn
with ``module``: both networks of ``specs/group_cnn.py`` on 8 × 8 images, and all maps of a cyclic
group's regular representation to itself, from 8 channels to 8::

    batch                          1                  64
                              solved  baked      solved  baked
    C4 network                  0.31   0.20        2.03   1.53
    D4 network                  0.43   0.27        2.92   2.51
    C16 layer (one gather)     0.028  0.012       0.051  0.035
    C64 layer (Fourier)        0.064  0.041        0.46   0.44

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

A module of another build has other weights:

>>> bake(made, module)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: the module is not one of the build `net`
...
"""

from __future__ import annotations

import sys
from math import prod
from typing import Any

import numpy as np

from backends.pytorch.build import build
from backends.pytorch.made import Build
from categorical import op
from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.graph import Builder, Graph, Node, Resource
from categorical.index import Axis, axis, product
from categorical.normal import inline
from categorical.ops.steerable import combined, folded
from categorical.records import NOISE, Box, Context
from categorical.semantics import FloatAlgebra

#: The axes that are merged in a box: those of its input and those of its output, as they stand.
Ends = tuple[tuple[Axis, ...], tuple[Axis, ...]]


def bake(made: Build, module: Any, *, regenerate: str = "") -> tuple[Build, Any]:
    """The build of the baked architecture, validated, and its module with the weights of
    ``module``: of the same element type, on the same device, in train or eval mode as it is.

    ``regenerate`` is the command that makes the file again, for its header.

    Raises ``SpecError``: CM042 where the module is not one of this build (at its sizes), or the
    build has no solved layer that becomes a plain one.
    """
    import torch

    whole = inline(made.graph)
    solved = _solved(whole)
    if not solved:
        raise SpecError(
            "CM042",
            f"`{made.module_name}` has no solved layer to bake",
            help=["baked are steerable_conv, and hom of one input with an explicit basis"],
        )
    _own(made, module)
    name = f"{made.module_name}_baked"
    command = f"commute build specs/{made.module_name}.py --bake WEIGHTS.safetensors -o {name}.py"
    laws = [f"before baking: {line}" for line in made.laws]
    other = build(baked(whole), made.sizes, name, laws, regenerate=regenerate or command)
    state, ctx = module.state_dict(), Context(FloatAlgebra(), made.sizes)
    trained = {key: p.requires_grad for key, p in module.named_parameters()}
    values, needed = {}, {}
    for path, key in other.parameters.items():
        old = made.parameters[path]
        value = state[old].detach().clone()
        if path in solved:
            box, suffix = solved[path]
            array = dense(ctx, box, suffix, value.double().numpy(force=True))
            value = torch.as_tensor(array).to(value)
        values[key], needed[key] = value, trained.get(old, False)
    found = other.module().to(next(module.parameters()))
    found.load_state_dict(values, assign=True)
    for key, p in found.named_parameters():
        p.requires_grad_(needed[key])
    return other, found.train(module.training)


def _own(made: Build, module: Any) -> None:
    """CM042 unless the module is one of this build, at its sizes."""
    state = module.state_dict() if hasattr(module, "state_dict") else {}
    have = {key: tuple(v.shape) for key, v in state.items()}
    resources = made.graph.resources(made.sizes)
    wanted = {
        key: tuple(a.size.evaluate(made.sizes) for a in resources[path].space.axes)
        for path, key in made.parameters.items()
    }
    text = getattr(sys.modules.get(type(module).__module__), "__doc__", None) or ""
    other = "spec sha256 " in text and f"spec sha256 {made.spec_hash[:16]}" not in text
    if have == wanted and not other:
        return
    facts = [("the spec", "the module was written for another one")] if other else []
    for key in sorted({*have, *wanted}):
        if have.get(key) != wanted.get(key):
            shape = f"is {have.get(key, 'not there')}, not {wanted.get(key, 'there')}"
            facts.append((f"`{key}`", shape))
    raise SpecError(
        "CM042", f"the module is not one of the build `{made.module_name}`", facts=facts[:4]
    )


# --- what is baked --------------------------------------------------------------------------------


def _bakes(box: object) -> bool:
    """Whether a box is one plain layer over merged axes."""
    if not isinstance(box, Box) or box.name not in ("steerable_conv", "hom"):
        return False
    op_ = box.op
    if box.name == "hom":
        if len(box.dom) != 1 or op_["mix"] == "each" or op_["coefficients"] is not None:
            return False
        if not isinstance(op_["basis"], Basis) or not isinstance(op_["bias"], Basis | None):
            return False
        if not op_["basis"].count:
            return False
    return all(folded(op_))


def _ends(box: Box) -> Ends:
    """The merged axes, in the order in which they stand in the input and in the output."""
    inner, outer = folded(box.op)
    one, out = box.dom[0], box.cod[0]
    return tuple(a for a in one.axes if a in inner), tuple(a for a in out.axes if a in outer)


def _solved(graph: Graph) -> dict[str, tuple[Box, str]]:
    """The weights of the boxes that become plain, by their paths, with one box that reads each.

    Boxes that share a weight become plain together: where they make different matrices of it, or
    something else reads it, all of them stay.
    """
    keys: dict[str, set[object]] = {}
    found: dict[str, tuple[Box, str]] = {}
    linked: list[set[str]] = []
    for w in (*graph.outputs, *graph.updates.values()):
        if w in graph.sources:
            keys.setdefault(graph.sources[w].name, set()).add(None)
    for node in graph.nodes:
        plain = readable(graph, node)
        weights = node.ins[len(node.box.dom) :] if plain else ()
        for w in (*node.data, *(() if plain else node.ins)):
            if w in graph.sources:
                keys.setdefault(graph.sources[w].name, set()).add(None)
        if not plain or not isinstance(node.box, Box):
            continue
        for w, spec in zip(weights, node.box.resources, strict=True):
            basis = node.box.op["basis" if spec.suffix == "weight" else "bias"]
            path = graph.sources[w].name
            key = (spec.suffix, basis.digest, basis.shape, folded(node.box.op), _ends(node.box))
            keys.setdefault(path, set()).add(key)
            found[path] = (node.box, spec.suffix)
        linked.append({graph.sources[w].name for w in weights})
    blocked = {path for path, one in keys.items() if len(one) > 1 or None in one}
    while more := {p for paths in linked if paths & blocked for p in paths} - blocked:
        blocked |= more
    return {path: one for path, one in found.items() if path not in blocked}


def readable(graph: Graph, node: Node) -> bool:
    """Whether a node can become plain: its weights are the graph's own."""
    return _bakes(node.box) and all(w in graph.sources for w in node.ins[len(node.box.dom) :])


def dense(ctx: Context, box: Box, suffix: str, weight: Any) -> Any:
    """Σ w[m] ⊗ B[m] in torch's layout: (merged axes of the output, of the input, window)."""
    basis = box.op["basis" if suffix == "weight" else "bias"]
    inner, outer = folded(box.op)
    mine, yours = _ends(box)
    source, target = box.op["sources"][0], box.op["target"]
    out, channels = box.op["out"], [a for a in inner if a not in source]
    names: list[Any] = list(target)
    windows: tuple[int, ...] = ()
    if suffix == "weight":
        windows = basis.shape[2:]
        names += [("source", a) for a in source] + list(range(len(windows)))
    names += [] if out is None else [out]
    names += [("source", a) for a in channels] if suffix == "weight" else []
    sizes = {i: n for i, n in enumerate(windows)}
    shape = [
        sizes[a] if isinstance(a, int) else ctx.size(a[1] if isinstance(a, tuple) else a)
        for a in names
    ]
    goal: list[Any] = list(yours)
    if suffix == "weight":
        goal += [("source", a) for a in mine] + list(range(len(windows)))
    array = combined(ctx, basis, weight).reshape(shape)
    array = np.ascontiguousarray(np.transpose(array, [names.index(a) for a in goal]))
    rows = prod(ctx.size(a) for a in outer)
    if suffix == "bias":
        return array.reshape(rows)
    return array.reshape(rows, prod(ctx.size(a) for a in inner), *windows)


# --- the plain architecture -----------------------------------------------------------------------


def baked(graph: Graph) -> Graph:
    """The inlined graph with plain layers over merged axes in place of the solved ones."""
    solved, builder = _solved(graph), Builder()
    at = {w: builder.input(graph.types[w], graph.names.get(w, "")) for w in graph.inputs}
    sources: dict[str, int] = {}
    for w, resource in graph.sources.items():
        if resource.name not in solved or resource.role == NOISE:
            at[w] = builder.add_source(resource)
    for node in graph.nodes:
        weights = [graph.sources[w].name for w in node.ins if w in graph.sources]
        if readable(graph, node) and all(path in solved for path in weights):
            outs: tuple[int, ...] = (_plain(builder, graph, node, at, sources),)
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


def _plain(
    builder: Builder, graph: Graph, node: Node, at: dict[int, int], sources: dict[str, int]
) -> int:
    """Merge axes, apply one plain layer, and take the axes apart again."""
    box = node.box
    assert isinstance(box, Box)
    inner, outer = _ends(box)
    wire = at[node.ins[0]]

    def step(arrow: Arrow, wire: int) -> int:
        return builder.splice(arrow.at(builder.graph.types[wire]).graph(), [wire])[0]

    axes = builder.graph.types[wire].axes
    place = axes.index(inner[0])
    if axes[place : place + len(inner)] != inner:
        rest = [a for a in axes if a not in inner]
        wire = step(op.transpose(*rest[:place], *inner, *rest[place:]), wire)
    if len(inner) > 1:
        wire = step(op.merge(*inner), wire)
    source, target = (
        part[0] if len(part) == 1 else axis(product(*(a.index for a in part)))
        for part in (inner, outer)
    )
    bias = box.op["bias"] is not None
    layer = op.linear(source, target, bias=bias)
    if box.name == "steerable_conv":
        windows = box.op["windows"]
        layer = op.conv(
            source,
            target,
            over=box.op["over"],
            kernel=tuple(v.kernel for v in windows),
            stride=tuple(v.stride for v in windows),
            padding=windows[0].padding,
            bias=bias,
        )
    image = layer.at(builder.graph.types[wire]).op.box((builder.graph.types[wire],))
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
    if builder.graph.types[wire].axes != box.cod[0].axes:
        wire = step(op.transpose(*box.cod[0].axes), wire)
    return wire
