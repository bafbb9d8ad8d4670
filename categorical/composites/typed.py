"""Arrows written as functions whose types are computed, not spelled out.

Definition.  ``typed(X, Y)(f)`` is ``@arrow`` on ``f`` with the argument types X and Y.

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> @typed(Real[n, c], Real[n, c])
... def blend(x, y):
...     return op.relu(x) + y
>>> blend
blend: Real[n, c] × Real[n, c] → Real[n, c]

``wired`` is for a function of any number of wires, which are named:

>>> def total(*wires):
...     return sum(wires[1:], wires[0])
>>> wired((Real[n], Real[n]), ("x", "y"), total).type_text()
'Real[n] × Real[n] → Real[n]'

One type for each argument:

>>> typed(Real[n])(lambda x, y: x)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM007]: `<lambda>` has 2 arguments and 1 type
...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.spaces import Space
from categorical.tracing import arrow


def typed(
    *types: Space, name: str = "", inline: bool = False
) -> Callable[[Callable[..., Any]], Arrow]:
    """A decorator: the arrow of a function of wires of these types."""

    def make(function: Callable[..., Any]) -> Arrow:
        names = list(inspect.signature(function).parameters)
        if len(names) != len(types):
            many = "1 type" if len(types) == 1 else f"{len(types)} types"
            raise SpecError("CM007", f"`{function.__name__}` has {len(names)} arguments and {many}")
        function.__annotations__ = dict(zip(names, types))
        function.__name__ = name or function.__name__
        return arrow(inline=inline)(function)

    return make


def wired(
    types: Sequence[Space], names: Sequence[str], function: Callable[..., Any], inline: bool = True
) -> Arrow:
    """The arrow of a function ``f(*wires)`` of as many wires as there are types."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(one, kind) for one in names])
    function.__signature__ = signature  # type: ignore[attr-defined]
    return typed(*types, inline=inline)(function)
