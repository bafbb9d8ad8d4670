"""The name of an axis, where the axis itself is wanted."""

from categorical import Real, architecture, op

name = "item"

model = architecture(op.relu.at(Real[name]), name="gate")
