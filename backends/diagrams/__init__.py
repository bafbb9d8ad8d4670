"""String diagrams of arrows: SVG for pages and notebooks, text for terminals.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> net = (op.linear(c, h) >> op.relu).at(Real[n, c])
>>> print(ascii(net))
○  x              Real[n, c]
●  linear c→h ••  n, h
●  relu           n, h
◆  result         Real[n, h]
>>> svg(net).count("<rect class=")  # the page and two boxes
3
"""

from backends.diagrams.svg import svg
from backends.diagrams.text import ascii

__all__ = ["ascii", "svg"]
