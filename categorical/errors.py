"""Errors: what a user reads when a declaration is wrong.

Definition. A *SpecError* has a stable code, a title, the place in the user's source, facts (what
each side is), related places (where each side was declared), notes, and help: edits that a machine
can apply. A *Notice* has the same form and stops nothing; it is printed once per place, by the
`warnings` module.

Laws. `str(error) == error.render()`, without colour. Rendering needs nothing but the error itself.
Applying an edit changes the named range and nothing else.

Accepted: facts line up, and the help says what to write instead.

>>> error = SpecError(
...     "CM001",
...     "`encode` does not compose with `mix`",
...     facts=[("`encode` produces", "Real[token, d]"), ("`mix` expects", "Real[d]")],
...     help=["pool the tokens first: encode >> op.mean(token) >> mix"],
...     origin=None,
... )
>>> print(error)
error[CM001]: `encode` does not compose with `mix`
   = `encode` produces  Real[token, d]
   = `mix`    expects   Real[d]
help: pool the tokens first: encode >> op.mean(token) >> mix

Rejected: a code that the catalogue does not explain.

>>> SpecError("CM999", "something is wrong")
Traceback (most recent call last):
    ...
ValueError: 'CM999' is not in the catalogue of codes
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from categorical.catalogue import CATALOGUE
from categorical.origin import Origin, here, shown_path


class _Here:
    """The default origin: wherever the user's code is when the error is made."""


_HERE = _Here()


@dataclass(frozen=True)
class Edit:
    """A replacement of one range of a file: from 1, in characters, the end exclusive."""

    file: str
    line: int
    col: int
    end_col: int
    replacement: str
    end_line: int | None = None

    @classmethod
    def replacing(cls, origin: Origin | None, replacement: str) -> Edit | None:
        """The edit that writes `replacement` over the whole of an origin, where its range is
        known."""
        if origin is None or origin.text is None:
            return None
        where = origin.position
        assert where.column is not None and where.end_column is not None
        last = None if where.end_line == where.line else where.end_line
        return cls(where.filename, where.line, where.column, where.end_column, replacement, last)

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready description."""
        return {
            "file": shown_path(self.file),
            "line": self.line,
            "column": self.col,
            "end_line": self.line if self.end_line is None else self.end_line,
            "end_column": self.end_col,
            "replacement": self.replacement,
        }


@dataclass(frozen=True)
class Help:
    """A suggestion in words, with the edit that carries it out where there is one.

    ``also`` are further edits that go with it, such as an import.
    """

    text: str
    edit: Edit | None = None
    also: tuple[Edit, ...] = ()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits together; their ranges are disjoint."""
        return () if self.edit is None else (self.edit, *self.also)


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def apply_edit(source: str, edit: Edit) -> str:
    """The source text after one edit.

    >>> apply_edit("net = encode >> mix\\n", Edit("demo.py", 1, 7, 20, "encode >> swap >> mix"))
    'net = encode >> swap >> mix\\n'
    """
    lines = _LINE.findall(source)
    last = edit.line if edit.end_line is None else edit.end_line
    if not 1 <= edit.line <= last <= len(lines):
        raise ValueError(f"lines {edit.line} to {last} are not in a text of {len(lines)} lines")
    start, stop = edit.col - 1, edit.end_col - 1
    first_row, last_row = lines[edit.line - 1], lines[last - 1]
    if not (0 <= start <= len(first_row) and 0 <= stop <= len(last_row)):
        raise ValueError(f"columns {edit.col} to {edit.end_col} are not in the text")
    if last == edit.line and stop < start:
        raise ValueError(f"column {edit.end_col} comes before column {edit.col}")
    lines[edit.line - 1 : last] = [first_row[:start] + edit.replacement + last_row[stop:]]
    return "".join(lines)


def apply_edits(source: str, edits: Iterable[Edit]) -> str:
    """The source after several edits of disjoint ranges, all given against the original."""
    ordered = sorted(edits, key=lambda edit: (edit.line, edit.col))
    for one, other in pairwise(ordered):
        if (one.end_line or one.line, one.end_col) > (other.line, other.col):
            raise ValueError("the edits overlap")
    for edit in reversed(ordered):
        source = apply_edit(source, edit)
    return source


