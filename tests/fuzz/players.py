"""Random learners and games: models with weights, losses, optimisers, regimes, players.

A game is random in the way in which a term is: operations are proposed for wires that exist.  All
weights, and inputs that stand for weights, are dealt out to players at random, or frozen.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from categorical import Arrow, Fin, Real, SpecError, op, tie
from categorical.architecture import BATCH, Architecture, architecture
from categorical.derivatives.crossing import reaching
from categorical.derivatives.explicit import opened
from categorical.errors import CommuteNotice
from categorical.functors import stack
from categorical.graph import Graph
from categorical.learning import losses
from categorical.learning.games import DRAWS, ORDERS, Game, Player, game, learner
from categorical.learning.optimisers import (
    Optimiser,
    adadelta,
    adagrad,
    adam,
    adamax,
    adamw,
    ascent,
    descent,
    heavy_ball,
    nadam,
    nesterov,
    radam,
    rmsprop,
    sgd,
)
from categorical.learning.rates import Schedule, cosine, in_turn, linear_warm_up, step_decay
from categorical.learning.regime import PLAIN, Regime
from categorical.normal import prune
from categorical.records import NOISE
from categorical.spaces import Array, Bool
from tests.fuzz import cells, terms
from tests.fuzz.terms import DIMS, FEATURES, LARGEST, SIZES, Step, numbers, reals

ALL = {**SIZES, "batch": 4}
#: Names that a training file has for itself, or that Python has.
AWKWARD = (
    *("model", "loss", "value", "data", "part", "weights", "step", "state", "batch", "epoch"),
    *("training", "optimizer", "fit", "torch", "gradients", "losses", "rate", "shared", "lambda"),
)


class Redrawn(Exception):
    """What was drawn is no game."""


# --- optimisers and regimes -----------------------------------------------------------------------


def schedule(rng: random.Random, rate: float) -> float | Schedule:
    """A constant rate, or one that changes within the rounds that are compared."""
    made = (
        lambda: linear_warm_up(rate, rng.randint(1, 5), rng.choice([0.1, 1 / 3, 0.5])),
        lambda: cosine(rate, rng.randint(1, 6), rng.choice([0.0, rate / 10])),
        lambda: step_decay(rate, rng.randint(1, 3), rng.choice([0.1, 0.5]), rng.randint(1, 4)),
    )
    if rng.random() < 0.6:
        return rate
    one = rng.choice(made)()
    if rng.random() < 0.3:
        one = in_turn(one, rng.choice(made)(), rng.randint(1, 3))
        if rng.random() < 0.3:
            one = in_turn(one, rng.choice(made)(), rng.randint(1, 3))
    return one


def optimiser(rng: random.Random) -> Optimiser:
    """An optimiser with random settings."""
    rate = rng.choice([0.001, 0.01, 0.02, 0.05])
    decay = rng.choice([0.0, 0.0, 0.05])
    betas = rng.choice([(0.9, 0.999), (0.5, 0.9), (0.0, 0.99)])
    up = rng.random() < 0.2
    held, momentum = schedule(rng, rate), rng.choice([0.5, 0.9])
    common = {"weight_decay": decay, "maximise": up}
    return rng.choice([
        lambda: descent(held),
        lambda: ascent(held),
        lambda: sgd(held, **common),
        lambda: sgd(held, momentum, rng.choice([0.0, 0.3]), **common),
        lambda: sgd(held, momentum, nesterov=True, **common),
        lambda: heavy_ball(rate, momentum),
        lambda: nesterov(rate, momentum),
        lambda: adagrad(held, rng.choice([0.0, 0.02]), start=rng.choice([0.0, 0.3]), **common),
        lambda: rmsprop(held, rng.choice([0.9, 0.99]), momentum=rng.choice([0.0, 0.8]),
                        centred=rng.random() < 0.4, **common),
        lambda: adam(held, betas, amsgrad=rng.random() < 0.4, **common),
        lambda: adamw(held, betas, amsgrad=rng.random() < 0.4, **common),
        lambda: adadelta(held, rng.choice([0.8, 0.9]), **common),
        lambda: adamax(held, betas, **common),
        lambda: nadam(held, betas, momentum_decay=rng.choice([4e-3, 0.1]),
                      apart=rng.random() < 0.5, **common),
        lambda: radam(held, rng.choice([(0.9, 0.999), (0.9, 0.9)]), apart=rng.random() < 0.5,
                      **common),
    ])()  # fmt: skip


def regime(rng: random.Random, parts: Sequence[str] = ()) -> Regime:
    """How a step is computed; some of these parts of the model again on the way back."""
    if rng.random() < 0.5:
        return PLAIN
    return Regime(
        accumulate=rng.choice([1, 1, 2, 3]),
        clip=rng.choice([None, 0.01, 0.5, 10.0]),
        checkpoint=[x for x in parts if rng.random() < 0.5] if rng.random() < 0.3 else [],
    )


def calls(graph: Graph) -> list[str]:
    """The names of the models with weights that stand in a graph."""
    tops = {path.split(".")[0] for path, r in graph.resources(ALL).items() if r.role == "weight"}
    return [x for x in dict.fromkeys(n.name for n in graph.nodes if n.regions) if x in tops]


# --- models ---------------------------------------------------------------------------------------


def dropped(rng: random.Random, pool: list[Any]) -> Any:
    make = op.dropout if rng.random() < 0.8 else op.gaussian_noise
    return make(rng.choice([0.1, 0.5]))(reals(rng, pool))


INNER: tuple[Step, ...] = (*terms.STEPS, *[dropped] * 2, *[terms.affine] * 3, terms.nested)
OUTER: tuple[Step, ...] = (
    *(terms.pointwise, terms.scaled, terms.binary, terms.chosen, terms.affine, dropped),
    *(terms.contracted, terms.reduced, terms.softmax, terms.normed, terms.nested, terms.expanded),
    *(terms.along_graph, terms.embedded, terms.learned_point, terms.rearranged, terms.moved),
)


def grown(rng: random.Random, pool: list[Any], steps: Sequence[Step], count: int) -> None:
    """Puts more wires into a pool."""
    wanted, tries = len(pool) + count, 0
    while len(pool) < wanted and tries < 40 * count:
        tries += 1
        try:
            made = rng.choice(steps)(rng, pool)
        except (SpecError, ValueError, IndexError):
            continue
        if size(made.type) <= LARGEST and len(made.type.axes) <= 4:
            pool.append(made)


def size(type_: Array) -> int:
    """How many numbers are in a wire."""
    try:
        return numbers(type_)
    except Exception:  # of a batch
        return 4 * math.prod(a.size.evaluate(ALL) for a in type_.axes) // 4


def sample(rng: random.Random) -> Array:
    """The type of one sample of numbers."""
    return Real[tuple(rng.sample(DIMS + FEATURES, rng.randint(1, 2)))]


def model(rng: random.Random, name: str, source: Array, target: Array) -> Arrow:
    """A random map between types, with weights (mostly)."""

    def body(x: Any) -> Any:
        pool = [x]
        if rng.random() < 0.8:
            over = rng.choice(x.type.axes)
            pool.append(op.linear(over, rng.choice(FEATURES))(x))
        grown(rng, pool, INNER, rng.randint(1, 4))
        last = cells.fitted(rng, [w for w in pool if w.type.kind == "real"][-1], target)
        if rng.random() < 0.7:  # so that its entries differ, whatever was summed away
            return last * op.parameter(target, name="gain")()
        return last

    return typed({"x": source}, body).named(name)


def typed(inputs: dict[str, Array], body: Any) -> Arrow:
    """The arrow of a body, if it has a type."""
    try:
        return cells.cell_of(inputs, body)
    except SpecError as problem:
        raise Redrawn(str(problem)) from problem


# --- losses ---------------------------------------------------------------------------------------


def loss_of(rng: random.Random, one: Array) -> Arrow:
    """A loss for predictions of a type."""
    some: list[Any] = [
        lambda: losses.mean_squared_error(one),
        lambda: losses.absolute_error(one),
        lambda: losses.huber(one, rng.choice([0.3, 1.0, 2.5])),
        lambda: losses.smooth_absolute_error(one, rng.choice([0.3, 1.0, 2.5])),
        lambda: losses.hinge(one, rng.choice([0.5, 1.0])),
        lambda: losses.dot_product(one),
        lambda: losses.binary_cross_entropy(one, mask=rng.random() < 0.4),
    ]
    if one.axes:
        axis, smooth = rng.choice(one.axes), rng.choice([0.0, 0.1])
        some += [
            lambda: losses.cross_entropy(one, axis, smooth),
            lambda: losses.soft_cross_entropy(one, axis, smooth),
            lambda: losses.divergence(one, axis, rng.choice([1.0, 2.0])),
        ] * 2
    return rng.choice(some)()


def sized(arrow: Arrow | Architecture) -> dict[str, int]:
    graph = arrow.arrow.graph() if isinstance(arrow, Architecture) else arrow.graph()
    return {name: SIZES[name] for name in graph.dims if name in SIZES}


def random_learner(rng: random.Random) -> Game:
    """One player: a term, or a model of one sample, scored."""
    if rng.random() < 0.5:
        one = terms.random_arrow(rng.randrange(10**6)).named(rng.choice(["term", *AWKWARD[:6]]))
    else:
        one = model(rng, rng.choice(["net", *AWKWARD[:6]]), sample(rng), sample(rng))
    cod = one.graph().cod
    if len(cod) > 1:  # one of its outputs is scored
        one = one >> keep(cod)
    loss = loss_of(rng, cod[0])
    paths = [p for p, r in one.graph().resources(ALL).items() if r.role == "weight"]
    frozen = [p for p in paths if rng.random() < 0.2] if rng.random() < 0.2 else []
    reads(one.graph(), [p for p in paths if p not in frozen], 1)
    if rng.random() < 0.95:
        frozen += [p for p in parted(one.graph(), paths, 0)[1] if p not in frozen]
    whole: Arrow | Architecture = architecture(one, sizes=sized(one)) if rng.random() < 0.4 else one
    title = one.graph().name or "model"
    return learner(
        whole,
        loss,
        optimiser(rng),
        frozen=[f"{title}.{p}" for p in frozen],
        sizes=sized(one),
        regime=regime(rng, [title]),
    )


def keep(cod: Sequence[Array]) -> Arrow:
    """The first wire of several."""
    from categorical.arrows import Wiring

    return Wiring(tuple(cod), (0,), "first")


# --- games ----------------------------------------------------------------------------------------


class Draft:
    """The random parts of a game, before its arrow is traced."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.types = rng, [sample(rng) for _ in range(2)]
        self.inputs: dict[str, Array] = {"x": self._batched(self.types[0])}
        self.calm = rng.random() < 0.6  # every loss is the mean over a batch of samples
        for name, kind, chance in (
            ("y", self._batched(self.types[1]), 0.6),
            ("z", self._batched(self.types[0]), 0.5),
            ("free", self.types[0], 0.4),
            ("image", self._batched(self.types[1]), 0.2),
            ("mask", Bool[BATCH, self.types[0].axes[0]], 0.3),
            ("index", Fin(self.types[0].axes[0].index)[BATCH], 0.3),
        ):
            if rng.random() < chance:
                self.inputs[name] = kind
        if rng.random() < 0.15:  # named like something in the file
            old = rng.choice(list(self.inputs))
            new = rng.choice([x for x in AWKWARD if x not in self.inputs and x != "lambda"])
            self.inputs = {new if x == old else x: t for x, t in self.inputs.items()}
        self.models: dict[str, tuple[Array, Array, Arrow]] = {}
        for place in range(rng.choice([1, 2, 2, 3])):
            name = rng.choice([f"net{place}", f"part_{place}", "abc"[place]])
            ends = rng.choice(self.types), rng.choice(self.types)
            one = stack(model(rng, name, *ends), BATCH).named(name)
            noisy = any(r.role == NOISE for r in one.graph().resources(ALL).values())
            self.models[name] = (*ends, one if noisy or rng.random() < 0.1 else tie(one))
        self.given: set[int] = set()
        self.outputs = rng.choice([1, 2, 2, 3])

    def _batched(self, one: Array) -> Array:
        return one.with_axes((*Real[BATCH].axes, *one.axes))

    def body(self, *given: Any) -> Any:
        """The losses."""
        rng, pool = self.rng, [*given]
        self.given = {w.number for w in given}
        for _ in range(rng.randint(2, 5)):
            self.applied(pool)
            if not self.calm:
                grown(rng, pool, OUTER, rng.randint(0, 2))
        outputs: list[Any] = []
        for _ in range(self.outputs):
            found = self.scored(pool)
            if outputs and rng.random() < 0.4:
                other = rng.choice(outputs)
                found = (-other, found + other, other)[rng.randrange(3)]
            outputs.append(found)
        return tuple(outputs) if len(outputs) > 1 else outputs[0]

    def shuffled(self) -> list[Any]:
        every = list(self.models.values())
        return self.rng.sample(every, len(every))

    def applied(self, pool: list[Any]) -> None:
        """One model on a wire that it takes."""
        fitting = [
            (one, w)
            for w in pool
            for source, _, one in self.shuffled()
            if w.type is self._batched(source)
        ]
        if not fitting:
            return
        one, wire = fitting[-1] if self.rng.random() < 0.7 else self.rng.choice(fitting)
        pool.append(one(wire))

    def scored(self, pool: list[Any]) -> Any:
        """A loss of some wire, as a number."""
        rng = self.rng
        batched = [w for w in pool[1:] if w.type.kind == "real" and w.type.axes[:1] == AXIS]
        wire = rng.choice(batched[-4:] or pool[:1])
        if not self.calm and rng.random() < 0.3:
            one = [w for w in pool if w.type.kind == "real"][-1]
            return op.mean(*one.type.axes)(op.tanh(one)) if one.type.axes else op.tanh(one)
        each = wire.type.with_axes(wire.type.axes[1:])
        loss = stack(loss_of(rng, each), BATCH)
        labels = [w for w in pool if w.type is loss.dom[1] and w is not wire]
        if labels:
            label = rng.choice(labels)
            if label.type.kind == "real" and label.number not in self.given:
                label = op.tanh(label)  # what is compared with itself has no gradient
        elif loss.dom[1].kind == "real":
            label = op.tanh(wire)
        elif loss.dom[1].kind == "bool":
            label = op.less(wire, op.sin(wire))
        else:
            gone = next(a for a in wire.type.axes if a.index is loss.dom[1].values)
            label = op.argmax(gone)(wire)
        return op.mean(BATCH)(loss(wire, label))


