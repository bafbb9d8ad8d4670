"""A zoo of planted bugs and of correct architectures, as a spec file.

Every module-level name in ``BROKEN`` violates its law, most of them invisibly at the usual
initialisation, at equal sizes or at inputs of magnitude one; every one in ``CORRECT`` satisfies it.
"""

from typing import Any

from categorical import Bool, Dim, Fin, Real, architecture, arrow, laws, op
from categorical.arrows import OpArrow
from categorical.composites import attention, residual
from categorical.graph import Builder
from categorical.groups import Cyclic, Rotation, Sign, Symmetric
from categorical.records import Box, Init, Op, Signature

n, c, d, h, k, s = Dim.named("n c d h k s")
e = Dim("e")
v = Dim("v", size=3, action="rotation")
q = Dim("q", action="sign")
width, heads = Dim.named("width heads")
height, breadth = Dim.named("height breadth")
key = n.at("key")
EQUIVARIANT, INVARIANT = laws.equivariant(under=Symmetric(n)), laws.invariant(under=Symmetric(n))
CAUSAL = laws.causal(n)


class Untyped(OpArrow):
    """An operation past its type checker, as a bug in a record would let it through."""

    __slots__ = ()

    def codomain(self, types: Any) -> Any:
        return types

    def _at(self, dom: Any, cod: Any) -> OpArrow:
        return Untyped(self.op, self.name, dom, cod)

    def emit(self, builder: Builder, ins: tuple[int, ...], origin: Any) -> tuple[int, ...]:
        dom = tuple(builder.graph.types[w] for w in ins)
        return builder.apply_box(Box(self.op, dom, Signature(dom)), ins, self.name, origin)


relu_anywhere = Untyped(Op(op.relu.op.generator))


# --- broken ---------------------------------------------------------------------------------


@arrow
def learned_positions(x: Real[n, c]) -> Real[n, c]:
    """A learned position that starts at zero."""
    return op.tanh(x + op.parameter(Real[n, c], "where", Init("zeros"))())


@arrow
def node_gain(x: Real[n, c]) -> Real[n, c]:
    """A gain for each node that starts at one."""
    return op.einsum(n, c)(x, op.parameter(Real[n], "gain", Init("ones"))())


@arrow
def last_counts(x: Real[n, c]) -> Real[c]:
    """A pooling that reads the first element twice."""
    return op.mean(n)(x) + op.take(n, 0)(x)


@arrow
def ordered_pooling(x: Real[n, c]) -> Real[c]:
    """A pooling that weighs by position."""
    return op.einsum(c)(x, op.parameter(Real[n], "weights")())


@arrow
def looks_back_only(x: Real[n, width]) -> Real[n, width]:
    """Attention with the lower triangle where the full square was meant."""
    return attention(n, width, heads, mask="causal")(x)


@arrow
def hidden_order(x: Real[n, c]) -> Real[n, d]:
    """Something order-dependent behind an output layer that starts at zero."""
    before = op.indicator(op.band_mask(n, key, before=1, after=0)())
    mixed = op.einsum(n, c)(before, op.relabel(n, key)(x))
    out = op.parameter(Real[c, d], "out", Init("zeros"))()
    return op.einsum(n, d)(mixed, out)


@arrow
def tiny_position(x: Real[n, c]) -> Real[n, c]:
    """A positional term of one millionth."""
    where = op.parameter(Real[n], "where")()
    return op.tanh(x) + op.scale(1e-6)(op.einsum(n, c)(op.take(n, 0)(x), where))


@arrow
def rare_branch(x: Real[n, c]) -> Real[n, c]:
    """A branch beyond 6 that reads the neighbour."""
    return op.where(op.less(op.abs(x), op.full_like(6.0)(x)), x, op.roll(n, 1)(x))


@arrow
def very_rare_branch(x: Real[n, c]) -> Real[n, c]:
    """A branch beyond a million that reads the neighbour."""
    return op.where(op.less(op.abs(x), op.full_like(1e6)(x)), x, op.roll(n, 1)(x))


