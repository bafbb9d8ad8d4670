"""The layer table: a forward and backward pass of solved layers and of their references.

Every reference is timed in one loop with ours and with itself again (the A/A column: noise).  A
ratio above 1 means that ours is faster; each side is compiled where the mode says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from tests.benchmarks.emitted import step
from tests.benchmarks.layer_rows import ROWS, Reference, Row, module_of
from tests.benchmarks.paired import Contender, Local, paired
from tests.benchmarks.peer import Peer, Remote, Unavailable

HEAD = ["layer", "sizes", "mode", "maps", "reference", "maps", "its ms", "our ms", "times faster"]
HEAD += ["quartiles", "A/A", "predicted", "wanted", "verdict"]
MODES = ("eager", "compiled")


def ready(module: nn.Module, mode: str) -> nn.Module:
    return torch.compile(module, fullgraph=True) if mode == "compiled" else module  # type: ignore[return-value]


def contender(reference: Reference, mode: str, peers: Mapping[str, Peer]) -> Contender:
    """The other side, warm."""
    if reference.peer:
        sizes = {**reference.sizes, "mode": reference.modes[mode]}
        return Remote(peers[reference.peer], reference.case, **sizes)
    assert reference.module is not None and reference.inputs is not None
    return Local(step(ready(reference.module(), mode), reference.inputs()))


def line(
    row: Row, reference: Reference, mode: str, peers: Mapping[str, Peer], rounds: int
) -> list[str]:
    """One line: a layer, a reference and a mode."""
    torch.manual_seed(0)
    torch.compiler.reset()
    torch.set_num_threads(1)
    start = [row.name, row.text, mode]
    maps = "–" if row.maps is None else str(row.maps)
    try:
        ours = Local(step(ready(module_of(row.layer()), mode), row.inputs()))
    except (ImportError, AttributeError) as error:
        return [*start, maps, str(error)[:60]]
    try:
        other = contender(reference, mode, peers)
        found = paired({"it": other, "ours": ours, "again": other}, "it", rounds)
    except Unavailable as reason:
        alone = paired({"ours": ours}, "ours", rounds).seconds["ours"].median
        return [*start, maps, f"{reference.name}: {reason}", "", "", f"{1000 * alone:.3f}"]
    facts = getattr(other, "facts", {})
    ratio, noise = found.faster["ours"], found.faster["again"]
    wanted, predicted = reference.wanted.get(mode), reference.predicted.get(mode)
    slack = max(noise.high - 1, 1 - noise.low, 0.0)
    verdict = ""
    if wanted is not None:
        verdict = "met" if ratio.median >= wanted else "MISSED"
        if verdict == "MISSED" and ratio.median >= wanted * (1 - slack):
            verdict = "within noise"
    return [
        *start,
        maps,
        reference.name,
        str(facts.get(reference.counted, "–")),
        f"{1000 * found.seconds['it'].median:.3f}",
        f"{1000 * found.seconds['ours'].median:.3f}",
        f"{ratio.median:.2f}",
        f"{ratio.low:.2f}–{ratio.high:.2f}",
        f"{noise.median:.2f} ({noise.low:.2f}–{noise.high:.2f})",
        "–" if predicted is None else f"{predicted:.1f}",
        "–" if wanted is None else f"≥ {wanted:.2f}",
        verdict,
    ]


def rows(peers: Mapping[str, Peer], only: str, rounds: int) -> list[list[str]]:
    """All rows whose name has ``only`` in it; each is printed when it is known."""
    found = []
    for row in ROWS:
        if only.lower() not in row.name.lower():
            continue
        for mode in MODES:
            for reference in row.references:
                if mode in reference.modes:
                    cells = line(row, reference, mode, peers, rounds)
                    found.append(cells + [""] * (len(HEAD) - len(cells)))
                    print("  ".join(cells), flush=True)
    return found
