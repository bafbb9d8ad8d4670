"""Further adaptive optimisers: Adadelta, Adamax, NAdam and RAdam.

Definition.  Adadelta divides by the average size of gradients and multiplies by that of steps; so
its rate has no unit.  Adamax takes the largest gradient of late instead of an average of squares.
NAdam looks ahead along the mean of Adam, with a momentum that grows with the step count; the
product of all momenta so far is part of its state.  RAdam steps by the mean alone until the average
of squares is of enough gradients.

Laws.  Each step is that of the class of ``torch.optim`` in ``torch``.

>>> from categorical import Dim, Real
>>> n = Dim("n")
>>> [one.name for one in nadam(1e-3).states]
['mean', 'square', 'momenta', 'step']
>>> [one.start for one in nadam(1e-3).states]
[0.0, 0.0, 1.0, 0.0]

An average of squares over too few gradients is never trusted:

>>> radam(1e-3, betas=(0.9, 0.5))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: `radam`: the second β is 0.5
...
"""

from __future__ import annotations

import math
from typing import Any

from categorical import op
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.learning.optimisers_adaptive import average, made, power
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
    slope,
    times,
)
from categorical.learning.rates import number

MEAN, SQUARE = State("mean"), State("square", squared=True)


def _betas(name: str, betas: tuple[float, float]) -> tuple[float, float]:
    for which, beta in zip(("first", "second"), betas, strict=True):
        number(name, f"the {which} β", beta, below=1)
    return betas


@checked
def adadelta(
    rate: Rate = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.Adadelta``: v′ = ρv + (1 − ρ)g², d = g √(u + ε) / √(v′ + ε), p′ = p − ηd;

    u′ = ρu + (1 − ρ)d² is the average of the squares of steps.
    """
    schedule = scheduled("adadelta", rate)
    number("adadelta", "ρ", rho, below=1)
    number("adadelta", "ε", eps)
    number("adadelta", "the weight decay", weight_decay)

    def rule(before: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        seen = slope(gradient, weight, weight_decay, maximise)
        square = average(rho, before[0], op.square(seen))
        change = seen * (op.sqrt(before[1] + eps) / op.sqrt(square + eps))
        after = [square, average(rho, before[1], op.square(change))]
        step = before[2] if len(before) > 2 else None
        if step is not None:
            after.append(one_more(step))
        return after, weight - times(schedule, step, change)

    given = {"rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximise}
    usual = {"rho": 0.9, "eps": 1e-6, "weight_decay": 0, "maximize": False}
    states = counted((SQUARE, State("moved", squared=True)), schedule)
    return made("adadelta", "Adadelta", rate, schedule, states, rule, given, usual)


@checked
def adamax(
    rate: Rate = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.Adamax``: u′ = max(β₂u, |g| + ε), p′ = p − η m̂ / u′."""
    schedule = scheduled("adamax", rate)
    first, second = _betas("adamax", betas)
    number("adamax", "the weight decay", weight_decay)
    if number("adamax", "ε", eps) == 0:
        raise SpecError("CM041", "`adamax`: ε is 0", help=["a gradient of 0 would divide 0 by 0"])

    def rule(before: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        seen = slope(gradient, weight, weight_decay, maximise)
        step = before[2]
        count = one_more(step)
        mean = average(first, before[0], seen)
        largest = op.maximum(op.scale(second)(before[1]), op.abs(seen) + eps)
        change = mean / like(mean, 1 - power(first, count)) / largest
        return (mean, largest, count), weight - times(schedule, step, change)

    given = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximise}
    usual = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "maximize": False}
    states = (MEAN, State("largest", squared=True), STEP)
    return made("adamax", "Adamax", rate, schedule, states, rule, given, usual)


