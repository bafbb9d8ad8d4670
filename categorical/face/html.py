"""HTML for notebooks: the findings of an architecture as a small table.

Definition.  ``Findings`` is a list of verdicts that a notebook shows as a table and a terminal as
lines; ``architecture_html`` is the type, the sizes, the laws with what the cache knows of them, and
the picture.

Law.  Whatever comes from a spec is escaped.

>>> from categorical.verdicts import Finding, Verdict
>>> found = Findings([Finding("equal[<b>]", Verdict.PROVED, scope="all sizes")])
>>> print(found)
PROVED  equal[<b>]  (all sizes)
>>> "<b>" in found._repr_html_(), "equal[&lt;b&gt;]" in found._repr_html_()
(False, True)
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from categorical.verdicts import Finding, Verdict

if TYPE_CHECKING:
    from categorical.architecture import Architecture

COLOURS = {
    Verdict.PROVED: "#15803d",
    Verdict.EXACT: "#16a34a",
    Verdict.TESTED: "#0891b2",
    Verdict.VACUOUS: "#ca8a04",
    Verdict.UNKNOWN: "#ca8a04",
    Verdict.REFUTED: "#dc2626",
}


class Findings(list[Finding]):
    """Verdicts that print themselves."""

    def __str__(self) -> str:
        from categorical.face.report import word

        rows = [f"{word(one)}  {one.law}" + f"  ({one.scope})" * bool(one.scope) for one in self]
        return "\n".join(rows) or "no laws"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table(self)


def table(found: Iterable[Finding]) -> str:
    """An HTML table of verdicts."""
    from categorical.face.report import evidence, word

    rows = []
    for one in found:
        colour = COLOURS[one.verdict] if one.passed or not one.expected else "#dc2626"
        cells = (one.law, one.scope, evidence(one))
        verdict = f'<td style="color:{colour};font-weight:600">{escape(word(one))}</td>'
        rows.append("<tr>" + verdict + "".join(f"<td>{escape(c)}</td>" for c in cells) + "</tr>")
        if one.counterexample is not None and not one.passed:
            rows.append(f'<tr><td></td><td colspan="3">{_example(one)}</td></tr>')
    head = "".join(f"<th>{name}</th>" for name in ("verdict", "law", "scope", "evidence"))
    return f'<table class="commute"><tr>{head}</tr>{"".join(rows)}</table>'


def _example(found: Finding) -> str:
    from categorical.face.report import counterexample

    return f"<pre>{escape(counterexample(found))}</pre>"


def architecture_html(architecture: Architecture) -> str:
    """What a notebook shows of an architecture."""
    from categorical.face.notebook import picture

    count = architecture.parameter_count
    sizes = ", ".join(f"{name} = {size}" for name, size in architecture.sizes.items())
    about = [
        f"<b>{escape(architecture.name)}</b>: {escape(architecture.arrow.type_text())}",
        f"{count:,} parameters" if count is not None else "",
        escape(sizes),
    ]
    laws = "".join(
        f"<li>{escape(law.name)}: {escape(law.statement)}"
        + (" (expected to fail)" if law.expected else "")
        + "</li>"
        for law in architecture.laws
    )
    text = " · ".join(part for part in about if part)
    return f"<div><p>{text}</p><ul>{laws}</ul>{picture(architecture.arrow)}</div>"


def check(architecture: Architecture) -> Findings:
    """The verdicts on all laws of an architecture, for a notebook."""
    from synthesis.ladder import check as climb

    return Findings(climb(architecture))
