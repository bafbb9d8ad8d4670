"""The rules of the structural provers: which operation falls under which rule.

The table is the provers' own; the checker has another one, written apart.  An operation that is in
neither (an opaque one, say) ends every structural proof.

>>> RULE["relu"], RULE["einsum"]
('pointwise', 'contraction')
>>> "anything else" in RULE
False
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The set of the words of a text."""
    return frozenset(text.split())


SENTENCES = {
    "pointwise": "one function at every index commutes with every map of indices",
    "addition": "sums and differences commute with every matrix",
    "scaling": "a fixed multiple commutes with every matrix",
    "logic": "a comparison at every index commutes with every map of indices",
    "choice": "a choice at every index commutes with every map of indices",
    "noise": "independent, equally distributed noise looks the same after a permutation",
    "reduction": "a symmetric function of an axis does not see a permutation of it",
    "argmax": "the first of the largest entries is moved with the entries, off ties only",
    "normalisation": "the normaliser is a symmetric function of the axis",
    "batch statistics": "mean and variance are symmetric functions of the batch",
    "contraction": "a sum over a shared axis does not see a permutation of it",
    "affine": "one map of one axis, the same at every index of the others",
    "expansion": "a repeated value is the same at every index",
    "renaming": "the same entries under other names of axes",
    "regrouping": "the same entries, axes grouped in their order",
    "diagonal": "equal indices stay equal",
    "joining": "a map acts on each term of a sum by itself",
    "cutting": "entries at fixed positions of an axis",
    "constant": "equal entries look the same after every map of indices",
    "table": "given numbers, one for each index",
    "parameter": "a weight as a wire",
    "positions": "every index at itself",
    "identity matrix": "equal indices stay equal",
    "ordered mask": "the order of the indices",
    "lookup": "entries at given indices",
    "scattering": "a symmetric function of the entries with one index",
    "solved": "a combination of maps, each of which commutes with the group",
    "window": "windows at every position of an axis",
    "iteration": "a repeated step commutes with whatever one step commutes with",
    "run": "a cell run along an axis commutes with whatever one step commutes with",
    "forest": "a fold of trees commutes with whatever its cells commute with",
}

_MEMBERS = {
    "pointwise": (
        "relu gelu gelu_tanh silu sigmoid tanh exp log sqrt rsqrt softplus elu leaky_relu "
        "hard_tanh softsign abs sin cos square reciprocal erf mish relu6 logsigmoid log1p sign "
        "mul div maximum minimum"
    ),
    "addition": "add sub",
    "scaling": "scale scale_root",
    "logic": "less less_equal equal logical_and logical_or logical_not indicator",
    "choice": "where",
    "noise": "dropout gumbel_noise gaussian_noise",
    "reduction": "sum mean max min logsumexp",
    "argmax": "argmax",
    "normalisation": "softmax layer_norm rms_norm normalise",
    "batch statistics": "batch_norm",
    "contraction": "einsum",
    "affine": "linear",
    "expansion": "expand",
    "renaming": "relabel transpose squeeze",
    "regrouping": "merge split",
    "diagonal": "diagonal",
    "joining": "concat unconcat",
    "cutting": "slice take flip roll",
    "constant": "full full_like",
    "table": "table",
    "parameter": "parameter",
    "positions": "positions",
    "identity matrix": "eye",
    "ordered mask": "causal_mask band_mask",
    "lookup": "gather embedding one_hot",
    "scattering": "scatter scatter_max degree",
    "window": "conv max_pool avg_pool steerable_conv",
    "solved": "hom",
    "iteration": "iterate",
    "run": "scan",
    "forest": "tree_fold",
}

RULE = {name: rule for rule, names in _MEMBERS.items() for name in names.split()}
