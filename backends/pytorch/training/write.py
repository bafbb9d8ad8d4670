"""Writing: the text of the training file of a game.

Definition.  ``model_of(game)`` says what the module beside is: the one sub-architecture that holds
all weights, or the whole game with its models as submodules.  ``train`` writes the file for a build
of it, checks the text against the allow-list and compares it with the declared step.

Laws.  The bytes depend on the game, the sizes and the header lines only.  What is returned has
been compared.

>>> from categorical import Dim, Real, op
>>> from categorical.learning.games import learner
>>> from categorical.learning.losses import mean_squared_error
>>> from categorical.learning.optimisers import sgd
>>> c, k = Dim.named("c k")
>>> model = op.linear(c, k).named("line")
>>> one = learner(model, mean_squared_error(Real[k]), sgd(0.1), sizes=dict(c=2, k=3))
>>> made = train(one)
>>> "value.backward()" in made.source, made.whole
(True, 'line')

A name that is no module of Python cannot be imported:

>>> train(one, module="my-line")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM024]: the training file cannot import `my-line`
...
"""

from __future__ import annotations

import hashlib
import keyword
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from backends.pytorch import safety
from backends.pytorch.build import build, example_lines, example_sizes
from backends.pytorch.made import Build
from backends.pytorch.naming import Names
from backends.pytorch.plan import Plan
from backends.pytorch.scope import File, Scope
from backends.pytorch.training import optim
from backends.pytorch.training.checkpoint import modules_of, other_step
from backends.pytorch.training.heading import game_hash, header
from backends.pytorch.training.losses import Root, batch_of, head, loss_function, shared_function
from backends.pytorch.training.reference import without_gradient
from backends.pytorch.training.sharing import Joint, losses_of
from backends.pytorch.training.steps import Mover, Written, methods
from categorical.architecture import Architecture
from categorical.errors import SpecError
from categorical.graph import Graph, OperatorBox
from categorical.learning.games import Game, Player
from categorical.normal import content_hash, prune
from categorical.records import FROZEN, NOISE, WEIGHT
from categorical.spaces import Array

#: Names that the file has for itself.
TAKEN = {"self", "model", "value", "state", "part", "weights", "batches", "epochs", "training"}
#: What an input that stands for a weight may not hide: it is an attribute of ``Training``, and a
#: variable of ``fit`` and ``selftest``.
HELD = {"step", "state_dict", "load_state_dict", "optimizer", "rate", "scaler", "Training", "fit"}
HELD |= {"deepcopy", "examples", "selftest", "epoch", "losses", "means", "data", "first", "second"}
HELD |= {"again", "batch", "gradients", "partial", "checkpoint"}
ENDS = ("_rate", "_weights", "_scaler", "_gradient", "_move")
TRUSTED = frozenset({("collections.abc", "Iterable"), ("copy", "deepcopy")})
AGAIN = frozenset({("functools", "partial"), ("torch.utils.checkpoint", "checkpoint")})


@dataclass
class Trained:
    """A training file: its text, the module beside, and what was compared."""

    game: Game
    model: Build
    whole: str
    module: str
    source: str = ""
    names: dict[str, str] = field(default_factory=dict)
    it: Written | None = None
    provenance: list[str] = field(default_factory=list)
    validation: dict[str, Any] = field(default_factory=dict)

    def key(self, path: str) -> str:
        """The state-dict key of a weight of the game, "" for one that is not in the module."""
        if self.whole and not path.startswith(f"{self.whole}."):
            return ""
        return self.model.main.key(path.removeprefix(f"{self.whole}.") if self.whole else path)

    @property
    def certificate(self) -> dict[str, Any]:
        """What the training file claims, as JSON."""
        return {
            "game": self.game.name,
            "game_sha256": game_hash(self.game),
            "file": f"{self.module}_train.py",
            "source_sha256": hashlib.sha256(self.source.encode()).hexdigest(),
            "optimisers": {p.name: optim.shown(p.optimiser) for p in self.game.players},
            "validation": self.validation,
        }


def model_of(game: Game) -> tuple[Architecture | Graph, str]:
    """What the module of a game is, and the name of the sub-architecture that it is ("" if it is
    the whole game)."""
    graph = losses_of(game)
    own = any(r.role != NOISE for r in graph.sources.values())
    holders = {
        node.name: node
        for node in graph.nodes
        if isinstance(node.box, OperatorBox)
        and any(path.startswith(f"{node.name}.") for path in graph.resources(game.sizes))
    }
    if own or len(holders) != 1:
        return game.arrow.graph(), ""
    ((name, node),) = holders.items()
    if node.box.name != "call":
        return game.arrow.graph(), ""
    body = node.regions[0]
    known = game.models.get(name)
    if known is not None and content_hash(prune(known.batched())) == content_hash(prune(body)):
        return known, name
    return body, name


