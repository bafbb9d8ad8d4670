"""Finitely presented categories: groups, monoids, groupoids, quivers with relations, posets."""

from categorical.categories.posets import Poset, chain, poset
from categorical.categories.presented import Path, Presentation
from categorical.categories.quivers import groupoid, monoid, path, quiver, translations

__all__ = [
    "Path",
    "Poset",
    "Presentation",
    "chain",
    "groupoid",
    "monoid",
    "path",
    "poset",
    "quiver",
    "translations",
]
