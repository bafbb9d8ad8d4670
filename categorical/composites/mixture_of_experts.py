"""Mixture of experts: several MLPs side by side, weighed by a gate.

Definition.  A *bank* of experts is one MLP for each index of ``experts``; its weights are wires
with that axis in front.  ``gate`` gives weights that sum to 1 (Gumbel-softmax: in train mode
a Gumbel sample disturbs the logits).  The mixture is the weighted sum of what the experts answer.

Laws.  Permuting the experts, their weights and their gate together changes nothing; a one-hot gate
is the chosen expert; equal experts are one MLP, because the gate sums to 1.

>>> from categorical import Dim
>>> c, h, k, e = Dim.named("c h k e")
>>> mixture_of_experts(c, h, k, experts=e)
mixture_of_experts: Real[c] → Real[k]
>>> bank(c, h, k, experts=e).dom[1:3]
(Real[e, h, c], Real[e, h])

A temperature is positive:

>>> gate(c, e, temperature=0.0)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: `gate`: the temperature is 0.0
...
"""

from __future__ import annotations

from typing import Any

from categorical import op
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.composites.typed import typed
from categorical.errors import SpecError
from categorical.index import IndexSet, index_set
from categorical.records import Init
from categorical.spaces import Array, Real

NAMES = ("up", "up_bias", "down", "down_bias")


def gate(
    width: IndexSet | int,
    experts: IndexSet | int,
    *,
    gumbel: bool = False,
    temperature: float = 1.0,
) -> Arrow:
    """``Real[width] → Real[experts]``: positive weights that sum to 1."""
    if not temperature > 0:
        raise SpecError("CM041", f"`gate`: the temperature is {temperature!r}", help=["above 0"])
    source, target = index_set(width), index_set(experts)

    def weigh(x: Any) -> Any:
        logits = op.linear(source, target, name="logits")(x)
        if gumbel:
            logits = op.gumbel_noise(logits)
        if temperature != 1:
            logits = op.scale(1 / temperature)(logits)
        return op.softmax(target)(logits)

    return typed(Real[source], name="gate")(weigh)


def weight_spaces(
    width: IndexSet | int, hidden: IndexSet | int, target: IndexSet | int, experts: IndexSet | int
) -> tuple[Array, Array, Array, Array]:
    """The spaces of the weights of a bank: up, its bias, down, its bias."""
    c, h, k, e = (index_set(one) for one in (width, hidden, target, experts))
    return Real[e, h, c], Real[e, h], Real[e, k, h], Real[e, k]


def bank(
    width: IndexSet | int,
    hidden: IndexSet | int,
    target: IndexSet | int,
    *,
    experts: IndexSet | int,
    activation: Arrow = op.relu,
) -> Arrow:
    """What every expert answers: ``Real[width] × weights → Real[experts, target]``."""
    c, h, k, e = (index_set(one) for one in (width, hidden, target, experts))

    def experts_(x: Any, up: Any, up_bias: Any, down: Any, down_bias: Any) -> Any:
        inner = activation(op.einsum(e, h)(up, x) + up_bias)
        return op.einsum(e, k)(down, inner) + down_bias

    return typed(Real[c], *weight_spaces(c, h, k, e), name="experts", inline=True)(experts_)


def mixture(experts: IndexSet | int, target: IndexSet | int) -> Arrow:
    """The weighted sum: ``Real[experts] × Real[experts, target] → Real[target]``."""
    e, k = index_set(experts), index_set(target)
    return op.einsum(k).at(Real[e], Real[e, k])


@checked
def mixture_of_experts(
    width: IndexSet | int,
    hidden: IndexSet | int,
    target: IndexSet | int,
    *,
    experts: IndexSet | int,
    activation: Arrow = op.relu,
    gumbel: bool = False,
    temperature: float = 1.0,
) -> Arrow:
    """``Real[width] → Real[target]``: a gated bank of MLPs with one hidden layer each."""
    c, h, k, e = (index_set(one) for one in (width, hidden, target, experts))
    weigh = gate(c, e, gumbel=gumbel, temperature=temperature)
    answer = bank(c, h, k, experts=e, activation=activation)
    fans = (c, c, h, h)

    def mix(x: Any) -> Any:
        weights = [
            op.parameter(space, name=name, init=Init("uniform", (fan.size,)))()
            for space, name, fan in zip(weight_spaces(c, h, k, e), NAMES, fans)
        ]
        return mixture(e, k)(weigh(x), answer(x, *weights))

    return typed(Real[c], name="mixture_of_experts")(mix)
