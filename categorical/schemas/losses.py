"""Path losses: what a functor pays for each equation that it does not satisfy.

Definition.  The loss of an equation p = q at X is the arrow ``x ↦ weight · d(F(p) x, F(q) x)`` from
the data of X to a number, for a metric d: ``"l1"`` (mean of absolute differences), ``"l2"`` (mean
of squares), ``"huber"``, or any function from a space to a loss.  Its *measure* says where x comes
from: the data of X, or the data of another object pushed along a path to X.  An *identity loss* of
an edge f : A → B between objects of one space is ``b ↦ weight · d(F(f) b, b)``.

Laws.  Every loss is at least 0.  It is 0 at all data if F satisfies the equation; for "l1" and
"l2", and data that reaches every point of X, only then.

>>> from categorical import Dim, Real, op
>>> from categorical.schemas import Schema, functor
>>> n, c, sample = Dim.named("n c sample")
>>> cycle = Schema("cycle", "A B", {"f": ("A", "B"), "g": ("B", "A")}, {"round": "f g = 1"})
>>> edges = {"f": op.linear(n, c) >> op.tanh, "g": op.linear(c, n)}
>>> nets = functor(cycle, {"A": Real[n], "B": Real[c]}, edges)
>>> found = losses(nets, weights={"round": 10.0})
>>> found.names, found.reads, found.arrow.type_text()
(('round',), ('A',), 'Real[n] → Real[()]')
>>> losses(nets, over=sample).arrow.type_text()
'Real[sample, n] → Real[()]'

A loss of an equation that the schema lacks is refused:

>>> losses(nets, weights={"back": 10.0})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM054]: `cycle` has no equation `back`
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from categorical import op
from categorical.arrows import Arrow, Types, Wiring, copy, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.functors import stack
from categorical.index import Axis, IndexSet
from categorical.learning.losses import absolute_error, huber, mean_squared_error
from categorical.schemas.functors import SchemaFunctor
from categorical.schemas.schema import Path
from categorical.spaces import Real, Space

Metric = str | Callable[[Space], Arrow]
METRICS: dict[str, Callable[[Space], Arrow]] = {
    "l1": absolute_error,
    "l2": mean_squared_error,
    "huber": huber,
}


@dataclass(frozen=True)
class PathLoss:
    """One loss: an arrow from the data of the object ``reads`` to a number, weighted."""

    name: str
    reads: str
    arrow: Arrow
    weight: float


@dataclass(frozen=True)
class Losses:
    """Losses side by side: ``arrow`` goes from the data of ``reads``, in order, to a number each.

    ``arrows[name]`` is each loss by itself, from the data of its own object.
    """

    functor: SchemaFunctor
    parts: tuple[PathLoss, ...]
    over: IndexSet | Axis | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the losses, in the order of the outputs."""
        return tuple(one.name for one in self.parts)

    @property
    def reads(self) -> tuple[str, ...]:
        """The objects whose data the arrow reads, in the order of the schema."""
        used = {one.reads for one in self.parts}
        return tuple(one for one in self.functor.schema.objects if one in used)

    @property
    def arrow(self) -> Arrow:
        """The losses of one sample of each object, or the means over batches."""
        return self._lifted(self._single())

    @property
    def total(self) -> Arrow:
        """The sum of all losses."""
        found = self.arrow
        for _ in self.parts[1:]:
            found = found >> (op.add.at(*found.cod[:2]) @ identity(*found.cod[2:]))
        return found

    @property
    def arrows(self) -> dict[str, Arrow]:
        """Each loss from the data of its object."""
        return {one.name: self._lifted(one.arrow) for one in self.parts}

    def _single(self) -> Arrow:
        starts: dict[str, tuple[int, int]] = {}
        wires: Types = ()
        for one in self.reads:
            own = self.functor.objects[one].wires
            starts[one] = (len(wires), len(wires) + len(own))
            wires += own
        mapping = tuple(i for part in self.parts for i in range(*starts[part.reads]))
        every = self.parts[0].arrow
        for part in self.parts[1:]:
            every = every @ part.arrow
        return Wiring(wires, mapping, "data") >> every

    def _lifted(self, arrow: Arrow) -> Arrow:
        if self.over is None:
            return arrow
        found = stack(arrow, self.over)
        mean: Arrow = identity()
        for i, wire in enumerate(found.cod):
            one = op.mean(self.over).at(wire)
            mean = one if i == 0 else mean @ one
        return found >> mean


