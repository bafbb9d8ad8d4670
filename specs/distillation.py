"""Distillation: a small digit network learns from a large one, at its end, inside, or in its place.

What the teacher makes is the label of the student's loss; the teacher's weights stand still.  At
the end the student learns the teacher's distribution at a temperature.  Inside, it learns what the
teacher has after its blocks.  In its place, it is trained as the first blocks of a hybrid whose
others are still the teacher's, one block more at a time.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015; Romero et al.,
"FitNets", 2015; Xu et al., "BERT-of-Theseus", 2020.
"""

from categorical import (
    Dim,
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
from categorical.derivatives import gradient
from categorical.learning.distillation import blocks, distil, hybrid, match, replace
from categorical.learning.games import Player, game, learner
from categorical.learning.losses import (
    cross_entropy,
    divergence,
    mean_squared_error,
    soft_cross_entropy,
)
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import step

height, width, digit = Dim.named("height width digit")
broad, deep, narrow, thin = Dim.named("broad deep narrow thin")
TEACHER = dict(height=8, width=8, digit=10, broad=32, deep=64)
STUDENT = dict(height=8, width=8, digit=10, narrow=3, thin=6)
SIZES = {**TEACHER, **STUDENT}


def network(name, first, second):
    """Two convolutions and scores of the digits, as a path of three blocks."""

    @arrow
    def stem(image: Real[height, width]):
        """Edges, at half the resolution."""
        plane = op.unsqueeze()(image)
        edges = op.conv(1, first, over=(height, width), kernel=3, name="edges")(plane)
        return op.max_pool(height, width, kernel=2)(op.relu(edges))

    half = stem.cod[0].axes[1:]

    @arrow
    def body(edges: Real[first, *half]):
        """Strokes, once more at half the resolution."""
        strokes = op.conv(first, second, over=half, kernel=3, name="strokes")(edges)
        return op.max_pool(*half, kernel=2)(op.relu(strokes))

    quarter = body.cod[0].axes[1:]

    @arrow
    def head(strokes: Real[second, *quarter]) -> Real[digit]:
        """Scores."""
        flat = op.merge(second, *quarter)(strokes)
        return op.linear(flat.type.axes[0], digit, name="scores")(flat)

    return blocks(name, stem=stem, body=body, head=head)


teacher, student = network("teacher", broad, deep), network("student", narrow, thin)
twin = network("twin", broad, deep)

teacher_model = architecture(teacher.network, sizes=TEACHER)
student_model = architecture(student.network, sizes=STUDENT)
cut = architecture(
    hybrid(twin, teacher, 2).named("cut"),
    laws=[
        laws.equal(
            teacher.network,
            renaming={
                path: f"{'teacher' if path.startswith('head') else 'twin'}.{path}"
                for path in teacher.network.parameters
            },
            name="a path of blocks, cut and joined",
        ),
    ],
    sizes=TEACHER,
)

# --- the games --------------------------------------------------------------------------------

QUICK = adam(1e-2)
from_labels = learner(student_model, cross_entropy(Real[digit]), QUICK, name="from_labels")
distilling = distil(student, teacher, QUICK, sizes=SIZES)
matching = match(student, teacher, {"stem": "stem", "body": "body"}, QUICK, sizes=SIZES)
first, second, third = (replace(student, teacher, i, QUICK, sizes=SIZES) for i in (1, 2, 3))

# --- what a step does -------------------------------------------------------------------------

DOWN = descent(0.1)
plain = distil(student, teacher, DOWN, temperature=1.0, share=1.0, sizes=SIZES)
parts = (student.network, teacher.network)
learn, know = (tie(stack(one, BATCH).named(one.label())) for one in parts)


@arrow
def expected_surprise(image: Real[BATCH, height, width]) -> Real:
    """The cross-entropy with the teacher's distribution as the label."""
    each = stack(soft_cross_entropy(Real[digit]), BATCH)
    return op.mean(BATCH)(each(learn(image), op.softmax(digit)(know(image))))


with_labels = game(expected_surprise, [Player("student", 0, DOWN)], frozen=["teacher"], sizes=SIZES)
kinds = tuple(plain.weights.values())
count = len(plain.owned(plain.players[0]))
images = Real[BATCH, height, width]
keep_teacher = discard(kinds[:count]) @ identity(*kinds[count:])
keep_student = identity(*kinds[:count]) @ discard(kinds[count:])

stepped = architecture(
    step(plain),
    laws=[
        laws.commutes(
            step(plain) >> keep_teacher, keep_teacher @ discard(images), name="the teacher stays"
        ),
        laws.commutes(
            step(plain) >> keep_student, keep_student @ discard(images), name="the student stays"
        ).fails(),
        laws.equal(step(with_labels), name="the divergence and the cross-entropy have one step"),
    ],
    sizes=SIZES,
    batch="none",
    name="stepped",
)
Scores = Real[digit]


def slope_at_agreement(loss):
    """The slope of a loss by the student's scores, where they are the teacher's."""
    return copy(Scores) >> gradient(loss) >> (identity(Scores) @ discard(Scores))


agreed = architecture(
    slope_at_agreement(divergence(Scores, temperature=4.0)),
    laws=[
        laws.equal(discard(Scores) >> op.zeros(Scores), name="who agrees with the teacher rests"),
        laws.equal(
            slope_at_agreement(mean_squared_error(Scores)), name="as where squares are compared"
        ),
    ],
    sizes=dict(digit=10),
    name="agreed",
)
