"""The wordings of composition errors: what met what, on which wire or axis, and an edit.

Every function returns a ``SpecError``; raising is left to the place that found the fault.

>>> from categorical.index import Dim
>>> from categorical.spaces import Real
>>> n, c = Dim.named("n c")
>>> difference(Real[n, c], Real[c, n])
('the axes agree up to order', 'transpose with op.transpose(c, n)')
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from categorical.errors import Edit, Help, SpecError
from categorical.origin import Origin, here
from categorical.records import MissingAxis
from categorical.spaces import Array, Space, SumSpace
from categorical.written import Written

if TYPE_CHECKING:
    from categorical.arrows import Arrow
    from categorical.graph import Graph

_RESERVED = frozenset(
    "forward parameters buffers training to half double float train eval torch self F nn math "
    "state_dict modules children config Config named_parameters register_buffer apply cpu cuda "
    "type zero_grad requires_grad_ share_memory extra_repr compile".split()
)


def check_name(name: object, of: str) -> str:
    """An identifier that can stand in generated code, or CM024."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise SpecError(
            "CM024",
            f"`{name}` cannot name {of}",
            facts=[("allowed", "ASCII letters, digits and _, the first a letter")],
            help=[renamed(name)],
        )
    if keyword.iskeyword(name) or name in _RESERVED or name.endswith("__"):
        raise SpecError(
            "CM024",
            f"`{name}` cannot name {of}: it means something else in the generated module",
            help=[renamed(name)],
        )
    return name


def free_name(name: object) -> str:
    """A usable name that is close to one that is not."""
    close = re.sub(r"[^A-Za-z0-9_]+", "_", str(name)).strip("_") or "part"
    if not close[0].isalpha() or keyword.iskeyword(close) or close in _RESERVED:
        close = f"my_{close}"
    return close


def renamed(name: object) -> Help:
    """The help that names a thing otherwise, with the edit where the name stands in the call."""
    new = free_name(name)
    written = Written.here("common.py", "contraction.py", "architecture.py", "operators.py")
    for node in ast.walk(written.node) if written is not None else ():
        if isinstance(node, ast.Constant) and node.value == name and written is not None:
            return Help(f'rename it, for example "{new}"', written.edit(node, f'"{new}"'))
    return Help(f"rename it, for example `{new}`")


def side(types: Sequence[Space]) -> str:
    return " × ".join(f"({t})" if isinstance(t, SumSpace) else str(t) for t in types) or "One"


def arrays(arrow: Arrow, types: Sequence[Space]) -> tuple[Array, ...]:
    """Wires as arrays; a sum type must have been decided before."""
    found = []
    for one in types:
        if not isinstance(one, Array):
            raise SpecError(
                "CM037",
                f"`{arrow.label()}` meets a wire of the sum type {one}",
                help=["decide it statically: case(f, g), or build each case alone"],
            )
        found.append(one)
    return tuple(found)


def difference(got: Space, want: Space) -> tuple[str, str]:
    """How two types of one wire differ, and a way to mend it (or two empty texts)."""
    if not isinstance(got, Array) or not isinstance(want, Array):
        return "", ""
    if got.kind != want.kind or got.values is not want.values:
        return f"a {got.kind} array meets a {want.kind} one", ""
    if set(got.axes) == set(want.axes):
        order = ", ".join(map(str, want.axes))
        return "the axes agree up to order", f"transpose with op.transpose({order})"
    if len(got.axes) == len(want.axes):
        pairs = [(g, w) for g, w in zip(got.axes, want.axes, strict=True) if g is not w]
        g, w = pairs[0]
        if len(pairs) == 1 and g.index is w.index:
            return f"the axis {g} is another occurrence than {w}", f"relabel with op.relabel({g}, {w})"
        if len(pairs) == 1 and g.size is w.size:
            return (
                f"axis {g} ≠ {w}: one size, but different index sets",
                "a view is not a transpose: merge or split in the order that was meant",
            )
        if len(pairs) == 1:
            return f"axis {g} ≠ {w}  (sizes {g.size} and {w.size})", f"op.linear({g}, {w})"
        return f"axis {g} ≠ {w}", ""
    if got.size is want.size:
        return "one number of elements, different axes: a view is no type", "op.merge or op.split"
    extra = [a for a in want.axes if a not in got.axes]
    missing = [a for a in got.axes if a not in want.axes]
    if extra and not missing:
        names = ", ".join(map(str, extra))
        return f"the axis {names} is missing: nothing broadcasts silently", f"op.expand({names})"
    if missing and not extra:
        names = ", ".join(map(str, missing))
        return f"it has the axis {names} in addition", f"reduce it, or lift: f.over({names})"
    return "", ""


