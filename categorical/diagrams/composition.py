"""Composition of layers of diagrams: again a layer of diagrams, with known weights.

Definition.  The composite of diagram i of one set after diagram j of another is a sign times a
power of each size times one diagram.  ``composed`` lists these; ``weights`` applies them, so that
two layers (without anything between them) are one.

Laws.  The tensor of the composite is the composite of the tensors.  Signs come from symplectic
forms alone: a path that meets N of them is (−1)^⌊N/2⌋ times a form or the identity.

>>> from categorical.diagrams import partition_diagrams
>>> deep_sets = partition_diagrams(1, 1, scale="sum")
>>> both, terms = composed(deep_sets, deep_sets)
>>> [(t.second, t.first, t.number, t.powers) for t in terms]
[(0, 0, 0, (0,)), (0, 1, 1, (0,)), (1, 0, 1, (0,)), (1, 1, 1, (1,))]

With means no size is left: the mean of means is the mean.

>>> means = partition_diagrams(1, 1)
>>> [t.powers for t in composed(means, means)[1]]
[(0,), (0,), (0,), (0,)]

Layers on different indices do not compose:

>>> composed(partition_diagrams(2, 1), deep_sets)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM001]: these diagrams do not compose
...
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from categorical.diagrams.diagram import Diagram
from categorical.diagrams.sets import Diagrams, Sizes
from categorical.errors import SpecError


class Term(NamedTuple):
    """Diagram ``second`` after diagram ``first`` is ``sign · Π sizeᵖᵒʷᵉʳ`` times ``number``."""

    second: int
    first: int
    number: int
    sign: int
    powers: tuple[int, ...]


def composed(second: Diagrams, first: Diagrams) -> tuple[Diagrams, tuple[Term, ...]]:
    """The diagrams of the composite, and every composite of two; all without ε."""
    same = second.factors == first.factors and second.scale == first.scale
    if not same or second.sources != first.targets:
        raise SpecError(
            "CM001",
            "these diagrams do not compose",
            facts=[("first", first), ("second", second)],
            help=["the targets of the first are the sources of the second, on the same groups"],
        )
    both = Diagrams(second.factors, second.targets, first.sources, second.scale)
    number = {one: i for i, one in enumerate(both.diagrams)}
    terms = []
    for i, g in enumerate(second.diagrams):
        for j, f in enumerate(first.diagrams):
            found, closed = g.after(f)
            powers = [0] * len(both.factors)
            for block in closed:
                powers[second.sources[block[0]].factor] += 1
            for of, one, by in ((second, g, -1), (first, f, -1), (both, found, 1)):
                for factor in averaged(of, one):
                    powers[factor] += by
            sign = _sign(second, g, first, f)
            terms.append(Term(i, j, number[found], sign, tuple(powers)))
    return both, tuple(terms)


def averaged(of: Diagrams, one: Diagram) -> list[int]:
    """The factors of the indices over which a diagram takes a mean."""
    if of.scale == "sum":
        return []
    own = (of.ports[b[0]].factor for b in one.summed)
    return [f for f in own if of.factors[f].plain == "partition"]


def weights(
    second: Diagrams, first: Diagrams, after: Any, before: Any, sizes: Sizes
) -> NDArray[np.float64]:
    """The weight (maps, k, c) of the composite layer, from those of two, (maps, k, h) and
    (maps, h, c)."""
    both, terms = composed(second, first)
    known = second.sizes(sizes)
    a, b = np.asarray(after, dtype=float), np.asarray(before, dtype=float)
    found = np.zeros((both.count, a.shape[1], b.shape[2]))
    for t in terms:
        factor = float(t.sign)
        for n, power in zip(known, t.powers):
            factor *= float(n) ** power
        found[t.number] += factor * (a[t.second] @ b[t.first])
    return found


def _sign(second: Diagrams, g: Diagram, first: Diagrams, f: Diagram) -> int:
    """The sign of g after f: that of all paths and loops through symplectic forms."""
    if not any(one.plain == "symplectic" for one in second.factors):
        return 1
    edges: dict[tuple[str, int], list[tuple[tuple[str, int], int]]] = {}
    for of, one in ((second, g), (first, f)):
        for block in one.blocks:
            if of.factors[of.ports[block[0]].factor].plain != "symplectic":
                continue
            formed = int(of.lower(block[0]) == of.lower(block[1]))
            a, b = (_place(of is second, one, p) for p in block)
            # backwards, a form is its negative: 1 forwards, −1 backwards, 0 where there is none
            edges.setdefault(a, []).append((b, formed))
            edges.setdefault(b, []).append((a, -formed))
    ends = [("to", p) for p in range(g.targets)] + [("from", p) for p in range(f.sources)]
    sign, seen = 1, set()
    middle = [("middle", p) for p in range(g.sources)]
    for start in [*ends, *middle]:  # paths from their smaller end, then loops
        if start in seen or start not in edges:
            continue
        here, forms, came = start, 0, None
        while True:
            seen.add(here)
            ways = [w for i, w in enumerate(edges[here]) if (here, i) != came]
            if not ways or (here == start and came is not None):
                break
            there, form = ways[0]
            back = next(
                i
                for i, (node, f_) in enumerate(edges[there])
                if node == here and f_ == -form and (there, i) not in [came]
            )
            sign *= -1 if form < 0 else 1
            forms += abs(form)
            here, came = there, (there, back)
        sign *= (-1) ** (forms // 2)
    return sign


def _place(is_second: bool, one: Diagram, port: int) -> tuple[str, int]:
    if is_second:
        return ("to", port) if port < one.targets else ("middle", port - one.targets)
    return ("middle", port) if port < one.targets else ("from", port - one.targets)
