"""Mealy machines: what is answered at a step depends on the state and on what is read.

A coalgebra of I → (O × X) is a cell `state × input → output × state`, the full recurrent cell; it
is run along the inputs that it is given.  One machine is learnt; the other, the serial adder, is
written down: it adds two numbers of any length digit by digit, and its state is the carry.

Mealy, "A Method for Synthesizing Sequential Circuits", 1955; Gavranović et al., Figure 1.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric
from categorical.recursion import fold, mealy

read, answer, state, inner, step, early, late = Dim.named("read answer state inner step early late")
SIZES = dict(read=6, answer=4, state=8, inner=16, step=10)
NUMBER = Real[()]
SPLIT = dict(read=6, answer=4, state=8, inner=16, early=4, late=6)


@arrow
def cell(s: Real[state], i: Real[read]) -> Real[answer] * Real[state]:
    """The answer and the next state, from one hidden layer."""
    from_input = op.linear(read, inner, name="from_input")(i)
    hidden = op.tanh(from_input + op.linear(state, inner, bias=False, name="from_state")(s))
    next_state = op.tanh(op.linear(inner, state, name="next")(hidden))
    return op.linear(inner, answer, name="answer")(hidden), next_state


machine = mealy(cell, over=step)
model = architecture(
    machine.named("mealy_machine"),
    laws=[
        laws.parameters(
            inner * (read + state) + inner + state * inner + state + answer * inner + answer
        )
    ],
    sizes=SIZES,
    atlas="categorical-deep-learning",
)


@arrow
def answers(s: Real[state], inputs: Real[step, read]) -> Real[step, answer]:
    """The answers only."""
    return machine(s, inputs)[0]


online = architecture(answers, laws=[laws.causal(step)], sizes=SIZES)


# The equation of a coalgebra: the first answer is the cell's, the others those of the next state.
@arrow
def one_by_one(
    s: Real[state], inputs: Real[early + late, read]
) -> Real[early + late, answer] * Real[state]:
    """The inputs in two parts."""
    first, rest = op.unconcat(early, late)(inputs)
    before, s = mealy(cell, over=early)(s, first)
    after, s = mealy(cell, over=late)(s, rest)
    return op.concat(early, late)(before, after), s


split = architecture(
    mealy(cell, over=early + late).named("split"),
    laws=[laws.equal(one_by_one, renaming={"cell_2": "cell"}, name="equal[split and resume]")],
    sizes=SPLIT,
)


# The states have no names: renumbering them, with the weights that read them, leaves the answers.
@arrow
def numbered_cell(
    s: Real[state],
    i: Real[read],
    weight: Real[state, read],
    back: Real[state.at("next"), state],
    shown: Real[answer, state],
) -> Real[answer] * Real[state]:
    """A cell with its weights as inputs."""
    after = state.at("next")
    from_state = op.relabel(after, state)(op.einsum(after)(back, s))
    return op.einsum(answer)(shown, s), op.tanh(op.einsum(state)(weight, i) + from_state)


@arrow
def numbered_answers(
    s: Real[state],
    inputs: Real[step, read],
    weight: Real[state, read],
    back: Real[state.at("next"), state],
    shown: Real[answer, state],
) -> Real[step, answer]:
    """The answers of that machine."""
    return mealy(numbered_cell, over=step, shared=3)(s, inputs, weight, back, shown)[0]


renumbered = architecture(
    numbered_answers,
    laws=[laws.invariant(under=Symmetric(state))],
    sizes=dict(read=6, answer=4, state=8, step=10),
)


# The serial adder: the digits of two numbers, lowest first; the state is the carry.
@arrow
def adder(carry: NUMBER, a: NUMBER, b: NUMBER) -> NUMBER * NUMBER:
    """The digit and the carry of a + b + carry, as polynomials that are right at 0 and 1."""
    two = a * b + a * carry + b * carry
    three = a * b * carry
    after = two - 2 * three
    return a + b + carry - 2 * after, after


@arrow
def carry_wrong(carry: NUMBER, a: NUMBER, b: NUMBER) -> NUMBER * NUMBER:
    """An adder whose carry ignores the one before."""
    after = a * b
    return a + b + carry - 2 * (a * b + a * carry + b * carry - 2 * (a * b * carry)), after


@arrow
def place(value: NUMBER, digit: NUMBER) -> NUMBER:
    """The last digit counts one, the one before a half, and so on."""
    return 0.5 * value + digit


def number(cell):
    """An arrow: the number that the answers of an adder stand for; its last carry counts two."""

    @arrow
    def number(carry: NUMBER, a: Real[step], b: Real[step]) -> NUMBER:
        digits, carry = mealy(cell, over=step, states=1)(carry, a, b)
        return fold(place, over=step, start=0, name="value")(digits) + 2 * carry

    return number


@arrow
def sum_of_numbers(carry: NUMBER, a: Real[step], b: Real[step]) -> NUMBER:
    """The number whose digits are the sums of the digits, above the carry that comes in."""
    return fold(place, over=step, name="value")(2 * carry, a + b)


@arrow
def with_carry(carry: NUMBER, value: NUMBER) -> NUMBER:
    """After every step: what the digits so far stand for, and what is carried."""
    return value + 2 * carry


serial_adder = architecture(
    number(adder),
    name="serial_adder",
    laws=[laws.equal(sum_of_numbers, name="equal[it adds]", by=laws.induction(with_carry))],
    sizes=dict(step=8),
)
broken_adder = architecture(
    number(carry_wrong),
    name="broken_adder",
    laws=[laws.equal(sum_of_numbers, name="equal[it adds]", by=laws.induction(with_carry)).fails()],
    sizes=dict(step=8),
)
