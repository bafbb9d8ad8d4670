"""Contests: critics that ask whether what an edge makes could be data of the object it goes to.

Definition.  For an edge f : A → B and a critic D : B → scores, the edge pays l(D(F(f) a), true) and
the critic the mean of l(D(b), true) and l(D(F(f) a), false), for data a of A and b of B; l is
``"squares"`` (Mao et al. 2017), ``"logits"`` (Goodfellow et al. 2014, the edge's loss the one that
does not saturate) or ``"wasserstein"`` (D(F(f) a) − D(b), and −D(F(f) a) for the edge; Arjovsky et
al. 2017).  Scores are averaged.  ``contest(losses, critics)`` is the arrow from the data of all
objects to two numbers: what the edges pay (the path losses, and each critic that one of them faces)
and what the critics pay.  Who moves which weights is a game (``categorical.learning.games``).

Laws.  With no critic faced, the edges pay the total of the path losses.  The Wasserstein losses of
an edge and its critic add up to −D(b): data alone.

>>> from categorical import Dim, Real, op
>>> from categorical.schemas import Schema, functor, losses
>>> n, c, batch = Dim.named("n c batch")
>>> cycle = Schema("cycle", "A B", {"f": ("A", "B"), "g": ("B", "A")}, {"round": "f g = 1"})
>>> edges = {"f": op.linear(n, c) >> op.tanh, "g": op.linear(c, n)}
>>> nets = functor(cycle, {"A": Real[n], "B": Real[c]}, edges)
>>> found = contest(losses(nets, over=batch), {"B": op.linear(c, 1)})
>>> found.arrow
contest: Real[batch, n] × Real[batch, c] → Real[()] × Real[()]
>>> found.edges, found.critics
(('f', 'g'), ('critic_B',))

A critic reads what an edge makes:

>>> contest(losses(nets), {"B": op.linear(n, 1)})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM054]: the critic of `B` does not read what goes to `B`
...
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from categorical import op
from categorical.arrows import Arrow, Traced, Transformed
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.errors import SpecError
from categorical.functors import stack
from categorical.learning.losses import binary_cross_entropy, mean_squared_error
from categorical.origin import here
from categorical.para import Tied, tie
from categorical.schemas.losses import Losses
from categorical.spaces import Array, Space


@dataclass(frozen=True)
class Contest:
    """The arrow of a game between edges and critics, with the names of their weights."""

    arrow: Arrow
    edges: tuple[str, ...]
    critics: tuple[str, ...]


@checked
def contest(losses: Losses, critics: Mapping[str, Arrow], kind: str = "squares") -> Contest:
    """What the edges pay, and what the critics pay; ``critics`` are by object.

    Every edge to an object with a critic faces it.
    """
    if kind not in KINDS:
        raise SpecError(
            "CM042",
            f"`contest` of the kind {kind!r}",
            facts=[("kinds", ", ".join(KINDS))],
            help=["name one of them"],
        )
    functor = losses.functor
    judges = {at: _judge(losses, at, critic) for at, critic in critics.items()}
    faced = [(f, a, b) for f, (a, b) in functor.schema.edges.items() if b in judges]
    for at in judges:
        if not any(b == at for _, _, b in faced):
            raise SpecError(
                "CM054",
                f"nobody faces the critic of `{at}`: no edge goes there",
                facts=[("edges", ", ".join(functor.schema.edges))],
                help=["leave the critic out"],
            )
    used = {*losses.reads, *(a for _, a, _ in faced), *judges}
    objects = [one for one in functor.schema.objects if one in used]
    single = Losses(functor, losses.parts).total
    names = [name for one in objects for name in _names(one, functor.objects[one])]
    types = [wire for one in objects for wire in functor.objects[one].wires]

    def contest(*wires: Any) -> Any:
        given, left = {}, list(wires)
        for one in objects:
            given[one] = [left.pop(0) for _ in functor.objects[one].wires]
        pays = single(*(wire for one in losses.reads for wire in given[one]))
        paid: Any = None
        for edge, source, target in faced:
            judge = judges[target]
            made = functor(edge)(*given[source])
            fake = judge(*(made if isinstance(made, tuple) else (made,)))
            real = judge(*given[target])
            mine, theirs = KINDS[kind](fake, real)
            pays = pays + mine
            paid = theirs if paid is None else paid + theirs
        return pays, paid

    arrow = _named(wired(types, names, contest, inline=False), "", names)
    if losses.over is not None:
        lifted = stack(arrow, losses.over)
        means = [op.mean(losses.over).at(wire) for wire in lifted.cod]
        arrow = lifted >> (means[0] @ means[1])
    arrow = _named(arrow, "contest", names)
    heads = {path.split(".")[0] for edge in functor.schema.edges
             for path in functor(edge).graph().resources({})}  # fmt: skip
    return Contest(arrow, tuple(sorted(heads)), tuple(f"critic_{at}" for at in judges))


def _named(arrow: Arrow, name: str, names: Sequence[str]) -> Arrow:
    """The arrow as a graph of that name, with names for its inputs."""
    graph = arrow.graph()
    titles = {**graph.names, **dict(zip(graph.inputs, names, strict=True))}
    titles |= dict(zip(graph.outputs, ("edges_pay", "critics_pay"), strict=True))
    made = replace(graph, name=name, names=titles)
    if name:
        return Traced(made, False, here())
    return Transformed(arrow, lambda _: made, "contest", arrow.dom, False)


def _judge(losses: Losses, at: str, critic: Arrow) -> Arrow:
    """A critic with its weights under its own name, at the space of its object."""
    space = losses.functor.objects.get(at)
    found = critic.body if isinstance(critic, Tied) else critic
    if space is not None and found.open and found.dom != space.wires:
        with contextlib.suppress(SpecError):
            found = found.retype(space.wires)
    if space is None or found.dom != space.wires or len(found.cod) != 1:
        wanted = "no object" if space is None else f"{space} → scores"
        raise SpecError(
            "CM054",
            f"the critic of `{at}` does not read what goes to `{at}`",
            facts=[("the critic", found.type_text()), ("wanted", wanted)],
            help=[f"an arrow from {space} to one array" if space is not None else "an object"],
        )
    return tie(found.named(f"critic_{at}"))


def _names(name: str, space: Space) -> list[str]:
    head = name if name.isidentifier() else "data"
    count = len(space.wires)
    return [head] if count == 1 else [f"{head}_{i + 1}" for i in range(count)]


def _squares(fake: Any, real: Any) -> tuple[Any, Any]:
    def paid(scores: Any, true: bool) -> Any:
        return mean_squared_error(scores.type)(scores, op.full_like(1.0 if true else 0.0)(scores))

    return paid(fake, True), op.scale(0.5)(paid(fake, False) + paid(real, True))


def _logits(fake: Any, real: Any) -> tuple[Any, Any]:
    def paid(scores: Any, true: bool) -> Any:
        label = op.full_like(1.0 if true else 0.0)(scores)
        return binary_cross_entropy(scores.type)(scores, label)

    return paid(fake, True), op.scale(0.5)(paid(fake, False) + paid(real, True))


def _wasserstein(fake: Any, real: Any) -> tuple[Any, Any]:
    def mean(scores: Any) -> Any:
        type_: Array = scores.type
        return op.mean(*type_.axes)(scores) if type_.axes else scores

    return op.neg(mean(fake)), mean(fake) - mean(real)


KINDS: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {
    "squares": _squares,
    "logits": _logits,
    "wasserstein": _wasserstein,
}

__all__ = ["KINDS", "Contest", "contest"]
