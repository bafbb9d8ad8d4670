"""The catalogue of codes: one stable code for each kind of mistake, explained once.

Definition. An *entry* says what the code means, why it is refused, and shows the smallest snippet
that raises it beside one that does not. Python snippets run after `PREAMBLE`; a "spec" is the
content of a file that `commute check` refuses; a "shell" snippet is a command line.

Laws. Codes are never reused. Every code that the packages raise stands here.

Accepted:

>>> print(explain("CM005").splitlines()[0])
CM005: an axis is missing

Rejected: a code that does not exist, with the nearest range.

>>> explain("CM999")
Traceback (most recent call last):
    ...
KeyError: 'CM999 is not a code; the codes are CM001 to CM...'
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent, fill, indent

from categorical.catalogue_learning import ENTRIES as LEARNING
from categorical.catalogue_models import ENTRIES as MODELS
from categorical.catalogue_recursion import ENTRIES as RECURSION
from categorical.catalogue_wires import ENTRIES as WIRES

PREAMBLE = """\
from categorical import Dim, Fin, Real, arrow, op
n, c, h, k = Dim.named("n c h k")
"""


@dataclass(frozen=True)
class Entry:
    """What one code means, with a snippet that raises it and one that does not."""

    title: str
    explanation: str
    wrong_example: str
    right_example: str
    kind: str = "python"
    notice: bool = False


def explain(code: str) -> str:
    """The page that `commute explain CODE` prints."""
    code = code.strip().upper()
    if code not in CATALOGUE:
        first, last = min(CATALOGUE), max(CATALOGUE)
        raise KeyError(f"{code} is not a code; the codes are {first} to {last}")
    entry = CATALOGUE[code]
    again = {"python": "not:", "spec": "not, as a spec file:", "shell": "not:"}[entry.kind]
    parts = [
        f"{code}: {entry.title}",
        fill(entry.explanation, 88),
        f"{again}\n{indent(entry.wrong_example, '    ').rstrip()}",
        f"but:\n{indent(entry.right_example, '    ').rstrip()}",
    ]
    if entry.notice:
        parts.insert(2, "This is a notice: it is printed once for each place and stops nothing.")
    return "\n\n".join(parts) + "\n"


_KINDS = {"CM027": "spec", "CM028": "spec", "CM031": "shell", "CM038": "spec", "CM040": "shell"}
_NOTICES = frozenset({"CM018", "CM035"})


def _entry(code: str, title: str, why: str, wrong: str, right: str) -> Entry:
    wrong, right = (dedent(text).strip("\n") + "\n" for text in (wrong, right))
    kind = _KINDS.get(code, "python")
    return Entry(title, " ".join(why.split()), wrong, right, kind, code in _NOTICES)


CATALOGUE: dict[str, Entry] = {
    code: _entry(code, *row)
    for code, row in sorted((WIRES | MODELS | RECURSION | LEARNING).items())
}
