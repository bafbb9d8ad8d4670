"""Print the gradients that the installed torch takes at kinks.

``python -m backends.pytorch.kinks`` prints the table: what was measured now, the reference beside
it where they differ, and the grades of rewrites; it exits 1 where a row differs from the table that
is kept.  ``--write`` keeps what was measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from backends.pytorch.kinks import files


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m backends.pytorch.kinks")
    parser.add_argument("--write", action="store_true", help="keep the table of this version")
    options = parser.parse_args(arguments)
    version, lines = files.installed(), files.measure()
    if options.write:
        files.path_of(version).write_text(files.text(lines, version), encoding="utf-8")
    show(version, lines)
    old = files.nearest(version)
    changed = files.differences(files.read(old), lines)
    print(f"\n{len(lines)} rows; {len(changed)} differ from the table of torch {old}")
    for one in changed:
        print(f"  {one}")
    return 1 if changed else 0


def show(version: str, lines: Sequence[files.Line]) -> None:
    """The table as text."""
    from backends.pytorch.kinks.agreement import LISTED
    from backends.pytorch.kinks.cases import CASES
    from backends.pytorch.kinks.measure import backwards, forwards

    cases = [line for line in lines if line.name in CASES]
    wide = max(len(line.name) for line in lines)
    point = max(len(line.at) for line in cases)
    print(f"Gradients at kinks, torch {version}\n")
    for line in cases:
        print(f"{line.name:{wide}}  {line.at:{point}}  {line.found}")
        one = CASES[line.name]
        for way, other in (("reverse", backwards), ("forward", forwards)):
            if one.arrow is not None and (ours := other(one)) != line.found:
                why = LISTED[way].get(line.name, "not listed")
                print(f"{'':{wide}}  {way} derivative: {ours} ({why})")
    print("\nRewrites: where the gradients agree\n")
    for line in lines:
        if line.name not in CASES:
            print(f"{line.name:{wide}}  {line.found}")


if __name__ == "__main__":
    raise SystemExit(main())