class _Message(Exception):
    """What errors and notices share: the fields, and the two ways to write them out."""

    severity = "error"

    code: str
    title: str
    facts: list[tuple[str, str]]
    help: list[Help]
    notes: list[str]
    origin: Origin | None
    related: list[tuple[Origin | None, str]]

    def __init__(
        self,
        code: str,
        title: str,
        *,
        facts: Iterable[tuple[str, object]] = (),
        help: Iterable[Help | str] = (),
        notes: Iterable[str] = (),
        origin: Origin | _Here | None = _HERE,
        related: Iterable[tuple[Origin | None, str]] = (),
    ) -> None:
        super().__init__(code, title)
        if code not in CATALOGUE:
            raise ValueError(f"{code!r} is not in the catalogue of codes")
        self.code = code
        self.title = title
        self.facts = [(label, str(text)) for label, text in facts]
        self.help = [Help(item) if isinstance(item, str) else item for item in help]
        self.notes = list(notes)
        self.origin = here() if isinstance(origin, _Here) else origin
        self.related = list(related)

    def __str__(self) -> str:
        return self.render()

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), *self._state()))

    def render(self, color: bool = False) -> str:
        """The message as people read it; `color=True` adds terminal colours."""
        strong, blue, cyan, plain = (
            ("\x1b[1m", "\x1b[1;34m", "\x1b[1;36m", "\x1b[0m") if color else ("", "", "", "")
        )
        accent = ("\x1b[1;31m" if self.severity == "error" else "\x1b[1;33m") if color else ""
        head = f"{accent}{self.severity}[{self.code}]{plain}{strong}: {self.title}{plain}"
        lines = [head]
        gutter = 2
        if self.origin is not None:
            source = self.origin.source_lines
            gutter = max(2, len(str(self.origin.end_line))) if source else 2
            lines.append(f"{blue}{' ' * gutter}-->{plain} {self.origin}")
            if source:
                lines.append(f"{blue}{' ' * gutter} |{plain}")
                for number, text in _snippet(self.origin, source):
                    bar = f"{number:>{gutter}} |"
                    shade = accent if text.strip("^ ") == "" else ""
                    stop = plain if shade else ""
                    lines.append(f"{blue}{bar}{plain} {shade}{text}{stop}".rstrip())
        for row in _fact_rows(self.facts):
            first, *rest = row.split("\n")
            lines.append(f"{blue}{' ' * gutter} ={plain} {first}")
            lines.extend(" " * (gutter + 3) + more for more in rest)
        for where, text in self.related:
            place = f" at {where}" if where is not None else ""
            lines.append(f"{strong}note{plain}: {text}{place}")
        lines.extend(f"{strong}note{plain}: {note}" for note in self.notes)
        lines.extend(f"{cyan}help{plain}: {item.text}" for item in self.help)
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready description; the keys are a stable contract."""
        return {
            "severity": self.severity,
            "code": self.code,
            "title": self.title,
            **_place(self.origin),
            "source": None if self.origin is None else self.origin.text,
            "facts": [{"label": label, "text": text} for label, text in self.facts],
            "related": [{**_place(where), "text": text} for where, text in self.related],
            "notes": list(self.notes),
            "help": [
                {
                    "text": item.text,
                    "edit": item.edit.as_json() if item.edit else None,
                    **({"also": [one.as_json() for one in item.also]} if item.also else {}),
                }
                for item in self.help
            ],
            "explain": f"commute explain {self.code}",
        }

    def _state(self) -> tuple[Any, ...]:
        return (
            self.code,
            self.title,
            self.facts,
            self.help,
            self.notes,
            self.origin,
            self.related,
        )


class SpecError(_Message):
    """A declaration that has no meaning, or a request that cannot be carried out.

    Without an explicit `origin` the error points at the user's line that led to it; `origin=None`
    says that there is no such line (a command-line mistake).
    """

    def __repr__(self) -> str:
        return f"SpecError({self.code!r}, {self.title!r})"


class CommuteNotice(UserWarning):
    """The warning category of every notice: filter it as any other Python warning."""


class Notice(_Message, CommuteNotice):
    """A hint of the same form as an error, which stops nothing."""

    severity = "notice"

    def __repr__(self) -> str:
        return f"Notice({self.code!r}, {self.title!r})"

    def emit(self) -> Notice:
        """Hand the notice to `warnings`, under whose default filter each place is reported once."""
        _install_format()
        filename = self.origin.filename if self.origin is not None else "<commute>"
        line = self.origin.line if self.origin is not None else 1
        registry = _registries.setdefault(filename, {})
        warnings.warn_explicit(self, type(self), filename, line, registry=registry)
        return self


def _rebuild(
    kind: type[SpecError] | type[Notice],
    code: str,
    title: str,
    facts: Sequence[tuple[str, object]],
    help: Sequence[Help],
    notes: Sequence[str],
    origin: Origin | None,
    related: Sequence[tuple[Origin | None, str]],
) -> SpecError | Notice:
    return kind(code, title, facts=facts, help=help, notes=notes, origin=origin, related=related)


# --------------------------------------------------------------------------------------------------
# Layout


def _place(origin: Origin | None) -> dict[str, Any]:
    return {
        "file": None if origin is None else origin.file,
        "line": None if origin is None else origin.line,
        "column": None if origin is None else origin.column,
        "end_line": None if origin is None else origin.end_line,
        "end_column": None if origin is None else origin.end_column,
    }


def _snippet(origin: Origin, source: list[str]) -> list[tuple[str, str]]:
    """The lines of the range with carets beneath; of a long range, the first and the last."""
    where = origin.position
    carets = where.column is not None and where.end_column is not None
    rows: list[tuple[str, str]] = []
    long = len(source) > 4
    for index, text in enumerate(source):
        if long and 0 < index < len(source) - 1:
            if index == 1:
                rows.append(("", "..."))
            continue
        rows.append((str(where.line + index), _shown(text)))
        if not carets:
            continue
        indent = len(text) - len(text.lstrip())
        start = (where.column or 1) - 1 if index == 0 else indent
        stop = (where.end_column or 1) - 1 if index == len(source) - 1 else len(text.rstrip())
        if stop > start or len(source) == 1:
            width = max(1, _width(text[start:stop]))
            rows.append(("", " " * _width(text[:start]) + "^" * width))
    return rows


def _shown(text: str) -> str:
    """A source line made safe for a terminal: tabs widened, control characters visible."""
    widened = text.replace("\t", "    ").rstrip()
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in widened)


def _width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text) + 3 * text.count("\t")
    total = 0
    for character in text:
        if character == "\t":
            total += 4
        elif unicodedata.combining(character):
            total += 0
        else:
            total += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return total


_LABEL = re.compile(r"(`[^`]*`)\s+(\S.*)")


def _fact_rows(facts: Sequence[tuple[str, str]]) -> list[str]:
    """Facts with their labels aligned; "`name` verb" labels in two columns."""
    matches = [_LABEL.fullmatch(label) for label, _ in facts]
    names = [_width(m.group(1)) for m in matches if m]
    name_width = max(names, default=0)
    labels = []
    for (label, _), match in zip(facts, matches, strict=True):
        if match:
            name, verb = match.group(1), match.group(2)
            label = f"{name}{' ' * (name_width - _width(name))} {verb}"
        labels.append(label)
    label_width = max((_width(label) for label in labels), default=0)
    rows = []
    for label, (_, text) in zip(labels, facts, strict=True):
        if not label:
            rows.append(text)
            continue
        lead = label + " " * (label_width - _width(label)) + "  "
        rows.append(lead + text.replace("\n", "\n" + " " * _width(lead)))
    return rows


# --------------------------------------------------------------------------------------------------
# Notices and the `warnings` module

_registries: dict[str, dict[str | tuple[str, type[Warning], int], int]] = {}


def _install_format() -> None:
    """Let `warnings` print a notice in our form; every other category keeps its own."""
    previous = warnings.formatwarning
    if getattr(previous, "formats_notices", False):
        return

    def formatwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        line: str | None = None,
    ) -> str:
        if issubclass(category, CommuteNotice):
            return f"{message}\n"
        return previous(message, category, filename, lineno, line)

    formatwarning.formats_notices = True  # type: ignore[attr-defined]
    warnings.formatwarning = formatwarning
