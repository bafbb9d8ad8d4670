"""What notebooks show: whole, escaped, and true to the verdicts."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from categorical import Dim, Real, architecture, laws, op
from categorical.face.html import Findings, table
from categorical.groups import Symmetric
from categorical.verdicts import Counterexample, Finding, Verdict

n, c, k = Dim.named("n c k")
EXAMPLE = Counterexample("found = 1 < 2\n", "commute check", "w", {"n": 2}, "swap", "1")
SINGLE = {"br", "hr", "img", "rect", "path", "circle"}


class Balanced(HTMLParser):
    """Counts the tags, and insists that they close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in SINGLE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in SINGLE:
            assert self.open.pop() == tag


def test_an_architecture_shows_its_laws_and_its_picture() -> None:
    model = architecture(
        (op.linear(c, k) >> op.mean(n)).at(Real[n, c]),
        laws=[laws.invariant(under=Symmetric(n)), laws.bounded(0, 1).fails()],
        sizes=dict(c=3, k=2),
        name="pool",
    )
    text = model._repr_html_()
    seen = Balanced(text).seen
    assert seen.count("li") == 2 and "svg" in seen and "8 parameters" in text
    assert "Real[n, c] → Real[k]" in text and "(expected to fail)" in text


def test_findings_are_a_table() -> None:
    model = architecture(
        op.linear(n, k), laws=[laws.invariant(under=Symmetric(n))], sizes=dict(n=3, k=2), name="m"
    )
    found = model.check()
    assert isinstance(found, Findings) and str(found).startswith("REFUTED")
    seen = Balanced(found._repr_html_()).seen
    assert seen.count("tr") == 3 and "pre" in seen


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("expected", [False, True])
def test_text_of_a_spec_is_escaped(verdict, expected) -> None:
    evil = "<script>alert(1)</script>"
    one = Finding(evil, verdict, evil, evil, evil, 0.0, EXAMPLE, expected, (evil,), evil)
    text = table([one])
    Balanced(text)
    assert "<script" not in text and "1 < 2" not in text
    assert verdict.value in text


def test_no_laws() -> None:
    assert str(Findings()) == "no laws"
    assert Balanced(Findings()._repr_html_()).seen.count("tr") == 1
