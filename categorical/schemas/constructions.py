"""Arrows that satisfy path equations by construction, for all weights.

Definition.

- ``coupling(m)`` on A × B (Dinh et al. 2017): ``(a, b) ↦ (a, s(a) · b + m(a))`` or, additive,
  ``(a, b + m(a))``, with its inverse ``(a, (b − m(a)) / s(a))``: an *inverse pair* that reads one
  set of weights.  ``s = exp ∘ …`` has no zeros.
- ``masked_coupling(X, mask, m)`` is the coupling of the entries of one array that a mask keeps with
  the others: ``x ↦ x + (1 − mask) · m(mask · x)`` (on a checkerboard, a coupling of images).
- ``involution(g, by)`` is g⁻¹ ∘ σ ∘ g for a σ with σ ∘ σ = 1, given as an inverse pair g.
- ``idempotent(g, by)`` is the same for a σ with σ ∘ σ = σ, such as 0 on some of the wires.
- ``retract(pair, net)``, for an inverse pair A × C ⇄ B, is the section ``x ↦ pair(x, net(x))`` of
  the retraction B → A that forgets C: section ; retraction = 1.
- ``orthogonal(n, …)`` is a product of Householder reflections x − 2 v ⟨v, x⟩ / ⟨v, v⟩; its inverse
  is the product in the other order, and it keeps inner products.

``solvable(schema)`` names the equations of a schema that these satisfy.

Laws.  forward ; backward = 1 = backward ; forward; pairs compose and turn round; an involution is
its own inverse, an idempotent applied twice is applied once.

>>> from categorical import Dim, Real, op
>>> a, b, h = Dim.named("a b h")
>>> pair = coupling(Real[a], Real[b], op.linear(a, h) >> op.tanh >> op.linear(h, b))
>>> pair
inverse pair Real[a] × Real[b] ⇄ Real[a] × Real[b]
>>> list((pair.forward >> pair.backward).parameters)[:2]
['shift.linear.weight', 'shift.linear.bias']

The two halves cannot depend on each other:

>>> coupling(Real[a], Real[b], op.linear(b, a))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM010]: `shift` of a coupling does not go from the part that ...
...
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from categorical import op
from categorical.arrows import Arrow, Types, Wiring, copy, discard, identity, swap
from categorical.checked import checked
from categorical.composites.typed import wired
from categorical.errors import SpecError
from categorical.index import Axis, IndexSet, axis
from categorical.laws.diagrams import commutes
from categorical.laws.law import Law
from categorical.para import tie
from categorical.schemas.schema import Schema
from categorical.spaces import Array, Bool, Real, Space, space


@dataclass(frozen=True, eq=False, repr=False)
class InversePair:
    """Two arrows A ⇄ B that are inverse to each other; their weights are those of tied parts."""

    forward: Arrow
    backward: Arrow

    def __post_init__(self) -> None:
        if self.forward.dom != self.backward.cod or self.forward.cod != self.backward.dom:
            raise SpecError(
                "CM010",
                "the arrows of an inverse pair do not go there and back",
                facts=[
                    ("forward", self.forward.type_text()),
                    ("backward", self.backward.type_text()),
                ],
                help=["forward: A → B and backward: B → A"],
            )

    @property
    def inverse(self) -> InversePair:
        """The pair turned round."""
        return InversePair(self.backward, self.forward)

    def __rshift__(self, other: InversePair) -> InversePair:
        return InversePair(self.forward >> other.forward, other.backward >> self.backward)

    def laws(self, name: str = "inverse") -> list[Law]:
        """Both round trips are the identity."""
        there, back = self.forward >> self.backward, self.backward >> self.forward
        return [
            commutes(there, identity(*self.forward.dom), name=f"{name}[there and back]"),
            commutes(back, identity(*self.forward.cod), name=f"{name}[back and there]"),
        ]

    def __repr__(self) -> str:
        ends = (" × ".join(map(str, side)) for side in (self.forward.dom, self.forward.cod))
        return f"inverse pair {' ⇄ '.join(ends)}"


# --- inverse pairs --------------------------------------------------------------------------------


@checked
def coupling(
    kept: Space,
    moved: Space,
    shift: Arrow,
    log_scale: Arrow | None = None,
    *,
    name: str = "shift",
    second: bool = False,
) -> InversePair:
    """The coupling layer that keeps ``kept`` and moves ``moved``, both single arrays.

    ``shift`` and ``log_scale`` are any arrows ``kept → moved``; with a scale, ``moved`` is
    multiplied by ``exp(log_scale(kept))``.  ``second``: the part that is kept is the second wire.
    """
    a, b = (_array(one) for one in (kept, moved))
    m = _part(shift, a, b, name, "shift")
    if log_scale is None:
        there = _wires((a, b), 1, 0, 0) >> ((identity(b) @ m) >> op.add) @ identity(a)
        back = _wires((a, b), 1, 0, 0) >> ((identity(b) @ m) >> op.sub) @ identity(a)
    else:
        s = _part(log_scale, a, b, f"{name}_scale", "log_scale") >> op.exp
        wires = _wires((a, b), 1, 0, 0, 0)
        there = wires >> (((identity(b) @ s) >> op.mul) @ m >> op.add) @ identity(a)
        wires = _wires((a, b), 1, 0, 0, 0)
        back = wires >> (((identity(b) @ m) >> op.sub) @ s >> op.div) @ identity(a)
    if second:
        return InversePair(swap(b, a) >> there, swap(b, a) >> back)
    return InversePair(there >> swap(b, a), back >> swap(b, a))


@checked
def masked_coupling(
    whole: Space,
    mask: Sequence[object],
    over: Sequence[IndexSet | Axis],
    shift: Arrow,
    log_scale: Arrow | None = None,
    *,
    name: str = "shift",
    turned: bool = False,
) -> InversePair:
    """The coupling of one array: entries where ``mask`` is true stay, and move the others.

    ``mask`` lists truth values over the axes ``over``, of known size, as ``op.table`` reads them;
    ``shift`` and ``log_scale`` are arrows from the array to itself.  ``turned``: entries where the
    mask is false stay.
    """
    wire = _array(whole)
    kept, moved = (_masking(wire, mask, over, side) for side in (not turned, turned))
    m = kept >> _part(shift, wire, wire, name, "shift") >> moved
    if log_scale is None:
        around = copy(wire) >> (identity(wire) @ m)
        return InversePair(around >> op.add, around >> op.sub)
    s = kept >> _part(log_scale, wire, wire, f"{name}_scale", "log_scale") >> moved >> op.exp
    there = copy(wire, 3) >> (((identity(wire) @ s) >> op.mul) @ m) >> op.add
    back = copy(wire, 3) >> (((identity(wire) @ m) >> op.sub) @ s) >> op.div
    return InversePair(there, back)


def _masking(
    wire: Array, mask: Sequence[object], over: Sequence[IndexSet | Axis], true: bool
) -> Arrow:
    """The entries where a mask is true (or false), and 0 elsewhere."""
    axes = tuple(axis(one) for one in over)

    def masked(x: object) -> object:
        chosen = op.table(Bool[axes], mask)()
        return op.einsum(*wire.axes)(op.indicator(chosen if true else op.logical_not(chosen)), x)

    return wired((wire,), ("x",), masked)


@checked
def halves(whole: Space, *parts: IndexSet | Axis) -> InversePair:
    """``Real[…, a + b] ⇄ Real[…, a] × Real[…, b]``: an array and its parts along an axis."""
    apart = op.unconcat(*parts).at(whole)
    return InversePair(apart, op.concat(*parts).at(*apart.cod))


@checked
def both(left: InversePair, right: InversePair) -> InversePair:
    """The product of two inverse pairs."""
    return InversePair(left.forward @ right.forward, left.backward @ right.backward)


def crossed(*types: object) -> InversePair:
    """The symmetry of two wires as an inverse pair."""
    a, b = (space(one) for one in types)
    return InversePair(swap(a, b), swap(b, a))


# --- arrows that satisfy one equation -------------------------------------------------------------


@checked
def conjugate(pair: InversePair, by: Arrow) -> Arrow:
    """``pair ; by ; pair⁻¹``: whatever equation of its powers ``by`` satisfies, this one does."""
    by = _placed(by, pair.forward.cod)
    if by.dom != pair.forward.cod or by.cod != by.dom:
        raise SpecError(
            "CM010",
            f"`{by.label()}` does not act where the inverse pair ends",
            facts=[("the arrow", by.type_text()), ("the pair", repr(pair))],
            help=["an arrow from the codomain of the pair to itself"],
        )
    return pair.forward >> by >> pair.backward


@checked
def involution(pair: InversePair, by: Arrow | None = None) -> Arrow:
    """``pair ; σ ; pair⁻¹``, its own inverse where σ is; by default σ changes the first sign."""
    return conjugate(pair, by if by is not None else signs(pair.forward.cod, (-1,)))


@checked
def idempotent(pair: InversePair, by: Arrow | None = None) -> Arrow:
    """``pair ; π ; pair⁻¹``, a retraction; by default π keeps the first wire, 0 on the others."""
    if by is None:
        wires = pair.forward.cod
        by = signs(wires, (1,) + (0,) * (len(wires) - 1))
    return conjugate(pair, by)


@checked
def retract(pair: InversePair, net: Arrow) -> tuple[Arrow, Arrow]:
    """The section A → B and the retraction B → A of an inverse pair A × C ⇄ B, for any A → C."""
    kept = pair.forward.dom[: len(net.dom)]
    found = _placed(net, kept)
    if found.dom + found.cod != pair.forward.dom:
        raise SpecError(
            "CM010",
            f"`{net.label()}` does not make the rest of what the inverse pair takes",
            facts=[("the arrow", net.type_text()), ("the pair", repr(pair))],
            help=["for a pair A × C ⇄ B, an arrow A → C"],
        )
    fill = tie(found.named("fill")) if found.graph().resources({}) else found
    section = copy(kept) >> (identity(*kept) @ fill) >> pair.forward
    return section, pair.backward >> (identity(*kept) @ discard(found.cod))


def solvable(schema: Schema) -> dict[str, str]:
    """The equations that an arrow of this module satisfies for all weights, and which it is."""
    turned = {(e.left.steps, e.right.steps) for e in schema.equations.values()}
    turned |= {(right, left) for left, right in turned}
    found = {}
    for name, one in schema.equations.items():
        long, short = sorted((one.left.steps, one.right.steps), key=len, reverse=True)
        if len(long) != 2 or len(short) > 1:
            continue
        first, second = long
        if not short and first == second:
            found[name] = f"an involution: {first}"
        elif not short and ((second, first), ()) in turned:
            found[name] = f"an inverse pair: {first}, {second}"
        elif not short:
            found[name] = f"a section and a retraction: {first}, {second}"
        elif first == second == short[0]:
            found[name] = f"an idempotent: {first}"
    return found


def signs(types: Types, factors: Sequence[int]) -> Arrow:
    """Each wire times a number (1 where none is given): a diagonal matrix of blocks."""
    found: Arrow = identity()
    for k, type_ in enumerate(types):
        factor = factors[k] if k < len(factors) else 1
        one = identity(type_) if factor == 1 else op.scale(float(factor)).at(type_)
        found = one if k == 0 else found @ one
    return found


@checked
def orthogonal(
    feature: IndexSet | Axis, *rest: IndexSet | Axis, count: int = 2, name: str = "mirror"
) -> InversePair:
    """``count`` Householder reflections of ``Real[feature, rest…]`` along the axis ``feature``.

    Each has a trained vector v and is x − 2 v ⟨v, x⟩ / ⟨v, v⟩; where v is 0 it has no value.
    """
    if count < 1:
        raise SpecError("CM041", f"`orthogonal` of {count} reflections", help=["1 or more"])
    turned, others = axis(feature), tuple(axis(one) for one in rest)
    wire = Real[(turned, *others)]
    mirrors: list[Arrow] = [tie(_mirror(wire, turned, others, f"{name}_{k}")) for k in range(count)]
    there, back = mirrors[0], mirrors[-1]
    for k in range(1, count):
        there, back = there >> mirrors[k], back >> mirrors[-1 - k]
    return InversePair(there, back)


def _mirror(wire: Array, turned: Axis, others: tuple[Axis, ...], name: str) -> Arrow:
    """The reflection at the hyperplane of a trained vector."""

    def mirror(x: object) -> object:
        v = op.parameter(Real[turned], name="normal")()
        along = op.einsum(*others)(v, x)
        length = op.contract(turned)(v, v)
        twice = op.scale(2.0)(along)
        share = op.div(twice, op.expand(*others)(length) if others else length)
        return op.sub(x, op.einsum(*wire.axes)(v, share))

    return wired((wire,), ("x",), mirror, inline=False).named(name)


# --- parts ----------------------------------------------------------------------------------------


def _wires(types: Types, *mapping: int) -> Wiring:
    return Wiring(types, mapping, "wires")


def _array(one: Space) -> Array:
    if isinstance(one, Array) and one.kind in ("real", "complex"):
        return one
    raise SpecError(
        "CM010",
        f"a coupling of {one}, which is no array of numbers",
        help=["the two parts are arrays:  coupling(Real[a], Real[b], net)"],
    )


def _placed(arrow: Arrow, types: Types) -> Arrow:
    """An open arrow at these wires, if it has a type there."""
    if arrow.open and arrow.dom != types:
        with contextlib.suppress(SpecError):
            return arrow.retype(types)
    return arrow


def _part(arrow: Arrow, kept: Array, moved: Array, name: str, role: str) -> Arrow:
    """A net of a coupling: tied, since the inverse reads the same weights."""
    found = _placed(arrow, (kept,))
    if found.dom != (kept,) or found.cod != (moved,):
        raise SpecError(
            "CM010",
            f"`{role}` of a coupling does not go from the part that is kept to the one that moves",
            facts=[("found", found.type_text()), ("wanted", f"{kept} → {moved}")],
            help=[f"an arrow {kept} → {moved}"],
        )
    return tie(found.named(name)) if found.graph().resources({}) else found


__all__ = [
    "InversePair",
    "both",
    "conjugate",
    "coupling",
    "crossed",
    "halves",
    "idempotent",
    "involution",
    "masked_coupling",
    "orthogonal",
    "retract",
    "signs",
    "solvable",
]
