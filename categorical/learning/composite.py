"""A training step as the theory draws it: a closed composite in Para(Lens).

Definition.  For a model f with weights P, a loss ℓ whose parameter is the label Y, a rate α and an
optimiser with state S,

    corner(A) ; (f, R[f]) ; (ℓ, R[ℓ]) ; α   reparametrised along  A × optimiser × Y

is a parametric lens (1, 1) → (1, 1) whose parameters are A, S × P and Y: nothing is left open.  Its
``put`` is one map S × P × A × Y → S × P, the step (Cruttwell, Gavranović, Ghani, Wilson, Zanasi
2021, section 3; here over a batch, with the mean of the losses).

Law.  It is ``step(learner(f, ℓ, optimiser))``, two ways to one map (``specs/learners.py``).

>>> from categorical import Dim, Real, op
>>> from categorical.learning.losses import mean_squared_error
>>> from categorical.learning.optimisers import sgd
>>> c, k = Dim.named("c k")
>>> model = op.linear(c, k, bias=False).named("line")
>>> closed(model, mean_squared_error(Real[k]), sgd(0.1)).type_text()
'Real[k, c] × Real[batch, c] × Real[batch, k] → Real[k, c]'

The loss must score what the model makes:

>>> closed(model, mean_squared_error(Real[c]), sgd(0.1))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM057]: `mean_squared_error` does not score what `line` makes
...
"""

from __future__ import annotations

from categorical import op
from categorical.architecture import BATCH
from categorical.arrows import Arrow, Types, Wiring
from categorical.checked import checked
from categorical.functors import stack
from categorical.laws import Law, equal
from categorical.learning.games import Game, learner
from categorical.learning.optimisers import Optimiser
from categorical.learning.rates import rate, rate_lens
from categorical.learning.step import slots, step
from categorical.lenses import (
    Lens,
    ParaLens,
    corner,
    identity_lens,
    lens_of,
    weights_in_order,
    with_parameters,
)
from categorical.lenses.gluing import numeric
from categorical.spaces import product_space


@checked
def closed(model: Arrow, loss: Arrow, optimiser: Optimiser, alpha: float = 1.0) -> Arrow:
    """S × P × A × Y → S × P as a composite of lenses; boundary and order as of ``step``.

    ``alpha`` is the rate at the end of the composite; an optimiser has its own.
    """
    return _closed(model, loss, optimiser, learner(model, loss, optimiser), alpha)


def _closed(model: Arrow, loss: Arrow, optimiser: Optimiser, game: Game, alpha: float) -> Arrow:
    f, scored = stack(model, BATCH), stack(loss, BATCH) >> op.mean(BATCH)
    labels = len(scored.dom) - len(f.cod)
    prefix = model.graph().name
    paths = [f"{prefix}.{p}" if prefix else p for p in weights_in_order(f)]
    spaces = [game.weights[path] for path in paths]
    stacked = identity_lens()
    for one in spaces:
        stacked = stacked @ optimiser.lens(one)
    line = corner(*f.dom, back=product_space(*numeric(f.dom))) >> lens_of(f)
    total: ParaLens = line >> with_parameters(scored, labels) >> rate_lens(rate(alpha))
    data, label = f.dom, scored.dom[len(f.cod) :]
    ends = (identity_lens(*one, back=product_space(*numeric(one))) for one in (data, label))
    first, last = ends
    whole = total.along(first @ stacked @ last).lens
    return _ordered(whole, game, paths, optimiser, data, label)


def _ordered(
    whole: Lens, game: Game, paths: list[str], optimiser: Optimiser, data: Types, label: Types
) -> Arrow:
    """``put`` with its wires in the order of ``step``: the lens has (A, S₁, P₁, S₂, P₂, …, Y)."""
    parts = [one.name for one in optimiser.states]
    mine = [(path, part) for path in paths for part in (*parts, "")]  # "" is the weight itself
    theirs = [(s.path, s.part) for s in slots(game)] + [(path, "") for path in game.weights]
    spaces = [s.space for s in slots(game)] + list(game.weights.values())
    dom = (*spaces, *data, *label)
    count = len(theirs)
    places = list(range(count, count + len(data)))
    places += [theirs.index(one) for one in mine]
    places += range(count + len(data), count + len(data) + len(label))
    back = len(numeric(data))
    enter = Wiring(dom, tuple(places), "enter")
    leave = Wiring(whole.put.cod, tuple(back + mine.index(one) for one in theirs), "leave")
    assert enter.cod == whole.put.dom, "the lens reads data, states and weights, and labels"
    return enter >> whole.put >> leave


@checked
def closed_law(model: Arrow, loss: Arrow, optimiser: Optimiser) -> tuple[Arrow, Law]:
    """The step of the learner, and the law that it is the closed composite."""
    made = learner(model, loss, optimiser)
    return step(made), equal(_closed(model, loss, optimiser, made, 1.0), name="closed composite")
