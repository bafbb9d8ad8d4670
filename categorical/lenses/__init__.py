"""Lenses and optics: what is read on the way there, and what is given back.

Definition.  ``Lens(get, put)`` goes from (A, A′) to (B, B′); ``Optic(residual, forward, backward)``
is the same modulo sliding, with what is kept as a choice (``stored``, ``optic``, ``checkpointed``).
``ParaLens`` has parameters; ``lens_of(f)`` is (f, R[f]), the gradient lens of an arrow.

Laws.  Composition has units and is associative; ``lawful`` and ``additive`` state what holds of
some lenses only.  Optics of one meaning are equal, whatever they keep (``sliding_law``).

>>> from categorical import Dim, Real
>>> n, m = Dim.named("n m")
>>> [law.name for law in lawful(field(Real[n], Real[m]))]
['get-put', 'put-get', 'put-put']

A field is one of the record:

>>> field(Real[n], Real[m], which=2)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: a record of 2 wires has no fields [2]
...
"""

from categorical.lenses.checkpoints import Choice, chain_optic, choice_laws, choices, table
from categorical.lenses.laws import (
    additive,
    category_laws,
    equal_lenses,
    get_put,
    lawful,
    product_laws,
    put_get,
    put_put,
)
from categorical.lenses.lens import (
    Lens,
    adapter,
    copy_lens,
    discard_lens,
    field,
    identity_lens,
    part,
)
from categorical.lenses.optics import (
    Optic,
    identity_optic,
    lens,
    meaning,
    optic,
    optic_laws,
    slide,
    slides,
    sliding_law,
)
from categorical.lenses.para import (
    ParaLens,
    corner,
    equal_para,
    functor_laws,
    lens_of,
    para_laws,
    reparametrisation_laws,
    tying_laws,
    weights_in_order,
    whiskering_laws,
    with_parameters,
)
from categorical.lenses.prisms import Prism, equal_prisms, prism_laws, summand
from categorical.lenses.residuals import Cost, checkpointed, cost, residual_laws, stored

__all__ = [
    "Choice",
    "Cost",
    "Lens",
    "Optic",
    "ParaLens",
    "Prism",
    "adapter",
    "additive",
    "category_laws",
    "chain_optic",
    "checkpointed",
    "choice_laws",
    "choices",
    "copy_lens",
    "corner",
    "cost",
    "discard_lens",
    "equal_lenses",
    "equal_para",
    "equal_prisms",
    "field",
    "functor_laws",
    "get_put",
    "identity_lens",
    "identity_optic",
    "lawful",
    "lens",
    "lens_of",
    "meaning",
    "optic",
    "optic_laws",
    "para_laws",
    "part",
    "prism_laws",
    "product_laws",
    "put_get",
    "put_put",
    "reparametrisation_laws",
    "residual_laws",
    "slide",
    "slides",
    "sliding_law",
    "stored",
    "summand",
    "table",
    "tying_laws",
    "weights_in_order",
    "whiskering_laws",
    "with_parameters",
]
