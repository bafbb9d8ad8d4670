"""The typeguard bridge: types of the language as annotations that are really checked.

Definition.  ``Arrow[X, Y]`` is an annotation: arrows from X to Y.  A space is the annotation of
wires (and of spaces) of that type.  In a function decorated with ``typeguard.typechecked`` a
``TypeVar`` stands for one space in all arguments and in the result, ``...`` for any space.

Laws.  An open arrow passes where it has the type.  What is checked is construction: never ``>>``,
never the forward pass.  ``list[Arrow[X, X]]`` checks every item.

>>> from typing import TypeVar
>>> from typeguard import check_type
>>> from categorical import Arrow, Dim, Real, op
>>> n, c, h, k = Dim.named("n c h k")
>>> X, Y = TypeVar("X"), TypeVar("Y")
>>> pair = check_type((op.linear(c, h), op.linear(h, k)), tuple[Arrow[X, Y], Arrow[Y, Real[k]]])

Widths that do not meet are named:

>>> check_type((op.linear(c, h), op.linear(c, k)), tuple[Arrow[X, Y], Arrow[Y, Real[k]]])
Traceback (most recent call last):
...
typeguard.TypeCheckError: item 1 of tuple does not start at Real[h], as Arrow[Y, Real[k]] does ...
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Union, get_args

from categorical import messages
from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.spaces import Kind, Space, space
from categorical.tracing import Wire

if TYPE_CHECKING:
    from typeguard import TypeCheckerCallable, TypeCheckMemo

Types = tuple[Space, ...]
Binding = dict[Any, Types]
_BINDINGS = "<spaces of the type variables>"


class Side:
    """One side of an arrow annotation: wires, type variables, or anything (``...``)."""

    __slots__ = ("parts",)

    def __init__(self, value: object) -> None:
        items = value if isinstance(value, (tuple, list)) else (value,)
        found: list[object] = []
        for item in items:
            if isinstance(item, TypeVar) or item is ...:
                found.append(item)
            elif item is Any:
                found.append(...)
            else:
                found.extend(space(item).wires)
        self.parts = tuple(found)

    def known(self, binding: Binding) -> Types | None:
        """The wires, when every variable of the side is bound."""
        found: list[Space] = []
        for part in self.parts:
            if isinstance(part, TypeVar) and part in binding:
                found.extend(binding[part])
            elif isinstance(part, Space):
                found.append(part)
            else:
                return None
        return tuple(found)

    def match(self, wires: Types, binding: Binding) -> Binding | None:
        """The binding that makes the side these wires, or None.

        A variable that stands alone among unknown parts takes all the wires that are left;
        otherwise every unknown part is one wire.
        """
        unknown = [p for p in self.parts if not isinstance(p, Space) and p not in binding]
        alone = len(unknown) == 1
        width = sum(len(binding[p]) if p in binding else 1 for p in self.parts if p not in unknown)
        found, rest = dict(binding), wires
        for part in self.parts:
            if isinstance(part, Space):
                want: Types = (part,)
            elif part in found:
                want = found[part]
            else:
                want = rest[: len(wires) - width] if alone else rest[:1]
                if len(want) < (0 if alone else 1) or len(wires) < width:
                    return None
                if part is not ...:
                    found[part] = want
            if rest[: len(want)] != want:
                return None
            rest = rest[len(want) :]
        return None if rest else found

    @property
    def variables(self) -> tuple[TypeVar, ...]:
        return tuple(p for p in self.parts if isinstance(p, TypeVar))

    def __str__(self) -> str:
        names = [
            p.__name__ if isinstance(p, TypeVar) else "..." if p is ... else str(p)
            for p in self.parts
        ]
        return " × ".join(names) or "One"


class ArrowType:
    """The annotation ``Arrow[X, Y]``; interned, so equality is identity."""

    __slots__ = ("cod", "dom")
    _table: ClassVar[dict[tuple[object, ...], ArrowType]] = {}
    dom: Side
    cod: Side

    def __new__(cls, dom: Side, cod: Side) -> ArrowType:
        key = (dom.parts, cod.parts)
        found = cls._table.get(key)
        if found is None:
            found = cls._table[key] = object.__new__(cls)
            found.dom, found.cod = dom, cod
        return found

    def __or__(self, other: object) -> object:
        return Union[self, other]  # noqa: UP007

    def __ror__(self, other: object) -> object:
        return Union[other, self]  # noqa: UP007

    def __repr__(self) -> str:
        return f"Arrow[{self.dom}, {self.cod}]"

    def check(self, arrow: Arrow, binding: Binding) -> Binding | str:
        """The binding after this arrow, or what is wrong with it."""
        wanted, typed = self.dom.known(binding), arrow
        if wanted is None and arrow.open and not arrow.dom:
            return f"is polymorphic: give it a type with .at(...), so that {self} can be compared"
        if arrow.open and wanted is not None and wanted != arrow.dom:
            try:
                typed = arrow.retype(wanted)
            except SpecError as problem:
                start = f"does not start at {messages.side(wanted)}, as {self} does"
                return f"{start}{self._where(self.dom, binding)}: {problem.title}"
        after = self.dom.match(typed.dom, binding)
        if after is None:
            return self._difference("starts at", typed.dom, self.dom, binding)
        found = self.cod.match(typed.cod, after)
        if found is None:
            return self._difference("ends in", typed.cod, self.cod, after)
        return found

    def _difference(self, verb: str, wires: Types, side: Side, binding: Binding) -> str:
        text = f"{verb} {messages.side(wires)}, but {self}{self._where(side, binding)} {verb} "
        known = side.known(binding)
        if known is None:
            return text + str(side)
        return text + messages.side(known) + _differences(wires, known)

    def _where(self, side: Side, binding: Binding) -> str:
        bound = [
            f"{v.__name__} = {messages.side(binding[v])}" for v in side.variables if v in binding
        ]
        return f" with {', '.join(dict.fromkeys(bound))}" if bound else ""


def _differences(got: Types, want: Types) -> str:
    """The differences wire by wire, after a colon; empty where there is nothing to add."""
    if len(got) != len(want):
        return f": {len(got)} wire{'s' * (len(got) != 1)}, not {len(want)}"
    found = []
    for place, (one, other) in enumerate(zip(got, want, strict=True)):
        text, mend = messages.difference(one, other) if one is not other else ("", "")
        if text:
            where = f"wire {place}: " if len(got) > 1 else ""
            found.append(f"{where}{text}" + (f" (help: {mend})" if mend else ""))
    return ": " + "; ".join(found) if found else ""


def annotation(item: object) -> ArrowType:
    """What ``Arrow[item]`` means."""
    register()
    if not isinstance(item, tuple) or len(item) != 2:
        raise SpecError(
            "CM042",
            "Arrow[…] takes a domain and a codomain",
            facts=[("it got", repr(item))],
            help=[
                "write Arrow[Real[n, c], Real[k]]; several wires: Arrow[Real[n] * Real[m], Real[k]]"
            ],
        )
    return ArrowType(Side(item[0]), Side(item[1]))


# --- typeguard -----------------------------------------------------------------------------------


def register() -> bool:
    """Let typeguard know our annotations, if typeguard is loaded (we never load it for that)."""
    lookups = getattr(sys.modules.get("typeguard"), "checker_lookup_functions", None)
    if lookups is None:
        return False
    if lookup not in lookups:
        lookups.insert(0, lookup)
    return True


def lookup(
    origin: Any, args: tuple[Any, ...], extras: tuple[Any, ...]
) -> TypeCheckerCallable | None:
    """Typeguard's hook: the checker of an annotation, or None for one that is not ours."""
    if isinstance(origin, ArrowType):
        return _check_arrow
    if isinstance(origin, (Space, Kind)):
        return _check_space
    if isinstance(origin, TypeVar):
        return _check_variable
    if args and isinstance(origin, type) and any(is_ours(a) for a in args):
        return _check_all_items
    return None


