"""A network over frames, run at once, frame by frame, and in chunks.

A causal convolution, a gated recurrent unit and a second recurrent layer give scores at every
frame; a decision is what the frames so far give.  The step is derived from the network: a buffer of
the frames that a window reaches back to, and the states of the runs.  Running it from its start is
the network, and so is running the network over a first chunk and then over a second one from the
states that are left (the free monad on 1 + X × A): a stream needs no more memory than its state.

The law is about values and gradients of one graph.  A program that detaches the state between two
chunks has the same values; its gradients are those of each chunk by itself.

The two twins keep too little: one forgets its buffer, the other starts its second chunk anew.
"""

from dataclasses import replace

from categorical import Dim, Real, architecture, arrow, copy, identity, laws, op
from categorical.arrows import Traced
from categorical.composites.recurrence import elman_cell, gru_cell
from categorical.recursion import mealy, scan, step_form

frame, early, late, band, width, score = Dim.named("frame early late band width score")
SIZES = dict(band=6, width=8, score=4)


@arrow
def listener(sound: Real[frame, band]) -> Real[frame, score]:
    """Scores at every frame, from the frames so far."""
    window = op.conv(band, width, over=frame, kernel=3, padding="causal", name="window")
    heard = op.gelu(window(sound))
    gated = scan(gru_cell(width, width), over=frame, start=0, name="gated")(heard)
    again = scan(elman_cell(width, width), over=frame, start=0, name="again")(gated)
    return op.linear(width, score, name="scores")(again)


@arrow
def decision(sound: Real[frame, band]) -> Real[score]:
    """The scores of what was heard: a running value, known after every frame."""
    return op.take(frame, -1)(listener(sound))


form = step_form(listener, over=frame)
model = architecture(
    listener,
    laws=[laws.stepwise(form), laws.resumes(form), laws.causal(frame)],
    sizes=SIZES,
    stream=frame,
)
running = architecture(
    decision, laws=[laws.stepwise(step_form(decision, over=frame))], sizes=SIZES, stream=frame
)


# --- what a step must not forget ------------------------------------------------------------------

step = form.step.graph()
buffer = next(i for i, name in enumerate(form.names) if name == "buffer")
outputs = list(step.outputs)
outputs[1 + buffer] = step.inputs[buffer]  # the new state is the old one
forgetful = replace(form, step=Traced(replace(step, outputs=outputs), False, None))
without_a_buffer = architecture(
    listener,
    laws=[laws.stepwise(forgetful).fails("the window reads frames that have passed")],
    sizes=SIZES,
    name="without_a_buffer",
)


# --- split and resume -----------------------------------------------------------------------------

cell = elman_cell(band, width) >> copy(Real[width])
shown = cell >> (op.linear(width, score, name="scores") @ identity(Real[width]))


@arrow
def at_once(
    state: Real[width], sound: Real[early + late, band]
) -> Real[early + late, score] * Real[width]:
    """One run over all frames."""
    return mealy(shown, over=early + late)(state, sound)


@arrow
def in_chunks(
    state: Real[width], sound: Real[early + late, band]
) -> Real[early + late, score] * Real[width]:
    """A run over the first frames, resumed for the others."""
    first, second = op.unconcat(early, late)(sound)
    heard, between = mealy(shown, over=early)(state, first)
    more, last = mealy(shown, over=late)(between, second)
    return op.concat(early, late)(heard, more), last


@arrow
def started_anew(
    state: Real[width], sound: Real[early + late, band]
) -> Real[early + late, score] * Real[width]:
    """The second run starts where the first one did."""
    first, second = op.unconcat(early, late)(sound)
    heard, _ = mealy(shown, over=early)(state, first)
    more, last = mealy(shown, over=late)(state, second)
    return op.concat(early, late)(heard, more), last


SAME = {"cell_2": "cell"}
chunks = architecture(
    at_once,
    laws=[
        laws.equal(in_chunks, renaming=SAME, name="split and resume"),
        laws.equal(started_anew, renaming=SAME, name="split and start anew").fails(),
    ],
    sizes=SIZES,
)
