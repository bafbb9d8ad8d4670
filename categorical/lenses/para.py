"""Para(Lens): lenses with parameters, which learn.

Definition.  A parametric lens with parameters (P, P′) is a lens ``(A × P, A′ × P′) → (B, B′)``: its
``put`` gives a cotangent for what it read and one for its parameters.  ``f >> g`` collects the
parameters of both, in this order; ``f @ g`` too; ``f.along(r)`` reparametrises along a lens
r : (Q, Q′) → (P, P′), as an optimiser is one.  ``lens_of(f)`` is (f, R[f]), the weights of an arrow
being the parameters, in their order.

Laws.  Composition is associative and has units, the parameters staying in order.  Reparametrising
is contravariant, ``f.along(r).along(s) = f.along(s >> r)``, and it goes under composition.
Weight tying is reparametrising along the copy, whose ``put`` adds the cotangents.
``lens_of`` is a functor: ``lens_of(f >> g) = lens_of(f) >> lens_of(g)``.

>>> from categorical import Dim, Real, op
>>> a, b = Dim.named("a b")
>>> layer = lens_of(op.linear(a, b, bias=False) >> op.tanh)
>>> layer.lens.type_text()
'(Real[a] × Real[b, a], Real[a] × Real[b, a]) → (Real[b], Real[b])'
>>> corner(Real[a])
parametric lens corner: (One, One) → (Real[a], Real[a]), by (Real[a], Real[a])
>>> (corner(Real[a]) >> layer).parameters
(Real[a], Real[b, a])

A lens along which one reparametrises ends in the parameters:

>>> layer.along(copy_lens(Real[b]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: `copy` does not end in the parameters of ...
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from categorical.arrows import Arrow, Types, Wiring, discard, identity
from categorical.checked import checked
from categorical.derivatives.explicit import explicit, opened
from categorical.derivatives.reverse import reverse
from categorical.errors import SpecError
from categorical.laws.law import Law
from categorical.lenses.gluing import Use, Wires, glued, numeric
from categorical.lenses.laws import equal_lenses
from categorical.lenses.lens import (
    Lens,
    copy_lens,
    field,
    identity_lens,
    no_lens,
    pair,
    wire_facts,
)
from categorical.records import WEIGHT
from categorical.spaces import Space, product_space


class ParaLens:
    """See the module.  The last ``count`` wires that ``lens`` reads are the parameters, and the
    last ``back`` ones that it gives back are theirs (default: one for each number wire)."""

    __slots__ = ("back", "count", "lens", "name")

    @checked
    def __init__(self, lens: Lens, count: int = 0, back: int | None = None, name: str = "") -> None:
        self.lens, self.count = lens, count
        self.name = name or lens.label()
        if back is None:
            back = len(numeric(lens.source[len(lens.source) - count :] if count else ()))
        self.back = back
        if not 0 <= count <= len(lens.source) or not 0 <= back <= len(lens.source_back):
            raise SpecError(
                "CM052",
                f"`{lens.label()}` has no {count} parameters",
                facts=[("reads", f"{len(lens.source)} wires"), ("the lens", lens.type_text())],
                help=["the parameters are the last wires that it reads"],
            )

    # --- types -------------------------------------------------------------------------------

    @property
    def source(self) -> Types:
        """A."""
        return self.lens.source[: len(self.lens.source) - self.count]

    @property
    def source_back(self) -> Types:
        """A′."""
        return self.lens.source_back[: len(self.lens.source_back) - self.back]

    @property
    def target(self) -> Types:
        """B."""
        return self.lens.target

    @property
    def target_back(self) -> Types:
        """B′."""
        return self.lens.target_back

    @property
    def parameters(self) -> Types:
        """P."""
        return self.lens.source[len(self.source) :]

    @property
    def parameters_back(self) -> Types:
        """P′."""
        return self.lens.source_back[len(self.source_back) :]

    # --- composing ---------------------------------------------------------------------------

    def __rshift__(self, other: ParaLens | Lens) -> ParaLens:
        """The parameters of both, those of the first before those of the second."""
        then = _para(other)
        beside = self.lens @ identity_lens(*then.parameters, back=_space(then.parameters_back))
        return ParaLens(
            beside >> then.lens,
            self.count + then.count,
            self.back + then.back,
            f"{self.name} >> {then.name}",
        )

    def __matmul__(self, other: ParaLens | Lens) -> ParaLens:
        """Side by side: the inputs of both, then the parameters of both."""
        then = _para(other)
        order = shuffle(
            (self.source, then.source, self.parameters, then.parameters),
            (self.source_back, then.source_back, self.parameters_back, then.parameters_back),
        )
        return ParaLens(
            order >> (self.lens @ then.lens),
            self.count + then.count,
            self.back + then.back,
            f"({self.name} @ {then.name})",
        )

    @checked
    def along(self, by: Lens, name: str = "") -> ParaLens:
        """The reparametrisation along ``by : (Q, Q′) → (P, P′)``: the 2-cell f ⇒ f^by."""
        for way, got, want in (
            ("there", by.target, self.parameters),
            ("back", by.target_back, self.parameters_back),
        ):
            if got != want:
                raise SpecError(
                    "CM052",
                    f"`{by.label()}` does not end in the parameters of `{self.name}`",
                    facts=[
                        (f"`{by.label()}`", by.type_text()),
                        ("parameters", pair(self.parameters, self.parameters_back)),
                        ("on the way", way),
                        *wire_facts(got, want),
                    ],
                    help=["a reparametrisation goes from the new parameters to the old ones"],
                )
        first = identity_lens(*self.source, back=_space(self.source_back))
        title = name or f"{self.name} along {by.label()}"
        return ParaLens((first @ by) >> self.lens, len(by.source), len(by.source_back), title)

    def tied(self, times: int = 2) -> ParaLens:
        """The parameters are ``times`` copies of one list: weight tying, along the copy."""
        whole, back = len(self.parameters), len(self.parameters_back)
        one = self.parameters[: whole // times] if times > 0 and whole % times == 0 else ()
        if not whole or one * times != self.parameters or back % times:
            raise SpecError(
                "CM052",
                f"the parameters of `{self.name}` are not {times} equal lists",
                facts=[("parameters", pair(self.parameters, self.parameters_back))],
                help=["tie what has equal parameters, side by side or one after another"],
            )
        return self.along(copy_lens(product_space(*one), times), f"{self.name}, tied")

    def named(self, name: str) -> ParaLens:
        """The parametric lens under a name."""
        return ParaLens(self.lens, self.count, self.back, name)

    def label(self) -> str:
        """What messages call it."""
        return self.name

    def type_text(self) -> str:
        """The types, and those of the parameters."""
        ends = f"{pair(self.source, self.source_back)} → {pair(self.target, self.target_back)}"
        return f"{ends}, by {pair(self.parameters, self.parameters_back)}"

    def __repr__(self) -> str:
        return f"parametric lens {self.name}: {self.type_text()}"


def _para(other: ParaLens | Lens) -> ParaLens:
    """A lens as one with no parameters; CM052 where it is no lens."""
    if isinstance(other, ParaLens):
        return other
    if not isinstance(other, Lens):
        raise no_lens(other)
    return ParaLens(other)


def _space(types: Types) -> Space:
    return product_space(*types)


def shuffle(there: Sequence[Types], back: Sequence[Types]) -> Lens:
    """The lens ``(A C P Q) → (A P C Q)`` of four lists of wires (the interchange)."""

    def places(lists: Sequence[Types], order: Sequence[int]) -> tuple[int, ...]:
        starts, at = [], 0
        for one in lists:
            starts.append(at)
            at += len(one)
        return tuple(starts[i] + k for i in order for k in range(len(lists[i])))

    order = (0, 2, 1, 3)
    every = field(*(w for one in there for w in one), which=places(there, order))
    turned = [back[i] for i in order]
    behind = field(*(w for one in turned for w in one), which=places(turned, order))
    return Lens(every.get, discard(_space(every.source)) @ behind.get, "shuffle")


# --- from arrows ------------------------------------------------------------------------------


@checked
def lens_of(arrow: Arrow, name: str = "") -> ParaLens:
    """``(f, R[f])`` in Para(Lens): the weights of the arrow are the parameters.

    They are in the order in which they are used, ``weights_in_order(f)``, which is that of
    ``f.parameters`` where no part has a name: so the weights of a composite are those of its parts.
    """
    whole = explicit(arrow)
    count = len(whole.dom) - len(arrow.dom)
    order = _order_of_use(whole, count)
    if order != sorted(order):
        places = tuple(range(len(arrow.dom))) + tuple(order)
        dom = tuple(whole.dom[i] for i in places)
        back = tuple(places.index(i) for i in range(len(places)))
        whole = Wiring(dom, back, "order") >> whole
    return ParaLens(Lens(whole, reverse(whole), arrow.label()), count, name=name)


def _order_of_use(whole: Arrow, count: int) -> list[int]:
    """The last inputs of an arrow, by the first box that reads each."""
    graph = whole.graph()
    rest = graph.inputs[len(graph.inputs) - count :] if count else []
    used = [w for node in graph.nodes for w in node.ins if w in set(rest)]
    return [graph.inputs.index(w) for w in dict.fromkeys((*used, *rest))]


@checked
def weights_in_order(arrow: Arrow) -> tuple[str, ...]:
    """The names of the weights of an arrow, in the order of the parameters of its lens."""
    names, whole = list(weights_of(arrow)), explicit(arrow)
    order = _order_of_use(whole, len(names))
    return tuple(names[i - len(arrow.dom)] for i in order)


def weights_of(arrow: Arrow) -> tuple[str, ...]:
    """The names of the weights that ``explicit`` makes inputs, in its order."""
    sources = opened(arrow.graph()).sources.values()
    return tuple(one.name for one in sources if one.role == WEIGHT)


@checked
def with_parameters(arrow: Arrow, count: int, name: str = "") -> ParaLens:
    """``(f, R[f])`` where the last ``count`` inputs are the parameters: the label of a loss."""
    return ParaLens(Lens(arrow, reverse(arrow), arrow.label()), count, name=name)


def corner(*types: object, back: object = None) -> ParaLens:
    """``I → X`` with the parameter X: an input as a parameter."""
    one = identity_lens(*types, back=back)
    return ParaLens(one, len(one.source), len(one.source_back), "corner")


# --- laws -------------------------------------------------------------------------------------


def equal_para(
    left: ParaLens, right: ParaLens, name: str = "", renaming: Mapping[str, str] | None = None
) -> list[Law]:
    """The equations that two parametric lenses are one, parameters in the same order."""
    if (left.parameters, left.parameters_back) != (right.parameters, right.parameters_back):
        raise SpecError(
            "CM052",
            f"`{left.name}` and `{right.name}` have different parameters",
            facts=[
                ("left", pair(left.parameters, left.parameters_back)),
                ("right", pair(right.parameters, right.parameters_back)),
            ],
            help=["reparametrise one of them: f.along(r)"],
        )
    return equal_lenses(left.lens, right.lens, name or f"{left.name} = {right.name}", renaming)


@checked
def functor_laws(*arrows: Arrow) -> list[Law]:
    """``lens_of(f >> g) = lens_of(f) >> lens_of(g)``, for two arrows or more, and identities."""
    whole, parts = arrows[0], lens_of(arrows[0])
    for one in arrows[1:]:
        if one.open:
            one = one.retype(parts.target)
        whole, parts = whole >> one, parts >> lens_of(one)
    dom = arrows[0].dom
    same = identity_lens(*dom, back=_space(numeric(dom)))
    return [
        *equal_para(lens_of(whole), parts, "R of the composite"),
        *equal_para(lens_of(identity(*dom)), ParaLens(same), "R of the identity"),
    ]


@checked
def para_laws(f: ParaLens, g: ParaLens, h: ParaLens) -> list[Law]:
    """Units and associativity, with the parameters in order."""
    before = ParaLens(identity_lens(*f.source, back=_space(f.source_back)))
    after = ParaLens(identity_lens(*f.target, back=_space(f.target_back)))
    return [
        *equal_para(before >> f, f, "left unit"),
        *equal_para(f >> after, f, "right unit"),
        *equal_para((f >> g) >> h, f >> (g >> h), "associative"),
    ]


@checked
def reparametrisation_laws(f: ParaLens, r: Lens, s: Lens) -> list[Law]:
    """``(f^r)^s = f^(s ; r)`` and ``f^id = f``."""
    same = identity_lens(*f.parameters, back=_space(f.parameters_back))
    return [
        *equal_para(f.along(r).along(s), f.along(s >> r), "(f^r)^s = f^(s;r)"),
        *equal_para(f.along(same), f, "f^id = f"),
    ]


@checked
def whiskering_laws(f: ParaLens, r: Lens, g: ParaLens, s: Lens) -> list[Law]:
    """``f^r ; g^s = (f ; g)^(r × s)``: reparametrising goes under composition, and products."""
    beside = f.along(r) @ g.along(s)
    return [
        *equal_para(f.along(r) >> g.along(s), (f >> g).along(r @ s), "f^r ; g^s = (f ; g)^(r×s)"),
        *equal_para(beside, (f @ g).along(r @ s), "f^r × g^s = (f × g)^(r×s)"),
    ]


@checked
def tying_laws(f: ParaLens, times: int = 2) -> list[Law]:
    """Tying computes with copies of the parameters, and adds their cotangents."""
    tied = f.tied(times)
    a, p = len(f.source), len(tied.parameters)
    (get, put) = f.lens.get, f.lens.put
    adding = copy_lens(product_space(*tied.parameters), times).put

    def there(use: Use, w: Wires) -> Wires:
        return use(get, w[:a] + w[a:] * times)

    def back(use: Use, w: Wires) -> Wires:
        found = use(put, w[:a] + w[a : a + p] * times + w[a + p :])
        count = len(f.source_back)
        return found[:count] + use(adding, w[a : a + p] + found[count:])

    dom = tied.lens.source
    by_hand = Lens(
        glued("get", dom, there), glued("put", dom + tied.target_back, back), "copied and added"
    )
    return equal_lenses(tied.lens, by_hand, "tied")


__all__ = [
    "ParaLens",
    "corner",
    "equal_para",
    "functor_laws",
    "lens_of",
    "para_laws",
    "reparametrisation_laws",
    "tying_laws",
    "weights_in_order",
    "whiskering_laws",
    "with_parameters",
]
