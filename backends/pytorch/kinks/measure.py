"""Measure: what autograd of the installed torch gives at a case, and the reference beside it.

Definition.  ``measured`` builds the module of a case's arrow (or evaluates its spelling), in
float64, and takes the gradient of ⟨cotangent, output⟩ with respect to every real input.
``forwards`` is the same vector from dual numbers, one run for each entry of each input, and
``backwards`` from the reverse derivative of the arrow.

>>> from backends.pytorch.kinks.cases import CASES
>>> row = measured(CASES["hard_tanh"])
>>> row.expression, row.point, row.gradient
('F.hardtanh(x)', '-1 1', '0 0')
>>> forwards(CASES["hard_tanh"]), backwards(CASES["hard_tanh"])
('0 0', '0 0')

A spelling has no reference meaning:

>>> backwards(CASES["cummax"])
Traceback (most recent call last):
...
ValueError: `cummax` is torch's own: no arrow has its meaning
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from backends.pytorch.build import build
from backends.pytorch.kinks.cases import Case
from categorical.derivatives import reverse
from categorical.graph import Graph
from categorical.records import Context
from categorical.semantics.duals import Dual, DualAlgebra
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run


class Row(NamedTuple):
    """One line of the table, as text."""

    name: str
    expression: str
    point: str
    gradient: str


def number(value: float) -> str:
    """A number to ten digits, 0 without a sign."""
    return f"{value + 0.0:.10g}".replace("-nan", "nan")


def numbers(values: Sequence[Any]) -> str:
    """Vectors as text: entries apart by a space, vectors by a bar."""
    return " | ".join(" ".join(map(number, np.ravel(v).tolist())) for v in values)


def measured(case: Case) -> Row:
    """The row of a case under the installed torch."""
    point = numbers([np.asarray(v, dtype=np.float64) for v in case.inputs])
    inputs = [_tensor(v) for v in case.inputs]
    if case.arrow is None:
        scope = {"torch": torch, "F": F, **dict(zip("xyz", inputs))}
        output, expression = eval(case.spelled, scope), case.spelled
    else:
        made = build(case.arrow, {}, "row", validate=False)
        output = made.module()(*inputs, *(_size(case, made.graph, s) for s in made.late))
        expression = written(made.source, made.class_name)
    reals = [x for x in inputs if x.requires_grad]
    if not output.requires_grad:
        raise ValueError(f"`{case.name}`: torch gives no gradient for {expression}")
    found = torch.autograd.grad(output, reals, _cotangent(case, output))
    return Row(case.name, expression, point, numbers([g.numpy() for g in found]))


def _tensor(values: list[Any]) -> Tensor:
    made = torch.tensor(values)
    if made.is_floating_point():
        return made.to(torch.float64).requires_grad_()
    return made


def _cotangent(case: Case, output: Tensor) -> Tensor:
    if case.cotangent is None:
        return torch.ones_like(output)
    return output.new_tensor(case.cotangent)


def _size(case: Case, graph: Graph, symbol: str) -> int:
    """A size that no input tells: that of the values of an index, one more than the largest."""
    return sizes_of(case, graph)[symbol]


def sizes_of(case: Case, graph: Graph) -> dict[str, int]:
    """The sizes of a case: read off its inputs."""
    sizes: dict[str, int] = {}
    for wire, values in zip(graph.inputs, case.inputs, strict=True):
        type_, array = graph.types[wire], np.asarray(values)
        for one, size in zip(type_.axes, array.shape, strict=True):
            sizes.update(dict.fromkeys(one.size.symbols, size))
        if type_.kind == "fin" and type_.values is not None:
            largest = int(array.max()) + 1
            for symbol in type_.values.size.symbols:
                sizes[symbol] = max(sizes.get(symbol, 0), largest)
    return sizes


def written(source: str, class_name: str) -> str:
    """The expression of a generated module on one line: its statements but for checks and sizes."""
    classes = [c for c in ast.parse(source).body if isinstance(c, ast.ClassDef)]
    [main] = [c for c in classes if c.name == class_name]
    [forward] = [f for f in main.body if isinstance(f, ast.FunctionDef) and f.name == "forward"]
    lines = [ast.unparse(s) for s in forward.body if isinstance(s, (ast.Assign, ast.Return))]
    kept = [line for line in lines if ".shape[" not in line]
    return "; ".join(line.removeprefix("return ") for line in kept)


# --- the reference --------------------------------------------------------------------------------


def _declared(case: Case) -> tuple[Graph, dict[str, int], list[Any]]:
    """The arrow of a case as it was declared, its sizes and its inputs."""
    if case.arrow is None:
        raise ValueError(f"`{case.name}` is torch's own: no arrow has its meaning")
    graph = case.arrow.graph()
    return graph, sizes_of(case, graph), [np.asarray(v) for v in case.inputs]


def _weights(case: Case, output: Any) -> Any:
    return np.ones(np.shape(output)) if case.cotangent is None else np.asarray(case.cotangent)


def backwards(case: Case) -> str:
    """The gradient of the reference meaning: its reverse derivative at the cotangent."""
    graph, sizes, values = _declared(case)
    assert case.arrow is not None
    context = Context(FloatAlgebra(), sizes)
    with np.errstate(all="ignore"):
        [output] = run(graph, context, values, {}).outputs
        given = [*values, _weights(case, output)]
        return numbers(run(reverse(case.arrow).graph(), context, given, {}).outputs)


def forwards(case: Case) -> str:
    """The gradient of the reference meaning, by one dual number for each entry of each input."""
    graph, sizes, values = _declared(case)
    context = Context(DualAlgebra(), sizes)
    real = [i for i, v in enumerate(values) if v.dtype == np.float64]
    found = []
    for place in real:
        gradient = np.zeros(values[place].size)
        for entry in range(gradient.size):
            inputs: list[Any] = list(values)
            for i in real:
                tangent = np.zeros(values[i].size)
                if i == place:
                    tangent[entry] = 1.0
                inputs[i] = Dual(values[i], tangent.reshape(values[i].shape))
            with np.errstate(all="ignore"):
                [output] = run(graph, context, inputs, {}).outputs
            gradient[entry] = _paired(_weights(case, output.value), output.tangent)
        found.append(gradient)
    return numbers(found)


def _paired(weights: Any, tangent: Any) -> float:
    """⟨weights, tangent⟩, in which a weight 0 asks for nothing."""
    with np.errstate(all="ignore"):
        return float(np.sum(np.where(weights != 0, weights * tangent, 0.0)))
