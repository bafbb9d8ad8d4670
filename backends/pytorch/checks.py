"""Checks: what the root module asks of its inputs before it computes anything.

Definition.  Each input must have its rank, the sizes that ``Config`` fixes, and one value for each
late size that several axes share; masks must be boolean.  The message names the wire and its type as
the spec has it.  Conditions on late sizes are checked as well.  Submodules check nothing.

Law.  Checks read shapes only, so they hold no data, and ``torch.export`` turns them into guards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.pytorch import safety

if TYPE_CHECKING:
    from backends.pytorch.emit import Writer


def input_checks(writer: Writer) -> list[str]:
    """The statements that check the inputs of the root module."""
    graph, lines = writer.graph, []
    known: set[str] = set()
    for wire in graph.inputs:
        type_ = graph.types[wire]
        name = writer.values[wire]
        rank = len(type_.axes)
        tests = [f"{name}.dim() != {rank}"]
        for place, axis in enumerate(type_.axes):
            here = f"{name}.shape[{place - rank}]"
            symbols = axis.size.symbols
            late = symbols - writer.file.fixed
            if not late:
                tests.append(f"{here} != {writer.size(axis)}")
            elif late <= known and all(s in writer.sizes for s in late):
                tests.append(f"{here} != {writer.size(axis)}")
            elif len(symbols) == 1 and axis.size.conditions == frozenset():
                known |= symbols
                if _shared(writer, next(iter(symbols))):
                    writer.size(axis)
        if type_.kind == "bool":
            tests.append(f"{name}.dtype != torch.bool")
        wanted = safety.string(f"`{safety.prose(graph.wire_name(wire))}` must be {safety.prose(str(type_))}, got ")
        lines.append((tests, name, wanted))
    return [line for tests, name, wanted in lines for line in _guard(tests, name, wanted)]


def _shared(writer: Writer, symbol: str) -> bool:
    """Whether several axes of the inputs depend on a symbol."""
    count = sum(symbol in a.size.symbols for t in writer.graph.dom for a in t.axes)
    return count > 1


def _guard(tests: list[str], name: str, wanted: str) -> list[str]:
    body = wanted[1:-1].replace("{", "{{").replace("}", "}}")
    quote = wanted[0]
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


