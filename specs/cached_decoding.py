"""Cached decoding, derived from causality.

A causal transformer is natural for restriction to initial segments: what it says at a place depends
on the entries up to there.  So the entries that are read along the axis of the keys may be kept,
and a new entry needs only itself and what is kept.  `step_form` finds which wires these are (the
keys and values of every block, one axis `past` that grows), and refuses where the derivation fails.
The law is that decoding with the cache is the network, at every place, from an empty cache on.

Two twins: one keeps everything but the newest key, the other attends to later places as well, for
which no step exists.  Vaswani et al. 2017; Shazeer, "Fast Transformer Decoding", 2019.
"""

from dataclasses import replace

from categorical import Dim, Fin, Real, SpecError, architecture, arrow, iterate, laws, op
from categorical.composites import attention, mlp, residual
from categorical.index import Axis
from categorical.recursion import step_form

place, word, width, heads, inner, blocks = Dim.named("place word width heads inner blocks")
SIZES = dict(place=12, word=20, width=8, heads=2, inner=16, blocks=2)


def transformer(mask):
    """Scores of the next word at every place."""

    @arrow
    def block(x: Real[place, width]) -> Real[place, width]:
        look = op.layer_norm(width, name="norm1") >> attention(place, width, heads, mask=mask)
        think = op.layer_norm(width, name="norm2") >> mlp(width, inner, width, activation=op.gelu)
        return residual(think)(residual(look)(x))

    @arrow
    def decoder(text: Fin(word)[place]) -> Real[place, word]:
        places = op.embedding(place, width, name="places")(op.positions(place)())
        x = op.embedding(word, width, name="words")(text) + places
        x = iterate(block, blocks, name="blocks")(x)
        return op.linear(width, word, bias=False, name="scores")(op.layer_norm(width)(x))

    return decoder


decoder = transformer("causal")
form = step_form(decoder, over=place)
model = architecture(
    decoder,
    laws=[
        laws.causal(place),
        laws.stepwise(form, name="cached decoding"),
        laws.resumes(form, name="a prompt at once, then the rest"),
    ],
    sizes=SIZES,
    stream=place,
)


# --- what a cache must hold -----------------------------------------------------------------------

key = place.at("key")


@arrow
def one_look(x: Real[place, width]) -> Real[place, width]:
    """Attention with the entries as queries, keys and values."""
    seen = op.relabel(place, key)(x)
    mask = op.causal_mask(place, key)()
    weights = op.softmax(key, masked=True)(op.einsum(place, key)(x, seen), mask)
    return op.einsum(place, width)(weights, seen)


looking = step_form(one_look, over=place)
old, new, both = looking.past.at("key"), Axis(1, "key"), (looking.past + 1).at("key")


@arrow
def stale(seen: Real[old, width], x: Real[width]) -> Real[width] * Real[both, width]:
    """The step whose newest key is zero."""
    kept = op.concat(old, new, label="key")(seen, op.scale(0.0)(op.expand(new)(x)))
    weights = op.softmax(both)(op.einsum(both)(x, kept))
    return op.einsum(width)(weights, kept), kept


attending = architecture(
    one_look,
    laws=[
        laws.stepwise(looking, name="cached decoding"),
        laws.stepwise(replace(looking, step=stale), name="a cache without the new key").fails(),
    ],
    sizes=dict(width=4),
    stream=place,
)


# --- what has no step -----------------------------------------------------------------------------

try:
    step_form(transformer("none"), over=place)
except SpecError as refusal:
    assert refusal.code == "CM051"
else:
    raise AssertionError("attention to later places has no step")
