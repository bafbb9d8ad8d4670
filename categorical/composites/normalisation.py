"""Group and instance normalisation: layer normalisation on a part of the channels.

Definition.  ``group_norm(c, g, h, w)`` splits the channels c into g groups and gives each group
mean 0 and variance 1, over its channels and over the axes h and w.  One group a channel is instance
normalisation.  There are no weights (torch's ``affine=False``).

Laws.  It is natural for permutations of h and of w, and commutes with −1; the groups are what
``split`` makes of them: the first part of the channels, the second, …

>>> from categorical import Dim, Real
>>> c, g, h, w = Dim.named("c g h w")
>>> group_norm(c, g, h, w).at(Real[c, h, w])
group_norm: Real[c, h, w] → Real[c, h, w]

The channels must be an axis of the input:

>>> group_norm(c, g, h).at(Real[h, w])
Traceback (most recent call last):
...
categorical.records.MissingAxis: error[CM005]: `split` needs the axis `c`
...
"""

from __future__ import annotations

from categorical import op
from categorical.arrows import Arrow
from categorical.index import Axis, IndexSet, axis, index_set


def group_norm(
    channel: IndexSet | Axis, groups: IndexSet | int, *over: IndexSet | Axis, eps: float = 1e-5
) -> Arrow:
    """Mean 0 and variance 1 in every group of channels, over the axes ``over`` as well."""
    whole, parts = axis(channel), index_set(groups)
    if parts is whole.index:
        return op.layer_norm(*over, eps=eps, affine=False).named("group_norm")
    group, member = Axis(parts, "group"), Axis(whole.index // parts, "member")
    inside = op.layer_norm(member, *over, eps=eps, affine=False)
    apart = op.split(whole, group, member)
    return (apart >> inside >> op.merge(group, member, label=whole.label)).named("group_norm")
