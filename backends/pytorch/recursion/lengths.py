"""Lengths in generated code: the check when a module is called.

Definition.  The lengths of a ragged run are numbers from 0 to the size of its axis.  A module
refuses others with the index of the first sample that has one; under ``torch.compile`` and
``torch.export`` nothing is checked, as a program cannot branch on data.

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

from typing import TYPE_CHECKING

from backends.pytorch import safety
from categorical.graph import Node

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
        sample = tuple(wrong.nonzero()[0].tolist())
        found = f"got {lengths[sample].item()} for sample {sample}"
        raise ValueError(f"`{name}` must be between 0 and {most}, {found}")
'''


def checked(writer: Writer, node: Node) -> str:
    """The expression of the lengths of a ragged run, behind the statement that checks them."""
    lengths = writer._wire(node.ins[-1])
    check = writer.helper("check_lengths", CHECK)
    name = safety.string(safety.prose(writer.graph.wire_name(node.ins[-1])))
    text = f"{check}({lengths}, {writer.size(node.box.attrs['times'])}, {name})"
    if all(expression != text for _, expression, _ in writer.lines):
        writer.lines.append(("", text, ""))
    return lengths
