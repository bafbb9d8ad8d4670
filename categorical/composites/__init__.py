"""Arrows that many architectures are made of: residual connections, MLPs, attention, experts,
recurrent layers.

Each is a function with plain arguments that returns an arrow; nothing here is primitive.

>>> from categorical import Dim
>>> token, width, heads = Dim.named("token width heads")
>>> residual(attention(token, width, heads, mask="causal"))
residual(attention): Real[token, width] → Real[token, width]
"""

from categorical.composites.attention import attention, dot_product_attention
from categorical.composites.mixture_of_experts import mixture_of_experts
from categorical.composites.mlp import mlp
from categorical.composites.normalisation import group_norm
from categorical.composites.recurrence import (
    bidirectional,
    elman_cell,
    gru_cell,
    lstm_cell,
    recurrent,
    stacked,
)
from categorical.composites.residual import residual
from categorical.composites.staged import optional, stages
from categorical.composites.typed import typed

__all__ = [
    "attention",
    "bidirectional",
    "dot_product_attention",
    "elman_cell",
    "group_norm",
    "gru_cell",
    "lstm_cell",
    "mixture_of_experts",
    "mlp",
    "optional",
    "recurrent",
    "residual",
    "stacked",
    "stages",
    "typed",
]
