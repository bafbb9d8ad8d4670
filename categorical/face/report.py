"""Reports: verdicts as a person reads them.

Definition.  A report begins with whatever can make a pass meaningless, shows one table with the
verdict first, prints every counterexample with the line that replays it, and ends with the weakest
link.  It never says a bare "verified".

>>> from categorical.verdicts import Finding, Verdict
>>> word(Finding("causal[t]", Verdict.REFUTED, expected=True))
'REFUTED (expected)'

A law that was expected to fail and holds is marked as the failure that it is:

>>> word(Finding("causal[t]", Verdict.PROVED, expected=True))
'PROVED (expected: REFUTED)'
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from categorical.face.checking import Checked
from categorical.face.loader import Declared
from categorical.verdicts import Finding, Verdict, weakest

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {
    Verdict.PROVED: "bold green",
    Verdict.EXACT: "green",
    Verdict.TESTED: "cyan",
    Verdict.VACUOUS: "bold yellow",
    Verdict.UNKNOWN: "yellow",
    Verdict.REFUTED: "bold red",
}
PLAIN_WIDTH = 118
WIDE = 110


def word(found: Finding) -> str:
    """The verdict with what the spec expected, where that is worth a word."""
    if not found.expected:
        return found.verdict.value
    if found.verdict is Verdict.REFUTED:
        return "REFUTED (expected)"
    return f"{found.verdict.value} (expected: REFUTED)"


def evidence(found: Finding) -> str:
    """The method with its error bound."""
    parts = [found.method or found.reason]
    if found.error_bound:
        parts.append(f"error {found.error_bound}")
    return ", ".join(part for part in parts if part)


def meaningless(results: Sequence[Checked]) -> list[str]:
    """What can make a pass meaningless, one sentence each."""
    lines = []
    for one in results:
        for found in one.findings:
            where = f"{one.declared.name} · {found.law}"
            if found.verdict is Verdict.VACUOUS:
                reason = found.reason or "a sabotaged copy passed too"
                lines.append(f"{where}: this check cannot fail here: {reason}")
            lines.extend(f"{where}: {text}" for text in found.warnings)
    return lines


def counterexample(found: Finding) -> str:
    """A counterexample as printed below the table and in a failed test."""
    example = found.counterexample
    if example is None:
        return found.reason
    sizes = ", ".join(f"{name} = {size}" for name, size in example.sizes.items())
    kind = "certified" if example.certified else "numeric"
    rows = [
        ("sizes", sizes),
        ("element", example.element),
        ("first wire", f"`{example.wire}`" if example.wire else ""),
        ("difference", example.difference),
        ("evidence", kind),
    ]
    lines = [f"   = {label:<10}  {value}" for label, value in rows if value]
    if example.source:
        lines += [
            "",
            *(f"    {line}".rstrip() for line in example.source.rstrip().splitlines()),
            "",
        ]
    if example.replay:
        lines.append(f"replay: {example.replay}")
    return "\n".join(lines)


def wrong(found: Finding) -> str:
    """Why a finding is a failure, with its counterexample."""
    if found.expected:
        return f"{found.law} was expected to be refuted, and is {found.verdict.value}"
    return f"{found.law} is refuted\n{counterexample(found)}".rstrip()


def last_line(found: Iterable[Finding]) -> str:
    """How many laws have which verdict, and the weakest link."""
    every = list(found)
    held = [one for one in every if not one.expected]
    parts = _counts(every)
    many = "1 law" if len(every) == 1 else f"{len(every)} laws"
    text = f"{many}: {', '.join(parts)}" if parts else "no laws"
    return f"{text}; weakest link: {weakest(o.verdict for o in held).value}" if held else text


def _counts(found: Iterable[Finding]) -> list[str]:
    """How many laws have which verdict, the strongest first."""
    counts = Counter(word(one) for one in found)
    order = [v.value for v in Verdict]
    return [
        f"{counts[w]} {w}" for w in sorted(counts, key=lambda w: (order.index(w.split()[0]), w))
    ]


# --- rich -----------------------------------------------------------------------------------------


def console(stream: TextIO | None = None) -> Console:
    """A console that never cuts words off in a pipe."""
    from rich.console import Console

    target = stream or sys.stdout
    made = Console(file=target, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not made.is_terminal:
        made = Console(
            file=target,
            highlight=False,
            markup=False,
            emoji=False,
            width=PLAIN_WIDTH,
            no_color=True,
        )
    return made


def print_checked(results: Sequence[Checked], notices: Sequence[str], out: Console) -> None:
    """The report of ``commute check``."""
    from rich.text import Text

    for line in meaningless(results):
        out.print(Text.assemble(("warning", "bold yellow"), f": {line}"))
    for notice in notices:
        out.print(Text(notice, style="yellow"))
    if notices or meaningless(results):
        out.print()
    out.print(law_table(results, out.width))
    every = [(one.declared, found) for one in results for found in one.findings]
    for declared, found in every:
        if found.passed or found.verdict in (Verdict.UNKNOWN, Verdict.VACUOUS):
            continue
        label = f"  {declared.name} · {found.law}"
        out.print()
        out.print(Text.assemble((word(found), STYLES[found.verdict]), label))
        text = wrong(found) if found.expected else counterexample(found)
        out.print(Text(text), soft_wrap=True)
    out.print()
    out.print(Text(last_line(found for _, found in every)), soft_wrap=True)
    if any(f.verdict in (Verdict.PROVED, Verdict.EXACT) for _, f in every):
        out.print(Text("PROVED and EXACT speak of real arithmetic, not of rounding.", style="dim"))


def law_table(results: Sequence[Checked], width: int = PLAIN_WIDTH) -> Any:
    """One table of laws, verdict first; a narrow one has scope and evidence in one column."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    several, wide = len(results) > 1, width >= WIDE
    title = None
    if len(results) == 1:
        title = Text(_heading(results[0].declared), style="bold")
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    table.add_column("verdict", no_wrap=True)
    names = [found.law for one in results for found in one.findings]
    longest = max(map(len, names), default=3)
    table.add_column(
        "law", overflow="fold", width=min(longest, 40 if wide else max(width - 60, 12))
    )
    for name in ("scope", "evidence") if wide else ("scope, evidence",):
        table.add_column(name, overflow="fold")
    table.add_column("time", justify="right", no_wrap=True)
    for one in results:
        if several:
            cells = [Text(""), Text(one.declared.name, style="bold")]
            table.add_row(*cells, *[Text("")] * (3 if wide else 2))
        for number, (found, kept) in enumerate(zip(one.findings, one.cached, strict=True)):
            style = STYLES[found.verdict]
            if found.expected:
                style = "dim green" if found.passed else "bold red"
            time = Text("cached", style="dim") if kept else Text(_time(found.seconds))
            proof = [found.scope, evidence(found)]
            middle = proof if wide else [", ".join(part for part in proof if part)]
            row = [Text(word(found), style=style), Text(found.law), *map(Text, middle), time]
            table.add_row(*row, end_section=several and number == len(one.findings) - 1)
    return table


