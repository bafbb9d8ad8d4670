"""Algebras: polynomial functors, theories, monads and comonads, algebras and their homomorphisms.

Definition.  A functor T on spaces, an algebra T A → A, and the square ``f ∘ a = b ∘ T f`` of a
homomorphism: equivariance, invariance, folds and automata are this square for some T; ``network``
is the fold, the tree network or the machine that the functor of an algebra or coalgebra says.
``Theory`` generates the laws of operations from equations.  Further names stand in the modules:
``standard`` (theories and models), ``monads``, ``comonads``, ``morphisms``, ``lax``, ``free``,
``containers`` (lists, trees, terms and sets as data).

>>> from categorical import Dim, Real, case, op
>>> a, s = Dim.named("a s")
>>> cell = case(op.zeros(Real[s]), (op.linear(a, s) @ op.linear(s, s)) >> op.add >> op.tanh)
>>> Algebra(1 + Real[a] * X, Real[s], cell)
algebra `a` of 1 + Real[a] × X: One + (Real[a] × Real[s]) → Real[s]

The cell has the cases of its functor:

>>> Algebra(Real[a] + X ** 2, Real[s], cell)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the structure of `a` is no arrow T(A) → A
...
"""

from categorical.algebras.algebra import Algebra, Homomorphism, homomorphism
from categorical.algebras.coalgebra import Coalgebra, Moore, cohomomorphism, moore_homomorphism
from categorical.algebras.comonads import Comonad
from categorical.algebras.families import Family, beside, cases, family
from categorical.algebras.lax import Lax, comonoid_laws, lax_homomorphism
from categorical.algebras.monads import Monad, Pointed
from categorical.algebras.morphisms import MonadMorphism
from categorical.algebras.networks import network
from categorical.algebras.polynomial import Polynomial, X, action, const, one, reads, zero
from categorical.algebras.strength import strength, strength_laws
from categorical.algebras.theories import Model, Theory, unary_theory

__all__ = [
    "Algebra",
    "Coalgebra",
    "Comonad",
    "Family",
    "Homomorphism",
    "Lax",
    "Model",
    "Monad",
    "MonadMorphism",
    "Moore",
    "Pointed",
    "Polynomial",
    "Theory",
    "X",
    "action",
    "beside",
    "cases",
    "cohomomorphism",
    "comonoid_laws",
    "const",
    "family",
    "homomorphism",
    "lax_homomorphism",
    "moore_homomorphism",
    "network",
    "one",
    "reads",
    "strength",
    "strength_laws",
    "unary_theory",
    "zero",
]
