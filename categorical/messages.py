"""The wordings of composition errors: what met what, on which wire or axis, and an edit.

Every function returns a ``SpecError``; raising is left to the place that found the fault.

>>> from categorical.index import Axis, Derived, Dim
>>> from categorical.spaces import Real
>>> n, c = Dim.named("n c")
>>> difference(Real[n, c], Real[c, n])
('the axes agree up to order', 'transpose with op.transpose(c, n)')
"""

from __future__ import annotations

import ast
import inspect
import keyword
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from categorical.errors import Edit, Help, SpecError
from categorical.index import Axis, Derived, Dim
from categorical.origin import Origin, here
from categorical.records import Generator, MissingAxis
from categorical.spaces import Array, Space, SumSpace
from categorical.written import Written

if TYPE_CHECKING:
    from categorical.arrows import Arrow
    from categorical.graph import Graph

_RESERVED = frozenset(
    name
    for line in (
        "forward parameters buffers training to half double float train eval torch self F nn math",
        "state_dict modules children config Config named_parameters register_buffer apply cpu cuda",
        "type zero_grad requires_grad_ share_memory extra_repr compile",
    )
    for name in line.split()
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
    close = re.sub(r"[^A-Za-z0-9]+", "_", str(name)).strip("_") or "part"
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


def boundary(graph: Graph) -> str:
    """The type of a graph."""
    return f"{side(graph.dom)} → {side(graph.cod)}"


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
    if got.kind == want.kind == "fin" and got.values is not want.values:
        assert got.values is not None and want.values is not None
        mend = f"a length is a number from 0 to {got.values}: Fin({got.values} + 1)"
        length = str(want.values) == f"{got.values} + 1"
        return f"indices of {got.values} meet indices of {want.values}", mend if length else ""
    if got.kind != want.kind or got.values is not want.values:
        return f"a {got.kind} array meets a {want.kind} one", ""
    if set(got.axes) == set(want.axes):
        order = ", ".join(map(str, want.axes))
        return "the axes agree up to order", f"transpose with op.transpose({order})"
    if len(got.axes) == len(want.axes):
        pairs = [(g, w) for g, w in zip(got.axes, want.axes, strict=True) if g is not w]
        g, w = pairs[0]
        if len(pairs) == 1 and g.index is w.index:
            return (
                f"the axis {g} is another occurrence than {w}",
                f"relabel with op.relabel({g}, {w})",
            )
        if len(pairs) == 1 and (computed(g, w) or computed(w, g)):
            left, name = (g, w) if computed(g, w) else (w, g)
            place = (got if left is g else want).axes.index(left)
            return (
                f"axis {g} ≠ {w}: one size, but {left} was computed from another axis",
                f"call it {name}: y = op.slice(y.type.axes[{place}], into={name})(y)",
            )
        if len(pairs) == 1 and g.size is w.size:
            return (
                f"axis {g} ≠ {w}: one size, but different index sets",
                "a view is not a transpose: merge or split in the order that was meant",
            )
        if len(pairs) == 1:
            plain = str(g.size) == str(g) and str(w.size) == str(w)
            sizes = "" if plain else f"  (sizes {g.size} and {w.size})"
            return f"axis {g} ≠ {w}{sizes}", f"op.linear({g}, {w})"
        return f"axis {g} ≠ {w}", ""
    extra = [a for a in want.axes if a not in got.axes]
    missing = [a for a in got.axes if a not in want.axes]
    if extra and not missing:
        names = ", ".join(map(str, extra))
        return f"the axis {names} is missing: nothing broadcasts silently", f"op.expand({names})"
    if missing and not extra:
        names = ", ".join(map(str, missing))
        return f"it has the axis {names} in addition", f"reduce it, or lift: f.over({names})"
    if got.size is want.size:
        return "one number of elements, different axes: a view is no type", "op.merge or op.split"
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
            label = "difference" if len(got) == 1 else f"wire {place}"
            facts.append((label, text or f"{g} ≠ {w}"))
            if mend:
                helps.append(mend)
    return facts, helps


def composition(first: Arrow, second: Arrow, cause: SpecError | None = None) -> SpecError:
    """CM001 (or CM002 where only the order of wires is wrong) for ``first >> second``."""
    written, place = Written.here(), here()
    texts = place.operands() if place is not None else None
    left, right = texts if texts is not None else (first.label(), second.label())
    whole = left
    if len(left) > 60 or "\n" in left:
        left = _shortened(first, left)
        if written is not None and isinstance(written.node, ast.BinOp):
            place = written.origin(written.node.right)
    facts = [
        (f"`{left}`", f"produces  {side(first.cod)}"),
        (f"`{right}`", f"expects   {side(second.dom)}"),
    ]
    title = f"`{left}` does not compose with `{right}`"
    if cause is not None and not isinstance(cause, MissingAxis):
        problem = SpecError(
            cause.code,
            cause.title,
            facts=[facts[0], *(f for f in cause.facts if f[0] != "wire")],
            help=cause.help,
            notes=cause.notes,
            origin=place,
        )
    elif isinstance(cause, MissingAxis):
        wanted = cause.axis
        facts[1] = (f"`{right}`", f"needs the axis {wanted}")
        helps = list(cause.help) or [
            Help(f"start the chain at its type: f.at(Real[…, {wanted}]) >> …")
        ]
        got = first.cod[0] if first.cod else None
        if isinstance(got, Array) and got.axes and not cause.help:
            last = got.axes[-1]
            facts.append(("axis", f"{last} ≠ {wanted}  (sizes {last.size} and {wanted.size})"))
            helps = [Help(f"insert op.linear({last}, {wanted}) between them")]
        code = "CM003" if cause.code == "CM003" else "CM001"
        facts += [f for f in cause.facts if f[0] == "difference"]
        problem = MissingAxis(code, title, facts=facts, help=helps, origin=place)
        problem.axis, problem.extends = wanted, cause.extends
    elif len(first.cod) == len(second.dom) == 2 and first.cod == second.dom[::-1]:
        spelled = [written.spell(t) for t in first.cod] if written is not None else [None]
        known = None not in spelled
        a, b = spelled if known else map(str, first.cod)
        fix = f"{whole} >> swap({a}, {b}) >> {right}"
        edit = Edit.replacing(here(), fix) if known else None
        also = written.importing("swap") if written is not None and edit is not None else ()
        return SpecError(
            "CM002",
            title,
            facts=facts,
            help=[Help(f"the wires agree up to order: {fix}", edit, also)],
            origin=place,
        )
    else:
        more_facts, helps_ = _wires(first.cod, second.dom)
        if not helps_:
            helps_ = ["make both boundaries the same: the wires meet in order, one by one"]
        problem = SpecError("CM001", title, facts=facts + more_facts, help=helps_, origin=place)
    found = [] if written is None else _mending().chained(problem, first, second, written)
    if found:
        problem.help = found
    if isinstance(problem, MissingAxis) and first.open and first.cod == first.dom:
        axes = ", ".join(map(str, (problem.axis, *(a for t in first.dom for a in _axes(t)))))
        problem.help = [
            *problem.help,
            Help(f"if the wire has {problem.axis} as well, say so: {left}.at(Real[{axes}]) >> …"),
        ]
    if isinstance(problem, MissingAxis):  # what is raised is an error of the composite
        facts = [f for f in problem.facts if not found or f[0] != "axis"]
        return SpecError(problem.code, title, facts=facts, help=problem.help, origin=place)
    return problem


def _mending() -> Any:
    from categorical import mending

    return mending


def _shortened(arrow: Arrow, text: str) -> str:
    """The last step of a long chain, as written."""
    try:
        node = ast.parse(f"({text})", mode="eval").body
    except SyntaxError:
        return arrow.label()
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
        last = ast.unparse(node.right)
        if len(last) <= 60:
            return f"… >> {last}"
    return arrow.label()


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
    helps = helps or [f"apply it to  {side(arrow.dom)}"]
    return SpecError(code, title, facts=facts + (more if code != "CM007" else []), help=helps)


def call_mismatch(graph: Graph, types: Sequence[Space]) -> SpecError:
    more, helps = _wires(types, graph.dom)
    facts = [("it got", side(types)), (f"`{graph.name}`", f"expects  {side(graph.dom)}")]
    return SpecError(
        "CM001", f"`{graph.name}` does not take these wires", facts=facts + more, help=helps
    )


def not_an_arrow(value: object) -> SpecError:
    from categorical.declaring import arrow_instead

    what = repr(value)
    if inspect.isfunction(value):
        what = f"the function `{value.__name__}`"
    elif isinstance(value, list | tuple):
        what = f"a {type(value).__name__} of {len(value)} things"
    return SpecError("CM001", f"{what} is not an arrow", help=arrow_instead(value))


def named_arguments(arrow: Arrow, named: Mapping[str, object]) -> SpecError:
    """CM007 for ``f(x, inplace=True)``: an arrow takes wires, in order, and nothing else."""
    return SpecError(
        "CM007",
        f"`{arrow.label()}` has no argument called `{next(iter(named))}`",
        facts=[(f"`{arrow.label()}`", f"takes {side(arrow.dom)}")],
        help=["an arrow is applied to wires in order; options are given where it is made"],
    )


def arity(name: str, want: int, got: int, origin: Origin | None = None) -> SpecError:
    """CM007."""
    many = "wire" if want == 1 else "wires"
    facts = [("expected", f"{want} {many}"), ("got", str(got))]
    known = Generator.table.get(name)
    if known is not None:
        facts.append((f"`{name}` is", known.summary))
    title = f"`{name}` takes {want} {many} and got {got}"
    helps = [f"give it {'its wire' if want == 1 else f'all {want} wires, in order'}"]
    if got > want == 1:
        helps = ["apply it to each wire alone, or put them side by side first: op.concat"]
    problem = SpecError("CM007", title, facts=facts, help=helps)
    problem.origin = origin or problem.origin
    return problem


def _axes(one: Space) -> tuple[Axis, ...]:
    return one.axes if isinstance(one, Array) else ()


def computed(got: Axis, want: Axis) -> bool:
    """Whether an axis that a window left has the size of the one that is wanted."""
    return isinstance(got.index, Derived) and not got.label and got.size is want.size


def declaration(dim: Dim) -> str:
    """How a dim was declared, as Python text."""
    options = {"size": dim.fixed, "action": dim.action, "varies": dim.varies or None}
    given = [f"{k}={v!r}" for k, v in options.items() if v is not None]
    return f"Dim({', '.join([repr(dim.name), *given])})"
