"""Spaces: the objects of the category, the types that wires carry.

Definition.  An array is an element kind over axes: ``Real[n, c]``, ``Complex[n]``, ``Bool[n]``,
``Fin(v)[e]`` (indices into the index set ``v``).  A space is an array, a product of spaces
(``A * B``) or a sum of spaces (``A + B``, with static case analysis only).

Laws.  Products and sums are associative, ``One`` is the unit of the product; equality is identity.

>>> from categorical.index import Dim
>>> n, c, v = Dim.named("n c v")
>>> Real[n, c] is Real[n, c], Real[n, c] is Real[c, n]
(True, False)
>>> Real[n, n.at("key")] * Fin(v)[n]
Real[n, n.at("key")] × Fin(v)[n]

Two axes over one index set need a label, so that an operation never has to guess.

>>> Real[n, n]
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM009]: two axes of one array range over `n`
...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, get_args, get_origin

from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis, index_set
from categorical.sizes import Size


class OfSpaces:
    """What takes spaces to spaces, and says itself what a space plus or times it is."""


class Space:
    """An object of the category; interned, so equality is identity."""

    __slots__ = ("__weakref__",)
    _table: ClassVar[dict[tuple[object, ...], Space]] = {}

    @property
    def wires(self) -> tuple[Space, ...]:
        """The space as a list of wires (a product is the list of its parts)."""
        return (self,)

    def __mul__(self, other: Space) -> Space:
        return NotImplemented if isinstance(other, OfSpaces) else product_space(self, other)

    def __add__(self, other: Space) -> Space:
        return NotImplemented if isinstance(other, OfSpaces) else sum_space(self, other)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return str(self)


class Array(Space):
    """An array: ``kind`` over ``axes``; ``values`` is the index set of a ``Fin`` array."""

    __slots__ = ("axes", "kind", "values")
    kind: str
    axes: tuple[Axis, ...]
    values: IndexSet | None

    def __new__(cls, kind: str, axes: tuple[Axis, ...], values: IndexSet | None = None) -> Array:
        key = ("array", kind, axes, values)
        found = Space._table.get(key)
        if isinstance(found, Array):
            return found
        for position, one in enumerate(axes):
            if one in axes[:position]:
                from categorical.declaring import label_of

                raise SpecError(
                    "CM009",
                    f"two axes of one array range over `{one}`",
                    facts=[("array", _array_text(kind, axes, values))],
                    help=label_of(one),
                )
        self = object.__new__(cls)
        self.kind, self.axes, self.values = kind, axes, values
        Space._table[key] = self
        return self

    @property
    def size(self) -> Size:
        """How many elements the array has."""
        total = Size.of(1)
        for one in self.axes:
            total = total * one.size
        return total

    @property
    def atoms(self) -> frozenset[Dim]:
        """Every named dimension that the type mentions."""
        found: frozenset[Dim] = frozenset()
        for one in self.axes:
            found |= one.index.atoms
        return found | self.values.atoms if self.values is not None else found

    def position(self, wanted: Axis) -> int:
        """Where an axis stands; −1 if the array does not have it."""
        for place, one in enumerate(self.axes):
            if one is wanted:
                return place
        return -1

    def with_axes(self, axes: tuple[Axis, ...]) -> Array:
        """The same kind of array over other axes."""
        return Array(self.kind, axes, self.values)

    def __reduce__(self) -> tuple[object, ...]:
        return (Array, (self.kind, self.axes, self.values))

    def __str__(self) -> str:
        return _array_text(self.kind, self.axes, self.values)


def _array_text(kind: str, axes: tuple[Axis, ...], values: IndexSet | None) -> str:
    head = f"Fin({values})" if kind == "fin" else kind.capitalize()
    return f"{head}[{', '.join(map(str, axes))}]" if axes else f"{head}[()]"


class ProductSpace(Space):
    """An ordered product of non-product spaces."""

    __slots__ = ("parts",)
    parts: tuple[Space, ...]

    @property
    def wires(self) -> tuple[Space, ...]:
        return self.parts

    def __reduce__(self) -> tuple[object, ...]:
        return (product_space, self.parts)

    def __str__(self) -> str:
        return (
            " × ".join(f"({p})" if isinstance(p, SumSpace) else str(p) for p in self.parts) or "One"
        )


class SumSpace(Space):
    """A sum of spaces; an arrow out of it is one arrow for each case."""

    __slots__ = ("cases",)
    cases: tuple[Space, ...]

    def __reduce__(self) -> tuple[object, ...]:
        return (sum_space, self.cases)

    def __str__(self) -> str:
        return " + ".join(
            f"({c})" if isinstance(c, ProductSpace) and c.parts else str(c) for c in self.cases
        )


def product_space(*parts: Space) -> Space:
    """The product of spaces, flat; one part is itself."""
    flat = tuple(w for part in parts for w in space(part).wires)
    if len(flat) == 1:
        return flat[0]
    key = ("product", *flat)
    found = Space._table.get(key)
    if found is None:
        made = object.__new__(ProductSpace)
        made.parts = flat
        found = Space._table[key] = made
    return found


def sum_space(*cases: Space) -> Space:
    """The sum of spaces, flat."""
    flat = tuple(
        c for case in cases for c in (case.cases if isinstance(case, SumSpace) else (case,))
    )
    key = ("sum", *flat)
    found = Space._table.get(key)
    if found is None:
        made = object.__new__(SumSpace)
        made.cases = flat
        found = Space._table[key] = made
    return found


One = product_space()


class Kind:
    """``Real``, ``Complex``, ``Bool`` and ``Fin(v)``: subscript with axes to get an array."""

    __slots__ = ("kind", "values")
    # tells typeguard about our annotations, as soon as a user has loaded it (categorical.typecheck)
    unheard: ClassVar[Callable[[], bool] | None] = None

    def __init__(self, kind: str, values: IndexSet | None = None) -> None:
        self.kind, self.values = kind, values

    def __getitem__(self, axes: object) -> Array:
        if Kind.unheard is not None and Kind.unheard():
            Kind.unheard = None
        items = axes if isinstance(axes, tuple) else (axes,)
        return Array(self.kind, tuple(axis(item) for item in items), self.values)

    @property
    def scalar(self) -> Array:
        """The array without axes."""
        return Array(self.kind, (), self.values)

    def __repr__(self) -> str:
        return f"Fin({self.values})" if self.kind == "fin" else self.kind.capitalize()


Real = Kind("real")
Complex = Kind("complex")
Bool = Kind("bool")


def Fin(values: IndexSet | int) -> Kind:
    """Indices into the index set ``values``: ``Fin(v)[e]`` is a map e → v."""
    return Kind("fin", index_set(values))


def space(value: object) -> Space:
    """Read a space where a user wrote one (a space, a kind for a scalar, or a tuple)."""
    if isinstance(value, Space):
        return value
    if isinstance(value, Kind):
        return value.scalar
    if get_origin(value) is tuple:  # the annotation of several results: tuple[Real, Real]
        value = get_args(value)
    if isinstance(value, (tuple, list)):
        return product_space(*(space(v) for v in value))
    if isinstance(value, str):
        raise SpecError(
            "CM033",
            f"the string {value!r} stands where a space is expected",
            help=["write the type as objects:  Real[n, c]"],
        )
    raise SpecError("CM011", f"{value!r} is not a space", help=["write a type such as Real[n, c]"])
