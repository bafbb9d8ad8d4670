"""Finitely presented categories: groups, monoids, groupoids, quivers with relations, posets."""

from categorical.categories.complexes import (
    CellComplex,
    SimplicialComplex,
    cell_complex,
    face_maps,
    simplicial_complex,
)
from categorical.categories.groupoids import action_groupoid, pair_groupoid
from categorical.categories.posets import Poset, chain, poset
from categorical.categories.presented import Path, Presentation
from categorical.categories.products import ProductCategory, product
from categorical.categories.quivers import groupoid, monoid, path, quiver, translations
from categorical.categories.subgraphs import Graph, Subgraphs, balls, graph, subgraphs

__all__ = [
    "CellComplex",
    "Graph",
    "Path",
    "Poset",
    "Presentation",
    "ProductCategory",
    "SimplicialComplex",
    "Subgraphs",
    "action_groupoid",
    "balls",
    "cell_complex",
    "chain",
    "face_maps",
    "graph",
    "groupoid",
    "monoid",
    "pair_groupoid",
    "path",
    "poset",
    "product",
    "quiver",
    "simplicial_complex",
    "subgraphs",
    "translations",
]
