"""Contracts: what torch does with a generated file, as its header says and its selftest tries.

Definition.  A file is *static* where it has no runs; *looped* where a run is a loop; a *kernel*
where a run is a call of a recurrent kernel, *ragged* where that takes lengths; *data-scheduled*
where it has tree folds.  A file has the weakest contract of its parts.

Law.  What a contract says holds for torch 2.13: it compiles and differentiates neither its LSTM
kernel nor packed sequences in one graph, so ``torch.compile`` leaves kernels as calls; exported
programs hold the kernel, for one length (a loop is unrolled, the kernel's length is a constant).

>>> from categorical import Dim, Real, op
>>> from backends.pytorch.passes import prepare
>>> from categorical.recursion import fold
>>> t, n = Dim.named("t n")
>>> net = op.relu.at(Real[n])
>>> contract(*prepare(net.graph())).split(":")[0]
'static'
>>> run = fold(op.mul.at(Real[n], Real[n]) >> op.sin, over=t)
>>> contract(*prepare(run.graph())).split(":")[0]
'looped'

A looped file is one graph, a kernel is not:

>>> unexported(CONTRACTS["pulled"])
'a program has no gradients'
>>> one_graph(CONTRACTS["looped"]), one_graph(CONTRACTS["kernel"]), exports(CONTRACTS["ragged"])
(True, False, False)
"""

from __future__ import annotations

from backends.pytorch.plan import Plan
from categorical.graph import Graph

_EXPORT = "strict torch.export"
_WHOLE = "one graph under torch.compile(fullgraph=True)"

#: From the strongest to the weakest.
CONTRACTS = {
    "static": f"static: {_WHOLE}, {_EXPORT} with dynamic batch",
    "pulled": f"with gradients inside: {_WHOLE}; no export, which has no gradients",
    "looped": f"looped: eager at any length; {_WHOLE} and {_EXPORT} for one length, "
    "with dynamic batch",
    "kernel": f"kernel: eager at any length; {_EXPORT} for one length, with dynamic batch; "
    "torch.compile calls the kernel outside of its graphs",
    "ragged": "kernel of several lengths: eager; torch.compile calls the kernel outside of its "
    "graphs; no export, as packed sequences depend on the data",
    "scheduled": "data-scheduled: eager for any forest; the cell of a level compiles as one graph, "
    "the module neither compiles nor exports as a whole",
}


def contract(graph: Graph, plan: Plan) -> str:
    """The contract of a graph with its plan."""
    order = list(CONTRACTS)
    found = {"static"}
    if any(node.box.name == "tree_fold" for _, node in graph.walk()):
        found.add("scheduled")
    if any(node.box.name == "pullback" for _, node in graph.walk()):
        found.add("pulled")
    for runs in plan.runs.values():
        found.update(getattr(lowering, "contract", "looped") for lowering in runs.values())
    return CONTRACTS[max(found, key=order.index)]


def exports(text: str) -> bool:
    """Whether a file with this contract is exported."""
    return _EXPORT in text


def unexported(text: str) -> str:
    """Why a file with this contract is not exported."""
    return (
        "a program has no gradients"
        if text == CONTRACTS["pulled"]
        else ("packed sequences depend on the data")
    )


def one_graph(text: str) -> bool:
    """Whether a file with this contract is one graph when it is compiled."""
    return _WHOLE in text
