"""Sets of diagrams: all equivariant linear maps of tensors at once, at every size.

Definition.  ``Diagrams(factors, targets, sources)`` are all diagrams on ports, each of which
belongs to one factor (a group acting on a dimension).  A diagram of a product of groups is one for
each factor.  With ``scale="mean"`` every index that is summed is averaged (in ``partition``
factors), so that trained weights keep their meaning at another size; with ``"sum"`` it is added up.

Laws.  The tensors at a size span all maps that are equivariant under the product of the groups;
``independent_at`` are a basis of them, ``dimension_at`` many, counted another way.  Composition of
diagrams is composition of tensors (``Diagram.after``; a closed block is a factor of n).

>>> layer = partition_diagrams(2, 2)
>>> layer, layer.count, [layer.dimension_at(n) for n in (2, 3, 4, 100)]
(Diagrams partition(n): n n → n n, 15, [8, 14, 15, 15])
>>> layer.at(2)
<basis of 8 tensors 4×4, ac513cf0>
>>> exchangeable = Diagrams((Factor("partition", "n"), Factor("partition", "m")), (0, 1), (0, 1))
>>> exchangeable.count
4

A port of a factor that is not there is refused:

>>> Diagrams((Factor("partition"),), (0,), (1,))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: a port of factor 1, and there is 1 factor
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np

from categorical.diagrams.diagram import Diagram, Port
from categorical.diagrams.factoring import numbering
from categorical.diagrams.family import Factor, levi_civita
from categorical.errors import SpecError
from categorical.exact.basis import Basis

LARGEST = 50_000_000
"""Entries of all tensors together."""

Sizes = int | Sequence[int] | Mapping[str, int]


@dataclass(frozen=True, init=False, repr=False)
class Diagrams:
    """See the module.  ``only`` restricts to some of the diagrams, by number."""

    factors: tuple[Factor, ...]
    targets: tuple[Port, ...]
    sources: tuple[Port, ...]
    scale: str
    only: tuple[int, ...] | None

    def __init__(
        self,
        factors: Sequence[Factor],
        targets: Sequence[int | Port],
        sources: Sequence[int | Port],
        scale: str = "mean",
        only: Sequence[int] | None = None,
    ) -> None:
        if scale not in ("mean", "sum"):
            raise SpecError("CM042", f"diagrams are scaled as `mean` or as `sum`, not as {scale!r}")
        ports = [
            tuple(p if isinstance(p, Port) else Port(p) for p in g) for g in (targets, sources)
        ]
        for port in (*ports[0], *ports[1]):
            if not 0 <= port.factor < len(factors):
                are = "is 1 factor" if len(factors) == 1 else f"are {len(factors)} factors"
                raise SpecError("CM042", f"a port of factor {port.factor}, and there {are}")
        for name, value in (
            ("factors", tuple(factors)),
            ("targets", ports[0]),
            ("sources", ports[1]),
            ("scale", scale),
            ("only", None if only is None else tuple(only)),
        ):
            object.__setattr__(self, name, value)

    # --- which -----------------------------------------------------------------------------------

    @cached_property
    def ports(self) -> tuple[Port, ...]:
        """Targets first."""
        return (*self.targets, *self.sources)

    def kind(self, port: int) -> Port:
        """What a port can be carried to: another port of its kind."""
        factor, dual = self.ports[port]
        return Port(factor, dual and self.factors[factor].plain == "walled")

    @cached_property
    def _own(self) -> tuple[tuple[tuple[int, ...], tuple[bool, ...]], ...]:
        """For each factor: its ports, and which of them are lower."""
        found = []
        for f in range(len(self.factors)):
            mine = tuple(p for p, port in enumerate(self.ports) if port.factor == f)
            lower = tuple(self.lower(p) for p in mine)
            if self.factors[f].plain != "walled":
                lower = (False,) * len(mine)
            found.append((mine, lower))
        return tuple(found)

    @cached_property
    def _parts(self) -> tuple[tuple[Any, ...], ...]:
        return tuple(f.diagrams(lower) for f, (_, lower) in zip(self.factors, self._own))

    @cached_property
    def total(self) -> int:
        """The number of diagrams, whether chosen or not."""
        return prod(len(part) for part in self._parts)

    @property
    def count(self) -> int:
        """The number of diagrams: of weights, for each pair of channels."""
        return self.total if self.only is None else len(self.only)

    @cached_property
    def _made(self) -> tuple[dict[tuple[int, ...], int], tuple[Diagram, ...]]:
        """All diagrams, and where the product of one diagram of each factor is among them."""
        found = [(self._product(w), w) for w in product(*(range(len(p)) for p in self._parts))]
        found.sort(key=lambda each: numbering(each[0], self.kind))
        return {which: i for i, (_, which) in enumerate(found)}, tuple(d for d, _ in found)

    @cached_property
    def diagrams(self) -> tuple[Diagram, ...]:
        """The diagrams, in the order of ``factoring``."""
        every = self._made[1]
        return every if self.only is None else tuple(every[i] for i in self.only)

    def _product(self, which: Sequence[int]) -> Diagram:
        blocks: list[list[int]] = []
        epsilons: list[list[int]] = []
        for part, (mine, _), i in zip(self._parts, self._own, which):
            joined, symbols = part[i]
            blocks += [[mine[p] for p in b] for b in joined]
            epsilons += [[mine[p] for p in b] for b in symbols]
        return Diagram.of(len(self.targets), len(self.sources), blocks, epsilons)

    def choose(self, numbers: Sequence[int]) -> Diagrams:
        """Some of these diagrams."""
        old = range(self.total) if self.only is None else self.only
        return replace_only(self, tuple(old[i] for i in numbers))

    @property
    def family(self) -> str:
        """The families of the factors."""
        return " × ".join(f.family for f in self.factors)

    # --- at one size -----------------------------------------------------------------------------

    def sizes(self, given: Sizes) -> tuple[int, ...]:
        """One size for each factor, from an int (for one factor), a tuple or a mapping by name."""
        if isinstance(given, Mapping):
            found = tuple(
                int(given[f.name]) if f.name in given or f.size is None else f.size
                for f in self.factors
            )
        else:
            every = given if isinstance(given, Sequence) else [given] * len(self.factors)
            found = tuple(int(n) for n in every)
        if len(found) != len(self.factors):
            raise SpecError(
                "CM042", f"{len(self.factors)} factors and {len(found)} sizes", help=[str(self)]
            )
        for f, n in zip(self.factors, found):
            if n < 0 or (f.size is not None and f.size != n) or (f.plain == "symplectic" and n % 2):
                raise SpecError("CM044", f"the diagrams {f} have no size {n}")
        return found

    def dimension_at(self, sizes: Sizes) -> int:
        """The dimension of the space of equivariant maps, by tableaux and Stirling numbers."""
        return prod(
            f.dimension(lower, n)
            for f, (_, lower), n in zip(self.factors, self._own, self.sizes(sizes))
        )

    def independent_at(self, sizes: Sizes) -> tuple[int, ...]:
        """Numbers of diagrams that are a basis of the span at this size."""
        if self.only is not None:
            return _independent_of(self, self.sizes(sizes))
        parts = [
            f.independent(lower, n)
            for f, (_, lower), n in zip(self.factors, self._own, self.sizes(sizes))
        ]
        places = self._made[0]
        return tuple(sorted(places[which] for which in product(*parts)))

    def at(self, sizes: Sizes, *, every: bool = False, split: Sequence[int] | None = None) -> Basis:
        """The tensors at one size, as a basis: the independent ones, unless all are asked for.

        The shape is (targets together, sources together); ``split`` says how many of the sources
        belong to each of several inputs.
        """
        known = self.sizes(sizes)
        numbers = range(self.count) if every else self.independent_at(known)
        groups = [len(self.sources)] if split is None else list(split)
        if sum(groups) != len(self.sources):
            raise SpecError("CM042", f"{groups} are no groups of {len(self.sources)} sources")
        self._refuse_unless_small(known, numbers)
        extent = [known[p.factor] for p in self.ports]
        shape, start = [prod(extent[: len(self.targets)])], len(self.targets)
        for many in groups:
            shape.append(prod(extent[start : start + many]))
            start += many
        entries = [self._entries(self.diagrams[i], known) for i in numbers]
        nothing = np.array([], dtype=np.int64)
        return Basis(
            tuple(shape),
            len(entries),
            np.repeat(np.arange(len(entries)), [len(places) for places, _ in entries]),
            np.concatenate([nothing, *(places for places, _ in entries)]),
            np.concatenate([nothing, *(values for _, values in entries)]),
        )

    def _refuse_unless_small(self, sizes: tuple[int, ...], numbers: Sequence[int]) -> None:
        """CM044 where the tensors have too many entries to be written out."""
        entries = sum(
            prod(sizes[self.ports[b[0]].factor] for b in self.diagrams[i].blocks) for i in numbers
        )
        if entries > LARGEST:
            raise SpecError(
                "CM044",
                f"tensors with {entries:,} entries are too large to write out",
                facts=[("diagrams", self), ("sizes", ", ".join(map(str, sizes)))],
                help=["use the diagrams themselves: they have a meaning at every size"],
            )

    def _entries(self, one: Diagram, sizes: tuple[int, ...]) -> tuple[Any, Any]:
        """Places in row-major order of all ports, and values."""
        extent = [sizes[p.factor] for p in self.ports]
        stride = [prod(extent[p + 1 :]) for p in range(len(extent))]
        places, values = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
        for block in one.blocks:
            f = self.ports[block[0]].factor
            form = self.form_of(block, sizes[f])
            if form is None:
                more = np.arange(sizes[f]) * sum(stride[p] for p in block)
                value = np.ones(sizes[f], dtype=np.int64)
            else:
                at = np.nonzero(form)
                more, value = at[0] * stride[block[0]] + at[1] * stride[block[1]], form[at]
            places = (places[:, None] + more).ravel()
            values = (values[:, None] * value).ravel()
        for block in one.epsilons:
            tensor = self.symbol_of(block)
            at = np.nonzero(tensor)
            more = np.array([stride[p] for p in block]) @ np.array(at)
            places = (places[:, None] + more).ravel()
            values = (values[:, None] * tensor[at]).ravel()
        factor = self.factor_of(one, sizes)
        if factor != 1:
            values = np.array([factor * int(v) for v in values], dtype=object)
        return places, values

    # --- meaning of the parts --------------------------------------------------------------------

    def lower(self, port: int) -> bool:
        """Whether a port is an index of the dual space: a source in V, or a target in V*."""
        return (port >= len(self.targets)) != self.ports[port].dual

    def form_of(self, block: tuple[int, ...], n: int) -> Any:
        """The matrix on a pair of upper or of lower ports, where it is not the identity."""
        if len(block) == 2 and self.lower(block[0]) != self.lower(block[1]):
            return None
        return self.factors[self.ports[block[0]].factor].form(n)

    def symbol_of(self, block: tuple[int, ...]) -> Any:
        """The Levi-Civita tensor of a block, its lower ports lowered by the metric."""
        factor = self.factors[self.ports[block[0]].factor]
        found = levi_civita(len(block))
        for axis, port in enumerate(block):
            if factor.signs and self.lower(port):
                found = found * np.array(factor.signs).reshape(-1, *[1] * (len(block) - axis - 1))
        return found

    def factor_of(self, one: Diagram, sizes: tuple[int, ...]) -> Fraction | int:
        """What a diagram is multiplied by: one over the number of terms that it sums."""
        if self.scale == "sum":
            return 1
        summed = [self.ports[b[0]].factor for b in one.summed]
        terms = prod(sizes[f] for f in summed if self.factors[f].plain == "partition")
        return Fraction(1, max(terms, 1)) if terms != 1 else 1

    # --- the category ----------------------------------------------------------------------------

    def __repr__(self) -> str:
        def named(ports: tuple[Port, ...]) -> str:
            return " ".join(self.factors[p.factor].name + "*" * p.dual for p in ports) or "1"

        some = "" if self.only is None else f", {len(self.only)} of {self.total}"
        factors = " × ".join(map(str, self.factors))
        sums = ", sums" if self.scale == "sum" else ""
        return f"Diagrams {factors}: {named(self.sources)} → {named(self.targets)}{sums}{some}"


def replace_only(of: Diagrams, only: tuple[int, ...] | None) -> Diagrams:
    return Diagrams(of.factors, of.targets, of.sources, of.scale, only)


@lru_cache(maxsize=64)
def _independent_of(of: Diagrams, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Of some diagrams: the first that are independent, by their tensors modulo a prime."""
    from categorical.diagrams.ranks import PRIME, pivots

    stack = replace(of, scale="sum").at(sizes, every=True).stack()
    return tuple(int(i) for i in pivots(stack.dense().T, PRIME))


def partition_diagrams(sources: int, targets: int, name: str = "n", **more: Any) -> Diagrams:
    """The S_n-equivariant maps from tensors with k indices to tensors with l."""
    return Diagrams((Factor("partition", name),), (0,) * targets, (0,) * sources, **more)


def pair_diagrams(
    sources: int,
    targets: int,
    family: str = "brauer",
    *,
    name: str = "v",
    size: int | None = None,
    signs: Sequence[int] = (),
    **more: Any,
) -> Diagrams:
    """The maps of tensors that are equivariant under O(n), O(p, q) (give ``signs``) or Sp(n)."""
    factor = Factor(family, name, size, tuple(signs))
    return Diagrams((factor,), (0,) * targets, (0,) * sources, **more)
