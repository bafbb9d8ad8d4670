"""Learning rates: a lens that ends a chain of lenses, and schedules as functions of the step count.

Definition.  A *rate* on the values L of a loss is a lens (L, L′) → (1, 1): its ``get`` forgets the
loss, its ``put`` is a map α : L → L′, the cotangent with which the way back starts.  A *schedule*
is a function of the number k = 0, 1, … of steps already made, given twice: as an arrow
``Real → Real`` and as numbers.

Laws.  ``schedule.at(k)`` is the value of ``schedule.arrow`` at k, and what ``torch.optim`` uses in
step k with the scheduler ``schedule.torch`` called once a step.  A constant α ahead of descent with
rate 1 is descent with that rate; ahead of an optimiser that is not linear in the gradient, not.

>>> from categorical import Dim, Real
>>> n = Dim("n")
>>> rate(0.5, Real.scalar)
rate: Real[()] → Real[()]
>>> warm = linear_warm_up(0.8, steps=4, start=0.25)
>>> [round(warm.at(k), 3) for k in range(6)]
[0.2, 0.35, 0.5, 0.65, 0.8, 0.8]
>>> warm.torch
('LinearLR', {'start_factor': 0.25, 'end_factor': 1.0, 'total_iters': 4})

A rate is not negative; to climb is another optimiser:

>>> constant(-0.1)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: `constant`: the rate is -0.1
...
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from categorical import op
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.composites.typed import typed
from categorical.errors import SpecError
from categorical.spaces import Array, Real

COUNT = Real.scalar


def number(name: str, what: str, value: object, low: float = 0.0, below: float = math.inf) -> float:
    """The number, if low ≤ value < below and it is finite; else CM041."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value < below:
        return value
    upper = "" if below == math.inf else f" and below {below:g}"
    helps = [f"write a number that is at least {low:g}{upper}"]
    if what == "the rate":
        helps.append("to climb instead of to descend, use ascent, or maximise=True")
    raise SpecError("CM041", f"`{name}`: {what} is {value!r}", help=helps)


