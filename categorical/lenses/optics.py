"""Optics: what the way there leaves for the way back.

Definition.  An optic ``(A, A′) → (B, B′)`` is a residual M with arrows ``forward : A → M × B`` and
``backward : M × B′ → A′``.  Two optics are equal *modulo sliding*: for r : M → N, the optic with
residual N of ``forward ; (r × B)`` and that with residual M of ``(r × B′) ; backward`` are one.
``lens(o)`` looks at the input again; ``optic(f)`` has the input as its residual.

Laws.  Every optic slides to the one whose residual is its input (the co-Yoneda lemma: the category
is cartesian), so equality modulo sliding is equality of the two arrows ``A × B′ → B × A′``
(``meaning``): ``slides`` decides it in the free category, ``sliding_law`` asks the ladder.  Both
round trips between lenses and optics are identities.

>>> from categorical import Dim, Real, copy, op
>>> n = Dim("n")
>>> square = Lens(op.square.at(Real[n]), op.mul.at(Real[n], Real[n]) >> op.scale(2.0), "square")
>>> optic(square)
optic square: (Real[n], Real[n]) → (Real[n], Real[n]), keeping Real[n]
>>> slides(optic(lens(optic(square))), optic(square))
True

A residual that is handed on is the one that is taken back:

>>> Optic(Real[n], copy(Real[n]), op.add.at(Real[()], Real[()]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: `backward` does not take the residual that `forward` ...
...
"""

from __future__ import annotations

from categorical.arrows import Arrow, Types, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.diagrams import commutes
from categorical.laws.law import Law
from categorical.lenses.gluing import Use, Wires, apart, glued, heads, input_names
from categorical.lenses.lens import Lens, deterministic, identity_lens, meet, pair, wire_facts
from categorical.normal import same
from categorical.spaces import Space, product_space, space


class Optic:
    """See the module."""

    __slots__ = ("backward", "forward", "name", "residual")

    @checked
    def __init__(self, residual: Space, forward: Arrow, backward: Arrow, name: str = "") -> None:
        self.residual, self.forward, self.backward = residual, forward, backward
        self.name = name
        m = residual.wires
        for title, verb, got in (
            ("forward", "leave", forward.cod[: len(m)]),
            ("backward", "take", backward.dom[: len(m)]),
        ):
            if got != m:
                raise SpecError(
                    "CM052",
                    f"`{title}` does not {verb} the residual that "
                    + ("is declared" if title == "forward" else "`forward` leaves"),
                    facts=[
                        ("residual", str(residual)),
                        ("`forward`", forward.type_text()),
                        ("`backward`", backward.type_text()),
                        *wire_facts(got, m),
                    ],
                    help=["the residual comes first: A → M × B, and M × B′ → A′"],
                )
        for title, arrow in (("forward", forward), ("backward", backward)):
            deterministic(title, arrow)

    @property
    def source(self) -> Types:
        """A."""
        return self.forward.dom

    @property
    def source_back(self) -> Types:
        """A′."""
        return self.backward.cod

    @property
    def target(self) -> Types:
        """B."""
        return self.forward.cod[self.kept :]

    @property
    def target_back(self) -> Types:
        """B′."""
        return self.backward.dom[self.kept :]

    @property
    def kept(self) -> int:
        """The number of wires of the residual."""
        return len(self.residual.wires)

    def __rshift__(self, other: Optic) -> Optic:
        _optic(other)
        meet(self, other)
        forward, backward = self._beside(other)
        m, n = self.kept, other.kept

        def there(use: Use, a: Wires) -> Wires:
            left = use(self.forward, a)
            right = use(forward, left[m:])
            return left[:m] + right

        def back(use: Use, w: Wires) -> Wires:
            return use(self.backward, w[:m] + use(backward, w[m:]))

        residual = product_space(self.residual, other.residual)
        types = residual.wires + other.target_back
        assert len(types) == m + n + len(other.target_back)
        return Optic(
            residual,
            glued("there", self.source, there, input_names(self.forward)),
            glued("back", types, back),
            f"{self.label()} >> {other.label()}",
        )

    def __matmul__(self, other: Optic) -> Optic:
        _optic(other)
        forward, backward = self._beside(other)
        m, n, a = self.kept, other.kept, len(self.source)
        b = m + n + len(self.target_back)

        def there(use: Use, w: Wires) -> Wires:
            left, right = use(self.forward, w[:a]), use(forward, w[a:])
            return left[:m] + right[:n] + left[m:] + right[n:]

        def back(use: Use, w: Wires) -> Wires:
            left = use(self.backward, w[:m] + w[m + n : b])
            return left + use(backward, w[m : m + n] + w[b:])

        residual = product_space(self.residual, other.residual)
        types = residual.wires + self.target_back + other.target_back
        return Optic(
            residual,
            glued("there", self.source + other.source, there),
            glued("back", types, back),
            f"({self.label()} @ {other.label()})",
        )

    def _beside(self, other: Optic) -> list[Arrow]:
        """The arrows of another optic, with weights of their own."""
        return apart((other.forward, other.backward), heads((self.forward, self.backward)))

    def named(self, name: str) -> Optic:
        """The optic under a name."""
        return Optic(self.residual, self.forward, self.backward, name)

    def label(self) -> str:
        """What messages call the optic."""
        return self.name or self.forward.label()

    def type_text(self) -> str:
        """Both pairs of types."""
        return f"{pair(self.source, self.source_back)} → {pair(self.target, self.target_back)}"

    def __repr__(self) -> str:
        return f"optic {self.label()}: {self.type_text()}, keeping {self.residual}"


