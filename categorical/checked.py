"""Constructors that check their arguments when an arrow is made, and cost nothing when it runs.

Definition.  ``@checked`` compares the arguments of a function with its annotations, those of
``categorical.typecheck`` included, and raises CM042 with both sides.  It is
``typeguard.typechecked`` with our messages, and it works where a function has no source file.

Law.  A call that passes is the call of the function itself.  Typeguard is loaded only where a
plain ``isinstance`` does not decide.

>>> from typing import TypeVar
>>> from categorical import Arrow, Dim, Real, op
>>> from categorical.checked import checked
>>> n, c, h, k = Dim.named("n c h k")
>>> X, Y = TypeVar("X"), TypeVar("Y")
>>> @checked
... def between(encode: Arrow[Real[n, c], X], decode: Arrow[X, Y]) -> Arrow[Real[n, c], Y]:
...     return encode.at(Real[n, c]) >> decode
>>> between(op.linear(c, h), op.linear(h, k))
(linear >> linear): Real[n, c] → Real[n, k]

Widths that do not meet are named before anything is composed:

>>> between(op.linear(c, h), op.linear(c, k))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: the argument `decode` of `between` has the wrong type
...
   = because   it does not start at Real[n, h], as Arrow[X, Y] does with X = Real[n, h]: ...
"""

from __future__ import annotations

import functools
import inspect
import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, index_set
from categorical.spaces import Kind
from categorical.typecheck import is_ours, register

if TYPE_CHECKING:
    from typeguard import TypeCheckMemo

F = TypeVar("F", bound=Callable[..., Any])
Quick = Callable[[Any], bool]


def checked(function: F) -> F:
    """Check the arguments of a constructor against its annotations; CM042 where one is wrong.

    An argument that is right costs an ``isinstance``; typeguard is loaded to say what is wrong.

    >>> from categorical import iterate, op
    >>> iterate(op.linear, 3)
    Traceback (most recent call last):
    ...
    categorical.errors.SpecError: error[CM042]: the argument `body` of `iterate` has the wrong type
    ...
    """
    signature = inspect.signature(function)
    names = tuple(signature.parameters)
    wide = any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in signature.parameters.values())
    plan: dict[str, tuple[Any, Quick]] = {}

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not plan:
            plan.update((name, (hint, _quick(hint))) for name, hint in hints(function).items())
        given: Iterable[tuple[str, Any]] = zip(names, args)
        if wide:
            try:
                given = signature.bind(*args, **kwargs).arguments.items()
            except TypeError as problem:
                raise _misfit(function, str(problem)) from None
        elif kwargs:
            given = (*given, *kwargs.items())
        memo: list[TypeCheckMemo] = []
        for name, value in given:
            if name in plan and not plan[name][1](value):
                _check(function, f"the argument `{name}`", value, plan[name][0], memo)
        try:
            result = function(*args, **kwargs)
        except TypeError as problem:
            trace = problem.__traceback__
            if trace is None or trace.tb_next is not None:
                raise
            raise _misfit(function, str(problem)) from None
        if "return" in plan and is_ours(plan["return"][0]):
            _check(function, "the result", result, plan["return"][0], memo)
        return result

    return call  # type: ignore[return-value]


def _called(function: Callable[..., Any]) -> str:
    """How a function is called: a constructor by the name of its class."""
    if function.__name__ == "__init__":
        return function.__qualname__.split(".")[-2]
    return function.__name__


def _misfit(function: Callable[..., Any], reason: str) -> SpecError:
    """CM042 for an argument that is missing, or that the function does not have."""
    reason = reason.removeprefix(f"{function.__name__}() ")
    text = (inspect.getdoc(function) or "").partition("\n\n")[0]
    does = " ".join(text.replace("``", "`").split())
    return SpecError(
        "CM042",
        f"`{_called(function)}` is called with other arguments than it has",
        facts=[("reason", reason), *([(f"`{_called(function)}` is", does)] if does else [])],
        help=[_usage(function)],
        notes=[
            one for name in re.findall(r"'(\w+)'", reason) for one in _said(function, f"`{name}`")
        ],
    )


def _usage(function: Callable[..., Any]) -> str:
    """How a function is called: its arguments with their defaults."""
    parts: list[str] = []
    for one in inspect.signature(function).parameters.values():
        star = "*" if one.kind is one.VAR_POSITIONAL else ""
        star = "**" if one.kind is one.VAR_KEYWORD else star
        if one.kind is one.KEYWORD_ONLY and not any(p.startswith("*") for p in parts):
            parts.append("*")
        shown = getattr(one.default, "__name__", None) or repr(one.default)
        default = "" if one.default is one.empty else f"={shown}"
        parts.append(f"{star}{one.name}{default}")
    return f"the call is  {_called(function)}({', '.join(parts)})"


