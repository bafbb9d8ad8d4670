"""The number of trained weights of a graph, for all sizes.

Definition.  Each weight counts with the size of its space; the weights of an untied or stacked
iteration once a step, those of a tied one, or of a shared sub-architecture, once.

>>> from categorical import Dim, op
>>> c, h = Dim.named("c h")
>>> net = (op.linear(c, h) >> op.relu >> op.linear(h, c)).graph()
>>> parameter_count(net)
Size(2*c*h + c + h)
>>> prove_count(net, 2 * c.size * h.size).reason
'there are 2*c*h + c + h trained weights'
"""

from __future__ import annotations

from categorical.graph import Graph, OperatorBox
from categorical.records import WEIGHT
from categorical.sizes import Size, always_equal
from proofs.certificate import Obstruction, Proof
from proofs.checking.counts import show, trained
from proofs.checking.forests import prefixes
from proofs.checking.programs import Refusal, read_program
from proofs.checking.table import check_types
from proofs.program import NotData, flat, program


def parameter_count(graph: Graph) -> Size:
    """The number of trained weights as a polynomial in the sizes."""
    return sum(_weights(graph).values(), Size.of(0))


def _weights(graph: Graph) -> dict[str, Size]:
    """The trained weights by their paths, those of all steps under one."""
    whole = flat(graph)
    found = {r.name: r.space.size for r in whole.sources.values() if r.role == WEIGHT}
    for node in whole.nodes:
        if not isinstance(node.box, OperatorBox):
            continue
        untied = node.box.attrs.get("weights") != "tied" and "times" in node.box.attrs
        places = prefixes(len(node.regions)) if node.box.name == "tree_fold" else [""]
        for place, region in zip(places, node.regions, strict=True):
            for path, size in _weights(region).items():
                size = size * node.box.attrs["times"].size if untied else size
                found.setdefault(f"{node.name}.{'*.' if untied else ''}{place}{path}", size)
    return found


def prove_count(graph: Graph, count: Size | int) -> Proof | Obstruction:
    """Prove that the graph has exactly this many trained weights."""
    found, wanted = parameter_count(graph), Size.of(count)
    if found is not wanted and not always_equal(found, wanted):
        return Obstruction(f"there are {found} trained weights", flat(graph))
    try:
        data = program(graph)
        steps = [show(trained(read_program(data, check_types)))]
    except (NotData, Refusal) as problem:
        return Obstruction(str(problem))
    sentence = f"{wanted} trained weights, all sizes"
    return Proof("count", sentence, (data,), {"count": str(wanted)}, list(steps))
