"""The linear recurrent unit: a diagonal complex recurrence without a nonlinearity inside.

The state is a vector of complex numbers, kept as pairs; each is turned and shrunk by a factor
λ = exp(−exp(ν) + i·exp(θ)) and takes in what is read, scaled by √(1 − |λ|²).  As an affine map of
the state acts at every step, and affine maps compose, all steps are computed in parallel.  The same
recurrence, with another start for λ, is the diagonal state-space model S4D.

The coalgebra is linear, so its stream has a closed form: what a start leaves after n steps is
λⁿ times it (a geometric series), and the network is a convolution with that kernel.

A gate that looks at its state is no such map.  Declared as a monoid, with the sum of the entries as
the product, it is refuted.

Orvieto et al., "Resurrecting Recurrent Neural Networks for Long Sequences", 2023; Gu et al., "On
the Parameterization and Initialization of Diagonal State Space Models", 2022.
"""

from categorical import Dim, Init, Real, architecture, arrow, identity, laws, op
from categorical.recursion import mealy, step_form, unfold
from categorical.recursion.acting import acting

feature, state, step, early, late = Dim.named("feature state step early late")
SIZES = dict(feature=8, state=16, step=64)
SPLIT = dict(feature=8, state=16, early=5, late=7)
STEPS = 4
STATES = Real[state] * Real[state]
NEAR_ONE, SPREAD = Init("constant", (-3.0,)), Init("normal", (1.0,))  # |λ| starts at 0.95


@arrow(inline=True)
def factor() -> Real[state] * Real[state] * Real[state]:
    """The factor λ as a pair, and the scale of what is read."""
    radius = op.exp(op.neg(op.exp(op.parameter(Real[state], name="decay", init=NEAR_ONE)())))
    angle = op.exp(op.parameter(Real[state], name="angle", init=SPREAD)())
    scale = op.sqrt(1 - op.square(radius))
    return radius * op.cos(angle), radius * op.sin(angle), scale


@arrow
def unit(re: Real[state], im: Real[state], x: Real[feature]) -> Real[feature] * STATES:
    """One step: λ·h + √(1 − |λ|²)·B x, and the real part of C h + D x."""
    c, s, scale = factor()
    more_re = scale * op.linear(feature, state, bias=False, name="into_re")(x)
    more_im = scale * op.linear(feature, state, bias=False, name="into_im")(x)
    new_re, new_im = c * re - s * im + more_re, s * re + c * im + more_im
    from_re = op.linear(state, feature, bias=False, name="from_re")(new_re)
    from_im = op.linear(state, feature, bias=False, name="from_im")(new_im)
    return (
        from_re - from_im + op.parameter(Real[feature], name="skip", init=Init("ones"))() * x,
        new_re,
        new_im,
    )


@arrow
def linear_recurrent_unit(x: Real[step, feature]) -> Real[step, feature]:
    """The outputs along a sequence, from the state 0."""
    rows, _, _ = mealy(unit, over=step, states=2, start=0)(x)
    return rows


model = architecture(
    linear_recurrent_unit,
    laws=[
        laws.causal(step),
        laws.linear("x"),
        laws.stepwise(step_form(linear_recurrent_unit, over=step)),
        laws.parameters(4 * (feature * state) + 2 * state + feature),
    ],
    sizes=SIZES,
    stream=step,
)


# Split and resume: the second part starts from the states that the first one leaves.
@arrow
def in_two_parts(x: Real[early + late, feature]) -> Real[early + late, feature] * STATES:
    """The sequence in two parts."""
    first, rest = op.unconcat(early, late)(x)
    before, re, im = mealy(unit, over=early, states=2, start=0)(first)
    after, re, im = mealy(unit, over=late, states=2)(re, im, rest)
    return op.concat(early, late)(before, after), re, im


split = architecture(
    mealy(unit, over=early + late, states=2, start=0).named("whole"),
    laws=[laws.equal(in_two_parts, renaming={"cell_2": "cell"}, name="equal[split and resume]")],
    sizes=SPLIT,
)


# --- the stream of a start: a geometric series ----------------------------------------------------

FOUR = Real[state] * Real[state] * Real[state] * Real[state]


@arrow
def shrinking(s: Real[state]) -> Real[state] * Real[state]:
    """A linear coalgebra: it shows w·s and goes on from a·s."""
    a, w = (op.parameter(Real[state], name=name)() for name in ("a", "w"))
    return w * s, a * s


@arrow
def stream(s: Real[state]) -> FOUR:
    """The first four numbers that it shows."""
    rows, _ = unfold(shrinking, over=STEPS)(s)
    return tuple(op.take(STEPS, i)(rows) for i in range(STEPS))


@arrow
def geometric(s: Real[state]) -> FOUR:
    """w·s, w·a·s, w·a²·s, w·a³·s."""
    a, w = (op.parameter(Real[state], name=name)() for name in ("a", "w"))
    return w * s, w * (a * s), w * (a * a * s), w * (a * a * a * s)


impulse = architecture(
    stream,
    laws=[
        laws.equal(geometric, renaming={"a": "cell.a", "w": "cell.w"}, name="equal[geometric]"),
        laws.linear("s"),
    ],
    sizes=dict(state=16),
)


# --- the monoid of its steps, declared ------------------------------------------------------------


@arrow
def compose(
    a: Real[state], b: Real[state], later_a: Real[state], later_b: Real[state]
) -> Real[state] * Real[state]:
    """First one affine map and then another one."""
    return later_a * a, later_a * b + later_b


@arrow
def act(s: Real[state], a: Real[state], b: Real[state]) -> Real[state]:
    """An affine map of the state."""
    return a * s + b


affine = acting(op.sigmoid.at(Real[state]) @ identity(Real[state]), compose, act, name="affine")
associative, action = affine.claims(dict(state=4))


@arrow
def forget(s: Real[state], a: Real[state], x: Real[state]) -> Real[state]:
    """The cell of that monoid, written down."""
    return op.sigmoid(a) * s + x


read_off = affine.steps(forget, dict(state=4))


# The broken twin: the factor depends on the state, and the entries are claimed to add up.
@arrow
def gate(s: Real[state], x: Real[state]) -> Real[state]:
    """A gate that looks at the state."""
    return op.sigmoid(s) * s + x


@arrow
def both(x: Real[state], y: Real[state]) -> Real[state]:
    """The claimed product."""
    return x + y


gated = acting(identity(Real[state]), both, gate, name="gated")
false_action = architecture(
    gated.acts(dict(state=4)).arrow,
    laws=[law.fails("the factor depends on the state") for law in gated.acts().laws],
    name="gated_action",
    sizes=dict(state=4),
)
