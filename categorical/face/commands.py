"""Commands: check, list, recheck, draw, explain.

Definition.  Each command takes the parsed arguments, prints, and returns its exit status: 0 ok, 1
refuted, 2 wrong spec or usage, 3 unknown or vacuous under ``--strict``.  Errors of the language are
raised as ``SpecError``; where several specs are given, the others are still checked.

>>> from argparse import Namespace
>>> explain(Namespace(code="cm005"))  # doctest: +ELLIPSIS
CM005: an axis is missing
...
0
"""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

from categorical.errors import Notice, SpecError
from categorical.face.cache import Cache
from categorical.face.checking import (
    Checked,
    Plan,
    checked,
    exit_status,
    known,
    select,
    summary,
)
from categorical.face.loader import Declared, DeclaredGame, atlas_folder, load, spec_files
from categorical.face.progress import progress


def complain(problem: SpecError) -> None:
    """Print an error on stderr."""
    from categorical.face.report import console

    sys.stdout.flush()
    print(problem.render(color=console(sys.stderr).is_terminal), file=sys.stderr)


def read(
    paths: Sequence[str], names: Sequence[str], seconds: float
) -> tuple[list[Declared], list[DeclaredGame], list[Notice], list[SpecError]]:
    """What the spec files at some paths declare, their notices, and the errors of those that have
    no meaning."""
    declared: list[Declared] = []
    games: list[DeclaredGame] = []
    notices: list[Notice] = []
    errors: list[SpecError] = []
    for path in spec_files(paths):
        try:
            spec = load(path, seconds)
        except SpecError as problem:
            if problem.code != "CM028" or path in paths:  # a folder may hold helpers too
                errors.append(problem)
            continue
        declared.extend(spec.declared)
        games.extend(spec.games)
        notices.extend(spec.notices)
    if not declared and not games and not errors:
        title = f"no file of {', '.join(f'`{one}`' for one in paths)} declares an architecture"
        errors.append(SpecError("CM028", title, origin=None))
    if names:
        wanted = [one for one in games if one.name in names or one.variable in names]
        if games and not declared and len(wanted) < len(names):
            (missing, *_) = (one for one in names if not _is(wanted, one))
            known = ", ".join(one.name for one in games)
            title = f"no learner or game is called `{missing}`"
            raise SpecError("CM028", title, facts=[("declared", known)], origin=None)
        if declared and len(wanted) < len(names):
            declared = select(declared, [one for one in names if not _is(wanted, one)])
        elif wanted:
            declared = []
        games = wanted
    return declared, games, notices, errors


def _is(games: Sequence[DeclaredGame], name: str) -> bool:
    return any(name in (one.name, one.variable) for one in games)


def plan_of(options: Namespace) -> Plan:
    """The seed, the laws and the cache that the options ask for."""
    cache = Cache(None) if options.no_cache or options.replay is not None else Cache.default()
    seed = options.replay if options.replay is not None else options.seed
    return Plan(options.law or "", seed, cache)


def run_laws(declared: Sequence[Declared], plan: Plan, quiet: bool = False) -> list[Checked]:
    """Check architectures, with a bar on a terminal."""
    total = sum(len(plan.laws(one)) for one in declared)
    with progress(total, quiet) as tick:
        results = [checked(one, plan, tick) for one in declared]
    plan.cache.prune()
    return results


def check(options: Namespace) -> int:
    """``commute check SPEC…``: types and laws."""
    try:
        declared, games, notices, errors = read(options.spec, options.arch, options.time_limit)
    except SpecError as problem:
        declared, games, notices, errors = [], [], [], [problem]
    if options.types:
        return _types(declared, games, notices, errors, options.json)
    plan = plan_of(options)
    if options.law and declared and not any(plan.laws(one) for one in declared):
        errors.append(_no_such_law(options.law, declared))
        declared = []
    if plan.pattern:
        declared = [one for one in declared if plan.laws(one)]
    results = run_laws(declared, plan, quiet=options.json)
    if options.json:
        print(_as_json([one.as_json() for one in results], notices, errors, games))
    elif results:
        from categorical.face.report import console, print_checked

        print_checked(results, [str(one) for one in notices], console())
    if not options.json and not options.law:
        _say_games(games)
    if options.proof and not options.json:
        _proofs(results)
    for one in errors:
        complain(one)
    if options.replay is not None and not options.json:
        _replay(results)
    return 2 if errors else exit_status(results, options.strict)


def _types(
    declared: list[Declared],
    games: list[DeclaredGame],
    notices: list[Notice],
    errors: list[SpecError],
    as_json: bool,
) -> int:
    if as_json:
        entries = [
            {**summary(one), "laws": [_stated(law) for law in one.architecture.laws]}
            for one in declared
        ]
        print(_as_json(entries, notices, errors, games))
    else:
        from categorical.face.report import console, type_table

        for notice in notices:
            print(notice, file=sys.stderr)
        if declared:
            console().print(type_table(declared))
            print("The types hold. The laws were not checked (--types).")
        _say_games(games)
    for one in errors:
        complain(one)
    return 2 if errors else 0


def _say_games(games: Sequence[DeclaredGame]) -> None:
    """One line a learner or game: who moves what, by which optimiser."""
    for one in games:
        by = ", ".join(f"{p.name} by {p.optimiser.name}" for p in one.game.players)
        print(f"{one.game} ({by})")