AXIS = Real[BATCH].axes


def random_game(rng: random.Random) -> Game:
    """Up to three players."""
    draft = Draft(rng)
    arrow = typed(draft.inputs, draft.body).named(rng.choice(["rounds", "contest"]))
    graph = arrow.graph()
    paths = [p for p, r in graph.resources(ALL).items() if r.role == "weight"]
    groups = list(dict.fromkeys(p.split(".")[0] for p in paths))
    if rng.random() < 0.25:  # parts of models apart
        groups = list(dict.fromkeys(".".join(p.split(".")[:2]) for p in paths))
    if rng.random() < 0.1:
        groups = paths
    free = [x for x, t in draft.inputs.items() if t.kind == "real" and x not in ("x", "y")]
    held = [x for x in free if rng.random() < 0.6]
    rng.shuffle(groups)
    items = [*groups, *held]
    if not items:
        raise Redrawn("nothing can be moved")
    count = min(rng.choice([1, 2, 2, 2, 3, 3]), len(items))
    hands: list[list[str]] = [[] for _ in range(count)]
    frozen = []
    for place, one in enumerate(items):
        if place >= count and one not in held and rng.random() < 0.15:
            frozen.append(one)
        else:
            hands[place if place < count else rng.randrange(count)].append(one)
    order = rng.choice(ORDERS)
    titles = rng.sample([*AWKWARD, "first", "second", "third", "critic", "painter"] * 2, 3)
    titles = [*dict.fromkeys(titles), "fourth", "fifth"]
    shared = rng.random() < 0.3
    by = optimiser(rng)
    players = []
    for title, hand in zip(titles, hands):
        place = rng.choice(reads(graph, hand))
        moved, still = parted(graph, hand, place)
        if still and rng.random() < 0.95:
            hand, more = moved, [one for one in still if one not in draft.inputs]
            frozen += more
        players.append(
            Player(
                hand[0] if len(hand) == 1 and rng.random() < 0.3 else title,
                loss=place,
                optimiser=by if shared else optimiser(rng),
                owns=hand,
                moves=rng.choice([1, 1, 2, 3]) if order == "alternating" else 1,
            )
        )
    if len({one.name for one in players}) < len(players):
        raise Redrawn("two players have one name")
    drawn = [x for x, t in draft.inputs.items() if t.kind == "real" and x not in held]
    sizes = sized(arrow)
    if any(AXIS[0] in r.space.axes for r in graph.resources(ALL).values() if r.role == "weight"):
        sizes["batch"] = ALL["batch"]
    return game(
        arrow,
        players,
        order=order,
        frozen=frozen,
        draws={x: rng.choice(DRAWS) for x in drawn[1:] if rng.random() < 0.4},
        sizes=sizes,
        regime=regime(rng, calls(graph)),
    )


