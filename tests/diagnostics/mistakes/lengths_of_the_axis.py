"""The lengths are declared as places of the axis: the length of a whole sequence is none."""

from categorical import Dim, Fin, Real, architecture, arrow, op
from categorical.composites import gru_cell
from categorical.recursion import fold

time, feature, hidden = Dim.named("time feature hidden")


@arrow
def reader(x: Real[time, feature], lengths: Fin(time)[()]) -> Real[hidden]:
    return fold(gru_cell(feature, hidden), over=time, start=0, lengths=True)(x, lengths)


model = architecture(reader)
