"""A loop over the time steps of a sequence."""

from categorical import Dim, Real, architecture, arrow, op

time, width = Dim.named("time width")


@arrow
def last_state(sequence: Real[time, width]) -> Real[width]:
    """A recurrence written as a loop."""
    state = op.zeros(Real[width])()
    for frame in sequence:
        state = op.tanh(state + frame)
    return state


model = architecture(last_state, sizes=dict(width=8))
