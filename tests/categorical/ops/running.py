"""Running one operation on numpy arrays, among floats."""

from __future__ import annotations

import numpy as np

from categorical.arrows import Arrow
from categorical.records import EVAL, Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import Result, run


def result(arrow: Arrow, types, arrays, mode: str = EVAL, resources=None, **sizes: int) -> Result:
    """Outputs and new states at input types; the sizes are read from the arrays."""
    found = dict(sizes)
    for one, array in zip(types, arrays, strict=True):
        for axis, size in zip(one.axes, np.shape(array), strict=True):
            if str(axis.index).isidentifier():
                found[str(axis.index)] = size
    graph = arrow.retype(tuple(types)).graph()
    return run(graph, Context(FloatAlgebra(), found, mode), arrays, resources or {})


def value(arrow: Arrow, types, arrays, mode: str = EVAL, resources=None, **sizes: int):
    """The only output."""
    (found,) = result(arrow, types, arrays, mode, resources, **sizes).outputs
    return found
