"""The cell of an LSTM has two states, and nobody said so."""

from categorical import Dim, architecture
from categorical.composites import lstm_cell
from categorical.recursion import mealy

time, feature, hidden = Dim.named("time feature hidden")

model = architecture(mealy(lstm_cell(feature, hidden), over=time).named("reader"))
