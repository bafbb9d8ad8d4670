"""The gated recurrent unit: the new state is a convex mixture of the old one and a candidate.

A gate in (0, 1) says, unit by unit, how much of the state is kept; another how much of it the
candidate may read.  Torch's form: the reset gate multiplies the mapped state, bias included.

Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014; torch's `nn.GRU`.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op
from categorical.composites import gru_cell, recurrent
from categorical.groups import Symmetric
from categorical.recursion import scan, step_form

feature, hidden, step, early, late = Dim.named("feature hidden step early late")
SIZES = dict(feature=8, hidden=16, step=12)
SPLIT = dict(feature=8, hidden=16, early=5, late=7)
STEPS, GATES = 3, 3  # reset, update, new: torch's order
out = hidden.at("out")

cell = gru_cell(feature, hidden)

model = architecture(
    recurrent(cell, over=step, start=0).named("gated_recurrent_unit"),
    laws=[
        laws.parameters(3 * (hidden * feature) + 3 * (hidden * hidden) + 4 * hidden),
        laws.bounded(low=-1, high=1),
    ],
    sizes=SIZES,
    atlas="categorical-deep-learning",
)

shown = scan(cell, over=step, start=0).named("states")
states = architecture(
    shown,
    laws=[laws.causal(step), laws.stepwise(step_form(shown, over=step))],
    sizes=SIZES,
)


@arrow(inline=True)
def mix(keep: Real[hidden], new: Real[hidden], state: Real[hidden]) -> Real[hidden]:
    """A convex combination."""
    return (1 - keep) * new + keep * state


def step_by_hand(weight, back, bias, new_bias, state, entry):
    """The equations gate by gate, each with its own weights."""

    def gate(i, squash=op.sigmoid, reset=None):
        from_state = op.einsum(out)(op.take(GATES, i)(back), state)
        from_state = op.relabel(out, hidden)(from_state)
        if reset is not None:
            from_state = reset * (from_state + new_bias)
        from_input = op.einsum(hidden)(op.take(GATES, i)(weight), entry)
        return squash(from_input + op.take(GATES, i)(bias) + from_state)

    reset, keep = gate(0), gate(1)
    return mix(keep, gate(2, op.tanh, reset), state)


# Written out for three steps, gate by gate: the weights of all steps are one set.
@arrow
def three_steps(x: Real[STEPS, feature]) -> Real[hidden] * Real[hidden] * Real[hidden]:
    """The states after each of three steps."""
    rows = scan(cell, over=STEPS, start=0)(x)
    return tuple(op.take(STEPS, i)(rows) for i in range(STEPS))


@arrow
def textbook(x: Real[STEPS, feature]) -> Real[hidden] * Real[hidden] * Real[hidden]:
    """The states of three steps."""
    rows = GATES * hidden
    weight = op.parameter(Real[rows, feature], name="weight")()
    back = op.parameter(Real[rows, hidden], name="back")()
    bias = op.parameter(Real[rows], name="bias")()
    new_bias = op.parameter(Real[hidden], name="new_bias")()
    weight, bias = (op.split(rows, GATES, hidden)(one) for one in (weight, bias))
    back = op.split(rows, GATES, out)(back)
    state, shown = op.zeros(Real[hidden])(), []
    for i in range(STEPS):
        state = step_by_hand(weight, back, bias, new_bias, state, op.take(STEPS, i)(x))
        shown.append(state)
    return tuple(shown)


WEIGHTS = {
    "weight": "cell.from_input.weight",
    "bias": "cell.from_input.bias",
    "back": "cell.from_state.weight",
    "new_bias": "cell.new_bias",
}
unrolled = architecture(
    three_steps,
    laws=[
        laws.equal(textbook, renaming=WEIGHTS, name="equal[textbook]"),
    ],
    sizes=dict(feature=8, hidden=16),
)


# A run may be cut anywhere and resumed.
@arrow
def resumed(
    state: Real[hidden], x: Real[early + late, feature]
) -> Real[early + late, hidden] * Real[hidden]:
    """The first part, then the second from the state that is left."""
    before, after = op.unconcat(early, late)(x)
    rows, state = recurrent(cell, over=early)(state, before)
    more, state = recurrent(cell, over=late)(state, after)
    return op.concat(early, late)(rows, more), state


@arrow
def forgetful(
    state: Real[hidden], x: Real[early + late, feature]
) -> Real[early + late, hidden] * Real[hidden]:
    """The second part from the start again."""
    before, after = op.unconcat(early, late)(x)
    rows, _ = recurrent(cell, over=early)(state, before)
    more, state = recurrent(cell, over=late)(state, after)
    return op.concat(early, late)(rows, more), state


split = architecture(
    recurrent(cell, over=early + late).named("split"),
    laws=[
        laws.equal(resumed, renaming={"cell_2": "cell"}, name="equal[split and resume]"),
        laws.equal(forgetful, renaming={"cell_2": "cell"}, name="equal[started again]").fails(),
    ],
    sizes=SPLIT,
)


# One step of the run is the cell.
ONE = 1
once = architecture(
    cell,
    laws=[
        laws.equal(
            (identity(Real[hidden]) @ op.unsqueeze(ONE).at(Real[feature]))
            >> recurrent(cell, over=ONE)
            >> (discard(Real[ONE, hidden]) @ identity(Real[hidden])),
            renaming={"cell": ""},
            name="equal[a run of one step]",
        )
    ],
    sizes=dict(feature=8, hidden=16),
)

convex = architecture(
    mix,
    laws=[laws.linear("new", "state")],
    sizes=dict(hidden=16),
)


# The hidden units have no order: renumbering them, with their weights, renumbers the answer.
@arrow
def numbered_cell(
    state: Real[hidden],
    x: Real[feature],
    weight: Real[GATES, hidden, feature],
    back: Real[GATES, out, hidden],
    bias: Real[GATES, hidden],
    new_bias: Real[hidden],
) -> Real[hidden]:
    """The cell with its weights as inputs."""
    return step_by_hand(weight, back, bias, new_bias, state, x)


renumbered = architecture(
    scan(numbered_cell, over=step, shared=4).named("renumbered"),
    laws=[laws.equivariant(under=Symmetric(hidden))],
    sizes=SIZES,
)
