"""Checks: what the root module asks of its inputs before it computes anything.

Definition.  Each input must have its rank, the sizes that ``Config`` fixes, and one value for each
late size that several axes share; masks must be boolean.  The message names the wire and its type
as the spec has it.  Submodules check nothing.

Law.  Checks read shapes only, so they hold no data, and ``torch.export`` turns them into guards.

>>> import torch
>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> n, c, k = Dim.named("n c k")
>>> net = (op.linear(c, k) >> op.mean(n)).at(Real[n, c])
>>> module = build(net, {"c": 4, "k": 2}, "net").module()
>>> module(torch.zeros(5, 4)).shape
torch.Size([2])

Another width than the weights have is refused, in the words of the spec:

>>> module(torch.zeros(5, 3))
Traceback (most recent call last):
...
ValueError: `x` must be Real[n, c], got (5, 3)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.pytorch import safety
from categorical.sizes import Size

if TYPE_CHECKING:
    from backends.pytorch.scope import Scope


def input_checks(writer: Scope) -> list[str]:
    """The statements that check the inputs of the root module and read the late sizes."""
    graph, lines = writer.graph, []
    known: set[str] = set()
    for place, wire in enumerate(graph.inputs):
        type_, name = graph.types[wire], writer.values[wire]
        rank = len(type_.axes)
        first, then = [f"{name}.dim() != {rank}"], []
        for position, axis in enumerate(type_.axes):
            here = f"{name}.shape[{position - rank}]"
            late = axis.size.symbols - writer.file.fixed
            if not late:
                first.append(f"{here} != {writer.size(axis)}")
            elif late <= known:
                then.append(f"{here} != {writer.size(axis)}")
            else:
                for symbol in sorted(late):
                    if _shared(writer, symbol):
                        writer.size(Size.symbol(symbol))
                known |= {s for s in late if s in writer.sizes}
        if type_.kind == "bool":
            first.append(f"{name}.dtype != torch.bool")
        wanted = f"`{safety.prose(graph.wire_name(wire))}` must be {safety.prose(str(type_))}, got "
        read = [text for at, text in writer.heads if at == place]
        if not read:
            first, then = first + then, []
        lines += _guard(first, name, wanted) + read
        if then:
            lines += _guard(then, name, wanted)
    return lines


def _shared(writer: Scope, symbol: str) -> bool:
    """Whether several axes of the inputs depend on a symbol."""
    count = sum(symbol in a.size.symbols for t in writer.graph.dom for a in t.axes)
    return count > 1


def _guard(tests: list[str], name: str, wanted: str) -> list[str]:
    text = safety.string(wanted)
    body, quote = text[1:-1].replace("{", "{{").replace("}", "}}"), text[0]
    message = f"f{quote}{body}{{tuple({name}.shape)}}{quote}"
    head = "        if " + " or ".join(tests) + ":"
    lines = [head]
    if len(head) > 100:
        rest = [f"            {'or ' if i else ''}{t}" for i, t in enumerate(tests)]
        lines = ["        if (", *rest, "        ):"]
    whole = f"            raise ValueError({message})"
    if len(whole) <= 100:
        return [*lines, whole]
    return [*lines, "            raise ValueError(", f"                {message}", "            )"]
