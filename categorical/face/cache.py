"""The cache of verdicts: what was found once is not looked for again.

Definition.  A verdict is stored under the hash of all that it depends on: the text of the spec
file, the graph with its sizes and batching, the law with its data, the engine (the sources of the
language, the proofs and the ladder), the versions of Python and numpy (and of torch, where the
graph holds torch code), and the seed.  The folder is ``$COMMUTE_CACHE``, else
``$XDG_CACHE_HOME/commute``, else ``~/.cache/commute``: keys are content, so projects may share it.

Laws.  ``UNKNOWN``, ``VACUOUS`` and errors are never stored.  An entry that is damaged, or that
belongs to another key, is no entry.  A folder that cannot be written means no cache, not an error.

>>> import tempfile
>>> from categorical.verdicts import Finding, Verdict
>>> cache = Cache(tempfile.mkdtemp())
>>> cache.put("ab12", Finding("causal[t]", Verdict.PROVED, scope="all sizes"))
>>> cache.get("ab12").scope, cache.get("cd34")
('all sizes', None)

An unknown verdict is not kept:

>>> cache.put("ef56", Finding("causal[t]", Verdict.UNKNOWN))
>>> cache.get("ef56") is None
True
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from categorical.architecture import Architecture
from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.files import write_atomic
from categorical.graph import Graph
from categorical.groups import Group
from categorical.laws import Law
from categorical.normal import text
from categorical.origin import Origin
from categorical.verdicts import Counterexample, Finding, Verdict

FORMAT = "1"
MOST = 4000
_KEPT = (Verdict.PROVED, Verdict.EXACT, Verdict.TESTED, Verdict.REFUTED)


class Cache:
    """A folder of verdicts; without a folder it remembers nothing."""

    def __init__(self, folder: str | None) -> None:
        self.folder = folder

    @classmethod
    def default(cls) -> Cache:
        """The user's cache (see the module)."""
        chosen = os.environ.get("COMMUTE_CACHE")
        if chosen is None:
            base = os.environ.get("XDG_CACHE_HOME") or os.path.join(
                os.path.expanduser("~"), ".cache"
            )
            chosen = os.path.join(base, "commute")
        return cls(chosen or None)

    def _path(self, key: str) -> str:
        return os.path.join(self.folder or "", key[:2], f"{key}.json")

    def get(self, key: str, path: str = "") -> Finding | None:
        """The verdict stored under a key, if it is there and whole; a counterexample names its
        spec, so it counts only where the spec is still called ``path``."""
        if self.folder is None:
            return None
        try:
            with open(self._path(key), encoding="utf-8") as stream:
                entry = json.load(stream)
            if entry["key"] != key or entry["sum"] != _sum(entry["finding"]):
                return None
            found = finding(entry["finding"])
            return found if found.counterexample is None or entry["path"] == path else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, key: str, found: Finding, path: str = "") -> None:
        """Store a verdict, if it is of a kind that is kept."""
        if self.folder is None or found.verdict not in _KEPT:
            return
        data = {**found.as_json(), "certificate": found.certificate}
        entry = {"key": key, "path": path, "finding": data, "sum": _sum(data)}
        path = self._path(key)
        with contextlib.suppress(OSError, SpecError, TypeError, ValueError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_atomic(path, json.dumps(entry))

    def prune(self, most: int = MOST) -> None:
        """Forget the oldest entries where there are more than ``most``."""
        if self.folder is None:
            return
        ages = []
        for folder, _, names in os.walk(self.folder):
            for name in names:
                if name.endswith(".json"):
                    with contextlib.suppress(OSError):
                        path = os.path.join(folder, name)
                        ages.append((os.stat(path).st_mtime, path))
        for _, path in sorted(ages)[: max(0, len(ages) - most)]:
            with contextlib.suppress(OSError):
                os.unlink(path)


def _sum(data: object) -> str:
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def finding(data: Mapping[str, Any]) -> Finding:
    """A finding from its JSON."""
    example = data["counterexample"]
    return Finding(
        law=data["law"],
        verdict=Verdict(data["verdict"]),
        scope=data["scope"],
        method=data["method"],
        error_bound=data["error_bound"],
        seconds=float(data["seconds"]),
        counterexample=None if example is None else Counterexample(**example),
        expected=bool(data["expected"]),
        warnings=tuple(data["warnings"]),
        reason=data["reason"],
        certificate=data["certificate"],
    )


# --- keys -----------------------------------------------------------------------------------------


@functools.cache
def engine() -> str:
    """The hash of the sources that decide a verdict."""
    digest = hashlib.sha256(FORMAT.encode())
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for package in ("categorical", "proofs", "synthesis"):
        for folder, inner, names in os.walk(os.path.join(root, package)):
            inner[:] = sorted(one for one in inner if one not in ("face", "__pycache__"))
            for name in sorted(names):
                if name.endswith(".py"):
                    path = os.path.join(folder, name)
                    digest.update(os.path.relpath(path, root).encode())
                    with open(path, "rb") as stream:
                        digest.update(hashlib.sha256(stream.read()).digest())
    digest.update(f"{sys.version_info[:2]} {np.__version__}".encode())
    return digest.hexdigest()


def key(architecture: Architecture, law: Law, seed: int | None, spec: str) -> str:
    """The key of a verdict; ``spec`` is the digest of the spec file."""
    graph = architecture.graph
    parts = [
        engine(),
        spec,
        architecture.name,
        architecture.batch,
        json.dumps(architecture.sizes, sort_keys=True),
        described(graph),
        described(law),
        str(seed),
    ]
    if any(node.box.name == "opaque" for _, node in graph.walk()):
        parts.append(_torch())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@functools.cache
def _torch() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("torch")
    except PackageNotFoundError:
        return "no torch"


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def described(value: object) -> str:
    """A text of a value that says all that a verdict may depend on."""
    if isinstance(value, Origin):
        return ""
    if isinstance(value, Graph):
        return f"{text(value)}\n{value}"
    if isinstance(value, Arrow):
        return described(value.graph())
    if isinstance(value, Group):
        kinds = [part.kind for part in value.factors()]
        return f"{type(value).__module__}.{type(value).__name__} {value!r} {kinds}"
    if is_dataclass(value) and not isinstance(value, type):
        inside = [f"{one.name}={described(getattr(value, one.name))}" for one in fields(value)]
        return f"{type(value).__module__}.{type(value).__name__}({', '.join(inside)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {described(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(described, value)) + "]"
    return _ADDRESS.sub("", repr(value))
