"""The map of an induction goes to no state of a run."""

from categorical import Dim, Real, architecture, laws, op
from categorical.recursion import fold

time, width, other = Dim.named("time width other")

total = fold(op.add.at(Real[width], Real[width]), over=time, start=0)
tripled = op.scale(3).at(Real[time, width]) >> total
along = laws.induction(op.scale(3).at(Real[other]))
model = architecture((total >> op.scale(3)).named("scaled"), laws=[laws.equal(tripled, by=along)])
