"""The number of trained weights: against arrays, broken twins, the checker."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from categorical import Dim, Real, op, tie
from categorical.operators import iterate
from categorical.sizes import Size
from proofs import checker
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check
from proofs.checking.counts import over, plus, read, show, size_of, times
from proofs.counts import parameter_count, prove_count
from tests.proofs import boxes
from tests.proofs.graphs import resources

c, h, w = Dim.named("c h w")
SIZES = {"c": 4, "h": 2, "w": 6}


def flattened():
    """A linear map of a pooled image, whose size has a floor."""
    pooled = op.max_pool(w, kernel=2).at(Real[c, w])
    axes = pooled.cod[0].axes
    return (pooled >> op.merge(*axes) >> op.linear(axes[0].index * axes[1].index, h)).graph()


GRAPHS = {
    "linear": op.linear(c, h).graph(),
    "no bias": op.linear(c, h, bias=False).graph(),
    "two": (op.linear(c, h) >> op.linear(h, c)).graph(),
    "tied": (lambda f: (f >> f).graph())(tie(op.linear(c, c))),
    "called twice": (lambda f: (f >> f).graph())(op.linear(c, c).named("f")),
    "shared call": (lambda f: (f >> f).graph())(tie((op.linear(c, c) >> op.relu).named("f"))),
    "norm": op.batch_norm(c, over=(w,)).at(Real[w, c]).graph(),
    "heads": op.linear(c // h, h).at(Real[c // h]).graph(),
    "sum": op.linear(c + h, w).graph(),
    "image": op.conv(c, h, over=w, kernel=3).at(Real[c, w]).graph(),
    "grouped": op.depthwise_conv(c, over=w, kernel=3).at(Real[c, w]).graph(),
    "untied": iterate(op.linear(c, c), 3).graph(),
    "stacked": iterate(op.linear(c, c), h, weights="stacked").graph(),
    "tied steps": iterate(op.linear(c, c), h, weights="tied").graph(),
    "nested": iterate(iterate(op.linear(c, c), 2) >> op.relu, h, weights="tied").graph(),
    "pooled": (op.max_pool(w, kernel=2) >> op.layer_norm(c)).at(Real[c, w]).graph(),
    "flattened": flattened(),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_count_is_that_of_the_arrays_and_is_certified(name):
    graph = GRAPHS[name]
    count = parameter_count(graph)
    arrays = resources(graph, np.random.default_rng(0), SIZES)
    trained = {k for k, r in graph.resources(SIZES).items() if r.role == "weight"}
    assert count.evaluate(SIZES) == sum(arrays[k].size for k in trained)
    proof = prove_count(graph, count)
    assert proof, proof.reason
    report = check(bundle("", [claim("count", proof)]))
    assert report.ok, report.errors
    assert not prove_count(graph, count + 1)


def test_a_wrong_count_is_refused():
    text = bundle(
        "", [claim("count", prove_count(GRAPHS["two"], 2 * c.size * h.size + c.size + h.size))]
    )
    for count in ("2*c*h + c", "2*c*h + c + h + 1", "c*h*2 + h + c", "2*c*h + c + h + 0*w"):
        data = json.loads(text)
        del data["digest"]
        data["claims"][0]["count"] = count
        report = check(canonical({**data, "digest": checker.digest(data)}) + "\n")
        assert report.ok == (count in ("c*h*2 + h + c", "2*c*h + c + h + 0*w"))


@pytest.mark.parametrize(
    "text", ["", "c +", "c ** h", "c ** 1000", "f(c)", "c.h", "'c'", "1.5", "[c]", "c / (h + 1)"]
)
def test_what_is_no_size_is_refused(text):
    with pytest.raises(checker.Refusal):
        read(text)


@pytest.mark.parametrize("name", sorted(boxes.GRAPHS))
def test_sizes_agree_with_the_language(name):
    """Every index set of every box: the checker's size is the language's."""
    from proofs.checking.programs import freeze
    from proofs.program import index

    for graph in boxes.GRAPHS[name]:
        for type_ in graph.types:
            for axis in type_.axes:
                mine = size_of(freeze(index(axis.index)))
                if all(k in boxes.SIZES for mono in mine for k, _ in mono):
                    value = sum(
                        v * math.prod(Fraction(boxes.SIZES[k]) ** p for k, p in mono)
                        for mono, v in mine.items()
                    )
                    assert value == axis.size.evaluate(boxes.SIZES)


def test_the_text_of_a_size_reads_back():
    for one in (c.size * h.size + 3, (c // h).size, Size.of(0), 2 * c.size - h.size):
        assert show(plus(read(str(one)), read(str(one)), -1)) == "0"
    assert over(times(read("c"), read("h")), read("h")) == read("c")
