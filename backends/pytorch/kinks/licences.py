"""Licences: the rewrites of a build, asked at the kinks.

Definition.  Every rewrite that fired is a line of a build's derivation, and its licence ends it:
*gradient everywhere* or *gradient almost everywhere*.  ``broken_at_kinks`` evaluates the built
module and the arrow as it was declared at points of whole numbers from −1 to 1, where activations
are at 0 and entries tie, and compares ⟨∇, v⟩ with the reference.

Law.  A build whose licences all say *everywhere* has no point at which they differ.

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> n, c, k = Dim.named("n c k")
>>> made = build((op.linear(c, k) >> op.mean(n) >> op.relu).at(Real[n, c]), {"c": 2, "k": 2}, "net")
>>> licences(made), broken_at_kinks(made)
([('pooling before 1 × an affine map of another axis', 'everywhere')], [])

A file that holds ``clamp`` in place of ``relu`` is one function, and has other gradients (as its
meaning is compared at random points, the build would pass):

>>> made.source = made.source.replace("torch.relu(mean)", "torch.clamp(mean, min=0)")
>>> made.source = made.source.replace("torch.relu(linear)", "torch.clamp(linear, min=0)")
>>> from backends.pytorch.validate import validate
>>> bool(validate(made)), bool(broken_at_kinks(made))
(True, True)
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from backends.pytorch.loader import load_source, unload
from backends.pytorch.points import Point, assignments_of, random_point
from backends.pytorch.recursion.deferred import for_few_steps_too
from backends.pytorch.validate import compare_gradients
from categorical.errors import SpecError
from categorical.records import EVAL, STATISTIC

if TYPE_CHECKING:
    from backends.pytorch.made import Build

_LICENCE = re.compile(r"^(.*) \(gradient (everywhere|almost everywhere)\)$")


def licences(build: Build) -> list[tuple[str, str]]:
    """The rewrites of a build, each with the grade that it claims."""
    found = [_LICENCE.match(line) for line in build.derivation]
    return [(match[1], match[2]) for match in found if match]


def broken_at_kinks(build: Build, points: int = 8, seed: int = 0) -> list[str]:
    """What differs from the reference at points of whole numbers; nothing where licences hold."""
    space = load_source(build.source, build.module_name)
    for_few_steps_too(space)
    rng, found = np.random.default_rng(seed), []
    try:
        for sizes in islice(assignments_of(build.graph), 2):
            for _ in range(points):
                point = kink_point(build, sizes, rng)
                try:
                    with np.errstate(all="ignore"):  # a whole number may be a pole
                        compare_gradients(build, space, point, rng)
                except SpecError as problem:
                    found.append(str(dict(problem.facts)["difference"]))
    finally:
        unload(space)
    return found


def kink_point(build: Build, sizes: dict[str, int], rng: np.random.Generator) -> Point:
    """A point whose numbers are −1, 0 or 1, and whose masks have a row of nothing."""
    point = random_point(build.graph, sizes, EVAL, rng)
    roles = {p: r.role for p, r in build.graph.resources(sizes).items()}

    def whole(value: np.ndarray) -> np.ndarray:
        return rng.integers(-1, 2, value.shape).astype(value.dtype)

    point.inputs = [whole(x) if x.dtype.kind == "f" else x for x in point.inputs]
    for value in point.inputs:
        if value.dtype.kind == "b" and value.ndim > 1:
            value[0] = False
    point.resources = {
        p: whole(v) if v.dtype.kind == "f" and roles[p] != STATISTIC else v
        for p, v in point.resources.items()
    }
    return point