def _optic(other: object) -> None:
    """CM052 unless it is an optic."""
    if not isinstance(other, Optic):
        raise SpecError(
            "CM052",
            f"an optic is composed with {type(other).__name__} `{other}`",
            help=["say what a lens keeps: optic(f) its input, stored(f) what its way back needs"],
        )


@checked
def optic(of: Lens) -> Optic:
    """A lens as the optic whose residual is its input: everything is computed again."""
    count = len(of.source)
    forward = glued("there", of.source, lambda use, a: a + use(of.get, a), of.names)
    assert len(forward.cod) == count + len(of.target)
    return Optic(product_space(*of.source), forward, of.put, of.label())


@checked
def lens(of: Optic) -> Lens:
    """An optic as the lens that reads its input once more."""
    a, m = len(of.source), of.kept

    def put(use: Use, w: Wires) -> Wires:
        return use(of.backward, use(of.forward, w[:a])[:m] + w[a:])

    names = input_names(of.forward)
    return Lens(
        glued("get", of.source, lambda use, w: use(of.forward, w)[m:], names),
        glued("put", of.source + of.target_back, put),
        of.label(),
    )


def identity_optic(*types: object, back: object = None) -> Optic:
    """The identity: nothing is kept."""
    one = identity_lens(*types, back=back)
    there, behind = product_space(*one.source), product_space(*one.source_back)
    return Optic(product_space(), identity(there), identity(behind), "identity")


# --- equality modulo sliding -----------------------------------------------------------------


@checked
def meaning(of: Optic | Lens) -> Arrow:
    """``A × B′ → B × A′``: what an optic does, whatever it keeps."""
    if isinstance(of, Optic):
        of = lens(of)
    a, get, put = len(of.source), of.get, of.put
    dom = of.source + of.target_back
    return glued("meaning", dom, lambda use, w: use(get, w[:a]) + use(put, w))


def slides(left: Optic, right: Optic) -> bool:
    """Whether two optics are equal modulo sliding, in the free category on the boxes."""
    return same(meaning(left).graph(), meaning(right).graph())


def sliding_law(left: Optic | Lens, right: Optic | Lens, name: str = "") -> Law:
    """The equation that two optics are equal modulo sliding, for the ladder."""
    title = name or f"{left.label()} ~ {right.label()}"
    return commutes(meaning(left), meaning(right), name=title)


@checked
def slide(forward: Arrow, along: Arrow, backward: Arrow) -> tuple[Optic, Optic]:
    """The two optics of ``A → M × B``, ``r : M → N`` and ``N × B′ → A′``: with r on the way there,
    and with r on the way back."""
    m, n = len(along.dom), len(along.cod)
    if forward.cod[:m] != along.dom or backward.dom[:n] != along.cod:
        ends = (("forward", forward.cod[:m], along.dom), ("backward", backward.dom[:n], along.cod))
        raise SpecError(
            "CM052",
            f"`{along.label()}` does not slide between these two",
            facts=[
                ("forward", forward.type_text()),
                ("along", along.type_text()),
                ("backward", backward.type_text()),
                *(f for _, got, want in ends for f in wire_facts(got, want)),
            ],
            help=["forward: A → M × B, along: M → N, backward: N × B′ → A′"],
        )
    first, second, third = forward, *_apart((along,), (forward,)), backward
    (third,) = _apart((backward,), (forward, second))

    def there(use: Use, a: Wires) -> Wires:
        out = use(first, a)
        return use(second, out[:m]) + out[m:]

    def back(use: Use, w: Wires) -> Wires:
        return use(third, use(second, w[:m]) + w[m:])

    types = along.dom + backward.dom[n:]
    return (
        Optic(space(along.cod), glued("there", forward.dom, there), third, "there"),
        Optic(space(along.dom), first, glued("back", types, back), "back"),
    )


def _apart(arrows: tuple[Arrow, ...], others: tuple[Arrow, ...]) -> list[Arrow]:
    return apart(arrows, heads(others))


@checked
def optic_laws(f: Optic, g: Optic, h: Optic) -> list[Law]:
    """Composition is associative and has units, and both round trips are identities."""
    before = identity_optic(*f.source, back=product_space(*f.source_back))
    after = identity_optic(*f.target, back=product_space(*f.target_back))
    return [
        sliding_law(before >> f, f, "left unit"),
        sliding_law(f >> after, f, "right unit"),
        sliding_law((f >> g) >> h, f >> (g >> h), "associative"),
        sliding_law(optic(lens(f)), f, "optic of its lens"),
        sliding_law(optic(lens(f) >> lens(g)), f >> g, "composite of the lenses"),
    ]


__all__ = [
    "Optic",
    "identity_optic",
    "lens",
    "meaning",
    "optic",
    "optic_laws",
    "slide",
    "slides",
    "sliding_law",
]
