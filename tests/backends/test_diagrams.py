"""Diagrams: golden files, and what must hold of every picture.

The golden files are written anew by ``python -m tests.backends.test_diagrams``. Every property is a
function from a scene to a list of problems, and each is shown a scene that was spoiled on purpose.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.diagrams import ascii, svg
from backends.diagrams.layout import Net, Segment, Vertex, place
from backends.diagrams.scene import build
from backends.diagrams.shapes import Rect, Scene, Text
from categorical import Real, arrow, op
from categorical.verdicts import Finding, Verdict
from tests.backends.diagram_arrows import (
    ARROWS,
    GOLDEN,
    attention,
    mlp,
    n,
    random_graph,
    transformer_block,
)

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(__file__).parent / "golden_diagrams"


def golden(name: str) -> dict[str, str]:
    """The files of an arrow: the picture and the text."""
    picture = svg(
        ARROWS[name],
        highlight="scores" if name == "attention" else None,
        verdicts={"equivariant[S_token]": "proved", "causal": "refuted"}
        if name == "attention"
        else None,
    )
    return {f"{name}.svg": picture, f"{name}.txt": ascii(ARROWS[name]) + "\n"}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_files(name: str) -> None:
    for file, text in golden(name).items():
        assert (FOLDER / file).read_text(encoding="utf-8") == text, file


def test_the_same_bytes_in_another_process() -> None:
    code = (
        "from tests.backends.test_diagrams import ARROWS, ascii, svg\n"
        "import hashlib\n"
        "text = ''.join(svg(a) + ascii(a) for a in ARROWS.values())\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    found = set()
    for seed in ("1", "2"):
        answer = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(ROOT)},
        )
        assert answer.returncode == 0, answer.stderr
        found.add(answer.stdout)
    assert len(found) == 1


def test_no_torch() -> None:
    code = "import sys, backends.diagrams; assert not {'torch', 'jinja2'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


# ---------------------------------------------------------------- properties of scenes


Corners = tuple[float, float, float, float]


def corners(box: Rect) -> Corners:
    return box.x, box.y, box.x + box.width, box.y + box.height


def meet(one: Corners, other: Corners) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def inside(one: Corners, other: Corners) -> bool:
    return other[0] <= one[0] and one[2] <= other[2] and other[1] <= one[1] and one[3] <= other[3]


def overlaps(scene: Scene) -> list[str]:
    """Texts over texts, texts over the edges of boxes, boxes over boxes, shapes off the page."""
    found = []
    texts = [(t.text, t.extent) for t in scene.texts]
    boxes = [(b.title, corners(b)) for b in scene.boxes]
    for i, (text, one) in enumerate(texts):
        found += [f"{text} on {t}" for t, other in texts[:i] if meet(one, other)]
        found += [f"{text} on {b}" for b, box in boxes if meet(one, box) and not inside(one, box)]
    for i, (title, one) in enumerate(boxes):
        for other_title, other in boxes[:i]:
            if meet(one, other) and not inside(one, other) and not inside(other, one):
                found.append(f"{title} over {other_title}")
    closed = [b for b in scene.boxes if b.role != "frame"]
    for i, one in enumerate(closed):
        found += [
            f"{one.title} over {b.title}" for b in closed[:i] if meet(corners(one), corners(b))
        ]
    page = (-0.1, -0.1, scene.width + 0.1, scene.height + 0.1)
    found += [f"{title} off the page" for title, one in texts + boxes if not inside(one, page)]
    return found


def points(one: Segment) -> Iterator[tuple[float, float]]:
    """Points along a segment, as the picture draws it."""
    for i in range(13):
        yield one.x1, one.y1 + (one.bend_from - one.y1) * i / 12
    middle = (one.bend_from + one.bend_to) / 2
    for i in range(1, 24):
        t = i / 24
        s = 1 - t
        x = s**3 * one.x1 + 3 * s * s * t * one.x1 + 3 * s * t * t * one.x2 + t**3 * one.x2
        y = (
            s**3 * one.bend_from
            + 3 * s * s * t * middle
            + 3 * s * t * t * middle
            + t**3 * one.bend_to
        )
        yield x, y
    for i in range(13):
        yield one.x2, one.bend_to + (one.y2 - one.bend_to) * i / 12


def collisions(scene: Scene) -> list[str]:
    """Wires through texts or through boxes."""
    found = []
    obstacles = [(f"text {t.text}", t.extent) for t in scene.texts]
    obstacles += [(f"box {b.title}", corners(b)) for b in scene.boxes if b.role != "frame"]
    for line in scene.lines:
        for segment in line.segments:
            for x, y in points(segment):
                found += [
                    f"{line.tooltip} through {name}"
                    for name, (left, top, right, bottom) in obstacles
                    if left < x < right and top + 0.1 < y < bottom - 0.1
                ]
    return found


def loose_ends(scene: Scene) -> list[str]:
    """Pieces of wires that begin or end at nothing: no box, no text, no other piece."""
    found = []
    edges = [corners(b) for b in scene.boxes]
    labels = [t.extent for t in scene.texts if t.role == "end"]
    for line in scene.lines:
        starts = {(s.x1, s.y1) for s in line.segments} | {
            (s.x1, s.bend_from) for s in line.segments
        }
        stops = {(s.x2, s.y2) for s in line.segments}
        dots = {(d.x, d.y) for d in scene.dots}
        for x, y in starts | stops:
            on_box = any(
                left <= x <= right and min(abs(y - top), abs(y - bottom)) < 0.2
                for left, top, right, bottom in edges
            )
            at_end = any(l <= x <= r and t - 9 <= y <= b + 9 for l, t, r, b in labels)
            bend = (x, y) in {(s.x1, s.bend_from) for s in line.segments}
            joined = (x, y) in starts and (x, y) in stops
            if not (on_box or at_end or joined or bend or (x, y) in dots):
                found.append(f"{line.tooltip} at {x}, {y}")
    return found


CHECKS: list[Callable[[Scene], list[str]]] = [overlaps, collisions, loose_ends]


def problems(scene: Scene) -> list[str]:
    return [text for check in CHECKS for text in check(scene)]


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("name", sorted(ARROWS))
def test_nothing_overlaps(name: str, depth: int) -> None:
    assert problems(build(ARROWS[name].graph(), expand_depth=depth)) == []


def spoiled(change: Callable[[Scene], object]) -> Scene:
    scene = deepcopy(build(attention.graph()))
    change(scene)
    return scene


def test_twin_scenes_are_refused() -> None:
    def text_on_text(scene: Scene) -> None:
        scene.texts[0].x, scene.texts[0].y = scene.texts[3].x, scene.texts[3].y

    def box_on_box(scene: Scene) -> None:
        scene.boxes[0].x, scene.boxes[0].y = scene.boxes[1].x + 5, scene.boxes[1].y + 5

    def wide_text(scene: Scene) -> None:
        scene.texts.append(Text(0, scene.height - 1, "w" * 400, "type", 10))

    def wire_through_box(scene: Scene) -> None:
        left, top, right, bottom = corners(scene.boxes[4])
        x = (left + right) / 2
        scene.lines[0].segments.append(Segment(x, top - 5, bottom, bottom, x, bottom + 5))

    def cut_wire(scene: Scene) -> None:
        scene.lines[2].segments[0].y2 -= 7

    for change in (text_on_text, box_on_box, wide_text):
        assert overlaps(spoiled(change)), change.__name__
    assert collisions(spoiled(wire_through_box))
    assert loose_ends(spoiled(cut_wire))


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 40), st.integers(0, 1))
def test_random_graphs_do_not_overlap(seed: int, boxes: int, depth: int) -> None:
    graph = random_graph(seed, boxes)
    assert problems(build(graph, expand_depth=depth)) == []
    assert svg(graph) == svg(graph)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_layers_keep_their_vertices_apart_and_wires_go_down(seed: int) -> None:
    chance = random.Random(seed)
    count = chance.randrange(2, 30)
    vertices = [
        Vertex(
            chance.uniform(4, 60), chance.uniform(4, 60), chance.uniform(0, 40), [0.0, 2.0], [0.0]
        )
        for _ in range(count)
    ]
    readers: dict[int, list[tuple[int, int]]] = {}
    for target in range(1, count):
        for port in (0, 1):
            readers.setdefault(chance.randrange(target), []).append((target, port))
    placed = place(vertices, [Net((source, 0), ends) for source, ends in readers.items()])
    for i, (one, a) in enumerate(zip(placed.points, vertices, strict=True)):
        for other, b in zip(placed.points[:i], vertices[:i], strict=True):
            if one.layer == other.layer:
                apart = max(one.x - a.left - other.x - b.right, other.x - b.left - one.x - a.right)
                assert apart >= 13.7
    for segments in placed.segments:
        for one in segments:
            assert one.y1 <= one.bend_from + 1e-6 <= one.bend_to + 2e-6 <= one.y2 + 3e-6


# ---------------------------------------------------------------- what the picture says


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def classes(text: str) -> set[str]:
    return {name for e in parsed(text).iter() for name in (e.get("class") or "").split()}


@pytest.mark.parametrize("name", sorted(ARROWS))
def test_well_formed_and_styled(name: str) -> None:
    text = svg(ARROWS[name])
    style = next(e for e in parsed(text).iter() if e.tag.endswith("style")).text or ""
    for one in classes(text) - {"commute", "real", "badge"}:
        assert re.search(rf"\.{one}\b", style), one
    assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), "nothing is fetched"
    assert len(text) < 60_000


def test_every_wire_and_weight_has_its_type_in_a_tooltip() -> None:
    tips = [e.text or "" for e in parsed(svg(attention)).iter() if e.tag.endswith("title")]
    graph = attention.graph()
    for wire, type_ in enumerate(graph.types):
        if wire in graph.sources:
            assert any(f"{graph.sources[wire].name}: {type_}" in tip for tip in tips)
        else:
            assert f"{graph.wire_name(wire)}: {type_}" in tips
    assert any("width**2 numbers" in tip for tip in tips)


def test_the_failing_wire_is_the_only_red_one() -> None:
    text = svg(attention, highlight="scores")
    bad = [e for e in parsed(text).iter() if "bad" in (e.get("class") or "").split()]
    assert [e[0].text for e in bad] == ['scores: Real[heads, token, token.at("key")]']
    assert "bad" not in classes(svg(attention))
    number = next(w for w, name in attention.graph().names.items() if name == "scores")
    assert svg(attention, highlight=number) == text
    inner = svg(transformer_block, highlight="scores")
    assert sum("bad" in (e.get("class") or "").split() for e in parsed(inner).iter()) == 1
    with pytest.raises(ValueError, match="no wire `scores`"):
        svg(transformer_block, highlight="scores", expand_depth=0)


def test_badges() -> None:
    text = svg(
        attention, verdicts=[Finding("causal", Verdict.PROVED), Finding("a<b", Verdict.REFUTED)]
    )
    assert {"proved", "refuted"} <= classes(text)
    assert "✓ causal · proved" in text and "✗ a&lt;b · refuted" in text
    with pytest.raises(ValueError, match="is not a verdict"):
        svg(attention, verdicts={"causal": "perhaps"})


def test_names_and_docs_are_escaped() -> None:
    @arrow
    def evil(x: Real[n]) -> Real[n]:
        """</title><script>alert(1)</script> & "so on"."""
        return op.tanh(x)

    text = svg(evil)
    parsed(text)
    assert "<script" not in text and "&lt;script" in text


def test_tied_weights_share_a_letter() -> None:
    ties = [t.text for t in build(ARROWS["tied"].graph()).texts if t.role == "tie"]
    assert ties == ["α", "α"]
    assert not [t for t in build(attention.graph()).texts if t.role == "tie"]


def titles(scene: Scene, role: str) -> list[str]:
    return [b.title for b in scene.boxes if b.role == role]


def test_parts_are_open_down_to_a_depth_and_once() -> None:
    graph = transformer_block.graph()
    assert titles(build(graph), "frame") == ["attention", "mlp"]
    assert titles(build(graph, expand_depth=0), "closed") == ["attention", "mlp"]
    scene = build((mlp >> op.tanh >> mlp).graph())
    assert titles(scene, "frame") == ["mlp"] and titles(scene, "closed") == ["mlp"]
    assert "as above" in next(t.extra for t in scene.texts if t.extra and "above" in t.extra)


def test_an_iteration_says_how_often_and_how_its_weights_are_kept() -> None:
    extras = [t.extra for t in build(ARROWS["iterations"].graph()).texts]
    assert "× 3 tied" in extras and "× k stacked" in extras


@pytest.mark.filterwarnings("ignore")
def test_large_graphs_are_cut_and_said_to_be() -> None:
    graph = random_graph(3, 60)
    scene = build(graph, max_nodes=10)
    (title,) = [b.title for b in scene.boxes if b.title.startswith("…")]
    assert title == f"… {len(graph.nodes) - 10} more boxes" and problems(scene) == []
    deep = build(transformer_block.graph(), max_nodes=20)
    assert titles(deep, "closed") == ["attention", "mlp"]


@pytest.mark.filterwarnings("ignore")
def test_two_hundred_boxes_take_no_time() -> None:
    graph = random_graph(7, 170)
    assert 180 < len(graph.nodes) < 400
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        svg(graph, expand_depth=0)
        best = min(best, time.perf_counter() - start)
    assert best < 0.5, "about 0.05 s on one quiet core"


def test_notebooks_show_the_picture() -> None:
    assert attention._repr_svg_() == svg(attention)


def write_golden() -> None:
    """Write the golden files anew."""
    FOLDER.mkdir(exist_ok=True)
    for name in GOLDEN:
        for file, text in golden(name).items():
            (FOLDER / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_golden()
