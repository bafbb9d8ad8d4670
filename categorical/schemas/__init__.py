"""Schemas: categories by generators and path equations, and functors out of them.

Definition.  A schema lists objects, edges and equations of paths.  A functor into Para is a family
of architectures, one into Set is data; an equation is then a law, a loss and a degree.
``constructions`` are arrows that satisfy equations for all weights, ``truth`` the truth values.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> loop = Schema("involution", "X", {"s": ("X", "X")}, {"twice": "s s = 1"})
>>> nets = functor(loop, {"X": Real[n]}, {"s": op.neg.at(Real[n])})
>>> [law.statement for law in nets.laws()]
['(scale >> scale) = (identity >> identity)']
"""

from categorical.schemas.contests import Contest, contest
from categorical.schemas.degrees import Grades, degrees, graded, interpreted
from categorical.schemas.functors import SchemaFunctor, functor
from categorical.schemas.fuzzy import FuzzyModel, FuzzySet
from categorical.schemas.instances import Instance
from categorical.schemas.losses import Losses, identity_loss, losses, path_loss
from categorical.schemas.morphisms import SchemaMorphism
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
    "Contest",
    "Equation",
    "FuzzyModel",
    "FuzzySet",
    "Grades",
    "Instance",
    "Losses",
    "Path",
    "Schema",
    "SchemaFunctor",
    "SchemaMorphism",
    "colimit",
    "contest",
    "coproduct",
    "degrees",
    "functor",
    "graded",
    "identity_loss",
    "interpreted",
    "limit",
    "losses",
    "path_loss",
    "product",
]
