"""Files: the kink table of a version of torch, kept as text.

Definition.  ``torch_2_13.tsv`` holds what was measured under torch 2.13: one line a case (name,
expression, point, gradient), then one a rewrite (name, before, after, grade).  ``measure`` makes
the lines under the installed torch; ``differences`` compares.

Laws.  Reading what was written gives the same lines.  A version without a file is compared with the
newest older one, so that a new torch that takes other gradients is told by the names of the rows.

>>> kept()
['2.13']
>>> old = [Line("relu", "torch.relu(x)", "0", "0"), Line("abs", "torch.abs(x)", "0", "0")]
>>> differences(old, [old[0], Line("abs", "torch.abs(x)", "0", "1")])
['abs: torch.abs(x) at 0 has gradient 1, and had 0']
>>> differences(old, old[:1])
['abs: no longer measured']

A version that is not kept has no lines:

>>> read("1.0")
Traceback (most recent call last):
...
FileNotFoundError: no kink table of torch 1.0: commit the one that `python -m \
backends.pytorch.kinks --write` makes
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Line(NamedTuple):
    """A case with its gradient, or a rewrite with its grade."""

    name: str
    expression: str
    at: str
    found: str


def installed() -> str:
    """The version of the installed torch, ``2.13``."""
    import torch

    return ".".join(torch.__version__.split(".")[:2])


def kept() -> list[str]:
    """The versions that have a file, oldest first."""
    names = [path.stem.removeprefix("torch_") for path in FOLDER.glob("torch_*.tsv")]
    return [".".join(name.split("_")) for name in sorted(names, key=_order)]


def nearest(version: str) -> str:
    """The version itself if it is kept, else the newest older one, else the oldest."""
    older = [one for one in kept() if _order(one) <= _order(version)]
    return older[-1] if older else kept()[0]


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.replace(".", "_").split("_"))


def path_of(version: str) -> Path:
    return FOLDER / f"torch_{version.replace('.', '_')}.tsv"


def read(version: str) -> list[Line]:
    """The lines of a version that is kept."""
    path = path_of(version)
    if not path.exists():
        raise FileNotFoundError(
            f"no kink table of torch {version}: commit the one that "
            "`python -m backends.pytorch.kinks --write` makes"
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Line(*line.split("\t")) for line in lines if not line.startswith("#")]


def text(lines: Iterable[Line], version: str) -> str:
    """The contents of a file."""
    head = f"# gradients at kinks under torch {version}: name, expression, point, gradient;"
    head += " then rewrites: name, before, after, grade\n"
    return head + "".join("\t".join(line) + "\n" for line in lines)


def measure() -> list[Line]:
    """The lines under the installed torch."""
    import warnings

    from backends.pytorch.kinks.cases import CASES
    from backends.pytorch.kinks.measure import measured
    from backends.pytorch.kinks.rewrites import REWRITES, grade

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # beta features of torch
        found = [Line(*measured(one)) for one in CASES.values()]
    rewrites = ((name, one.before, one.after, grade(one)) for name, one in REWRITES.items())
    return found + [Line(*one) for one in rewrites]


def differences(old: Sequence[Line], new: Sequence[Line]) -> list[str]:
    """What changed, one text a row, by its name."""
    before, after = ({line.name: line for line in lines} for lines in (old, new))
    found = [f"{name}: no longer measured" for name in before if name not in after]
    for name, line in after.items():
        was = before.get(name)
        if was is None:
            found.append(f"{name}: not in the table")
        elif was != line:
            change = f"has gradient {line.found}, and had {was.found}"
            if was.found == line.found:
                change = f"was {was.expression} at {was.at}"
            found.append(f"{name}: {line.expression} at {line.at} {change}")
    return found
