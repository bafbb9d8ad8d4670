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
    first: list[list[str]] = [[] for _ in graph.inputs]
    then: dict[int, list[tuple[int, str]]] = {}
    for place, wire in enumerate(graph.inputs):
        type_, name = graph.types[wire], writer.values[wire]
        rank = len(type_.axes)
        first[place].append(f"{name}.dim() != {rank}")
        for position, axis in enumerate(type_.axes):
            here = f"{name}.shape[{position - rank}]"
            late = axis.size.symbols - writer.file.fixed
            if not late:
                first[place].append(f"{here} != {writer.size(axis)}")
                continue
            reads = [writer.reading(symbol) for symbol in sorted(late)]
            own = [r for r in reads if r and (r.place, r.position) == (place, position)]
            if own:
                if own[0].refusal:
                    first[place].append(own[0].refusal.replace("x.shape", f"{name}.shape"))
                for symbol in sorted(late):
                    if _shared(writer, symbol):
                        writer.size(Size.symbol(symbol))
            elif None not in reads or late <= set(writer.sizes):
                test = f"{here} != {writer.size(axis)}"
                at = max([place, *(r.place for r in reads if r)])
                then.setdefault(at, []).append((place, test))
        if type_.kind == "bool":
            first[place].append(f"{name}.dtype != torch.bool")
    for place, wire in enumerate(graph.inputs):
        tests = [first[place]]
        read = [text for at, text in writer.heads if at == place]
        later = then.get(place, [])
        if not read:
            tests[0] += [test for of, test in later if of == place]
            later = [one for one in later if one[0] != place]
        lines += _guard(tests[0], writer.values[wire], _wanted(writer, place)) + read
        for of in sorted({of for of, _ in later}):
            chosen = [test for one, test in later if one == of]
            name = writer.values[graph.inputs[of]]
            lines += _guard(chosen, name, _wanted(writer, of))
    return lines


def _wanted(writer: Scope, place: int) -> str:
    wire = writer.graph.inputs[place]
    type_ = writer.graph.types[wire]
    return (
        f"`{safety.prose(writer.graph.wire_name(wire))}` must be {safety.prose(str(type_))}, got "
    )


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
