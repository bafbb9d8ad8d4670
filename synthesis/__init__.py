"""Synthesis: the verification ladder, from the cheapest evidence to the weakest."""

from __future__ import annotations

from typing import Any

__all__ = ["check", "replay"]


def __getattr__(name: str) -> Any:
    if name == "check":
        from synthesis.ladder import check

        return check
    if name == "replay":
        from synthesis.replay import replay

        return replay
    raise AttributeError(f"module 'synthesis' has no attribute {name!r}")
