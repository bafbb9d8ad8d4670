"""Layout: one statement as ``ruff format`` would write it, at a line length of 100.

>>> print(*statement("y", "F.linear(x, weight)", "[n, h]", 4), sep="\\n")
    y = F.linear(x, weight)  # [n, h]

A long one is split at its brackets, or at its operators in parentheses:

>>> print(*statement("y", "function(" + ", ".join(["argument"] * 9) + ")", "", 4), sep="\\n")
    y = function(
        argument, argument, argument, argument, argument, argument, argument, argument, argument
    )

A comment that would make a line too long stands above it.

>>> print(*statement("y", "f(x)", "c" * 90, 4), sep="\\n")  # doctest: +ELLIPSIS
    # cccc...
    y = f(x)
"""

from __future__ import annotations

WIDTH = 100
#: Operators from the weakest to the strongest.
_LEVELS = (
    (" or ",), (" and ",), (" == ", " < ", " <= ", " > ", " >= ", " != "), (" | ",), (" & ",),
    (" + ", " - "), (" * ", " / ", " @ ", " // ", " % "),
)  # fmt: skip


def statement(target: str, expression: str, note: str = "", indent: int = 8) -> list[str]:
    """``target = expression  # note`` as lines; the target may be ``return``, or empty."""
    head = f"{target} " if target in ("return", "raise", "") else f"{target} = "
    head = "" if head == " " else head
    margin = " " * indent
    whole = f"{margin}{head}{expression}"
    comment = f"  # {note}" if note else ""
    if len(whole) + len(comment) <= WIDTH:
        return [whole + comment]
    above = [f"{margin}# {note}"] if note else []
    if len(whole) <= WIDTH:
        return [*above, whole]
    cut = last_method(expression) if target.isidentifier() and target != "return" else -1
    if cut > 0:
        first = statement(target, expression[:cut], "", indent)
        return [*first, *statement(target, target + expression[cut:], note, indent)]
    return [*above, *split(margin + head, expression, margin)]


def last_method(expression: str) -> int:
    """Where the last method call of a chain on a call begins; −1 if there is none.

    >>> last_method("f(x).tril()"), last_method("torch.relu(x)"), last_method("x + f(y).sum()")
    (4, -1, -1)
    """
    opening = last_opening(expression)
    if opening < 0 or _operators(expression) or " if " in _outside(expression):
        return -1
    start = expression.rfind(".", 0, opening)
    name = expression[start + 1 : opening]
    return start if start > 0 and expression[start - 1] in ")]" and name.isidentifier() else -1


def split(head: str, expression: str, margin: str) -> list[str]:
    """An expression that is too long for one line."""
    deeper = margin + "    "
    if _operators(expression) or " if " in _outside(expression):
        rows = [deeper + expression]
        if len(rows[0]) > WIDTH:
            rows = [deeper + part for part in _at_operators(expression)]
            if len(rows[0]) > WIDTH or any(len(r) > WIDTH for r in rows):
                rows = [line for r in rows for line in _part(r, deeper)]
        return [f"{head}(", *rows, f"{margin})"]
    return _bracket(head, expression, margin)


def _part(row: str, margin: str) -> list[str]:
    return [row] if len(row) <= WIDTH else _bracket(margin, row.strip(), margin)


def _bracket(head: str, expression: str, margin: str) -> list[str]:
    opening = last_opening(expression)
    if opening < 0:
        return [head + expression]
    start, body, end = expression[: opening + 1], expression[opening + 1 : -1], expression[-1]
    deeper = margin + "    "
    listed = start == "["  # the entries of a list stand one below another
    if len(deeper + body) <= WIDTH and not body.endswith(",") and not listed:
        return [head + start, deeper + body, margin + end]
    rows = []
    if start.strip() == "(" and len(arguments(body)) == 1 and not body.endswith(","):
        # grouped, and no arguments: a comma would make it a tuple
        return [head + start, *statement("", body, "", len(deeper)), margin + end]
    for one in arguments(body):
        text = f"{deeper}{one},"
        rows += [text] if len(text) <= WIDTH else _argument(deeper, one)
    return [head + start, *rows, margin + end]


def _argument(margin: str, text: str) -> list[str]:
    rows = _bracket(margin, text, margin)
    rows[-1] += ","
    return rows


def last_opening(expression: str) -> int:
    """Where the bracket opens that closes at the end of the expression; −1 if none does."""
    if expression[-1:] not in (")", "]", "}"):
        return -1
    depth = 0
    for place in range(len(expression) - 1, -1, -1):
        if expression[place] in ")]}":
            depth += 1
        elif expression[place] in "([{":
            depth -= 1
            if depth == 0:
                return place
    return -1


def arguments(body: str) -> list[str]:
    """The parts of a list of arguments."""
    parts, depth, start, quote = [], 0, 0, ""
    for place, character in enumerate(body):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(body[start:place].strip())
            start = place + 1
    rest = body[start:].strip()
    return [*parts, rest] if rest else parts


def _outside(expression: str) -> str:
    """The characters outside all brackets and strings; others are blanked by ``·``."""
    out, depth, quote = [], 0, ""
    for character in expression:
        if quote:
            quote = "" if character == quote else quote
            out.append("·")
            continue
        if character in "\"'":
            quote = character
        closing = character in ")]}"
        depth -= closing
        out.append(character if depth == 0 and not quote and not closing else "·")
        depth += character in "([{"
    return "".join(out)


def _operators(expression: str) -> bool:
    outside = _outside(expression)
    return any(symbol in outside for level in _LEVELS for symbol in level)


def _at_operators(expression: str) -> list[str]:
    """The operands of the weakest operator, each operator in front of its right operand."""
    outside = _outside(expression)
    if " if " in outside and " else " in outside:
        one, other = outside.index(" if "), outside.index(" else ")
        return [expression[:one], expression[one + 1 : other], expression[other + 1 :]]
    for level in _LEVELS:
        cuts = sorted(
            place
            for symbol in level
            for place in range(len(outside))
            if outside.startswith(symbol, place)
        )
        if cuts:
            ends = [*cuts[1:], len(expression)]
            return [expression[: cuts[0]], *(expression[a + 1 : b] for a, b in zip(cuts, ends))]
    return [expression]
