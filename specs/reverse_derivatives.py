"""The reverse derivative of an arrow is an arrow, so what textbooks derive by hand is a law.

`reverse(f)` takes the inputs of f and a cotangent of its output to cotangents of its inputs; with
`explicit(f)` the weights are inputs too. Backpropagation of a network, the gradient of cross
entropy, the way back through attention and through time are each written down by hand below and
proved equal to it, for all sizes. The seven axioms of a reverse derivative are laws as well, and a
derivation with a slip is refuted.

A derivative is that of an expression, not of a function: relu(x) − relu(−x) is x, but its
derivative at 0 is 0, as in every library that differentiates programs.

Cockett, Cruttwell, Gallagher, Lemay, MacAdam, Plotkin and Pronk, "Reverse Derivative Categories",
2020; Rumelhart, Hinton and Williams, "Learning Representations by Back-Propagating Errors", 1986.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op
from categorical.derivatives import explicit, pullback, reverse
from categorical.derivatives.axioms import axiom
from categorical.recursion import fold

x_, hidden, out, c, token, part, value, step = Dim.named("x hidden out c token part value step")
key = token.at("key")

# --- a network and its loss -----------------------------------------------------------------------

network = op.linear(x_, hidden, name="first") >> op.tanh >> op.linear(hidden, out, name="second")


@arrow
def loss(x: Real[x_], label: Real[out]) -> Real:
    """Half the squared distance of the answer from the label."""
    return op.scale(0.5)(op.sum(out)(op.square(network(x) - label)))


@arrow
def backpropagation(
    x: Real[x_],
    label: Real[out],
    w: Real[hidden, x_],
    b: Real[hidden],
    v: Real[out, hidden],
    a: Real[out],
    g: Real,
) -> Real[x_] * Real[out] * Real[hidden, x_] * Real[hidden] * Real[out, hidden] * Real[out]:
    """The errors of the last layer, of the first, and what they say of the weights."""
    h = op.tanh(op.einsum(hidden)(w, x) + b)
    last = op.mul(op.expand(out)(g), op.einsum(out)(v, h) + a - label)
    first = op.einsum(hidden)(v, last) * (op.full_like(1)(h) - op.square(h))
    return (
        op.einsum(x_)(w, first),
        op.scale(-1)(last),
        op.einsum(hidden, x_)(first, x),
        first,
        op.einsum(out, hidden)(last, h),
        last,
    )


@arrow
def forgets_the_slope(
    x: Real[x_],
    label: Real[out],
    w: Real[hidden, x_],
    b: Real[hidden],
    v: Real[out, hidden],
    a: Real[out],
    g: Real,
) -> Real[x_] * Real[out] * Real[hidden, x_] * Real[hidden] * Real[out, hidden] * Real[out]:
    """The same without the derivative of tanh."""
    h = op.tanh(op.einsum(hidden)(w, x) + b)
    last = op.mul(op.expand(out)(g), op.einsum(out)(v, h) + a - label)
    first = op.einsum(hidden)(v, last)
    return (
        op.einsum(x_)(w, first),
        op.scale(-1)(last),
        op.einsum(hidden, x_)(first, x),
        first,
        op.einsum(out, hidden)(last, h),
        last,
    )


gradients = architecture(
    reverse(explicit(loss)),
    laws=[
        laws.equal(backpropagation, name="backpropagation by hand"),
        laws.equal(forgets_the_slope, name="without the slope of tanh").fails(),
        laws.equal(pullback(explicit(loss)), name="records = one tape"),
        laws.linear("g"),
    ],
    name="gradients",
    batch="none",
)

# --- the axioms -----------------------------------------------------------------------------------

sums, additive, projections, pairs, composites, linear, symmetric = (
    axiom(network, number) for number in range(1, 8)
)
sums_of_arrows = architecture(sums.left, laws=[sums.law()], name="sums_of_arrows", batch="none")
sums_of_cotangents = architecture(
    additive.left, laws=[additive.law()], name="sums_of_cotangents", batch="none"
)
projected = architecture(projections.left, laws=[projections.law()], name="projected", batch="none")
paired = architecture(pairs.left, laws=[pairs.law()], name="paired", batch="none")
chain_rule = architecture(composites.left, laws=[composites.law()], name="chain_rule", batch="none")
linear_in_cotangents = architecture(
    linear.left, laws=[linear.law()], name="linear_in_cotangents", batch="none"
)
second_derivatives = architecture(
    symmetric.left, laws=[symmetric.law()], name="second_derivatives", batch="none"
)

# --- an expression is not its function ------------------------------------------------------------


@arrow
def two_halves(x: Real[c]) -> Real[c]:
    """The positive part, and the negative one."""
    return op.relu(x) - op.relu(op.scale(-1)(x))


@arrow
def nothing(g: Real[c]) -> Real[c]:
    """0, whatever the cotangent."""
    return op.full_like(0)(g)


@arrow
def back_at_0(g: Real[c]) -> Real[c]:
    """The way back through the two halves at 0."""
    return reverse(two_halves)(op.zeros(Real[c])(), g)


halves = architecture(
    two_halves,
    laws=[laws.equal(identity(Real[c]), name="the two halves are x")],
    name="halves",
    batch="none",
)
back_through_halves = architecture(
    reverse(two_halves),
    laws=[laws.equal(reverse(identity(Real[c])), name="as that of x").fails("0 at 0")],
    name="back_through_halves",
    batch="none",
)
back_through_halves_at_0 = architecture(
    back_at_0,
    laws=[laws.equal(nothing, name="0 at 0")],
    name="back_through_halves_at_0",
    batch="none",
)

# --- softmax and cross entropy --------------------------------------------------------------------


@arrow
def back_through_softmax(x: Real[c], g: Real[c]) -> Real[c]:
    """y (g − ⟨g, y⟩), for y the softmax."""
    y = op.softmax(c)(x)
    return y * (g - op.expand(c)(op.einsum()(g, y)))


@arrow
def slopes_alone(x: Real[c], g: Real[c]) -> Real[c]:
    """y (1 − y) g: what there is on the diagonal."""
    y = op.softmax(c)(x)
    return y * (op.full_like(1)(y) - y) * g


softmax = architecture(
    reverse(op.softmax(c)),
    laws=[
        laws.equal(back_through_softmax, name="by hand"),
        laws.equal(slopes_alone, name="the diagonal alone").fails(),
        laws.linear("g"),
    ],
    name="softmax",
    batch="none",
)


@arrow
def cross_entropy(scores: Real[c], label: Fin(c)) -> Real:
    """log Σ exp of the scores, less the score of the label."""
    return op.logsumexp(c)(scores) - op.einsum()(scores, op.one_hot(c)(label))


@arrow
def softmax_less_label(scores: Real[c], label: Fin(c), g: Real) -> Real[c]:
    """What is expected, less what is: softmax − one-hot."""
    return op.expand(c)(g) * (op.softmax(c)(scores) - op.one_hot(c)(label))


entropy = architecture(
    reverse(cross_entropy),
    laws=[laws.equal(softmax_less_label, name="softmax − label")],
    name="entropy",
    batch="none",
)

# --- attention ------------------------------------------------------------------------------------


@arrow
def attention(q: Real[token, part], k: Real[key, part], v: Real[key, value]) -> Real[token, value]:
    """Means of values, weighed by the softmax of scores."""
    scores = op.scale_root(part)(op.einsum(token, key)(q, k))
    return op.einsum(token, value)(op.softmax(key)(scores), v)


@arrow
def back_through_attention(
    q: Real[token, part], k: Real[key, part], v: Real[key, value], g: Real[token, value]
) -> Real[token, part] * Real[key, part] * Real[key, value]:
    """Cotangents of the weights, of the scores, and of the three inputs."""
    weights = op.softmax(key)(op.scale_root(part)(op.einsum(token, key)(q, k)))
    of_weights = op.einsum(token, key)(g, v)
    mean = op.einsum(token)(of_weights, weights)
    spread = op.transpose(token, key)(op.expand(key)(mean))
    scores = op.scale_root(part)(weights * (of_weights - spread))
    return (
        op.einsum(token, part)(scores, k),
        op.einsum(key, part)(scores, q),
        op.einsum(key, value)(weights, g),
    )


attended = architecture(
    reverse(attention),
    laws=[
        laws.equal(back_through_attention, name="by hand"),
        laws.linear("g"),
    ],
    name="attended",
    batch="none",
)

# --- through time ---------------------------------------------------------------------------------

cell = (op.linear(c, c, name="keep") @ op.linear(x_, c, name="read")) >> op.add >> op.tanh
through_time = architecture(
    reverse(explicit(fold(cell, over=step, start=0))),
    laws=[laws.equal(pullback(explicit(fold(cell, over=step, start=0))), name="one tape")],
    name="through_time",
    batch="none",
)

total = fold(op.add.at(Real[c], Real[c]), over=step, start=0)


# the cotangent of a sum is that of each of its terms
to_every_step = discard(Real[step, c]) @ op.expand(step).at(Real[c])
sums_over_time = architecture(
    reverse(total),
    laws=[laws.equal(to_every_step, name="repeated")],
    name="sums_over_time",
    batch="none",
)
