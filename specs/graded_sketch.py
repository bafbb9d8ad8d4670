"""A graded sketch: relations with degrees, composed as ⋁ ⊗, and the degree to which they agree.

A sketch names what is known and how it is to fit together: images show strokes, strokes suggest
digits, and images are labelled with digits; what is read off the strokes is to be the label, and
a pair is an image with a digit (a product cone).  In fuzzy sets every edge is a matrix of degrees,
and each condition holds to a degree.  Which degree depends on the t-norm: these readings are
consistent at the level 0.7 for Łukasiewicz's, and not for Gödel's.

As layers, matrices of degrees are weights under a sigmoid, and composition is a product of matrices
in the quantale: `max` for the sum, the t-norm for the product.

Leandro, "Categorical semiotics: Foundations for Knowledge Integration", 2024.
"""

from itertools import product as tuples

import numpy as np

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.schemas import FuzzyModel, Schema, product
from categorical.schemas.fuzzy import composed
from categorical.schemas.truth import GODEL, LUKASIEWICZ, PRODUCT, Truth

# --- a sketch and its models ------------------------------------------------------------------

sketch = Schema(
    "reading",
    "Image Stroke Digit Pair",
    {
        "shows": ("Image", "Stroke"),
        "suggests": ("Stroke", "Digit"),
        "label": ("Image", "Digit"),
    },
    {"what is read is the label": "shows suggests = label"},
    [product("Pair", image="Image", digit="Digit")],
)
SETS = {
    "Image": ("a", "b", "c"),
    "Stroke": ("loop", "bar", "hook"),
    "Digit": ("0", "1", "7"),
    "Pair": tuple(tuples("abc", "017")),
}
SHOWS = [[0.9, 0.1, 0.1], [0.1, 1.0, 0.2], [0.2, 0.8, 0.9]]
SUGGESTS = [[1.0, 0.1, 0.1], [0.1, 0.9, 0.4], [0.2, 0.3, 0.8]]
LABEL = [[0.9, 0.1, 0.1], [0.2, 0.8, 0.5], [0.2, 0.8, 0.8]]
LEGS = {
    "image": [[float(pair[0] == x) for x in "abc"] for pair in SETS["Pair"]],
    "digit": [[float(pair[1] == y) for y in "017"] for pair in SETS["Pair"]],
}


def model_of(truth, **other):
    """The readings as a model of the sketch."""
    edges = {"shows": SHOWS, "suggests": SUGGESTS, "label": LABEL, **LEGS, **other}
    return FuzzyModel(sketch, SETS, edges, truth)


def degree(truth):
    """The degree of the equation, by hand: ⋀ (⋁ shows ⊗ suggests ⇔ label)."""
    below = 1.0
    for i, k in tuples(range(3), repeat=2):
        found = max(float(truth.tensor(SHOWS[i][j], SUGGESTS[j][k])) for j in range(3))
        below = min(below, float(truth.same(found, LABEL[i][k])))
    return below


TRUTHS = (GODEL, PRODUCT, LUKASIEWICZ)


def formulas(shift=0.0):
    """The degree of the model is that of the formula."""
    for truth in TRUTHS:
        found = model_of(truth).degree("what is read is the label")
        yield str(truth), round(found + shift, 12), round(degree(truth), 12)


def levels(truth_of_first):
    """Which t-norms are consistent at 0.7."""
    for truth, expected in zip((truth_of_first, GODEL), (True, False), strict=True):
        yield str(truth), model_of(truth).consistent(0.7), expected


def cones(legs):
    """Every pair is there once, so the apex is the product to the degree 1."""
    for truth in TRUTHS:
        yield str(truth), model_of(truth, **legs).degrees()["limit Pair"], 1.0


FADED = {"digit": [[0.5 * x for x in row] for row in LEGS["digit"]]}

# --- the truth values -------------------------------------------------------------------------


