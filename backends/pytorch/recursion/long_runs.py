"""Long runs: sizes at which a scan has chunks, for validation.

Definition.  A file with a parallel scan takes another path where the steps are many, so it is
compared at a length that has several chunks and a rest as well.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import fold
>>> t, n = Dim.named("t n")
>>> graph = fold(op.mul.at(Real[n], Real[n]), over=t).graph()
>>> list(long_runs("def prefixes(", graph))
[{'n': 3, 't': 27}]

A file without one needs no more than small sizes:

>>> list(long_runs("def forward(", graph))
[]
"""

from __future__ import annotations

from collections.abc import Iterator

from categorical.assignments import completed
from categorical.graph import Graph

LENGTHS = range(27, 64)  # three chunks of eight and a rest of three; else what the sizes admit


def long_runs(source: str, graph: Graph) -> Iterator[dict[str, int]]:
    """At most one assignment of sizes, where the source has a scan."""
    if "def prefixes(" not in source:
        return
    along = {
        symbol
        for _, node in graph.walk()
        if node.box.name == "scan"
        for symbol in node.box.attrs["over"].size.symbols
    }
    for length in LENGTHS if along else ():
        found = completed(graph.conditions(), graph.dims, dict.fromkeys(along, length))
        if found is not None:
            yield found
            return
