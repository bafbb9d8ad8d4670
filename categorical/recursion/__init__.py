"""Structured recursion: one cell, run over lists, streams and trees.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import fold
>>> t, s = Dim.named("t s")
>>> fold(op.add.at(Real[s], Real[s]), over=t, start=0).type_text()
'Real[t, s] → Real[s]'

A cell has its states first:

>>> fold(op.linear(t, s), over=t)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM045]: ...
"""

from categorical.recursion.folds import (
    fold,
    foldr,
    hylo,
    mealy,
    mealy_cell,
    moore,
    moore_cell,
    scan,
    unfold,
    unfold_cell,
)
from categorical.recursion.forests import forest
from categorical.recursion.streaming import StepForm, step_form
from categorical.recursion.trees import (
    binary,
    leaf_labelled,
    node_labelled,
    rooted,
    rose_fold,
    tree_fold,
)

__all__ = [
    "StepForm",
    "binary",
    "fold",
    "foldr",
    "forest",
    "hylo",
    "leaf_labelled",
    "mealy",
    "mealy_cell",
    "moore",
    "moore_cell",
    "node_labelled",
    "rooted",
    "rose_fold",
    "scan",
    "step_form",
    "tree_fold",
    "unfold",
    "unfold_cell",
]
