"""Index sets: what an axis of an array ranges over.

Definition.  An index set is a named atom (``Dim``), an ordered product, an ordered sum, an exact
quotient, or a set derived from another one (the positions of a strided window).  Its ``size`` is
a commutative polynomial; the index set itself is not commutative.

Laws.  Product and sum are associative, products have the one-point set as unit, and splitting
undoes merging: ``h * (d // h)`` is ``d``.  Equality is identity of interned normal forms.

>>> h, w, d = Dim.named("h w d")
>>> (h * w) * d is h * (w * d), h * (d // h) is d, (2 * d) // 2 is d
(True, True, True)

One size is not one index set: swapped axes and sums of equal sets stay different.

>>> h * w is w * h, (h * w).size is (w * h).size
(False, True)
>>> d + d is 2 * d, (d + d).size is (2 * d).size
(False, True)

A name is an identifier, and a dimension is an object, never a string.

>>> Dim("two words")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM024]: `two words` cannot name a dimension
...
"""

from __future__ import annotations

import keyword
import re
from typing import Any, ClassVar, overload

from categorical.errors import SpecError
from categorical.sizes import Condition, Size, exact_quotient

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class IndexSet:
    """An interned index set; build one with ``Dim``, ``*``, ``+`` and ``//``."""

    __slots__ = ("__weakref__", "_key", "atoms", "size")
    _table: ClassVar[dict[tuple[object, ...], IndexSet]] = {}

    size: Size
    atoms: frozenset[Dim]
    _key: tuple[object, ...]

    @property
    def conditions(self) -> frozenset[Condition]:
        """The side conditions of its size and of the sizes of its parts.

        The size of ``h × (d // h)`` alone no longer shows that h divides d.
        """
        found = self.size.conditions
        for part in self.parts:
            found |= part.conditions
        return found

    @property
    def parts(self) -> tuple[IndexSet, ...]:
        """The index sets that it is built from."""
        return ()

    def at(self, label: str) -> Axis:
        """A labelled occurrence, to tell two axes over one index set apart."""
        return Axis(self, label)

    def __mul__(self, other: IndexSet | int) -> IndexSet:
        return product(self, other)

    def __rmul__(self, other: int) -> IndexSet:
        return product(other, self)

    def __add__(self, other: IndexSet | int) -> IndexSet:
        return disjoint_sum(self, other)

    def __radd__(self, other: int) -> IndexSet:
        return disjoint_sum(other, self)

    def __sub__(self, other: object) -> IndexSet:
        raise SpecError(
            "CM033",
            f"a dimension has no difference: `{self}` minus `{other}`",
            facts=[("reason", "removing indices does not say which ones")],
            help=["take a part of an axis: op.slice, op.take, op.unconcat"],
        )

    def __truediv__(self, other: object) -> IndexSet:
        raise SpecError(
            "CM033",
            f"a dimension is divided exactly: `{self}` / `{other}`",
            facts=[("reason", "a quotient of index sets is an index set, not a number")],
            help=[f"write {self} // {other}: its condition is that it divides"],
        )

    def __floordiv__(self, other: IndexSet | int) -> IndexSet:
        return quotient(self, other)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self).__name__, self._key))

    def __repr__(self) -> str:
        return str(self)


class Dim(IndexSet):
    """A named index set.

    ``action`` says that the axis is a basis of a linear space on which a group acts by matrices
    (``"sign"`` or ``"rotation"``) and not by permuting indices: pointwise operations are then
    typed (`relu` does not apply to a rotation vector).  ``varies`` declares that the size differs
    from sample to sample, which the ``union`` batch functor needs to know.
    """

    __slots__ = ("action", "fixed", "name", "varies")
    name: str
    fixed: int | None
    action: str | None
    varies: bool

    def __new__(
        cls,
        name: str,
        *,
        size: int | None = None,
        action: str | None = None,
        varies: bool = False,
    ) -> Dim:
        key = ("dim", name, size, action, varies)
        found = IndexSet._table.get(key)
        if isinstance(found, Dim):
            return found
        if not isinstance(name, str) or not _NAME.match(name) or keyword.iskeyword(name):
            raise SpecError(
                "CM024",
                f"`{name}` cannot name a dimension",
                help=["use an ASCII identifier that is no Python keyword, such as `n` or `width`"],
            )
        if action not in (None, "sign", "rotation"):
            raise SpecError(
                "CM024",
                f"`{action}` is not an action of a linear axis",
                help=['use action="sign" or action="rotation"'],
            )
        if size is not None and (type(size) is not int or size < 1):
            raise SpecError(
                "CM025",
                f"dimension `{name}` cannot have the size {size!r}",
                help=["a size is a positive whole number; leave it out to keep it open"],
            )
        self = object.__new__(cls)
        self.name, self.fixed, self.action, self.varies = name, size, action, varies
        self.size = Size.symbol(name) if size is None else Size.of(size)
        self.atoms = frozenset((self,))
        self._key = key
        IndexSet._table[key] = self
        return self

    @staticmethod
    def named(names: str) -> tuple[Dim, ...]:
        """``Dim.named("n c h")`` makes three dimensions at once."""
        if not isinstance(names, str):
            raise SpecError(
                "CM024",
                f"`Dim.named` takes one text, not {names!r}",
                help=['write the names in one text: Dim.named("n c h")'],
            )
        return tuple(Dim(name) for name in names.replace(",", " ").split())

    def __reduce__(self) -> tuple[object, ...]:
        return (_dim, (self.name, self.fixed, self.action, self.varies))

    def __str__(self) -> str:
        return self.name


