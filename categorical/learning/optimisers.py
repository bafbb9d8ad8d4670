"""All optimisers in one place; each is a lens, and says which class of ``torch.optim`` it is.

Definition.  An *optimiser* has a state beside the weights, and an arrow that makes the next state
and weights from a gradient.  ``optimisers_linear`` are those whose step is linear in it: gradient
descent and its momenta, and products; ``optimisers_adaptive`` and ``optimisers_further`` divide by
sizes of gradients; ``optimisers_spectral`` makes matrices orthogonal.

Laws.  The step is that of torch; a rate may be a schedule of ``rates``.

>>> from categorical.learning import rates
>>> print(*(one.torch[0] for one in (sgd(0.1), adam(1e-3), adamw(rates.cosine(1e-3, 100)))))
SGD Adam AdamW

An optimiser has a rate:

>>> adam(-1e-3)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: `adam`: the rate is -0.001
...
"""

from categorical.learning.optimisers_adaptive import adagrad, adam, adamw, rmsprop
from categorical.learning.optimisers_further import adadelta, adamax, nadam, radam
from categorical.learning.optimisers_linear import (
    Optimiser,
    Product,
    Rate,
    State,
    ascent,
    descent,
    descent_ascent,
    heavy_ball,
    nesterov,
    product,
    sgd,
)
from categorical.learning.optimisers_spectral import muon

__all__ = [
    "Optimiser",
    "Product",
    "Rate",
    "State",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ascent",
    "descent",
    "descent_ascent",
    "heavy_ball",
    "muon",
    "nadam",
    "nesterov",
    "product",
    "radam",
    "rmsprop",
    "sgd",
]
