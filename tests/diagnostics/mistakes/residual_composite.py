"""The same with the ready-made residual connection."""

from categorical import Dim, architecture, op
from categorical.composites import residual

width, hidden = Dim.named("width hidden")

block = residual(op.linear(width, hidden) >> op.relu)
model = architecture(block, name="block", sizes=dict(width=32, hidden=64))