def adjunction(truths):
    """a ⊗ b ≤ c exactly if a ≤ (b ⇒ c), in sixths."""
    from fractions import Fraction

    sixths = [Fraction(k, 6) for k in range(7)]
    for truth in truths:
        for a, b, c in tuples(sixths, repeat=3):
            left, right = truth.tensor(a, b) <= c, a <= truth.residuum(b, c)
            yield f"{truth}: {a}, {b}, {c}", bool(left), bool(right)


def associative(compose):
    """Matrices of eighths, composed from the left and from the right."""
    rng = np.random.default_rng(0)
    for truth in TRUTHS:
        for number in range(20):
            f, g, h = (rng.integers(0, 9, size=(3, 3)) / 8 for _ in range(3))
            left = compose(compose(f, g, truth), h, truth)
            right = compose(f, compose(g, h, truth), truth)
            yield f"{truth}, matrices {number}", left.tolist(), right.tolist()


def averaged(f, g, truth):
    """Broken: the mean of the entry and the composite."""
    return (composed(f, g, truth) + f) / 2


# --- as layers --------------------------------------------------------------------------------

image, stroke, digit = Dim.named("image stroke digit")
SIZES = dict(image=5, stroke=4, digit=3)


@arrow
def read(seen: Real[image]) -> Real[digit]:
    """A fuzzy set of images, to the fuzzy set of digits that its strokes suggest."""
    shows = op.sigmoid(op.parameter(Real[image, stroke], name="shows")())
    suggests = op.sigmoid(op.parameter(Real[stroke, digit], name="suggests")())
    strokes = op.max(image)(op.einsum(image, stroke)(op.sigmoid(seen), shows))
    return op.max(stroke)(op.einsum(stroke, digit)(strokes, suggests))


@arrow
def read_at_once(seen: Real[image]) -> Real[digit]:
    """The two relations composed first."""
    shows = op.sigmoid(op.parameter(Real[image, stroke], name="shows")())
    suggests = op.sigmoid(op.parameter(Real[stroke, digit], name="suggests")())
    whole = op.max(stroke)(op.einsum(image, stroke, digit)(shows, suggests))
    return op.max(image)(op.einsum(image, digit)(op.sigmoid(seen), whole))


@arrow
def read_by_sums(seen: Real[image]) -> Real[digit]:
    """Broken: composed by sums, as matrices of numbers are."""
    shows = op.sigmoid(op.parameter(Real[image, stroke], name="shows")())
    suggests = op.sigmoid(op.parameter(Real[stroke, digit], name="suggests")())
    whole = op.einsum(image, digit)(shows, suggests)
    return op.max(image)(op.einsum(image, digit)(op.sigmoid(seen), whole))


model = architecture(
    read,
    laws=[
        laws.bounded(0, 1),
        laws.parameters(image * stroke + stroke * digit),
        laws.equal(read_at_once, name="equal[relations composed first]"),
        laws.equal(read_by_sums, name="equal[composed by sums]").fails(),
        laws.enumerated(
            "the degree is that of the formula",
            formulas,
            scope="three t-norms",
            twin=lambda: formulas(shift=0.1),
        ),
        laws.enumerated(
            "consistent at 0.7 for Łukasiewicz's t-norm, not for Gödel's",
            lambda: levels(LUKASIEWICZ),
            scope="two t-norms",
            twin=lambda: levels(GODEL),
        ),
        laws.enumerated(
            "the pairs are a product, to the degree 1",
            lambda: cones(LEGS),
            scope="three t-norms",
            twin=lambda: cones(FADED),
        ),
        laws.enumerated(
            "the residuum is right adjoint to the t-norm",
            lambda: adjunction(TRUTHS),
            scope="all triples of sixths, three t-norms",
            twin=lambda: adjunction([Truth("broken", PRODUCT.tensor, GODEL.residuum)]),
        ),
        laws.enumerated(
            "composition is associative",
            lambda: associative(composed),
            scope="20 triples of 3 × 3 matrices of eighths for each of three t-norms",
            twin=lambda: associative(averaged),
        ),
    ],
    sizes=SIZES,
    atlas="categorical-semiotics",
)
