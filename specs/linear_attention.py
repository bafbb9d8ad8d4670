"""Linear attention is a fold: causal attention with a kernel in place of the softmax.

With scores φ(q)·φ(k) the sums over the past can be kept: a matrix Σ φ(k) vᵀ and a vector Σ φ(k),
to which every step adds.  The cell acts through the monoid of sums, so all steps are running sums;
a stream keeps one matrix, however long it is.  The same numbers come from the square of all scores
under a causal mask: one law, for every length.

Katharopoulos et al., "Transformers are RNNs: Fast Autoregressive Transformers with Linear
Attention", 2020.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.recursion import mealy, step_form

token, width, feature, value = Dim.named("token width feature value")
key = token.at("key")
SIZES = dict(token=32, width=16, feature=8, value=8)
TOKENS = 4
KEPT = Real[feature, value] * Real[feature]


@arrow(inline=True)
def positive(x: Real[feature]) -> Real[feature]:
    """The feature map: elu + 1."""
    return 1 + op.elu(x)


@arrow
def attend(
    kept: Real[feature, value],
    mass: Real[feature],
    q: Real[feature],
    k: Real[feature],
    v: Real[value],
) -> Real[value] * KEPT:
    """One step: the sums with one more key and value, read by the query."""
    kept, mass = kept + op.einsum(feature, value)(k, v), mass + k
    above, below = op.einsum(value)(q, kept), op.einsum()(q, mass)
    return op.einsum(value)(above, op.reciprocal(below)), kept, mass


@arrow
def projected(
    x: Real[token, width],
) -> Real[token, feature] * Real[token, feature] * Real[token, value]:
    """Queries, keys and values."""
    q = positive.over(token)(op.linear(width, feature, name="query")(x))
    k = positive.over(token)(op.linear(width, feature, name="key")(x))
    return q, k, op.linear(width, value, name="value")(x)


@arrow
def linear_attention(x: Real[token, width]) -> Real[token, value]:
    """Each token mixes the values up to itself."""
    q, k, v = projected(x)
    rows, _, _ = mealy(attend, over=token, states=2, start=0)(q, k, v)
    return rows


@arrow
def quadratic(x: Real[token, width]) -> Real[token, value]:
    """The same from all scores at once, those of later keys set to 0."""
    q, k, v = projected(x)
    k, v = op.relabel(token, key)(k), op.relabel(token, key)(v)
    seen = op.indicator(op.causal_mask(token, key)())
    scores = op.einsum(token, key)(q, k) * seen
    total = op.sum(key)(scores)
    return op.einsum(token, value)(scores, v, op.reciprocal(total))


model = architecture(
    linear_attention,
    laws=[
        laws.equal(quadratic, name="equal[quadratic form]"),
        laws.causal(token),
        laws.stepwise(step_form(linear_attention, over=token)),
        laws.parameters(2 * (feature * width) + 2 * feature + value * width + value),
    ],
    sizes=SIZES,
    stream=token,
)


# Without the normaliser both sides are polynomials of queries, keys and values.
@arrow
def remember(
    kept: Real[feature, value], q: Real[feature], k: Real[feature], v: Real[value]
) -> Real[value] * Real[feature, value]:
    """One step of the numerator."""
    kept = kept + op.einsum(feature, value)(k, v)
    return op.einsum(value)(q, kept), kept


@arrow
def numerator(
    q: Real[TOKENS, feature], k: Real[TOKENS, feature], v: Real[TOKENS, value]
) -> Real[value] * Real[value] * Real[value] * Real[value]:
    """The sums of four tokens by the fold."""
    rows, _ = mealy(remember, over=TOKENS, start=0)(q, k, v)
    return tuple(op.take(TOKENS, i)(rows) for i in range(TOKENS))


@arrow
def by_pairs(
    q: Real[TOKENS, feature], k: Real[TOKENS, feature], v: Real[TOKENS, value]
) -> Real[value] * Real[value] * Real[value] * Real[value]:
    """The same pair by pair: Σ_{j ≤ i} (qᵢ · kⱼ) vⱼ."""
    qs, ks, vs = ([op.take(TOKENS, i)(one) for i in range(TOKENS)] for one in (q, k, v))
    rows = []
    for i in range(TOKENS):
        terms = [op.einsum(value)(qs[i], ks[j], vs[j]) for j in range(i + 1)]
        total = terms[0]
        for one in terms[1:]:
            total = total + one
        rows.append(total)
    return tuple(rows)


pairs = architecture(
    numerator,
    laws=[laws.equal(by_pairs, name="equal[pair by pair]"), laws.linear("q"), laws.linear("v")],
    sizes=dict(feature=8, value=8),
)


# A broken twin: a step that reads before it writes does not see its own token.
@arrow
def late_attend(
    kept: Real[feature, value], q: Real[feature], k: Real[feature], v: Real[value]
) -> Real[value] * Real[feature, value]:
    """The query reads the sums without the newest key."""
    return op.einsum(value)(q, kept), kept + op.einsum(feature, value)(k, v)


@arrow
def late(
    q: Real[TOKENS, feature], k: Real[TOKENS, feature], v: Real[TOKENS, value]
) -> Real[value] * Real[value] * Real[value] * Real[value]:
    """The sums of the tokens before."""
    rows, _ = mealy(late_attend, over=TOKENS, start=0)(q, k, v)
    return tuple(op.take(TOKENS, i)(rows) for i in range(TOKENS))


too_late = architecture(
    late,
    laws=[laws.equal(by_pairs, name="equal[pair by pair]").fails("it leaves out the diagonal")],
    sizes=dict(feature=8, value=8),
)