def train(
    game: Game,
    model: Build | None = None,
    *,
    module: str = "",
    regenerate: str = "",
    laws: Sequence[str] = (),
    seed: int = 0,
    validate: bool = True,
) -> Trained:
    """The training file of a game, for the module ``model`` (built here if it is not given)."""
    what, whole = model_of(game)
    if model is None:
        name = getattr(what, "name", "") or whole if whole else game.name
        model = build(what, game.sizes, name, laws)
    module = module or model.module_name
    _check_module(module)
    _check_points(game)
    made = Trained(game, model, whole, module)
    made.it = _parts(made)
    made.source = _text(made, regenerate, laws)
    trusted = TRUSTED | {(module, model.class_name)} | (AGAIN if made.it.recomputed else set())
    try:
        safety.check_source(made.source, trusted)
    except safety.Unsafe as problem:
        raise SpecError("CM040", f"the training file is refused: {problem}", origin=None) from None
    if validate:
        made.validation = _compared(made, seed)
    return made


def _check_module(module: str) -> None:
    """CM024 for a name that the training file cannot import, or that hides what it imports."""
    known = module in sys.stdlib_module_names or module in ("torch", "lightning", "accelerate")
    if known or not module.isidentifier() or keyword.iskeyword(module):
        raise SpecError(
            "CM024",
            f"the training file cannot import `{module}`",
            facts=[("reason", "it is another module" if known else "it is no name in Python")],
            help=["choose another name:  -o model.py"],
            origin=None,
        )


def _check_points(game: Game) -> None:
    """CM041 where others read weights that torch keeps at the point where a gradient is taken."""
    for one in game.players if len(game.players) > 1 else ():
        if one.optimiser.look is None:
            continue
        for other in game.players:
            graph = game.arrow.graph()
            graph = prune(replace(graph, outputs=[graph.outputs[other.loss]]))
            read = {graph.wire_name(w) for node in graph.nodes for w in node.ins}
            path = next(
                (p for p in game.owned(one) if p in {*read, *graph.resources(game.sizes)}), ""
            )
            if other is not one and path:
                raise SpecError(
                    "CM041",
                    f"`{other.name}` reads `{path}`, which `{one.name}` moves by nesterov",
                    facts=[("torch", "keeps the weights ahead, where the gradient is taken")],
                    help=["sgd(rate, momentum=…, nesterov=True): others read what torch keeps"],
                    origin=game.origin,
                )


def _compared(made: Trained, seed: int) -> dict[str, Any]:
    """The comparison; CM041 where it fails only because a batch is cut into parts, or because
    torch does not move what has no gradient."""
    from backends.pytorch.training.compare import compare

    try:
        return compare(made, seed)
    except SpecError as problem:
        where = dict(problem.facts).get("at", "") if problem.code == "CM040" else ""
        for path in without_gradient(made.game) if where else ():
            if f"`{path}`" in where:
                raise SpecError(
                    "CM041",
                    f"`{path}` has no gradient, and torch leaves out its weight decay",
                    facts=[("reason", "the loss does not depend on it, whatever it reads")],
                    help=[f'frozen=("{path}",)', "or an optimiser without weight decay"],
                    origin=made.game.origin,
                ) from problem
        if problem.code == "CM040" and made.game.regime.checkpoint:
            other_step(made, seed, problem)
        parts = made.game.regime.accumulate
        if problem.code != "CM040" or parts == 1:
            raise
        whole = replace(made.game, regime=replace(made.game.regime, accumulate=1))
        train(whole, made.model, seed=seed)
        raise SpecError(
            "CM041",
            f"the gradient of `{made.game.name}` is not the mean over {parts} parts of a batch",
            facts=[*problem.facts],
            help=["take the mean over the batch, and not the sum", "or accumulate=1"],
            origin=made.game.origin,
        ) from problem


# --- the parts -----------------------------------------------------------------------------------


