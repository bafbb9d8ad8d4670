"""The plan of one file: what the passes found, for the writer to follow.

Definition.  Fused kernels, cells, widths and runs are known by the graph they are in (by identity)
and by a wire; ``derivation`` has one line for each rewrite that fired.

>>> Plan().derivation
[]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from categorical.graph import Graph
from categorical.index import Axis

if TYPE_CHECKING:
    from backends.pytorch.cells import LstmCell
    from backends.pytorch.passes import Attention
    from backends.pytorch.recursion.ladder import Lowering


@dataclass
class Plan:
    """What the passes found: fused kernels by graph and output wire, the wires they make needless,
    and the derivation."""

    fused: dict[int, dict[int, Attention]] = field(default_factory=dict)
    cells: dict[int, dict[int, LstmCell]] = field(default_factory=dict)
    skipped: dict[int, set[int]] = field(default_factory=dict)
    widths: dict[int, dict[int, Axis]] = field(default_factory=dict)
    runs: dict[int, dict[int, Lowering]] = field(default_factory=dict)
    narrow: bool = False  # whether cells get no more places for children than a level needs
    forest: tuple[int, int] | None = None  # the inputs that all tree folds read: children, present
    derivation: list[str] = field(default_factory=list)
    keep: list[Graph] = field(default_factory=list)  # graphs that are known by identity here
