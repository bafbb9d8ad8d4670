"""Twelve heads do not divide a width of 100."""

from categorical import Dim, architecture
from categorical.composites import attention

token, width, heads = Dim.named("token width heads")

model = architecture(
    attention(token, width, heads),
    name="mixer",
    sizes=dict(width=100, heads=12),
)
