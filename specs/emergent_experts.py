"""Experts that are in a dense network already: its hidden units, sorted into groups.

The hidden units of a transformer's MLP are listed anew, so that units with like keys stand
together, and cut into experts.  No weight is added: what an expert is asked about is the mean of
its keys.  A token goes to the expert whose mean key fits it best.  If it went to all of them, the
network would be the dense one; so nothing is lost before training starts.

Qiu, Huang and Fu, "Emergent Mixture-of-Experts: Can Dense Pre-trained Transformers Benefit from
Emergent Modular Structures?", 2023.
"""

from categorical import Dim, Real, architecture, laws, op
from categorical.composites import attention
from categorical.composites.typed import typed, wired
from categorical.groups import Symmetric
from categorical.learning.games import learner
from categorical.learning.losses import cross_entropy
from categorical.learning.optimisers_adaptive import adam
from categorical.records import Init

patch, pixel, width, heads, digit = Dim.named("patch pixel width heads digit")
expert, part, unit = Dim.named("expert part unit")
SIZES = dict(patch=8, pixel=8, width=32, heads=4, digit=10, expert=4, part=16)
Tokens, Choice = Real[patch, width], Real[patch, expert]
GROUPED = expert * part


def spaces(hidden):
    """The weights of an MLP: keys and their biases, values and their bias."""
    return Real[hidden, width], Real[hidden], Real[width, hidden], Real[width]


# --- the dense network, and its experts -----------------------------------------------------------


def dense(hidden):
    """Every hidden unit answers every token."""

    @typed(Tokens, *spaces(hidden), name="dense", inline=True)
    def answer(x, keys, bias, values, shift):
        asked = op.einsum(patch, hidden)(x, keys) + op.expand(patch)(bias)
        return op.einsum(patch, width)(op.gelu(asked), values) + op.expand(patch)(shift)

    return answer


def cut(weight):
    """A weight over hidden units as one over experts and their units."""
    return op.split(GROUPED, expert, part)(weight)


def fits(x, keys):
    """How well the mean key of each expert fits a token."""
    return op.einsum(patch, expert)(x, op.mean(part)(cut(keys)))


def best(x, keys):
    """The expert that fits best."""
    return op.one_hot(expert)(op.argmax(expert)(fits(x, keys)))


def every(x, keys):
    """All experts."""
    return op.ones(Choice)()


def shares(x, keys):
    """Each expert by its share, as in a mixture."""
    return op.softmax(expert)(fits(x, keys))


def routed(choose):
    """The experts that are chosen answer, and their answers are added."""

    @typed(Tokens, *spaces(GROUPED), name=f"routed_to_{choose.__name__}", inline=True)
    def answer(x, keys, bias, values, shift):
        asked = op.einsum(patch, expert, part)(x, cut(keys)) + op.expand(patch)(cut(bias))
        inner = op.einsum(patch, expert, part)(choose(x, keys), op.gelu(asked))
        return op.einsum(patch, width)(inner, cut(values)) + op.expand(patch)(shift)

    return answer


sorted_units = architecture(
    dense(unit).named("dense"),
    laws=[
        laws.invariant(under=Symmetric(unit)),
        laws.equivariant(under=Symmetric(patch)),
        laws.linear("values", "shift"),
        laws.linear("keys", "bias").fails("there is a bend between"),
    ],
    sizes=dict(width=32, unit=64),
    batch="none",
    name="sorted_units",
    atlas="emergent-moe",
)
split = architecture(
    routed(every).named("experts"),
    laws=[
        laws.equal(dense(GROUPED), name="all experts: the dense network"),
        laws.equal(routed(best), name="the best expert alone").fails(),
        laws.equal(routed(shares), name="experts that share a token").fails(
            "answers are added, not averaged"
        ),
        laws.equivariant(under=Symmetric(patch)),
    ],
    sizes=dict(width=32, expert=4, part=16),
    batch="none",
    name="split",
    atlas="emergent-moe",
)
choice = architecture(
    wired((Tokens, spaces(GROUPED)[0]), ("x", "keys"), best),
    laws=[
        laws.sums_to(1, over=expert),
        laws.bounded(low=0, high=1),
        laws.equivariant(under=Symmetric(patch)),
    ],
    sizes=dict(width=32, expert=4, part=16),
    batch="none",
    name="choice",
    atlas="emergent-moe",
)

# --- a network that is tuned with its experts -----------------------------------------------------


def network(choose, name):
    """A transformer of one block for images of rows; its MLP is dense, or routed."""
    think = dense(GROUPED) if choose is None else routed(choose)

    @typed(Real[patch, pixel], name=name)
    def scores(image):
        tokens = op.linear(pixel, width, name="embed")(image)
        tokens = tokens + op.parameter(Tokens, name="place")()
        seen = op.layer_norm(width, name="norm_1")(tokens)
        tokens = tokens + attention(patch, width, heads)(seen)
        names = ("keys", "bias", "values", "shift")
        weights = [
            op.parameter(space, name=key, init=Init("normal", (0.1,)))()
            for key, space in zip(names, spaces(GROUPED), strict=True)
        ]
        tokens = tokens + think(op.layer_norm(width, name="norm_2")(tokens), *weights)
        return op.linear(width, digit, name="scores")(op.mean(patch)(tokens))

    return scores


whole, experts, apart = network(None, "whole"), network(every, "experts"), network(best, "apart")
model = architecture(
    experts,
    laws=[
        laws.equal(whole, name="all experts: the dense network"),
        laws.equal(apart, name="the best expert alone").fails(),
    ],
    sizes=SIZES,
    name="experts",
    atlas="emergent-moe",
)
tuned = architecture(apart, sizes=SIZES, name="tuned", atlas="emergent-moe")
training = learner(tuned, cross_entropy(Real[digit]), adam(1e-3), name="tuning")
