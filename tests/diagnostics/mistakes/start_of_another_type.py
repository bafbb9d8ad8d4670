"""The first state has the type of what is read."""

from categorical import Dim, Real, architecture, op
from categorical.composites import lstm_cell
from categorical.recursion import fold

time, feature, hidden = Dim.named("time feature hidden")

cell = lstm_cell(feature, hidden)
model = architecture(fold(cell, over=time, start=op.zeros(Real[feature])).named("reader"))
