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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from categorical.arrows import Arrow, Transformed, Types
from categorical.graph import Builder, Graph
from categorical.laws.equations import Equal, _paths, equal
from categorical.laws.inductions import Induction
from categorical.laws.law import Law
from categorical.origin import here
from categorical.records import EVAL

if TYPE_CHECKING:
    from categorical.algebras.algebra import Algebra
    from categorical.algebras.morphisms import MonadMorphism


@dataclass(frozen=True, eq=False)
class Commutes(Law):
    """left = right, for all inputs and all values of the shared weights."""

    left: Arrow | None = None
    right: Arrow | None = None
    renaming: Mapping[str, str] | None = None
    by: tuple[Induction, ...] = ()

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
            by=self.by,
        )

    def way(self) -> Arrow:
        """The arrow that the equation is about, under a name."""
        assert self.left is not None
        return self.left if self.left.graph().name else self.left.named("left_way")

    def boundary(self, graph: Graph) -> None:
        """The sides share one boundary; the architecture's own does not matter."""


def commutes(
    left: Arrow,
    right: Arrow,
    renaming: Mapping[str, str] | None = None,
    name: str = "",
    apart: bool = False,
    by: Induction | Sequence[Induction] = (),
) -> Commutes:
    """The two ways round a diagram are equal; ``renaming`` maps weights of ``right`` to ``left``'s.

    CM021 where they have no boundary in common, or where ``right`` has weights that ``left`` lacks;
    with ``apart`` those are weights of their own, and the equation is for all values of them.
    ``by`` says how a proof goes along runs, as in ``laws.equal``.
    """
    title = name or f"({left.label()}) = ({right.label()})"
    paths = _paths(right, renaming)
    if apart:
        left = _with_weights(left, right, paths or {})
    stated = equal(right, renaming, title, by)
    law = Commutes(
        title, origin=here(), left=left, right=right, renaming=stated.renaming, by=stated.by
    )
    law.equation().boundary(left.graph())
    return law


def _with_weights(left: Arrow, right: Arrow, renaming: Mapping[str, str]) -> Arrow:
    """The left arrow beside the weights that only the right one reads."""
    mine, theirs = (a.graph().resources({}) for a in (left, right))
    own = {renaming.get(path, path): resource for path, resource in theirs.items()}
    missing = [replace(r, name=path) for path, r in own.items() if path not in mine]
    if not missing:
        return left

    def make(types: Types) -> Graph:
        graph = left.retype(types).graph()
        builder = Builder()
        ins = [builder.input(t, graph.names.get(w, "")) for w, t in zip(graph.inputs, graph.dom)]
        outs = builder.splice(graph, ins)
        for resource in missing:
            builder.add_source(resource)
        return builder.finish(outs)

    return Transformed(left, make, left.label(), left.dom, False)


@dataclass(frozen=True, eq=False)
class Distinct(Law):
    """Two ways that end in different cases of a sum: they are equal for no input."""

    modes: tuple[str, ...] = (EVAL,)
    left: str = ""
    right: str = ""

    @property
    def statement(self) -> str:
        return f"the case {self.left} is the case {self.right}"


def homomorphism(
    arrow: Arrow, source: Algebra, target: Algebra, along: MonadMorphism | None = None
) -> list[Law]:
    """The square of an arrow between algebras, one law for each case; ``along`` a morphism of
    monads, where the algebras are of two (see ``categorical.algebras``)."""
    from categorical.algebras.algebra import homomorphism as square

    return square(arrow, source, target, along)