def whole(name: str, what: str, value: object, low: int = 1) -> int:
    """The whole number, if it is at least ``low``; else CM041."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= low:
        return value
    raise SpecError(
        "CM041",
        f"`{name}`: {what} is {value!r}",
        help=[f"write a whole number that is at least {low}"],
    )


@dataclass(frozen=True)
class Schedule:
    """The rate in step k = 0, 1, …: as the arrow of k, and as numbers (``at``).

    ``torch`` names the class of ``torch.optim.lr_scheduler`` that gives the same rates, for an
    optimiser whose ``lr`` is ``base``.
    """

    name: str
    base: float
    torch: tuple[str, Mapping[str, Any]] = field(hash=False)
    arrow: Arrow = field(repr=False, compare=False)
    at: Callable[[int], float] = field(repr=False, compare=False)


def _of_count(body: Callable[[Any], Any], name: str) -> Arrow:
    return typed(COUNT, name=name, inline=True)(body)


@checked
def constant(rate: float) -> Schedule:
    """The same rate in every step."""
    number("constant", "the rate", rate)
    return Schedule(
        "constant",
        rate,
        ("ConstantLR", {"factor": 1.0, "total_iters": 0}),
        op.full_like(rate).at(COUNT),
        lambda k: rate,
    )


@checked
def linear_warm_up(rate: float, steps: int, start: float = 1 / 3) -> Schedule:
    """From ``start · rate`` up to ``rate`` in ``steps`` steps, and ``rate`` from then on."""
    number("linear_warm_up", "the rate", rate)
    whole("linear_warm_up", "the number of steps", steps)
    if number("linear_warm_up", "the start", start, below=1) == 0:
        raise SpecError(
            "CM041", "`linear_warm_up`: the start is 0", help=["the first step would do nothing"]
        )
    slope = (1 - start) / steps

    def body(step: Any) -> Any:
        return rate * (start + slope * op.minimum(step, op.full_like(steps)(step)))

    return Schedule(
        "linear_warm_up",
        rate,
        ("LinearLR", {"start_factor": start, "end_factor": 1.0, "total_iters": steps}),
        _of_count(body, "linear_warm_up"),
        lambda k: rate * (start + slope * min(k, steps)),
    )


@checked
def cosine(rate: float, steps: int, least: float = 0.0) -> Schedule:
    """Half a period of a cosine, from ``rate`` down to ``least`` in ``steps`` steps (and back)."""
    number("cosine", "the rate", rate)
    whole("cosine", "the number of steps", steps)
    number("cosine", "the least rate", least)
    half = (rate - least) / 2

    def body(step: Any) -> Any:
        return least + half * (1 + op.cos(op.scale(math.pi / steps)(step)))

    return Schedule(
        "cosine",
        rate,
        ("CosineAnnealingLR", {"T_max": steps, "eta_min": least}),
        _of_count(body, "cosine"),
        lambda k: least + half * (1 + math.cos(math.pi / steps * k)),
    )


@checked
def step_decay(rate: float, every: int, factor: float = 0.1, drops: int = 8) -> Schedule:
    """``factor`` times the rate after each ``every`` steps, ``drops`` times at most.

    While k < (drops + 1) · every it is torch's StepLR, which goes on dropping; it is MultiStepLR
    for ever.  (A step count has no floor in the language, so the drops are counted one by one.)
    """
    number("step_decay", "the rate", rate)
    whole("step_decay", "the number of steps", every)
    number("step_decay", "the factor", factor)
    whole("step_decay", "the number of drops", drops)
    places = [every * (i + 1) for i in range(drops)]

    def body(step: Any) -> Any:
        now = op.full_like(rate)(step)
        for place in places:
            now = op.where(op.less(step, op.full_like(place)(step)), now, op.scale(factor)(now))
        return now

    return Schedule(
        "step_decay",
        rate,
        ("MultiStepLR", {"milestones": places, "gamma": factor}),
        _of_count(body, "step_decay"),
        lambda k: rate * factor ** min(k // every, drops),
    )


def _parts(one: Schedule) -> tuple[list[Any], list[int]]:
    """The schedulers of torch that take turns, and when; one alone does not change."""
    kind, given = one.torch
    if kind != "SequentialLR":
        return [one.torch], []
    return given["schedulers"], given["milestones"]


@checked
def in_turn(first: Schedule, then: Schedule, steps: int) -> Schedule:
    """One schedule for so many steps, and from then on another, which counts from 0: a warm-up and
    then a cosine, say.  CM041 where they start from different rates: torch scales one ``lr``."""
    whole("in_turn", "the number of steps", steps)
    if first.base != then.base:
        raise SpecError(
            "CM041",
            f"`in_turn`: the rates are {first.base} and {then.base}",
            help=["torch gives both schedulers the one rate of the optimiser: write it in both"],
        )

    def body(step: Any) -> Any:
        before = op.less(step, op.full_like(steps)(step))
        return op.where(before, first.arrow(step), then.arrow(step - steps))

    # torch cannot start a scheduler of schedulers, nor start it anew: their parts stand in one row
    before, places = _parts(first)
    places = [place for place in places if place < steps]
    after, later = _parts(then)
    row = [*before[: len(places) + 1], *after]
    places += [steps, *(steps + place for place in later)]
    return Schedule(
        "in_turn",
        first.base,
        ("SequentialLR", {"schedulers": row, "milestones": places}),
        _of_count(body, "in_turn"),
        lambda k: first.at(k) if k < steps else then.at(k - steps),
    )


@checked
def rate(value: float, loss: Array = Real.scalar) -> Arrow:
    """The map α : L → L′ of a constant rate: the cotangent is ``value``, whatever the loss is."""
    number("rate", "the rate", value)
    return op.full_like(value).at(loss).named("rate")


@checked
def rate_lens(alpha: Arrow) -> Any:
    """The lens (L, L′) → (1, 1) of a map α : L → L′: ``get`` forgets, ``put`` is α."""
    from categorical.arrows import discard
    from categorical.lenses import Lens

    if len(alpha.dom) != 1 or alpha.cod != alpha.dom:
        raise SpecError(
            "CM001",
            f"`{alpha.label()}` is no rate: {alpha.type_text()}",
            help=["a rate is an arrow from the values of a loss to themselves: rate(0.1, Real[n])"],
        )
    return Lens(discard(alpha.dom[0]), alpha)
