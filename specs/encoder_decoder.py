"""Encoder and decoder: a sequence is folded to a state, and the state unfolded to another sequence.

The encoder is an algebra run along the source, the decoder a coalgebra `state → output × state`
run for as many steps as are asked: the outputs are the first of one stream, so asking for more
never changes those that were given.  The decoder reads its own last output.

Sutskever, Vinyals and Le, "Sequence to Sequence Learning with Neural Networks", 2014;
Cho et al., 2014.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op
from categorical.composites import gru_cell
from categorical.groups import Symmetric
from categorical.recursion import fold, unfold

source, target, more, feature, hidden, out = Dim.named("source target more feature hidden out")
SIZES = dict(source=9, target=6, feature=5, hidden=12, out=4)

encode = fold(gru_cell(feature, hidden), over=source, start=0, name="encoder")


@arrow
def decoder_cell(state: Real[hidden]) -> Real[out] * Real[hidden]:
    """The output, and the state after reading it."""
    output = op.linear(hidden, out, name="shown")(state)
    return output, gru_cell(out, hidden)(state, output)


def decode(steps):
    """The first outputs of the stream, and the state after them."""
    return unfold(decoder_cell, over=steps, name="decoder")


weights = 3 * (hidden * (feature + out) + 2 * (hidden * hidden)) + 8 * hidden

model = architecture(
    (encode >> decode(target) >> (identity(Real[target, out]) @ discard(Real[hidden]))).named(
        "encoder_decoder"
    ),
    laws=[
        laws.parameters(weights + out * hidden + out),
        laws.invariant(under=Symmetric(source)).fails(),
    ],
    sizes=SIZES,
    atlas="categorical-deep-learning",
)


# A stream does not depend on how much of it is asked for, and goes on from where it was left.
@arrow
def in_two_parts(state: Real[hidden]) -> Real[target + more, out] * Real[hidden]:
    """The first outputs, then the others from the state that is left."""
    first, state = decode(target)(state)
    rest, state = decode(more)(state)
    return op.concat(target, more)(first, rest), state


@arrow
def from_the_start_again(state: Real[hidden]) -> Real[target + more, out] * Real[hidden]:
    """The others from the start."""
    first, _ = decode(target)(state)
    rest, state = decode(more)(state)
    return op.concat(target, more)(first, rest), state


stream = architecture(
    decode(target + more).named("stream"),
    laws=[
        laws.equal(in_two_parts, renaming={"decoder_2": "decoder"}, name="equal[in two parts]"),
        laws.equal(
            from_the_start_again, renaming={"decoder_2": "decoder"}, name="equal[started again]"
        ).fails(),
    ],
    sizes=dict(target=6, more=3, hidden=12, out=4),
)


# The first output is read off the state, and the stream after it is that of the next state.
ONE = 1


@arrow
def head_and_tail(state: Real[hidden]) -> Real[ONE + more, out] * Real[hidden]:
    """The equations of a coalgebra of O × X."""
    output, state = decoder_cell(state)
    rest, state = decode(more)(state)
    return op.concat(ONE, more)(op.unsqueeze(ONE)(output), rest), state


unrolled = architecture(
    decode(ONE + more).named("unrolled"),
    laws=[
        laws.equal(head_and_tail, renaming={"decoder_cell": "decoder"}, name="equal[head and tail]")
    ],
    sizes=dict(more=3, hidden=12, out=4),
)