def _proofs(results: Sequence[Checked]) -> None:
    """The proofs of all laws that are proved, as the checker reads them."""
    from proofs.telling import told

    for one in results:
        for found in one.findings:
            if found.certificate is not None:
                print(f"\n{one.declared.name} · {told(found.certificate)}")


def _stated(law: Any) -> dict[str, Any]:
    return {"law": law.name, "verdict": None, "expected": law.expected}


def _as_json(
    entries: list[Any],
    notices: Sequence[Notice],
    errors: Sequence[SpecError],
    games: Sequence[DeclaredGame] = (),
) -> str:
    data: dict[str, Any] = {"architectures": entries}
    if games:
        data["games"] = [
            {
                "name": one.name,
                "order": one.game.order,
                "players": [p.name for p in one.game.players],
            }
            for one in games
        ]
    if notices:
        data["notices"] = [one.as_json() for one in notices]
    if errors:
        data["errors"] = [one.as_json() for one in errors]
    return json.dumps(data, indent=2, ensure_ascii=False)


def _no_such_law(pattern: str, declared: Sequence[Declared]) -> SpecError:
    known = [f"{one.name}: {law.name}" for one in declared for law in one.architecture.laws]
    return SpecError(
        "CM025",
        f"no law matches `{pattern}`",
        facts=[("laws", "\n".join(known) or "none")],
        origin=None,
    )


def _replay(results: Sequence[Checked]) -> None:
    """Evaluate the counterexamples again, from their own text."""
    for one in results:
        for found in one.findings:
            example = found.counterexample
            if example is None or "replay(" not in example.source:
                continue
            space: dict[str, Any] = {"__name__": "replay"}
            exec(compile(example.source, "<counterexample>", "exec"), space)
            print(f"\nreplayed {one.declared.name} · {space['found']}")


def list_(options: Namespace) -> int:
    """``commute list``: the atlas with its verdicts; ``--paper``: the numbers of the paper."""
    if options.paper:
        from categorical.face.paper import list_paper

        return list_paper(options)
    paths = options.path or [atlas_folder()]
    if not options.path and not os.path.isdir(paths[0]):
        raise SpecError(
            "CM028",
            "this installation has no atlas",
            facts=[("looked for", paths[0])],
            help=["name a spec file or a folder: commute list PATH"],
            origin=None,
        )
    declared, _, notices, errors = read(paths, [], options.time_limit)
    results = run_laws(declared, Plan(cache=Cache(None) if options.no_cache else Cache.default()))
    if options.json:
        print(_as_json([one.as_json() for one in results], notices, errors))
    elif results:
        from categorical.face.checking import findings
        from categorical.face.report import atlas_table, console, last_line

        console().print(atlas_table(results))
        print(f"{len(results)} architectures; {last_line(findings(results))}")
    for one in errors:
        complain(one)
    return 2 if errors else exit_status(results)


def recheck(options: Namespace) -> int:
    """``commute recheck CERT``: the independent checker, and the file beside the certificate."""
    from categorical.face.certificate import recheck as again

    lines = again(options.certificate, options.spec)
    for line in lines:
        print(line)
    return 0


def draw(options: Namespace) -> int:
    """``commute draw SPEC``: the string diagram as SVG, the failing wire in red."""
    from backends.diagrams import svg
    from categorical.face.certificate import one_of
    from categorical.files import write_atomic

    if options.output:
        from categorical.files import check_writable

        check_writable([options.output])
    declared = one_of(load(options.spec, options.time_limit), options.arch)
    plan = Plan()
    verdicts = [known(declared, law, plan) for law in plan.laws(declared)]
    found = [one for one in verdicts if one is not None]
    wire = options.wire
    for one in found:
        if wire is None and one.counterexample is not None and not one.expected:
            wire = one.counterexample.wire.split(".")[-1] or None
    if options.wire is not None:
        _check_wire(declared, options.wire)
    elif wire not in _wires(declared):
        wire = None
    picture = svg(declared.architecture.arrow, highlight=wire, verdicts=found)
    if options.output:
        write_atomic(options.output, picture)
        print(f"wrote {options.output}")
    else:
        sys.stdout.write(picture)
    return 0


def _wires(declared: Declared) -> list[str]:
    graph = declared.architecture.graph
    return list(dict.fromkeys(graph.wire_name(w) for w in range(len(graph.types))))


def _check_wire(declared: Declared, wire: str) -> None:
    known = _wires(declared)
    if wire not in known:
        raise SpecError(
            "CM028",
            f"`{declared.name}` has no wire `{wire}`",
            facts=[("wires", ", ".join(known))],
            origin=None,
        )


def explain(options: Namespace) -> int:
    """``commute explain CODE``: the page of the catalogue."""
    from categorical.catalogue import CATALOGUE
    from categorical.catalogue import explain as page

    if options.code is None:
        for code, entry in CATALOGUE.items():
            print(f"{code}  {entry.title}")
        return 0
    try:
        print(page(options.code), end="")
    except KeyError as problem:
        print(f"commute: {problem.args[0]}", file=sys.stderr)
        return 2
    return 0


Command = Callable[[Namespace], int]
