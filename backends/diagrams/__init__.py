"""String diagrams of arrows: SVG for pages and notebooks, text for terminals.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> print(ascii((op.linear(c, h) >> op.relu).at(Real[n, c]).graph()))
     x: Real[n, c]
     │
┌────┴────────┐
│ linear c→h ●│
└────┬────────┘
     │ n, h
┌────┴─┐
│ relu │
└────┬─┘
     Real[n, h]
"""

from backends.diagrams.svg import svg

__all__ = ["svg"]
