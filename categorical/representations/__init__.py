"""Representations: functors from a finitely presented category to vector spaces."""

from categorical.representations.representation import Representation

__all__ = ["Representation"]