def _parts(made: Trained) -> Written:
    game, graph = made.game, made.game.arrow.graph()
    single, joint = len(game.players) == 1, Joint(game)
    functions, own = (
        Names(TAKEN | {"fit", "examples", "selftest"}),
        Names(TAKEN | {"step", "gradients"}),
    )
    if single or joint.together:
        titles = dict.fromkeys((one.name for one in game.players), functions.local("loss"))
    else:
        titles = {one.name: functions.local(f"{one.name}_loss") for one in game.players}
    attributes = {
        one.name: "optimizer" if single else own.attribute(one.name) for one in game.players
    }
    common = functions.local("shared")
    names = Names(TAKEN | safety.GLOBALS | {common, *titles.values()})
    kept = {f"{a}{end}" for a in attributes.values() for end in ("", *ENDS)}
    for w in graph.inputs:
        title = graph.wire_name(w)
        held = HELD | kept if title not in game.data else set()
        chosen = made.names[title] = Names(names.taken | held).local(title)
        names.taken |= {chosen, f"{chosen}_part"}  # of a batch that is cut
    root = Root(made.whole, frozenset(made.model.sizes), made.model.config_fields)
    for w in joint.shared:
        made.names[joint.graph.wire_name(w)] = names.local(joint.title(w))
    movers = []
    for player in game.players:
        loss = loss_function(joint, player, root, titles[player.name], made.names)
        loss = movers[0].loss if joint.together and movers else loss
        attribute = attributes[player.name]
        base = "" if single else f"{attribute}_"
        here = f"self.{attribute}"
        scaled = game.regime.precision == "float16"
        rate = f"self.{base}rate"
        movers.append(
            Mover(
                player,
                loss,
                here,
                f"self.{base}weights",
                rate,
                f"self.{base}scaler" if scaled else "",
                _everything(made, player),
                _weights(made, player),
                optim.making(player.optimiser, "WEIGHTS"),
                optim.schedule(player.optimiser, here),
                names.local(player.name),
            )
        )
    shared = shared_function(joint, root, common, made.names)
    inputs = [x for m in movers for x in m.loss.inputs] + (shared.inputs if shared else [])
    read = [x for x in game.data if made.names[x] in inputs]
    data = [x for x in read if x not in game.draws]
    it = Written(
        movers,
        [made.names[x] for x in data],
        {},
        [
            made.names[graph.wire_name(w)]
            for w in graph.inputs
            if graph.wire_name(w) not in game.data
        ],
        [made.names[x] for x in batch_of(game)[1]],
        game.regime,
        game.order == "simultaneous",
        joint.together,
        shared,
        {made.names[joint.graph.wire_name(w)]: dict(users) for w, users in joint.shared.items()},
        modules_of(made),
    )
    for x in read:
        if x in game.draws:
            it.drawn[made.names[x]] = _draw(made, root, data, x)
    return it


def _everything(made: Trained, player: Player) -> bool:
    """Whether a player moves all that can be moved, in the module and beside it."""
    graph, data = made.game.arrow.graph(), made.game.data
    if any(graph.wire_name(w) not in data for w in graph.inputs):
        return False
    return {made.key(path) for path in made.game.owned(player)} == _movable(made)


def _movable(made: Trained) -> set[str]:
    """The state-dict keys of what has a gradient in the module."""
    found = made.model.graph.resources(made.model.sizes)
    return {made.model.main.key(p) for p, r in found.items() if r.role == WEIGHT}


def _weights(made: Trained, player: Player) -> list[str]:
    """The weights of a player: named parameters of submodules, or single ones."""
    game, keys = made.game, _movable(made)
    found = made.model.graph.resources(made.model.sizes)
    still = {made.model.main.key(p) for p, r in found.items() if r.role == FROZEN}

    def named(stem: str) -> str:
        """The parameters of a submodule; those that it freezes are left out."""
        call = f"model.{stem}.named_parameters(prefix={safety.string(stem)})"
        call = call if stem else "model.named_parameters()"
        if any(k.startswith(f"{stem}.") or not stem for k in still):
            return f"*[(name, weight) for name, weight in {call} if weight.requires_grad]"
        return f"*{call}"

    if _everything(made, player):
        return [named("")]
    inputs = {made.game.arrow.graph().wire_name(w) for w in made.game.arrow.graph().inputs}
    rows: list[str] = []
    done: set[str] = set()
    for prefix in player.prefixes:
        if prefix in inputs:
            rows.append(f"({safety.string(prefix)}, self.{made.names[prefix]})")
            continue
        if (
            made.whole
            and prefix == made.whole
            and keys <= {made.key(p) for p in game.owned(player)}
        ):
            rows.append(named(""))
            continue
        own = [
            p for p in game.owned(player) if p.startswith(f"{prefix}.") or p == prefix or not prefix
        ]
        mine = [made.key(p) for p in own if p not in done and made.key(p) in keys]
        done.update(own)
        depth = prefix.count(".") + (0 if made.whole else 1)
        stem = ".".join(mine[0].split(".")[:depth]) if mine and prefix else ""
        every = {k for k in keys if k.startswith(f"{stem}.")} if stem else set()
        if stem and every == set(mine) and all(x.isidentifier() for x in stem.split(".")):
            rows.append(named(stem))
        else:
            rows += [f"({safety.string(k)}, model.get_parameter({safety.string(k)}))" for k in mine]
    return rows


