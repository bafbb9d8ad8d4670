"""Checkpoint or store: what the layers of a network keep for their gradients.

Definition.  The gradient lens of a chain of layers is an optic in many ways: each layer, or each
segment of layers, stores what its way back reads or keeps its input and computes the rest again.
``choices(chain)`` lists them: everything stored, everything but what is entrywise, the input of
every segment of k layers, the input of the network alone.  Parameters are kept anyway and are not
counted.  The peak of a choice is what is kept, and then what the largest segment stores while it
is run back.

Laws.  All choices are one optic modulo sliding (``choice_laws``, by normal form).  What is kept
between the two ways is least where the most boxes are computed again; the peak is not.

>>> from categorical import Dim, op
>>> from categorical.lenses.para import lens_of
>>> d = Dim("d")
>>> layers = [lens_of(op.linear(d, d) >> op.tanh) for _ in range(4)]
>>> print(table(choices(layers, every=[1, 2]), d=8))
choice                  | kept | numbers | boxes again | peak
store                   |  8*d |      64 |           0 |   64
store, less entrywise   |  5*d |      40 |          12 |   40
input of every layer    |  4*d |      32 |          24 |   48
input of every 2 layers |  2*d |      16 |          24 |   48
input of the network    |    d |       8 |          24 |   72
at d=8

A chain has layers:

>>> choices([])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: a chain of no layers
...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.law import Law
from categorical.lenses.optics import Optic, identity_optic, optic, sliding_law
from categorical.lenses.para import ParaLens
from categorical.lenses.residuals import Cost, Residual, cost, stored
from categorical.spaces import product_space


@checked
def chain_optic(
    chain: Sequence[ParaLens], residual: Residual | Sequence[Residual] = optic
) -> Optic:
    """The optic ``A × P × Q … → B`` of a chain, with one residual for all parts, or one for each.

    The parameters of later parts pass by the earlier ones.
    """
    if not chain:
        raise SpecError("CM052", "a chain of no layers", help=["give one layer at least"])
    given = list(residual) if isinstance(residual, Sequence) else [residual] * len(chain)
    if len(given) != len(chain):
        raise SpecError(
            "CM052",
            f"a chain of {len(chain)} layers has {len(given)} residuals",
            help=["give one residual for all layers, or one for each: [stored, optic, …]"],
        )
    result: Optic | None = None
    for one, keep in zip(chain, given, strict=True):
        beside = identity_optic(*one.parameters, back=product_space(*one.parameters_back))
        part = keep(one.lens)
        result = part if result is None else (result @ beside) >> part
    assert result is not None
    return result


@dataclass(frozen=True)
class Choice:
    """One way to keep what a chain needs: the optic, and the segments that it is run back by."""

    name: str
    optic: Optic
    segments: tuple[ParaLens, ...]
    inputs: int

    @property
    def cost(self) -> Cost:
        """The numbers kept, parameters apart, and the boxes computed again."""
        return cost(self.optic, range(self.inputs, len(self.optic.source)))

    def peak(self, **sizes: int) -> int:
        """The most numbers that are there at once, at these sizes."""
        inner = [_stored(one).at(**sizes) for one in self.segments]
        return self.cost.at(**sizes) + max(inner, default=0)


def _stored(one: ParaLens) -> Cost:
    """What a segment stores while it is run back."""
    return cost(stored(one.lens), range(len(one.source), len(one.lens.source)))


@checked
def choices(chain: Sequence[ParaLens], every: Sequence[int] = (1,)) -> list[Choice]:
    """Store, checkpoint at every k-th layer, or compute everything again."""
    count = len(chain[0].source) if chain else 0
    full = chain_optic(chain, stored)
    (composite,) = segmented(chain, len(chain))
    light = stored(composite.lens, entrywise=True)
    found = [
        Choice("store", full, (), count),
        Choice("store, less entrywise", light, (), count),
    ]
    for number in every:
        segments = segmented(chain, number)
        name = "input of every layer" if number == 1 else f"input of every {number} layers"
        found.append(Choice(name, chain_optic(segments), tuple(segments), count))
    again = Choice("input of the network", optic(composite.lens), (composite,), count)
    return [*found, again]


def segmented(chain: Sequence[ParaLens], every: int) -> list[ParaLens]:
    """The composites of ``every`` layers each."""
    if every < 1:
        raise SpecError(
            "CM052",
            f"a chain is cut into segments of {every} layers",
            help=["every=1 keeps the input of each layer"],
        )
    parts = [chain[i : i + every] for i in range(0, len(chain), every)]
    return [reduce(lambda f, g: f >> g, part) for part in parts]


def choice_laws(of: Sequence[Choice]) -> list[Law]:
    """Every choice has the meaning of the last one."""
    return [sliding_law(one.optic, of[-1].optic, f"{one.name} = {of[-1].name}") for one in of[:-1]]


def table(of: Sequence[Choice], **sizes: int) -> str:
    """The choices side by side, with numbers at some sizes."""
    shown = ", ".join(f"{name}={value}" for name, value in sizes.items())
    rows = [["choice", "kept", "numbers", "boxes again", "peak"]]
    for one in of:
        found = one.cost
        numbers = (found.at(**sizes), found.boxes, one.peak(**sizes))
        rows.append([one.name, str(found.numbers), *map(str, numbers)])
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = []
    for k, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [
            text.rjust(width) if k else text.ljust(width)
            for text, width in zip(row[1:], widths[1:], strict=True)
        ]
        lines.append(" | ".join(cells).rstrip())
    return "\n".join([*lines, f"at {shown}"])


__all__ = ["Choice", "chain_optic", "choice_laws", "choices", "segmented", "table"]
