"""``commute list --paper``: every number of the paper, what it says, its law, its verdict.

Definition.  The statements and remarks of the spec files in ``specs/paper`` (or of other files) in
the order of their numbers.  A statement has one row for each verdict that its laws have; the cases
of one law are counted.

Law.  What is not executable here is listed with the reason; nothing is left out.

>>> grouped(["hom[case 0]", "hom[case 1]", "unit"])
'hom (2 cases), unit'
>>> grouped(["lists: unit", "lists: join", "trees: unit"])
'lists: unit, join; trees: unit'
>>> grouped([])
'a typed arrow; no equation'
"""

from __future__ import annotations

import json
import os
import re
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from categorical.errors import SpecError
from categorical.face.cache import Cache
from categorical.face.checking import Checked, Plan, exit_status, findings
from categorical.face.loader import Spec, atlas_folder, load, spec_files
from categorical.inventory import Remark, Statement, place, shown
from categorical.verdicts import Finding, Verdict

if TYPE_CHECKING:
    from rich.table import Table

_CASE = re.compile(r"\[case \d+\]\Z")


def list_paper(options: Namespace) -> int:
    """Load the statements, decide their laws, print the table."""
    from categorical.face.commands import complain, run_laws

    specs, errors = _read(options.path or [os.path.join(atlas_folder(), "paper")], options)
    declared = [
        one for spec in specs for one in spec.declared if isinstance(one.architecture, Statement)
    ]
    cache = Cache(None) if options.no_cache else Cache.default()
    results = sorted(run_laws(declared, Plan(cache=cache), quiet=options.json), key=_place)
    remarks = sorted((r for spec in specs for r in spec.remarks), key=lambda r: place(r.numbers[0]))
    if options.json:
        print(json.dumps(_as_json(results, remarks, errors), indent=2, ensure_ascii=False))
    elif results or remarks:
        _print(results, remarks)
    for one in errors:
        complain(one)
    return 2 if errors else exit_status(results)


def _read(paths: Sequence[str], options: Namespace) -> tuple[list[Spec], list[SpecError]]:
    specs: list[Spec] = []
    errors: list[SpecError] = []
    if not all(os.path.exists(path) for path in paths):
        missing = next(path for path in paths if not os.path.exists(path))
        raise SpecError(
            "CM028",
            "there are no statements of the paper here",
            facts=[("looked for", missing)],
            help=["name a spec file or a folder: commute list --paper PATH"],
            origin=None,
        )
    for path in spec_files(paths):
        try:
            specs.append(load(path, options.time_limit))
        except SpecError as problem:
            errors.append(problem)
    return specs, errors


def _statement(result: Checked) -> Statement:
    found = result.declared.architecture
    assert isinstance(found, Statement)
    return found


def _place(result: Checked) -> tuple[Any, ...]:
    return place(_statement(result).numbers[0])


def grouped(names: Sequence[str]) -> str:
    """The names of laws, the cases of one counted, those with one prefix together."""
    parts: dict[str, dict[str, int]] = {}
    for name in names:
        base = _CASE.sub("", name)
        prefix, colon, rest = base.partition(": ")
        inside = parts.setdefault(prefix if colon else "", {})
        own = rest if colon else base
        inside[own] = inside.get(own, 0) + 1
    found = []
    for prefix, inside in parts.items():
        listed = [f"{own} ({many} cases)" if many > 1 else own for own, many in inside.items()]
        found.append(f"{prefix}: {', '.join(listed)}" if prefix else ", ".join(listed))
    return "; ".join(found) or "a typed arrow; no equation"


def by_verdict(found: Sequence[Finding]) -> list[tuple[str, Verdict, list[str]]]:
    """The laws of a statement by the word of their verdict, the strongest first."""
    from categorical.face.report import word

    rows: dict[str, tuple[Verdict, list[str]]] = {}
    for one in found:
        rows.setdefault(word(one), (one.verdict, []))[1].append(one.law)
    every = [(name, verdict, laws) for name, (verdict, laws) in rows.items()]
    order = list(Verdict)
    return sorted(every, key=lambda row: (order.index(row[1]), row[0]))


def table(results: Sequence[Checked], remarks: Sequence[Remark]) -> Table:
    """One row for each statement and verdict; remarks stand among them in order."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from categorical.face.report import STYLES

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("number", overflow="fold", width=13)
    made.add_column("what it says", overflow="fold", ratio=5)
    made.add_column("law", overflow="fold", ratio=4)
    made.add_column("verdict", overflow="fold", width=18)
    entries: list[tuple[tuple[Any, ...], Checked | Remark]] = [(_place(r), r) for r in results]
    entries += [(place(r.numbers[0]), r) for r in remarks]
    for _, one in sorted(entries, key=lambda entry: entry[0]):
        if isinstance(one, Remark):
            cells = (shown(one.numbers), one.says, one.why, "not executable here")
            made.add_row(*(Text(c, style="dim") for c in cells))
            continue
        stated = _statement(one)
        head = [Text(shown(stated.numbers), style="bold"), Text(stated.says)]
        for word_, verdict, laws in by_verdict(one.findings) or [("—", Verdict.PROVED, [])]:
            wrong = any(not f.passed for f in one.findings if f.law in laws)
            style = "bold red" if wrong else STYLES[verdict] if "(" not in word_ else "dim green"
            made.add_row(*head, Text(grouped(laws)), Text(word_, style=style))
            head = [Text(""), Text("")]
    return made


def _print(results: Sequence[Checked], remarks: Sequence[Remark]) -> None:
    from categorical.face.report import console, last_line

    console().print(table(results, remarks))
    stated = {n for r in results for n in _statement(r).numbers}
    left = {n for r in remarks for n in r.numbers} - stated
    text = f"{len(stated | left)} numbers: {len(stated)} in {len(results)} statements"
    if left:
        text += f", {len(left)} with nothing to compute"
    console().print(f"{text}; {last_line(findings(results))}", soft_wrap=True)


def _as_json(
    results: Sequence[Checked], remarks: Sequence[Remark], errors: Sequence[SpecError]
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "statements": [
            {
                "numbers": list(_statement(one).numbers),
                "says": _statement(one).says,
                **one.as_json(),
            }
            for one in results
        ],
        "not_executable": [
            {"numbers": list(one.numbers), "says": one.says, "why": one.why} for one in remarks
        ],
    }
    if errors:
        data["errors"] = [one.as_json() for one in errors]
    return data
