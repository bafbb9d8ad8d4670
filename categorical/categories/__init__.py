"""Finitely presented categories: groups, monoids, groupoids, quivers with relations, posets."""

from categorical.categories.presented import Path, Presentation

__all__ = ["Path", "Presentation"]
