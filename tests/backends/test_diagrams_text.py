"""Diagrams as text: the columns alone determine what every box reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.diagrams import ascii
from categorical.graph import Graph
from tests.backends.diagram_arrows import ARROWS, attention, random_graph, transformer_block


def misread(graph: Graph, text: str) -> list[str]:
    """Where the columns of a text say another graph than the one it was made of."""
    left = {w: graph.outputs.count(w) for w in range(len(graph.types))}
    ports = []
    for node in graph.nodes:
        count = len(node.box.dom)
        ports.append([w for i, w in enumerate(node.ins) if i < count or w not in graph.sources])
        for w in ports[-1]:
            left[w] += 1
    inputs = [w for w in graph.inputs]
    nodes, outputs = list(zip(graph.nodes, ports, strict=True)), list(graph.outputs)
    holds: dict[int, int] = {}
    forks: list[int] = []
    found = []
    for line in text.splitlines()[bool(graph.name) :]:
        columns = re.match("[ ○●◆│─├┤┼┿╰╯┴╮┬]*", line)[0]  # type: ignore[index]
        signs = dict(enumerate(columns[::2]))
        own = next((i for i, s in signs.items() if s in "○●◆"), None)
        if own is None:
            for i in (i for i, s in signs.items() if s in "╮┬"):
                holds[i] = forks.pop(0)
            continue
        joined = {i for i, s in signs.items() if s in "├┤┿╰╯┴"}
        seen = {holds[i] for i in joined}
        if signs[own] == "○":
            rest = line[len(columns) :].split()[0]
            wire = inputs.pop(0) if inputs else graph.source(rest)
            new = [wire] if left[wire] else []
        elif signs[own] == "●":
            node, reads = nodes.pop(0)
            seen |= {holds[own]} if own in holds else set()
            if seen != set(reads):
                found.append(f"{line!r} joins {seen}, not {set(reads)}")
            for w in reads:
                left[w] -= 1
            new = [w for w in node.outs if left[w]]
        else:
            wire = outputs.pop(0)
            if holds.get(own) != wire:
                found.append(f"{line!r} ends {holds.get(own)}, not {wire}")
            left[wire] -= 1
            new = [wire] if left[wire] else []
        for i in joined:
            if (signs[i] in "├┤┿") != bool(left[holds[i]]):
                found.append(f"{line!r} ends a wire too early or too late")
            if not left[holds[i]]:
                del holds[i]
        holds.pop(own, None)
        if new:
            holds[own], forks = new[0], new[1:]
    return found + [f"{len(nodes) + len(outputs)} lines are missing"] * bool(nodes or outputs)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 30))
def test_the_columns_determine_what_is_read(seed: int, boxes: int) -> None:
    graph = random_graph(seed, boxes)
    assert misread(graph, ascii(graph, expand_depth=0)) == []


@pytest.mark.parametrize("name", sorted(ARROWS))
def test_the_columns_of_the_examples(name: str) -> None:
    graph = ARROWS[name].graph()
    assert misread(graph, ascii(graph, expand_depth=0)) == []


def test_twin_texts_are_refused() -> None:
    graph = attention.graph()
    lines = ascii(graph, expand_depth=0).splitlines()
    at = next(i for i, line in enumerate(lines) if "einsum" in line)
    swapped = [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]]
    assert misread(graph, "\n".join(lines)) == []
    for wrong in (swapped, lines[:-1], [line.replace("╰", "├") for line in lines]):
        assert misread(graph, "\n".join(wrong))


def test_the_text_joins_what_is_read() -> None:
    lines = ascii(attention, expand_depth=0).splitlines()
    assert lines[0] == "attention"
    softmax = next(line for line in lines if "softmax" in line)
    assert softmax.startswith("│ ╰─●")
    assert ascii(attention, plain=True, expand_depth=0).isascii()


def test_the_text_of_a_part_stands_inside() -> None:
    lines = ascii(transformer_block).splitlines()
    start = next(i for i, line in enumerate(lines) if "attention" in line)
    assert "┄" in lines[start + 1] and "┄" not in lines[start]
    assert not any("┄" in line for line in ascii(transformer_block, expand_depth=0).splitlines())
    for wrong in (3, None, "net"):
        with pytest.raises(TypeError, match="is not an arrow or a graph"):
            ascii(wrong)  # type: ignore[arg-type]


def test_a_solved_layer_is_labelled_with_its_channels_and_maps() -> None:
    from backends.diagrams.labels import box_label
    from categorical import Dim, Real, op
    from categorical.groups import Acting, Symmetric, cyclic
    from synthesis import natural
    from synthesis.kernels import convolution

    n, c, k = Dim.named("n c k")
    pair = Real[n, n.at("to")]
    maps = natural(pair, pair, under=Symmetric(n))

    def label(arrow, *types):
        return box_label(arrow.at(*types).graph().nodes[0].box)

    assert label(maps.layer(c, k), Real[n, n.at("to"), c]) == ("hom", "c→k, 15 maps")
    assert label(maps.layer(None, k), pair) == ("hom", "→k, 15 maps")
    assert label(maps.layer(c, mix="each"), Real[n, n.at("to"), c]) == ("hom", "c, 15 maps")
    trace = natural(pair, Real.scalar, under=Symmetric(n)).maps.choose([0])
    fixed = op.hom(trace, ((n, n.at("to")),), (), coefficients=[1])
    assert label(fixed, pair) == ("hom", "1 fixed map")
    turns = Acting(cyclic(4), {}, grid=(n, n.at("to")))
    assert label(maps.layer(), pair) == ("hom", "15 maps")
    assert label(maps.layer(c, c), Real[n, n.at("to"), c]) == ("hom", "c→c, 15 maps")
    turned = convolution(channels=(c, k), under=turns)
    assert label(turned, Real[c, n, n.at("to")]) == ("steerable_conv", "c→k, 3 maps, 3×3")


def test_a_run_says_along_what_and_shows_its_cell() -> None:
    from categorical import Dim, Real, arrow, op
    from categorical.recursion import fold, foldr

    t, s = Dim.named("t s")

    @arrow
    def cell(state: Real[s], x: Real[s]) -> Real[s]:
        return op.tanh(state * x)

    for run, note in ((fold, "cell along t"), (foldr, "cell along t ←")):
        drawn = run(cell, over=t)
        picture = drawn._repr_svg_()
        assert note.removeprefix("cell ") in picture and "tanh" in picture
    assert "←" not in fold(cell, over=t)._repr_svg_()


def test_a_fold_over_trees_is_drawn_closed() -> None:
    """The inputs of its cell are not those of the fold: children are no states."""
    from categorical import Dim, Real, op
    from categorical.recursion import leaf_labelled

    node, child, a, s = Dim.named("node child a s")
    cell = op.sum(child).at(Real[child, s]) >> op.linear(s, s) >> op.sin
    picture = leaf_labelled(op.linear(a, s), cell, over=node, arity=child)._repr_svg_()
    assert "at every node" in picture and ">sin<" not in picture
