"""Factoring: a diagram pools its sources, carries a few indices through, and spreads them.

Definition.  The *core* of a diagram is the array of its kept indices.  The source half takes
diagonals and sums the other indices; the target half puts the core on diagonals and repeats it.
Diagrams are numbered core by core, from the most kept indices to none, and in a core target half by
target half, so that each core is one block of the weight.

Law.  Of all diagrams without ε, those with one kind of core are *all* pairs of a source half and a
target half: hence one product of matrices mixes the channels of a whole core.

>>> from categorical.diagrams import partition_diagrams
>>> [(len(c.indices), len(c.outs), len(c.pools), c.first) for c in cores(partition_diagrams(2, 2))]
[(2, 2, 1, 0), (1, 3, 3, 2), (0, 2, 2, 11)]

Some of the diagrams alone do not factor so:

>>> cores(partition_diagrams(2, 2).choose((0, 1, 5)))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: these diagrams do not factor
...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from categorical.diagrams.diagram import Blocks, Diagram, Port
from categorical.errors import SpecError

if TYPE_CHECKING:
    from categorical.diagrams.sets import Diagrams


@dataclass(frozen=True)
class Half:
    """Blocks of the ports of one side, numbered from 0, and which of them are kept: one block for
    each index of the core, in its order."""

    blocks: Blocks
    kept: tuple[int, ...]

    @property
    def order(self) -> tuple[object, ...]:
        """Fine patterns first."""
        return (-len(self.blocks), self.blocks, self.kept)


@dataclass(frozen=True)
class Core:
    """``indices`` are the kinds of the kept indices.  The diagram of the target half ``o`` and
    the source half ``p`` has the number ``first + o · len(pools) + p``."""

    indices: tuple[Port, ...]
    outs: tuple[Half, ...]
    pools: tuple[Half, ...]
    first: int


def halves(one: Diagram, kind: Callable[[int], Port]) -> tuple[tuple[Port, ...], Half, Half]:
    """(kinds of the kept indices, target half, source half); ``kind`` is that of a port."""
    l = one.targets
    outs = sorted(tuple(p for p in b if p < l) for b in (*one.blocks, *one.epsilons) if b[0] < l)
    pools = sorted(
        tuple(p - l for p in b if p >= l) for b in (*one.blocks, *one.epsilons) if b[-1] >= l
    )
    kept = sorted(one.kept, key=lambda b: (kind(b[0]), min(p for p in b if p >= l)))
    out = tuple(outs.index(tuple(p for p in b if p < l)) for b in kept)
    pool = tuple(pools.index(tuple(p - l for p in b if p >= l)) for b in kept)
    return tuple(kind(b[0]) for b in kept), Half(tuple(outs), out), Half(tuple(pools), pool)


def numbering(one: Diagram, kind: Callable[[int], Port]) -> tuple[object, ...]:
    """What the diagrams of a set are sorted by."""
    indices, out, pool = halves(one, kind)
    return (bool(one.epsilons), -len(indices), indices, out.order, pool.order, one.epsilons)


def cores(diagrams: Diagrams) -> tuple[Core, ...]:
    """The cores of all diagrams of a set, in order."""
    if not factors(diagrams):
        raise SpecError(
            "CM044",
            "these diagrams do not factor",
            facts=[("diagrams", diagrams)],
            help=["all diagrams of a family without ε do"],
        )
    found: dict[tuple[Port, ...], tuple[list[Half], list[Half], int]] = {}
    for number, one in enumerate(diagrams.diagrams):
        indices, out, pool = halves(one, diagrams.kind)
        outs, pools, _ = found.setdefault(indices, ([], [], number))
        if out not in outs:
            outs.append(out)
        if pool not in pools:
            pools.append(pool)
    return tuple(
        Core(indices, tuple(outs), tuple(pools), first)
        for indices, (outs, pools, first) in found.items()
    )


def factors(diagrams: Diagrams) -> bool:
    """Whether the law holds of this set: it has all diagrams of its families, and none has ε."""
    return diagrams.only is None and not any(one.epsilons for one in diagrams.diagrams)
