"""The simple recurrent network: one state, read and written at every step.

The cell is a folding cell, an algebra `state × entry → state`; run along a sequence from the state
0 it shows the state after each step.  The weights of all steps are one set: the unrolled network
is the cell reparametrised along the diagonal.

Elman, "Finding Structure in Time", 1990; torch's `nn.RNN`.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.composites import elman_cell, recurrent
from categorical.groups import Symmetric
from categorical.recursion import fold, foldr, scan, step_form

feature, hidden, step, early, late = Dim.named("feature hidden step early late")
SIZES = dict(feature=8, hidden=16, step=12)
SPLIT = dict(feature=8, hidden=16, early=5, late=7)
STEPS = 3
out = hidden.at("out")

cell = elman_cell(feature, hidden)

model = architecture(
    recurrent(cell, over=step, start=0).named("elman_network"),
    laws=[
        laws.parameters(hidden * feature + hidden * hidden + hidden),
        laws.bounded(low=-1, high=1),
    ],
    sizes=SIZES,
    atlas="categorical-deep-learning",
)

# What is shown at a step depends on the entries up to it; a run from the right sees the others.
shown = scan(cell, over=step, start=0).named("states")
states = architecture(
    shown,
    laws=[laws.causal(step), laws.stepwise(step_form(shown, over=step))],
    sizes=SIZES,
)

backwards = architecture(
    scan(cell, over=step, start=0, reverse=True).named("backwards"),
    laws=[laws.causal(step).fails()],
    sizes=SIZES,
)


# Written out for three steps: the weights of all steps are one set.
@arrow
def three_steps(x: Real[STEPS, feature]) -> Real[hidden] * Real[hidden] * Real[hidden]:
    """The states after each of three steps."""
    states = scan(cell, over=STEPS, start=0)(x)
    return tuple(op.take(STEPS, i)(states) for i in range(STEPS))


def step_by_hand(weight, back, bias, state, entry):
    """tanh(W x + b + U h)."""
    from_state = op.relabel(out, hidden)(op.einsum(out)(back, state))
    return op.tanh(op.einsum(hidden)(weight, entry) + bias + from_state)


@arrow
def textbook(x: Real[STEPS, feature]) -> Real[hidden] * Real[hidden] * Real[hidden]:
    """h₁ = tanh(W x₁ + b + U h₀) with h₀ = 0, and so on."""
    weight = op.parameter(Real[hidden, feature], name="weight")()
    back = op.parameter(Real[out, hidden], name="back")()
    bias = op.parameter(Real[hidden], name="bias")()
    state, shown = op.zeros(Real[hidden])(), []
    for i in range(STEPS):
        state = step_by_hand(weight, back, bias, state, op.take(STEPS, i)(x))
        shown.append(state)
    return tuple(shown)


WEIGHTS = {
    "weight": "cell.from_input.weight",
    "bias": "cell.from_input.bias",
    "back": "cell.from_state.weight",
}
unrolled = architecture(
    three_steps,
    laws=[laws.equal(textbook, renaming=WEIGHTS, name="equal[textbook]")],
    sizes=dict(feature=8, hidden=16),
)


# The state is all that later steps know: a run may be cut anywhere and resumed.
@arrow
def resumed(
    state: Real[hidden], x: Real[early + late, feature]
) -> Real[early + late, hidden] * Real[hidden]:
    """The first part, then the second from the state that is left."""
    before, after = op.unconcat(early, late)(x)
    rows, state = recurrent(cell, over=early)(state, before)
    more, state = recurrent(cell, over=late)(state, after)
    return op.concat(early, late)(rows, more), state


split = architecture(
    recurrent(cell, over=early + late).named("split"),
    laws=[laws.equal(resumed, renaming={"cell_2": "cell"}, name="equal[split and resume]")],
    sizes=SPLIT,
)

# Its own mirror image is another network.
mirrored = architecture(
    fold(cell, over=step).named("mirrored"),
    laws=[laws.equal(foldr(cell, over=step), name="equal[from the right]").fails()],
    sizes=SIZES,
)


# The hidden units have no order: renumbering them, with their weights, renumbers the answer.
@arrow
def numbered_cell(
    state: Real[hidden],
    x: Real[feature],
    weight: Real[hidden, feature],
    back: Real[out, hidden],
    bias: Real[hidden],
) -> Real[hidden]:
    """The cell with its weights as inputs."""
    return step_by_hand(weight, back, bias, state, x)


renumbered = architecture(
    scan(numbered_cell, over=step, shared=3).named("renumbered"),
    laws=[laws.equivariant(under=Symmetric(hidden))],
    sizes=SIZES,
)
