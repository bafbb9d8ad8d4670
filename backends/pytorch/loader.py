"""Loader: importing a generated file from its text, and checkpoints in safetensors.

Laws.  Loading a text twice gives two modules that share nothing.  ``load(save(m))`` restores every
parameter and buffer; weights that are one tensor are stored once and stay one.

>>> module = load_source("def double(x):\\n    return 2 * x\\n")
>>> module.double(3)
6

A text that is no Python does not load:

>>> load_source("def double(x:")
Traceback (most recent call last):
...
SyntaxError: '(' was never closed
"""

from __future__ import annotations

import hashlib
import linecache
import sys
import types
from pathlib import Path
from typing import Any


def load_source(source: str, name: str = "model") -> Any:
    """Import a generated file from its text (tracebacks and ``torch.compile`` see its lines)."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    full = f"commute_generated_{name}_{digest}"
    filename = f"<commute {name} {digest}>"
    module = types.ModuleType(full)
    module.__file__ = filename
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    sys.modules[full] = module
    exec(compile(source, filename, "exec"), module.__dict__)
    return module


def unload(module: Any) -> None:
    """Forget a generated file that was loaded."""
    sys.modules.pop(module.__name__, None)
    linecache.cache.pop(module.__file__, None)


def save(module: Any, path: str | Path, spec_hash: str = "", **more: str) -> None:
    """Write the parameters and buffers of a module as safetensors, with the spec's hash."""
    from safetensors.torch import save_model

    save_model(module, str(path), metadata={"format": "pt", "spec_sha256": spec_hash, **more})


def load(module: Any, path: str | Path, spec_hash: str = "", strict: bool = True) -> list[str]:
    """Read a checkpoint into a module; returns the keys that did not match (none when strict).

    Raises ``ValueError`` where the file was written for another spec.
    """
    from safetensors import safe_open
    from safetensors.torch import load_model

    with safe_open(str(path), framework="pt") as file:
        found = (file.metadata() or {}).get("spec_sha256", "")
    if spec_hash and found and found != spec_hash:
        raise ValueError(
            f"the checkpoint belongs to the spec {found[:16]}, not to {spec_hash[:16]}"
        )
    missing, unexpected = load_model(module, str(path), strict=strict)
    return sorted([*missing, *unexpected])
