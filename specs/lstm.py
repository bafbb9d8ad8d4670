"""The long short-term memory, run along a sequence.

A state that is shown and a memory that is not.  Three gates in (0, 1) say how much of the memory is
kept, how much of a candidate enters, and how much is shown; a memory that is kept whole is carried
as it is, however long the sequence.

Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; forget gate: Gers et al., 2000; torch's
`nn.LSTM`.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op
from categorical.composites import lstm_cell, recurrent
from categorical.groups import Symmetric
from categorical.recursion import fold, mealy, step_form
from categorical.recursion.folds import shown

feature, hidden, step, early, late = Dim.named("feature hidden step early late")
SIZES = dict(feature=8, hidden=16, step=12)
SPLIT = dict(feature=8, hidden=16, early=5, late=7)
STEPS, GATES = 3, 4  # enter, keep, candidate, show: torch's order
out = hidden.at("out")

cell = lstm_cell(feature, hidden)

model = architecture(
    recurrent(cell, over=step, start=0).named("lstm"),
    laws=[laws.parameters(4 * (hidden * feature) + 4 * (hidden * hidden) + 4 * hidden)],
    sizes=SIZES,
    atlas="categorical-deep-learning",
)


@arrow
def states(x: Real[step, feature]) -> Real[step, hidden]:
    """What is shown at every step."""
    rows, _, _ = recurrent(cell, over=step, start=0)(x)
    return rows


shown_states = architecture(
    states,
    laws=[
        laws.causal(step),
        laws.stepwise(step_form(states, over=step)),
        laws.bounded(low=-1, high=1),
    ],
    sizes=SIZES,
)


@arrow(inline=True)
def remember(
    memory: Real[hidden], enter: Real[hidden], keep: Real[hidden], candidate: Real[hidden]
) -> Real[hidden]:
    """The new memory."""
    return keep * memory + enter * candidate


def step_by_hand(weight, back, bias, state, memory, entry):
    """The equations gate by gate, each with its own weights."""

    def gate(i, squash=op.sigmoid):
        from_state = op.relabel(out, hidden)(op.einsum(out)(op.take(GATES, i)(back), state))
        from_input = op.einsum(hidden)(op.take(GATES, i)(weight), entry)
        return squash(from_input + op.take(GATES, i)(bias) + from_state)

    memory = remember(memory, gate(0), gate(1), gate(2, op.tanh))
    return gate(3) * op.tanh(memory), memory


# Written out for three steps: the weights of all steps are one set.
@arrow
def textbook(x: Real[STEPS, feature]) -> Real[hidden] * Real[hidden]:
    """State and memory after three steps from 0."""
    rows = GATES * hidden
    weight = op.parameter(Real[rows, feature], name="weight")()
    back = op.parameter(Real[rows, hidden], name="back")()
    bias = op.parameter(Real[rows], name="bias")()
    weight, bias = (op.split(rows, GATES, hidden)(one) for one in (weight, bias))
    back = op.split(rows, GATES, out)(back)
    state = memory = op.zeros(Real[hidden])()
    for i in range(STEPS):
        entry = op.take(STEPS, i)(x)
        state, memory = step_by_hand(weight, back, bias, state, memory, entry)
    return state, memory


WEIGHTS = {
    "weight": "cell.from_input.weight",
    "bias": "cell.from_input.bias",
    "back": "cell.from_state.weight",
}
unrolled = architecture(
    fold(cell, over=STEPS, start=0).named("unrolled"),
    laws=[laws.equal(textbook, renaming=WEIGHTS, name="equal[textbook]")],
    sizes=dict(feature=8, hidden=16),
)


# A run may be cut anywhere and resumed from its state and its memory, but not from one of them.
@arrow
def resumed(
    state: Real[hidden], memory: Real[hidden], x: Real[early + late, feature]
) -> Real[early + late, hidden] * Real[hidden] * Real[hidden]:
    """The first part, then the second from what is left."""
    before, after = op.unconcat(early, late)(x)
    rows, state, memory = recurrent(cell, over=early)(state, memory, before)
    more, state, memory = recurrent(cell, over=late)(state, memory, after)
    return op.concat(early, late)(rows, more), state, memory


@arrow
def without_memory(
    state: Real[hidden], memory: Real[hidden], x: Real[early + late, feature]
) -> Real[early + late, hidden] * Real[hidden] * Real[hidden]:
    """The second part with the memory of the start."""
    before, after = op.unconcat(early, late)(x)
    rows, state, _ = recurrent(cell, over=early)(state, memory, before)
    more, state, memory = recurrent(cell, over=late)(state, memory, after)
    return op.concat(early, late)(rows, more), state, memory


split = architecture(
    recurrent(cell, over=early + late).named("split"),
    laws=[
        laws.equal(resumed, renaming={"cell_2": "cell"}, name="equal[split and resume]"),
        laws.equal(without_memory, renaming={"cell_2": "cell"}, name="equal[no memory]").fails(),
    ],
    sizes=SPLIT,
)


# With the gates wide open to the memory and shut to the input, the memory is carried for ever.
@arrow
def closed_cell(memory: Real[hidden], candidate: Real[hidden]) -> Real[hidden]:
    """A step with the gates at 0 (enter) and 1 (keep)."""
    return remember(memory, op.full_like(0)(memory), op.full_like(1)(memory), candidate)


carried = architecture(
    fold(closed_cell, over=step).named("carried"),
    laws=[
        laws.equal(
            identity(Real[hidden]) @ discard(Real[step, hidden]),
            name="equal[the memory at the start]",
        )
    ],
    sizes=dict(hidden=16, step=12),
)


# The hidden units have no order: renumbering them, with their weights, renumbers the answer.
@arrow
def numbered_cell(
    state: Real[hidden],
    memory: Real[hidden],
    x: Real[feature],
    weight: Real[GATES, hidden, feature],
    back: Real[GATES, out, hidden],
    bias: Real[GATES, hidden],
) -> Real[hidden] * Real[hidden]:
    """The cell with its weights as inputs."""
    return step_by_hand(weight, back, bias, state, memory, x)


renumbered = architecture(
    mealy(shown(numbered_cell, 1), over=step, states=2, shared=3).named("renumbered"),
    laws=[laws.equivariant(under=Symmetric(hidden))],
    sizes=SIZES,
)