class Points(IndexSet):
    """The anonymous finite set {0, …, count − 1}."""

    __slots__ = ("count",)
    count: int

    def __str__(self) -> str:
        return str(self.count)


class Product(IndexSet):
    """An ordered product, last factor fastest (row-major)."""

    __slots__ = ("factors",)
    factors: tuple[IndexSet, ...]

    @property
    def parts(self) -> tuple[IndexSet, ...]:
        return self.factors

    def __str__(self) -> str:
        return "*".join(f"({f})" if isinstance(f, DisjointSum) else str(f) for f in self.factors)


class DisjointSum(IndexSet):
    """An ordered sum: the indices of the first term, then of the second, …"""

    __slots__ = ("terms",)
    terms: tuple[IndexSet, ...]

    @property
    def parts(self) -> tuple[IndexSet, ...]:
        return self.terms

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms))


class Quotient(IndexSet):
    """``whole // part``: the index set with ``part × (whole // part) ≅ whole``."""

    __slots__ = ("part", "whole")
    whole: IndexSet
    part: IndexSet

    @property
    def parts(self) -> tuple[IndexSet, ...]:
        return (self.whole, self.part)

    def __str__(self) -> str:
        def wrap(s: IndexSet) -> str:
            return f"({s})" if isinstance(s, (Product, DisjointSum)) else str(s)

        return f"{wrap(self.whole)}//{wrap(self.part)}"


class Derived(IndexSet):
    """Positions computed from those of ``base`` (windows of a strided convolution)."""

    __slots__ = ("base",)
    base: IndexSet

    @property
    def parts(self) -> tuple[IndexSet, ...]:
        return (self.base,)

    def __str__(self) -> str:
        return f"⟨{self.size}⟩"


