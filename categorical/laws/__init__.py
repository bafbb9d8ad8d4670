"""Laws as data: what an architecture must satisfy.

Definition.  A law claims an equation between arrows with one boundary, a bound, or a count; it is
quantified over inputs, parameters, group elements and sizes.  Provers, the exact checker and the
tester all read the one object: ``requires`` is the structural condition that implies it, ``sides``
gives both sides of the equation at concrete inputs, ``sabotage`` a copy broken on purpose.

>>> from categorical import Dim, Real, op
>>> from categorical.groups import Symmetric
>>> n, c = Dim.named("n c")
>>> law = invariant(under=Symmetric(n))
>>> law.name, [(r.rule, r.dims, r.kind) for r in law.requires]
('invariant[Symmetric(n)]', [('natural', ('n',), 'bijection')])
>>> law.boundary((op.relu >> op.mean(n)).at(Real[n, c]).graph())

A law that cannot be stated on the boundary is an error, not a failed test:

>>> law.boundary(op.relu.at(Real[c]).graph())
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `invariant[Symmetric(n)]` cannot be stated here
...
"""

from categorical.checked import checked
from categorical.laws.bounds import Bounded, Count, SumsTo, bounded, parameters, sums_to
from categorical.laws.completeness import Complete, complete
from categorical.laws.data import Enumerated, enumerated
from categorical.laws.diagrams import Commutes, Distinct, commutes, homomorphism
from categorical.laws.equations import Degree, Equal, Linear, degree, equal, linear
from categorical.laws.inductions import Induction, induction
from categorical.laws.law import Instance, Law, Requirement, position_dependent
from categorical.laws.restriction import Restricted, causal, per_sample
from categorical.laws.stepwise import Stepwise, resumes, stepwise
from categorical.laws.symmetry import Equivariant, equivariant, invariant

bounded, sums_to, parameters = checked(bounded), checked(sums_to), checked(parameters)
equal, linear, degree = checked(equal), checked(linear), checked(degree)
causal, per_sample = checked(causal), checked(per_sample)
equivariant, invariant = checked(equivariant), checked(invariant)
complete, stepwise, resumes = checked(complete), checked(stepwise), checked(resumes)
commutes, enumerated, induction = checked(commutes), checked(enumerated), checked(induction)

__all__ = [
    "Bounded",
    "Commutes",
    "Complete",
    "Count",
    "Degree",
    "Distinct",
    "Enumerated",
    "Equal",
    "Equivariant",
    "Induction",
    "Instance",
    "Law",
    "Linear",
    "Requirement",
    "Restricted",
    "Stepwise",
    "SumsTo",
    "bounded",
    "causal",
    "commutes",
    "complete",
    "degree",
    "enumerated",
    "equal",
    "equivariant",
    "homomorphism",
    "induction",
    "invariant",
    "linear",
    "parameters",
    "per_sample",
    "position_dependent",
    "resumes",
    "stepwise",
    "sums_to",
]
