"""Schemas: categories by generators and path equations, and functors out of them.

Definition.  A schema lists objects, edges and equations of paths.  A functor into Para is a family
of architectures, one into Set is data; an equation is then a law, a loss and a degree.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> loop = Schema("involution", "X", {"s": ("X", "X")}, {"twice": "s s = 1"})
>>> nets = functor(loop, {"X": Real[n]}, {"s": op.neg.at(Real[n])})
>>> [law.statement for law in nets.laws()]
['(scale >> scale) = (identity >> identity)']
"""

from categorical.schemas.functors import SchemaFunctor, functor
from categorical.schemas.schema import (
    Cone,
    Equation,
    Path,
    Schema,
    colimit,
    coproduct,
    limit,
    product,
)

__all__ = [
    "Cone",
    "Equation",
    "Path",
    "Schema",
    "SchemaFunctor",
    "colimit",
    "coproduct",
    "functor",
    "limit",
    "product",
]