def _wires(got: Sequence[Space], want: Sequence[Space]) -> tuple[list[tuple[str, str]], list[str]]:
    facts: list[tuple[str, str]] = []
    helps: list[str] = []
    if len(got) != len(want):
        facts.append(("wires", f"{len(got)} produced, {len(want)} expected"))
        return facts, helps
    for place, (g, w) in enumerate(zip(got, want, strict=True)):
        if g is not w:
            text, mend = difference(g, w)
            facts.append((f"wire {place}", text or f"{g} ≠ {w}"))
            if mend:
                helps.append(mend)
    return facts, helps


def composition(first: Arrow, second: Arrow, cause: SpecError | None = None) -> SpecError:
    """CM001 (or CM002 where only the order of wires is wrong) for ``first >> second``."""
    place = here()
    texts = place.operands() if place is not None else None
    left, right = texts if texts is not None else (first.label(), second.label())
    if len(left) > 60:
        left = first.label()
    expects = side(second.dom)
    facts = [(f"`{left}`", f"produces  {side(first.cod)}"), (f"`{right}`", f"expects   {expects}")]
    if cause is not None and not isinstance(cause, MissingAxis):
        more = SpecError(
            cause.code,
            cause.title,
            facts=[facts[0], *cause.facts],
            help=cause.help,
            notes=cause.notes,
        )
        return more
    if isinstance(cause, MissingAxis):
        wanted = cause.axis
        facts[1] = (f"`{right}`", f"needs the axis {wanted}")
        helps = [str(h.text) for h in cause.help]
        got = first.cod[0] if first.cod else None
        if isinstance(got, Array) and got.axes and not helps:
            last = got.axes[-1]
            facts.append(("axis", f"{last} ≠ {wanted}  (sizes {last.size} and {wanted.size})"))
            helps = [f"insert op.linear({last}, {wanted}) between them"]
        return SpecError("CM001", f"`{left}` does not compose with `{right}`", facts=facts, help=helps)
    if len(first.cod) == len(second.dom) == 2 and first.cod == second.dom[::-1]:
        a, b = first.cod
        fix = f"{left} >> swap({a}, {b}) >> {right}"
        return SpecError(
            "CM002",
            f"`{left}` does not compose with `{right}`",
            facts=facts,
            help=[Help(f"the wires agree up to order: {fix}", Edit.replacing(place, fix))],
        )
    more_facts, helps = _wires(first.cod, second.dom)
    return SpecError(
        "CM001",
        f"`{left}` does not compose with `{right}`",
        facts=facts + more_facts,
        help=[f"{h}" for h in helps],
    )


def does_not_fit(arrow: Arrow, types: Sequence[Space]) -> SpecError:
    """CM001 for an arrow applied to wires of other types."""
    facts = [("it got", side(types)), (f"`{arrow.label()}`", f"expects  {side(arrow.dom)}")]
    more, helps = _wires(types, arrow.dom)
    code = "CM007" if len(types) != len(arrow.dom) else "CM001"
    if code == "CM001" and any("up to order" in t or "one size" in t for _, t in more):
        code = "CM003"
    title = (
        f"`{arrow.label()}` takes {len(arrow.dom)} wires and got {len(types)}"
        if code == "CM007"
        else f"`{arrow.label()}` does not take these wires"
    )
    return SpecError(code, title, facts=facts + (more if code != "CM007" else []), help=helps)


def call_mismatch(graph: Graph, types: Sequence[Space]) -> SpecError:
    more, helps = _wires(types, graph.dom)
    facts = [("it got", side(types)), (f"`{graph.name}`", f"expects  {side(graph.dom)}")]
    return SpecError("CM001", f"`{graph.name}` does not take these wires", facts=facts + more, help=helps)


def not_an_arrow(value: object) -> SpecError:
    return SpecError(
        "CM001",
        f"{value!r} is not an arrow",
        help=["compose arrows with >> and @; call an arrow on wires inside @arrow"],
    )


def arity(name: str, want: int, got: int, origin: Origin | None = None) -> SpecError:
    """CM007."""
    many = "wire" if want == 1 else "wires"
    facts = [("expected", f"{want} {many}"), ("got", str(got))]
    if origin is None:
        return SpecError("CM007", f"`{name}` takes {want} {many} and got {got}", facts=facts)
    return SpecError("CM007", f"`{name}` takes {want} {many} and got {got}", facts=facts, origin=origin)
