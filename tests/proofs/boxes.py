"""One node of every generator, at a few types: what the tables of rules are tested on."""

from __future__ import annotations

from categorical import Bool, Dim, Fin, Real, op
from categorical.diagrams import pair_diagrams, partition_diagrams
from categorical.exact import Basis
from categorical.graph import Builder, Graph

n, m, c, d, h = Dim.named("n m c d h")
key = n.at("key")
SIZES = {"n": 4, "m": 2, "c": 6, "d": 2, "h": 2}
X, XM, M = Real[n, c], Real[n, m, c], Bool[n, key]
SCORES = Real[n, key, c]
PAIR = Dim("pair", size=2)
EVEN = Basis((1, 1, 3), 2, [0, 1, 1], [1, 0, 2], [1, 1, 1])
FLIP = Basis((1, 2, 1), 1, [0, 0], [0, 1], [1, -1])
BACK = Basis((2, 1, 1), 1, [0, 0], [0, 1], [1, -1])
TURNED = Basis((2, 2), 2, [0, 0, 1], [0, 3, 1], [1, 1, 3])
PRODUCT = Basis((2, 2, 2), 1, [0, 0, 0], [0, 3, 5], [1, 1, -2])
BOTH = Basis((2, 1), 1, [0, 0], [0, 1], [1, 2])
BRAUER = pair_diagrams(2, 2, "brauer")
FIXED = Basis((1, 1), 1, [0], [0], [1])


def node(arrow: object, *types: object) -> Graph:
    """The graph of one node."""
    builder = Builder()
    ins = tuple(builder.input(t, f"x{i}") for i, t in enumerate(types))
    one = arrow.pinned(types) if hasattr(arrow, "pinned") else arrow.op
    return builder.finish(builder.apply(one, ins))


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


UNARY = words(
    "relu gelu gelu_tanh silu sigmoid tanh exp log sqrt rsqrt softplus elu hard_tanh softsign abs "
    "sin cos square reciprocal erf mish relu6 logsigmoid log1p sign"
)

