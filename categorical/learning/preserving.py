"""Which reparametrisations an optimiser does not see.

Definition.  A reparametrisation r : Q → P trains q in the place of p = r(q): gradients come back
through R[r].  An optimiser is *preserved* by r if a step on Q and then r is r and then a step on P,
its state carried along: averages of gradients by r, of their squares by the entrywise square of r.

Laws.  For r linear, descent turns rq into rq − η r rᵀ g.  So descent (and momentum, by linearity)
is preserved exactly if r rᵀ = id: by rotations, and by orthonormal rows that map more weights to
fewer; not by tying, which has rᵀ r = id at best.  Adam steps each entry by itself: it is preserved
by signed permutations and by forgetting weights, and not by rotations.  ``preserved`` is a step of
an induction: proved, it holds for any number of steps.  ``agrees`` is about the first steps from
the start: refuted, no way of carrying the state helps.

>>> from categorical import Dim, Real, op
>>> from categorical.learning.optimisers import descent
>>> n = Dim("n")
>>> flip = Reparametrisation("flip", op.flip(n).at(Real[n]))
>>> preserved(descent(0.1), flip).name
'descent is preserved by flip'
>>> quarter = matrix("turn", Dim("x", size=2), [[0, -1], [1, 0]])
>>> quarter.map.type_text()
'Real[x] → Real[x]'

How squares are carried is part of a reparametrisation:

>>> from categorical.learning.optimisers_adaptive import adam
>>> preserved(adam(0.1), flip)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `adam is preserved by flip` cannot be stated here
...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from categorical import op
from categorical.arrows import Arrow, Wiring
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.errors import SpecError
from categorical.index import Dim
from categorical.laws import Commutes, commutes
from categorical.learning.optimisers import Optimiser, Product, product
from categorical.spaces import Array, Real, Space

Wires = Sequence[Any]


class Reparametrisation:
    """An arrow r : Q → P of weights; ``squares`` carries squares of gradients, for a linear r."""

    __slots__ = ("map", "name", "squares")

    @checked
    def __init__(self, name: str, map: Arrow, squares: Arrow | None = None) -> None:
        self.name, self.map, self.squares = name, map, squares
        if squares is not None and (squares.dom, squares.cod) != (map.dom, map.cod):
            raise SpecError(
                "CM001",
                f"the squares of `{name}` are carried along another arrow than the weights",
                facts=[("weights", map.type_text()), ("squares", squares.type_text())],
                help=["both go from Q to P"],
            )

    @property
    def back(self) -> Arrow:
        """R[r] : Q × P′ → Q′; for a linear r, the transpose."""
        from categorical.derivatives import reverse

        return reverse(self.map)


def _many(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


@checked
def matrix(
    name: str,
    rows: Dim,
    entries: Sequence[Sequence[int]],
    over: int = 1,
    columns: Dim | None = None,
) -> Reparametrisation:
    """The linear map of a matrix of whole numbers over a denominator: [[3, −4], [4, 3]] / 5."""
    source = rows if columns is None else columns
    out = rows.at("out")

    def times(values: Sequence[Sequence[int]], denominator: int) -> Arrow:
        def linear_map(q: Any) -> Any:
            numbers = op.table(Real[out, source], values)()
            found = op.relabel(out, rows)(op.einsum(out)(numbers, q))
            return found if denominator == 1 else found / op.full_like(denominator)(found)

        return wired((Real[source],), ("q",), linear_map, False)

    squared = [[entry * entry for entry in row] for row in entries]
    return Reparametrisation(name, times(entries, over), times(squared, over * over))


# --- laws ---------------------------------------------------------------------------------------


@checked
def coisometry(r: Reparametrisation) -> Commutes:
    """r rᵀ = id: a change of p that goes back to Q and through r again is what it was."""
    q, p = r.map.dom, r.map.cod
    same = Wiring((*q, *p), tuple(range(len(q), len(q) + len(p))), "same")
    return commutes(r.back >> r.map, same, name=f"r rᵀ = id for {r.name}")


@checked
def isometry(r: Reparametrisation) -> Commutes:
    """rᵀ r = id, for a linear r: lengths are kept.  Not enough for descent to be preserved."""
    q, count = r.map.dom, len(r.map.dom)

    def back(*wires: Any) -> Any:
        return r.back(*wires, *_many(r.map(*wires)))

    names = _numbered("q", q)
    same = Wiring(q, tuple(range(count)), "same")
    return commutes(_arrow(q, names, back), same, name=f"rᵀ r = id for {r.name}")


@checked
def preserved(optimiser: Optimiser, r: Reparametrisation) -> Commutes:
    """A step on Q, then r = r, then a step on P; CM021 where it is not said how squares go."""
    title = f"{_called(optimiser)} is preserved by {r.name}"
    carry = _carried(optimiser, r, title)
    before, after = _arrays(r.map.dom), _arrays(r.map.cod)
    on_q, on_p = _steps(optimiser, before), _steps(optimiser, after)
    states = [s for one in before for s in optimiser.state(one)]
    names = [f"{part.name}_{i + 1}" for i in range(len(before)) for part in optimiser.states]
    names += _numbered("q", before) + _numbered("g", after)
    held, count = len(states), len(before)

    def stepped_first(*wires: Any) -> Any:
        at = _many(on_q.get(*before)(*wires[: held + count]))
        gradient = _many(r.back(*at, *wires[held + count :]))
        found = _many(on_q.put(*before)(*wires[: held + count], *gradient))
        return (*carry(found[:held]), *_many(r.map(*found[held:])))

    def carried_first(*wires: Any) -> Any:
        here = (*carry(wires[:held]), *_many(r.map(*wires[held : held + count])))
        return on_p.put(*after)(*here, *wires[held + count :])

    types = (*states, *before, *after)
    left, right = (_arrow(types, names, one) for one in (stepped_first, carried_first))
    return commutes(left, right, name=title)


@checked
def agrees(optimiser: Optimiser, r: Reparametrisation, steps: int = 2) -> Commutes:
    """The first steps from the start, on Q and on P, whatever the gradients: the same weights."""
    before, after = _arrays(r.map.dom), _arrays(r.map.cod)
    on_q, on_p = _steps(optimiser, before), _steps(optimiser, after)
    names = _numbered("q", before)
    for step in range(steps):
        names += _numbered(f"g_{step + 1}" if steps > 1 else "g", after)
    count, width = len(before), len(after)

    def batches(wires: Wires) -> list[Wires]:
        given = wires[count:]
        return [given[i * width : (i + 1) * width] for i in range(steps)]

    def on_source(*wires: Any) -> Any:
        state: Wires = tuple(one() for one in on_q.start(*before))
        weights: Wires = wires[:count]
        for gradient in batches(wires):
            at = _many(on_q.get(*before)(*state, *weights))
            found = _many(on_q.put(*before)(*state, *weights, *_many(r.back(*at, *gradient))))
            state, weights = found[: len(state)], found[len(state) :]
        return r.map(*weights)

    def on_target(*wires: Any) -> Any:
        state: Wires = tuple(one() for one in on_p.start(*after))
        weights: Wires = _many(r.map(*wires[:count]))
        for gradient in batches(wires):
            found = _many(on_p.put(*after)(*state, *weights, *gradient))
            state, weights = found[: len(state)], found[len(state) :]
        return tuple(weights) if len(weights) > 1 else weights[0]

    types = (*before, *chain.from_iterable([after] * steps))
    left, right = (_arrow(types, names, one) for one in (on_source, on_target))
    many = "step 1" if steps == 1 else f"steps 1 to {steps}"
    return commutes(left, right, name=f"{many} of {_called(optimiser)} through {r.name}")


# --- parts --------------------------------------------------------------------------------------


def _called(optimiser: Optimiser) -> str:
    given = optimiser.torch[1].items() if optimiser.name == "sgd" else ()
    settings = ", ".join(f"{key}={value}" for key, value in given if key != "lr")
    return f"{optimiser.name}({settings})" if settings else optimiser.name


def _steps(optimiser: Optimiser, weights: Sequence[Array]) -> Product:
    return product(*[optimiser for _ in weights])


def _arrays(wires: Sequence[Space]) -> tuple[Array, ...]:
    return tuple(one for one in wires if isinstance(one, Array))


def _numbered(name: str, wires: Sequence[Space]) -> list[str]:
    return [name] if len(wires) == 1 else [f"{name}{i + 1}" for i in range(len(wires))]


def _arrow(types: Sequence[Space], names: Sequence[str], function: Callable[..., Any]) -> Arrow:
    return wired(types, names, function, False)


def _carried(
    optimiser: Optimiser, r: Reparametrisation, title: str
) -> Callable[[Wires], tuple[Any, ...]]:
    """The states of weights in Q as those of weights in P; the states come array by array."""
    parts, sources, targets = optimiser.states, len(r.map.dom), len(r.map.cod)
    if any(part.squared for part in parts) and r.squares is None:
        raise SpecError(
            "CM021",
            f"`{title}` cannot be stated here",
            facts=[("reason", "it is not said how squares of gradients are carried")],
            help=[
                "give the entrywise square of the map: Reparametrisation(name, map, squares)",
                "or compare the first steps: agrees(optimiser, r)",
            ],
        )

    def carry(states: Wires) -> tuple[Any, ...]:
        rows: list[Wires] = []
        for i, part in enumerate(parts):
            own = [states[k * len(parts) + i] for k in range(sources)]
            if part.scalar:
                rows.append([own[0]] * targets)
            else:
                way = r.squares if part.squared else r.map
                assert way is not None
                rows.append(_many(way(*own)))
        return tuple(row[k] for k in range(targets) for row in rows)

    return carry


__all__ = ["Reparametrisation", "agrees", "coisometry", "isometry", "matrix", "preserved"]
