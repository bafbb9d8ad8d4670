"""Automata: a word acts on states by the product of its letters' transition functions.

A deterministic automaton is a fold over a finite state, and the functions of a finite set are a
monoid: they compose, in any bracketing, so the states after all prefixes of a word are computed in
parallel.  A learner is the same with matrices: each letter has a matrix whose rows are
distributions, and a word acts on a distribution of states by their product.

The free monad is the free monoid of words here: reading two words is reading their concatenation.
"""

from categorical import Dim, Fin, Init, Real, architecture, arrow, laws, op
from categorical.recursion import fold, scan

letter, place, state, early, late = Dim.named("letter place state early late")
to = state.at("to")
SPREAD = Init("normal", (1.0,))
SIZES = dict(letter=3, state=4)
SPLIT = dict(letter=3, state=4, early=5, late=6)


# --- deterministic --------------------------------------------------------------------------------


@arrow
def move(s: Fin(state), x: Fin(letter)) -> Fin(state):
    """The next state: the best one in a table of scores."""
    scores = op.parameter(Real[letter, state, to], name="scores", init=SPREAD)()
    table = op.argmax(to)(op.gather(letter)(scores, x))
    return op.gather(state)(table, s)


deterministic = architecture(
    scan(move, over=place).named("deterministic_automaton"),
    laws=[laws.causal(place), laws.parameters(letter * state * state)],
    sizes=SIZES,
)


@arrow
def word_after_word(s: Fin(state), word: Fin(letter)[early + late]) -> Fin(state):
    """The state after a first word, and then a second one."""
    first, rest = op.unconcat(early, late)(word)
    return fold(move, over=late, name="cell")(fold(move, over=early, name="cell")(s, first), rest)


reading = architecture(
    fold(move, over=early + late).named("whole_word"),
    laws=[laws.equal(word_after_word, renaming={"cell_2": "cell"}, name="equal[word after word]")],
    sizes=SPLIT,
)


# --- learnt ---------------------------------------------------------------------------------------


@arrow
def mix(p: Real[state], x: Fin(letter)) -> Real[state]:
    """The next distribution: a product with the letter's matrix, whose rows are distributions."""
    scores = op.parameter(Real[letter, state, to], name="scores", init=SPREAD)()
    rows = op.softmax(to)(op.gather(letter)(scores, x))
    return op.relabel(to, state)(op.einsum(to)(p, rows))


@arrow
def accepted(word: Fin(letter)[place]) -> Real[()]:
    """How much of the distribution ends in accepting states."""
    start = op.softmax(state)(op.parameter(Real[state], name="start", init=SPREAD)())
    end = fold(mix, over=place)(start, word)
    return op.einsum()(end, op.sigmoid(op.parameter(Real[state], name="accepting", init=SPREAD)()))


model = architecture(
    accepted,
    laws=[
        laws.bounded(low=0, high=1),
        laws.parameters(letter * state * state + 2 * state),
    ],
    sizes=SIZES,
    name="automaton_learner",
)


@arrow
def one_letter(p: Real[state], x: Fin(letter)) -> Real[state]:
    """A step from what need not be a distribution."""
    return mix(p, x)


step = architecture(one_letter, laws=[laws.linear("p")], sizes=SIZES)


@arrow
def one_step(q: Real[state], x: Fin(letter)) -> Real[state]:
    """A step from a distribution."""
    return mix(op.softmax(state)(q), x)


stays = architecture(one_step, laws=[laws.sums_to(1, state)], sizes=SIZES)


@arrow
def learnt_after(p: Real[state], word: Fin(letter)[early + late]) -> Real[state]:
    """The distribution after a first word, and then a second one."""
    first, rest = op.unconcat(early, late)(word)
    return fold(mix, over=late)(fold(mix, over=early)(p, first), rest)


learnt = architecture(
    fold(mix, over=early + late).named("distribution"),
    laws=[laws.equal(learnt_after, renaming={"cell_2": "cell"}, name="equal[word after word]")],
    sizes=SPLIT,
)


# The broken twin: the second word first.
@arrow
def other_order(p: Real[state], word: Fin(letter)[early + late]) -> Real[state]:
    """The words in the other order: matrices do not commute."""
    first, rest = op.unconcat(early, late)(word)
    return fold(mix, over=early)(fold(mix, over=late)(p, rest), first)


commuted = architecture(
    fold(mix, over=early + late).named("commuted"),
    laws=[
        laws.equal(
            other_order, renaming={"cell_2": "cell"}, name="equal[in the other order]"
        ).fails("matrices do not commute")
    ],
    sizes=SPLIT,
)
