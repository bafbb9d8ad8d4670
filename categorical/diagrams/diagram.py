"""Diagrams: blocks of ports, composed by joining the ports in the middle.

Definition.  A diagram from k to l points is a set of blocks of the ports 0, …, l + k − 1: the l
targets first, then the k sources.  ``epsilons`` are blocks that carry a Levi-Civita symbol.

Laws.  Diagrams are the arrows of a monoidal category: ``after`` is associative with ``identity``,
``beside`` is functorial, and ``T`` reverses both.  A block that lies in the middle alone is
removed, and counts: it is a factor of n.

>>> swap, copy = Diagram(2, 2, ((0, 3), (1, 2))), Diagram(2, 1, ((0, 1, 2),))
>>> swap.after(copy) == (copy, ()), copy.T.after(copy)
(True, (Diagram(1, 1, [[0, 1]]), ()))
>>> mean = Diagram(0, 1, ((0,),))
>>> mean.after(mean.T)
(Diagram(0, 0, []), ((0,),))

Every port is in one block:

>>> Diagram(1, 1, ((0,),))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: [[0]] are no blocks of 2 ports
...
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from categorical.errors import SpecError

Blocks = tuple[tuple[int, ...], ...]
Some = Iterable[Iterable[int]]


class Port(NamedTuple):
    """One index: the number of its factor (the group that acts on it), and whether it is in the
    dual space."""

    factor: int = 0
    dual: bool = False


@dataclass(frozen=True, repr=False)
class Diagram:
    """See the module.  Blocks ascend, and are sorted by their first port."""

    targets: int
    sources: int
    blocks: Blocks
    epsilons: Blocks = ()

    def __post_init__(self) -> None:
        ports = [p for block in (*self.blocks, *self.epsilons) for p in block]
        if sorted(ports) != list(range(self.targets + self.sources)):
            named = [list(b) for b in (*self.blocks, *self.epsilons)]
            raise SpecError(
                "CM042", f"{named} are no blocks of {self.targets + self.sources} ports"
            )

    @classmethod
    def of(cls, targets: int, sources: int, blocks: Some, epsilons: Some = ()) -> Diagram:
        """From blocks in any order."""
        return cls(targets, sources, _sorted(blocks), _sorted(epsilons))

    @classmethod
    def identity(cls, points: int) -> Diagram:
        return cls(points, points, tuple((i, points + i) for i in range(points)))

    # --- the category ----------------------------------------------------------------------------

    def after(self, first: Diagram) -> tuple[Diagram, Blocks]:
        """The composite, and the blocks of middle points that are closed: each is a factor of n."""
        self._without_epsilon("composed")
        first._without_epsilon("composed")
        if self.sources != first.targets:
            raise SpecError(
                "CM001", f"{self} takes {self.sources} points, and {first} gives {first.targets}"
            )
        middle, outer = self.sources, self.targets + first.sources
        # ports: targets of the second, sources of the first, then the middle
        mine = [p if p < self.targets else outer + p - self.targets for p in self._ports]
        theirs = [outer + p if p < middle else self.targets + p - middle for p in first._ports]
        root = list(range(outer + middle))

        def find(p: int) -> int:
            while root[p] != p:
                p = root[p]
            return p

        for blocks, name in ((self.blocks, mine), (first.blocks, theirs)):
            for block in blocks:
                for p in block[1:]:
                    root[find(name[p])] = find(name[block[0]])
        joined: dict[int, list[int]] = {}
        for p in range(outer + middle):
            joined.setdefault(find(p), []).append(p)
        open_ = [[p for p in b if p < outer] for b in joined.values()]
        closed = [[p - outer for p in b] for b in joined.values() if b[0] >= outer]
        found = Diagram.of(self.targets, first.sources, [b for b in open_ if b])
        return found, _sorted(closed)

    def beside(self, other: Diagram) -> Diagram:
        """The tensor product: the targets of both, then the sources of both."""
        targets, sources = self.targets + other.targets, self.sources + other.sources
        mine = [p if p < self.targets else p + other.targets for p in self._ports]
        theirs = [
            p + self.targets if p < other.targets else p + self.targets + self.sources
            for p in other._ports
        ]
        return Diagram.of(
            targets,
            sources,
            [*_renamed(self.blocks, mine), *_renamed(other.blocks, theirs)],
            [*_renamed(self.epsilons, mine), *_renamed(other.epsilons, theirs)],
        )

    @property
    def T(self) -> Diagram:
        """The transpose."""
        self._without_epsilon("transposed")
        name = [p + self.sources if p < self.targets else p - self.targets for p in self._ports]
        return Diagram.of(self.sources, self.targets, _renamed(self.blocks, name))

    # --- parts -----------------------------------------------------------------------------------

    @property
    def summed(self) -> Blocks:
        """Blocks of sources alone: an index that is summed."""
        return tuple(b for b in self.blocks if b[0] >= self.targets)

    @property
    def spread(self) -> Blocks:
        """Blocks of targets alone: an index along which the result is constant."""
        return tuple(b for b in self.blocks if b[-1] < self.targets)

    @property
    def kept(self) -> Blocks:
        """Blocks with sources and targets: an index that is carried through."""
        return tuple(b for b in self.blocks if b[0] < self.targets <= b[-1])

    @property
    def _ports(self) -> range:
        return range(self.targets + self.sources)

    def _without_epsilon(self, what: str) -> None:
        if self.epsilons:
            raise SpecError(
                "CM044",
                f"a diagram with ε cannot be {what} alone",
                help=["the result is a combination of diagrams: use their tensors at this size"],
            )

    def __repr__(self) -> str:
        more = f", ε{[list(b) for b in self.epsilons]}" if self.epsilons else ""
        return f"Diagram({self.targets}, {self.sources}, {[list(b) for b in self.blocks]}{more})"


def _renamed(blocks: Blocks, name: list[int]) -> list[list[int]]:
    return [[name[p] for p in block] for block in blocks]


def _sorted(blocks: Some) -> Blocks:
    return tuple(sorted(tuple(sorted(b)) for b in blocks))
