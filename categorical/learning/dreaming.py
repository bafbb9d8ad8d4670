"""Deep dreaming: the step of a learner with the roles of the image and the weights exchanged.

Definition.  ``dream(f, score, optimiser)`` is the game on −score ∘ f in which the player owns the
input and the weights of f are frozen: the image moves uphill (Gavranović, "Fundamental Components
of Deep Learning", 2024, §8.2.2).  A score that has a label takes it as the learner's loss does.

Laws.  A step returns the weights as they were.  It is the part that moves the input of the step
which moves the input and the weights at once; the learner is its other part.

>>> from categorical import Dim, Fin, Real, op
>>> from categorical.learning.optimisers import sgd
>>> c, k = Dim.named("c k")
>>> net = (op.linear(c, k, bias=False) >> op.tanh).named("net")
>>> dream(net, op.take(k, at=2), sgd(0.1))
game `net_dreaming`: dreamer moves 1 weight
>>> dream(net, op.gather(k).at(Real[k], Fin(k)), sgd(0.1)).data
{'label': Fin(k)[batch]}

A score is one number:

>>> dream(net, op.tanh.at(Real[k]), sgd(0.1))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM057]: `tanh` is no loss: it ends in Real[k]
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from categorical import op
from categorical.architecture import BATCH, Architecture
from categorical.arrows import Arrow, Named
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.errors import SpecError
from categorical.functors import stack
from categorical.learning.games import Game, Player, game
from categorical.learning.losses import with_label
from categorical.learning.optimisers import Optimiser


@checked
def dream(
    model: Arrow | Architecture,
    score: Arrow,
    optimiser: Optimiser,
    *,
    moved: Sequence[str] = (),
    sizes: Mapping[str, int] | None = None,
    name: str = "",
) -> Game:
    """The game in which the inputs ``moved`` (default: the first) climb the score of a model.

    ``model`` and ``score`` are per sample; the scores of a batch are added, so that no image's step
    depends on the others.
    """
    arrow = model.arrow if isinstance(model, Architecture) else model
    graph = arrow.graph()
    title = name or f"{graph.name or 'model'}_dreaming"
    if not graph.name:
        arrow = Named("model", arrow)
        graph = arrow.graph()
    given = {**(model.sizes if isinstance(model, Architecture) else {}), **(sizes or {})}
    inputs = [graph.wire_name(w) for w in graph.inputs]
    if score.open and len(score.dom) <= len(graph.cod):
        with suppress(SpecError):  # where it does not fit, `with_label` says so
            score = score.retype(graph.cod)
    each = with_label(arrow, score)
    labels = len(each.dom) - len(inputs)
    names = inputs + (["label"] if labels == 1 else [f"label_{i + 1}" for i in range(labels)])

    def dreaming(*wires: Any) -> Any:
        return op.neg(op.sum(BATCH)(stack(each, BATCH)(*wires)))

    dreaming.__name__ = title
    total = wired(stack(each, BATCH).dom, names, dreaming, False)
    player = Player("dreamer", 0, optimiser, tuple(moved) or tuple(inputs[:1]))
    held = sorted({path.split(".")[0] for path in total.graph().resources(given)})
    models = {graph.name: model} if isinstance(model, Architecture) else {}
    return game(total, [player], frozen=held, sizes=given, name=title, models=models)
