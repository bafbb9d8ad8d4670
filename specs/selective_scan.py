"""The selective scan: a state-space block whose step size and maps depend on what is read.

A short causal convolution and a gate stand around a diagonal recurrence for every channel:
``h' = exp(Δ·A)·h + Δ·x·B`` and ``y = C·h + D·x``, where Δ, B and C are read off the input.  What
depends on the input depends on nothing else: for given entries each step is an affine map of the
state, so the steps compose and are computed in parallel.  As A < 0, every factor is in (0, 1).

Gu and Dao, "Mamba: Linear-Time Sequence Modeling with Selective State Spaces", 2023.
"""

from categorical import Dim, Init, Real, architecture, arrow, laws, op
from categorical.recursion import mealy, step_form

step, width, channel, state, early, late = Dim.named("step width channel state early late")
SIZES = dict(width=16, channel=32, state=8, step=32)
SPLIT = dict(channel=6, state=4, early=5, late=7)
KERNEL = 4
HELD = Real[channel, state]


@arrow
def selective(
    h: Real[channel, state],
    size: Real[channel],
    x: Real[channel],
    b: Real[state],
    c: Real[state],
) -> Real[channel] * HELD:
    """One step: the state decays by exp(Δ·A) and takes in Δ·x·B; C reads it."""
    rate = op.neg(op.exp(op.parameter(HELD, name="log_rate", init=Init("normal", (0.5,)))()))
    factor = op.exp(op.einsum(channel, state)(size, rate))
    h = factor * h + op.einsum(channel, state)(size * x, b)
    return op.einsum(channel)(h, c) + op.parameter(
        Real[channel], name="skip", init=Init("ones")
    )() * x, h


@arrow
def selective_scan(u: Real[step, width]) -> Real[step, width]:
    """The block along a sequence."""
    x = op.linear(width, channel, bias=False, name="in_x")(u)
    z = op.linear(width, channel, bias=False, name="in_z")(u)
    near = op.depthwise_conv(channel, over=step, kernel=KERNEL, padding="causal", name="near")
    x = op.silu(near(x))
    size = op.softplus(op.linear(channel, channel, name="step_size")(x))
    b = op.linear(channel, state, bias=False, name="write")(x)
    c = op.linear(channel, state, bias=False, name="read")(x)
    y, _ = mealy(selective, over=step, start=0)(size, x, b, c)
    return op.linear(channel, width, bias=False, name="out")(y * op.silu(z))


CS = channel * state
model = architecture(
    selective_scan,
    laws=[
        laws.causal(step),
        laws.stepwise(step_form(selective_scan, over=step)),
        laws.parameters(
            3 * (width * channel)
            + (KERNEL + 1) * channel
            + (channel * channel + channel)
            + 3 * CS
            + channel
        ),
    ],
    sizes=SIZES,
    stream=step,
)


# The recurrence alone: for given step sizes, reads and writes it is linear in what goes through it.
run = mealy(selective, over=step, start=0)


@arrow
def through(
    size: Real[step, channel], x: Real[step, channel], b: Real[step, state], c: Real[step, state]
) -> Real[step, channel]:
    """The outputs of the recurrence."""
    return run(size, x, b, c)[0]


recurrence = architecture(
    through,
    laws=[laws.linear("x"), laws.causal(step)],
    sizes=dict(channel=6, state=4),
)


@arrow
def twice_as_large(
    size: Real[step, channel], x: Real[step, channel], b: Real[step, state], c: Real[step, state]
) -> Real[step, channel]:
    """The broken twin: the outputs are not linear in the step size."""
    return run(size, x, b, c)[0]


not_linear = architecture(
    twice_as_large,
    laws=[laws.linear("size").fails("the step size stands in an exponential")],
    sizes=dict(channel=6, state=4),
)


# Split and resume: the state is all that a first part leaves.
@arrow
def in_two_parts(
    size: Real[early + late, channel],
    x: Real[early + late, channel],
    b: Real[early + late, state],
    c: Real[early + late, state],
) -> Real[early + late, channel] * HELD:
    """The sequence in two parts."""
    parts = [op.unconcat(early, late)(one) for one in (size, x, b, c)]
    before, h = mealy(selective, over=early, start=0)(*(one for one, _ in parts))
    after, h = mealy(selective, over=late)(h, *(one for _, one in parts))
    return op.concat(early, late)(before, after), h


split = architecture(
    mealy(selective, over=early + late, start=0).named("whole"),
    laws=[laws.equal(in_two_parts, renaming={"cell_2": "cell"}, name="equal[split and resume]")],
    sizes=SPLIT,
)
