"""The groupoid of subgraphs and their isomorphisms.

Definition.  Objects are coloured graphs; the arrows are one isomorphism from the first graph of
each isomorphism class to every other one, and generators of the automorphisms of that first graph.

Laws.  A functor out of it assigns isomorphic spaces to isomorphic graphs, and a natural map is an
Aut-equivariant one for each class, transported (de Haan, Cohen and Welling 2020, arXiv 2007.08349).

>>> path, star = graph([("a", "b"), ("b", "c")]), graph([("x", "y"), ("y", "z")])
>>> both = subgraphs("wedges", {"P": path, "S": star})
>>> both.classes, both.automorphisms["P"].order, list(both.arrows)
((('P', 'S'),), 2, ['P>S', 'P:0'])

Graphs that are too large to match are refused:

>>> subgraphs("big", {"C": graph([(i, i + 1) for i in range(100)])})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: the graph `C` of `big` has 101 vertices
...
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from categorical.categories.presented import Path, Presentation
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix

if TYPE_CHECKING:
    from categorical.groups.finite import FiniteGroup

Relation = tuple[Path, Path]
LARGEST = 64
"""The most vertices of a subgraph."""


@dataclass(frozen=True)
class Graph:
    """A directed graph with colours on its vertices; undirected edges are in both directions."""

    vertices: tuple[Hashable, ...]
    edges: frozenset[tuple[Hashable, Hashable]]
    colours: tuple[Hashable, ...]

    def induced(self, kept: Iterable[Hashable], root: Hashable | None = None) -> Graph:
        """The subgraph on some vertices; a root gets a colour of its own."""
        inside = set(kept)
        pairs = [(v, c) for v, c in zip(self.vertices, self.colours) if v in inside]
        return Graph(
            tuple(v for v, _ in pairs),
            frozenset(e for e in self.edges if inside.issuperset(e)),
            tuple((v == root, c) if root is not None else c for v, c in pairs),
        )

    def ball(self, root: Hashable, radius: int) -> Graph:
        """The rooted subgraph of the vertices at most this many edges away."""
        if radius < 0:
            raise SpecError("CM042", f"a ball has a radius 0, 1, 2, …, not {radius}")
        near: dict[Hashable, set[Hashable]] = {v: set() for v in self.vertices}
        for a, b in self.edges:
            near[a].add(b)
            near[b].add(a)
        if root not in near:
            raise SpecError("CM042", f"{root!r} is no vertex of the graph")
        reached, edge = {root}, {root}
        for _ in range(radius):
            edge = {w for v in edge for w in near[v]} - reached
            reached |= edge
        return self.induced(reached, root)


@checked
def graph(
    edges: Iterable[tuple[Hashable, Hashable]],
    *,
    vertices: Iterable[Hashable] = (),
    colours: Mapping[Hashable, Hashable] | None = None,
    directed: bool = False,
) -> Graph:
    """A graph by its edges; ``vertices`` adds isolated ones or fixes the order."""
    pairs = list(edges)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise SpecError("CM042", f"{pair!r} is no edge", help=["an edge is a pair (a, b)"])
    names = tuple(dict.fromkeys([*vertices, *(v for pair in pairs for v in pair)]))
    both = pairs if directed else [*pairs, *((b, a) for a, b in pairs)]
    return Graph(names, frozenset(both), tuple((colours or {}).get(v) for v in names))


class Subgraphs(Presentation):
    """The groupoid of some coloured graphs; see the module."""

    def __init__(self, name: str, graphs: Mapping[str, Graph]) -> None:
        self.graphs = dict(graphs)
        for key, one in self.graphs.items():
            if len(one.vertices) > LARGEST:
                raise SpecError(
                    "CM044",
                    f"the graph `{key}` of `{name}` has {len(one.vertices)} vertices",
                    facts=[("the most vertices", LARGEST)],
                    help=["take balls of a smaller radius"],
                )
        self.isomorphisms: dict[str, tuple[int, ...]] = {}
        """For each arrow, where it sends the number of each vertex."""
        self.automorphisms: dict[str, FiniteGroup] = {}
        classes: list[list[str]] = []
        arrows: dict[str, tuple[str, str]] = {}
        for key, one in self.graphs.items():
            for members in classes:
                found = isomorphism(self.graphs[members[0]], one)
                if found is not None:
                    arrows[f"{members[0]}>{key}"] = (members[0], key)
                    self.isomorphisms[f"{members[0]}>{key}"] = found
                    members.append(key)
                    break
            else:
                classes.append([key])
        relations: list[Relation] = []
        for first, *_ in classes:
            group = automorphisms(self.graphs[first])
            self.automorphisms[first] = group
            for g in group.generators:
                arrows[f"{first}:{g}"] = (first, first)
                self.isomorphisms[f"{first}:{g}"] = tuple(group.permutations[g].tolist())
            relations += [
                (tuple(f"{first}:{g}" for g in left), tuple(f"{first}:{g}" for g in right))
                for left, right in group.relations
            ]
        self.classes = tuple(tuple(members) for members in classes)
        super().__init__(name, tuple(self.graphs), arrows, tuple(relations), invertible=True)

    @property
    def matrices(self) -> dict[str, Matrix]:
        """The permutation matrix of each arrow on functions of vertices."""
        return {f: Matrix.permutation(image) for f, image in self.isomorphisms.items()}

    @property
    def sizes(self) -> dict[str, int]:
        """The number of vertices of each graph."""
        return {key: len(one.vertices) for key, one in self.graphs.items()}


@checked
def subgraphs(name: str, graphs: Mapping[str, Graph]) -> Subgraphs:
    """The groupoid of these graphs and (generators of) all their isomorphisms."""
    return Subgraphs(name, graphs)


@checked
def balls(name: str, whole: Graph, radius: int) -> Subgraphs:
    """The groupoid of the rooted balls around all vertices of a graph."""
    return Subgraphs(name, {str(v): whole.ball(v, radius) for v in whole.vertices})


def automorphisms(of: Graph) -> FiniteGroup:
    """All automorphisms, as a group with strong generators and their orders as relations.

    For i = 0, 1, …: for every vertex j one automorphism that fixes the vertices before i and sends
    i to j, where there is one; those that enlarge the group are kept."""
    from categorical.groups.finite import FiniteGroup

    n = len(of.vertices)
    kept: dict[str, tuple[int, ...]] = {}
    order = 1
    for i in reversed(range(n)):
        for j in range(i + 1, n):
            found = isomorphism(of, of, (*range(i), j))
            if found is None:
                continue
            tried = {**kept, str(len(kept)): found}
            bigger = FiniteGroup("Aut", tried).order
            if bigger > order:
                kept, order = tried, bigger
    return FiniteGroup("Aut", kept, [(g,) * _order(image) for g, image in kept.items()])


def _order(image: tuple[int, ...]) -> int:
    at, n = image, 1
    while at != tuple(range(len(image))):
        at, n = tuple(image[x] for x in at), n + 1
    return n


@checked
def isomorphism(
    source: Graph, target: Graph, start: tuple[int, ...] = ()
) -> tuple[int, ...] | None:
    """An isomorphism that keeps colours, as images of vertex numbers, or None.

    ``start`` prescribes the images of the first vertices.  Vertices are matched only where colour
    refinement (Weisfeiler and Leman) cannot tell them apart."""
    n = len(source.vertices)
    if n != len(target.vertices) or len(source.edges) != len(target.edges):
        return None
    left, right = _adjacent(source), _adjacent(target)
    one, two = _refined(source, left), _refined(target, right)
    if sorted(one) != sorted(two):
        return None
    image: list[int] = []

    def fits(x: int, y: int) -> bool:
        same = one[x] == two[y] and source.colours[x] == target.colours[y]
        return same and all(
            left[x][z] == right[y][w] and left[z][x] == right[w][y]
            for z, w in (*enumerate(image), (x, y))
        )

    def extended() -> bool:
        x = len(image)
        if x == n:
            return True
        for y in (start[x],) if x < len(start) else range(n):
            if y not in image and fits(x, y):
                image.append(y)
                if extended():
                    return True
                image.pop()
        return False

    return tuple(image) if extended() else None


def _adjacent(of: Graph) -> list[list[bool]]:
    return [[(a, b) in of.edges for b in of.vertices] for a in of.vertices]


def _refined(of: Graph, adjacent: list[list[bool]]) -> list[int]:
    """Colours that every isomorphism keeps: those of the vertices, refined by neighbours."""
    n = len(of.vertices)
    colours = [hash(("colour", c)) for c in of.colours]
    for _ in range(n):
        refined = [
            hash(
                (
                    colours[x],
                    tuple(sorted(colours[y] for y in range(n) if adjacent[x][y])),
                    tuple(sorted(colours[y] for y in range(n) if adjacent[y][x])),
                )
            )
            for x in range(n)
        ]
        if len(set(refined)) == len(set(colours)):
            break
        colours = refined
    return colours
