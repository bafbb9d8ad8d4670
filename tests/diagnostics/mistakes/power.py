"""A power, as a number of Python has it."""

from categorical import Dim, Real, architecture, arrow, op

feature = Dim("feature")


@arrow
def energy(x: Real[feature]) -> Real[()]:
    """The sum of cubes."""
    return op.sum(feature)(x**3)


model = architecture(energy, sizes=dict(feature=8))
