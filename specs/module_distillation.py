"""Distillation from module to module: a teacher's and a student's in the same surroundings.

A small network, the meta model, has as many modules as the student is to have.  One module of it is
taken out; the teacher's is put there, and then the student's.  The student learns to make what the
network with the teacher's module makes, while all that stands around stands still.  So each module
learns alone, whatever it is inside: the teacher's is a stack of transformer blocks, the student's a
mixture of experts.  At the end the student's modules are put together: assembly is composition.

Lo et al., "m2mKD: Module-to-Module Knowledge Distillation for Modular Transformers", 2024; learning
each module in a meta model: Ni et al., "Deep Model Assembling", 2022.
"""

from functools import reduce
from operator import matmul

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
    stack,
    tie,
)
from categorical.architecture import BATCH
from categorical.composites import attention, mixture_of_experts, mlp, residual
from categorical.derivatives import gradient
from categorical.errors import SpecError
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.losses import cross_entropy, divergence
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import step

patch, pixel, digit, width, heads = Dim.named("patch pixel digit width heads")
small, broad, expert, narrow = Dim.named("small broad expert narrow")
COMMON = dict(patch=8, pixel=8, digit=10, width=32)
TEACHER = dict(width=32, heads=4, broad=128)
STUDENT = dict(width=32, heads=4, expert=4, narrow=32)
META = dict(width=32, small=32)
SIZES = {**COMMON, **TEACHER, **STUDENT, **META}
Tokens, Scores = Real[patch, width], Real[digit]

# --- modules: all of one type -----------------------------------------------------------------


@arrow
def stem(image: Real[patch, pixel]) -> Tokens:
    """A token for each row of the image, and where it is."""
    place = op.parameter(Real[patch, width], name="place")()
    return op.linear(pixel, width, name="embed")(image) + place


@arrow
def head(tokens: Tokens) -> Scores:
    """The scores of the mean token."""
    return op.linear(width, digit, name="scores")(op.mean(patch)(tokens))


def look(name):
    """What a token takes from all the others, added to it."""
    return residual(op.layer_norm(width, name="norm") >> attention(patch, width, heads)).named(name)


def think(inner, name):
    """What a token makes of itself, added to it."""
    return residual(op.layer_norm(width, name="norm") >> inner).named(name)


def broad_mlp():
    """The MLP of the teacher."""
    return mlp(width, broad, width, activation=op.gelu)


experts = stack(mixture_of_experts(width, narrow, width, experts=expert, activation=op.gelu), patch)
meta_module = think(mlp(width, small, width, activation=op.gelu), "think")
teacher_module = (
    look("look_1")
    >> think(broad_mlp(), "think_1")
    >> look("look_2")
    >> think(broad_mlp(), "think_2")
)
student_module = look("look") >> think(experts, "think")

meta_alone = architecture(meta_module, sizes=META, name="meta_module", atlas="m2mkd")
teacher_alone = architecture(
    teacher_module.named("teacher_module"),
    laws=[laws.equivariant(under=Symmetric(patch))],
    sizes=TEACHER,
    atlas="m2mkd",
)
student_alone = architecture(
    student_module.named("student_module"),
    laws=[laws.equivariant(under=Symmetric(patch))],
    sizes=STUDENT,
    atlas="m2mkd",
)

# --- a module in its surroundings -------------------------------------------------------------

COUNT = 3
first, last = tie(stem), tie(head)
metas = [tie(meta_module.named(f"meta_{i}")) for i in range(COUNT)]


def with_module(place, module):
    """The meta model with another module at a place."""
    path = [*metas]
    path[place] = module
    return first >> path[0] >> path[1] >> path[2] >> last


meta_model = first >> metas[0] >> metas[1] >> metas[2] >> last
taught, learnt = tie(teacher_module.named("teacher")), tie(student_module.named("student"))
soft, hard = divergence(Scores, temperature=2.0), cross_entropy(Scores)


def compared(place, module, teacher):
    """How far the network with a module is from that with the teacher's."""
    image = Real[patch, pixel]
    both = with_module(place, module) @ with_module(place, teacher)
    return copy(image) >> both >> soft


zero = discard(Real[patch, pixel]) >> op.zeros(Real.scalar)
apart = architecture(
    compared(1, learnt, taught).named("apart"),
    laws=[
        *(
            laws.commutes(
                compared(i, taught, taught),
                zero,
                name=f"module {i}: nothing where the modules agree",
                apart=True,
            )
            for i in range(COUNT)
        ),
        laws.equal(zero, name="whatever the modules are").fails("they differ"),
        laws.commutes(
            with_module(1, metas[1]), meta_model, name="the meta's own module: the meta model"
        ),
        laws.bounded(low=0),
    ],
    sizes=SIZES,
    atlas="m2mkd",
)

# --- the games: one for each module -----------------------------------------------------------

Images, Labels = Real[BATCH, patch, pixel], Fin(digit)[BATCH]
PARTS = {
    "stem": (stem, dict(patch=8, pixel=8, width=32)),
    **{f"meta_{i}": (meta_module, META) for i in range(COUNT)},
    "head": (head, dict(width=32, digit=10)),
    "teacher": (teacher_module, TEACHER),
    "student": (student_module, STUDENT),
}
MODELS = {
    name: architecture(one.named(name), sizes=sizes, name=name)
    for name, (one, sizes) in PARTS.items()
}
batched = {name: tie(stack(one, BATCH).named(name)) for name, (one, _) in PARTS.items()}


def around(place):
    """What stands around a module, in order."""
    return ["stem", *(f"meta_{i}" for i in range(COUNT) if i != place), "head"]


