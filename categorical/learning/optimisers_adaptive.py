"""Adaptive optimisers: the step of each weight is divided by the size of its gradients.

Definition.  Adagrad sums the squares of the gradients, RMSprop and Adam average them.  The averages
of Adam start at 0, so they are divided by 1 − βᵗ: its state is P × P × N with the step count t, and
the powers are βᵗ = exp(t log β), computed from the count.

Laws.  Each step is that of the class of ``torch.optim`` in ``torch``.  AdamW without decay is Adam.
The step of Adam in its first t is bounded by η, whatever the gradient: not linear in it.

>>> from categorical import Dim, Real
>>> n = Dim("n")
>>> [one.name for one in adam(1e-3).states]
['mean', 'square', 'step']
>>> adam(1e-3).put(Real[n]).type_text()
'Real[n] × Real[n] × Real[()] × Real[n] × Real[n] → Real[n] × Real[n] × Real[()] × Real[n]'

An average that forgets nothing never leaves 0:

>>> adam(1e-3, betas=(0.9, 1.0))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: `adam`: the second β is 1.0
...
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from categorical import op
from categorical.checked import checked
from categorical.learning.optimisers_linear import (
    STEP,
    Optimiser,
    Rate,
    State,
    Wires,
    counted,
    like,
    one_more,
    scheduled,
    settings,
    slope,
    times,
)
from categorical.learning.rates import Schedule, number


def average(kept: float, before: Any, new: Any) -> Any:
    """The average that keeps a fraction of what it was."""
    return op.scale(kept)(before) + op.scale(1 - kept)(new)


def power(beta: float, count: Any) -> Any:
    """βᵗ at a count t ≥ 1."""
    return op.exp(op.scale(math.log(beta))(count)) if beta else op.full_like(0)(count)


def made(
    name: str,
    kind: str,
    rate: Rate,
    schedule: Schedule,
    states: tuple[State, ...],
    rule: Any,
    given: Mapping[str, Any],
    usual: Mapping[str, Any],
) -> Optimiser:
    """An optimiser with the class of torch that it is."""
    return Optimiser(
        name,
        {"rate": rate, **given},
        states,
        rule,
        (kind, settings({"lr": schedule.base, **given}, usual)),
        schedule=schedule if isinstance(rate, Schedule) else None,
    )


@checked
def adagrad(
    rate: Rate,
    rate_decay: float = 0.0,
    weight_decay: float = 0.0,
    start: float = 0.0,
    eps: float = 1e-10,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.Adagrad``: v′ = v + g², p′ = p − η g / (√v′ + ε).

    With a decay d of the rate it is η / (1 + kd) in step k.
    """
    schedule = scheduled("adagrad", rate)
    for what, value in (
        ("the decay of the rate", rate_decay),
        ("the weight decay", weight_decay),
        ("the start", start),
        ("ε", eps),
    ):
        number("adagrad", what, value)
    states: tuple[State, ...] = (State("square", start=start, squared=True),)
    states = (*states, STEP) if rate_decay else counted(states, schedule)

    def rule(before: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        seen = slope(gradient, weight, weight_decay, maximise)
        square = before[0] + op.square(seen)
        change = seen / (op.sqrt(square) + eps)
        if len(before) == 1:
            return (square,), weight - times(schedule, None, change)
        step = before[1]
        if rate_decay:
            change = change / like(change, 1 + op.scale(rate_decay)(step))
        return (square, one_more(step)), weight - times(schedule, step, change)

    given = {
        "lr_decay": rate_decay,
        "weight_decay": weight_decay,
        "initial_accumulator_value": start,
        "eps": eps,
        "maximize": maximise,
    }
    usual = {
        "lr_decay": 0,
        "weight_decay": 0,
        "initial_accumulator_value": 0,
        "eps": 1e-10,
        "maximize": False,
    }
    return made("adagrad", "Adagrad", rate, schedule, states, rule, given, usual)


@checked
def rmsprop(
    rate: Rate,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centred: bool = False,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.RMSprop``: v′ = αv + (1 − α)g², p′ = p − η g / (√v′ + ε).

    ``centred`` takes the square of the average gradient from v′; with a momentum the quotients go
    through a buffer b′ = μb + g / (√v′ + ε) and p′ = p − ηb′.
    """
    schedule = scheduled("rmsprop", rate)
    number("rmsprop", "α", alpha, below=1)
    number("rmsprop", "ε", eps)
    number("rmsprop", "the weight decay", weight_decay)
    number("rmsprop", "the momentum", momentum, below=1)
    states: tuple[State, ...] = (State("square", squared=True),)
    states += (State("mean"),) if centred else ()
    states += (State("buffer"),) if momentum else ()
    kept = len(states)

    def rule(before: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        seen = slope(gradient, weight, weight_decay, maximise)
        square = average(alpha, before[0], op.square(seen))
        after, spread = [square], square
        if centred:
            mean = average(alpha, before[1], seen)
            after.append(mean)
            spread = square - op.square(mean)
        change = seen / (op.sqrt(spread) + eps)
        if momentum:
            change = op.scale(momentum)(before[kept - 1]) + change
            after.append(change)
        step = before[kept] if len(before) > kept else None
        if step is not None:
            after.append(one_more(step))
        return after, weight - times(schedule, step, change)

    given = {
        "alpha": alpha,
        "eps": eps,
        "weight_decay": weight_decay,
        "momentum": momentum,
        "centered": centred,
        "maximize": maximise,
    }
    usual = {
        "alpha": 0.99,
        "eps": 1e-8,
        "weight_decay": 0,
        "momentum": 0,
        "centered": False,
        "maximize": False,
    }
    states = counted(states, schedule)
    return made("rmsprop", "RMSprop", rate, schedule, states, rule, given, usual)


def _adam(
    name: str,
    rate: Rate,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    maximise: bool,
    apart: bool,
) -> Optimiser:
    """Adam; with ``apart`` the weights decay on their own and not through the averages."""
    schedule = scheduled(name, rate)
    first, second = betas
    number(name, "the first β", first, below=1)
    number(name, "the second β", second, below=1)
    number(name, "ε", eps)
    number(name, "the weight decay", weight_decay)
    states: tuple[State, ...] = (State("mean"), State("square", squared=True))
    states += (State("largest", squared=True),) if amsgrad else ()
    states += (STEP,)

    def rule(before: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        seen = slope(gradient, weight, 0.0 if apart else weight_decay, maximise)
        step = before[-1]
        count = one_more(step)
        mean = average(first, before[0], seen)
        square = average(second, before[1], op.square(seen))
        after, spread = [mean, square], square
        if amsgrad:
            spread = op.maximum(before[2], square)
            after.append(spread)
        corrected = mean / like(mean, 1 - power(first, count))
        size = op.sqrt(spread) / like(spread, op.sqrt(1 - power(second, count)))
        change = corrected / (size + eps)
        if apart and weight_decay:
            weight = weight - times(schedule, step, op.scale(weight_decay)(weight))
        return (*after, count), weight - times(schedule, step, change)

    given = {
        "betas": (first, second),
        "eps": eps,
        "weight_decay": weight_decay,
        "amsgrad": amsgrad,
        "maximize": maximise,
    }
    usual = {
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0.01 if apart else 0,
        "amsgrad": False,
        "maximize": False,
    }
    kind = "AdamW" if apart else "Adam"
    return made(name, kind, rate, schedule, states, rule, given, usual)


@checked
def adam(
    rate: Rate,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.Adam``: m′ = β₁m + (1 − β₁)g, v′ = β₂v + (1 − β₂)g², t′ = t + 1;

    p′ = p − η m̂ / (√v̂ + ε) with m̂ = m′ / (1 − β₁ᵗ′) and v̂ = v′ / (1 − β₂ᵗ′).
    """
    return _adam("adam", rate, betas, eps, weight_decay, amsgrad, maximise, apart=False)


@checked
def adamw(
    rate: Rate,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    amsgrad: bool = False,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.AdamW``: Adam, and the weights shrink by ηλ in each step on their own."""
    return _adam("adamw", rate, betas, eps, weight_decay, amsgrad, maximise, apart=True)
