"""Rows of opaque functions: torch's own are called by name, others through an imported helper."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, row
from categorical.graph import Graph
from categorical.ops.opaque import short
from categorical.records import Box


@row("opaque")
def _opaque(emit: Emit, box: Box, ins: list[str]) -> str | tuple[str, ...]:
    name: str = box.op["torch"]
    if ":" in name:
        module, function = name.split(":")
        name = emit.helper(f"call_{function}", _helper(module, function))
    call = f"{name}({', '.join(ins)})"
    if len(box.cod) == 1:
        return call
    results = emit.line(call, None, short(box.op["torch"]))
    return tuple(f"{results}[{i}]" for i in range(len(box.cod)))


def _helper(module: str, function: str) -> str:
    return (
        f"def call_{function}(*inputs: Tensor) -> Tensor:\n"
        f'    """The function `{function}` of `{module}`, which the spec names."""\n'
        f"    from {module} import {function}\n\n"
        f"    return {function}(*inputs)"
    )


def imports(graph: Graph) -> frozenset[tuple[str, str]]:
    """The modules and functions that the opaque boxes of a graph name, outside torch."""
    names = {node.box.op["torch"] for _, node in graph.walk() if node.box.name == "opaque"}
    return frozenset(tuple(n.split(":")) for n in names if ":" in n)  # type: ignore[misc]
