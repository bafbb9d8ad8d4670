"""The style sheet of the pictures: roles to colours, on a light page and on a dark one.

>>> ".commute .bg{fill:#fff}" in STYLE, "prefers-color-scheme:dark" in STYLE
(True, True)

Nothing outside a picture is styled: every rule stands below the class ``commute``.

>>> rules = STYLE.replace("@media(prefers-color-scheme:dark){", "").rstrip("}").split("}")
>>> all(rule.startswith(".commute") for rule in rules)
True
"""

from __future__ import annotations

import re

_FONTS = "ui-sans-serif,system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"

_LIGHT = """
.bg{fill:#fff}
text{fill:#0f172a}
.name,.end,.title{font-size:12px}
.title,.head{font-weight:600}
.head{font-size:15px}
text{white-space:pre}
.type,.attrs,.wire,.tie{font-size:10px}
.type{fill:#64748b; font-style:normal}
.attrs{fill:#475569; font-weight:400}
.wire{fill:#0f766e; font-style:italic}
.tie{fill:#7c3aed; font-weight:600}
path{fill:none; stroke:#64748b; stroke-width:1.4}
path.bool{stroke-dasharray:5 3}
path.fin{stroke-dasharray:1.5 2.5}
path.complex{stroke-width:2.2}
path:hover{stroke:#0ea5e9; stroke-width:2.6}
rect.plain{fill:#fff; stroke:#475569}
rect.weights{fill:#eef2ff; stroke:#4f46e5}
rect.wiring{fill:#f8fafc; stroke:#cbd5e1}
rect.closed{fill:#f1f5f9; stroke:#0f172a; stroke-width:1.8}
rect.source{fill:#eef2ff; stroke:#4f46e5; stroke-dasharray:3 2}
rect.frame{fill:#64748b; fill-opacity:.055; stroke:#94a3b8}
.copy{fill:#475569}
.discard{fill:#fff; stroke:#475569}
.weight{fill:#4f46e5}
.frozen{fill:#fff; stroke:#4f46e5}
.statistic,.stale{fill:#d97706}
.noise{fill:#fff; stroke:#d97706}
path.bad{stroke:#dc2626; stroke-width:2.6}
circle.bad{fill:#dc2626}
.badge text{font-size:10px; fill:#fff}
.proved{fill:#15803d}
.exact,.tested{fill:#0369a1}
.refuted{fill:#b91c1c}
.unknown,.vacuous{fill:#64748b}
"""

_DARK = """
.bg{fill:#0d1117}
text{fill:#e6edf3}
.type{fill:#8b98a9}
.attrs{fill:#a8b3c1}
.wire{fill:#5eead4}
.tie{fill:#c4b5fd}
path{stroke:#8b98a9}
rect.plain{fill:#161b22; stroke:#8b98a9}
rect.weights{fill:#1e1b4b; stroke:#818cf8}
rect.wiring{fill:#11161d; stroke:#3d4754}
rect.closed{fill:#1f2937; stroke:#e6edf3}
rect.source{fill:#1e1b4b; stroke:#818cf8}
rect.frame{stroke:#4b5563}
.copy{fill:#a8b3c1}
.discard{fill:#0d1117; stroke:#a8b3c1}
.weight{fill:#818cf8}
.frozen{fill:#161b22; stroke:#818cf8}
.noise{fill:#161b22}
path.bad{stroke:#f87171}
circle.bad{fill:#f87171}
"""


def _scoped(rules: str) -> str:
    """Every selector below ``.commute``, without needless space."""
    found = []
    for selector, body in re.findall(r"([^{}]+){([^{}]*)}", rules):
        names = ",".join(f".commute {one.strip()}" for one in selector.split(","))
        found.append(f"{names}{{{body.replace('; ', ';')}}}")
    return "".join(found)


STYLE = (
    f".commute{{font-family:{_FONTS}}}{_scoped(_LIGHT)}"
    f"@media(prefers-color-scheme:dark){{{_scoped(_DARK)}}}"
)
