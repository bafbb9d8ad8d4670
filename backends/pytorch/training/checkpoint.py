"""Recomputation: parts of a model that are computed again on the way back.

Definition.  ``modules_of(game's build)`` finds the submodules that ``Regime(checkpoint=…)`` names;
``recomputing`` writes the lines that give each of them ``torch.utils.checkpoint`` as its forward
pass: only its inputs are kept.  A ``Watch`` stands for ``checkpoint`` while a file is compared: a
part that is computed again draws the same noise again, and each must be called and must save
something.

Laws.  The weights keep their names, and making ``Training`` twice changes nothing more.  Whether
the step is the same map is compared, as for any training file.

>>> print(*recomputing(["model.features", "*model.blocks"]), sep="\\n")
for part in (model.features, *model.blocks):
    part.forward = partial(checkpoint, type(part).forward, part, use_reentrant=False)

A part that has no module of its own is refused:

>>> from categorical import Dim, Real, op
>>> from categorical.learning.games import learner
>>> from categorical.learning.losses import mean_squared_error
>>> from categorical.learning.optimisers import sgd
>>> from categorical.learning.regime import Regime
>>> from backends.pytorch.training.write import train
>>> c, k = Dim.named("c k")
>>> again = Regime(checkpoint=("mean_squared_error",))
>>> model, loss = op.linear(c, k).named("line"), mean_squared_error(Real[k])
>>> train(learner(model, loss, sgd(0.1), sizes=dict(c=2, k=3), regime=again))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: `mean_squared_error` has no module of its own
...
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from backends.pytorch.noise import Noise
from backends.pytorch.training.sharing import losses_of
from categorical.errors import SpecError
from categorical.learning.regime import parts

if TYPE_CHECKING:
    from backends.pytorch.training.write import Trained


@dataclass(frozen=True)
class Recomputed:
    """A part that is computed again: its name, its path in the module ("" for all of it), and
    whether that is a list of the steps of an iteration."""

    name: str
    path: str
    copies: bool

    @property
    def expression(self) -> str:
        """The part in the training file."""
        words = [f"[{w}]" if w.isdigit() else f".{w}" for w in self.path.split(".") if w]
        return f"{'*' if self.copies else ''}model{''.join(words)}"


def modules_of(made: Trained) -> list[Recomputed]:
    """The submodules of the parts that a regime names; CM041 for one that has none."""
    game = made.game
    if not game.regime.checkpoint:
        return []
    called = {name for name, _ in parts(losses_of(game), game.sizes)}
    found = [_module(made, one, called) for one in game.regime.checkpoint]
    return found


def _module(made: Trained, name: str, called: set[str]) -> Recomputed:
    text, words = made.model.main, list[str]()
    rest, copies = name, False
    if made.whole and name.partition(".")[0] == made.whole:
        rest = name[len(made.whole) + 1 :]
    if name not in called:
        raise _refused(made, name, "has no module of its own", "it is written out where it is used")
    while rest:
        key = next((n for n in text.children if f"{rest}.".startswith(f"{n}.")), None)
        if key is None:
            reason = "its boxes are written out, or one call of torch computes them"
            raise _refused(made, name, "has no module of its own", reason)
        attribute, child, copies = text.children[key]
        if not attribute.isidentifier():
            reason = "it runs with weights that it is given, which are gone on the way back"
            raise _refused(made, name, "cannot be computed again", reason)
        words.append(attribute)
        rest = rest[len(key) + 1 :]
        if copies and rest:
            number, _, rest = rest.partition(".")
            words.append(number)
            copies = False
        text = child
    return Recomputed(name, ".".join(words), copies)


def _refused(made: Trained, name: str, what: str, reason: str) -> SpecError:
    rest = tuple(one for one in made.game.regime.checkpoint if one != name)
    return SpecError(
        "CM041",
        f"`{name}` {what}",
        facts=[("reason", reason)],
        help=["name a sub-architecture around it", f"or leave it out:  checkpoint={rest!r}"],
        origin=made.game.origin,
    )


def other_step(made: Trained, seed: int, problem: SpecError) -> None:
    """CM041 where the step is the declared one if nothing is computed again."""
    from backends.pytorch.training.write import train

    regime = replace(made.game.regime, checkpoint=())
    train(replace(made.game, regime=regime), made.model, module=made.module, seed=seed)
    names = ", ".join(f"`{one}`" for one in made.game.regime.checkpoint)
    raise SpecError(
        "CM041",
        f"torch cannot compute {names} again on the way back",
        facts=[*problem.facts],
        help=["leave it out: without it the step is the declared one"],
        origin=made.game.origin,
    ) from problem


def recomputing(expressions: Sequence[str]) -> list[str]:
    """The statements that let parts be computed again on the way back."""
    changed = "part.forward = partial(checkpoint, type(part).forward, part, use_reentrant=False)"
    if not expressions:
        return []
    if len(expressions) == 1 and not expressions[0].startswith("*"):
        return [f"part = {expressions[0]}", changed]
    several = ", ".join(expressions)
    within = several.removeprefix("*") if len(expressions) == 1 else f"({several})"
    return [f"for part in {within}:", f"    {changed}"]


class Watch:
    """Stands for ``checkpoint``: gives the noise again, and counts what is computed again."""

    def __init__(self, made: Trained, spaces: Sequence[Any]) -> None:
        self.made, self.spaces = made, spaces
        self.noise: Noise | None = None
        self.called: Counter[str] = Counter()
        self.again: Counter[str] = Counter()
        self.names: dict[int, str] = {}

    def see(self, model: Any) -> None:
        """A model that is to be trained: which of its modules are parts."""
        assert self.made.it is not None
        for one in self.made.it.recomputed:
            module = model.get_submodule(one.path)
            for part in module if one.copies else [module]:
                self.names[id(part)] = one.name

    @contextmanager
    def given(self, noise: Noise) -> Iterator[None]:
        """Let what runs here draw this noise, and draw it once more when it runs again."""
        before, self.noise = self.noise, noise
        try:
            with noise.given_to(self.spaces[0]), noise.given_to(self.spaces[1]):
                yield
        finally:
            self.noise = before

    def __call__(self, function: Callable[..., Any], part: Any, *inputs: Any, **how: Any) -> Any:
        from torch.utils.checkpoint import checkpoint

        name, start, runs = self.names[id(part)], copy(self.noise), 0
        if start is not None:
            start.left, start.drawn = list(start.left), []

        def run(*inputs: Any) -> Any:
            nonlocal runs
            runs += 1
            if runs == 1:
                self.called[name] += 1
                return function(part, *inputs)
            self.again[name] += 1
            if start is None:
                return function(part, *inputs)
            noise = copy(start)
            noise.left = list(start.left)
            with self.given(noise):
                return function(part, *inputs)

        return checkpoint(run, *inputs, **how)

    def check(self) -> int:
        """How often parts were computed again; CM041 for one that never was."""
        for name in self.made.game.regime.checkpoint:
            if not self.called[name]:
                reason = "its forward pass is never called: it is written out, or read in parts"
                raise _refused(self.made, name, "has no module of its own", reason)
            if not self.again[name]:
                reason = "nothing that it computes is kept for the way back"
                raise _refused(self.made, name, "is never computed again", reason)
        return self.again.total()


__all__ = ["Recomputed", "Watch", "modules_of", "other_step", "recomputing"]