@arrow
def zero_is_special(x: Real[n, c]) -> Real[n, c]:
    """A branch at exactly zero that reads the neighbour."""
    return op.where(op.equal(x, op.full_like(0.0)(x)), op.roll(n, 1)(x), x)


@arrow
def one_ahead(x: Real[n, width]) -> Real[n, width]:
    """Attention that may look one token ahead."""
    scores = op.einsum(n, key)(x, op.relabel(n, key)(x))
    mask = op.band_mask(n, key, before=20, after=1)()
    weights = op.softmax(key, masked=True)(scores, mask)
    return op.einsum(n, width)(weights, op.relabel(n, key)(x))


@arrow
def near_tokens(x: Real[n, c]) -> Real[n, c]:
    """Sums over a window of twenty."""
    window = op.indicator(op.band_mask(n, key, before=20, after=0)())
    return op.einsum(n, c)(window, op.relabel(n, key)(x))


@arrow
def earlier_tokens(x: Real[n, c]) -> Real[n, c]:
    """Sums over everything before."""
    window = op.indicator(op.causal_mask(n, key)())
    return op.einsum(n, c)(window, op.relabel(n, key)(x))


@arrow
def mean_leaks(x: Real[n, c]) -> Real[n, c]:
    """A residual on the mean of all tokens, the future included."""
    return x + op.expand(n)(op.mean(n)(x))


@arrow
def wrong_softmax(x: Real[n, key]) -> Real[n, key]:
    """A softmax over the queries."""
    return op.softmax(n.at(""))(x)


@arrow
def masked_after(x: Real[n, k], keep: Bool[n, k]) -> Real[n, k]:
    """Weights masked after they were normalised."""
    return op.softmax(k)(x) * op.indicator(keep)


@arrow
def arrives(x: Real[n, c], source: Fin(n)[e], target: Fin(n)[e]) -> Real[n, c]:
    """A neighbour sum along the edges."""
    return op.scatter(n)(op.gather(n)(x, source), target)


@arrow
def departs(x: Real[n, c], source: Fin(n)[e], target: Fin(n)[e]) -> Real[n, c]:
    """The same with the adjacency transposed."""
    return op.scatter(n)(op.gather(n)(x, target), source)


@arrow
def both_biases(x: Real[n, c]) -> Real[n, d]:
    """Two affine maps, summed."""
    return op.linear(c, d, name="a")(x) + op.linear(c, d, name="b")(x)


@arrow
def one_bias(x: Real[n, c]) -> Real[n, d]:
    """The same with one bias forgotten."""
    return op.linear(c, d, name="a")(x) + op.linear(c, d, bias=False, name="b")(x)


@arrow
def biased_vectors(x: Real[q, c]) -> Real[q, d]:
    """A vector channel with a bias, which a sign change does not move."""
    return op.linear(c, d)(x)


@arrow
def fixed_direction(x: Real[n, v]) -> Real[n, v]:
    """Vectors with a preferred direction of one millionth."""
    return x + op.scale(1e-6)(op.expand(n)(op.parameter(Real[v], "gravity")()))


@arrow
def off_centre(x: Real[height, breadth]) -> Real[height, breadth]:
    """A shift of rows in which every row has its own gain."""
    edge = op.parameter(Real[height], "edge", Init("ones"))()
    return x + op.einsum(height, breadth)(op.roll(height, 1)(x), edge)


def _broken(arrow_: Any, *claims: Any, **more: Any) -> Any:
    return architecture(arrow_, laws=claims, **more)