def points(count: int) -> IndexSet:
    """The set of ``count`` points."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise SpecError(
            "CM025",
            f"an axis cannot have the size {count!r}",
            facts=[("reason", "a number stands for an axis of that size, never for a position")],
            help=["name the axis by its dimension, as in op.mean(n); a size is 1 or more"],
        )
    key = ("points", count)
    found = IndexSet._table.get(key)
    if found is None:
        made = object.__new__(Points)
        made.count, made.size, made.atoms, made._key = count, Size.of(count), frozenset(), key
        found = IndexSet._table[key] = made
    return found


def index_set(value: object) -> IndexSet:
    """Read an index set where a user wrote one (an ``IndexSet`` or a positive ``int``)."""
    if isinstance(value, IndexSet):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return points(value)
    if isinstance(value, str):
        raise SpecError(
            "CM033",
            f"the string {value!r} stands where a dimension is expected",
            facts=[("needed", "a Dim"), ("got", f"{value!r} (str)")],
            help=_declaring().dim_of(value),
        )
    raise SpecError("CM033", f"{value!r} is not a dimension", help=["pass a Dim, or an int"])


def _declaring() -> Any:
    """The wordings of mistakes in declarations: they speak of index sets, so they come later."""
    from categorical import declaring

    return declaring


def product(*factors: IndexSet | int) -> IndexSet:
    """The ordered product in normal form: flat, no units, ``h × (d // h)`` merged to ``d``."""
    flat: list[IndexSet] = []
    for factor in map(index_set, factors):
        for part in factor.factors if isinstance(factor, Product) else (factor,):
            _push(flat, part)
    if not flat:
        return points(1)
    if len(flat) == 1:
        return flat[0]
    key = ("product", *flat)
    found = IndexSet._table.get(key)
    if found is None:
        made = object.__new__(Product)
        made.factors, made._key = tuple(flat), key
        size = Size.of(1)
        for part in flat:
            size = size * part.size
        made.size, made.atoms = size, frozenset().union(*(p.atoms for p in flat))
        found = IndexSet._table[key] = made
    return found


def _push(flat: list[IndexSet], part: IndexSet) -> None:
    """Append one factor, keeping the normal form (merging may cascade to the left)."""
    if isinstance(part, Points) and part.count == 1:
        return
    if flat:
        last = flat[-1]
        if isinstance(part, Points) and isinstance(last, Points):
            flat[-1] = points(last.count * part.count)
            return
        if isinstance(part, Quotient):
            divisor = part.part.factors if isinstance(part.part, Product) else (part.part,)
            if tuple(flat[-len(divisor) :]) == divisor:
                del flat[-len(divisor) :]
                whole = part.whole
                for piece in whole.factors if isinstance(whole, Product) else (whole,):
                    _push(flat, piece)
                return
    flat.append(part)


def disjoint_sum(*terms: IndexSet | int) -> IndexSet:
    """The ordered sum in normal form: flat, neighbouring anonymous sets added."""
    flat: list[IndexSet] = []
    for term in map(index_set, terms):
        for part in term.terms if isinstance(term, DisjointSum) else (term,):
            if isinstance(part, Points) and flat and isinstance(flat[-1], Points):
                flat[-1] = points(flat[-1].count + part.count)
            else:
                flat.append(part)
    if len(flat) == 1:
        return flat[0]
    key = ("sum", *flat)
    found = IndexSet._table.get(key)
    if found is None:
        made = object.__new__(DisjointSum)
        made.terms, made._key = tuple(flat), key
        size = Size.of(0)
        for part in flat:
            size = size + part.size
        made.size, made.atoms = size, frozenset().union(*(p.atoms for p in flat))
        found = IndexSet._table[key] = made
    return found


def quotient(whole: IndexSet | int, part: IndexSet | int) -> IndexSet:
    """``whole // part`` with the side condition that the size divides."""
    whole, part = index_set(whole), index_set(part)
    if isinstance(part, Points) and part.count == 1:
        return whole
    if whole is part:
        return points(1)
    numerator = whole.factors if isinstance(whole, Product) else (whole,)
    divisor = part.factors if isinstance(part, Product) else (part,)
    if len(numerator) > len(divisor) and numerator[: len(divisor)] == divisor:
        return product(*numerator[len(divisor) :])
    if isinstance(numerator[0], Points) and isinstance(part, Points):
        count, by = numerator[0].count, part.count
        if count % by == 0:
            return product(count // by, *numerator[1:])
        if len(numerator) == 1:
            near = [d for d in range(1, count + 1) if count % d == 0]
            near = [*[d for d in near if d < by][-1:], *[d for d in near if d > by][:1]]
            raise SpecError(
                "CM008",
                f"{by} does not divide {count}",
                facts=[("the axis", f"{count} indices"), ("the parts", str(by))],
                help=[f"the nearest divisors of {count}: {', '.join(map(str, near))}"],
            )
    key = ("quotient", whole, part)
    found = IndexSet._table.get(key)
    if found is None:
        made = object.__new__(Quotient)
        made.whole, made.part, made._key = whole, part, key
        try:
            made.size = exact_quotient(whole.size, part.size)
        except ValueError as problem:
            raise SpecError("CM008", str(problem)) from None
        made.atoms = whole.atoms | part.atoms
        found = IndexSet._table[key] = made
    return found


def derived(base: IndexSet, size: Size) -> IndexSet:
    """The positions that an operation computes from those of ``base``."""
    if size is base.size:
        return base
    while isinstance(base, Derived):
        base = base.base
    if size is base.size:
        return base
    if size.is_constant:
        return points(int(size))
    key = ("derived", base, size)
    found = IndexSet._table.get(key)
    if found is None:
        made = object.__new__(Derived)
        made.base, made.size, made._key, made.atoms = base, size, key, base.atoms
        found = IndexSet._table[key] = made
    return found


def _dim(name: str, size: int | None, action: str | None, varies: bool) -> Dim:
    return Dim(name, size=size, action=action, varies=varies)


def _rebuild(kind: str, key: tuple[object, ...]) -> IndexSet:
    """Unpickle into the interning table."""
    args = key[1:]
    if kind == "Points":
        return points(args[0])  # type: ignore[arg-type]
    if kind == "Product":
        return product(*args)  # type: ignore[arg-type]
    if kind == "DisjointSum":
        return disjoint_sum(*args)  # type: ignore[arg-type]
    if kind == "Quotient":
        return quotient(*args)  # type: ignore[arg-type]
    return derived(*args)  # type: ignore[arg-type]


class Axis:
    """One occurrence of an index set in the type of an array, with an optional label."""

    __slots__ = ("index", "label")
    _table: ClassVar[dict[tuple[IndexSet, str], Axis]] = {}
    index: IndexSet
    label: str

    def __new__(cls, index: IndexSet | int, label: str = "") -> Axis:
        index = index_set(index)
        found = cls._table.get((index, label))
        if found is not None:
            return found
        if not isinstance(label, str) or (
            label and (not _NAME.match(label) or keyword.iskeyword(label))
        ):
            raise SpecError(
                "CM024",
                f"`{label}` cannot be the label of an axis",
                help=["use an ASCII identifier that is no Python keyword, such as `key`"],
            )
        self = object.__new__(cls)
        self.index, self.label = index, label
        cls._table[(index, label)] = self
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return (Axis, (self.index, self.label))

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    @property
    def size(self) -> Size:
        return self.index.size

    def __str__(self) -> str:
        if not self.label:
            return str(self.index)
        name = str(self.index)
        return f'{name if isinstance(self.index, Dim) else f"({name})"}.at("{self.label}")'

    __repr__ = __str__


@overload
def axis(value: Axis) -> Axis: ...
@overload
def axis(value: object) -> Axis: ...
def axis(value: object) -> Axis:
    """Read an axis where a user wrote one (an ``Axis``, an index set, or an ``int``)."""
    return value if isinstance(value, Axis) else Axis(index_set(value))
