"""The laws of lenses: those that lenses have, and those that lawful lenses have.

Definition.  ``lawful(f)`` states get-put ``put(a, get a) = a``, put-get ``get(put(a, b)) = b`` and
put-put ``put(put(a, b), b₂) = put(a, b₂)``: they hold of coordinates, fields and rows.
``additive(f)`` states that ``put`` is additive in what comes back, as for cotangents (Lens_A).
``category_laws`` and ``product_laws`` are those of composition, for any lenses.

Laws.  They are equations between arrows, and the ladder decides them.  *When they are not asked
for*: the lens of a gradient has cotangents on the way back.  Even where both pairs of types agree,
its ``put`` says how the whole should move, and makes no whole that shows the new part; get-put of a
step of descent fails wherever the step moves anything.  So ``lawful`` of either is refuted.  What
holds of gradients is ``additive``, and of optimisers not even that.

>>> from categorical import Dim, Real, op
>>> from categorical.lenses.lens import adapter, field
>>> n, m = Dim.named("n m")
>>> [law.name for law in lawful(field(Real[n], Real[m]))]
['get-put', 'put-get', 'put-put']

Lenses whose ways differ in type have no such laws to be asked:

>>> lawful(adapter(op.mean(n).at(Real[n]), op.expand(m).at(Real[()])))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: the laws of `adapter(mean)` cannot be stated
...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from categorical import messages, op
from categorical.arrows import Arrow, Types, discard, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.diagrams import commutes
from categorical.laws.law import Law
from categorical.lenses.gluing import Use, Wires, apart, glued, heads, numeric
from categorical.lenses.lens import Lens, identity_lens, zeros
from categorical.spaces import Space


def _one_type(lens: Lens) -> None:
    for end, there, back in (
        ("source", lens.source, lens.source_back),
        ("target", lens.target, lens.target_back),
    ):
        if there != back:
            raise SpecError(
                "CM052",
                f"the laws of `{lens.label()}` cannot be stated",
                facts=[
                    (end, f"{messages.side(there)} there, {messages.side(back)} on the way back"),
                    ("needed", "what is read, and what is put, in the same types"),
                ],
                help=["of a lens between cotangents `additive` is asked, not these laws"],
            )


def get_put(lens: Lens) -> Law:
    """``put(a, get a) = a``."""
    _one_type(lens)
    left = glued(
        "put_what_is_there",
        lens.source,
        lambda use, a: use(lens.put, a + use(lens.get, a)),
        lens.names,
    )
    return commutes(left, identity(*lens.source), name="get-put")


def put_get(lens: Lens) -> Law:
    """``get(put(a, b)) = b``."""
    _one_type(lens)
    dom = lens.source + lens.target
    left = glued("get_what_was_put", dom, lambda use, w: use(lens.get, use(lens.put, w)))
    right = discard(lens.source) @ identity(*lens.target)
    return commutes(left, right, name="put-get")


def put_put(lens: Lens) -> Law:
    """``put(put(a, b), b₂) = put(a, b₂)``."""
    _one_type(lens)
    a, b = len(lens.source), len(lens.target)
    dom = lens.source + lens.target + lens.target

    def twice(use: Use, w: Wires) -> Wires:
        return use(lens.put, use(lens.put, w[: a + b]) + w[a + b :])

    def once(use: Use, w: Wires) -> Wires:
        return use(lens.put, w[:a] + w[a + b :])

    return commutes(glued("put_twice", dom, twice), glued("put_once", dom, once), name="put-put")


@checked
def lawful(lens: Lens) -> list[Law]:
    """The three laws; CM052 where the types on the two ways differ."""
    return [get_put(lens), put_get(lens), put_put(lens)]


@checked
def additive(lens: Lens) -> list[Law]:
    """``put(a, b + c) = put(a, b) + put(a, c)`` and ``put(a, 0) = 0``."""
    back, count = lens.target_back, len(lens.source)
    for types in (back, lens.source_back):
        if numeric(types) != types:
            raise SpecError(
                "CM052",
                f"`put` of `{lens.label()}` cannot be additive",
                facts=[("types", messages.side(types)), ("needed", "real or complex numbers")],
                help=["what is added is numbers: leave out the other wires"],
            )
    dom, b = lens.source + back, len(back)

    def of_sum(use: Use, w: Wires) -> Wires:
        pairs = zip(back, w[count : count + b], w[count + b :], strict=True)
        return use(lens.put, w[:count] + sums(use, pairs))

    def sum_of(use: Use, w: Wires) -> Wires:
        one = use(lens.put, w[: count + b])
        two = use(lens.put, w[:count] + w[count + b :])
        return sums(use, zip(lens.source_back, one, two, strict=True))

    def of_zero(use: Use, w: Wires) -> Wires:
        return use(lens.put, w + tuple(use(zeros(one), ())[0] for one in back))

    def zero(use: Use, w: Wires) -> Wires:
        return tuple(use(zeros(one), ())[0] for one in lens.source_back)

    return [
        commutes(
            glued("put_of_sum", dom + back, of_sum),
            glued("sum_of_puts", dom + back, sum_of),
            name="additive",
        ),
        commutes(
            glued("put_of_zero", lens.source, of_zero),
            glued("zero", lens.source, zero),
            name="additive: zero",
        ),
    ]


def sums(use: Use, triples: Iterable[tuple[Space, int, int]]) -> Wires:
    """Wires added, two and two."""
    return tuple(use(op.add.at(t, t), (x, y))[0] for t, x, y in triples)


# --- equations between lenses -----------------------------------------------------------------


def equal_lenses(
    left: Lens, right: Lens, name: str = "", renaming: Mapping[str, str] | None = None
) -> list[Law]:
    """The equations that two lenses are one: their ``get``, and their ``put``."""
    if _types(left) != _types(right):
        raise SpecError(
            "CM052",
            f"`{left.label()}` and `{right.label()}` are lenses of different types",
            facts=[("left", left.type_text()), ("right", right.type_text())],
            help=["an equation is between lenses with the same four types"],
        )
    title = name or f"{left.label()} = {right.label()}"
    return [
        commutes(_boxed(one), _boxed(two), renaming, f"{title}: {way}", True)
        for way, one, two in (("get", left.get, right.get), ("put", left.put, right.put))
        if one.cod
    ]


def _types(lens: Lens) -> tuple[Types, ...]:
    return lens.source, lens.source_back, lens.target, lens.target_back


def _boxed(arrow: Arrow) -> Arrow:
    """The arrow without a name of its own."""
    return glued(arrow.label(), arrow.dom, lambda use, w: use(arrow, w))


@checked
def category_laws(*lenses: Lens) -> list[Law]:
    """Units of the first lens, and associativity where three are given."""
    first = lenses[0]
    before = identity_lens(*first.source, back=first.source_back)
    after = identity_lens(*first.target, back=first.target_back)
    found = equal_lenses(before >> first, first, "left unit")
    found += equal_lenses(first >> after, first, "right unit")
    if len(lenses) == 3:
        f, g, h = lenses
        found += equal_lenses((f >> g) >> h, f >> (g >> h), "associative")
    return found


@checked
def product_laws(f: Lens, g: Lens, h: Lens, k: Lens) -> list[Law]:
    """The product is functorial: ``(f >> g) @ (h >> k) = (f @ h) >> (g @ k)``, identities too."""
    left, right = (f >> g) @ (h >> k), (f @ h) >> (g @ k)
    one = identity_lens(*f.source, back=f.source_back)
    two = identity_lens(*h.source, back=h.source_back)
    both = identity_lens(*f.source, *h.source, back=f.source_back + h.source_back)
    return [
        *equal_lenses(left, right, "product of composites", _reordered([f, g, h, k], (0, 2, 1, 3))),
        *equal_lenses(one @ two, both, "product of identities"),
    ]


def _reordered(lenses: Sequence[Lens], order: Sequence[int]) -> dict[str, str]:
    """The names of weights in a composite of the lenses in another order, by those in this one."""
    old = _numbered(lenses)
    new = _numbered([lenses[i] for i in order])
    pairs = ((a, b) for at, i in enumerate(order) for a, b in zip(new[at], old[i], strict=True))
    return {a: b for a, b in pairs if a != b}


def _numbered(lenses: Sequence[Lens]) -> list[list[str]]:
    """The names that the weights of each lens get in a composite of all."""
    taken: list[str] = []
    found = []
    for lens in lenses:
        found.append(heads(apart((lens.get, lens.put), taken)))
        taken += found[-1]
    return found
