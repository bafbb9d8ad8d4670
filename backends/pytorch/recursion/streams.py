"""Streams: what a build knows of the step of its architecture, and how a module is run by it.

Definition.  A stream is the step form with its batched graphs.  ``unrolled`` runs a module entry by
entry, or in two chunks, from its initial state; ``selftest`` is the text of the function by which a
generated file does so itself.

Law.  The outputs have the shapes of those of ``forward``, and are compared with them.

>>> from categorical import Dim, Real, architecture, op
>>> t, c = Dim.named("t c")
>>> net = architecture((op.linear(c, c) >> op.sum(t)), sizes={"c": 2}, name="net", stream=t)
>>> found = stream_of(net)
>>> found.form.names, sorted(found.graphs)
(('total',), ['initial_state', 'resume', 'step'])

An architecture that declares no stream has none:

>>> stream_of(architecture(op.relu.at(Real[t]), name="net")) is None
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from categorical.graph import Graph, Node
from categorical.normal import prune
from categorical.ops.constant import full
from categorical.records import Box
from categorical.recursion.streaming import StepForm

if TYPE_CHECKING:
    from categorical.architecture import Architecture

START, STEP, RESUME = "initial_state", "step", "resume"
METHODS = frozenset((START, STEP, RESUME))


@dataclass
class Stream:
    """What a build knows of its step: the form, the batched graphs, and the late sizes that the
    methods take."""

    form: StepForm
    graphs: dict[str, Graph]
    sizes: dict[str, tuple[str, ...]]

    def place(self, graph: Graph, wire: int) -> int:
        """Where the axis of the steps stands in a type of the whole graph; −1 if nowhere."""
        axis = self.form.axis_of(graph.types[wire])
        return -1 if axis is None else graph.types[wire].position(axis)


def stream_of(architecture: Any) -> Stream | None:
    """The step of an architecture that declares a stream."""
    if getattr(architecture, "stream", None) is None:
        return None
    found: Architecture = architecture
    steps = found.steps()
    assert steps is not None
    start, step, resume = map(prune, steps[1])
    return Stream(steps[0], {START: _filled(start), STEP: step, RESUME: resume}, {})


def _filled(graph: Graph) -> Graph:
    """Constants that are expanded, as constants of the larger type."""
    made = {w: node.box for node in graph.nodes for w in node.outs}
    nodes = []
    for node in graph.nodes:
        before = made.get(node.ins[0]) if node.box.name == "expand" else None
        if isinstance(before, Box) and before.name == "full":
            box = full(node.box.cod[0], before.op["value"]).op.box(())
            node = Node(box, (), node.outs, node.name, node.origin)
            made[node.outs[0]] = box
            graph.names[node.outs[0]] = "zeros"
        nodes.append(node)
    return prune(replace(graph, nodes=nodes))


def unrolled(build: Any, module: Any, inputs: Sequence[Any], sizes: Mapping[str, int]) -> Any:
    """The outputs of a module, run in the way that ``build.way`` says: shaped as ``forward``'s."""
    import torch

    stream: Stream = build.stream
    graph, form, way = build.graph, stream.form, build.way
    late = {name: [sizes.get(s, 1) for s in of] for name, of in stream.sizes.items()}
    state = module.initial_state(*(inputs[i] for i in form.begins), *late[START])
    rows: list[Any] = []
    n, p = sizes[form.over.name], 0
    shared = [inputs[i] for i in form.shared]
    for count in [1] * n if way == STEP else [k for k in (n - n // 2, n // 2) if k]:
        entries = [
            inputs[i].narrow(stream.place(graph, graph.inputs[i]), p, count) for i in form.entries
        ]
        if way == STEP:
            places = [stream.place(graph, graph.inputs[i]) for i in form.entries]
            entries = [x.squeeze(place) for x, place in zip(entries, places, strict=True)]
        more = [count if s == form.chunk.name else sizes[s] for s in stream.sizes[way]]
        found, state = getattr(module, way)(*entries, *shared, state, *more)
        rows.append(found if isinstance(found, tuple) else (found,))
        p += count
    outputs = []
    join = torch.stack if way == STEP else torch.cat
    for i, wire in enumerate(graph.outputs):
        place, column = stream.place(graph, wire), [row[i] for row in rows]
        outputs.append(column[-1] if place < 0 else join(column, place))
    return tuple(outputs)


def selftest(build: Any, sizes: Mapping[str, int]) -> list[str]:
    """The functions of a generated file that compare both ways with ``forward``."""
    stream: Stream = build.stream
    graph, form, n = build.graph, stream.form, sizes[stream.form.over.name]
    late = {
        name: ["count" if s == form.chunk.name else str(sizes[s]) for s in of]
        for name, of in stream.sizes.items()
    }
    begin = ", ".join([*(f"inputs[{i}]" for i in form.begins), *late[START]])
    places = [stream.place(graph, graph.inputs[i]) for i in form.entries]
    pairs = list(zip(form.entries, places, strict=True))
    shared = [*(f"inputs[{i}]" for i in form.shared), "state"]
    one = ", ".join([*(f"inputs[{i}].select({d}, p)" for i, d in pairs), *shared, *late[STEP]])
    some = [f"inputs[{i}].narrow({d}, p, count)" for i, d in pairs]
    many = "y" if len(graph.outputs) > 1 else "(y,)"
    lines = [
        "def stepwise(model: nn.Module, inputs: tuple, outputs: tuple[Tensor, ...]) -> None:",
        '    """Entry by entry, and in two chunks, against the whole sequence."""',
        f"    state, rows = model.initial_state({begin}), []",
        f"    for p in range({n}):",
        f"        y, state = model.step({one})",
        f"        rows.append({many})",
        *_joined(stream, graph, "stack"),
        '    agree("step by step", tuple(found), outputs)',
        f"    state, rows = model.initial_state({begin}), []",
        f"    for p, count in {[(p, k) for p, k in ((0, n - n // 2), (n - n // 2, n // 2)) if k]}:",
        f"        y, state = model.resume({', '.join([*some, *shared, *late[RESUME]])})",
        f"        rows.append({many})",
        *_joined(stream, graph, "cat"),
        '    agree("in chunks", tuple(found), outputs)',
    ]
    return lines


def _joined(stream: Stream, graph: Graph, join: str) -> list[str]:
    """The statements that put rows together."""
    texts = []
    for i, wire in enumerate(graph.outputs):
        place = stream.place(graph, wire)
        row = f"torch.{join}([row[{i}] for row in rows], {place})"
        texts.append(f"rows[-1][{i}]" if place < 0 else row)
    return ["    found = []", *(f"    found.append({text})" for text in texts)]
