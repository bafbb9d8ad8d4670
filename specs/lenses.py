"""Lenses and optics: what is read on the way there, and what is given back.

A lens has two arrows: `get` reads a part of a whole, `put` takes the whole and a new part. A field
of a record and a block of rows of a matrix are *lawful*: what is put is read again, putting what is
there changes nothing, and the last put counts. The lenses of learning are not: the gradient of an
arrow gives cotangents back, an optimiser gives back a whole that has moved. What holds of gradients
is that `put` is additive; the laws of lawful lenses are refuted of them, with a counterexample.

An optic says what the way there leaves for the way back. Two optics are equal modulo sliding if
they differ in what they keep only: so to store activations or to compute them again from a
checkpoint is a choice with one meaning, proved here for a network of four layers.

Foster et al., "Combinators for Bidirectional Tree Transformations", 2007; Riley, "Categories of
Optics", 2018; Cruttwell, Gavranović, Ghani, Wilson and Zanasi, "Categorical Foundations of
Gradient-Based Learning", 2022; Gavranović, "Fundamental Components of Deep Learning", 2024.
"""

from categorical import Dim, Real, architecture, copy, identity, op, tie
from categorical.composites import attention, residual
from categorical.derivatives import reverse
from categorical.inventory import called, failing
from categorical.learning.optimisers import descent, heavy_ball
from categorical.lenses import (
    Lens,
    ParaLens,
    additive,
    category_laws,
    choice_laws,
    choices,
    copy_lens,
    equal_para,
    field,
    functor_laws,
    lawful,
    lens_of,
    optic,
    optic_laws,
    para_laws,
    part,
    prism_laws,
    product_laws,
    reparametrisation_laws,
    slide,
    sliding_law,
    stored,
    summand,
    tying_laws,
)
from categorical.lenses.prisms import over
from categorical.recursion import fold

n, m, k, width, top, rest = Dim.named("n m k width top rest")
read, inner, deep, answer = Dim.named("read inner deep answer")
N, M, K = Real[n], Real[m], Real[k]
LAYERS = dict(read=6, inner=8, deep=8, answer=4)


def gradient(f):
    """The lens (f, R[f])."""
    return Lens(f, reverse(f))


# --- lawful lenses ------------------------------------------------------------------------------

second = field(N, M, K, which=1)
record = architecture(
    second.put.named("field_of_a_record"),
    name="field_of_a_record",
    laws=[
        *lawful(second),
        *called("two fields at once", lawful(field(N, M, K, which=[2, 0]))),
        *called("a field of a field", lawful(field(N, M, which=1) >> field(M))),
        *called("side by side", lawful(second @ field(N, K))),
    ],
)

rows = part(Real[top + rest, width], top, rest)
matrix = architecture(
    rows.put.named("rows_of_a_matrix"),
    name="rows_of_a_matrix",
    laws=[
        *lawful(rows),
        *called("of a matrix in a record", lawful(field(Real[top + rest, width], K) >> rows)),
    ],
)


# A put that also clips what it should not touch.
careless = Lens(second.get, second.put >> (op.relu.at(N) @ identity(M, K)), "careless")
clipped = architecture(
    careless.put.named("field_put_carelessly"),
    name="field_put_carelessly",
    laws=[*failing(lawful(careless)[:1]), lawful(careless)[1]],
)

# --- lenses that are not lawful, and are not meant to be ------------------------------------------

square, tanh = gradient(op.square.at(N)), gradient(op.tanh.at(N))


down, heavy = descent(0.1).lens(N), heavy_ball(0.1, 0.9).lens(N)

gradients = architecture(
    square.put.named("gradient_of_the_square"),
    name="gradients_are_not_lawful",
    laws=[
        *called("square", failing(lawful(square))),
        *called("tanh", failing(lawful(tanh))),
        *called("square", additive(square)),
        *called("square then tanh", additive(square >> tanh)),
        *called("the copy", additive(copy_lens(N * M, 3))),
    ],
)

optimisers = architecture(
    heavy.put.named("step_of_momentum"),
    name="optimisers_are_not_lawful",
    laws=[
        *called("descent", failing(lawful(down))),
        *called("momentum", failing(lawful(heavy))),
        *called("descent", failing(additive(down))),
    ],
)

# --- the category of lenses -----------------------------------------------------------------------

layer = gradient(op.linear(n, n) >> op.tanh)
composition = architecture(
    (layer >> square >> layer).put.named("composite_of_lenses"),
    name="lenses_compose",
    laws=[
        *called("lenses", category_laws(layer, square, layer)),
        *called("lenses", product_laws(layer, square, heavy, down)),
        *called("optics", optic_laws(optic(layer), stored(square), stored(layer))),
    ],
    sizes=dict(n=8),
)