@checked
def nadam(
    rate: Rate = 2e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 4e-3,
    apart: bool = False,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.NAdam``: μₜ = β₁(1 − 0.96^(tψ) / 2), and M′ = M μₜ, the product of all so far;

    p′ = p − η (a g + b m′) / (√v̂ + ε), a = (1 − μₜ) / (1 − M′), b = μₜ₊₁ / (1 − M′ μₜ₊₁).  With
    ``apart`` the weights decay on their own, as in AdamW.
    """
    schedule = scheduled("nadam", rate)
    first, second = _betas("nadam", betas)
    for what, value in (
        ("ε", eps),
        ("the weight decay", weight_decay),
        ("the decay of the momentum", momentum_decay),
    ):
        number("nadam", what, value)

    def momentum(count: Any) -> Any:
        shrink = op.exp(op.scale(math.log(0.96) * momentum_decay)(count))
        return op.scale(first)(1 - op.scale(0.5)(shrink))

    def rule(before: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        seen = slope(gradient, weight, 0.0 if apart else weight_decay, maximise)
        step = before[3]
        count = one_more(step)
        now, then = momentum(count), momentum(one_more(count))
        momenta = before[2] * now
        mean = average(first, before[0], seen)
        square = average(second, before[1], op.square(seen))
        size = op.sqrt(square / like(square, 1 - power(second, count))) + eps
        own = like(seen, (1 - now) / (1 - momenta)) * seen
        ahead = like(mean, then / (1 - momenta * then)) * mean
        if apart and weight_decay:
            weight = weight - times(schedule, step, op.scale(weight_decay)(weight))
        change = (own + ahead) / size
        return (mean, square, momenta, count), weight - times(schedule, step, change)

    given = {
        "betas": betas,
        "eps": eps,
        "weight_decay": weight_decay,
        "momentum_decay": momentum_decay,
        "decoupled_weight_decay": apart,
        "maximize": maximise,
    }
    usual = {
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0,
        "momentum_decay": 4e-3,
        "decoupled_weight_decay": False,
        "maximize": False,
    }
    states = (MEAN, SQUARE, State("momenta", scalar=True, start=1.0), STEP)
    return made("nadam", "NAdam", rate, schedule, states, rule, given, usual)


@checked
def radam(
    rate: Rate = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    apart: bool = False,
    maximise: bool = False,
) -> Optimiser:
    """``torch.optim.RAdam``: m̂ until ρₜ = ρ − 2tβ₂ᵗ / (1 − β₂ᵗ) is above 5, ρ = 2 / (1 − β₂) − 1;

    from then on it is divided by √v̂ and multiplied by the square root of
    (ρₜ − 4)(ρₜ − 2)ρ / ((ρ − 4)(ρ − 2)ρₜ).
    """
    schedule = scheduled("radam", rate)
    first, second = _betas("radam", betas)
    number("radam", "ε", eps)
    number("radam", "the weight decay", weight_decay)
    most = 2 / (1 - second) - 1
    if most <= 5:
        raise SpecError(
            "CM041",
            f"`radam`: the second β is {second}",
            facts=[("ρ", f"{most:g}, and never above 5")],
            help=["write a β₂ above 2/3, so that the squares are used some day"],
        )

    def rule(before: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        seen = slope(gradient, weight, 0.0 if apart else weight_decay, maximise)
        step = before[2]
        count = one_more(step)
        mean = average(first, before[0], seen)
        square = average(second, before[1], op.square(seen))
        corrected = mean / like(mean, 1 - power(first, count))
        left = 1 - power(second, count)
        length = most - op.scale(2)(count) * (power(second, count) / left)
        enough = op.less(op.full_like(5)(length), length)
        trusted = op.where(enough, length, op.full_like(6)(length))
        ratio = (trusted - 4) * (trusted - 2) / trusted
        rectified = op.sqrt(op.scale(most / ((most - 4) * (most - 2)))(ratio))
        by_size = like(mean, rectified * op.sqrt(left)) / (op.sqrt(square) + eps)
        known = like(mean, op.indicator(enough))
        change = corrected * (known * by_size + (1 - known))
        if apart and weight_decay:
            weight = weight - times(schedule, step, op.scale(weight_decay)(weight))
        return (mean, square, count), weight - times(schedule, step, change)

    given = {
        "betas": betas,
        "eps": eps,
        "weight_decay": weight_decay,
        "decoupled_weight_decay": apart,
        "maximize": maximise,
    }
    usual = {
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0,
        "decoupled_weight_decay": False,
        "maximize": False,
    }
    states = (MEAN, SQUARE, STEP)
    return made("radam", "RAdam", rate, schedule, states, rule, given, usual)