def parted(graph: Graph, hand: Sequence[str], place: int) -> tuple[list[str], list[str]]:
    """What of a hand an output depends on, and the rest; groups as they are, or as weights."""
    whole = opened(graph, ALL)
    one = opened(prune(replace(graph, outputs=[graph.outputs[place]])), ALL)
    names = {w: whole.wire_name(w) for w in whole.inputs}
    names.update((w, r.name) for w, r in whole.sources.items() if r.role == "weight")
    known = {w: one.wire_name(w) for w in one.inputs} | {w: r.name for w, r in one.sources.items()}
    found = {known[w] for w in reaching(one, one.outputs[0]) if w in known}
    moved: list[str] = []
    still: list[str] = []
    for part in hand:
        own = [n for n in names.values() if n == part or n.startswith(f"{part}.")]
        gone = [n for n in own if n not in found]
        moved += [part] if not gone else [n for n in own if n in found]
        still += gone
    return moved, still


def reads(graph: Graph, hand: Sequence[str], most: int | None = None) -> list[int]:
    """The outputs (of the first so many) that depend on something of a hand."""
    places = range(len(graph.outputs[:most]))
    found = [place for place in places if parted(graph, hand, place)[0]]
    if not found:
        raise Redrawn("no loss reads what a player moves")
    return found


def random_game_of(seed: int) -> Game:
    """A learner or a game.  Where the arrow has no type, or nothing to move, it is drawn again."""
    rng = random.Random(seed)
    make = random_learner if rng.random() < 0.4 else random_game
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CommuteNotice)
                return make(rng)
        except Redrawn:
            continue
        except SpecError as problem:
            if problem.code != "CM008":  # these sizes do not fit
                raise
