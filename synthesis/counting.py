"""Counting: the number of trained weights as a polynomial in the sizes.

Definition.  Each weight of a graph counts with the size of its space; the weights of an untied or
stacked repetition once a step, those of a tied one once.  A count law claims that polynomial.

Law.  The polynomial, evaluated, is the number of trained weights at those sizes.

>>> from categorical import Dim, architecture, laws, op
>>> c, h = Dim.named("c h")
>>> model = architecture((op.linear(c, h) >> op.relu >> op.linear(h, c)).named("mlp"))
>>> count(model.graph)
Size(2*c*h + c + h)
>>> check_count(laws.parameters(c * h + h), model).verdict.name
'REFUTED'
"""

from __future__ import annotations

from categorical.architecture import Architecture
from categorical.graph import Graph, OperatorBox
from categorical.laws import Count
from categorical.normal import content_hash
from categorical.records import EVAL, WEIGHT
from categorical.sizes import Size, always_equal, least_counterexample
from categorical.sizes import equal as same_size
from categorical.verdicts import Counterexample, Finding, Verdict
from synthesis import structural
from synthesis.numeric import Point
from synthesis.replay import replay_line, source


def count(graph: Graph) -> Size:
    """The number of trained weights of a graph."""
    total = Size.of(0)
    for resource in graph.sources.values():
        if resource.role == WEIGHT:
            total = total + resource.space.size
    seen: set[str] = set()
    for node in graph.nodes:
        if isinstance(node.box, OperatorBox) and node.box.operator.owner and node.name not in seen:
            seen.add(node.name)
            inner = sum((count(region) for region in node.regions), Size.of(0))
            times = node.box.attrs.get("times")
            if times is not None and node.box.attrs.get("weights") != "tied":
                inner = inner * times.size
            total = total + inner
    return total


def check_count(law: Count, architecture: Architecture) -> Finding:
    """The verdict on a count: polynomials are compared by their normal forms."""
    assert law.count is not None
    graph = architecture.graph
    have, method = count(graph), "the polynomials of both counts, in normal form"
    same = have is law.count or always_equal(have, law.count)
    if same:
        proof = structural.prove(law, graph, (EVAL,), content_hash(graph))
        if proof.proved:
            proved, how = Verdict.PROVED, proof.method
            return Finding(law.name, proved, proof.scope, how, certificate=proof.certificate)
        return Finding(law.name, Verdict.EXACT, "all sizes", method, error_bound="0")
    reason = f"the architecture has {have} trained weights, not {law.count}"
    where = least_counterexample(
        [same_size(have, law.count)],
        sorted(have.symbols | law.count.symbols),
        given=sorted(graph.conditions(), key=str),
    )
    if where is None:
        verdict = Verdict.UNKNOWN if same is None else Verdict.REFUTED
        return Finding(law.name, verdict, method=method, reason=reason)
    mine, claimed = have.evaluate(where), law.count.evaluate(where)
    example = Counterexample(
        source=source(architecture, law, Point(where, EVAL, [], {}, 0, True)),
        replay=replay_line(architecture, law, 0),
        wire="",
        sizes=where,
        element="",
        difference=f"{mine} weights, not {claimed}",
        certified=True,
    )
    return Finding(
        law.name, Verdict.REFUTED, "all sizes", method, counterexample=example, reason=reason
    )
