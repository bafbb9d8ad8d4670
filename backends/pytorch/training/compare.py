"""Comparison: a training file against the declared step, before anything is written.

Definition.  The module and the training file are imported at small sizes, in float64 and in train
mode, with random weights.  A few rounds of ``Training.step`` on random data stand beside as many of
the arrow ``step(game)``, run by the reference interpreter on the same data; the noise of dropout is
that of the reference, given to both.  After each round all weights and the states of the optimisers
are compared (``to_torch`` says what torch stores).

Law.  A file that passes makes the declared steps at the points tried, up to rounding; one that does
not is refused with CM040.  Clipping is no part of the arrow: there the same lenses are composed by
hand, with the clipped gradient between them.

>>> from categorical import Dim, Real, op
>>> from categorical.learning.games import learner
>>> from categorical.learning.losses import mean_squared_error
>>> from categorical.learning.optimisers import sgd
>>> from backends.pytorch.training.write import train
>>> c, k = Dim.named("c k")
>>> model = op.linear(c, k).named("line")
>>> one = learner(model, mean_squared_error(Real[k]), sgd(0.1), sizes=dict(c=2, k=3))
>>> made = train(one, validate=False)
>>> compare(made)["rounds"]
3

A file that takes other steps is refused:

>>> made.source = made.source.replace("lr=0.1", "lr=0.11")
>>> compare(made)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM040]: the training file disagrees with the declared step
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from backends.pytorch.loader import load_source, unload
from backends.pytorch.noise import Noise
from backends.pytorch.points import Point, assignments_of, module_at, random_point
from backends.pytorch.training import optim
from backends.pytorch.training.checkpoint import Watch
from backends.pytorch.training.losses import LossFunction, batch_of
from backends.pytorch.training.reference import Reference
from backends.pytorch.training.steps import Mover, move_of
from categorical.errors import SpecError
from categorical.learning.games import Game
from categorical.records import NOISE, TRAIN

if TYPE_CHECKING:
    from backends.pytorch.training.write import Trained

ROUNDS = 3
TOLERANCE = 1e-9
_NEAR = 1e-6  # a smaller difference is tried at other points
_LARGE = 1e6  # and one beyond: of the sine of such numbers, say, few digits are right
_ATTEMPTS = 4
_SIZES = 6  # at some all gradients are 0 (one number, normalised), and only rounding is left
_GRADIENT = 1e-5  # of smaller ones (and losses), where terms of size 1 cancel, rounding is left
_LOOSE = 0.1  # of a loss in low precision, relative to 1 + its size


def compare(made: Trained, seed: int = 0) -> dict[str, Any]:
    """Compare a training file with its game; returns the report, or raises CM040."""
    module = load_source(made.model.source, made.model.module_name)
    space = load_source(made.source, f"{made.module}_train")
    watch = Watch(made, (space, module))
    if made.game.regime.checkpoint:
        space.checkpoint = watch
    rng = np.random.default_rng(seed)
    possible = islice(assignments_of(made.game.arrow.graph()), _SIZES)
    tried: list[dict[str, int]] = []
    compared, largest = 0, 0.0
    refusal: SpecError | None = None
    try:
        for sizes in (_cut(made, one) for one in possible):
            for attempt in range(_ATTEMPTS):
                try:
                    count, gap = _Run(made, module, space, watch, sizes, rng, attempt).rounds()
                except _Near as doubt:
                    if attempt == _ATTEMPTS - 1:
                        refusal = refusal or doubt.refusal
                else:
                    compared, largest = compared + count, max(largest, gap)
                    tried.append(sizes)
                    break
            if len(tried) == 2:
                break
        if refusal is not None and len(tried) < 2:
            raise refusal
        report = {
            "sizes": tried,
            "rounds": ROUNDS,
            "weights_and_states": compared,
            "largest_difference": float(f"{largest:.1e}"),
            "tolerance": TOLERANCE,
            "mode": TRAIN,
            "seed": seed,
        }
        if made.game.regime.precision is not None:
            report["loosely"] = _Run(made, module, space, watch, tried[0], rng).loosely()
        if made.game.regime.checkpoint:
            report["recomputed"] = watch.check()
        return report
    finally:
        unload(space)
        unload(module)


class _Near(Exception):
    """A difference that may be rounding."""

    def __init__(self, refusal: SpecError) -> None:
        super().__init__()
        self.refusal = refusal


def _cut(made: Trained, sizes: Mapping[str, int]) -> dict[str, int]:
    """Sizes whose batch has equal parts."""
    parts, found = made.game.regime.accumulate, dict(sizes)
    if parts > 1:
        front, _ = batch_of(made.game)
        for symbol in front.size.symbols if front is not None else ():
            found[symbol] *= parts
    return found


class _Run:
    """One comparison: a game at sizes, random weights, and both sides in step."""

    def __init__(
        self,
        made: Trained,
        module: Any,
        space: Any,
        watch: Watch,
        sizes: dict[str, int],
        rng: Any,
        attempt: int = 0,
    ) -> None:
        self.attempt = attempt  # later ones are nearer to 0, and then positive: they stay finite
        self.made, self.module, self.space, self.sizes, self.rng = made, module, space, sizes, rng
        self.watch, self.large = watch, False
        self.game: Game = replace(made.game, sizes=sizes)
        self.graph = self.game.arrow.graph()
        self.names = [self.graph.wire_name(w) for w in self.graph.inputs]
        self.first = self._point()
        self.reference = Reference(self.game)
        self.weights = {p: self._value(self.first, p) for p in self.game.weights}

    def _point(self) -> Point:
        point = random_point(
            self.graph, self.sizes, TRAIN, self.rng, positive=self.attempt > 1, calm=True
        )
        scale, noise = 0.3**self.attempt, self._noise()
        point.inputs = [scale * x if x.dtype.kind == "f" else x for x in point.inputs]
        point.resources = {
            path: scale * x if x.dtype.kind == "f" and path not in noise else x
            for path, x in point.resources.items()
        }
        return point

    def _value(self, point: Point, path: str) -> np.ndarray:
        if path in self.names:
            return point.inputs[self.names.index(path)]
        return point.resources[path]

    def _model(self, dtype: Any = None) -> Any:
        strip = f"{self.made.whole}." if self.made.whole else ""
        known = self.first.resources.items()
        values = {p.removeprefix(strip): v for p, v in known if p.startswith(strip)}
        return module_at(self.made.model, self.module, Point(self.sizes, TRAIN, [], values))

    def _training(self, model: Any, dtype: Any) -> Any:
        import torch

        it = self.made.it
        assert it is not None
        held = [p for p in self.names if p not in self.game.data]
        given = [torch.as_tensor(self.weights[p]).to(dtype) for p in held]
        self.watch.see(model)
        return self.space.Training(model, *given)

    def _arguments(self, point: Point) -> list[Any]:
        """The data, and then what is drawn, as the step takes them."""
        import torch

        it, names = self.made.it, self.made.names
        assert it is not None
        values = {names[x]: v for x, v in zip(self.names, point.inputs, strict=True)}
        return [torch.as_tensor(values[x]) for x in (*it.data, *it.drawn)]

    def rounds(self) -> tuple[int, float]:
        """The numbers compared, and the largest difference."""
        import torch

        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        count, largest = 0, 0.0
        try:
            model = self._model()
            training = self._guarded("making it", lambda: self._training(model, torch.float64))
            state = self.reference.start()
            weights = dict(self.weights)
            for place in range(ROUNDS):
                point = self.first if place == 0 else self._point()
                noise = {p: v for p, v in point.resources.items() if p in self._noise()}
                data = {x: self._value(point, x) for x in self.game.data}
                with _Given(self, noise):
                    arguments = self._arguments(point)
                    found = self._guarded("a step", lambda a=arguments: training.step(*a))
                losses = found if isinstance(found, tuple) else (found,)
                wanted = self.reference.first_losses(state, weights, data, noise)
                state, weights = self.reference.round(state, weights, data, noise)
                values = [*wanted.values(), *weights.values()]
                if not all(np.all(np.isfinite(x)) for x in (*values, *state.values())):
                    raise _Near(self._refused("the declared step is not finite", "these points"))
                self.large = any(np.max(np.abs(x), initial=0.0) > _LARGE for x in values)
                for player, value in wanted.items():
                    index = [p.name for p in self.game.players].index(player)
                    gap = _gap(losses[index].detach().numpy(), value, _GRADIENT)
                    self._judge(gap, f"the loss of `{player}` in round {place + 1}")
                more, gap = self._agree(model, training, state, weights, f"round {place + 1}")
                count, largest = count + more, max(largest, gap)
            for mover in self.made.it.movers if self.made.it and self.made.it.alone else ():
                state, weights = self._alone(mover, training, state, weights)
                name = f"a move of `{mover.player.name}` alone"
                more, gap = self._agree(model, training, state, weights, name)
                count, largest = count + more, max(largest, gap)
            if self.made.it is not None and self.made.it.drawn:
                self._draws(training)
        finally:
            torch.set_default_dtype(before)
        return count, largest

    def _agree(
        self, model: Any, training: Any, state: Any, weights: Any, when: str
    ) -> tuple[int, float]:
        """How many numbers agree, and the largest difference."""
        count, largest = 0, 0.0
        for what, ours, theirs, scale in self._pairs(model, training, state, weights):
            gap = _gap(ours, theirs, scale)
            self._judge(gap, f"{what} after {when}")
            count, largest = count + 1, max(largest, gap)
        return count, largest

    def _alone(self, mover: Mover, training: Any, state: Any, weights: Any) -> tuple[Any, Any]:
        """The states and weights after one player has moved, on a batch of its own."""
        it, point = self.made.it, self._point()
        assert it is not None
        noise = {p: v for p, v in point.resources.items() if p in self._noise()}
        data = {x: self._value(point, x) for x in self.game.data}
        named = dict(zip((*it.data, *it.drawn), self._arguments(point), strict=True))
        given = [named[x] for x in (*it.data, *it.drawn_for(mover))]
        with _Given(self, noise):
            self._guarded("a move alone", lambda: getattr(training, move_of(mover))(*given))
        return self.reference.by_hand(state, weights, data, noise, [(mover.player.name,)])

    def _noise(self) -> set[str]:
        return {p for p, r in self.graph.resources(self.sizes).items() if r.role == NOISE}

    def _draws(self, training: Any) -> None:
        """A step that draws its own noise."""
        import torch

        it = self.made.it
        assert it is not None
        some = self._arguments(self.first)[: len(it.data)]
        found = self._guarded("a step with its own noise", lambda: training.step(*some))
        for one in found if isinstance(found, tuple) else (found,):
            if not torch.isfinite(one):
                raise self._refused("a loss is not finite", "a step with its own noise")

    def _pairs(self, model: Any, training: Any, state: Any, weights: Any) -> Any:
        """What torch has, and what it should have, with the size of its kind; frozen weights that
        no loss reads are left out of the module."""
        it = self.made.it
        assert it is not None
        parameters = dict(model.named_parameters(remove_duplicate=False))
        values = {**model.state_dict(), **parameters}

        def tensor(path: str) -> Any:
            if path in self.names:
                return getattr(training, self.made.names[path])
            return values[self.made.key(path)]

        moved: set[str] = set()
        for mover in it.movers:
            optimizer = getattr(training, mover.attribute.removeprefix("self."))
            kept: list[tuple[str, Any, Any]] = []
            squares = {one.name: one.squared for one in mover.player.optimiser.states}
            for path in self.game.owned(mover.player):
                moved.add(path)
                stored, after = self.reference.stored(mover.player, path, state, weights)
                yield f"`{path}`", tensor(path).detach().numpy(), after, 0.0
                known = optimizer.state[tensor(path)]
                for part, value in stored.items():
                    found = optim.state(mover.player.optimiser.torch[0], part, known)
                    if found is not None:
                        kept.append((part, found.detach().numpy(), value))
            for part, found, value in kept:
                size = max(float(np.max(np.abs(v), initial=0)) for p, _, v in kept if p == part)
                least = 0.0 if squares[part] else _GRADIENT
                if (mover.player.optimiser.name, part) == ("rmsprop", "buffer"):
                    least = 1.0  # a step, where rounding may have been divided by eps
                yield f"the {part} of `{mover.player.name}`", found, value, max(1e-6 * size, least)
        for path in self.game.weights:
            if path not in moved and (path in self.names or self.made.key(path) in values):
                yield f"the frozen `{path}`", tensor(path).detach().numpy(), weights[path], 0.0

    def _judge(self, gap: float, where: str) -> None:
        if gap <= TOLERANCE:
            return
        refusal = self._refused(f"relative error {gap:.1e}", where)
        raise _Near(refusal) if gap <= _NEAR or self.large else refusal

    def _guarded(self, where: str, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except Exception as problem:  # whatever it is, the file is wrong
            refusal = self._refused(f"{type(problem).__name__}: {problem}", where)
            if "does not require grad" in str(problem):  # at these sizes: a run of one step, say
                raise _Near(refusal) from problem
            raise refusal from problem

    def _refused(self, reason: str, where: str) -> SpecError:
        at = ", ".join(f"{k}={v}" for k, v in sorted(self.sizes.items()))
        return SpecError(
            "CM040",
            "the training file disagrees with the declared step",
            facts=[("difference", reason), ("at", where), ("of", self.game.name), ("sizes", at)],
            origin=None,
        )

    def loosely(self) -> float:
        """The relative difference of the losses of a step in low precision."""
        import torch

        model = self._model().to(torch.float32)
        training = self._guarded("making it", lambda: self._training(model, torch.float32))
        noise = {p: v for p, v in self.first.resources.items() if p in self._noise()}
        assert self.made.it is not None
        for mover in self.made.it.movers:  # nobody moves: all losses are those of the same weights
            for group in getattr(training, mover.attribute.removeprefix("self.")).param_groups:
                group["lr"] = 0.0
        some = [
            x.to(torch.float32) if x.is_floating_point() else x for x in self._arguments(self.first)
        ]
        with _Given(self, noise, torch.float32):
            found = self._guarded("a step in low precision", lambda: training.step(*some))
        losses = found if isinstance(found, tuple) else (found,)
        data = {x: self._value(self.first, x) for x in self.game.data}
        start = self.reference.start()
        wanted = self.reference.losses(self.game.players, start, self.weights, data, noise)
        largest = 0.0
        for player, value in wanted.items():
            index = [p.name for p in self.game.players].index(player)
            off = abs(float(losses[index]) - float(value)) / (1 + abs(float(value)))
            largest = max(largest, off)
            if not off <= _LOOSE:
                where = f"the loss of `{player}` in {self.game.regime.precision}"
                raise self._refused(f"relative error {off:.1e}", where)
        return float(f"{largest:.1e}")


class _Given:
    """Lets every call of a loss function draw the noise of the reference."""

    def __init__(self, run: _Run, noise: Mapping[str, np.ndarray], dtype: Any = None) -> None:
        self.run, self.noise, self.dtype = run, noise, dtype
        self.before: dict[str, Any] = {}

    def __enter__(self) -> None:
        it = self.run.made.it
        assert it is not None
        for one in it.functions:
            self.before[one.name] = getattr(self.run.space, one.name)
            if self.noise:
                setattr(self.run.space, one.name, self._wrapped(one, self.before[one.name]))

    def __exit__(self, *_: object) -> None:
        for name, function in self.before.items():
            setattr(self.run.space, name, function)

    def _wrapped(self, loss: LossFunction, function: Any) -> Any:
        parts, calls = self.run.game.regime.accumulate, 0

        def wrapped(*arguments: Any) -> Any:
            nonlocal calls
            values = self._part(loss, calls % parts, parts)
            calls += 1
            noise = Noise(loss.graph, self.run.sizes, values)
            with self.run.watch.given(noise):
                return function(*arguments)

        return wrapped

    def _part(self, loss: LossFunction, place: int, parts: int) -> dict[str, np.ndarray]:
        """The noise of one part of a batch."""
        found = {}
        resources = loss.graph.resources(self.run.sizes)
        front, _ = batch_of(self.run.game)
        for path, value in self.noise.items():
            if path not in resources:
                continue
            axes = resources[path].space.axes
            if parts > 1 and front in axes:
                value = np.split(value, parts, axes.index(front))[place]
            found[path] = value if self.dtype is None else value.astype(np.float32)
        return found


def _gap(found: np.ndarray, wanted: np.ndarray, least: float = 0.0) -> float:
    """The largest difference, relative to the largest entry; infinite where it is no number."""
    wanted = np.asarray(wanted)
    if found.shape != wanted.shape:
        return float("inf")
    if not found.size:
        return 0.0
    scale = max(float(np.max(np.abs(wanted))), least, 1e-12)
    gap = float(np.max(np.abs(found - wanted))) / scale
    return gap if np.isfinite(gap) else float("inf")