GRAPHS = {
    **{name: [node(getattr(op, name), X)] for name in UNARY},
    **{name: [node(getattr(op, name), X, X)] for name in words("add sub mul div maximum minimum")},
    "leaky_relu": [node(op.leaky_relu(0.1), X)],
    "scale": [node(op.scale(0.5), X), node(op.neg, Real[n])],
    "scale_root": [node(op.scale_root(c), X), node(op.scale_root(n), X)],
    **{name: [node(getattr(op, name), X, X)] for name in ("less", "less_equal")},
    "equal": [node(op.equal, X, X), node(op.equal, Fin(n)[c], Fin(n)[c])],
    "logical_and": [node(op.logical_and, M, M)],
    "logical_or": [node(op.logical_or, M, M)],
    "logical_not": [node(op.logical_not, M)],
    "indicator": [node(op.indicator, M)],
    "where": [node(op.where, M, SCORES, SCORES), node(op.where, Bool[c], X, X)],
    "dropout": [node(op.dropout(0.5), X)],
    "gumbel_noise": [node(op.gumbel_noise, X)],
    "gaussian_noise": [node(op.gaussian_noise(0.5), X)],
    **{
        name: [
            node(getattr(op, name)(n), X),
            node(getattr(op, name)(c), X),
            node(getattr(op, name)(n, m), XM),
            node(getattr(op, name)(key, masked=True), SCORES, M),
            node(getattr(op, name)(c, masked=True), X, Bool[c]),
        ]
        for name in words("sum mean max min logsumexp softmax")
    },
    "argmax": [node(op.argmax(c), X), node(op.argmax(n), X)],
    "layer_norm": [
        node(op.layer_norm(c), X),
        node(op.layer_norm(n), X),
        node(op.layer_norm(n, affine=False), X),
        node(op.layer_norm(c, affine=False), X),
    ],
    "rms_norm": [
        node(op.rms_norm(c), X),
        node(op.rms_norm(n, affine=False), X),
        node(op.rms_norm(c, affine=False), X),
    ],
    "normalise": [
        node(op.normalise(c), X),
        node(op.normalise(n), X),
        node(op.normalise(n, p=1), X),
    ],
    "batch_norm": [
        node(op.batch_norm(c, over=(n,)), X),
        node(op.batch_norm(c, over=(m,)), Real[m, c]),
        node(op.batch_norm(n, over=(c,)), X),
    ],
    "einsum": [
        node(op.einsum(n, key), X, Real[key, c]),
        node(op.einsum(c), X, Real[n]),
        node(op.einsum(n), X, X, X),
        node(op.einsum(n, c), X, X),
        node(op.einsum(m, c), Real[n * m, c], Real[n * m], Real[m]),
        node(op.einsum(), Real[n], Real[n]),
        node(op.contract(c), XM, Real[c, d]),
    ],
    "linear": [
        node(op.linear(c, d), X),
        node(op.linear(c, d, bias=False), X),
        node(op.linear(n, d), X),
        node(op.linear(c, c), X),
        node(op.linear(c, key), X),
    ],
    "expand": [node(op.expand(n), Real[c]), node(op.expand(d), X), node(op.expand(n), Fin(n)[c])],
    "relabel": [node(op.relabel(n, key), X), node(op.relabel(c, c.at("b")), X)],
    "transpose": [node(op.transpose(c, n), X)],
    "squeeze": [node(op.squeeze(1), Real[n, 1])],
    "merge": [
        node(op.merge(n, m), XM),
        node(op.merge(m, n), XM),
        node(op.merge(c), X),
        node(op.merge(m, c), XM),
    ],
    "split": [
        node(op.split(n * m, n), Real[n * m, c]),
        node(op.split(c, h), Real[n, c]),
        node(op.split(n, h), X),
    ],
    "diagonal": [
        node(op.diagonal(n, key), SCORES),
        node(op.diagonal(c, c.at("b")), Real[n, c, c.at("b")]),
    ],
    "concat": [
        node(op.concat(n, m), X, Real[m, c]),
        node(op.concat(n, n), X, X),
        node(op.concat(c, d), X, Real[n, d]),
    ],
    "unconcat": [
        node(op.unconcat(n, m), Real[n + m, c]),
        node(op.unconcat(n, n), Real[n + n, c]),
        node(op.unconcat(c, d), Real[n, c + d]),
    ],
    "slice": [
        node(op.slice(n, 1), X),
        node(op.slice(c, 0, 2), X),
        node(op.slice(n, 0, -1), X),
        node(op.slice(c, 0, m, into=m), X),
    ],
    "take": [node(op.take(n, 0), X), node(op.take(c, -1), X)],
    "flip": [node(op.flip(n), X), node(op.flip(c), X)],
    "roll": [node(op.roll(n, 1), X), node(op.roll(c, 1), X), node(op.roll(n * m, 1), Real[n * m])],
    "full": [
        node(op.full(X, 2.0)),
        node(op.zeros(X)),
        node(op.full(Fin(n)[c], 1)),
        node(op.full(Bool[n], True)),
    ],
    "full_like": [node(op.full_like(1), X), node(op.full_like(0), X)],
    "eye": [node(op.eye(n, key)), node(op.eye(n * m, (n * m).at("b")))],
    "causal_mask": [node(op.causal_mask(n, key)), node(op.causal_mask(c, c.at("b")))],
    "band_mask": [node(op.band_mask(n, key, 1, 0))],
    "positions": [node(op.positions(n)), node(op.positions(c))],
    "table": [node(op.table(Real[3], [0.5, 1, 2]))],
    "parameter": [node(op.parameter(X)), node(op.parameter(Real[c]))],
    "gather": [
        node(op.gather(n), X, Fin(n)[m]),
        node(op.gather(c), X, Fin(c)[n, d]),
        node(op.gather(m), Real[m, c], Fin(m)[n]),
        node(op.gather(m), Fin(n)[m], Fin(m)[c]),
    ],
    "scatter": [
        node(op.scatter(n), Real[m, c], Fin(n)[m]),
        node(op.scatter(m), X, Fin(m)[n]),
        node(op.scatter(m, "mean", over=c), X, Fin(m)[n, c]),
    ],
    "scatter_max": [
        node(op.scatter(n, "max"), Real[m, c], Fin(n)[m]),
        node(op.scatter(m, "max"), X, Fin(m)[n]),
    ],
    "degree": [node(op.degree(n, m), Fin(n)[m]), node(op.degree(m, n), Fin(m)[n, c])],
    "embedding": [node(op.embedding(m, c), Fin(m)[n]), node(op.embedding(n, c), Fin(n)[m])],
    "one_hot": [node(op.one_hot(n), Fin(n)[m]), node(op.one_hot(m), Fin(m)[n])],
    "conv": [
        node(op.conv(c, d, over=n, kernel=3), X),
        node(op.conv(c, d, over=n, kernel=3, padding="circular"), X),
        node(op.conv(c, d, over=n, kernel=3, padding="causal", bias=False), X),
        node(op.conv(c, d, over=n, kernel=1), X),
        node(op.conv(c, d, over=m, kernel=3), XM),
        node(op.conv(over=c, kernel=3, bias=False), X),
        node(op.conv(c, d, over=n, kernel=3, stride=2, padding="circular"), X),
    ],
    "steerable_conv": [
        node(op.steerable_conv(EVEN, (), (), channels=(c, d), over=n), X),
        node(op.steerable_conv(EVEN, (), (), channels=(c, d), over=n, padding="circular"), X),
        node(op.steerable_conv(EVEN, (), (), channels=(c, d), over=n, stride=2), X),
        node(op.steerable_conv(EVEN, (), (), channels=(c, d), over=m), XM),
        node(op.steerable_conv(EVEN, (), (), over=c, padding="circular"), X),
        node(
            op.steerable_conv(FLIP, PAIR, (), channels=(c, d), over=n, bias=FIXED), Real[c, PAIR, n]
        ),
        node(
            op.steerable_conv(FLIP, PAIR, (), channels=(m, m), over=c, bias=FIXED),
            Real[n, m, c, PAIR],
        ),
        node(op.steerable_conv(BACK, (), PAIR, over=m, padding="valid"), XM),
    ],
    "hom": [
        node(op.hom(TURNED, ((PAIR,),), (PAIR,), channels=(c,), out=d), Real[n, PAIR, c]),
        node(op.hom(TURNED, ((PAIR,),), (PAIR,), channels=(c,), out=c, bias=BOTH), Real[PAIR, c]),
        node(op.hom(TURNED, ((PAIR,),), (PAIR,), channels=(c,), mix="each"), Real[n, PAIR, c]),
        node(op.hom(TURNED, ((PAIR,),), (PAIR,), coefficients=(1, 2)), Real[n, PAIR]),
        node(op.hom(PRODUCT, ((PAIR,), (PAIR,)), (PAIR,)), Real[n, PAIR], Real[n, c, PAIR]),
        node(op.hom(BOTH, (), (PAIR,), out=c)),
        node(op.hom(partition_diagrams(1, 2), ((n,),), (n, key), channels=(c,), out=d), X),
        node(op.hom(BRAUER, ((n, key),), (n, key), channels=(c,), out=d), SCORES),
    ],
    "max_pool": [node(op.max_pool(n, kernel=2), X), node(op.max_pool(c, kernel=2), X)],
    "avg_pool": [node(op.avg_pool(n, kernel=2), X), node(op.avg_pool(c, kernel=2), X)],
}