@checked
def losses(
    functor: SchemaFunctor,
    metric: Metric = "l1",
    *,
    weights: Mapping[str, float] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    measures: Mapping[str, str] | None = None,
    identities: Sequence[str] = (),
    equations: Sequence[str] | None = None,
    over: IndexSet | Axis | None = None,
) -> Losses:
    """One loss for each equation, then one for each edge in ``identities``.

    ``equations`` are those that are paid for, where others hold by construction.
    ``weights``, ``metrics`` and ``measures`` (paths to where the equation starts) are by the name
    of the equation, or ``"identity f"``; with ``over``, data are batches and losses their means.
    """
    known = [*functor.schema.equations, *(f"identity {edge}" for edge in identities)]
    paid = functor.schema.equations if equations is None else equations
    for given in (weights or {}, metrics or {}, measures or {}, dict.fromkeys(paid, 0)):
        for name in given:
            if name not in known:
                near = get_close_matches(name, known, 1)
                raise SpecError(
                    "CM054",
                    f"`{functor.schema.name}` has no equation `{name}`",
                    facts=[("losses", ", ".join(known) or "none")],
                    help=[f"write `{near[0]}`" if near else "name one of them"],
                )
    found = []
    for name in paid:
        how = (metrics or {}).get(name, metric)
        weight = (weights or {}).get(name, 1.0)
        found.append(path_loss(functor, name, how, weight, (measures or {}).get(name, "1")))
    for edge in identities:
        name = f"identity {edge}"
        how = (metrics or {}).get(name, metric)
        found.append(identity_loss(functor, edge, how, (weights or {}).get(name, 1.0)))
    if not found:
        raise SpecError(
            "CM054",
            f"`{functor.schema.name}` has no equation, so there is no loss",
            help=["declare an equation:  Schema(…, equations={…})"],
        )
    return Losses(functor, tuple(found), over)


@checked
def path_loss(
    functor: SchemaFunctor,
    equation: str,
    metric: Metric = "l1",
    weight: float = 1.0,
    measure: str = "1",
) -> PathLoss:
    """The loss of one equation; ``measure`` is a path that ends where the equation starts."""
    functor.law(equation)  # it exists
    one = functor.schema.equations[equation]
    pushed = functor.schema.path(measure, at=one.source)
    if pushed.target != one.source:
        raise SpecError(
            "CM054",
            f"the measure of `{equation}` does not end where the equation starts",
            facts=[("the measure", repr(pushed)), ("the equation", f"starts at {one.source}")],
            help=[f"a path to {one.source}, or 1 for the data of {one.source}"],
        )
    return _loss(functor, equation, pushed, one.left, one.right, metric, weight)


@checked
def identity_loss(
    functor: SchemaFunctor, edge: str, metric: Metric = "l1", weight: float = 1.0
) -> PathLoss:
    """How far an edge A → B moves the data of B, where A and B are one space (Zhu et al. 2017)."""
    path = functor.schema.path(edge)
    spaces = [functor.objects[end] for end in (path.source, path.target)]
    if spaces[0] is not spaces[1]:
        raise SpecError(
            "CM054",
            f"`{edge}` has no identity loss: its ends go to two spaces",
            facts=[(path.source, str(spaces[0])), (path.target, str(spaces[1]))],
            help=["leave the identity loss out"],
        )
    start = Path(path.target, path.target)
    stays = Path(path.source, path.source)
    return _loss(functor, f"identity {edge}", start, path, stays, metric, weight)


def _loss(
    functor: SchemaFunctor,
    name: str,
    start: Path,
    left: Path,
    right: Path,
    metric: Metric,
    weight: float,
) -> PathLoss:
    if not weight > 0:
        raise SpecError(
            "CM041",
            f"the weight of `{name}` is {weight}",
            facts=[("needed", "a number above 0")],
            help=["leave the equation out of the schema if it is not asked for"],
        )
    one, two = (functor.path(side).arrow() for side in (left, right))
    here = functor.objects[left.source]
    found = copy(here) >> (one @ two) >> _distance(name, one.cod, metric)
    if start.steps:
        found = functor.path(start).arrow() >> found
    if weight != 1:
        found = found >> op.scale(weight)
    return PathLoss(name, start.source, found, weight)


def _distance(name: str, wires: Types, metric: Metric) -> Arrow:
    """The sum over wires of the metric of both sides."""
    how = METRICS.get(metric) if isinstance(metric, str) else metric
    if how is None:
        raise SpecError(
            "CM042",
            f"`{name}` has the metric {metric!r}",
            facts=[("metrics", ", ".join(METRICS))],
            help=["name one of them, or give a function from a space to a loss"],
        )
    count = len(wires)
    if not count:
        raise SpecError("CM054", f"`{name}` ends in the unit, so it holds", help=["leave it out"])
    together = tuple(k for i in range(count) for k in (i, count + i))
    found: Arrow | None = None
    for wire in wires:
        own = how(wire)
        if own.dom != (wire, wire) or own.cod != (Real.scalar,):
            raise SpecError(
                "CM042",
                f"the metric of `{name}` does not compare two values of one space",
                facts=[("found", own.type_text()), ("wanted", f"{wire} × {wire} → Real[()]")],
                help=["a loss (prediction, label) → Real, with a label like the prediction"],
            )
        found = own if found is None else (found @ own) >> op.add
    assert found is not None
    return Wiring((*wires, *wires), together, "pairs") >> found


__all__ = ["METRICS", "Losses", "PathLoss", "identity_loss", "losses", "path_loss"]
