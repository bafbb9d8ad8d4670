"""Who speaks?  A recurrent classifier of utterances of different lengths.

An utterance is a sequence of 12 coefficients, padded to the longest of its batch; its length is an
input.  One GRU reads it from the left and one from the right (the folds of snoc lists and of cons
lists), and the scores are an affine map of the two states that are left.  A second network answers
while it listens: it reads from the left only, and scores the speakers after every step.  Its module
runs over whole utterances, and step by step with the same weights.

The data: Kudo, Toyama and Shimbo, "Multidimensional Curve Classification Using Passing-Through
Regions", 1999; `python -m examples.japanese_vowels` trains both networks on it.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, laws, op
from categorical.composites import gru_cell, recurrent
from categorical.recursion import fold, foldr, step_form

step, feature, hidden, speaker = Dim.named("step feature hidden speaker")
SIZES = dict(step=29, feature=12, hidden=32, speaker=9)
LENGTH = Fin(step + 1)[()]
both = hidden + hidden


@arrow
def vowel_classifier(x: Real[step, feature], lengths: LENGTH) -> Real[speaker]:
    """Scores of the speakers of one utterance."""
    cell = gru_cell(feature, hidden)
    left = fold(cell, over=step, start=0, lengths=True, name="from_left")(x, lengths)
    right = foldr(cell, over=step, start=0, lengths=True, name="from_right")(x, lengths)
    return op.linear(both, speaker, name="scores")(op.concat(hidden, hidden)(left, right))


# What is read past the length changes nothing.
@arrow(inline=True)
def masked(x: Real[step, feature], lengths: LENGTH) -> Real[step, feature]:
    """The utterance with 0 past its length."""
    places, _ = op.unconcat(step, 1)(op.positions(step + 1)())
    return op.where(op.less(places, op.expand(step)(lengths)), x, op.full_like(0)(x))


@arrow
def of_masked(x: Real[step, feature], lengths: LENGTH) -> Real[speaker]:
    """The scores of that."""
    return vowel_classifier(masked(x, lengths), lengths)


whole = {"vowel_classifier": ""}
of_a_cell = 3 * (hidden * feature) + 3 * (hidden * hidden) + 4 * hidden

model = architecture(
    vowel_classifier,
    laws=[
        laws.equal(of_masked, renaming=whole, name="equal[padding is not read]"),
        laws.parameters(of_a_cell + of_a_cell + both * speaker + speaker),
    ],
    sizes=SIZES,
)


# A network that reads to the end of the array reads the padding.
careless_cell = fold(gru_cell(feature, hidden), over=step, start=0)
careless = architecture(
    careless_cell @ discard(LENGTH),
    name="careless",
    laws=[laws.equal(masked >> careless_cell, name="equal[padding is not read]").fails()],
    sizes=dict(step=29, feature=12, hidden=32),
)


# --- while listening ------------------------------------------------------------------------


@arrow
def vowel_stream(x: Real[step, feature]) -> Real[step, speaker]:
    """Scores after every step."""
    rows, _ = recurrent(gru_cell(feature, hidden), over=step, start=0)(x)
    return op.linear(hidden, speaker, name="scores")(rows)


stream = architecture(
    vowel_stream,
    laws=[
        laws.causal(step),
        laws.stepwise(step_form(vowel_stream, over=step)),
        laws.parameters(of_a_cell + hidden * speaker + speaker),
    ],
    sizes=SIZES,
    stream=step,
)
