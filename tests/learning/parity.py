"""Optimisers against torch.optim: ``python -m tests.learning.parity``.

Each row runs the arrows of an optimiser and the class of ``torch.optim`` that it names for as many
steps on one nonconvex problem with given gradients, in float64, for weights of several shapes.  The
difference is the largest of all steps, entries and shapes, relative to the largest weight.  The
last rows are broken on purpose: they must differ.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from categorical import op
from categorical.learning.optimisers import (
    Optimiser,
    State,
    ascent,
    descent,
    heavy_ball,
    nesterov,
    sgd,
)
from categorical.learning.optimisers_adaptive import adagrad, adam, adamw, rmsprop
from categorical.learning.optimisers_further import adadelta, adamax, nadam, radam
from categorical.learning.optimisers_linear import STEP, like
from categorical.learning.optimisers_spectral import muon
from categorical.learning.rates import constant, cosine, in_turn, linear_warm_up, step_decay
from tests.learning.running import MATRICES, SPACES, apart, by_torch, problem, trajectory

BOUND = 1e-12
STEPS = 100


def _written(name: str, given: Mapping[str, Any]) -> str:
    """A scheduler for a reader."""

    def shown(key: str, value: Any) -> str:
        if key == "schedulers":
            return f"[{', '.join(_written(*one) for one in value)}]"
        return f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}"

    return f"{name}({', '.join(shown(key, value) for key, value in given.items())})"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    optimiser: Optimiser
    steps: int
    difference: float

    @property
    def same(self) -> bool:
        """Whether the difference is rounding."""
        return self.difference <= BOUND

    def cells(self) -> tuple[str, ...]:
        kind, arguments = self.optimiser.torch
        written = ", ".join(f"{key}={value}" for key, value in arguments.items())
        if self.optimiser.schedule is not None:
            written += f"; {_written(*self.optimiser.schedule.torch)}"
        return self.optimiser.name, kind, written, str(self.steps), f"{self.difference:.1e}"


def optimisers() -> tuple[Optimiser, ...]:
    """What the table compares."""
    return (
        descent(0.1),
        ascent(0.01),
        sgd(0.1, weight_decay=0.05),
        sgd(0.1, momentum=0.9),
        sgd(0.1, momentum=0.9, dampening=0.3),
        sgd(0.1, momentum=0.9, dampening=0.3, weight_decay=0.05, maximise=True),
        heavy_ball(0.1, 0.9),
        sgd(0.1, momentum=0.9, nesterov=True),
        nesterov(0.1, 0.9),
        sgd(0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
        adagrad(0.1),
        adagrad(0.1, rate_decay=0.02, weight_decay=0.05, start=0.3, eps=1e-6),
        rmsprop(0.01),
        rmsprop(0.01, alpha=0.9, momentum=0.8, weight_decay=0.05),
        rmsprop(0.01, centred=True),
        rmsprop(0.01, centred=True, momentum=0.8, maximise=True),
        adam(0.05),
        adam(0.05, betas=(0.5, 0.9), eps=1e-6, weight_decay=0.05),
        adam(0.05, betas=(0.0, 0.99)),
        adam(0.05, amsgrad=True, maximise=True),
        adamw(0.05),
        adamw(0.05, weight_decay=0.2, amsgrad=True),
        adadelta(),
        adadelta(0.5, rho=0.8, weight_decay=0.05, maximise=True),
        adamax(0.05),
        adamax(0.05, betas=(0.5, 0.9), weight_decay=0.05),
        nadam(0.05),
        nadam(0.05, momentum_decay=0.1, weight_decay=0.1, apart=True),
        radam(0.05),
        radam(0.05, betas=(0.9, 0.9), weight_decay=0.1, apart=True, maximise=True),
        muon(0.05),
        muon(0.05, momentum=0.8, nesterov=False, weight_decay=0.0, steps=3),
        sgd(constant(0.1), momentum=0.9),
        sgd(linear_warm_up(0.1, 20), momentum=0.9),
        sgd(cosine(0.1, 80, least=0.001), momentum=0.9, dampening=0.2),
        sgd(step_decay(0.1, 30), momentum=0.9, nesterov=True),
        adagrad(cosine(0.1, 40)),
        rmsprop(step_decay(0.01, 15, 0.5, drops=3), momentum=0.8),
        adam(linear_warm_up(0.05, 50, start=0.01)),
        adamw(cosine(0.05, 100)),
        adamw(in_turn(linear_warm_up(0.05, 10, start=0.1), cosine(0.05, 80), 10)),
    )


def published_momentum(rate: float, momentum: float) -> Optimiser:
    """s′ = −γs + p′, p + s′ for p′ = −ηg: as printed in CFGBL, example 3.15."""
    good = heavy_ball(rate, momentum)

    def rule(states, weight, gradient):  # type: ignore[no-untyped-def]
        velocity = op.scale(-momentum)(states[0]) - op.scale(rate)(gradient)
        return (velocity,), weight + velocity

    return changed(good, "published_momentum", rule=rule)


def published_nesterov(rate: float, momentum: float) -> Optimiser:
    """The same with U(s, p) = p + γs, which then looks behind."""
    behind = published_momentum(rate, momentum)
    good = nesterov(rate, momentum)
    return changed(good, "published_nesterov", rule=behind.rule)


def adam_without_count(rate: float) -> Optimiser:
    """The state P × P of the printed Adam: there is nothing to correct the averages by."""
    good = adam(rate)

    def rule(states, weight, gradient):  # type: ignore[no-untyped-def]
        mean = op.scale(0.9)(states[0]) + op.scale(0.1)(gradient)
        square = op.scale(0.999)(states[1]) + op.scale(0.001)(op.square(gradient))
        return (mean, square), weight - op.scale(rate)(mean / (op.sqrt(square) + 1e-8))

    return changed(good, "adam_without_count", rule=rule, states=(State("mean"), State("square")))


def dampened_at_once(rate: float, momentum: float, dampening: float) -> Optimiser:
    """Dampening in the first step too, which torch does not do."""
    good = sgd(rate, momentum, dampening)

    def rule(states, weight, gradient):  # type: ignore[no-untyped-def]
        buffer = op.scale(momentum)(states[0]) + op.scale(1 - dampening)(gradient)
        return (buffer,), weight - op.scale(rate)(buffer)

    return changed(good, "dampened_at_once", rule=rule, states=(State("buffer"),))


def scheduled_velocity(momentum: float) -> Optimiser:
    """A velocity with the rate inside, under a schedule: old gradients keep their old rate."""
    schedule = linear_warm_up(0.1, 20)
    good = sgd(schedule, momentum)

    def rule(states, weight, gradient):  # type: ignore[no-untyped-def]
        rate = like(gradient, schedule.arrow(states[1]))
        velocity = op.scale(momentum)(states[0]) - rate * gradient
        return (velocity, states[1] + 1), weight + velocity

    return changed(good, "scheduled_velocity", rule=rule, states=(State("velocity"), STEP))


def changed(good: Optimiser, name: str, **fields: object) -> Optimiser:
    """A copy that claims to be the same class of torch."""
    return replace(good, name=name, **fields)


def broken() -> tuple[Optimiser, ...]:
    """What must differ from the class of torch that it names."""
    return (
        published_momentum(0.1, 0.9),
        published_nesterov(0.1, 0.9),
        adam_without_count(0.05),
        dampened_at_once(0.1, 0.9, 0.3),
        scheduled_velocity(0.9),
    )


def compare(
    one: Optimiser, steps: int = STEPS, shapes: tuple[str, ...] = (), narrow: bool = False
) -> Row:
    """One optimiser against the class of torch that it names."""
    largest = 0.0
    spaces = MATRICES if one.name == "muon" else SPACES
    for seed, shape in enumerate(shapes or tuple(spaces)):
        space, sizes = spaces[shape]
        start, gradient = problem(sizes, seed)
        kind, arguments = one.torch
        theirs = by_torch(kind, dict(arguments), start, gradient, steps, one.schedule, narrow)
        largest = max(largest, apart(trajectory(one, space, start, gradient, steps), theirs))
    return Row(one, steps, largest)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    steps = parser.parse_args().steps
    good = [compare(one, steps) for one in optimisers()]
    rounded = [compare(muon(0.05), steps, narrow=True)]
    bad = [compare(one, steps) for one in broken()]
    head = ("optimiser", "torch.optim", "settings", "steps", "difference")
    groups = [good, rounded, bad]
    cells = [[row.cells() for row in group] for group in groups]
    every = [head, *(line for group in cells for line in group)]
    widths = [max(len(line[i]) for line in every) for i in range(len(head))]

    def show(*lines: tuple[str, ...]) -> None:
        for line in lines:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())

    show(head, *cells[0])
    print("as torch runs it, with its iteration in bfloat16 (above: in float64):")
    show(*cells[1])
    print("broken on purpose:")
    show(*cells[2])
    right = sum(row.same for row in good)
    told = sum(not row.same for row in bad)
    print(
        f"{right} of {len(good)} rows differ by {BOUND:g} at most; "
        f"{told} of {len(bad)} broken ones by more"
    )
    return 0 if right == len(good) and told == len(bad) else 1


if __name__ == "__main__":
    raise SystemExit(main())
