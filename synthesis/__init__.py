"""Synthesis: the verification ladder, and layers that are solved for."""

from __future__ import annotations

from typing import Any

__all__ = ["Solution", "change_group", "check", "natural", "replay", "symmetry_of"]


def __getattr__(name: str) -> Any:
    if name == "check":
        from synthesis.ladder import check

        return check
    if name == "replay":
        from synthesis.replay import replay

        return replay
    if name == "symmetry_of":
        from synthesis.symmetry import symmetry_of

        return symmetry_of
    if name == "change_group":
        from synthesis.changing import change_group

        return change_group
    if name in ("natural", "Solution"):
        from synthesis import layers

        return getattr(layers, name)
    raise AttributeError(f"module 'synthesis' has no attribute {name!r}")
