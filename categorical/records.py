"""Generators: the primitive arrows, each one small declarative record.

Definition.  A ``Generator`` says the type of an operation, its meaning in every algebra, the class
of index maps it is natural for, the inputs it is linear in, and whether it may be copied or
dropped.  An ``Op`` is a generator with its attributes; a ``Box`` is an op at the types of its
inputs.  Every generator is polymorphic over further axes: an axis that it does not mention is
carried along (the data-parallel lift), so batching needs no second definition.

Laws.  Parameters, state and noise are wires.  The inputs of a box are its data, then one wire for
each resource of its signature; a stateful box returns its data and then its new state.  Composing
never shares a resource.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> box = op.linear(c, h).op.box((Real[n, c],))
>>> box.cod, [(r.suffix, r.space) for r in box.resources]
((Real[n, h],), [('weight', Real[h, c]), ('bias', Real[h])])

An input without the axis that is contracted has no type:

>>> op.linear(c, h).op.box((Real[n],))
Traceback (most recent call last):
...
categorical.records.MissingAxis: error[CM005]: `linear` needs the axis `c`
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from categorical.errors import SpecError
from categorical.index import Axis, Derived, Dim, IndexSet
from categorical.naturality import NONE, NaturalityClass
from categorical.semantics.algebra import Algebra
from categorical.sizes import Condition, Size
from categorical.spaces import Array

WEIGHT, FROZEN, STATISTIC, STALE, NOISE = "weight", "frozen", "statistic", "stale", "noise"
ROLES = (WEIGHT, FROZEN, STATISTIC, STALE, NOISE)
TRAIN, EVAL = "train", "eval"


class MissingAxis(SpecError):
    """An input lacks an axis.  ``extends`` says whether an open arrow may add it to its domain."""

    axis: Axis
    extends: bool

    @staticmethod
    def of(name: str, wanted: Axis, got: Array, extends: bool) -> MissingAxis:
        facts = [(f"`{name}`", f"needs the axis {wanted}"), ("it got", str(got))]
        same = [a for a in got.axes if a.index is wanted.index]
        help_ = [f"the array has the axis {a}: name that occurrence instead" for a in same]
        code = "CM005"
        like = [a for a in got.axes if a.size is wanted.size and a.index is not wanted.index]
        if like and not same:
            code = "CM003"
            text = f"{like[0]} ≠ {wanted}: one size, but different index sets"
            facts.append(("difference", text))
            if isinstance(like[0].index, Derived) and not like[0].label:
                place = got.axes.index(like[0])
                named = f"y = op.slice(y.type.axes[{place}], into={wanted})(y)"
                help_.append(f"call the computed axis {wanted} before:  {named}")
        error = MissingAxis(code, f"`{name}` needs the axis `{wanted}`", facts=facts, help=help_)
        error.axis, error.extends = wanted, extends
        return error


@dataclass(frozen=True)
class Init:
    """How a resource starts: ``kind`` with its arguments (fan-in as a symbolic size).

    ``zeros``, ``ones``, ``constant(v)``, ``normal(std)``, ``uniform(fan_in)`` (±1/√fan_in, as
    torch's linear and convolution layers), ``xavier(fan_in, fan_out)``, ``eye``, ``gumbel`` and
    ``bernoulli(p)`` (noise).  ``variance(fan_in, s, …)``: uniform of variance 1 / (fan_in · s),
    with one s, or one for each index of the first axis.
    """

    kind: str
    args: tuple[float | Size, ...] = ()

    def __post_init__(self) -> None:
        fits = isinstance(self.kind, str) and isinstance(self.args, tuple)
        if not fits or not all(isinstance(one, (int, float, Size)) for one in self.args):
            raise SpecError(
                "CM042",
                "`Init` takes the name of a start and a tuple of numbers",
                facts=[("it got", f"{self.kind!r} and {self.args!r}")],
                help=['for example Init("normal", (0.02,))'],
            )


ZEROS, ONES = Init("zeros"), Init("ones")


@dataclass(frozen=True)
class ResourceSpec:
    """A resource that a box asks for: a weight, a statistic, a noise sample."""

    suffix: str
    space: Array
    role: str = WEIGHT
    init: Init = ZEROS


@dataclass(frozen=True)
class Signature:
    """What typing returns: data outputs, resources, the resources that the box rewrites, and the
    conditions on sizes under which it is defined (beyond those of the sizes themselves)."""

    outputs: tuple[Array, ...]
    resources: tuple[ResourceSpec, ...] = ()
    updates: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


Attrs = Mapping[str, Any]


@dataclass(frozen=True)
class Generator:
    """The record of one primitive operation.

    ``typing(op, inputs)``: the signature, or a ``SpecError``.
    ``meaning(ctx, box, values)``: outputs and then new state, from data and then resources.
    ``natural(box, dim, mode)``: the naturality class for maps of ``dim`` on every data axis; the
    engine takes the meet with ``NONE`` when a resource carries ``dim``.
    ``linear(box)``: ``"joint"`` (linear in all data inputs together), a tuple of data inputs and
    resources (by position) in each of which the box is linear when the others are held fixed, or
    ``None``.
    ``loose(op)``: data inputs that may lack axes of the others (masks, factors of a contraction);
    the batch functors broadcast every other input explicitly.
    ``least(op)``: the smallest domain, from which a point-free chain starts.
    ``fragment``: ``exact`` (ring operations), ``oracle`` (pointwise functions), ``ordered`` (max,
    sort), ``float``.
    """

    name: str
    summary: str
    typing: Callable[[Op, tuple[Array, ...]], Signature]
    meaning: Callable[[Context, Box, tuple[Any, ...]], tuple[Any, ...]]
    natural: Callable[[Box, Dim, str], NaturalityClass]
    linear: Callable[[Box], str | tuple[int, ...] | None] = lambda box: None
    loose: Callable[[Op], frozenset[int]] = lambda op: frozenset()
    least: Callable[[Op], tuple[Array, ...] | None] = lambda op: None
    fragment: str = "exact"
    copy_natural: bool = True
    discard_natural: bool = True
    stateful: bool = False

    table: ClassVar[dict[str, Generator]] = {}

    def __post_init__(self) -> None:
        if self.name in Generator.table:
            raise ValueError(f"two generators are called {self.name!r}")
        Generator.table[self.name] = self

    def __repr__(self) -> str:
        return f"<generator {self.name}>"


class Op:
    """A generator with its attributes; interned."""

    __slots__ = ("attrs", "generator")
    _table: ClassVar[dict[tuple[object, ...], Op]] = {}
    generator: Generator
    attrs: dict[str, Any]

    def __new__(cls, generator: Generator, **attrs: Any) -> Op:
        # the types of the values are part of the key, because 1 == 1.0 == True
        key = (generator.name, *((k, type(v), v) for k, v in sorted(attrs.items())))
        found = cls._table.get(key)
        if found is None:
            found = object.__new__(cls)
            found.generator, found.attrs = generator, attrs
            cls._table[key] = found
        return found

    @property
    def name(self) -> str:
        return self.generator.name

    def __getitem__(self, key: str) -> Any:
        return self.attrs[key]

    def box(self, dom: tuple[Array, ...]) -> Box:
        """The op at these input types; raises ``SpecError`` where it has no type there."""
        key = (self, dom)
        found = Box._table.get(key)
        if found is None:
            found = Box._table[key] = Box(self, dom, self.generator.typing(self, dom))
        return found

    def __reduce__(self) -> tuple[object, ...]:
        return (_op, (self.generator.name, self.attrs))

    def __repr__(self) -> str:
        inner = ", ".join(f"{k}={v}" for k, v in self.attrs.items() if v is not None)
        return f"{self.name}({inner})" if inner else self.name


def _op(name: str, attrs: dict[str, Any]) -> Op:
    return Op(Generator.table[name], **attrs)


class Box:
    """An op at the types of its data inputs; interned through ``Op.box``."""

    __slots__ = ("cod", "conditions", "dom", "op", "resources", "updates")
    _table: ClassVar[dict[tuple[Op, tuple[Array, ...]], Box]] = {}

    def __init__(self, op: Op, dom: tuple[Array, ...], signature: Signature) -> None:
        self.op, self.dom = op, dom
        self.cod, self.resources = signature.outputs, signature.resources
        self.updates, self.conditions = signature.updates, signature.conditions

    @property
    def generator(self) -> Generator:
        return self.op.generator

    @property
    def name(self) -> str:
        return self.op.generator.name

    def natural(self, dim: Dim, mode: str = EVAL) -> NaturalityClass:
        """The naturality class for maps of ``dim``, resources counted."""
        for resource in self.resources:
            if dim in resource.space.atoms and resource.role != NOISE:
                return NONE
        return self.generator.natural(self, dim, mode)

    def __reduce__(self) -> tuple[object, ...]:
        return (_box, (self.op, self.dom))

    def __repr__(self) -> str:
        return f"{self.op!r}: {' × '.join(map(str, self.dom))} → {' × '.join(map(str, self.cod))}"


def _box(op: Op, dom: tuple[Array, ...]) -> Box:
    return op.box(dom)


@dataclass(frozen=True)
class Context:
    """Where a meaning is evaluated: the algebra, the sizes of the dims, train or eval mode."""

    algebra: Algebra[Any]
    sizes: Mapping[str, int]
    mode: str = EVAL

    def size(self, of: IndexSet | Axis | Size) -> int:
        """The number of elements of an index set, an axis or a symbolic size."""
        return (of if isinstance(of, Size) else of.size).evaluate(self.sizes)

    def shape(self, space: Array) -> tuple[int, ...]:
        return tuple(self.size(a) for a in space.axes)

    def letters(self, *spaces: Array) -> Iterator[str]:
        """Einsum subscripts of arrays: one letter for each distinct axis."""
        names: dict[Axis, str] = {}
        for one in spaces:
            yield "".join(
                names.setdefault(
                    a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(names)]
                )
                for a in one.axes
            )
