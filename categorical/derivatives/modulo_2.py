"""The axioms of the reverse derivative over Z₂, on every input.

Definition.  ``equations(f, g, h)`` states RD.1–RD.5 of f, g : A → B and h : B → C, as pairs of
arrows; ``refuted`` looks for an input at which a pair differs in Z₂, among all of them.  (The
axioms of ``axioms`` compose with squares, whose derivative is 0 here: over Z₂ they say less.)

Laws.  Z₂ is a commutative ring, so polynomials over it have a reverse derivative (Cruttwell et al.
2021): the axioms hold for the ring operations, and a finite check is a proof at these sizes.  They
are axioms of polynomials: x² is x as a function, and R[x²] = 0 is not R[x].

>>> from categorical import Dim, Real, op
>>> bit = Real.scalar
>>> pair = equations(op.mul.at(bit, bit), op.add.at(bit, bit), op.square.at(bit))
>>> [one.name for one in pair], [refuted(one) for one in pair]
(['RD.1', 'RD.2', 'RD.3', 'RD.4', 'RD.5'], [None, None, None, None, None])

A map that is no polynomial of the ring has no meaning there:

>>> refuted(equations(op.relu.at(bit), op.relu.at(bit), op.square.at(bit))[1])
Traceback (most recent call last):
...
categorical.semantics.algebra.OutsideFragment: `relu` has no meaning modulo 2
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from categorical import op
from categorical.arrows import Arrow, Types, discard, identity
from categorical.derivatives.explicit import explicit
from categorical.derivatives.reverse import reverse
from categorical.errors import SpecError
from categorical.lenses.gluing import Use, Wires, glued, numeric
from categorical.lenses.lens import Lens, zeros
from categorical.messages import side
from categorical.semantics.booleans import differing


class Equation(NamedTuple):
    """Two arrows that an axiom says are one."""

    name: str
    left: Arrow
    right: Arrow


def _plus(use: Use, types: Types, left: Wires, right: Wires) -> Wires:
    sums = (use(op.add.at(t, t), (a, b)) for t, a, b in zip(types, left, right, strict=True))
    return tuple(w for one in sums for w in one)


def _nothing(use: Use, types: Types) -> Wires:
    return tuple(w for t in types for w in use(zeros(t), ()))


def equations(f: Arrow, g: Arrow, h: Arrow) -> list[Equation]:
    """RD.1–RD.5 of f, g : A → B and h : B → C; weights are inputs."""
    f, g, h = explicit(f), explicit(g), explicit(h)
    if (f.dom, f.cod) != (g.dom, g.cod) or h.dom != f.cod:
        raise SpecError(
            "CM001",
            "the axioms speak of f, g: A → B and h: B → C",
            facts=[("f", f.type_text()), ("g", g.type_text()), ("h", h.type_text())],
            help=[f"h reads {side(f.cod)}"],
        )
    a, moved, b = f.dom, numeric(f.dom), f.cod
    back, other = reverse(f), reverse(g)
    k, m = len(a), len(b)

    def both(use: Use, w: Wires) -> Wires:
        return _plus(use, b, use(f, w), use(g, w))

    def none(use: Use, w: Wires) -> Wires:
        return _nothing(use, b)

    added, empty = (reverse(glued("sum", a, body)) for body in (both, none))
    first = Equation(
        "RD.1",
        glued("left", (*a, *b), lambda use, w: use(added, w) + use(empty, w)),
        glued(
            "right", (*a, *b),
            lambda use, w: _plus(use, moved, use(back, w), use(other, w)) + _nothing(use, moved),
        ),
    )  # fmt: skip

    def in_sum(use: Use, w: Wires) -> Wires:
        total = _plus(use, b, w[k : k + m], w[k + m :])
        return use(back, w[:k] + total) + use(back, w[:k] + _nothing(use, b))

    def sum_of(use: Use, w: Wires) -> Wires:
        one, two = use(back, w[: k + m]), use(back, w[:k] + w[k + m :])
        return _plus(use, moved, one, two) + _nothing(use, moved)

    types = (*a, *b, *b)
    second = Equation("RD.2", glued("left", types, in_sum), glued("right", types, sum_of))

    pair = (*moved, *b)
    count = len(moved)
    same, left, right = (
        reverse(one)
        for one in (
            identity(*pair),
            identity(*moved) @ discard(b),
            discard(moved) @ identity(*b),
        )
    )
    third = Equation(
        "RD.3",
        glued(
            "left", (*pair, *pair),
            lambda use, w: use(same, w)
            + use(left, w[: count + m] + w[count + m : 2 * count + m])
            + use(right, w[: count + m] + w[2 * count + m :]),
        ),
        glued(
            "right", (*pair, *pair),
            lambda use, w: w[count + m :]
            + w[count + m : 2 * count + m] + _nothing(use, b)
            + _nothing(use, moved) + w[2 * count + m :],
        ),
    )  # fmt: skip

    pairing = reverse(glued("pair", a, lambda use, w: use(f, w) + use(g, w)))
    gone = reverse(discard(a))
    fourth = Equation(
        "RD.4",
        glued("left", types, lambda use, w: use(pairing, w) + use(gone, w[:k])),
        glued(
            "right", types,
            lambda use, w: _plus(
                use, moved, use(back, w[: k + m]), use(other, w[:k] + w[k + m :])
            ) + _nothing(use, moved),
        ),
    )  # fmt: skip

    chain = Lens(f, back) >> Lens(h, reverse(h))
    fifth = Equation("RD.5", reverse(f >> h), chain.put)
    return [first, second, third, fourth, fifth]


def refuted(
    equation: Equation, sizes: Mapping[str, int] | None = None
) -> dict[str, list[int]] | None:
    """An input at which the sides differ modulo 2; None if all inputs were tried."""
    return differing(equation.left, equation.right, sizes)
