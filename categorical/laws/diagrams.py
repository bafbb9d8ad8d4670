"""Diagrams that commute: an equation between two arrows that are built from the declared one.

Definition.  ``commutes(left, right)`` claims that two arrows with one boundary are equal, whatever
arrow the architecture is; weights of one name are one weight.  So an algebra, a homomorphism or the
operations of a theory are declared once and carry all their squares as laws.  ``Distinct`` is the
square whose two ways end in different cases of a sum: it is refuted as it stands.

Law.  A law ``commutes(f, g)`` has the verdict that ``equal(g)`` has on the architecture ``f``.

>>> from categorical import Dim, Real, copy, op, swap
>>> n = Dim("n")
>>> add = op.add.at(Real[n], Real[n])
>>> law = commutes(add, swap(Real[n], Real[n]) >> add, name="commutative")
>>> law.statement, law.equation().other is law.right
('add = (swap >> add)', True)

The two ways start and end in one place:

>>> commutes(add, op.relu.at(Real[n]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `(add) = (relu)` cannot be stated here
...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.laws.equations import Equal, _paths
from categorical.laws.law import Law
from categorical.origin import here
from categorical.records import EVAL


@dataclass(frozen=True, eq=False)
class Commutes(Law):
    """left = right, for all inputs and all values of the shared weights."""

    left: Arrow | None = None
    right: Arrow | None = None
    renaming: Mapping[str, str] | None = None

    @property
    def statement(self) -> str:
        assert self.left is not None and self.right is not None
        return f"{self.left.label()} = {self.right.label()}"

    def equation(self) -> Equal:
        """The law as an equation of the left arrow."""
        return Equal(
            self.name,
            modes=self.modes,
            expected=self.expected,
            origin=self.origin,
            other=self.right,
            renaming=self.renaming,
        )

    def way(self) -> Arrow:
        """The arrow that the equation is about, under a name."""
        assert self.left is not None
        return self.left if self.left.graph().name else self.left.named("left_way")

    def boundary(self, graph: Graph) -> None:
        """The sides share one boundary; the architecture's own does not matter."""


def commutes(
    left: Arrow, right: Arrow, renaming: Mapping[str, str] | None = None, name: str = ""
) -> Commutes:
    """The two ways round a diagram are equal; ``renaming`` maps weights of ``right`` to ``left``'s.

    CM021 where they have no boundary in common, or where ``right`` has weights that ``left`` lacks.
    """
    title = name or f"({left.label()}) = ({right.label()})"
    if any(t is None for t in (left, right)):
        raise SpecError("CM042", f"`{title}` needs two arrows")
    paths = _paths(right, renaming)
    law = Commutes(title, origin=here(), left=left, right=right, renaming=paths)
    law.equation().boundary(left.graph())
    return law


@dataclass(frozen=True, eq=False)
class Distinct(Law):
    """Two ways that end in different cases of a sum: they are equal for no input."""

    modes: tuple[str, ...] = (EVAL,)
    left: str = ""
    right: str = ""

    @property
    def statement(self) -> str:
        return f"the case {self.left} is the case {self.right}"


def renamed(law: Commutes, name: str) -> Commutes:
    """The same diagram under another name."""
    return replace(law, name=name)
