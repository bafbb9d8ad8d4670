"""``python -m tests.diagnostics``: every message of the corpus; ``--update`` writes the goldens."""

import argparse

from tests.diagnostics.corpus import FILES, messages, printed


def main() -> int:
    """Print or write; the exit status is 1 if a golden differs and was not written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the golden messages")
    parser.add_argument("names", nargs="*", help="mistakes (default: all)")
    chosen = parser.parse_args()
    changed = edits = 0
    for path in FILES:
        if chosen.names and path.stem not in chosen.names:
            continue
        found = messages(path)
        edits += any(one.edits for problem in found for one in problem.help)
        text, golden = printed(found), path.with_suffix(".txt")
        same = golden.exists() and golden.read_text(encoding="utf-8") == text
        changed += not same
        if chosen.update:
            golden.write_text(text, encoding="utf-8")
        elif not same or chosen.names:
            print(f"# {path.stem}\n{text}")
    print(f"{len(FILES)} mistakes, {edits} with an edit, {changed} messages differ")
    return int(bool(changed) and not chosen.update)


if __name__ == "__main__":
    raise SystemExit(main())
