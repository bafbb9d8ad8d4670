"""The algebra of hidden units: two-layer quadratic networks on Z_d, of all widths.

Hidden units form a finite family J → X, where X is the multiplicative monoid of units.  Families
add by coproduct (⊕) and multiply by product (⊗); potentials integrate a monomial over the family
and are homomorphisms of semirings; the loss is a polynomial in potentials; so global optima are
composed from partial ones.  After Tian, "Composing global solutions to reasoning tasks via
algebraic objects in neural nets", 2024.

>>> z = order_four(10)
>>> z.width, unsolved(z), loss_from_potentials(z) == 0, solves(z).verdict.name
(18, (), True, 'EXACT')

A part of a solution leaves equations open:

>>> unsolved(compose(10, {1: (FLIP, TURN)}))
('R_g',)
"""

from categorical.hidden_units.factoring import Factored, Family, factor, families
from categorical.hidden_units.losses import (
    empirical_loss,
    identity,
    loss_by_pairs,
    loss_from_potentials,
)
from categorical.hidden_units.networks import (
    answers,
    every_pair,
    exact_table,
    layer,
    network,
    solves,
    state,
    tables,
)
from categorical.hidden_units.polynomials import Polynomial
from categorical.hidden_units.potentials import (
    Statistic,
    homomorphism,
    own,
    potential,
    potentials,
)
from categorical.hidden_units.solutions import (
    CROSS,
    FLIP,
    SKEW,
    TURN,
    compose,
    constant_unit,
    mixed,
    order_four,
    order_six,
    twist,
    unsolved,
)
from categorical.hidden_units.weights import Weights

__all__ = [
    "CROSS",
    "FLIP",
    "SKEW",
    "TURN",
    "Factored",
    "Family",
    "Polynomial",
    "Statistic",
    "Weights",
    "answers",
    "compose",
    "constant_unit",
    "empirical_loss",
    "every_pair",
    "exact_table",
    "factor",
    "families",
    "homomorphism",
    "identity",
    "layer",
    "loss_by_pairs",
    "loss_from_potentials",
    "mixed",
    "network",
    "order_four",
    "order_six",
    "own",
    "potential",
    "potentials",
    "solves",
    "state",
    "tables",
    "twist",
    "unsolved",
]
