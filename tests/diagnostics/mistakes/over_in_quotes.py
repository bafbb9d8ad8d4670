"""The axis of the steps is named by a string, and it is declared."""

from categorical import Dim, architecture
from categorical.composites import gru_cell
from categorical.recursion import fold

time, feature, hidden = Dim.named("time feature hidden")

model = architecture(fold(gru_cell(feature, hidden), over="time", start=0).named("reader"))
