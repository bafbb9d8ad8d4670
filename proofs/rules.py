"""The rules of the structural provers: which operation falls under which rule.

The table is the provers' own; the checker has another one, written apart.  An operation that is in
neither (an opaque one, say) ends every structural proof.

>>> RULE["relu"], RULE["einsum"]
('pointwise', 'contraction')
>>> "anything else" in RULE
False
"""

from __future__ import annotations

SENTENCES = {
    "pointwise": "one function at every index commutes with every map of indices",
    "scaling": "a fixed multiple commutes with every matrix",
    "reduction": "a symmetric function of an axis does not see a permutation of it",
    "normalisation": "the normaliser is a symmetric function of the axis",
    "contraction": "a sum over a shared axis does not see a permutation of it",
    "affine": "one map of one axis, the same at every index of the others",
    "expansion": "a repeated value is the same at every index",
    "renaming": "a label changes no entry",
    "iteration": "a repeated step commutes with whatever one step commutes with",
}

_MEMBERS = {
    "pointwise": (
        "relu gelu gelu_tanh silu sigmoid tanh exp log sqrt rsqrt softplus elu leaky_relu "
        "hard_tanh softsign abs sin cos square reciprocal erf mish relu6 logsigmoid "
        "add sub mul div maximum minimum"
    ),
    "scaling": "scale",
    "reduction": "sum mean",
    "normalisation": "softmax",
    "contraction": "einsum",
    "affine": "linear",
    "expansion": "expand",
    "renaming": "relabel",
    "iteration": "iterate",
}

RULE = {name: rule for rule, names in _MEMBERS.items() for name in names.split()}
