"""A monoid that acts on states, declared: its laws are stated, and its cell is run.

Definition.  Three arrows: ``element: A → M`` makes an element of what a step reads,
``product: M × M → M`` is first the one and then the other, ``action: S × M → S``.  The cell is
``action ∘ (id × element): S × A → S``.

Laws, which are claims here and decided like any other:
``(m · m') · m'' = m · (m' · m'')`` and ``a(a(s, m), m') = a(s, m · m')``.  With them the run of the
cell is a product of elements, in any bracketing.

>>> from categorical import Dim, Real, arrow, op
>>> n = Dim("n")
>>> @arrow
... def compose(a: Real[n], b: Real[n], c: Real[n], d: Real[n]) -> Real[n] * Real[n]:
...     return c * a, c * b + d
>>> @arrow
... def move(s: Real[n], a: Real[n], b: Real[n]) -> Real[n]:
...     return a * s + b
>>> affine = acting(op.sigmoid.at(Real[n]) @ op.linear(n, n), compose, move)
>>> affine.cell.type_text()
'Real[n] × Real[n] × Real[n] → Real[n]'
>>> [law.name for one in affine.claims() for law in one.laws]
['equal[associative]', 'equal[action]']

The product and the action are of the same elements:

>>> acting(op.sigmoid.at(Real[n]), op.add.at(Real[n], Real[n]), move)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM045]: the action does not take an element of the monoid
...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from categorical import laws
from categorical.architecture import Architecture, architecture
from categorical.arrows import Arrow, Types, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.index import Axis, IndexSet
from categorical.para import tie
from categorical.recursion.folds import fold
from categorical.recursion.mistakes import Start

declared = architecture  # this module is no spec: the name of a call says what is one


@dataclass(frozen=True)
class Acting:
    """See the module."""

    element: Arrow
    product: Arrow
    action: Arrow
    name: str = "monoid"

    @property
    def elements(self) -> Types:
        """The type of an element."""
        return self.product.cod

    @property
    def states(self) -> Types:
        """The type of the states."""
        return self.action.cod

    @property
    def cell(self) -> Arrow:
        """The step of a run: the element of what is read acts on the states."""
        return (identity(*self.states) @ self.element) >> self.action

    def run(self, over: IndexSet | Axis | int, start: Start = None) -> Arrow:
        """The fold of the cell."""
        return fold(self.cell, over, start)

    def associative(self, sizes: Mapping[str, int] | None = None) -> Architecture:
        """The claim that the product is associative."""
        product, one = tie(self.product), identity(*self.elements)
        left, right = (product @ one) >> product, (one @ product) >> product
        return self._claim("associative", left, right, sizes)

    def acts(self, sizes: Mapping[str, int] | None = None) -> Architecture:
        """The claim that the action of a product is one action after the other."""
        product, action = tie(self.product), tie(self.action)
        left = (action @ identity(*self.elements)) >> action
        right = (identity(*self.states) @ product) >> action
        return self._claim("action", left, right, sizes)

    def steps(self, cell: Arrow, sizes: Mapping[str, int] | None = None) -> Architecture:
        """The claim that a cell is the action of the element that it reads."""
        return self._claim("cell", cell, self.cell, sizes)

    def claims(self, sizes: Mapping[str, int] | None = None) -> list[Architecture]:
        """Associativity and the action law, each as an architecture with its law."""
        return [self.associative(sizes), self.acts(sizes)]

    def _claim(
        self, law: str, left: Arrow, right: Arrow, sizes: Mapping[str, int] | None
    ) -> Architecture:
        names = {*left.graph().dims, *right.graph().dims}
        known = {k: v for k, v in (sizes or {}).items() if k in names}
        claim = laws.equal(right, name=f"equal[{law}]")
        return declared(left, laws=[claim], name=f"{self.name}_{law}", sizes=known)


@checked
def acting(element: Arrow, product: Arrow, action: Arrow, name: str = "monoid") -> Acting:
    """Declare a monoid by its elements, product and action."""
    made = product.cod
    if product.dom != (*made, *made):
        raise SpecError(
            "CM045",
            "the product does not make an element of two",
            facts=[("product", product.type_text())],
            help=["product: M × M → M, first the one and then the other"],
        )
    if element.cod != made:
        raise SpecError(
            "CM045",
            "what is read does not become an element of the monoid",
            facts=[("element", element.type_text()), ("product", product.type_text())],
            help=["element: A → M and product: M × M → M"],
        )
    if action.dom != (*action.cod, *made):
        raise SpecError(
            "CM045",
            "the action does not take an element of the monoid",
            facts=[("action", action.type_text()), ("product", product.type_text())],
            help=["action: S × M → S and product: M × M → M"],
        )
    return Acting(element, product, action, name)
