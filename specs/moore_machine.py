"""Moore machines: what is answered at a step depends on the state only, before anything is read.

A coalgebra of O × (I → X) is two arrows, `out: state → output` and `next: state × input → state`.
Every Moore machine is a Mealy machine whose answer ignores the input; the converse fails, as the
machine that answers with its input shows.  A unit delay is the smallest Moore machine.

Moore, "Gedanken-experiments on Sequential Machines", 1956; Gavranović et al., Figure 1.
"""

from categorical import Dim, Real, architecture, arrow, copy, discard, identity, laws, op
from categorical.composites import gru_cell
from categorical.recursion import mealy, moore

read, answer, state, step, past = Dim.named("read answer state step past")
SIZES = dict(read=6, answer=4, state=8, step=10)
LAST = 1
every = past + LAST

out = op.linear(state, answer, name="out")
next_state = gru_cell(read, state)

model = architecture(
    moore(out, next_state, over=step).named("moore_machine"),
    laws=[
        laws.parameters(
            answer * state + answer + 3 * (state * read) + 3 * (state * state) + 4 * state
        )
    ],
    sizes=SIZES,
    atlas="categorical-deep-learning",
)


# A Moore machine is a Mealy machine.
@arrow
def mealy_cell(s: Real[state], i: Real[read]) -> Real[answer] * Real[state]:
    """The answer does not depend on the input."""
    return out(s), next_state(s, i)


included = architecture(
    moore(out, next_state, over=step).named("included"),
    laws=[
        laws.equal(mealy(mealy_cell, over=step), name="equal[the Mealy machine]"),
    ],
    sizes=SIZES,
)


# The last answer is given before the last input is read: it is that of the state left before.
@arrow
def answers(s: Real[state], inputs: Real[past + LAST, read]) -> Real[past + LAST, answer]:
    """The answers only."""
    return moore(out, next_state, over=every)(s, inputs)[0]


@arrow
def without_the_last(s: Real[state], inputs: Real[past + LAST, read]) -> Real[past + LAST, answer]:
    """The answers to the inputs but the last, and that of the state that is left."""
    before, _ = op.unconcat(past, LAST)(inputs)
    rows, s = moore(out, next_state, over=past)(s, before)
    return op.concat(past, LAST)(rows, op.unsqueeze(LAST)(out(s)))


strict = architecture(
    answers,
    laws=[
        laws.equal(
            without_the_last,
            renaming={"out": "cell.out"},
            name="equal[the last input is not read]",
        )
    ],
    sizes=dict(read=6, answer=4, state=8, past=9),
)


# The delay: the state is the input before.  Started with the last input it is the cyclic shift.
keep_input = discard(Real[read]) @ identity(Real[read])
delay = moore(identity(Real[read]), keep_input, over=every)


@arrow
def around(inputs: Real[past + LAST, read]) -> Real[past + LAST, read]:
    """The delay, started with the last input."""
    _, last = op.unconcat(past, LAST)(inputs)
    return delay(op.squeeze(LAST)(last), inputs)[0]


unit_delay = architecture(
    around,
    laws=[
        laws.equal(op.roll(every, 1).at(Real[past + LAST, read]), name="equal[the shift]"),
        laws.equal(identity(Real[past + LAST, read]), name="equal[what is read]").fails(),
    ],
    sizes=dict(read=6, past=9),
)


# A machine that answers with its input is no Moore machine.
echo_cell = discard(Real[read]) @ copy(Real[read])


@arrow
def echo(s: Real[read], inputs: Real[every, read]) -> Real[every, read]:
    """The inputs, echoed."""
    return mealy(echo_cell, over=every)(s, inputs)[0]


@arrow
def echo_without_the_last(s: Real[read], inputs: Real[every, read]) -> Real[every, read]:
    """What a Moore machine would answer: the state that is left, last."""
    before, _ = op.unconcat(past, LAST)(inputs)
    rows, s = mealy(echo_cell, over=past)(s, before)
    return op.concat(past, LAST)(rows, op.unsqueeze(LAST)(s))


not_moore = architecture(
    echo,
    laws=[laws.equal(echo_without_the_last, name="equal[the last input is not read]").fails()],
    sizes=dict(read=6, past=9),
)
