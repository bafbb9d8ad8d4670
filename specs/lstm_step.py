"""One step of a long short-term memory.

The cell keeps a memory.  Three gates in (0, 1) say how much of it is kept, how much of a new
candidate enters, and how much of it is shown.

Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; forget gate: Gers et al., 2000.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op
from categorical.groups import Symmetric

feature, hidden = Dim.named("feature hidden")
SIZES = dict(feature=16, hidden=32)
GATES = 4  # in this order, as in torch: enter, keep, candidate, show


@arrow(inline=True)
def remember(
    memory: Real[hidden], enter: Real[hidden], keep: Real[hidden], candidate: Real[hidden]
) -> Real[hidden]:
    """The new memory, from gates between 0 and 1 and a candidate between -1 and 1."""
    return keep * memory + enter * candidate


@arrow(inline=True)
def from_logits(logits: Real[GATES, hidden], memory: Real[hidden]) -> Real[hidden] * Real[hidden]:
    """The new state and the new memory."""
    enter, keep, candidate, show = (op.take(GATES, i)(logits) for i in range(GATES))
    memory = remember(memory, op.sigmoid(enter), op.sigmoid(keep), op.tanh(candidate))
    return op.sigmoid(show) * op.tanh(memory), memory


@arrow
def lstm_step(
    x: Real[feature], state: Real[hidden], memory: Real[hidden]
) -> Real[hidden] * Real[hidden]:
    """From the input, the state and the memory to the next state and memory."""
    from_input = op.linear(feature, GATES * hidden, name="from_input")(x)
    from_state = op.linear(hidden, GATES * hidden, name="from_state")(state)
    logits = op.split(GATES * hidden, GATES, hidden)(from_input + from_state)
    return from_logits(logits, memory)


@arrow
def gate_by_gate(
    x: Real[feature], state: Real[hidden], memory: Real[hidden]
) -> Real[hidden] * Real[hidden]:
    """The equations of the textbook, each gate with its own rows of the weights."""
    out, rows = hidden.at("out"), GATES * hidden
    input_weight = op.parameter(Real[rows, feature], name="input_weight")()
    state_weight = op.parameter(Real[rows, hidden], name="state_weight")()
    input_bias = op.parameter(Real[rows], name="input_bias")()
    state_bias = op.parameter(Real[rows], name="state_bias")()

    def gate(i):
        own = op.split(rows, GATES, out) >> op.take(GATES, i)
        from_input = op.einsum(out)(own(input_weight), x) + own(input_bias)
        from_state = op.einsum(out)(own(state_weight), state) + own(state_bias)
        return op.relabel(out, hidden)(from_input + from_state)

    enter, keep, show = (op.sigmoid(gate(i)) for i in (0, 1, 3))
    memory = keep * memory + enter * op.tanh(gate(2))
    return show * op.tanh(memory), memory


model = architecture(
    lstm_step,
    laws=[
        laws.equal(
            gate_by_gate,
            renaming={
                "input_weight": "from_input.weight",
                "input_bias": "from_input.bias",
                "state_weight": "from_state.weight",
                "state_bias": "from_state.bias",
            },
            name="equal[gate by gate]",
        ),
        laws.parameters(GATES * hidden * feature + GATES * hidden * hidden + 2 * (GATES * hidden)),
    ],
    sizes=SIZES,
)


@arrow
def next_state(x: Real[feature], state: Real[hidden], memory: Real[hidden]) -> Real[hidden]:
    """The state only: what the rest of the network sees."""
    shown, _ = lstm_step(x, state, memory)
    return shown


shown = architecture(next_state, laws=[laws.bounded(low=-1, high=1, strict=True)], sizes=SIZES)


# The hidden units have no order: renumbering them, with their weights, renumbers the answer.
@arrow
def numbered_units(
    x: Real[feature],
    state: Real[hidden],
    memory: Real[hidden],
    input_weight: Real[GATES, hidden, feature],
    state_weight: Real[GATES, hidden, hidden.at("before")],
    bias: Real[GATES, hidden],
) -> Real[hidden] * Real[hidden]:
    """The step with all its weights as inputs."""
    from_input = op.einsum(GATES, hidden)(input_weight, x)
    before = op.relabel(hidden, hidden.at("before"))(state)
    from_state = op.einsum(GATES, hidden)(state_weight, before)
    return from_logits(from_input + from_state + bias, memory)


renumbered = architecture(
    numbered_units,
    laws=[laws.equivariant(under=Symmetric(hidden))],
    sizes=SIZES,
)


@arrow
def numbered_with_weights(
    x: Real[feature], state: Real[hidden], memory: Real[hidden]
) -> Real[hidden] * Real[hidden]:
    """The numbered units, with the weights of the step."""
    rows, before = GATES * hidden, hidden.at("before")
    by_gate = op.split(rows, GATES, hidden)
    input_weight = by_gate(op.parameter(Real[rows, feature], name="input_weight")())
    state_weight = op.parameter(Real[rows, hidden], name="state_weight")()
    state_weight = by_gate(op.relabel(hidden, before)(state_weight))
    bias = op.parameter(Real[rows], name="input_bias")()
    bias = by_gate(bias + op.parameter(Real[rows], name="state_bias")())
    return numbered_units(x, state, memory, input_weight, state_weight, bias)


WEIGHTS = {
    f"{of}_{kind}": f"from_{of}.{kind}" for of in ("input", "state") for kind in ("weight", "bias")
}
same_step = architecture(
    lstm_step,
    name="numbered_step",
    laws=[laws.equal(numbered_with_weights, renaming=WEIGHTS, name="equal[numbered units]")],
    sizes=SIZES,
)


# A cell that keeps everything and lets nothing in carries its memory unchanged, however long.
@arrow
def closed_cell(memory: Real[hidden], candidate: Real[hidden]) -> Real[hidden]:
    """The memory after a step with the gates at 0 (enter) and 1 (keep)."""
    return remember(memory, op.full_like(0)(memory), op.full_like(1)(memory), candidate)


carried = architecture(
    closed_cell,
    laws=[laws.equal(identity(Real[hidden]) @ discard(Real[hidden]), name="equal[memory]")],
    sizes=dict(hidden=32),
)

update = architecture(
    remember,
    laws=[laws.linear("memory", "candidate"), laws.linear("enter", "keep")],
    sizes=dict(hidden=32),
)
