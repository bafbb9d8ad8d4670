"""One block, repeated: with one set of weights for all steps, or with one for each step.

Repeating a block does not share its weights; sharing is said (`weights="tied"`).  A tied stack is a
recurrent network in depth, as in ALBERT or the Universal Transformer.  Weights of separate steps
may be kept one by one (`"untied"`) or as one array with an axis of steps (`"stacked"`): the numbers
are the same.

Dehghani et al., "Universal Transformers", 2019; Lan et al., "ALBERT", 2020.
"""

from categorical import Dim, Real, architecture, arrow, iterate, laws, op, tie
from categorical.composites import residual

width = Dim("width")
STEPS = 3
SIZES = dict(width=32)

update = op.linear(width, width) >> op.tanh
step = residual(update).named("step")

weights_of_a_step = width * width + width

once = tie(step)

tied = architecture(
    iterate(step, STEPS, weights="tied").named("tied"),
    laws=[
        laws.equal(
            once >> once >> once,
            renaming={"step": "steps"},
            name="equal[one step, three times]",
        ),
        laws.parameters(weights_of_a_step),
    ],
    sizes=SIZES,
)

untied = architecture(
    iterate(step, STEPS, weights="untied").named("untied"),
    laws=[
        laws.equal(
            step >> step >> step,
            renaming={"step": "steps.0", "step_2": "steps.1", "step_3": "steps.2"},
            name="equal[three steps]",
        ),
        laws.parameters(STEPS * weights_of_a_step),
    ],
    sizes=SIZES,
)


@arrow
def row_by_row(x: Real[width]) -> Real[width]:
    """Step i reads row i of the stacked weights."""
    out = width.at("out")
    weights = op.parameter(Real[STEPS, out, width], name="weight")()
    biases = op.parameter(Real[STEPS, width], name="bias")()
    for i in range(STEPS):
        weight, bias = op.take(STEPS, i)(weights), op.take(STEPS, i)(biases)
        moved = op.relabel(out, width)(op.einsum(out)(weight, x))
        x = x + op.tanh(moved + bias)
    return x


stacked = architecture(
    iterate(step, STEPS, weights="stacked").named("stacked"),
    laws=[
        laws.equal(
            row_by_row,
            renaming={"weight": "steps.linear.weight", "bias": "steps.linear.bias"},
            name="equal[row by row]",
        ),
        laws.parameters(STEPS * weights_of_a_step),
    ],
    sizes=SIZES,
)