def is_ours(annotation: object) -> bool:
    if isinstance(annotation, (ArrowType, Space, Kind)):
        return True
    return any(is_ours(a) for a in get_args(annotation))


def _bindings(memo: TypeCheckMemo) -> Binding:
    found: Binding = memo.locals.setdefault(_BINDINGS, {})
    return found


def _fail(text: str) -> Exception:
    from typeguard import TypeCheckError

    return TypeCheckError(text)


def _check_arrow(value: Any, origin: Any, args: tuple[Any, ...], memo: TypeCheckMemo) -> None:
    if not isinstance(value, Arrow):
        raise _fail(f"is not an arrow ({origin} is expected)")
    found = origin.check(value, _bindings(memo))
    if isinstance(found, str):
        raise _fail(found)
    _bindings(memo).update(found)


def _type_of(value: object) -> Types | None:
    """The type of a wire, of a tuple of wires, or a space itself."""
    if isinstance(value, Wire):
        return (value.type,)
    if isinstance(value, (Space, Kind)):
        return space(value).wires
    if isinstance(value, (tuple, list)):
        parts = [_type_of(one) for one in value]
        return tuple(w for p in parts if p is not None for w in p) if None not in parts else None
    return None


def _check_space(value: Any, origin: Any, args: tuple[Any, ...], memo: TypeCheckMemo) -> None:
    want, got = space(origin).wires, _type_of(value)
    if got is None:
        raise _fail(f"is not a wire or a space ({messages.side(want)} is expected)")
    if got != want:
        text = f"is {messages.side(got)}, not {messages.side(want)}"
        raise _fail(text + _differences(got, want))


def _others(origin: Any, args: tuple[Any, ...]) -> TypeCheckerCallable | None:
    """The checker that typeguard would use without us."""
    from typeguard import checker_lookup_functions

    for one in checker_lookup_functions:
        if one is not lookup and (found := one(origin, args, ())) is not None:
            return found
    return None


def _check_variable(value: Any, origin: Any, args: tuple[Any, ...], memo: TypeCheckMemo) -> None:
    """A type variable on its own: unified where the value has a type of ours."""
    got = _type_of(value) if isinstance(value, (Wire, Space)) else None
    binding = _bindings(memo) if got is not None or _BINDINGS in memo.locals else {}
    if got is not None and (origin in binding or not (origin.__bound__ or origin.__constraints__)):
        if binding.setdefault(origin, got) != got:
            want = binding[origin]
            text = f"is {messages.side(got)}, but {origin.__name__} = {messages.side(want)}"
            raise _fail(text + _differences(got, want))
    elif (other := _others(origin, args)) is not None:
        other(value, origin, args, memo)


def _check_all_items(value: Any, origin: Any, args: tuple[Any, ...], memo: TypeCheckMemo) -> None:
    """A collection of our types: every item, where typeguard looks at the first one."""
    from typeguard import CollectionCheckStrategy, TypeCheckMemo

    config = replace(memo.config, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
    deep = TypeCheckMemo(memo.globals, memo.locals, self_type=memo.self_type, config=config)
    if (other := _others(origin, args)) is not None:
        other(value, origin, args, deep)


Kind.unheard = None if register() else register
