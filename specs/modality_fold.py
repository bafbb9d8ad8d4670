"""A state folded through modalities: images, text, measurements, each there or missing.

Every modality has an encoder `state × modality → state`, with a type and weights of its own; what
is known of a patient is the composite of the encoders of what was observed.  A missing modality
leaves the state.  After each stage the same decoder reads the state, so every prefix of the list
answers the questions.

Swamy et al., "MultiModN: Multimodal, Multi-Task, Interpretable Modular Networks", 2023.
"""

from categorical import (
    Dim,
    Fin,
    Real,
    architecture,
    arrow,
    copy,
    discard,
    identity,
    laws,
    op,
    swap,
    tie,
)
from categorical.composites import mlp, optional, stages
from categorical.groups import Symmetric

state, inner = Dim.named("state inner")
region, pixel, letter, word, vital = Dim.named("region pixel letter word vital")
SIZES = dict(state=12, inner=16, region=6, pixel=9, letter=20, word=7, vital=5)
TASKS = 3
KNOWN, IMAGE, TEXT, VITALS = Real[state], Real[region, pixel], Fin(letter)[word], Real[vital]


# --- the encoders: one for each modality ----------------------------------------------------


def update(before, seen, width):
    """The state, moved by what is seen next to it."""
    return before + mlp(state + width, inner, state)(op.concat(state, width)(before, seen))


@arrow
def look(before: KNOWN, image: IMAGE) -> KNOWN:
    """A set of regions of an image."""
    regions = op.relu(op.linear(pixel, inner, name="see")(image))
    return update(before, op.mean(region)(regions), inner)


@arrow
def read(before: KNOWN, text: TEXT) -> KNOWN:
    """A bag of words."""
    words = op.embedding(letter, inner, name="words")(text)
    return update(before, op.mean(word)(words), inner)


@arrow
def measure(before: KNOWN, vitals: VITALS) -> KNOWN:
    """A few numbers."""
    return update(before, vitals, vital)


# --- the network ----------------------------------------------------------------------------

decode = tie((op.linear(state, TASKS) >> op.sigmoid).named("decode"))
fold = stages(optional(look), optional(read), optional(measure))
start = op.parameter(KNOWN, name="start")
answers = (start @ identity(*fold.dom[1:])) >> fold >> (decode @ decode @ decode)


def own(width):
    """The weights of an update."""
    return (state + width) * inner + inner + inner * state + state


model = architecture(
    answers.named("modality_fold"),
    laws=[
        laws.invariant(under=Symmetric(region)),
        laws.invariant(under=Symmetric(word)),
        laws.bounded(low=0, high=1, strict=True),
        laws.parameters(
            state
            + (pixel * inner + inner + own(inner))
            + (letter * inner + own(inner))
            + own(vital)
            + TASKS * (state + 1)
        ),
    ],
    sizes=SIZES,
    atlas="multimodn",
)


# A missing modality is the identity on the state.
missing = (op.positions(1) @ op.positions(1)) >> op.less >> op.squeeze(1)
not_seen = architecture(
    (identity(KNOWN, IMAGE) @ missing) >> optional(look),
    laws=[
        laws.equal(identity(KNOWN) @ discard(IMAGE), name="equal[the state]"),
        laws.equal(
            identity(KNOWN, IMAGE) >> look,
            renaming={"look": "optional.look"},
            name="equal[the encoder]",
        ).fails(),
    ],
    sizes=dict(state=12, inner=16, region=6, pixel=9),
    atlas="multimodn",
)


# So the fold over a list whose text is missing is that of the list without it.
shorter = (identity(KNOWN, IMAGE) @ discard(TEXT) @ identity(VITALS)) >> stages(look, measure)
without_text = architecture(
    (identity(KNOWN, IMAGE, TEXT) @ missing @ identity(VITALS))
    >> stages(look, optional(read), measure),
    name="without_text",
    laws=[
        laws.equal(shorter >> (copy(KNOWN) @ identity(KNOWN)), name="equal[the shorter list]"),
    ],
    sizes=SIZES,
    atlas="multimodn",
)


# What is answered after a stage does not depend on later ones; the order of the stages counts.
after_two = stages(look, measure)
first_stage = architecture(
    after_two >> (identity(KNOWN) @ discard(KNOWN)),
    name="first_stage",
    laws=[
        laws.equal(
            look @ discard(VITALS),
            renaming={"look": "stages.look"},
            name="equal[the first encoder]",
        )
    ],
    sizes=dict(state=12, inner=16, region=6, pixel=9, vital=5),
    atlas="multimodn",
)
exchanged = (
    (identity(KNOWN) @ swap(IMAGE, VITALS))
    >> stages(measure, look)
    >> (discard(KNOWN) @ identity(KNOWN))
)
last_stage = architecture(
    after_two >> (discard(KNOWN) @ identity(KNOWN)),
    name="last_stage",
    laws=[laws.equal(exchanged, name="equal[the other order]").fails()],
    sizes=dict(state=12, inner=16, region=6, pixel=9, vital=5),
    atlas="multimodn",
)
