"""Bidirectional and stacked recurrent networks, on sequences of any length up to a bound.

One run reads from the left and one from the right; the next layer reads both.  A batch holds
sequences of several lengths: past its length a run keeps its state and shows 0, and the run from
the right starts at the last entry that counts.

Schuster and Paliwal, "Bidirectional Recurrent Neural Networks", 1997; torch's `nn.GRU` and
`nn.LSTM` with `bidirectional=True`, `num_layers=2` and packed sequences.
"""

from categorical import Dim, Fin, Real, architecture, arrow, laws, op
from categorical.composites import bidirectional, elman_cell, gru_cell, lstm_cell, stacked

feature, hidden, step = Dim.named("feature hidden step")
SIZES = dict(feature=6, hidden=8, step=10)
both = hidden + hidden


def layer(cell, width, lengths=False):
    """A layer of two cells of one kind, each of the size `hidden`."""
    return bidirectional(cell(width, hidden), cell(width, hidden), over=step, lengths=lengths)


def two_layers(cell):
    """Two such layers, started at 0, with lengths."""
    return stacked(layer(cell, feature, True), layer(cell, both, True), start=0)


def weights(gates, extra=0):
    """The numbers of two such layers: input and state weights, one bias and the extra ones."""
    own = gates * (hidden * hidden) + (gates + extra) * hidden
    return 4 * own + 2 * gates * (hidden * feature) + 2 * gates * (hidden * both)


elman = architecture(
    two_layers(elman_cell).named("bidirectional_elman"),
    laws=[laws.parameters(weights(1))],
    sizes=SIZES,
)
gru = architecture(
    two_layers(gru_cell).named("bidirectional_gru"),
    laws=[laws.parameters(weights(3, extra=1))],
    sizes=SIZES,
    atlas="categorical-deep-learning",
)
lstm = architecture(
    two_layers(lstm_cell).named("bidirectional_lstm"),
    laws=[laws.parameters(weights(4))],
    sizes=SIZES,
)


# What is read past the length changes nothing.
@arrow
def rows(x: Real[step, feature], lengths: Fin(step + 1)[()]) -> Real[step, both]:
    """What the two layers show."""
    return two_layers(gru_cell)(x, lengths)[0]


@arrow
def rows_of_masked(x: Real[step, feature], lengths: Fin(step + 1)[()]) -> Real[step, both]:
    """The same of a sequence whose entries past the length are 0."""
    places, _ = op.unconcat(step, 1)(op.positions(step + 1)())
    counted = op.less(places, op.expand(step)(lengths))
    return rows(op.where(counted, x, op.full_like(0)(x)), lengths)


padded = architecture(
    rows,
    laws=[laws.equal(rows_of_masked, renaming={"rows": ""}, name="equal[padding is not read]")],
    sizes=SIZES,
)


# Reversing the sequence, exchanging the two directions and reversing again is the same network.
@arrow
def one_layer(x: Real[step, feature]) -> Real[step, both]:
    """What one layer shows."""
    zero = op.zeros(Real[hidden])()
    return layer(gru_cell, feature)(zero, zero, x)[0]


@arrow
def mirrored(x: Real[step, feature]) -> Real[step, both]:
    """The rows of the reversed sequence in reverse, the halves exchanged."""
    left, right = op.unconcat(hidden, hidden)(op.flip(step)(one_layer(op.flip(step)(x))))
    return op.concat(hidden, hidden)(right, left)


EXCHANGED = {
    "one_layer.bidirectional.forwards": "bidirectional.backwards",
    "one_layer.bidirectional.backwards": "bidirectional.forwards",
}
mirror = architecture(
    one_layer,
    laws=[
        laws.equal(mirrored, renaming=EXCHANGED, name="equal[the mirror image]"),
        laws.equal(
            mirrored,
            renaming={"one_layer": ""},
            name="equal[the mirror image with the same directions]",
        ).fails(),
        laws.causal(step).fails(),
    ],
    sizes=SIZES,
)
