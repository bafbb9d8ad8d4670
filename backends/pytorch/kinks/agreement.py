"""Agreement: the gradients of the reference meaning at kinks, and where they are not torch's.

Definition.  For every case that is an arrow, the gradient by dual numbers is compared with the
measured one.  ``DISAGREEMENTS`` gives each row where they differ, with the reason.

Law.  The rows that differ are exactly those that are listed.

>>> from backends.pytorch.kinks.cases import CASES
>>> disagreements(CASES["relu"], CASES["max_pool"])
{'max_pool': ('1 0 0 1', '0.5 0.5 0 1')}
>>> sorted(set(DISAGREEMENTS) - {"max_pool"})
['div by 0', 'max_pool overlapping', 'softplus', 'where(x > 0, sqrt(x), 0)']

A case of torch alone has no reference to agree with:

>>> disagreements(CASES["cummax"])
Traceback (most recent call last):
...
ValueError: `cummax` is torch's own: no arrow has its meaning
"""

from __future__ import annotations

from backends.pytorch.kinks.cases import Case
from backends.pytorch.kinks.measure import measured, reference

#: Rows on which dual numbers and autograd differ, and why.
DISAGREEMENTS = {
    "softplus": "torch returns x itself above 20, where the slope is 1 - 2e-9 and less",
    "div by 0": "a pole, where a dual number multiplies an infinity by a tangent 0",
    "max_pool": "torch takes the first of equal entries, the reference shares among them",
    "max_pool overlapping": "as max_pool",
    "where(x > 0, sqrt(x), 0)": "autograd multiplies the cotangent 0 by the infinite slope; a"
    " tangent of the branch that is not taken is dropped",
}


def disagreements(*cases: Case) -> dict[str, tuple[str, str]]:
    """Torch's gradient and that of the reference, by name, where they differ."""
    found = {}
    for one in cases:
        ours, theirs = reference(one), measured(one).gradient
        if ours != theirs:
            found[one.name] = (theirs, ours)
    return found
