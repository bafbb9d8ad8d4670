"""A law: the one object that provers, the exact checker and the tester read.

Definition.  ``requires`` is a structural condition that implies the law, ``sides`` both sides of
its equation at concrete inputs, ``sabotage`` a copy of the architecture that breaks it on purpose.

>>> Law("f = f").fails().expected
True

A law without an equation has no sides:

>>> list(Law("f = f").sides(None, None, None, [], None))
Traceback (most recent call last):
...
NotImplementedError
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from categorical.errors import Help, SpecError
from categorical.graph import Graph
from categorical.groups import Group
from categorical.index import Axis
from categorical.origin import Origin
from categorical.records import EVAL, TRAIN, Context

Values = list[Any]
Run = Callable[[Values], Values]
L = TypeVar("L", bound="Law")


@dataclass(frozen=True)
class Requirement:
    """A structural condition: a prover's ``rule`` with its arguments."""

    rule: str
    dims: tuple[str, ...] = ()
    kind: str = ""
    inputs: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None
    strict: bool = False
    value: float | None = None
    axis: Axis | None = None


@dataclass(frozen=True)
class Instance:
    """Both sides of an equation at one input; ``element`` prints the group element used.

    ``relate(values, type)`` gives the two sides on any inner wire, from its values in the runs made
    so far, or None where the law says nothing of that wire: so the first difference is found.
    ``generic`` sides need only agree at generic points (a degree that is reached).
    """

    left: Values
    right: Values
    element: str
    types: tuple[Any, ...]
    relate: Callable[[Values, Any], tuple[Any, Any] | None] | None = None
    generic: bool = False


@dataclass(frozen=True, eq=False)
class Law:
    """A claim about one architecture; see the module.

    ``expected`` is true for a refutation that the spec declares on purpose (``.fails()``).
    ``modes`` are the modes in which it is claimed, ``group`` is the one that it is about, if any.
    """

    name: str
    modes: tuple[str, ...] = (EVAL, TRAIN)
    expected: bool = False
    origin: Origin | None = None
    group: Group | None = None

    def fails(self: L, why: str = "") -> L:
        """The law is expected to be refuted; a pass is then the failure."""
        return replace(self, expected=True)

    def in_mode(self: L, mode: str) -> L:
        """The law claimed in train or in eval mode only."""
        if mode not in (EVAL, TRAIN):
            raise SpecError(
                "CM021",
                f"`{self.name}` in the mode {mode!r}",
                facts=[("modes", "train, eval")],
                help=['write .in_mode("eval") or .in_mode("train")'],
            )
        return replace(self, modes=(mode,))

    @property
    def full_name(self) -> str:
        """The name with all that tells the law from others: of a group, its representations."""
        if self.group is None:
            return self.name
        return self.name.replace(str(self.group), repr(self.group))

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """Structural conditions that imply the law for all sizes (empty: none is known)."""
        return ()

    @property
    def statement(self) -> str:
        """The law as an equation."""
        return self.name

    def boundary(self, graph: Graph) -> None:
        """CM021 where the law cannot be stated on the boundary of a graph."""

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        """Both sides at these inputs, an instance for each generator; ``run`` has fixed weights."""
        raise NotImplementedError

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """A broken copy of the architecture: a check that passes it too cannot fail."""
        return position_dependent(ctx, run, graph, None)

    def _unstatable(
        self, reason: str, *help: str | Help, facts: Sequence[tuple[str, str]] = ()
    ) -> SpecError:
        problem = SpecError(
            "CM021",
            f"`{self.name}` cannot be stated here",
            facts=[("reason", reason), *facts],
            help=list(help),
        )
        problem.origin = self.origin or problem.origin
        return problem

    def __repr__(self) -> str:
        return self.name


def position_dependent(ctx: Context, run: Run, graph: Graph, dims: Sequence[str] | None) -> Run:
    """The architecture after weighting real inputs by position along the dims (all, if None)."""

    def broken(inputs: Values) -> Values:
        changed = []
        for value, type_ in zip(inputs, graph.dom, strict=True):
            for place, one in enumerate(type_.axes):
                if dims is None or any(d.name in dims for d in one.index.atoms):
                    value = weighted(ctx, value, type_, place)
            if type_.values is not None and any(d.name in (dims or ()) for d in type_.values.atoms):
                value = value // 2
            changed.append(value)
        return run(changed)

    return broken


def weighted(ctx: Context, value: Any, type_: Any, place: int) -> Any:
    """A value that tells the indices of an axis apart: weighted by position, or another at 0."""
    shape = [-1 if i == place else 1 for i in range(len(type_.axes))]
    position = np.arange(ctx.size(type_.axes[place])).reshape(shape)
    if type_.kind == "bool":
        return np.logical_xor(value, position == 0)
    if type_.kind == "fin":
        return np.where(position == 0, (value + 1) % ctx.size(type_.values), value)
    return ctx.algebra.mul(value, ctx.algebra.constant(position + 1))
