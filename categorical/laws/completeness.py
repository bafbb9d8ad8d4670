"""Completeness: solved layers leave no natural map out.

Definition.  ``complete(under=G)`` claims of every solved layer of an architecture (``hom``,
``steerable_conv``) that its maps span all linear maps between its types that commute with G.

>>> from categorical import Dim, Real, op
>>> from categorical.diagrams import partition_diagrams
>>> from categorical.groups import Symmetric
>>> n, c, k = Dim.named("n c k")
>>> law = complete(under=Symmetric(n))
>>> law.name, law.statement
('complete[Symmetric(n)]', 'span(maps) = Hom_G')
>>> law.boundary(op.hom(partition_diagrams(1, 1), ((n,),), (n,), channels=(c,), out=k).graph())

An architecture without solved layers has nothing to leave out:

>>> law.boundary(op.relu.at(Real[n]).graph())
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `complete[Symmetric(n)]` cannot be stated here
...
"""

from __future__ import annotations

from dataclasses import dataclass

from categorical.graph import Graph
from categorical.groups import Group
from categorical.laws.law import Law, Requirement
from categorical.origin import here
from categorical.records import EVAL, Box

SOLVED = ("hom", "steerable_conv")


@dataclass(frozen=True, eq=False)
class Complete(Law):
    """The maps of every solved layer span Hom under the group."""

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("complete"),)

    @property
    def statement(self) -> str:
        return "span(maps) = Hom_G"

    def boundary(self, graph: Graph) -> None:
        trained = (
            node
            for _, node in graph.walk()
            if node.box.name in SOLVED and isinstance(node.box, Box) and node.box.resources
        )
        if next(trained, None) is None:
            raise self._unstatable(
                "it has no solved layer with weights",
                "solve for one: synthesis.natural(…).layer(…)",
            )


def complete(under: Group) -> Complete:
    """The solved layers hold all linear maps that commute with the group (a group on dims)."""
    return Complete(f"complete[{under}]", modes=(EVAL,), origin=here(), group=under)
