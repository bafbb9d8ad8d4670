"""What the tests of the face share: a cache and a folder of their own, and small specs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., str]

HEAD = """\
from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric
n, c, k = Dim.named("n c k")
"""

SPECS = {
    "good": """
model = architecture(
    (op.linear(c, k) >> op.relu >> op.mean(n)).named("pool"),
    laws=[laws.invariant(under=Symmetric(n)), laws.bounded(0, None)],
    sizes=dict(c=3, k=2),
)
""",
    "refuted": """
model = architecture(
    op.linear(n, k) >> op.relu,
    laws=[laws.invariant(under=Symmetric(n))],
    sizes=dict(n=4, k=2),
    name="worse",
)
""",
    "expected": """
model = architecture(
    op.linear(n, k) >> op.relu,
    laws=[laws.invariant(under=Symmetric(n)).fails("it reads positions")],
    sizes=dict(n=4, k=2),
    name="worse",
)
""",
    "unexpected": """
model = architecture(
    op.relu >> op.mean(n).at(Real[n]),
    laws=[laws.invariant(under=Symmetric(n)).fails("it was thought to read positions")],
    name="pool",
)
""",
    "several": """
first = architecture(
    op.linear(c, k), laws=[laws.linear().fails("it is affine")], sizes=dict(c=3, k=2), name="affine"
)
second = architecture(
    op.linear(c, k, bias=False), laws=[laws.linear()], sizes=dict(c=3, k=2), name="linear"
)
""",
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that no other test and no user has seen."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("COMMUTE_CACHE", str(folder))
    monkeypatch.delenv("COMMUTE_TRACEBACK", raising=False)
    return folder


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a spec by its name (or with a text of its own) into the working folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def write(name: str, text: str | bytes | None = None, head: str = HEAD) -> str:
        path = folder / f"{name}.py"
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(head + (SPECS[name] if text is None else text), encoding="utf-8")
        return path.name

    return write
