"""Optimisers: lenses (S × P, S′ × P′) → (P, P′) that are stacked on the weights of a learner.

Definition.  An *optimiser* has a state S beside the weights P.  ``get : S × P → P`` says where the
gradient is taken; ``put : S × P × P′ → S × P`` makes the next state and the next weights from it.
Both are arrows, so that laws between optimisers are equations of arrows.  Real arrays only.

Laws.  ``start`` is the state of torch before its first step, and ``put`` its step: ``torch`` names
the class of ``torch.optim`` and its arguments.  Where it stores other things, ``from_torch`` maps
its state and weights to ours (a reparametrisation: torch's step, then the map, is the map, then
ours), and ``to_torch`` back.  So:

- heavy ball: s′ = μs − ηg, p′ = p + s′.  torch stores b = −s/η: b′ = μb + g, p′ = p − ηb′.
- Nesterov: the gradient is taken at p + μs.  torch stores that point as its weights.
- torch does not dampen its first step: a dampened optimiser knows whether it has started.

>>> from categorical import Dim, Real
>>> n = Dim("n")
>>> heavy = sgd(0.1, momentum=0.9)
>>> heavy.put(Real[n]).type_text()
'Real[n] × Real[n] × Real[n] → Real[n] × Real[n]'
>>> heavy.torch
('SGD', {'lr': 0.1, 'momentum': 0.9})
>>> nesterov(0.1, 0.9).get(Real[n]).label(), [one.name for one in nesterov(0.1, 0.9).states]
('look', ['velocity'])

A velocity that does not fade grows without bound:

>>> heavy_ball(0.1, 1.5)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: `heavy_ball`: the momentum is 1.5
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from categorical import op
from categorical.arrows import Arrow, Wiring, identity
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.errors import SpecError
from categorical.learning.rates import Schedule, constant, number
from categorical.ops import common
from categorical.spaces import Array, Real, Space, space

Wires = Sequence[Any]
Rate = float | Schedule


@dataclass(frozen=True)
class State:
    """One part of a state: an array like the weights, or one number; one value at the start.

    ``squared`` if it collects squares of gradients, and not gradients.
    """

    name: str
    scalar: bool = False
    start: float = 0.0
    squared: bool = False

    def space(self, weights: Array) -> Array:
        """The type of this part for weights of a type."""
        return Real.scalar if self.scalar else weights


#: put on wires: (state, weights, gradient) to (state, weights).
Rule = Callable[[Wires, Any, Any], tuple[Wires, Any]]
#: a map of wires: (state, weights) to weights, or to the state and weights of torch.
Look = Callable[[Wires, Any], Any]


@dataclass(frozen=True)
class Optimiser:
    """An optimiser; see the module.  ``look`` is ``get``, where that is not the weights alone."""

    name: str
    hyperparameters: Mapping[str, Any] = field(hash=False)
    states: tuple[State, ...]
    rule: Rule = field(repr=False, compare=False)
    torch: tuple[str, Mapping[str, Any]] = field(hash=False)
    look: Look | None = field(default=None, repr=False, compare=False)
    stored: Look | None = field(default=None, repr=False, compare=False)
    loaded: Look | None = field(default=None, repr=False, compare=False)
    schedule: Schedule | None = None

    def state(self, weights: Array) -> tuple[Array, ...]:
        """The types of the state."""
        return tuple(one.space(weights) for one in self.states)

    def get(self, weights: Space) -> Arrow:
        """S × P → P: where the gradient is taken."""
        one = _weights(self.name, weights)
        look = self.look or _only_weights
        if not self.states:
            return identity(one)
        if self.look is None:
            count = len(self.states)
            return Wiring((*self.state(one), one), (count,), "weights")
        return self._arrow("look", one, lambda *wires: look(wires[:-1], wires[-1]))

    def put(self, weights: Space) -> Arrow:
        """S × P × P′ → S × P: the next state and the next weights, from the gradient."""
        one = _weights(self.name, weights)

        def step(*wires: Any) -> Any:
            states, after = self.rule(wires[:-2], wires[-2], wires[-1])
            found = (*states, after)
            for part, wire in zip((*(one.name for one in self.states), "weight"), found):
                graph = wire.tracer.builder.graph
                if wire.number not in graph.inputs:
                    graph.names[wire.number] = f"next_{part}"
            return found

        return self._arrow(self.name, one, step, "gradient")

    def to_torch(self, weights: Space) -> Arrow:
        """S × P → S × P: the state and the weights that torch stores for these."""
        return self._map("to_torch", weights, self.stored)

    def from_torch(self, weights: Space) -> Arrow:
        """S × P → S × P: the state and the weights for those that torch stores."""
        return self._map("from_torch", weights, self.loaded)

    def _map(self, name: str, weights: Space, look: Look | None) -> Arrow:
        one = _weights(self.name, weights)
        if look is None:
            return identity(*self.state(one), one)
        return self._arrow(name, one, lambda *wires: look(wires[:-1], wires[-1]))

    def start(self, weights: Space) -> tuple[Arrow, ...]:
        """The state before the first step, an arrow One → Sᵢ for each part."""
        one = _weights(self.name, weights)
        return tuple(op.full(part.space(one), part.start) for part in self.states)

    def lens(self, weights: Space) -> Any:
        """The lens (S × P, S × P) → (P, P′) of ``get`` and ``put``."""
        from categorical.lenses import Lens

        return Lens(self.get(weights), self.put(weights))

    def _arrow(self, name: str, one: Array, function: Any, *more: str) -> Arrow:
        def body(*wires: Any) -> Any:
            return function(*wires)

        body.__name__ = name
        names = (*(part.name for part in self.states), "weight", *more)
        return wired((*self.state(one), *(one for _ in ("weight", *more))), names, body, False)


def _weights(name: str, weights: Space) -> Array:
    one = space(weights)
    if not isinstance(one, Array):
        raise SpecError(
            "CM011",
            f"`{name}` steps one array at a time, not {one}",
            help=["a product of optimisers steps several: product(first, second).put(P, Q)"],
        )
    common.real(name, one)
    return one


def _only_weights(states: Wires, weight: Any) -> Any:
    return weight


# --- what rules share -------------------------------------------------------------------------

STEP = State("step", scalar=True)


def like(one: Any, scalar: Any) -> Any:
    """A number at every index of a wire."""
    axes = one.type.axes
    return op.expand(*axes)(scalar) if axes else scalar


def scheduled(name: str, rate: Rate) -> Schedule:
    """A rate as a schedule."""
    if isinstance(rate, Schedule):
        return rate
    number(name, "the rate", rate)
    return constant(rate)


def times(schedule: Schedule, step: Any, one: Any) -> Any:
    """A wire times the rate in a step."""
    if schedule.name == "constant":
        return op.scale(schedule.base)(one)
    return like(one, schedule.arrow(step)) * one


def one_more(step: Any) -> Any:
    """The step count after this step."""
    return step + 1


def slope(gradient: Any, weight: Any, decay: float, maximise: bool) -> Any:
    """The gradient that a rule sees: turned round to climb, and with the decay of the weights."""
    seen = -gradient if maximise else gradient
    return seen + op.scale(decay)(weight) if decay else seen


def settings(given: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a torch class that differ from its defaults (and the rate)."""
    return {key: v for key, v in given.items() if key == "lr" or v != usual.get(key)}


