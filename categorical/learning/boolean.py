"""Learning over Z₂: circuits that learn by their reverse derivative.

Definition.  A circuit with parameters is a parametric map over Z₂ (Cruttwell et al. 2021, Wilson
and Zanasi 2020).  Its loss is the exclusive or with the label, its rate the identity, and an
optimiser adds the gradient: ``step(model)`` is the composite of these lenses, P × X × Y → P, and

    p′ = p + R_P[f](x, p, f(x, p) + y).

Laws.  −p = p in Z₂, so ascent is descent.  Where the answer is right, the step is the identity.
A step whose gradient has an odd number of ones for a model that is linear in p makes the answer
right; one with an even number leaves it as it is.

>>> from categorical.composites.circuits import lookup
>>> step(lookup(1)).type_text()
'Real[pair.at("of1")] × Real[()] × Real[()] → Real[pair.at("of1")]'
>>> from categorical.learning.optimisers import ascent, descent
>>> from categorical.semantics.booleans import differing
>>> differing(step(lookup(1), ascent(1.0)), step(lookup(1), descent(1.0))) is None
True

A model without parameters learns nothing:

>>> from categorical.composites.circuits import majority
>>> step(majority)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM058]: `majority` has no parameters to learn
...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from categorical.arrows import Arrow, Wiring, identity
from categorical.checked import checked
from categorical.derivatives import explicit
from categorical.errors import SpecError
from categorical.learning import optimisers
from categorical.learning.losses import exclusive_or
from categorical.learning.optimisers import Optimiser
from categorical.learning.rates import rate_lens
from categorical.lenses.lens import identity_lens
from categorical.lenses.para import ParaLens, corner, lens_of, with_parameters
from categorical.semantics.booleans import Words, evaluated, words


@checked
def learner(model: Arrow, optimiser: Optimiser | None = None) -> ParaLens:
    """The composite I → I: the data as a corner, the model, the loss and the rate, with the
    optimiser (ascent) on its parameters.  Its parameters are (X, P, Y)."""
    learns = lens_of(model)
    if not learns.parameters:
        raise SpecError(
            "CM058",
            f"`{model.label()}` has no parameters to learn",
            facts=[("the circuit", model.type_text())],
            help=["a gate that is chosen is a parameter:  op.parameter(Real[n])"],
        )
    if len(learns.target) != 1:
        raise SpecError(
            "CM057",
            f"`{model.label()}` makes {len(learns.target)} wires, and the loss takes one",
            facts=[("the circuit", model.type_text())],
            help=["join them along an axis: op.concat"],
        )
    answer = learns.target[0]
    scored = with_parameters(exclusive_or(answer), 1)
    rate = rate_lens(identity(answer))
    whole = corner(*learns.source) >> learns >> scored >> rate
    each = [optimiser or optimisers.ascent(1.0)] * len(learns.parameters)
    moved = optimisers.product(*each).lens(*learns.parameters)
    data, label = identity_lens(*learns.source), identity_lens(answer)
    found: ParaLens = whole.along(data @ moved @ label, f"learner({model.label()})")
    return found


@checked
def step(model: Arrow, optimiser: Optimiser | None = None) -> Arrow:
    """S × P × X × Y → S × P: one sample, and the parameters (and the state) after it."""
    whole = learner(model, optimiser)
    x, y = len(lens_of(model).source), 1
    p = len(whole.parameters) - x - y
    types, put = whole.parameters, whole.lens.put
    dom = (*types[x : x + p], *types[:x], *types[x + p :])
    order = (*range(p, p + x), *range(p), *range(p + x, p + x + y))
    kept = Wiring(put.cod, tuple(range(x, x + p)), "weights")
    return Wiring(dom, order, "sample") >> put >> kept


Sample = tuple[Sequence[Any], Any]


def trained(
    model: Arrow, data: Sequence[Sample], start: Sequence[Words], epochs: int
) -> tuple[list[Words], list[Words]]:
    """The parameters after some epochs of all samples in turn, from 64 starts at once; and at the
    start and after each epoch the starts from which every sample is answered (bits of a word)."""
    graph, whole = step(model).graph(), explicit(model)
    parameters = list(start)
    right = [answered(whole, data, parameters)]
    for _ in range(epochs):
        for x, y in data:
            parameters = evaluated(graph, [*parameters, *map(words, x), words(y)])
        right.append(answered(whole, data, parameters))
    return parameters, right


def answered(whole: Arrow, data: Sequence[Sample], parameters: Sequence[Words]) -> Words:
    """In which of 64 assignments of its parameters a circuit answers every sample rightly."""
    wrong = np.zeros((), dtype=np.uint64)
    for x, y in data:
        [found] = evaluated(whole, [*map(words, x), *parameters])
        wrong = wrong | np.bitwise_or.reduce((found ^ words(y)).ravel())
    return np.asarray(~wrong)


def samples(function: Callable[..., int], count: int) -> list[Sample]:
    """The whole truth table of a function of some bits, in counting order."""
    return [(x, function(*x)) for x in product((0, 1), repeat=count)]
