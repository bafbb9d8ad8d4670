"""Rows of the pointwise operations: one torch function each, or an infix operator."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, atom, binary, operand, power, row
from categorical.records import Box

#: torch's own function; ``relu`` and the kinks of others agree with the reference (0 at 0).
FUNCTIONS = {
    "abs": "torch.abs({x})",
    "cos": "torch.cos({x})",
    "elu": "F.elu({x})",
    "erf": "torch.erf({x})",
    "exp": "torch.exp({x})",
    "gelu": "F.gelu({x})",
    "gelu_tanh": 'F.gelu({x}, approximate="tanh")',
    "hard_tanh": "F.hardtanh({x})",
    "log": "torch.log({x})",
    "log1p": "torch.log1p({x})",
    "logsigmoid": "F.logsigmoid({x})",
    "mish": "F.mish({x})",
    "reciprocal": "torch.reciprocal({x})",
    "relu": "torch.relu({x})",
    "relu6": "F.relu6({x})",
    "rsqrt": "torch.rsqrt({x})",
    "sigmoid": "torch.sigmoid({x})",
    "sign": "torch.sign({x})",
    "silu": "F.silu({x})",
    "sin": "torch.sin({x})",
    "softplus": "F.softplus({x})",
    "softsign": "F.softsign({x})",
    "sqrt": "torch.sqrt({x})",
    "square": "torch.square({x})",
    "tanh": "torch.tanh({x})",
}

for _name, _text in FUNCTIONS.items():

    @row(_name)
    def _function(emit: Emit, box: Box, ins: list[str], text: str = _text) -> str:
        return text.format(x=ins[0])


@row("leaky_relu")
def _leaky_relu(emit: Emit, box: Box, ins: list[str]) -> str:
    return f"F.leaky_relu({ins[0]}, {emit.literal(float(box.op.attrs.get('slope', 0.01)))})"


@row("add", "sub", "mul", "div")
def _arithmetic(emit: Emit, box: Box, ins: list[str]) -> str:
    return binary({"add": "+", "sub": "-", "mul": "*", "div": "/"}[box.name], ins[0], ins[1])


@row("maximum", "minimum")
def _order(emit: Emit, box: Box, ins: list[str]) -> str:
    return f"torch.{box.name}({ins[0]}, {ins[1]})"


@row("scale")
def _scale(emit: Emit, box: Box, ins: list[str]) -> str:
    by = box.op["by"]
    if by == 1:
        return ins[0]
    return f"-{atom(ins[0])}" if by == -1 else f"{operand(ins[0])} * {emit.literal(by)}"


@row("scale_root")
def _scale_root(emit: Emit, box: Box, ins: list[str]) -> str:
    return f"{operand(ins[0])} * {power(emit.size(box.op['of']), '-0.5')}"
