"""Agreement: the gradients of the reference meaning at kinks, and where they are not torch's.

Definition.  For every case that is an arrow, the gradient that was measured is compared with that
of the reverse derivative (``REVERSE``) and of dual numbers (``FORWARD``): each table gives the rows
where they differ, with the reason.

Law.  The rows that differ are exactly those that are listed.

>>> from backends.pytorch.kinks.cases import CASES
>>> disagreements("reverse", CASES["relu"], CASES["maximum"], CASES["softplus"])
{'softplus': ('0.5 0.9999999979 1', '0.5 0.9999999979 0.9999999987')}
>>> sorted(FORWARD)
['div by 0', 'softplus', 'where(x > 0, sqrt(x), 0)']

A case of torch alone has no reference to agree with:

>>> disagreements("forward", CASES["cummax"])
Traceback (most recent call last):
...
ValueError: `cummax` is torch's own: no arrow has its meaning
"""

from __future__ import annotations

from collections.abc import Mapping

from backends.pytorch.kinks.cases import Case
from backends.pytorch.kinks.measure import backwards, forwards, measured

#: Rows on which the reverse derivative and autograd differ, and why.
REVERSE: Mapping[str, str] = {
    "softplus": "torch returns x itself above 20, with slope 1: the slope is 2e-9 less and nearer",
}

#: Rows on which dual numbers and autograd differ, and why.
FORWARD: Mapping[str, str] = {
    **REVERSE,
    "div by 0": "a pole: a dual number multiplies an infinity by the tangent 0",
    "where(x > 0, sqrt(x), 0)": "backwards the cotangent 0 meets an infinite slope; forwards the"
    " tangent of the branch that is not taken is dropped",
}

LISTED = {"reverse": REVERSE, "forward": FORWARD}


def disagreements(way: str, *cases: Case) -> dict[str, tuple[str, str]]:
    """Torch's gradient and that of the reference, by name, where they differ."""
    found = {}
    for one in cases:
        ours = backwards(one) if way == "reverse" else forwards(one)
        theirs = measured(one).gradient
        if ours != theirs:
            found[one.name] = (theirs, ours)
    return found
