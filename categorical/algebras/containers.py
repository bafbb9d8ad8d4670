"""Monads on data: lists, trees, terms, finite sets, words; their laws on generic elements.

Definition.  A container says how values of size n are listed (``shapes``), mapped, and what unit
and multiplication are; values are plain Python data.  ``lists`` are tuples.  ``terms(signature)``
is the free monad of a signature ``{operation: (labels, children)}``: ``("var", x)`` and
``(operation, label, …, child, …)``; ``trees`` is that of ``A + X²``, with labelled leaves, and
``list_terms`` that of ``1 + A × X``, lists that end in nil or in a variable.  ``sets`` are finite
sets.

Laws.  The monad laws.  Unit and multiplication are natural, so an equation on a shape whose
positions carry distinct labels holds there for all labels: each law is compared on *every* shape up
to a size, and is TESTED with that scope.  (For ``sets`` labels may coincide: all sets are listed.)

>>> lists.join(((1, 2), (), (3,)))
(1, 2, 3)
>>> list(lists.generic(2, 3))
[(), ((),), ((), ()), ((0,),)]
>>> [law.scope for law in lists.laws(4)][0]
'every shape of at most 4 nodes, all labels by naturality'

A multiplication that reverses is no multiplication:

>>> reversing = lists.with_join("reversing", lambda t: lists.join(t)[::-1])
>>> what, left, right = reversing.laws(6, twin=lists)[0].first_difference()
>>> left != right
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, count, product
from typing import Any

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.data import Compared, Enumerated, enumerated
from categorical.laws.law import Law

Sized = Callable[[int], list[Any]]
Map = Callable[[Callable[[Any], Any], Any], Any]
MOST = 5
LABEL = "?"


@dataclass(frozen=True, eq=False, repr=False)
class Container:
    """See the module.  ``shapes(inner)(n)`` lists the values of size n over ``inner``."""

    name: str
    shapes: Callable[[Sized], Sized]
    map: Map
    unit: Callable[[Any], Any]
    join: Callable[[Any], Any]
    wrong: Callable[[Any], Any]
    natural: bool = True

    def elements(self, nested: int, size: int) -> Iterator[Any]:
        """Every value of T(T(… X)) of at most this size, its positions all alike."""
        sized: Sized = _hole
        for _ in range(nested):
            sized = self.shapes(sized)
        for n in range(size + 1):
            yield from sized(n)

    def generic(self, nested: int, size: int) -> Iterator[Any]:
        """The same, with distinct labels 0, 1, 2, … (for sets: every labelling by 0, 1)."""
        for one in self.elements(nested, size):
            if not self.natural:
                yield one
                continue
            yield _distinct(self.deep(nested, _reading(count()), one), count())

    def deep(self, nested: int, f: Callable[[Any], Any], value: Any) -> Any:
        """f at the positions of a nested value."""
        if nested == 0:
            return f(value)
        return self.map(lambda inner: self.deep(nested - 1, f, inner), value)

    # --- laws ------------------------------------------------------------------------------------

    @checked
    def laws(self, size: int = MOST, twin: Container | None = None) -> list[Law]:
        """Associativity and both units on every shape of at most ``size`` nodes.

        ``twin`` is a broken copy (what is joined is changed by ``wrong``, if none is given).
        """
        other = self.broken() if twin is None else twin
        scope = f"every shape of at most {size} node{'s' if size != 1 else ''}"
        scope += ", all labels by naturality" if self.natural else ", labels 0, 1, 2"
        found: list[Law] = []
        for name in ("associative", "left unit", "right unit"):

            def compared(of: Container = self, law: str = name) -> Iterator[Compared]:
                return of._compared(law, size)

            def broken(of: Container = other, law: str = name) -> Iterator[Compared]:
                return of._compared(law, size)

            found.append(enumerated(name, compared, scope=scope, twin=broken, says=_SAYS[name]))
        return found

    def _compared(self, law: str, size: int) -> Iterator[Compared]:
        nested = 3 if law == "associative" else 1
        for t in self.generic(nested, size):
            if law == "associative":
                left, right = self.join(self.join(t)), self.join(self.map(self.join, t))
            elif law == "left unit":
                left, right = self.join(self.unit(t)), t
            else:
                left, right = self.join(self.map(self.unit, t)), t
            yield repr(t), left, right

    def broken(self) -> Container:
        """A copy whose multiplication does something wrong at the end."""
        return self.with_join(f"{self.name} (broken)", lambda t: self.wrong(self.join(t)))

    def with_join(self, name: str, join: Callable[[Any], Any]) -> Container:
        """The same container with another multiplication."""
        return replace(self, name=name, join=join)

    def with_unit(self, name: str, unit: Callable[[Any], Any]) -> Container:
        """The same container with another unit."""
        return replace(self, name=name, unit=unit)

    # --- algebras --------------------------------------------------------------------------------

    def algebra_laws(
        self,
        structure: Callable[[Any], Any],
        carrier: Sequence[Any],
        twin: Callable[[Any], Any],
        size: int = MOST,
    ) -> list[Law]:
        """``a ∘ η = id`` and ``a ∘ μ = a ∘ T(a)`` for all values over a finite carrier."""
        scope = f"every value of at most {size} nodes over {len(carrier)} elements"

        def unit(a: Callable[[Any], Any]) -> Callable[[], Iterator[Compared]]:
            return lambda: ((repr(x), a(self.unit(x)), x) for x in carrier)

        def associative(a: Callable[[Any], Any]) -> Callable[[], Iterator[Compared]]:
            def every() -> Iterator[Compared]:
                for t in self.elements(2, size):
                    for filled in self.labelled(2, t, carrier):
                        yield repr(filled), a(self.join(filled)), a(self.map(a, filled))

            return every

        return [
            enumerated("unit", unit(structure), scope=f"{len(carrier)} elements", twin=unit(twin)),
            enumerated("associative", associative(structure), scope=scope, twin=associative(twin)),
        ]

    def labelled(self, nested: int, value: Any, labels: Sequence[Any]) -> Iterator[Any]:
        """Every way to put labels at the positions of a nested value."""
        places = _counted(self, nested, value)
        for chosen in product(labels, repeat=places):
            yield self.deep(nested, _reading(iter(chosen)), value)

    def __repr__(self) -> str:
        return self.name


_SAYS = {
    "associative": "μ ∘ μT = μ ∘ Tμ",
    "left unit": "μ ∘ ηT = id",
    "right unit": "μ ∘ Tη = id",
}


def _hole(size: int) -> list[Any]:
    return [None] if size == 1 else []


def _counted(container: Container, nested: int, value: Any) -> int:
    numbers = count()
    container.deep(nested, lambda _: next(numbers), value)
    return next(numbers)


def _reading(labels: Iterator[Any]) -> Callable[[Any], Any]:
    """A function that gives one label after the other."""
    return lambda _: next(labels)


def _distinct(value: Any, numbers: Iterator[int]) -> Any:
    """The labels of operations numbered, from left to right."""
    if value == LABEL:
        return f"a{next(numbers)}"
    if isinstance(value, tuple):
        return tuple(_distinct(part, numbers) for part in value)
    return value


def sequences(parts: Sized, size: int) -> Iterator[tuple[Any, ...]]:
    """All tuples of values with this total size."""
    if size == 0:
        yield ()
    for first in range(1, size + 1):
        for head in parts(first):
            for tail in sequences(parts, size - first):
                yield (head, *tail)


def fixed(parts: Sequence[Sized], size: int) -> Iterator[tuple[Any, ...]]:
    """All tuples of a fixed length with this total size."""
    if not parts:
        if size == 0:
            yield ()
        return
    for first in range(size + 1):
        for head in parts[0](first):
            for tail in fixed(parts[1:], size - first):
                yield (head, *tail)


# --- lists ----------------------------------------------------------------------------------------


def _list_shapes(inner: Sized) -> Sized:
    return lambda size: [one for one in sequences(inner, size - 1)] if size else []


lists = Container(
    "List",
    _list_shapes,
    lambda f, t: tuple(map(f, t)),
    lambda x: (x,),
    lambda t: tuple(x for inner in t for x in inner),
    lambda t: t[::-1],
)


# --- terms ----------------------------------------------------------------------------------------

Signature = Mapping[str, tuple[int, int]]


@checked
def terms(signature: Signature, name: str = "") -> Container:
    """The free monad of a signature: each operation has so many labels and so many children."""
    for operation, (labels, children) in signature.items():
        if operation == "var" or min(labels, children) < 0:
            raise SpecError(
                "CM048",
                f"`{operation}` is no operation of a signature",
                facts=[("labels, children", f"{labels}, {children}")],
            )

    def shapes(inner: Sized) -> Sized:
        known: dict[int, list[Any]] = {}

        def sized(size: int) -> list[Any]:
            if size not in known:
                found: list[Any] = [("var", x) for x in inner(size)]
                for operation, (labels, children) in signature.items():
                    filled = (LABEL,) * labels
                    below = [sized] * children
                    if size >= 1:
                        rest = fixed(below, size - 1) if children else fixed((), size - 1)
                        found += [(operation, *filled, *parts) for parts in rest]
                known[size] = found
            return known[size]

        return lambda size: sized(size) if size else []

    def fold(leaf: Callable[[Any], Any], t: Any) -> Any:
        if t[0] == "var":
            return leaf(t[1])
        labels, _ = signature[t[0]]
        return (*t[: labels + 1], *(fold(leaf, child) for child in t[labels + 1 :]))

    def wrong(t: Any) -> Any:
        """The children of the outermost operation in the other order; an only child alone."""
        if t[0] == "var" or signature[t[0]][1] == 0:
            return t
        labels, children = signature[t[0]]
        return t[-1] if children == 1 else (*t[: labels + 1], *t[:labels:-1])

    return Container(
        name or "Free",
        shapes,
        lambda f, t: fold(lambda x: ("var", f(x)), t),
        lambda x: ("var", x),
        lambda t: fold(lambda inner: inner, t),
        wrong,
    )


trees = terms({"leaf": (1, 0), "node": (0, 2)}, "Tree")
list_terms = terms({"nil": (0, 0), "cons": (1, 1)}, "List₁₊")


# --- finite sets ----------------------------------------------------------------------------------


def _set_shapes(inner: Sized) -> Sized:
    def sized(size: int) -> list[Any]:
        """Sets of so many distinct parts, each of at most two."""
        every = list(dict.fromkeys(one for n in range(3) for one in inner(n)))
        return [frozenset(chosen) for chosen in combinations(every, size)]

    return sized


def _labels(size: int) -> list[Any]:
    return [0, 1, 2] if size == 1 else []


class _Sets(Container):
    def elements(self, nested: int, size: int) -> Iterator[Any]:
        sized: Sized = _labels
        for _ in range(nested):
            sized = self.shapes(sized)
        for n in range(size + 1):
            yield from sized(n)

    def deep(self, nested: int, f: Callable[[Any], Any], value: Any) -> Any:
        return value


sets = _Sets(
    "P",
    _set_shapes,
    lambda f, t: frozenset(map(f, t)),
    lambda x: frozenset((x,)),
    lambda t: frozenset(x for inner in t for x in inner),
    lambda t: t - {max(t, key=repr)} if len(t) == 2 else t,
    natural=False,
)


def morphism_laws(
    source: Container,
    target: Container,
    component: Callable[[Any], Any],
    twin: Callable[[Any], Any],
    size: int = MOST,
) -> list[Law]:
    """A natural map of containers keeps units and multiplications, on every shape up to a size."""
    scope = f"every shape of at most {size} nodes, all labels by naturality"

    def unit(phi: Callable[[Any], Any]) -> Callable[[], Iterator[Compared]]:
        return lambda: ((repr(x), phi(source.unit(x)), target.unit(x)) for x in (0,))

    def multiplication(phi: Callable[[Any], Any]) -> Callable[[], Iterator[Compared]]:
        return lambda: (
            (repr(t), phi(source.join(t)), target.join(phi(source.map(phi, t))))
            for t in source.generic(2, size)
        )

    return [
        enumerated("unit", unit(component), scope="any label", twin=unit(twin)),
        enumerated(
            "multiplication", multiplication(component), scope=scope, twin=multiplication(twin)
        ),
    ]


@checked
def acting(
    name: str,
    elements: Sequence[Any],
    mul: Callable[[Any, Any], Any],
    one: Any,
    wrong: Callable[[Any], Any],
) -> Container:
    """``M × −`` for a finite monoid, or for some elements of one: pairs of an element and a value.

    ``wrong`` changes the element of a broken copy.
    """

    def shapes(inner: Sized) -> Sized:
        return lambda size: [(m, x) for m in elements for x in inner(size)]

    return Container(
        name,
        shapes,
        lambda f, t: (t[0], f(t[1])),
        lambda x: (one, x),
        lambda t: (mul(t[0], t[1][0]), t[1][1]),
        lambda t: (wrong(t[0]), t[1]),
    )


def closure(generators: Iterable[Any], join: Callable[[Any, Any], Any]) -> set[Any]:
    """All elements that an operation makes of some."""
    found = set(generators)
    while True:
        more = {join(a, b) for a in found for b in found} - found
        if not more:
            return found
        found |= more


def monoid_laws(
    name: str,
    elements: Sequence[Any],
    mul: Callable[[Any, Any], Any],
    unit: Any,
    twin: Callable[[Any, Any], Any],
) -> list[Enumerated]:
    """The laws of a finite monoid (or of some elements of one), on all of them."""
    size = len(elements)

    def associative(m: Callable[[Any, Any], Any]) -> Callable[[], Iterator[Compared]]:
        return lambda: (
            (f"{a!r}, {b!r}, {c!r}", m(m(a, b), c), m(a, m(b, c)))
            for a, b, c in product(elements, repeat=3)
        )

    def units(m: Callable[[Any, Any], Any]) -> Callable[[], Iterator[Compared]]:
        return lambda: ((repr(a), (m(unit, a), m(a, unit)), (a, a)) for a in elements)

    return [
        enumerated(
            f"{name} associative",
            associative(mul),
            scope=f"all {size**3} triples of {size} elements",
            twin=associative(twin),
        ),
        enumerated(f"{name} units", units(mul), scope=f"all {size} elements", twin=units(twin)),
    ]
