"""Circuits that learn: what gradient ascent over Z₂ finds, from every start.

A circuit with parameters is a polynomial over Z₂; a step adds the reverse derivative of the
exclusive or of its answer and the label.  64 starts are computed at once, a bit of a word each, so
that small circuits are trained from *every* start: the shares below are no estimates.

- ``lookup`` has a parameter for each row of the truth table: every function is learned in one
  epoch, from every start, since a gradient is one row;
- ``monomials`` has the coefficients of the polynomial: a gradient with an even number of ones
  leaves its own answer as it is, and most starts end in a cycle;
- ``gates`` is an exclusive or of conjunctions of chosen inputs, and no longer linear in its
  parameters: gates that are alike stay alike and cancel.

Run it with ``python -m examples.boolean_circuit``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from rich.console import Console
from rich.table import Table

from categorical.arrows import Arrow
from categorical.composites.circuits import gates, lookup, monomials
from categorical.derivatives import explicit
from categorical.learning.boolean import samples, trained
from categorical.semantics.booleans import LANES, BooleanAlgebra, Words, assignments

EPOCHS = 6
ALL_STARTS = 12  # bits of parameters up to which every start is tried
BLOCKS = 8  # of 64 random starts otherwise

HIDDEN = {2: (1, 2, 3), 3: (1, 2), 4: (1,)}

Function = Callable[..., int]
TASKS: dict[str, tuple[int, Function]] = {
    "and": (2, lambda x, y: x & y),
    "or": (2, lambda x, y: x | y),
    "exclusive or": (2, lambda x, y: x ^ y),
    "majority of 3": (3, lambda x, y, z: int(x + y + z >= 2)),
    "multiplexer": (3, lambda c, x, y: x if c else y),
    "parity of 4": (4, lambda *bits: sum(bits) % 2),
}


def starts(model: Arrow) -> tuple[bool, Iterator[list[Words]]]:
    """Every assignment of the parameters; of many, some at random. Whether it is every one."""
    types = explicit(model).dom[len(model.dom) :]
    shapes = [tuple(a.size.evaluate({}) for a in t.axes) for t in types]
    if sum(int(np.prod(s)) for s in shapes) <= ALL_STARTS:
        return True, assignments(shapes)
    rng, algebra = np.random.default_rng(0), BooleanAlgebra()
    drawn = ([np.asarray(algebra.random(s, rng)) for s in shapes] for _ in range(BLOCKS))
    return False, iter(list(drawn))


def shares(model: Arrow, task: str) -> tuple[bool, list[float]]:
    """The share of the starts that answer every input rightly, before and after each epoch."""
    count, function = TASKS[task]
    every, given = starts(model)
    total, right = 0, np.zeros(EPOCHS + 1)
    for start in given:
        _, words = trained(model, samples(function, count), start, EPOCHS)
        right += [int(word).bit_count() for word in words]
        total += LANES
    return every, (right / total).tolist()


def main() -> dict[tuple[str, str], list[float]]:
    """Train every circuit on every task; returns the shares."""
    found: dict[tuple[str, str], list[float]] = {}
    shown = Table("task", "circuit", "starts", "before", "1 epoch", f"{EPOCHS} epochs")
    for task, (count, _) in TASKS.items():
        circuits = {"lookup": lookup(count), "monomials": monomials(count)}
        circuits |= {f"gates, {k}": gates(count, k) for k in HIDDEN[count]}
        for name, model in circuits.items():
            every, share = shares(model, task)
            found[task, name] = share
            told = "all" if every else f"{BLOCKS * LANES} drawn"
            row = (f"{share[k]:.1%}" for k in (0, 1, -1))
            shown.add_row(task, name, told, *row)
    Console().print(shown)
    return found


if __name__ == "__main__":
    main()
