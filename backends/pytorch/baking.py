"""Baking: a trained module with solved layers as one with plain dense weights, for inference.

Definition.  ``baked`` replaces every ``hom`` of one input at fixed sizes by the ``hom`` of all
linear maps, whose weight is the matrix Σ w[m] B[m] that the module otherwise makes at every call.

Law.  The outputs are those of the trained module, up to rounding; nothing keeps the new weights
equivariant while they train.

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> from categorical.exact import Basis
>>> b, v = Dim("batch"), Dim("v", size=2)
>>> turned = Basis((2, 2), 1, [0, 0], [1, 2], [-1, 1])
>>> made = build(op.hom(turned, ((v,),), (v,)).at(Real[b, v]), {}, "net", validate=False)
>>> module = made.module()
>>> plain, inference = baked(made, module)
>>> tuple(inference.hom.weight.shape), "index_select" in plain.source
((4,), False)

A module of another build has other weights:

>>> baked(plain, module)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: the module is not one of this build
...
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backends.pytorch.build import Build, build
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.normal import inline
from categorical.ops.hom import HOM
from categorical.records import Box, Op


def baked(made: Build, module: Any) -> tuple[Build, Any]:
    """The build with dense weights, and its module with the weights of ``module``, in eval mode.

    Layers of diagrams, of several inputs and inside iterations stay as they are.
    """
    state = module.state_dict()
    keys = made.parameters
    if {key: tuple(v.shape) for key, v in state.items()} != {
        key: tuple(v.shape) for key, v in made.module().state_dict().items()
    }:
        raise SpecError("CM042", "the module is not one of this build")
    graph = inline(made.graph)
    types, sources, nodes = list(graph.types), dict(graph.sources), list(graph.nodes)
    readers = graph.consumers()
    values = {path: state[key] for path, key in keys.items()}
    for place, node in enumerate(nodes):
        box, wires = node.box, node.ins[len(node.data) :]
        if not isinstance(box, Box) or box.generator is not HOM or len(box.dom) != 1 or not wires:
            continue
        whole = {k: box.op[k] for k in ("basis", "bias") if isinstance(box.op[k], Basis)}
        own = all(w in sources and len(readers[w]) == 1 for w in wires)
        if "basis" not in whole or not whole["basis"].count or not own:
            continue
        if box.op["bias"] is not None and "bias" not in whole:
            continue
        more = {name: _every(basis) for name, basis in whole.items()}
        dense = Op(HOM, **{**box.op.attrs, **more}).box(box.dom)
        for wire, spec in zip(wires, dense.resources):
            path = sources[wire].name
            basis = whole["bias" if spec.suffix == "bias" else "basis"]
            values[path] = _dense(basis, values[path])
            sources[wire] = replace(sources[wire], space=spec.space, init=spec.init)
            types[wire] = spec.space
        nodes[place] = replace(node, box=dense)
    plain = build(
        replace(graph, types=types, sources=sources, nodes=nodes),
        made.sizes,
        made.module_name,
        validate=False,
    )
    found = plain.module().to(next(iter(values.values())).dtype if values else None)
    found.load_state_dict({plain.parameters[p]: v for p, v in values.items()})
    return plain, found.eval()


def _every(basis: Basis) -> Basis:
    """One map for each entry: all linear maps of this shape."""
    places = np.arange(basis.size)
    return Basis(basis.shape, basis.size, places, places, np.ones(basis.size, dtype=np.int64))


def _dense(basis: Basis, weight: Any) -> Any:
    """Σ w[m] B[m], the places of the basis in front."""
    import torch

    table = np.zeros((basis.size, basis.count))
    table[basis.places, basis.which] = basis.floats()
    return torch.tensordot(torch.as_tensor(table), weight.double(), dims=1).to(weight.dtype)