def _draw(made: Trained, root: Root, data: Sequence[str], one: str) -> list[str]:
    """The lines that draw an input, shaped like the data and the inputs that are moved."""
    game, graph = made.game, made.game.arrow.graph()
    wires = {graph.wire_name(w): w for w in graph.inputs}
    texts = {x: made.names[x] for x in data}
    texts |= {x: f"self.{made.names[x]}" for x in wires if x not in game.data}
    given = replace(graph, inputs=[wires[x] for x in texts])
    scope = Scope(File(root.fixed, Plan(), Names(), dict(root.fields)), given, "draw", True)
    scope.names.taken |= set(made.names.values())
    scope.values = {wires[x]: text for x, text in texts.items()}
    space: Array = graph.types[wires[one]]
    shape = [scope.size(a).replace("self.config.", "self.model.config.") for a in space.axes]
    for symbol in scope.late:
        if symbol not in game.sizes:
            raise SpecError(
                "CM025",
                f"the size of `{symbol}` is not given",
                facts=[("needed by", f"`{one}`, which is drawn in every step")],
                help=[f"pass it:  sizes=dict({symbol}=…)"],
                origin=game.origin,
            )
    late = [f"    {scope.sizes[s]} = {game.sizes[s]}" for s in scope.late]
    real = [text for x, text in texts.items() if graph.types[wires[x]].kind == "real"]
    like = real[0] if real else "weight"
    how = {"normal": "torch.randn", "uniform": "torch.rand"}[game.draws[one]]
    name = made.names[one]
    sizes = ", ".join(shape) or "()"
    return [
        f"if {name} is None:",
        *([] if real else ["    weight = list(self.model.parameters())[0]"]),
        *late,
        *(f"    {text}" for _, text in scope.heads),
        f"    {name} = {how}({sizes}, device={like}.device, dtype={like}.dtype)",
    ]


# --- the text ------------------------------------------------------------------------------------


def _text(made: Trained, regenerate: str, laws: Sequence[str]) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    it, game = made.it, made.game
    assert it is not None
    environment = Environment(
        loader=PackageLoader("backends.pytorch", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    graph = game.arrow.graph()
    shown = [w for w in graph.inputs if made.names[graph.wire_name(w)] in it.held]
    shown += [w for w in graph.inputs if made.names[graph.wire_name(w)] in it.data]
    data = replace(graph, inputs=shown)
    every = example_sizes(graph, {**game.sizes, **made.model.sizes})
    if game.regime.accumulate > 1 and it.chunked:
        every.update({s: 2 * game.regime.accumulate for s in batch_of(game)[0].size.symbols})
    losses = ["\n".join(one.lines) for one in it.functions]
    helpers = {k: v for one in it.functions for k, v in one.helpers.items()}
    body = "\n".join([*losses, *helpers.values()])
    fit = ["model: nn.Module", *(f"{x}: Tensor" for x in it.held)]
    fit += ["batches: Iterable[tuple[Tensor, ...]]", "epochs: int = 1"]
    players = ", ".join(safety.string(one.player.name) for one in it.movers)
    return environment.get_template("training.py.jinja").render(
        title=safety.docstring(f"Training of {made.model.class_name}: {game.name}."),
        header=header(made, regenerate, laws),
        math="math." in body,
        functional="F." in body,
        helpers=[helpers[k] for k in sorted(helpers) if f"{k}(" in "\n".join(losses)],
        losses=losses,
        doc=_doc(made),
        methods="\n".join(methods(it)),
        fit="\n".join(head("fit", fit, 0, "Training")),
        batch=safety.docstring(", ".join(it.data) or "empty tuples"),
        start=", ".join(["model", *it.held]),
        single=it.single,
        players=players,
        recomputed=bool(it.recomputed),
        kinds="tuple[Tensor, ...]",
        examples=example_lines(data, every, []),
        owned=", ".join(it.held),
        module=made.module,
        model=made.model.class_name,
        more=f", *examples()[:{len(it.held)}]" if it.held else "",
        optimizers=[one.attribute.removeprefix("self.") for one in it.movers],
    )


def _doc(made: Trained) -> str:
    it = made.it
    assert it is not None
    if it.single:
        kind = it.movers[0].player.optimiser.torch[0]
        own = it.movers[0].player.prefixes
        if all(x in made.names for x in own):
            return safety.docstring(f"{', '.join(own)}, and {kind} on it; the model stays.")
        return safety.docstring(f"The weights of a model, and {kind} on them.")
    return safety.docstring(
        "The players "
        + ", ".join(safety.prose(one.player.name) for one in it.movers)
        + (", who move at once." if it.simultaneous else ", who move in turn.")
    )


__all__ = ["Trained", "model_of", "train"]