def scores(place, module, image):
    """The scores of a batch by the meta model with another module at a place."""
    path = around(place)
    path.insert(1 + place, module)
    for name in path:
        image = batched[name](image)
    return image


def average(loss):
    """The mean of a loss over a batch."""
    return stack(loss, BATCH) >> op.mean(BATCH)


def distilling(place, optimiser):
    """The student's module at a place learns from the teacher's; all else stands still."""

    @arrow
    def paid(image: Images) -> Real:
        return average(soft)(scores(place, "student", image), scores(place, "teacher", image))

    frozen = [*around(place), "teacher"]
    return game(
        paid,
        [Player("student", 0, optimiser)],
        frozen=frozen,
        sizes=SIZES,
        models={name: MODELS[name] for name in (*frozen, "student")},
        name=f"distilling_{place}",
    )


def incubating(place, optimiser):
    """Before that, the teacher's module learns from labels, in the same surroundings."""

    @arrow
    def paid(image: Images, label: Labels) -> Real:
        return average(hard)(scores(place, "teacher", image), label)

    frozen = around(place)
    sizes = {**COMMON, **TEACHER, **META}
    return game(
        paid,
        [Player("teacher", 0, optimiser)],
        frozen=frozen,
        sizes=sizes,
        models={name: MODELS[name] for name in (*frozen, "teacher")},
        name=f"incubating_{place}",
    )


QUICK = adam(1e-3)
first_incubation, second_incubation, third_incubation = (
    incubating(place, QUICK) for place in range(COUNT)
)
first_module, second_module, third_module = (distilling(place, QUICK) for place in range(COUNT))

# --- what a step does -------------------------------------------------------------------------

plain = distilling(1, descent(0.1))
kinds = tuple(plain.weights.values())
mine = [path in plain.owned(plain.players[0]) for path in plain.weights]


def keeping(students):
    """Drops the student's weights, or all the others."""
    kept = [identity(k) if own == students else discard(k) for k, own in zip(kinds, mine)]
    return reduce(matmul, kept)


def stays(students, name):
    """The law that some weights leave a step as they entered it."""
    kept = keeping(students)
    return laws.commutes(step(plain) >> kept, kept @ discard(Images), name=name)


stepped = architecture(
    step(plain),
    laws=[
        stays(False, "the teacher and the meta model stay"),
        stays(True, "the student stays").fails(),
    ],
    sizes=SIZES,
    batch="none",
    name="stepped",
    atlas="m2mkd",
)


def slope_at_agreement(loss):
    """The slope of a loss by the student's scores, where they are the teacher's."""
    return copy(Scores) >> gradient(loss) >> (identity(Scores) @ discard(Scores))


agreed = architecture(
    slope_at_agreement(soft),
    laws=[
        laws.equal(discard(Scores) >> op.zeros(Scores), name="where the scores agree, no slope"),
    ],
    sizes=dict(digit=10),
    name="agreed",
    atlas="m2mkd",
)

# --- assembly ---------------------------------------------------------------------------------

students = [student_module.named(f"student_{i}") for i in range(COUNT)]
assembled = stem >> students[0] >> students[1] >> students[2] >> head
layer_norms, attending = 4 * width, 4 * width * width + 4 * width
choosing = expert * width + expert
thinking = 2 * expert * width * narrow + expert * (narrow + width)
student_weights = layer_norms + attending + choosing + thinking
common_weights = pixel * width + width + patch * width + width * digit + digit

student_model = architecture(
    assembled.named("assembled"),
    laws=[
        laws.parameters(common_weights + COUNT * student_weights),
        laws.parameters(common_weights + student_weights).fails("three modules, not one"),
        laws.invariant(under=Symmetric(patch)).fails("the stem says where a row is"),
    ],
    sizes={**COMMON, **STUDENT},
    atlas="m2mkd",
)


# --- modules that were incubated, assembled -------------------------------------------------------

grown = [tie(teacher_module.named(f"teacher_{i}")) for i in range(COUNT)]


def exchanged(*places):
    """The meta model with the teacher's modules at some places."""
    path = [grown[i] if i in places else metas[i] for i in range(COUNT)]
    return first >> path[0] >> path[1] >> path[2] >> last


def interfaces(claimed):
    """Modules of two widths at every place: those of the tokens' width compose, others do not."""
    for axis in (width, broad):
        module = residual(op.layer_norm(axis) >> mlp(axis, small, axis))
        for place in range(COUNT):
            try:
                found = with_module(place, module).cod == (Scores,)
            except SpecError as problem:
                found = problem.code
            yield f"{axis} at place {place}", found, claimed.get(axis, "CM001")


assembled_teacher = architecture(
    exchanged(0, 1, 2).named("assembled_teacher"),
    laws=[
        laws.equal(
            stem
            >> teacher_module.named("teacher_0")
            >> teacher_module.named("teacher_1")
            >> teacher_module.named("teacher_2")
            >> head,
            name="all exchanged: the modules, composed",
        ),
        laws.commutes(exchanged(), meta_model, name="none exchanged: the meta model"),
        laws.commutes(
            exchanged(0, 1, 2), exchanged(0, 2), name="the middle one left out", apart=True
        ).fails(),
        laws.enumerated(
            "modules of the tokens' width fit, others are refused",
            lambda: interfaces({width: True}),
            scope="two widths, three places",
            twin=lambda: interfaces({width: True, broad: True}),
        ),
    ],
    sizes={**COMMON, **TEACHER},
    atlas="deep-model-assembling",
)