BROKEN = {
    "position weight that starts at zero": _broken(learned_positions, EQUIVARIANT),
    "gain for each node that starts at one": _broken(node_gain, EQUIVARIANT),
    "layer norm over the nodes, with gains": _broken(
        op.layer_norm(n).at(Real[c, n]).named("norm_over_nodes"), EQUIVARIANT
    ),
    "first element counted twice": _broken(last_counts, INVARIANT),
    "pooling weighted by position": _broken(ordered_pooling, INVARIANT),
    "lower triangle for the full square": _broken(looks_back_only, EQUIVARIANT),
    "order behind an output layer": _broken(hidden_order, EQUIVARIANT),
    "positional term of one millionth": _broken(tiny_position, EQUIVARIANT),
    "branch beyond six": _broken(rare_branch, EQUIVARIANT),
    "branch beyond a million": _broken(very_rare_branch, EQUIVARIANT),
    "branch at zero": _broken(zero_is_special, EQUIVARIANT),
    "relu claimed positive": _broken(
        (op.linear(c, d) >> op.relu).named("half_open"), laws.bounded(low=0, strict=True)
    ),
    "causal mask off by one": _broken(one_ahead, CAUSAL),
    "window of twenty taken for everything": _broken(near_tokens, laws.equal(earlier_tokens)),
    "mean over the future": _broken(mean_leaks, CAUSAL),
    "batch norm claimed for each sample": _broken(
        (op.linear(c, d) >> op.batch_norm(d, over=(s,))).at(Real[s, c]).named("batch_normalised"),
        laws.per_sample(s),
    ),
    "softmax over the wrong axis": _broken(wrong_softmax, laws.sums_to(1, key)),
    "masked after normalising": _broken(masked_after, laws.sums_to(1, k)),
    "adjacency transposed": _broken(arrives, laws.equal(departs)),
    "one bias missing": _broken(both_biases, laws.equal(one_bias)),
    "bias on a vector": _broken(biased_vectors, laws.equivariant(under=Sign(q))),
    "preferred direction of one millionth": _broken(
        fixed_direction, laws.equivariant(under=Rotation(v))
    ),
    "relu past its type": _broken(
        relu_anywhere.at(Real[q, c]).named("relu_anywhere"), laws.equivariant(under=Sign(q))
    ),
    "shift with marked rows": _broken(off_centre, laws.equivariant(under=Cyclic(height))),
    "affine, not linear": _broken(op.linear(c, d).named("affine"), laws.linear()),
    "one degree too many": _broken(
        (op.linear(c, d, bias=False) >> op.square >> op.square).named("quartic"), laws.degree(2)
    ),
    "one degree too few": _broken(op.linear(c, d, bias=False).named("only_linear"), laws.degree(2)),
    "tanh in [0, 1]": _broken(op.tanh.at(Real[n]).named("between"), laws.bounded(0, 1)),
    "leaky from below": _broken(
        (op.linear(c, d) >> op.leaky_relu(0.001)).named("leaking"), laws.bounded(low=0)
    ),
    "count without the bias": _broken(op.linear(c, d).named("counted"), laws.parameters(c * d)),
}

# --- correct --------------------------------------------------------------------------------


@arrow
def deep_sets(x: Real[n, c]) -> Real[k]:
    """A sum of features."""
    return op.linear(h, k)(op.mean(n)(op.gelu(op.linear(c, h)(x))))


@arrow
def centred(x: Real[n, c]) -> Real[n, c]:
    """What is left is zero at n = 1, up to rounding."""
    return x - op.expand(n)(op.mean(n)(x))


@arrow
def gated_vectors(x: Real[n, v]) -> Real[n, v]:
    """Vectors scaled by a function of their length."""
    length = op.einsum(n)(x, x)
    return op.einsum(n, v)(x, op.sigmoid(length))


@arrow
def shifted_scores(x: Real[n, k]) -> Real[n, k]:
    """Softmax of scores and of scores with a common shift."""
    return op.softmax(k)(x + op.transpose(n, k)(op.expand(k)(op.sum(k)(x))))


@arrow
def unshifted_scores(x: Real[n, k]) -> Real[n, k]:
    """Softmax of scores."""
    return op.softmax(k)(x)


@arrow
def quadratic_gate(x: Real[n, c]) -> Real[n, d]:
    """A product of two linear maps."""
    return op.linear(c, d, bias=False, name="a")(x) * op.linear(c, d, bias=False, name="b")(x)


