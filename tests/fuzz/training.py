"""Generated training files of random games against the step that the games declare.

``python -m tests.fuzz.training --count 1000``: random learners and games of up to three players,
with random losses, optimisers, schedules and regimes.  The training file of each is written and
compared with ``categorical.learning.step.step`` as in every build; then it makes two more steps,
and one again from the ``state_dict`` of the first, on the same noise; its selftest runs; on a
sample, the text is written twice and laid out by ruff.  A refusal counts where it is right: the
reason is looked for by other means.  Prints each disagreement with its seed; exits 1 if there is
one.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import shutil
import subprocess
import sys
import time
import warnings
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from backends.pytorch.build import build
from backends.pytorch.loader import load_source, unload
from backends.pytorch.points import Point, assignments_of, module_at, random_point, run_module
from backends.pytorch.training.losses import batch_of
from backends.pytorch.training.write import Trained, train
from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.learning.games import Game
from categorical.normal import prune
from categorical.records import EVAL, NOISE, TRAIN, Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run
from tests.fuzz.players import random_game_of

EVERY = 25  # of so many texts one is written twice and laid out


class Attempt(NamedTuple):
    """What went wrong (or nothing), what was refused for a reason, and what occurred."""

    problem: str
    refusal: str = ""
    seen: tuple[str, ...] = ()
    compared: int = 0


def features(game: Game) -> tuple[str, ...]:
    """What is special about a game."""
    found = [f"{len(game.players)} players" if len(game.players) > 1 else "1 player"]
    found += [one.optimiser.name for one in game.players]
    found += [f"schedule {p.optimiser.schedule.name}" for p in game.players if p.optimiser.schedule]
    if len(game.players) > 1:
        found.append(game.order)
    roles = {r.role for r in played(game).resources(game.sizes).values()}
    special = {
        "several moves": any(one.moves > 1 for one in game.players),
        "frozen": bool(game.frozen),
        "draws": bool(game.draws),
        "an input moves": any("." not in w for one in game.players for w in game.owned(one)),
        "noise": "noise" in roles,
        "accumulated": game.regime.accumulate > 1,
        "clipped": game.regime.clip is not None,
        "checkpoints": bool(game.regime.checkpoint),
    }
    return tuple([*found, *(name for name, holds in special.items() if holds)])


# --- whether a refusal is right -------------------------------------------------------------------


def still(seed: int) -> dict[str, dict[str, bool]]:
    """For each player and each of its weights whether autograd reaches it: the game is drawn again,
    without the check of that."""
    from categorical.learning import games

    kept = games._check_owners
    games._check_owners = lambda made: None  # type: ignore[assignment]
    try:
        return slopes(random_game_of(seed))
    finally:
        games._check_owners = kept


def slopes(game: Game) -> dict[str, dict[str, bool]]:
    """For each player, which of its weights autograd reaches from its loss."""
    import torch

    graph = game.arrow.graph()
    sizes = next(assignments_of(graph))
    point = random_point(graph, sizes, TRAIN, np.random.default_rng(0))
    made = build(graph, game.sizes, "game", validate=False)
    space = load_source(made.source, made.module_name)
    try:
        module = module_at(made, space, point)
        inputs = [torch.as_tensor(x).requires_grad_(x.dtype.kind == "f") for x in point.inputs]
        outputs = run_module(made, space, module, point, inputs)
        named = dict(module.named_parameters(remove_duplicate=False))
        keys = made.keys(sizes)
        leaves = {graph.wire_name(w): x for w, x in zip(graph.inputs, inputs, strict=True)}
        leaves.update({path: named[key] for path, key in keys.items() if key in named})
        found: dict[str, dict[str, bool]] = {}
        for one in game.players:
            value, own = outputs[one.loss], [p for p in game.held(one) if p in leaves]
            each: Any = [None] * len(own)
            if value.requires_grad:
                each = torch.autograd.grad(
                    value, [leaves[p] for p in own], allow_unused=True, retain_graph=True
                )
            found[one.name] = dict.fromkeys(game.held(one), False)
            found[one.name].update((p, g is not None) for p, g in zip(own, each))
        return found
    finally:
        unload(space)


def right(seed: int, game: Game | None, refusal: SpecError) -> bool:
    """Whether a refusal has the reason that it gives."""
    if refusal.code == "CM055" and game is None:
        return any(not any(found.values()) for found in still(seed).values())
    if refusal.code == "CM058" and "does not reach" in refusal.title:
        path, name = refusal.title.split("`")[1], refusal.title.split("`")[3]
        return not still(seed)[name][path]
    if game is None:
        return False
    if refusal.code == "CM041" and "not the mean over" in refusal.title:
        return not mean_of_parts(game)
    if refusal.code == "CM041" and "no batch to cut" in refusal.title:
        return not any(one.axes for one in game.data.values())
    if refusal.code == "CM041" and "moves by nesterov" in refusal.title:
        return read_by_others(game, *refusal.title.split("`")[1:4:2])
    if refusal.code == "CM041" and "has no module of its own" in refusal.title:
        part = refusal.title.split("`")[1]
        found = played(game).resources(game.sizes)
        return not any(k.startswith(f"{part}.") and r.role == "weight" for k, r in found.items())
    if refusal.code == "CM041" and "is never computed again" in refusal.title:
        return bool(game.regime.checkpoint)
    if refusal.code == "CM025":  # nothing that some loss (or a draw) is given has the axis
        symbol, graph = refusal.title.split("`")[1], game.arrow.graph()
        each = [told(replace(game, players=(one,))) for one in game.players]
        given = [told(game) - set(game.draws)] if "drawn" in str(refusal) else each
        types = {graph.wire_name(w): graph.types[w] for w in graph.inputs}
        axes = [{s for x in some for a in types[x].axes for s in a.size.symbols} for some in given]
        return any(symbol not in found for found in axes)
    return False


def played(game: Game) -> Graph:
    """The losses that are played for, and what they need."""
    graph = game.arrow.graph()
    return prune(replace(graph, outputs=[graph.outputs[one.loss] for one in game.players]))


def told(game: Game) -> set[str]:
    """The inputs that the loss of some player reads."""
    graph = played(game)
    wires = {w for node in graph.nodes for w in node.ins}
    return {graph.wire_name(w) for w in graph.inputs if w in wires}


def read_by_others(game: Game, name: str, path: str) -> bool:
    """Whether autograd goes from the loss of a player to a weight that another one moves."""
    other = next(one for one in game.players if one.name == name)
    return slopes(replace(game, players=(replace(other, owns=(path,)),)))[name][path]


def mean_of_parts(game: Game) -> bool:
    """Whether each loss is the mean of those of the parts of a batch."""
    graph, parts = game.arrow.graph(), game.regime.accumulate
    front, chunked = batch_of(game)
    roles = graph.resources(game.sizes).values()
    if front is None or any(front in r.space.axes for r in roles if r.role != NOISE):
        return False
    small = next(assignments_of(graph))
    large = {k: v * parts if k in front.size.symbols else v for k, v in small.items()}
    point = random_point(graph, large, EVAL, np.random.default_rng(0))
    values = dict(zip((graph.wire_name(w) for w in graph.inputs), point.inputs, strict=True))
    split = {x: np.split(v, parts) for x, v in values.items() if x in chunked}
    each = [
        losses_at(graph, small, values | {x: v[i] for x, v in split.items()}, point.resources)
        for i in range(parts)
    ]
    whole = losses_at(graph, large, values, point.resources)
    means = [np.mean([one[p.loss] for one in each]) for p in game.players]
    return all(abs(whole[p.loss] - m) <= 1e-9 for p, m in zip(game.players, means, strict=True))


def losses_at(graph: Graph, sizes: Any, values: Any, resources: Any) -> list[Any]:
    """All outputs at a point, by the interpreter."""
    inputs = [values[graph.wire_name(w)] for w in graph.inputs]
    return run(graph, Context(FloatAlgebra(), sizes, EVAL), inputs, resources).outputs


# --- more of the file -----------------------------------------------------------------------------


def runs(made: Trained, seed: int) -> str:
    """What is wrong with more steps of a file, and with a restart; its own selftest, too."""
    import torch

    module = load_source(made.model.source, made.model.module_name)
    space = load_source(made.source, f"{made.module}_train")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        model, held, data = given(made, module, seed)
        training = space.Training(model, *held)
        torch.manual_seed(seed)
        first = listed(training.step(*data))
        state = deepcopy(training.state_dict())
        torch.manual_seed(seed + 1)
        second = listed(training.step(*data))
        if not torch.isfinite(torch.stack([*first, *second])).all():
            return ""  # at these weights it blows up, as what was declared does
        fresh = space.Training(deepcopy(model), *held)
        fresh.load_state_dict(state)
        torch.manual_seed(seed + 1)
        again = listed(fresh.step(*data))
        if not all(torch.equal(a, b) for a, b in zip(second, again, strict=True)):
            return "a restart has other losses"
        if not alike(training.state_dict(), fresh.state_dict()):
            return "a restart has another state"
        torch.set_default_dtype(torch.float32)
        with contextlib.redirect_stdout(io.StringIO()):
            space.selftest(getattr(module, made.model.class_name)())
    except AssertionError as problem:
        return f"selftest: {problem}"
    finally:
        torch.set_default_dtype(before)
        unload(space)
        unload(module)
    return ""


def given(made: Trained, module: Any, seed: int) -> tuple[Any, list[Any], list[Any]]:
    """A module with random weights in train mode, the inputs that move, and a batch; in every
    second file the step draws its own noise."""
    import torch

    graph, sizes = made.game.arrow.graph(), dict(made.validation["sizes"][0])
    point = random_point(graph, sizes, TRAIN, np.random.default_rng(seed), calm=True)
    strip = f"{made.whole}." if made.whole else ""
    own = {k.removeprefix(strip): v for k, v in point.resources.items() if k.startswith(strip)}
    model = module_at(made.model, module, Point(sizes, TRAIN, [], own))
    names = [graph.wire_name(w) for w in graph.inputs]
    values = {x: torch.as_tensor(0.3 * v if v.dtype.kind == "f" else v)
              for x, v in zip(names, point.inputs, strict=True)}  # fmt: skip
    named = {made.names[x]: v for x, v in values.items()}
    wanted = [*made.it.data, *([] if seed % 2 else made.it.drawn)] if made.it else []
    held = [v for x, v in values.items() if x not in made.game.data]
    return model, held, [named[x] for x in wanted]


def listed(found: Any) -> list[Any]:
    return list(found) if isinstance(found, tuple) else [found]


def alike(left: Any, right: Any) -> bool:
    """Whether two states are the same, tensor by tensor."""
    import torch

    if isinstance(left, torch.Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(alike(left[k], right[k]) for k in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(alike(a, b) for a, b in zip(left, right))
    return type(left) is type(right) and (hasattr(left, "__dict__") or left == right)


def laid_out(made: Trained) -> str:
    """What is wrong with the text: written once more it has other bytes, or ruff lays it out."""
    if train(made.game, validate=False).source != made.source:
        return "the text differs when it is written again"
    ruff = shutil.which("ruff") or str(Path(sys.executable).with_name("ruff"))
    command = [ruff, "format", "--line-length", "100", "--stdin-filename", "train.py", "-"]
    found = subprocess.run(command, input=made.source, capture_output=True, text=True, check=False)
    if found.returncode or found.stdout != made.source:
        return f"ruff lays the text out in another way\n{found.stderr}"
    return ""


# --- one attempt ----------------------------------------------------------------------------------


def attempt(seed: int) -> Attempt:
    """One random game: declared, written, compared, and run."""
    game: Game | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            game = random_game_of(seed)
            made = train(game, seed=seed)
        except SpecError as refusal:
            if right(seed, game, refusal):
                return Attempt(
                    "", f"{refusal.code} {refusal.title}", features(game) if game else ()
                )
            return Attempt(f"{refusal}\n{shown(game)}", "", features(game) if game else ())
        except Exception as error:
            return Attempt(f"{type(error).__name__}: {error}\n{shown(game)}")
        try:
            wrong = runs(made, seed) or (laid_out(made) if seed % EVERY == 0 else "")
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
    count = int(made.validation["weights_and_states"])
    return Attempt(f"{wrong}\n{made.source}" if wrong else "", "", features(game), count)


def shown(game: Game | None) -> str:
    return "" if game is None else f"{game}\n{game.regime} {game.players}\n{game.arrow.graph()}"


def main() -> int:
    import torch

    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    began, failures, compared = time.time(), 0, 0
    seen: collections.Counter[str] = collections.Counter()
    refusals: collections.Counter[str] = collections.Counter()
    for seed in range(options.start, options.start + options.count):
        found = attempt(seed)
        seen.update(set(found.seen))
        refusals.update([found.refusal] if found.refusal else [])
        compared += found.compared
        if found.problem:
            failures += 1
            print(f"seed {seed}: {found.problem}\n", flush=True)
    rate = options.count / (time.time() - began)
    refused = sum(refusals.values())
    print(f"{options.count} games, {rate:.1f} a second; {compared} weights and states compared")
    print("  " + ", ".join(f"{name} {number}" for name, number in sorted(seen.items())))
    for what, number in refusals.most_common():
        print(f"  {number} refused: {what}")
    print(f"{options.count - failures - refused} agree, {refused} are refused, {failures} do not")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
