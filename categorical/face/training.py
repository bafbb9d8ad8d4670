"""Training: ``commute build --train``, the module and its training file, or nothing.

Definition.  The command finds the learner or game, checks the laws of its models that the spec
declares, builds the module as ``commute build`` does, writes the training file for it (and an
adapter for each library that is asked for), and puts all of them in place in one step.

>>> from categorical.face.loader import Spec
>>> game_of(Spec("nets.py", ()), None)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM028]: `nets.py` declares no learner and no game
...
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from categorical.architecture import Architecture
from categorical.errors import SpecError
from categorical.face.building import (
    affordable,
    certificate,
    command_of,
    generate,
    header,
    lawful,
    not_over,
    paths_of,
)
from categorical.face.loader import Declared, DeclaredGame, Spec, load
from categorical.face.progress import progress
from categorical.face.report import last_line, word
from categorical.files import check_writable, write_all_atomic
from categorical.origin import shown_path
from categorical.verdicts import Finding, Verdict

if TYPE_CHECKING:
    from backends.pytorch.training.write import Trained


def build_training(options: Namespace) -> int:
    """``commute build SPEC --train -o model.py``."""
    if options.output is not None:
        check_writable(_targets(options.output, options))
    if not options.train:
        raise SpecError(
            "CM025", "an adapter is for a training file", help=["add --train"], origin=None
        )
    spec = load(options.spec, options.time_limit)
    chosen = game_of(spec, options.arch)
    targets = _targets(options.output or f"{chosen.name}.py", options)
    check_writable(targets)
    not_over({chosen.path: "spec"}, targets)
    used = [one for one in spec.declared if one.architecture in chosen.game.models.values()]
    results, status = lawful(used, options)
    if status:
        return status
    found = [one for result in results for one in result.findings]
    made = _made(chosen, used, found, os.path.basename(targets[0]).removesuffix(".py"))
    contents: dict[str | os.PathLike[str], str | bytes] = {
        targets[0]: made.model.source,
        targets[1]: certificate(
            chosen, made.model, found, more={"game": chosen.name, "training": made.certificate}
        ),
        targets[2]: made.source,
    }
    if options.svg:
        from backends.diagrams import svg

        contents[targets[3]] = svg(chosen.game.arrow, verdicts=found)
    for name, path in zip(options.adapter, targets[-len(options.adapter) :], strict=False):
        from backends.pytorch.training.adapters import adapter

        contents[path] = adapter(made, name)
    write_all_atomic(contents)
    _say(chosen, made, found, list(contents), options)
    return 0


def game_of(spec: Spec, name: str | None) -> DeclaredGame:
    """The learner or game of that name (or variable, or model); without a name the only one, or
    the one under the variable ``training``."""
    shown = shown_path(os.path.abspath(spec.path))
    if not spec.games:
        names = ", ".join(one.name for one in spec.declared) or "nothing"
        raise SpecError(
            "CM028",
            f"`{shown}` declares no learner and no game",
            facts=[("declared", names)],
            help=[
                "declare one at the top level:  training = learner(model, loss, adam(1e-3))",
                "or a game of several players:  training = game(arrow, players)",
            ],
            origin=None,
        )
    found = list(spec.games)
    if name is not None:
        found = [one for one in spec.games if name in (one.name, one.variable)]
        found = found or [one for one in spec.games if _is_of(one, spec, name)]
    elif len(found) > 1:
        found = [one for one in found if one.variable == "training"] or found
    if len(found) == 1:
        return found[0]
    names = ", ".join(one.name for one in spec.games)
    if not found:
        title = f"no learner or game is called `{name}`"
        raise SpecError("CM028", title, facts=[("declared", names)], origin=None)
    raise SpecError(
        "CM028",
        f"`{shown}` declares {len(found)} learners and games"
        + (f" called `{name}`" if name is not None else ""),
        facts=[("declared", ", ".join(f"{one.name} ({one.variable})" for one in found))],
        help=[f"say which: --arch {found[0].variable}"],
        origin=None,
    )


def _is_of(one: DeclaredGame, spec: Spec, name: str) -> bool:
    """Whether a game is about the architecture of that name."""
    named = [d.architecture for d in spec.declared if name in (d.name, d.variable)]
    return any(model.name == name or model in named for model in one.game.models.values())


def _targets(target: str, options: Namespace) -> list[str]:
    """The files: module, certificate, training, picture, adapters."""
    module, proof, *picture = paths_of(target, options.svg, None)
    stem = target.removesuffix(".py")
    adapters = [f"{stem}_{name}.py" for name in options.adapter]
    return [module, proof, f"{stem}_train.py", *picture, *adapters]


def _made(
    chosen: DeclaredGame, used: Sequence[Declared], found: Sequence[Finding], stem: str
) -> Trained:
    """The module and its training file, both compared with their meanings."""
    from backends.pytorch.build import build
    from backends.pytorch.training.write import model_of, train

    game, laws = chosen.game, header(found)
    what, whole = model_of(game)
    declared = next((one for one in used if one.architecture is what), None)
    command = f"{command_of(chosen)} --train -o {stem}.py"
    if declared is not None:
        model: Any = generate(declared, found)
    else:
        with progress(1) as tick:
            tick(f"{chosen.name} · build and validate")
            if isinstance(what, Architecture):
                affordable(what)
            name = (getattr(what, "name", "") or whole) if whole else game.name
            model = build(what, game.sizes, name, laws, regenerate=command)
    with progress(1) as tick:
        tick(f"{chosen.name} · training, compared with the declared step")
        return train(game, model, module=stem, regenerate=command, laws=laws)


def _say(
    chosen: DeclaredGame,
    made: Trained,
    found: Sequence[Finding],
    paths: Sequence[str | os.PathLike[str]],
    options: Namespace,
) -> None:
    """What was built, on what evidence."""
    from backends.pytorch.training.optim import shown

    game, checks, model = chosen.game, made.validation, made.model.validation
    rows = [(word_of(chosen), repr(game).partition(": ")[2])]
    rows += [(one.name, shown(one.optimiser)) for one in game.players]
    rows += [
        (
            "module",
            f"{made.model.class_name}: {model.get('outputs_and_states', 0)} outputs and states, "
            f"{model.get('gradients', 0)} gradients agree with the reference",
        ),
        (
            "training",
            f"{checks['weights_and_states']} weights and states after {checks['rounds']} rounds "
            f"agree with the declared step, up to {checks['tolerance']:g}",
        ),
    ]
    if "loosely" in checks:
        text = f"losses within {checks['loosely']:.1e} of the reference, which is a loose check"
        rows.append((str(game.regime.precision), text))
    laws = last_line(found) if options.check else "not checked (--no-check)"
    rows += [("laws", laws), ("wrote", ", ".join(str(path) for path in paths))]
    for label, text in rows:
        print(f"{label:<12}  {text}")
    for one in found:
        if not one.passed or one.verdict in (Verdict.UNKNOWN, Verdict.VACUOUS):
            print(f"warning: {one.law} is {word(one)}")


def word_of(chosen: DeclaredGame) -> str:
    """A game of one player is a learner."""
    return "game" if len(chosen.game.players) > 1 else "learner"
