"""R of the generators: for each, the boxes that make cotangents of its inputs.

Definition.  A record is ``(calc, node, box, g) → cotangents``: the node whose wires are those of
the forward pass, one cotangent g for its output, one cotangent for each input (weights included);
``None`` stands for 0.  A generator without a record gets a ``pullback`` box, which means the same:
``conv``, ``steerable_conv``, ``hom``, ``max_pool`` and ``avg_pool``, whose transposes are no
composites of generators, or no short ones.

Law.  Each record equals the pullback of its generator (``axioms.record_law``, for every row).

>>> from categorical import Dim, Real, op
>>> from categorical.derivatives.reverse import reverse
>>> c, h = Dim.named("c h")
>>> print(reverse(op.linear(c, h, bias=False)).graph())
(x: Real[c], g: Real[h]) →
  einsum = einsum(g, linear.weight): Real[c]
→ einsum

A name that no generator has is no row:

>>> from categorical.records import Generator
>>> sorted(({*RECORDS} | {*SEVERAL}) - {*Generator.table})
[]
"""

from categorical.derivatives.records import (  # noqa: F401  (each registers its records)
    arithmetic,
    axes,
    contractions,
    indexing,
    norms,
    reductions,
)
from categorical.derivatives.records.table import RECORDS, SEVERAL, Cotangents, Record, record

__all__ = ["RECORDS", "SEVERAL", "Cotangents", "Record", "record"]
