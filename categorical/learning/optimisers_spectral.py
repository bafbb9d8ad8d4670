"""Muon: momentum whose step, a matrix, has its singular values brought near 1.

Definition.  With u the momentum (or what lies ahead of it) and X = u / ‖u‖, five times
X ← aX + bXXᵀX + c(XXᵀ)²X: odd polynomials of a matrix, which act on its singular values and leave
its singular vectors as they are.  Then p′ = (1 − ηλ)p − η √max(1, rows / columns) X.

Laws.  The step is that of ``torch.optim.Muon``, which iterates in bfloat16: with that type in the
place of ours they agree up to rounding, as they stand up to that of bfloat16.  What multiplies rows
or columns by a rotation is not seen (Adam sees it); what turns the sign of one entry is (Adam does
not see it).

>>> from categorical import Dim, Real
>>> n, m = Dim.named("n m")
>>> muon(0.02).put(Real[n, m]).type_text()
'Real[n, m] × Real[n, m] × Real[n, m] → Real[n, m] × Real[n, m]'

A vector has no singular values:

>>> muon(0.02).put(Real[n])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM011]: `muon` steps matrices, not Real[n]
...
"""

from __future__ import annotations

import math
from typing import Any

from categorical import op
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.learning.optimisers_adaptive import average, made
from categorical.learning.optimisers_linear import (
    Optimiser,
    Rate,
    State,
    Wires,
    counted,
    like,
    one_more,
    scheduled,
    times,
)
from categorical.learning.rates import number, whole

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def near_orthogonal(
    matrix: Any, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Any:
    """The matrix with singular values near 1: Newton and Schulz's iteration, of degree 5."""
    rows, columns = matrix.type.axes
    other = rows.index.at((rows.label + "_other").strip("_"))
    size = op.sqrt(op.sum(rows, columns)(op.square(matrix)))
    size = op.maximum(size, op.full_like(eps)(size)) if eps else size
    found = matrix / like(matrix, size)
    a, b, c = coefficients
    for _ in range(steps):
        beside = op.relabel(rows, other)(found)
        gram = op.einsum(rows, other)(found, beside)
        twice = op.einsum(rows, columns)(gram, beside)
        often = op.einsum(rows, columns)(gram, op.relabel(rows, other)(twice))
        found = op.scale(a)(found) + op.scale(b)(twice) + op.scale(c)(often)
    return found


def _stretch(matrix: Any) -> Any:
    """√max(1, rows / columns), a number."""
    rows, columns = matrix.type.axes
    ones = op.full_like(1)(matrix)
    count = op.mean(columns)(op.sum(rows)(ones)) / op.mean(rows)(op.sum(columns)(ones))
    return op.sqrt(op.maximum(count, op.full_like(1)(count)))


def stretched(matrix: Any) -> Any:
    """A matrix times √max(1, rows / columns)."""
    rows, columns = (one.size for one in matrix.type.axes)
    if rows.is_constant and columns.is_constant:
        tall = max(1.0, int(rows) / int(columns))
        return op.scale(math.sqrt(tall))(matrix) if tall > 1 else matrix
    return like(matrix, _stretch(matrix)) * matrix


@checked
def muon(
    rate: Rate = 1e-3,
    momentum: float = 0.95,
    nesterov: bool = True,
    weight_decay: float = 0.1,
    coefficients: tuple[float, float, float] = COEFFICIENTS,
    steps: int = 5,
    eps: float = 1e-7,
) -> Optimiser:
    """``torch.optim.Muon`` of matrices, for real arithmetic; see the module."""
    schedule = scheduled("muon", rate)
    number("muon", "the momentum", momentum, below=1)
    number("muon", "the weight decay", weight_decay)
    number("muon", "ε", eps)
    whole("muon", "the number of steps", steps)

    def rule(before: Wires, weight: Any, gradient: Any) -> tuple[Wires, Any]:
        if len(weight.type.axes) != 2:
            raise SpecError(
                "CM011",
                f"`muon` steps matrices, not {weight.type}",
                help=["step the other weights by another optimiser, as another player"],
            )
        buffer = average(momentum, before[0], gradient)
        ahead = average(1 - momentum, gradient, buffer) if nesterov else buffer
        change = stretched(near_orthogonal(ahead, coefficients, steps, eps))
        after = [buffer]
        step = before[1] if len(before) > 1 else None
        if step is not None:
            after.append(one_more(step))
        if weight_decay:
            weight = weight - times(schedule, step, op.scale(weight_decay)(weight))
        return after, weight - times(schedule, step, change)

    given = {
        "weight_decay": weight_decay,
        "momentum": momentum,
        "nesterov": nesterov,
        "ns_coefficients": coefficients,
        "eps": eps,
        "ns_steps": steps,
    }
    usual = {
        "weight_decay": 0.1,
        "momentum": 0.95,
        "nesterov": True,
        "ns_coefficients": COEFFICIENTS,
        "eps": 1e-7,
        "ns_steps": 5,
    }
    states = counted((State("buffer"),), schedule)
    return made("muon", "Muon", rate, schedule, states, rule, given, usual)
