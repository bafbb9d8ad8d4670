"""Sliding windows along axes: what convolutions and pooling share.

Definition.  Along an axis of size n, padded by (p, q), windows of k entries that are d apart,
moved by s, stand at ``⌊(n + p + q − d(k−1) − 1)/s⌋ + 1`` positions.

Laws.  Padding and cutting windows out are index maps (zero padding also writes zeros), so they are
linear in every algebra.  At stride 1 with ``p + q = d(k−1)`` the axis keeps its index set.

>>> from categorical import Dim
>>> h = Dim("h")
>>> Window(3, 2, 1, (1, 1)).positions(h), Window(3, 1, 2, (2, 2)).positions(h)
(⟨⌊(h + 1)/2⌋⟩, h)

A window wider than what there is has no position:

>>> Window(5).needs("conv", Dim("w", size=3))
Traceback (most recent call last):
...
...
categorical.errors.SpecError: error[CM008]: `conv` has no window on the axis `w`
...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.errors import SpecError
from categorical.index import IndexSet, derived
from categorical.ops import common
from categorical.sizes import Condition, Size, floor_div, nonneg

MODES = {"zero": "constant", "valid": "constant", "causal": "constant"}
MODES |= {"circular": "wrap", "reflect": "reflect"}
Numbers = NDArray[Any]


@dataclass(frozen=True, repr=False)
class Window:
    """The windows along one axis: their width, step, spacing, and the padding before and after."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    pads: tuple[int, int] = (0, 0)
    padding: str = "zero"

    @property
    def reach(self) -> int:
        """From the first entry of a window to its last."""
        return self.dilation * (self.kernel - 1)

    @property
    def trivial(self) -> bool:
        """Whether every window is one entry and every entry a window."""
        return self.kernel == 1 and self.stride == 1 and self.pads == (0, 0)

    def positions(self, index: IndexSet) -> IndexSet:
        """The index set of the windows."""
        return derived(index, floor_div(self._slack(index.size), self.stride) + 1)

    def _slack(self, size: Size) -> Size:
        return size + (sum(self.pads) - self.reach - 1)

    def needs(self, name: str, index: IndexSet) -> tuple[Condition, ...]:
        """What the size must satisfy: a window fits, and a copied border is there to be copied."""
        slack = self._slack(index.size)
        if slack.is_constant and int(slack) < 0:
            wide = f"{self.reach + 1} entries from the first to the last"
            facts = [("the axis", f"has {index.size}, padded by {self.pads}"), ("a window", wide)]
            raise SpecError("CM008", f"`{name}` has no window on the axis `{index}`", facts=facts)
        found = [nonneg(slack)]
        if any(self.pads) and self.padding in ("circular", "reflect"):
            border = max(self.pads) + (self.padding == "reflect")
            found.append(nonneg(index.size - border))
        return common.require(name, *found)

    def __repr__(self) -> str:
        """Complete, because the content hash of an architecture is taken of it."""
        usual = {"stride": 1, "dilation": 1, "pads": (0, 0)}
        given = {k: getattr(self, k) for k, v in usual.items() if getattr(self, k) != v}
        more = "".join(f", {k}={v}" for k, v in given.items())
        return f"window({self.kernel}{more}, {self.padding})"


def pad(array: Numbers, places: Sequence[int], windows: Sequence[Window]) -> Numbers:
    """The array with its axes padded, each in its own way."""
    for place, window in zip(places, windows):
        if any(window.pads):
            widths = [(0, 0)] * array.ndim
            widths[place] = window.pads
            array = np.pad(array, widths, mode=MODES[window.padding])  # type: ignore[call-overload]
    return array


def cut(array: Numbers, places: Sequence[int], windows: Sequence[Window]) -> Numbers:
    """The windows: each axis ranges over positions, and the entries of a window come last."""
    array = pad(array, places, windows)
    for place, window in zip(places, windows):
        size = array.shape[place]
        start = np.arange((size - window.reach - 1) // window.stride + 1) * window.stride
        steps = np.arange(window.kernel) * window.dilation
        array = np.moveaxis(np.take(array, start[:, None] + steps, axis=place), place + 1, -1)
    return array


def many(
    name: str, what: str, value: int | tuple[int, ...], count: int, least: int
) -> tuple[int, ...]:
    """One number for each axis, or CM025."""
    given = value if isinstance(value, tuple) else (value,) * count
    whole = all(type(v) is int and v >= least for v in given)
    if len(given) != count or not whole:
        raise SpecError(
            "CM025",
            f"`{name}` cannot have the {what} {value!r}",
            help=[f"give one whole number, at least {least}, for each of the {count} axes"],
        )
    return given
