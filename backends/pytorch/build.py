"""Build: a graph becomes one file that a person could have written, and its certificate.

Definition.  ``build`` runs the passes, writes the classes, fills in the skeleton, checks the text
against the allow-list, and validates the file it made against the reference meaning.  Only a
``Build`` that passed can be written.

Laws.  The bytes depend on the graph, the sizes and the header lines only.  ``Build.write`` writes
both files or none.

>>> from categorical import Dim, Real, op
>>> b, n, c, k = Dim.named("batch n c k")
>>> net = (op.linear(c, k) >> op.relu >> op.mean(n)).at(Real[b, n, c])
>>> made = build(net, {"c": 4, "k": 3}, "demo", validate=False)
>>> made.class_name, sorted(made.parameters.values())
('Demo', ['linear.bias', 'linear.weight'])

A size that a weight needs must be given:

>>> build(net, {"c": 4}, "demo")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM025]: the size of `k` is not given
...
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Any

from backends.pytorch import layout, operator_rows, safety
from backends.pytorch.contracts import contract, exports, one_graph, unexported
from backends.pytorch.emit import Writer
from backends.pytorch.made import Build
from backends.pytorch.naming import Names
from backends.pytorch.passes import prepare
from backends.pytorch.recursion.steps import write_methods
from backends.pytorch.recursion.streams import METHODS, selftest, stream_of
from backends.pytorch.scope import ClassText, File
from backends.pytorch.sizes import conditions_on, defaults, fixed_symbols, violation
from backends.pytorch.table.opaque import imports
from categorical.assignments import solutions
from categorical.errors import SpecError
from categorical.graph import Graph, OperatorBox
from categorical.normal import content_hash, prune
from categorical.recursion.forests import inputs as forests
from categorical.sizes import Condition

VERSION = "0.1.0"
__all__ = ["Build", "build"]


def build(
    architecture: Any,
    sizes: Mapping[str, int] | None = None,
    name: str = "",
    laws_header: Sequence[str] = (),
    *,
    seed: int = 0,
    validate: bool = True,
    regenerate: str = "",
    taps: Sequence[str] = (),
    export: bool = False,
) -> Build:
    """Generate, check and validate the PyTorch module of an architecture (batched as it says), an
    arrow or a graph (as they are).

    ``laws_header`` are lines for the header, one a law with its verdict and scope; ``regenerate``
    is the command that makes the file again.  ``taps`` names inner wires of the root that the
    module returns behind its outputs (a build without taps pays nothing).  ``export`` also compares
    the program that ``torch.export`` makes of the file.

    Raises ``SpecError``: CM020 for a wire that is not there, CM025 for a missing size, CM040 where
    the file and the reference meaning differ.
    """
    graph = prune(_tapped(_graph(architecture), taps))
    name = name or getattr(architecture, "name", "") or graph.name or "model"
    sizes = {**getattr(architecture, "sizes", {}), **(sizes or {})}
    normal, plan = prepare(graph, sizes)
    fixed, stream = fixed_symbols(normal), stream_of(architecture)
    late: list[str] = []  # sizes that no input tells: arguments of `forward`
    while True:
        names = Names({"config", "self"})
        fields = {s: names.attribute(s) for s in sorted(fixed)}
        file = File(frozenset(fixed), plan, Names(safety.GLOBALS), fields)
        file.methods = METHODS if stream is not None else frozenset()
        title = file.names.class_name(name)
        root = Writer(file, normal, title, root=True, given=tuple(late))
        root.write()
        if file.missing <= fixed | set(late):
            break
        late = sorted({*late, *file.missing} - fixed - set(sizes))
        fixed |= file.missing & set(sizes)
    chosen = defaults(fixed, sizes)
    main = root.finished(title)
    promised = contract(normal, plan)
    if stream is not None:
        plan.derivation += write_methods(file, main, graph, stream, sizes)
    made = Build(
        source="",
        module_name=safety.identifier(name),
        class_name=title,
        graph=graph,
        spec_hash=content_hash(graph),
        sizes=chosen,
        main=main,
        late=list(main.late),
        config_fields=fields,
        contract=promised,
        derivation=plan.derivation,
        laws=[safety.prose(line) for line in laws_header],
        stream=stream,
    )
    made.source = _text(made, normal, file, main, dict(sizes), regenerate)
    try:
        safety.check_source(made.source, imports(normal))
    except safety.Unsafe as problem:
        raise SpecError("CM040", f"the generated text is refused: {problem}", origin=None) from None
    if validate:
        from backends.pytorch.validate import validate as compare

        made.validation = compare(made, seed=seed, export=export)
    return made


def _graph(architecture: Any) -> Graph:
    if isinstance(architecture, Graph):
        return architecture
    return architecture.batched() if hasattr(architecture, "batched") else architecture.graph()


def _tapped(graph: Graph, taps: Sequence[str]) -> Graph:
    """The graph with further outputs: the wires of these names."""
    if not taps:
        return graph
    wires = {name: wire for wire, name in graph.names.items() if wire not in graph.inputs}
    for name in taps:
        if name not in wires:
            known = ", ".join(sorted(wires)) or "none"
            raise SpecError("CM020", f"there is no wire `{name}`", facts=[("wires", known)])
    return replace(graph, outputs=[*graph.outputs, *(wires[name] for name in taps)])


#: Functions that hold a table of numbers stand at the end of a file: they are long.
TABLE = "\n    lines = (\n"

# --- the text of the file -----------------------------------------------------------------------


def _text(
    made: Build, graph: Graph, file: File, main: ClassText, sizes: dict[str, int], regenerate: str
) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("backends.pytorch", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    fixed = frozenset(made.sizes)
    every = example_sizes(graph, {**sizes, **made.sizes})
    used = set(map(id, main.used()))
    classes = ["\n".join(x.lines) for x in (*file.classes, main) if id(x) in used]
    body = "\n".join([*classes, *file.helpers.values()])
    conditions = conditions_on(graph, fixed)
    called = [file.helpers[k] for k in sorted(file.helpers) if _called(k, classes, file.helpers)]
    batch = [bool(t.axes) and str(t.axes[0]) == "batch" for t in graph.dom]
    shapes = [tuple(a.size.evaluate(every) for a in t.axes) for t in graph.cod]
    return environment.get_template("module.py.jinja").render(
        title=_title(graph, made.class_name),
        header=_header(made, regenerate),
        math="math." in body,
        functional="F." in body,
        config_doc="The sizes that are fixed when the module is made."
        if made.sizes
        else "No size is fixed: all are read from the inputs.",
        fields=[(made.config_fields[s], v) for s, v in made.sizes.items()],
        checks=_config_checks(made, conditions),
        helpers=[text for text in called if TABLE not in text],
        tables=[text for text in called if TABLE in text],
        classes=classes,
        examples=example_lines(graph, every, made.late),
        kinds=_kinds(graph, made.late),
        model=made.class_name,
        shapes=_shapes(shapes),
        folds=", ".join(f"{name}" for name in file.folds),
        exports=exports(made.contract),
        unexported=unexported(made.contract),
        one_graph=one_graph(made.contract),
        stepwise="\n".join(selftest(made, every)) if made.stream is not None else "",
        dynamic=_dynamic([*batch, *(False for _ in made.late)]),
    )


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    """A list of shapes, one a line where they are many."""
    each = [safety.literal(one) for one in shapes]
    one = f"[{', '.join(each)}]"
    if (
        len(f"    assert [tuple(y.shape) for y in outputs] == {one}, ''shapes''") - 2
        <= layout.WIDTH
    ):
        return one
    return "[\n" + "".join(f"        {x},\n" for x in each) + "    ]"


def _dynamic(batch: Sequence[bool]) -> str:
    """The dynamic shapes for export: the leading axis where it is the batch."""
    if not any(batch):
        return ""
    parts = ["{0: batch}" if b else "None" for b in batch]
    one = ", ".join(parts) if len(parts) > 1 else f"{parts[0]},"
    if len(f"    shapes = ({one})") <= layout.WIDTH:
        return one
    return "\n" + "\n".join(f"        {p}," for p in parts) + "\n    "


def _called(name: str, classes: Sequence[str], helpers: Mapping[str, str]) -> bool:
    """Whether a helper is used (``F.dropout`` draws its mask itself, for one)."""
    texts = [*classes, *(text for other, text in helpers.items() if other != name)]
    own = {name, *re.findall(r"^def (\w+)\(", helpers[name], re.MULTILINE)}
    return any(f"{one}(" in text for text in texts for one in own)


def _title(graph: Graph, class_name: str) -> str:
    lines = safety.docstring(graph.doc).splitlines() if graph.doc else []
    return f"{class_name}: {lines[0]}" if lines and lines[0] else f"{class_name}."


def _header(made: Build, regenerate: str) -> str:
    command = regenerate or f"commute build specs/{made.module_name}.py -o {made.module_name}.py"
    lines = [
        f"Generated by Commute {VERSION}, spec sha256 {made.spec_hash[:16]}; do not edit.",
        f"Regenerate:  {safety.docstring(safety.prose(command))}",
        f"Test:        python {made.module_name}.py --selftest",
        "",
        *f"Contract: {made.contract}".replace("; ", ";\n    ").splitlines(),
    ]
    if made.laws:
        lines += [
            "",
            "Laws (of real arithmetic)",
            *(f"    {safety.docstring(x)}" for x in made.laws),
        ]
    solved = _solved(made.graph)
    if solved:
        lines += ["", "Solved layers", *(f"    {safety.docstring(x)}" for x in solved)]
    if made.derivation:
        lines += ["", "Rewrites", *_wrapped(made.derivation)]
    return "\n".join(lines)


def _wrapped(lines: Sequence[str]) -> list[str]:
    """Lines of the header, continued where they are too long."""
    width, deeper = layout.WIDTH, " " * 8
    texts = (f"    {safety.docstring(one)}" for one in lines)
    return [row for x in texts for row in wrap(x, width, subsequent_indent=deeper) or [x]]


def _solved(graph: Graph) -> list[str]:
    """What each solved layer was solved for, and whether it is exact."""
    found = {}
    for _, node in graph.walk():
        under = None if isinstance(node.box, OperatorBox) else node.box.op.attrs.get("under")
        if under is not None:
            note = getattr(under, "note", f"solved for under {under}")
            found[f"{node.name or node.box.name}: {safety.prose(note)}"] = None
    return list(found)


def _config_checks(made: Build, conditions: Sequence[Condition]) -> list[str]:
    names = {s: f"self.{f}" for s, f in made.config_fields.items()}
    lines = []
    if made.config_fields:
        smallest = ", ".join(names[s] for s in made.sizes)
        test = f"min({smallest}) < 1" if len(made.sizes) > 1 else f"{smallest} < 1"
        head = f"        if {test}:"
        if len(head) > layout.WIDTH:
            head = "\n".join(
                ["        if (", *layout.split("            ", test, "            "), "        ):"]
            )
        lines += [head, '            raise ValueError(f"sizes must be positive: {self}")']
    for one in conditions:
        text = safety.string(f"the sizes must satisfy {safety.prose(str(one))}: ")
        message = f"f{text[0]}{text[1:-1].replace('{', '{{').replace('}', '}}')}{{self}}{text[0]}"
        lines += [
            f"        if {violation(one, names)}:",
            f"            raise ValueError({message})",
        ]
    return lines


def example_sizes(graph: Graph, sizes: Mapping[str, int]) -> dict[str, int]:
    """The given sizes, and small ones for the other symbols that satisfy the conditions."""
    known = {s: v for s, v in sizes.items() if s in graph.dims}
    open_ = [s for s in graph.dims if s not in known]
    conditions = [c.substitute(known) for c in sorted(graph.conditions(), key=str)]
    rest = [c for c in conditions if c.symbols]
    found = next(solutions(rest, open_, bound=7), None)
    if found is None:
        raise SpecError("CM025", "no sizes satisfy the conditions", facts=[("sizes", known)])
    for symbol in open_:
        if found[symbol] < 2 and not rest:
            found[symbol] = 5
    return {**known, **found}


def _kinds(graph: Graph, late: Sequence[str]) -> str:
    """The annotation of the example inputs."""
    if not late:
        return "tuple[Tensor, ...]"
    return f"tuple[{', '.join(['Tensor'] * len(graph.inputs) + ['int'] * len(late))}]"


def example_lines(graph: Graph, sizes: Mapping[str, int], late: Sequence[str]) -> list[str]:
    """The body of the function that makes example inputs."""
    rows = []
    pairs = forests(graph, thinned=True)
    children, present = {c for c, _ in pairs}, {p for _, p in pairs}
    for place, type_ in enumerate(graph.dom):
        shape = ", ".join(str(a.size.evaluate(sizes)) for a in type_.axes) or "()"
        if place in children | present:  # a forest: the children of a node are smaller numbers
            count = type_.axes[-2].size.evaluate(sizes)
            numbers = f"torch.arange({count})[:, None]"
            rows.append(
                f"(torch.rand({shape}) * {numbers}).long()"
                if place in children
                else f"(torch.rand({shape}) < 0.5) & ({numbers} > 0)"
            )
        elif type_.kind == "real":
            rows.append(f"torch.randn({shape})")
        elif type_.kind == "complex":
            rows.append(f"torch.randn({shape}, dtype=torch.complex64)")
        elif type_.kind == "bool":
            rows.append(f"torch.rand({shape}) < 0.5")
        else:
            assert type_.values is not None
            count = type_.values.size.evaluate(sizes)
            rows.append(
                f"torch.randint({count}, ({shape}{',' if len(type_.axes) == 1 else ''}))"
                if type_.axes
                else f"torch.randint({count}, ())"
            )
    rows += [str(sizes[symbol]) for symbol in late]
    if not rows:
        return ["    return ()"]
    if len(rows) == 1:
        return [f"    return ({rows[0]},)"]
    one = f"    return {', '.join(rows)}"
    if len(one) <= layout.WIDTH:
        return [one]
    return ["    return (", *(f"        {r}," for r in rows), "    )"]


assert operator_rows.OPERATORS  # the rows of operators register themselves when imported
