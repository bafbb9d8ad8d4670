"""Lengths in generated code: the check when a module is called.

Definition.  The lengths of a ragged run are numbers from 0 to the size of its axis.  A module
refuses others with the index of the first sample that has one; under ``torch.compile`` and
``torch.export`` nothing is checked, as a program cannot branch on data.  Builds are compared with
the reference at lengths 0 and whole, whatever else is drawn, and on a batch of several lengths.

>>> import torch
>>> space = {"torch": torch, "Tensor": torch.Tensor}
>>> exec(CHECK, space)
>>> space["check_lengths"](torch.tensor([0, 3]), 3, "lengths")

A length below 0 or above the size is refused:

>>> space["check_lengths"](torch.tensor([[2, 1], [3, 4]]), 3, "lengths")
Traceback (most recent call last):
...
ValueError: `lengths` must be between 0 and 3, got 4 for sample (1, 1)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from backends.pytorch import safety
from categorical.assignments import completed
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import disjoint_sum

if TYPE_CHECKING:
    from backends.pytorch.emit import Writer

CHECK = '''
def check_lengths(lengths: Tensor, most: int, name: str) -> None:
    """Refuse lengths that are negative or too large (not in compiled or exported programs)."""
    if torch.compiler.is_compiling():
        return
    if not isinstance(most, int):
        text = "nested tensors are given as x.to_padded_tensor(0.0) and x.offsets().diff()"
        raise ValueError(text)
    wrong = (lengths < 0) | (lengths > most)
    if wrong.any():
        at = wrong.nonzero()[0].tolist()
        found = f"got {lengths[tuple(at)].item()}"
        if at:
            found += f" for sample {at[0] if len(at) == 1 else tuple(at)}"
        raise ValueError(f"`{name}` must be between 0 and {most}, {found}")
'''


SAMPLES, STEPS = 4, 3


def batches(graph: Graph) -> Iterator[dict[str, int]]:
    """At most one assignment of sizes at which a batch has several lengths, where runs have some:
    a kernel puts the samples in order, which a single sample does not show."""
    boxes = [node.box for _, node in graph.walk() if isinstance(node.box, OperatorBox)]
    ragged = [box for box in boxes if box.attrs.get("ragged")]
    samples = {s: SAMPLES for box in ragged for a in box.dom[-1].axes for s in a.size.symbols}
    along = {s for box in ragged for s in box.attrs["over"].size.symbols}
    for steps in range(STEPS, 4 * STEPS) if along else ():  # as few as the sizes admit
        known = {**samples, **dict.fromkeys(along, steps)}
        found = completed(graph.conditions(), graph.dims, known)
        if found is not None:
            yield found
            return


def with_ends(
    graph: Graph, inputs: Sequence[np.ndarray], sizes: Mapping[str, int], empty: bool
) -> list[np.ndarray]:
    """Random inputs with an extreme among the lengths: the first sample is empty, or whole."""
    boxes = [node.box for _, node in graph.walk() if isinstance(node.box, OperatorBox)]
    runs = [box.attrs["over"] for box in boxes if box.attrs.get("ragged")]
    spaces = {disjoint_sum(over.index, 1): over.size.evaluate(sizes) for over in runs}
    found = []
    for type_, value in zip(graph.dom, inputs, strict=True):
        if type_.kind == "fin" and type_.values in spaces and value.size:
            value = value.copy()
            value.reshape(-1)[0] = 0 if empty else spaces[type_.values]
        found.append(value)
    return found


def checked(writer: Writer, node: Node) -> str:
    """The expression of the lengths of a ragged run, behind the statement that checks them."""
    lengths = writer._wire(node.ins[-1])
    check = writer.helper("check_lengths", CHECK)
    name = safety.string(safety.prose(writer.graph.wire_name(node.ins[-1])))
    text = f"{check}({lengths}, {writer.size(node.box.attrs['times'])}, {name})"
    if all(expression != text for _, expression, _ in writer.lines):
        writer.lines.append(("", text, ""))
    return lengths
