"""A solved layer of a signal that has no channels."""

from categorical import Dim, Real, architecture, arrow
from categorical.groups import Symmetric
from synthesis import natural

item, hidden = Dim.named("item hidden")
maps = natural(Real[item], Real[item], under=Symmetric(item))


@arrow
def net(signal: Real[item]) -> Real[item, hidden]:
    return maps.layer(1, hidden)(signal)


model = architecture(net, sizes=dict(hidden=8))
