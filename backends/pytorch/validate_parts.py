"""Validation of what a pass through a module does not show: its exported program, and its cells.

Definition.  A run by a library kernel never calls the class of its cell, which is one step: each is
called on its own at a random point and compared with the reference meaning.  The exported program
(strict, the batch dynamic) is compared where the contract of the file says that it exports.

Law.  As for modules: a difference is refused with CM040.

>>> from backends.pytorch.build import build
>>> from backends.pytorch.validate import validate
>>> from categorical import Dim
>>> from categorical.composites import elman_cell
>>> from categorical.recursion import fold
>>> t, a, s = Dim.named("t a s")
>>> made = build(fold(elman_cell(a, s), over=t, start=0), {"a": 3, "s": 4}, "demo", validate=False)
>>> validate(made)["cells"]
1

A cell that is not the one of the spec is refused, though the kernel is right:

>>> made.source = made.source.replace("= torch.tanh(", "= torch.sin(")
>>> validate(made)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM040]: the generated file disagrees with the spec
   = difference  relative error ...
   = at          the cell `cell`, called on its own
...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backends.pytorch.points import (
    TOLERANCE,
    assignments_of,
    finite_point,
    gap_of,
    module_at,
    random_point,
    refused,
    rounded,
)
from backends.pytorch.recursion.checkpoints import stacks_of
from backends.pytorch.scope import ClassText
from categorical.records import EVAL, Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

if TYPE_CHECKING:
    from backends.pytorch.made import Build


def compare_cells(build: Build, space: Any, seed: int) -> int:
    """The cells of runs by kernels, each called on its own; how many there are."""
    import torch

    if "run_" not in build.source:  # no kernel: nothing to look for
        return 0
    found = {
        f"{prefix}{one.node.name}": one
        for prefix, stack in stacks_of(build).values()
        for one in stack.runs
    }
    rng, sizes = np.random.default_rng(seed), {**next(assignments_of(build.graph))}
    for path, one in found.items():
        region = one.node.box.regions[0]
        whole = random_point(build.graph, sizes, EVAL, rng)
        module = module_at(build, space, whole)
        point = random_point(region, sizes, EVAL, rng)
        point.resources = {name: whole.resources[f"{path}.{name}"] for name in region.resources()}
        wanted = run(region, Context(FloatAlgebra(), sizes, EVAL), point.inputs, point.resources)
        name, text = _place(build.main, path)
        inputs = [torch.as_tensor(x) for x in point.inputs]
        where = f"the cell `{path}`, called on its own"
        try:
            with torch.no_grad():
                outputs = module.get_submodule(name)(*inputs, *(sizes[s] for s in text.late))
        except Exception as problem:  # whatever it is, the class is wrong
            raise refused(f"{type(problem).__name__}: {problem}", where, point) from problem
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        for y, want in zip(outputs, wanted.outputs, strict=True):
            gap = gap_of(y.numpy(), np.asarray(want))
            if not gap <= TOLERANCE and not rounded(region, point, y, want, gap):
                raise refused(f"relative error {gap:.1e}", where, point)
    return len(found)


def _place(text: ClassText, path: str) -> tuple[str, ClassText]:
    """The attribute path and the class of the module of an operator."""
    names = []
    while path:
        instance = next(n for n in text.children if f"{path}.".startswith(f"{n}."))
        attribute, text, _ = text.children[instance]
        names.append(attribute)
        path = path[len(instance) + 1 :]
    return ".".join(names), text


def compare_export(build: Build, space: Any, seed: int) -> str:
    """The exported program (strict, the batch dynamic) against the reference, in eval mode."""
    import torch

    graph, rng = build.graph, np.random.default_rng(seed)
    sizes = {**next(assignments_of(graph))}
    leading = [bool(t.axes) and str(t.axes[0]) == "batch" for t in graph.dom]
    if any(leading):
        sizes["batch"] = max(sizes["batch"], 2)  # export takes sizes of 0 and 1 for constants
    point = finite_point(graph, sizes, EVAL, rng)
    wanted = run(graph, Context(FloatAlgebra(), sizes, EVAL), point.inputs, point.resources)
    module = module_at(build, space, point)
    inputs = (*(torch.as_tensor(x) for x in point.inputs), *(sizes[s] for s in build.late))
    batch = torch.export.Dim("batch", min=2)
    shapes = (*({0: batch} if b else None for b in leading), *(None for _ in build.late))
    try:
        program = torch.export.export(
            module, inputs, dynamic_shapes=shapes if any(leading) else None, strict=True
        )
        found = program.module()(*inputs)
    except Exception as problem:  # whatever it is, the module does not export
        raise refused(f"{type(problem).__name__}: {problem}", "torch.export", point) from problem
    found = found if isinstance(found, tuple) else (found,)
    for wire, y, want in zip(graph.outputs, found, wanted.outputs, strict=True):
        gap = gap_of(y.detach().numpy(), np.asarray(want))
        if not gap <= TOLERANCE and not rounded(graph, point, y, want, gap):
            where = f"`{graph.wire_name(wire)}`, exported"
            raise refused(f"relative error {gap:.1e}", where, point)
    return "agrees"
