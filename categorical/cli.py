"""The command line: ``commute check``, ``build``, ``recheck``, ``draw``, ``explain``, ``list``.

Definition.  This module parses arguments and turns what went wrong into an exit status: 0 ok,
1 refuted, 2 wrong spec or usage, 3 unknown or vacuous under ``--strict``, 4 internal error.
Everything else is loaded when a command needs it, so that ``--help`` is quick.

>>> main(["--version"])  # doctest: +ELLIPSIS
commute ...
0

A command that does not exist is a wrong usage:

>>> main(["verify"])
2
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

TRUST = "A spec is Python code and is run when it is loaded: load only what you would run."
STATUS = """\
exit status:
  0  ok, or refuted where the spec says so
  1  a law is refuted, or a certificate does not check
  2  wrong spec or usage
  3  unknown or vacuous, under --strict
  4  internal error
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        options = parser().parse_args(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 2
    if options.version:
        from categorical.face import VERSION

        print(f"commute {VERSION}")
        return 0
    if options.command is None:
        parser().print_help()
        return 2
    return _guarded(options)


def _guarded(options: argparse.Namespace) -> int:
    """Run a command; what goes wrong becomes one message and a status."""
    from categorical.errors import SpecError

    try:
        status = _command(options.command)(options)
        sys.stdout.flush()
        return status
    except SpecError as problem:
        from categorical.face.commands import complain

        complain(problem)
        return {"CM031": 1, "CM040": 4}.get(problem.code, 2)
    except KeyboardInterrupt:
        print("commute: interrupted; no file was left half-written", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:
        if options.traceback or os.environ.get("COMMUTE_TRACEBACK"):
            raise
        text = " ".join(str(problem).split())[:200]
        print(f"commute: internal error: {type(problem).__name__}: {text}", file=sys.stderr)
        print("commute: please report it; `--traceback` shows where it happened", file=sys.stderr)
        return 4


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    if name == "build":
        from categorical.face.building import build

        return build
    from categorical.face import commands

    found: Callable[[argparse.Namespace], int] = {
        "check": commands.check,
        "recheck": commands.recheck,
        "draw": commands.draw,
        "explain": commands.explain,
        "list": commands.list_,
    }[name]
    return found


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    shape = argparse.RawDescriptionHelpFormatter
    root = argparse.ArgumentParser(
        formatter_class=shape,
        prog="commute",
        description="Declare an architecture, prove its laws, ship plain PyTorch.",
        epilog=f"{TRUST}\n\n{STATUS}",
    )
    root.add_argument("--version", action="store_true", help="print the version")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--traceback", action="store_true", help=argparse.SUPPRESS)
    timed = argparse.ArgumentParser(add_help=False, parents=[common])
    timed.add_argument(
        "--time-limit",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long one spec file may take to load (30; 0: no limit)",
    )
    lawful = argparse.ArgumentParser(add_help=False, parents=[timed])
    lawful.add_argument("--strict", action="store_true", help="unknown or vacuous: exit status 3")
    lawful.add_argument("--no-cache", action="store_true", help="decide every law again")
    lawful.add_argument("--seed", type=int, metavar="N", help="the seed of all random points")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    check = commands.add_parser(
        "check",
        formatter_class=shape,
        parents=[lawful],
        help="types and laws of spec files",
        epilog=f"{TRUST}\n\n{STATUS}",
    )
    check.add_argument("spec", nargs="+", metavar="SPEC", help="a spec file, or a folder of them")
    check.add_argument("--law", metavar="PATTERN", help="only the laws that match, as causal*")
    check.add_argument("--arch", action="append", default=[], metavar="NAME", help="only this one")
    check.add_argument("--types", action="store_true", help="types only: no law is checked")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.add_argument("--proof", action="store_true", help="print the proofs too, as text")
    check.add_argument(
        "--replay", type=int, metavar="SEED", help="show a counterexample again (no cache)"
    )

    build = commands.add_parser(
        "build", parents=[lawful], help="write the PyTorch module and its certificate", epilog=TRUST
    )
    build.add_argument("spec", metavar="SPEC", help="a spec file")
    build.add_argument("-o", "--output", metavar="MODEL.py", help="the file (default: NAME.py)")
    build.add_argument("--arch", metavar="NAME", help="which architecture of the spec")
    build.add_argument("--no-check", dest="check", action="store_false", help="do not check laws")
    build.add_argument("--force", action="store_true", help="build although a law is refuted")
    build.add_argument("--svg", action="store_true", help="write the string diagram too")
    more = build.add_mutually_exclusive_group()
    more.add_argument(
        "--train",
        action="store_true",
        help="write the training of a learner or game too (--arch names it): MODEL_train.py",
    )
    build.add_argument(
        "--adapter",
        action="append",
        default=[],
        choices=("lightning", "accelerate"),
        help="with --train: a few lines for this library too",
    )
    more.add_argument(
        "--bake",
        metavar="WEIGHTS.safetensors",
        help="write the module with plain layers in place of solved ones, and its weights",
    )
    build.set_defaults(replay=None, law=None)

    recheck = commands.add_parser(
        "recheck", parents=[common], help="check a certificate with the independent checker"
    )
    recheck.add_argument("certificate", metavar="CERT", help="a model.certificate.json")
    recheck.add_argument("--spec", metavar="SPEC", help="compare with this spec file too")

    draw = commands.add_parser(
        "draw", parents=[timed], help="the string diagram of a spec, as SVG", epilog=TRUST
    )
    draw.add_argument("spec", metavar="SPEC", help="a spec file")
    draw.add_argument("-o", "--output", metavar="FILE.svg", help="the file (default: stdout)")
    draw.add_argument("--arch", metavar="NAME", help="which architecture of the spec")
    draw.add_argument("--wire", metavar="NAME", help="show this wire in red")

    explain = commands.add_parser("explain", parents=[common], help="what an error code means")
    explain.add_argument("code", nargs="?", metavar="CODE", help="as CM005; none: list them all")

    listed = commands.add_parser(
        "list", parents=[timed], help="the atlas with its verdicts", epilog=TRUST
    )
    listed.add_argument("path", nargs="*", metavar="PATH", help="spec files (default: the atlas)")
    listed.add_argument(
        "--paper",
        action="store_true",
        help="the numbered statements of Categorical Deep Learning, with their verdicts",
    )
    listed.add_argument("--json", action="store_true", help="print JSON")
    listed.add_argument("--no-cache", action="store_true", help="decide every law again")
    return root


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError("a number of seconds, 0 for no limit")
    return value


if __name__ == "__main__":
    sys.exit(main())