@arrow
def above_average(x: Real[n, c]) -> Real[n, c]:
    """Entries that are not below the mean; at n = 1 that is a matter of rounding."""
    mean = op.expand(n)(op.mean(n)(op.sin(x)))
    return op.where(op.less(op.sin(x), mean), op.scale(0)(x), x)


@arrow
def deep_chain(x: Real[n, c]) -> Real[n, c]:
    """Twenty residual steps and a normalisation: rounding grows with depth."""
    for number in range(20):
        x = x + op.tanh(op.linear(c, c, name=f"step{number}")(x))
    return op.layer_norm(c)(x)


@arrow
def neighbours(x: Real[n, c], source: Fin(n)[e], target: Fin(n)[e]) -> Real[n, d]:
    """One layer of message passing."""
    message = op.linear(c, d, name="message")(op.gather(n)(x, source))
    return op.linear(c, d, name="own")(x) + op.scatter(n)(op.relu(message), target)


@arrow
def largest(x: Real[n, c]) -> Real[c]:
    """A maximum over the set."""
    return op.max(n)(op.linear(c, c)(x))


@arrow
def averaged_labels(x: Real[n, c]) -> Real[n, k]:
    """Scores as probabilities, averaged with the uniform ones."""
    return op.scale(0.5)(op.softmax(k)(op.linear(c, k)(x))) + op.scale(0.5)(
        op.softmax(k)(op.linear(c, k, name="other")(x))
    )


CORRECT = {
    "deep sets": architecture(deep_sets, laws=[INVARIANT]),
    "centred": architecture(centred, laws=[EQUIVARIANT, laws.linear()]),
    "vectors gated by their length": architecture(
        gated_vectors, laws=[laws.equivariant(under=Rotation(v) * Symmetric(n))]
    ),
    "softmax does not see a shift": architecture(
        shifted_scores, laws=[laws.equal(unshifted_scores), laws.sums_to(1, k)]
    ),
    "quadratic gate": architecture(quadratic_gate, laws=[laws.degree(2), EQUIVARIANT]),
    "above the average": architecture(above_average, laws=[EQUIVARIANT]),
    "gate": architecture(
        (op.linear(c, d) >> op.sigmoid).named("open_gate"), laws=[laws.bounded(0, 1, strict=True)]
    ),
    "deep chain": architecture(deep_chain, laws=[EQUIVARIANT, laws.per_sample(n)]),
    "message passing": architecture(
        neighbours, laws=[EQUIVARIANT, laws.invariant(under=Symmetric(e))]
    ),
    "largest": architecture(largest, laws=[INVARIANT]),
    "causal attention": architecture(
        attention(n, width, heads, mask="causal").named("causal_attention"), laws=[CAUSAL]
    ),
    "transformer block": architecture(
        residual(op.layer_norm(width, name="norm") >> attention(n, width, heads)).named("block"),
        laws=[EQUIVARIANT],
    ),
    "dropout on a set": architecture(
        (op.dropout(0.5) >> op.mean(n)).at(Real[n, c]).named("dropped_set"), laws=[INVARIANT]
    ),
    "batch norm in eval mode": architecture(
        (op.linear(c, d) >> op.batch_norm(d, over=(s,))).at(Real[s, c]).named("normalised"),
        laws=[laws.per_sample(s).in_mode("eval"), laws.equivariant(under=Symmetric(s))],
    ),
    "odd network": architecture(
        (op.linear(c, d, bias=False) >> op.tanh >> op.linear(d, c, bias=False))
        .at(Real[q, c])
        .named("odd"),
        laws=[laws.equivariant(under=Sign(q))],
    ),
    "averaged probabilities": architecture(averaged_labels, laws=[laws.sums_to(1, k)]),
}

# a spec file names its architectures at module level
globals().update({f"{one.name}_model": one for one in (*BROKEN.values(), *CORRECT.values())})