# --- sliding ------------------------------------------------------------------------------------

spread = copy(N) >> (op.tanh.at(N) @ identity(N))
there, back = slide(spread, op.exp.at(N), op.mul.at(N, N))
twice, _ = slide(copy(N), op.scale(2.0).at(N), op.mul.at(N, N))
added, _ = slide(copy(N), copy(N) >> op.add.at(N, N), op.mul.at(N, N))
sliding = architecture(
    there.forward.named("there"),
    name="sliding",
    laws=[
        sliding_law(there, back, "along exp"),
        sliding_law(twice, added, "2·x is x + x"),
        sliding_law(there, slide(spread, op.sin.at(N), op.mul.at(N, N))[1], "exp is sin").fails(),
    ],
)

# --- parametric lenses --------------------------------------------------------------------------

WIDTHS = (read, inner, deep, answer)
first, then, last = (
    op.linear(read, inner) >> op.tanh,
    op.linear(inner, deep) >> op.tanh,
    op.linear(deep, answer),
)
f, g, h = lens_of(first), lens_of(then), lens_of(last)
same = op.linear(inner, inner) >> op.tanh
W, B = Real[inner.at("out"), inner], Real[inner]
shared = tie(op.linear(inner, inner))
half = lens_of(op.scale(0.5).at(W) @ op.scale(0.5).at(B)).lens
curved = lens_of(op.tanh.at(W) @ op.square.at(B)).lens

# A derivative that is twice too large: (f, 2·R[f]) is a lens, and no value of the functor.
doubled = ParaLens(
    Lens(f.lens.get, f.lens.put >> (op.scale(2.0).at(Real[read]) @ identity(*f.parameters))),
    f.count,
)
reverse_derivative = architecture(
    first >> then >> last,
    name="reverse_derivative_is_a_functor",
    laws=[
        *functor_laws(first, then, last),
        *para_laws(f, g, h),
        equal_para(lens_of(first >> then), doubled >> g, "R is twice R")[1].fails(),
    ],
    sizes=LAYERS,
)

# The same of parts that are no chains of layers: attention, a run along a sequence.
token, heads, step = Dim.named("token heads step")
block = residual(op.layer_norm(width) >> attention(token, width, heads))
feed = residual(op.layer_norm(width) >> op.linear(width, width) >> op.gelu)
cell = (op.linear(width, width) @ op.linear(read, width)) >> op.add >> op.tanh
blocks = architecture(
    block.at(Real[token, width]) >> feed,
    name="reverse_derivative_of_blocks",
    laws=[
        *called("a transformer block", functor_laws(block, feed)[:2]),
        *called("a recurrent network", functor_laws(fold(cell, over=step), op.linear(width, read))),
    ],
    sizes=dict(width=8, heads=2),
)

tying = architecture(
    shared >> op.tanh >> shared >> op.tanh,
    name="tied_layers",
    laws=[
        *tying_laws(lens_of(same) >> lens_of(same)),
        *equal_para(
            lens_of(shared >> op.tanh >> shared >> op.tanh),
            (lens_of(same) >> lens_of(same)).tied(),
            "tie is the copy",
        ),
        *reparametrisation_laws(lens_of(same), half, curved),
        *failing(
            equal_para(
                lens_of(same).along(half).along(curved),
                lens_of(same).along(half >> curved),
                "the other way round",
            )
        ),
    ],
    sizes=dict(inner=8),
)

# --- checkpoint or store ------------------------------------------------------------------------

# Four layers: everything stored; all but what is entrywise; the inputs of layers, of pairs of
# layers, of the network alone. `table(ways, ...)` of categorical.lenses prints what each keeps.
fourth = op.linear(answer, answer) >> op.tanh
ways = choices([f, g, h, lens_of(fourth)], every=(1, 2))
checkpoints = architecture(
    first >> then >> last >> fourth,
    name="checkpoint_or_store",
    laws=choice_laws(ways),
    sizes=LAYERS,
)

# --- prisms -------------------------------------------------------------------------------------

cases = N + M + K
middle = summand(cases, 1)
prisms = architecture(
    op.neg.at(M),
    name="prisms",
    laws=[
        *called("a summand", prism_laws(middle)),
        *called("a summand, negated", prism_laws(middle >> over(op.neg.at(M), op.neg.at(M)))),
        *called("relu", failing(prism_laws(over(op.relu.at(M), op.relu.at(M))))),
    ],
)
