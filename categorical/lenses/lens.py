"""Lenses: a part that is read, and the whole that is made of a new part.

Definition.  A lens ``(A, A′) → (B, B′)`` is a pair of arrows ``get : A → B`` and
``put : A × B′ → A′``.  The types on the way back may differ from those on the way there: for a
field of a record they are the same, for a gradient they are cotangents.  ``f >> g`` reads through
both, and its ``put`` computes the first ``get`` again; ``f @ g`` works side by side.

Laws.  Composition is associative with units, the product is functorial (``lenses.laws``).  Lawful
lenses satisfy get-put, put-get and put-put; of gradients and optimisers none of these is asked.

>>> from categorical import Dim, Real
>>> n, m = Dim.named("n m")
>>> first = field(Real[n], Real[m], which=0)
>>> first
lens field: (Real[n] × Real[m], Real[n] × Real[m]) → (Real[n], Real[n])
>>> (identity_lens(Real[n], Real[m]) >> first).put.type_text()
'Real[n] × Real[m] × Real[n] → Real[n] × Real[m]'

``put`` takes what ``get`` takes, and then the new part:

>>> Lens(get=discard(Real[m]) @ identity(Real[n]), put=identity(Real[n], Real[m]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: `put` does not fit its `get`
...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, overload

from categorical import messages, op
from categorical.arrows import Arrow, Types, Wiring, copy, discard, identity
from categorical.checked import checked
from categorical.errors import Help, SpecError
from categorical.index import IndexSet, index_set
from categorical.lenses.gluing import Use, Wires, apart, glued, heads, input_names, numeric
from categorical.records import NOISE, STATISTIC
from categorical.spaces import Array, Space, space

if TYPE_CHECKING:
    from categorical.lenses.para import ParaLens


class Paired(Protocol):
    """What goes from (A, A′) to (B, B′): lenses and optics."""

    @property
    def source(self) -> Types: ...
    @property
    def source_back(self) -> Types: ...
    @property
    def target(self) -> Types: ...
    @property
    def target_back(self) -> Types: ...

    def label(self) -> str: ...
    def type_text(self) -> str: ...


class Lens:
    """See the module."""

    __slots__ = ("get", "name", "put")

    @checked
    def __init__(self, get: Arrow, put: Arrow, name: str = "") -> None:
        self.get, self.put, self.name = get, put, name
        _fits(get, put)
        for title, arrow in (("get", get), ("put", put)):
            deterministic(title, arrow)

    # --- the four types ----------------------------------------------------------------------

    @property
    def source(self) -> Types:
        """A: what is read."""
        return self.get.dom

    @property
    def source_back(self) -> Types:
        """A′: what is given back."""
        return self.put.cod

    @property
    def target(self) -> Types:
        """B: the part that is shown."""
        return self.get.cod

    @property
    def target_back(self) -> Types:
        """B′: what comes back to the part."""
        return self.put.dom[len(self.get.dom) :]

    # --- composing ---------------------------------------------------------------------------

    @overload
    def __rshift__(self, other: Lens) -> Lens: ...
    @overload
    def __rshift__(self, other: ParaLens) -> ParaLens: ...
    def __rshift__(self, other: Lens | ParaLens) -> Lens | ParaLens:
        if not isinstance(other, Lens):
            return with_parameters(self, other) >> other
        meet(self, other)
        get, put = apart((other.get, other.put), heads((self.get, self.put)))
        count = len(self.source)

        def back(use: Use, wires: Wires) -> Wires:
            a, c = wires[:count], wires[count:]
            b = use(self.get, a)
            return use(self.put, (*a, *use(put, (*b, *c))))

        return Lens(
            glued("get", self.source, lambda use, a: use(get, use(self.get, a)), self.names),
            glued("put", self.source + other.target_back, back),
            f"{self.label()} >> {other.label()}",
        )

    @overload
    def __matmul__(self, other: Lens) -> Lens: ...
    @overload
    def __matmul__(self, other: ParaLens) -> ParaLens: ...
    def __matmul__(self, other: Lens | ParaLens) -> Lens | ParaLens:
        if not isinstance(other, Lens):
            return with_parameters(self, other) @ other
        get, put = apart((other.get, other.put), heads((self.get, self.put)))
        a, c = len(self.source), len(other.source)
        b = len(self.target_back)
        types = (*self.source, *other.source, *self.target_back, *other.target_back)
        return Lens(
            glued("get", types[: a + c], lambda use, w: use(self.get, w[:a]) + use(get, w[a:])),
            glued(
                "put",
                types,
                lambda use, w: (
                    use(self.put, w[:a] + w[a + c : a + c + b])
                    + use(put, w[a : a + c] + w[a + c + b :])
                ),
            ),
            f"({self.label()} @ {other.label()})",
        )

    # --- views -------------------------------------------------------------------------------

    @property
    def names(self) -> Sequence[str]:
        """The names of the wires that are read."""
        return input_names(self.get)

    def named(self, name: str) -> Lens:
        """The lens under a name."""
        return Lens(self.get, self.put, name)

    def label(self) -> str:
        """What messages call the lens."""
        return self.name or self.get.label()

    def type_text(self) -> str:
        """Both pairs of types."""
        return f"{pair(self.source, self.source_back)} → {pair(self.target, self.target_back)}"

    def __repr__(self) -> str:
        return f"lens {self.label()}: {self.type_text()}"


def pair(there: Types, back: Types) -> str:
    """The two types of an end."""
    return f"({messages.side(there)}, {messages.side(back)})"


# --- what does not fit ------------------------------------------------------------------------


def wire_facts(got: Types, want: Types) -> list[tuple[str, str]]:
    """The first wire on which two lists of types differ, and how."""
    for number, (have, need) in enumerate(zip(got, want, strict=False), start=1):
        if have != need:
            how, _ = messages.difference(have, need)
            said = [("that is", how)] if how else []
            return [(f"wire {number}", f"{have} instead of {need}"), *said]
    if len(got) != len(want):
        return [("wires", f"{len(got)} instead of {len(want)}")]
    return []


def _fits(get: Arrow, put: Arrow) -> None:
    want, got = get.dom, put.dom[: len(get.dom)]
    if got == want:
        return
    helps: list[Help | str] = ["put takes the whole first, and then the new part: A × B′ → A′"]
    if put.dom[-len(want) :] == want and want:
        helps = ["it takes the whole last: put the whole first, swap(A, B′) >> put"]
    elif len(put.dom) <= len(get.dom) and put.dom == get.cod:
        helps = ["it takes the new part only: an adapter, adapter(get, put)"]
    raise SpecError(
        "CM052",
        "`put` does not fit its `get`",
        facts=[
            ("`get`", get.type_text()),
            ("`put`", put.type_text()),
            *wire_facts(got, want),
        ],
        help=helps,
    )


def deterministic(title: str, arrow: Arrow) -> None:
    """CM015, CM014: a lens computes its ``get`` again, so nothing in it keeps state or is drawn."""
    graph = arrow.graph()
    for path, resource in graph.resources({d: 2 for d in graph.dims}).items():
        if resource.role in (STATISTIC, NOISE):
            state = resource.role == STATISTIC
            what = "keeps the state" if state else "draws the noise"
            raise SpecError(
                "CM015" if state else "CM014",
                f"the `{title}` of a lens {what} `{path}`",
                facts=[(f"`{path}`", f"{resource.space}, {resource.role}")],
                help=["make it an input of the lens: what is read twice is then one value"],
            )


def with_parameters(one: Lens, other: object) -> ParaLens:
    """A lens as one with no parameters, where the other one has some; CM052 where it is no lens."""
    from categorical.lenses.para import ParaLens

    if not isinstance(other, ParaLens):
        raise no_lens(other)
    return ParaLens(one)


def no_lens(other: object) -> SpecError:
    """CM052: something else where a lens is expected."""
    helps = ["lens_of(f) is the lens of an arrow and of its reverse derivative"]
    if isinstance(other, Arrow):
        helps.append("adapter(f, g) is the one of two arrows that do not look at the whole")
    return SpecError(
        "CM052", f"a lens is composed with {type(other).__name__} `{other}`", help=helps
    )


def meet(first: Paired, second: Paired) -> None:
    """CM052 where two lenses do not meet, with the wire and the way on which they differ."""
    for way, got, want in (
        ("there", first.target, second.source),
        ("back", second.source_back, first.target_back),
    ):
        if got != want:
            raise SpecError(
                "CM052",
                f"`{first.label()}` does not compose with `{second.label()}`",
                facts=[
                    ("first", first.type_text()),
                    ("then", second.type_text()),
                    ("on the way", f"{way}: {messages.side(got)} meets {messages.side(want)}"),
                    *wire_facts(got, want),
                ],
                help=["lenses meet in both types: what is shown, and what comes back to it"],
            )


# --- lenses of wires --------------------------------------------------------------------------


@checked
def adapter(there: Arrow, back: Arrow, name: str = "") -> Lens:
    """A lens whose ``put`` does not look at the whole; an isomorphism, where the two undo."""
    return Lens(there, discard(there.dom) @ back, name or f"adapter({there.label()})")


def identity_lens(*types: object, back: object = None) -> Lens:
    """The identity of ``(A, A′)``; ``back`` is A′, where it is not A."""
    wires = tuple(w for t in types for w in space(t).wires)
    behind = wires if back is None else space(back).wires
    return adapter(identity(*wires), identity(*behind), "identity")


def field(*types: object, which: int | Sequence[int] = 0) -> Lens:
    """Some wires of a record: read, and replaced."""
    wires = tuple(w for t in types for w in space(t).wires)
    chosen = (which,) if isinstance(which, int) else tuple(which)
    for i in chosen:
        if not 0 <= i < len(wires) or chosen.count(i) > 1:
            raise SpecError(
                "CM052",
                f"a record of {len(wires)} wires has no fields {list(chosen)}",
                facts=[("the record", messages.side(wires))],
                help=[f"name each field once, by numbers from 0 to {len(wires) - 1}"],
            )
    new = tuple(wires[i] for i in chosen)
    places = tuple(len(wires) + chosen.index(i) if i in chosen else i for i in range(len(wires)))
    return Lens(Wiring(wires, chosen, "read"), Wiring(wires + new, places, "replace"), "field")


@checked
def part(of: Space, first: IndexSet | int, rest: IndexSet | int) -> Lens:
    """The first terms of the axis ``first + rest`` of an array: rows of a matrix, for example."""
    a, b = index_set(first), index_set(rest)
    split = op.unconcat(a, b).at(of)
    get = split >> (identity(split.cod[0]) @ discard(split.cod[1]))
    whole = len(of.wires)

    def put(use: Use, wires: Wires) -> Wires:
        _, kept = use(split, wires[:whole])
        join = op.concat(a, b).at(*split.cod)
        return use(join, (wires[whole], kept))

    return Lens(get, glued("replace_part", (*of.wires, split.cod[0]), put), "part")


@checked
def copy_lens(of: Space, times: int = 2) -> Lens:
    """The copy, whose ``put`` adds: what weight tying reparametrises along."""
    wires = numeric(of.wires)
    whole, count = len(of.wires), len(wires)

    def put(use: Use, given: Wires) -> Wires:
        back = given[whole:]
        total: list[int] = []
        for i, one in enumerate(wires):
            if times == 0:
                total += use(zeros(one), ())
                continue
            wire = back[i]
            for k in range(1, times):
                (wire,) = use(op.add.at(one, one), (wire, back[i + k * count]))
            total.append(wire)
        return tuple(total)

    return Lens(copy(of, times), glued("add", of.wires + wires * times, put), "copy")


def discard_lens(of: object) -> Lens:
    """The arrow to the unit, whose ``put`` is zero: what nothing depends on gets no cotangent."""
    return copy_lens(space(of), 0).named("discard")


def zeros(of: Space) -> Arrow:
    """The zero of an array of numbers."""
    assert isinstance(of, Array)
    return op.zeros(of)


__all__ = [
    "Lens",
    "adapter",
    "copy_lens",
    "discard_lens",
    "field",
    "identity_lens",
    "part",
]