def counted(states: tuple[State, ...], schedule: Schedule) -> tuple[State, ...]:
    """The states, with a step count if a schedule needs one."""
    return states if schedule.name == "constant" else (*states, STEP)


# --- descent, and its relatives ---------------------------------------------------------------


@checked
def sgd(
    rate: Rate,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.SGD``: the state is its buffer b, and whether it has started if it dampens.

    b′ = μb + (1 − τ)g, and g in the first step; p′ = p − ηb′, with ``nesterov`` p − η(g + μb′).
    """
    schedule = scheduled("sgd", rate)
    number("sgd", "the momentum", momentum, below=1)
    number("sgd", "the dampening", dampening, below=1)
    number("sgd", "the weight decay", weight_decay)
    if nesterov and (momentum == 0 or dampening):
        raise SpecError(
            "CM041",
            f"`sgd`: nesterov with momentum {momentum} and dampening {dampening}",
            help=["it looks ahead along the buffer: a momentum above 0, and no dampening"],
        )
    kept: tuple[State, ...] = (State("buffer"),) if momentum else ()
    kept += (State("started", scalar=True),) if momentum and dampening else ()

    def rule(states: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        seen = slope(gradient, weight, weight_decay, maximise)
        after: list[Any] = []
        change = seen
        if momentum:
            enters = seen
            if dampening:
                less = like(seen, op.scale(dampening)(states[1]))
                enters = seen - less * seen
            buffer = op.scale(momentum)(states[0]) + enters
            after.append(buffer)
            if dampening:
                after.append(op.full_like(1)(states[1]))
            change = seen + op.scale(momentum)(buffer) if nesterov else buffer
        step = states[len(kept)] if len(states) > len(kept) else None
        if step is not None:
            after.append(one_more(step))
        return after, weight - times(schedule, step, change)

    arguments = {
        "lr": schedule.base,
        "momentum": momentum,
        "dampening": dampening,
        "weight_decay": weight_decay,
        "nesterov": nesterov,
        "maximize": maximise,
    }
    usual = {"momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False}
    return Optimiser(
        "sgd",
        {"rate": rate, **{k: v for k, v in arguments.items() if k != "lr"}},
        counted(kept, schedule),
        rule,
        ("SGD", settings(arguments, usual)),
        schedule=schedule if isinstance(rate, Schedule) else None,
    )


@checked
def descent(rate: Rate) -> Optimiser:
    """Gradient descent: p′ = p − ηg."""
    return replace(sgd(rate), name="descent")


@checked
def ascent(rate: Rate) -> Optimiser:
    """Gradient ascent: p′ = p + ηg."""
    return replace(sgd(rate, maximise=True), name="ascent")


@checked
def heavy_ball(rate: Rate, momentum: float) -> Optimiser:
    """Momentum as a velocity that moves the weights: s′ = μs − ηg, p′ = p + s′."""
    size = _velocity("heavy_ball", rate, momentum)

    def rule(states: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        velocity = op.scale(momentum)(states[0]) - op.scale(size)(gradient)
        return (velocity,), weight + velocity

    return Optimiser(
        "heavy_ball",
        {"rate": size, "momentum": momentum},
        (State("velocity"),),
        rule,
        ("SGD", {"lr": size, "momentum": momentum}),
        stored=lambda states, weight: (_over(states[0], -size), weight),
        loaded=lambda states, weight: (op.scale(-size)(states[0]), weight),
    )


@checked
def nesterov(rate: Rate, momentum: float) -> Optimiser:
    """Nesterov's method (Sutskever et al. 2013): the gradient is taken at p + μs.

    torch stores b = −s/η and the point p + μs, and calls that point its weights.
    """
    size = _velocity("nesterov", rate, momentum)

    def look(states: Wires, weight: Any) -> Any:
        return weight + op.scale(momentum)(states[0])

    def load(states: Wires, weight: Any) -> Any:
        velocity = op.scale(-size)(states[0])
        return velocity, weight - op.scale(momentum)(velocity)

    def rule(states: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        velocity = op.scale(momentum)(states[0]) - op.scale(size)(gradient)
        return (velocity,), weight + velocity

    return Optimiser(
        "nesterov",
        {"rate": size, "momentum": momentum},
        (State("velocity"),),
        rule,
        ("SGD", {"lr": size, "momentum": momentum, "nesterov": True}),
        look=look,
        stored=lambda states, weight: (_over(states[0], -size), look(states, weight)),
        loaded=load,
    )


def _over(wire: Any, value: float) -> Any:
    """A wire over a number: the rounded reciprocal of 0.1 is not that of 0.1."""
    return wire / op.full_like(value)(wire)


def _velocity(name: str, rate: Rate, momentum: float) -> float:
    """The rate, which a velocity holds: so one that changes is another optimiser, and 0 is none."""
    if isinstance(rate, Schedule):
        raise SpecError(
            "CM041",
            f"`{name}`: the rate is a schedule",
            help=["with a schedule, torch's form scales the whole buffer: sgd(rate, momentum=…)"],
        )
    size = number(name, "the rate", rate)
    if size == 0:
        raise SpecError("CM041", f"`{name}`: the rate is 0", help=["write a number above 0"])
    if number(name, "the momentum", momentum, below=1) == 0 and name == "nesterov":
        raise SpecError(
            "CM041", "`nesterov`: the momentum is 0", help=["without it, it is descent(rate)"]
        )
    return size


# --- products -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Product:
    """Several optimisers side by side, each on weights of its own: the product of their lenses."""

    parts: tuple[Optimiser, ...]

    def get(self, *weights: Space) -> Arrow:
        """S₁ × … × Sₙ × P₁ × … × Pₙ → P₁ × … × Pₙ."""
        spaces = self._spaces(weights)
        states = [part.state(one) for part, one in zip(self.parts, spaces, strict=True)]
        before = [one for group in states for one in group]
        order: list[int] = []
        place = 0
        for i, group in enumerate(states):
            order += [*range(place, place + len(group)), len(before) + i]
            place += len(group)
        wires = Wiring((*before, *spaces), tuple(order), "apart")
        return wires >> _beside([part.get(one) for part, one in zip(self.parts, spaces)])

    def put(self, *weights: Space) -> Arrow:
        """S₁ × … × Sₙ × P₁ × … × Pₙ × P₁′ × … × Pₙ′ → S₁ × … × Sₙ × P₁ × … × Pₙ."""
        spaces = self._spaces(weights)
        states = [part.state(one) for part, one in zip(self.parts, spaces, strict=True)]
        before = [one for group in states for one in group]
        count, held = len(spaces), len(before)
        order: list[int] = []
        back: list[int] = []
        ends: list[int] = []
        mixed: list[Array] = []
        place = 0
        for i, group in enumerate(states):
            order += [*range(place, place + len(group)), held + i, held + count + i]
            back += range(len(mixed), len(mixed) + len(group))
            ends.append(len(mixed) + len(group))
            mixed += [*group, spaces[i]]
            place += len(group)
        apart = Wiring((*before, *spaces, *spaces), tuple(order), "apart")
        steps = _beside([part.put(one) for part, one in zip(self.parts, spaces)])
        return apart >> steps >> Wiring(tuple(mixed), (*back, *ends), "together")

    def start(self, *weights: Space) -> tuple[Arrow, ...]:
        """The states before the first step."""
        spaces = self._spaces(weights)
        return tuple(a for part, one in zip(self.parts, spaces) for a in part.start(one))

    def lens(self, *weights: Space) -> Any:
        """The product of the lenses, its states first."""
        from categorical.lenses import Lens

        return Lens(self.get(*weights), self.put(*weights))

    def _spaces(self, weights: Sequence[Space]) -> list[Array]:
        if len(weights) != len(self.parts):
            raise SpecError(
                "CM007",
                f"a product of {len(self.parts)} optimisers is given {len(weights)} weights",
                help=["one array of weights for each optimiser"],
            )
        return [_weights(part.name, one) for part, one in zip(self.parts, weights)]


def _beside(arrows: Sequence[Arrow]) -> Arrow:
    found = arrows[0]
    for one in arrows[1:]:
        found = found @ one
    return found


@checked
def product(*parts: Optimiser) -> Product:
    """Optimisers side by side: descent for one player and ascent for another, say."""
    if not parts:
        raise SpecError("CM007", "a product of no optimisers", help=["product(descent(0.1), …)"])
    return Product(parts)


@checked
def descent_ascent(rate: Rate, climb: Rate | None = None) -> Product:
    """Gradient descent–ascent: p′ = p − ηg, q′ = q + ζh; the product of descent and ascent."""
    return product(descent(rate), ascent(rate if climb is None else climb))