def type_table(declared: Sequence[Declared]) -> Any:
    """What ``check --types`` shows: the types, the parameters, the laws that are stated."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("architecture", "type", "parameters", "laws"):
        side: Any = "right" if name in ("parameters", "laws") else "left"
        table.add_column(name, overflow="fold", justify=side)
    for one in declared:
        table.add_row(
            Text(one.name, style="bold"),
            Text(one.architecture.arrow.type_text()),
            Text(parameters(one)),
            Text(str(len(one.architecture.laws))),
        )
    return table


def atlas_table(results: Sequence[Checked]) -> Any:
    """What ``list`` shows: one row an architecture, grouped by spec."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("weakest", "architecture", "laws", "parameters", "atlas", "spec"):
        side: Any = "right" if name == "parameters" else "left"
        table.add_column(name, overflow="fold", justify=side)
    before = ""
    for one in results:
        held = [found.verdict for found in one.findings if not found.expected]
        wrong_ones = [found for found in one.findings if not found.passed]
        link = weakest(held) if held else None
        path = one.declared.path
        table.add_row(
            Text("—", style="dim") if link is None else Text(link.value, style=STYLES[link]),
            Text(one.declared.name, style="bold red" if wrong_ones else "bold"),
            Text(", ".join(_counts(one.findings)) or "none"),
            Text(parameters(one.declared)),
            Text(one.declared.architecture.atlas or ""),
            Text("" if path == before else os.path.basename(path), style="dim"),
        )
        before = path
    return table


def parameters(declared: Declared) -> str:
    """The number of parameters, or a question mark where a size is open."""
    count = declared.architecture.parameter_count
    return "?" if count is None else f"{count:,}"


def _heading(declared: Declared) -> str:
    architecture = declared.architecture
    return (
        f"{architecture.name}: {architecture.arrow.type_text()}, {parameters(declared)} parameters"
    )


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