def _said(function: Callable[..., Any], name: str) -> list[str]:
    """What the docstring of a function says of an argument: the sentence about it."""
    text = " ".join((inspect.getdoc(function) or "").split())
    said = re.split(r"(?<=[.;]) (?=[`A-Z])", text)
    found = [one for one in said if one.startswith(f"`{name}`")]
    found += [one for one in said if f"`{name}`" in one]
    return [found[0].rstrip(".;").replace("``", "`")] if found and len(found[0]) <= 240 else []


def hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotation of each parameter, as its value inside the function."""
    found = get_type_hints(function)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            found[parameter.name] = tuple.__class_getitem__((found[parameter.name], ...))
        elif parameter.kind is parameter.VAR_KEYWORD:
            found[parameter.name] = dict.__class_getitem__((str, found[parameter.name]))
    return found


def _quick(hint: Any) -> Quick:
    """A test that only says yes when the value has the annotated type."""
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: True
    if hint is IndexSet:  # a number stands for an anonymous set wherever an index set does
        return lambda value: isinstance(value, (IndexSet, int)) and not isinstance(value, bool)
    if hint is float:
        return lambda value: isinstance(value, (float, int)) and not isinstance(value, bool)
    if origin is Callable:
        return callable
    if origin in (Union, types.UnionType):
        some = [_quick(one) for one in args]
        return lambda value: any(one(value) for one in some)
    if origin is tuple and len(args) == 2 and args[1] is ...:
        args = args[:1]
    elif isinstance(origin, type) and issubclass(origin, Mapping) and len(args) == 2:
        inner, outer = _quick(args[0]), _quick(args[1])
        return lambda value: (
            isinstance(value, origin)
            and all(map(inner, value.keys()))
            and all(map(outer, value.values()))
        )
    if isinstance(origin, type) and issubclass(origin, Sequence) and len(args) == 1:
        inner = _quick(args[0])
        return lambda value: isinstance(value, origin) and all(map(inner, value))
    if origin is None and isinstance(hint, type):
        return lambda value: isinstance(value, hint)
    return lambda value: False


def _check(
    function: Callable[..., Any], what: str, value: Any, hint: Any, memo: list[TypeCheckMemo]
) -> None:
    """One argument, with the memo of the call (made when it is first needed)."""
    import typeguard

    if isinstance(value, str) and IndexSet in get_args(hint):
        index_set(value)  # a name where a dimension is expected has a message of its own
    register()
    if not memo:
        every = typeguard.CollectionCheckStrategy.ALL_ITEMS
        config = typeguard.TypeCheckConfiguration(collection_check_strategy=every)
        memo.append(typeguard.TypeCheckMemo({}, {}, config=config))
    try:
        typeguard.check_type_internal(value, hint, memo[0])
    except typeguard.TypeCheckError as problem:
        got = given_text(value)
        facts = [
            ("it got", got),
            ("expected", _hint_text(hint)),
        ]
        if (get_args(hint) or is_ours(hint)) and "did not match any" not in str(problem):
            facts.append(("because", f"it {problem.args[0]}"))
        helps: list[Any] = []
        if hint is Arrow:
            from categorical.declaring import arrow_instead

            helps = arrow_instead(value)
        elif get_origin(hint) is Sequence and _quick(get_args(hint)[0])(value):
            helps = ["put it into a list: […]"]
        if not helps and Arrow in get_args(hint) and hasattr(value, "shape"):
            helps = ["an architecture holds no data: what is trained is op.parameter(Real[…])"]
        if not helps and Kind in get_args(hint) and isinstance(value, (Dim, Axis)):
            helps = [f"write the type over this axis:  Real[{value}]"]
        helps = helps or [_usage(function)]
        raise SpecError(
            "CM042",
            f"{what} of `{_called(function)}` has the wrong type",
            facts=facts,
            help=helps,
            notes=_said(function, what.split()[-1]),
        ) from None


def given_text(value: Any) -> str:
    """A value as a message shows it."""
    kind = type(value).__name__
    if isinstance(value, (list, tuple)) and value and all(isinstance(v, Arrow) for v in value):
        return f"a {kind} of {len(value)} arrows: " + ", ".join(v.label() for v in value[:6])
    if inspect.isfunction(value):
        return f"the function `{value.__name__}`"
    text = re.sub(r"<function (\S+) at 0x\w+>", r"\1", repr(value))
    return f"{text if len(text) <= 60 else text[:57] + '…'} ({kind})"


def _hint_text(hint: Any) -> str:
    """An annotation as a person writes it."""
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_hint_text(one) for one in get_args(hint))
    if hint is type(None):
        return "None"
    return (
        hint.__name__
        if isinstance(hint, type) and not get_args(hint)
        else re.sub(r"\b(?:\w+\.)+(?=\w)", "", str(hint))
    )
