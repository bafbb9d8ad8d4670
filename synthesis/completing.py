"""The verdict on completeness: a count that the checker repeats, or a map that is missing.

Law.  PROVED comes with a certificate; REFUTED with a map that commutes with the group and is not in
the span of the layer's, both checked exactly.

>>> from categorical import Dim, architecture, laws, op
>>> from categorical.diagrams import partition_diagrams
>>> from categorical.groups import Symmetric
>>> n, c, k = Dim.named("n c k")
>>> pair = ((n, n.at("to")),)
>>> def layer(maps):
...     one = op.hom(maps, pair, pair[0], channels=(c,), out=k)
...     return architecture(one.named("layer"), laws=[laws.complete(under=Symmetric(n))])
>>> every = partition_diagrams(2, 2)
>>> check_complete(layer(every).laws[0], layer(every)).verdict.name
'PROVED'
>>> found = check_complete(layer(every).laws[0], layer(every.choose(range(14))))
>>> found.verdict.name, found.reason
('REFUTED', '`hom` has some of its diagrams only: 1 map is missing')
"""

from __future__ import annotations

from typing import Any

import numpy as np

from categorical.architecture import Architecture
from categorical.laws.completeness import Complete
from categorical.normal import content_hash
from categorical.records import EVAL
from categorical.verdicts import Counterexample, Finding, Verdict
from synthesis import structural
from synthesis.numeric import Point
from synthesis.replay import replay_line, source


def check_complete(law: Complete, architecture: Architecture) -> Finding:
    """The verdict on completeness."""
    assert law.group is not None
    graph = architecture.graph
    proof = structural.prove(law, graph, (EVAL,), content_hash(graph))
    if proof.proved:
        return Finding(
            law.name, Verdict.PROVED, proof.scope, proof.method, certificate=proof.certificate
        )
    more: dict[str, Any] = proof.obstruction.data if proof.obstruction is not None else {}
    if "map" not in more:
        return Finding(law.name, Verdict.UNKNOWN, reason=proof.reason)
    missing = more["missing"]
    are = "1 map is missing" if missing == 1 else f"{missing} maps are missing"
    reason = proof.reason if "missing" in proof.reason else f"{proof.reason}: {are}"
    text = source(architecture, law, Point({}, EVAL, [], {}, 0, True))
    example = Counterexample(
        source=f"# an equivariant map that is not in the span: {shown(more)}\n{text}",
        replay=replay_line(architecture, law, 0),
        wire=proof.wire,
        sizes=dict(more.get("sizes", {})),
        element="",
        difference=are,
        certified=True,
    )
    method = "a missing map, exactly equivariant"
    return Finding(
        law.name, Verdict.REFUTED, proof.scope, method, counterexample=example, reason=reason
    )


def shown(more: dict[str, Any]) -> str:
    """A missing map in words: a diagram, or the entries of a tensor."""
    if "diagram" in more:
        return f"the diagram {more['diagram']}"
    shape = tuple(more["shape"])
    values = sorted(set(more["map"].values()), key=str)
    texts = []
    for value in values[:4]:
        places = sorted(p for p, v in more["map"].items() if v == value)
        some = [str(tuple(int(i) for i in np.unravel_index(p, shape))) for p in places[:12]]
        rest = f", … ({len(places)} entries)" if len(places) > 12 else ""
        texts.append(f"{value} at {', '.join(some)}{rest}")
    more_values = ", …" if len(values) > 4 else ""
    return f"a tensor of the shape {shape}, {'; '.join(texts)}{more_values}, and 0 elsewhere"
