"""Steps: the class that moves the weights of a game, as lines of a training file.

Definition.  A ``Mover`` is a player as the file knows it: its loss function, the optimiser of torch
and the weights that it moves.  ``methods`` writes the constructor, the step in the declared order
of play, the gradient of each player, and what a restart needs.

Law.  Simultaneous play takes all gradients before the first step; alternating play takes each at
the weights that the move before has left.

>>> from categorical.learning.regime import Regime
>>> one = Regime(clip=1.0)
>>> print(*backward(["model", "x"], "loss", "", [], ["x"], one, "self.weights"), sep="\\n")
value = loss(model, x)
value.backward()
nn.utils.clip_grad_norm_(self.weights, 1.0)

A batch that has no equal parts is refused by the file:

>>> backward(["model", "x"], "loss", "", [], ["x"], Regime(accumulate=2), "self.weights")[:2]
['if x.shape[0] % 2:', '    raise ValueError(f"a batch of {x.shape[0]} has no 2 equal parts")']
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from backends.pytorch import layout, safety
from backends.pytorch.training.checkpoint import Recomputed, recomputing
from backends.pytorch.training.losses import LossFunction, head
from categorical.learning.games import Player
from categorical.learning.regime import Regime


@dataclass
class Mover:
    """See the module.  ``attribute`` holds the optimiser, ``owned`` its weights, ``rate`` the
    schedule; ``everything`` if it moves all weights of the model."""

    player: Player
    loss: LossFunction
    attribute: str
    owned: str
    rate: str
    scaler: str
    everything: bool
    weights: list[str]
    optimiser: str
    schedule: str
    value: str


def backward(
    arguments: Sequence[str],
    loss: str,
    inputs: str,
    front: Sequence[str],
    chunked: Sequence[str],
    regime: Regime,
    weights: str,
    scaler: str = "",
    optimiser: str = "",
    device: str = "",
) -> list[str]:
    """Forward and backward of one loss, in the regime; it leaves the loss in ``value``."""
    rows, parts = [], regime.accumulate
    cut = [one for one in arguments if one.removeprefix("self.") in chunked]
    cast = f"with torch.autocast({device}, dtype=torch.{regime.precision}):"
    ends = f"{scaler}.scale(VALUE).backward({inputs})" if scaler else f"VALUE.backward({inputs})"
    if parts == 1 or not cut:
        call = f"value = {loss}({', '.join(arguments)})"
        rows += [cast, f"    {call}"] if regime.precision else [call]
        rows.append(ends.replace("VALUE", "value"))
    else:
        first = cut[0]
        rows += [
            f"if {first}.shape[0] % {parts}:",
            f'    raise ValueError(f"a batch of {{{first}.shape[0]}} has no {parts} equal parts")',
            "value = 0.0",
        ]
        each = [f"{one}.chunk({parts})" for one in cut]
        inner = [f"{one.removeprefix('self.')}_part" for one in cut]
        named = dict(zip(cut, inner))
        call = ", ".join(named.get(one, one) for one in arguments)
        if len(each) == 1:
            rows.append(f"for {inner[0]} in {each[0]}:")
        else:
            rows.append(f"for {', '.join(inner)} in zip({', '.join(each)}, strict=True):")
        made = f"part = {loss}({call}) / {parts}"
        rows += [f"    {cast}", f"        {made}"] if regime.precision else [f"    {made}"]
        rows += [f"    {ends.replace('VALUE', 'part')}", "    value = value + part.detach()"]
    if regime.clip is not None:
        if scaler:
            rows.append(f"{scaler}.unscale_({optimiser})")
        rows.append(f"nn.utils.clip_grad_norm_({weights}, {safety.literal(regime.clip)})")
    return [*front, *rows]


@dataclass
class Written:
    """What the methods are written from: the movers in order, and the names of inputs.

    ``data`` are given to the step, ``drawn`` are noise (name to the lines that draw it), ``held``
    are inputs that stand for weights.  ``together``: one loss for all, who move at once.
    ``shared`` makes what several moves read, and ``users`` says of each of these who reads it, and
    who takes a gradient through it.  ``recomputed`` are the parts that keep only their inputs.
    """

    movers: list[Mover]
    data: list[str]
    drawn: dict[str, list[str]]
    held: list[str]
    chunked: list[str]
    regime: Regime
    simultaneous: bool
    together: bool
    shared: LossFunction | None = None
    users: dict[str, dict[str, bool]] = field(default_factory=dict)
    recomputed: list[Recomputed] = field(default_factory=list)

    @property
    def functions(self) -> list[LossFunction]:
        """What is shared, and the losses."""
        losses = {one.loss.name: one.loss for one in self.movers}
        return [*([self.shared] if self.shared else []), *losses.values()]

    @property
    def single(self) -> bool:
        return len(self.movers) == 1

    @property
    def alone(self) -> bool:
        """Whether each player has a method for one move, on a batch of its own."""
        return not self.single and not self.simultaneous

    def drawn_for(self, one: Mover) -> list[str]:
        """The noise that a move of one player reads."""
        read = set(one.loss.inputs)
        if self.shared is not None and read & set(self.users):
            read |= set(self.shared.inputs)
        return [x for x in self.drawn if x in read]


def methods(it: Written) -> list[str]:
    """The methods of ``Training``."""
    rows = [*_init(it), "", *_step(it)]
    if it.together:
        rows += ["", *_gradients(it)]
    else:
        for one in it.movers if not it.single else []:
            rows += ["", *_gradient(it, one)]
    for one in it.movers if it.alone else []:
        rows += ["", *_move(it, one)]
    return [*rows, "", *_states(it)]


def _init(it: Written) -> list[str]:
    arguments = ["self", "model: nn.Module", *(f"{x}: Tensor" for x in it.held)]
    rows = head("__init__", arguments, 4, "None")
    body = ["self.model = model", *recomputing([one.expression for one in it.recomputed])]
    body += [f"self.{x} = nn.Parameter({x}.detach().clone())" for x in it.held]
    for one in it.movers:
        named = one.weights
        if len(named) == 1 and not named[0].startswith("("):
            weights = named[0].removeprefix("*")
        else:
            weights = f"[{', '.join(named)}]"
        if not one.everything or it.regime.clip is not None or it.regime.precision == "float16":
            if one.everything:
                body.append(f"{one.owned} = list(model.parameters())")
            else:
                body.append(f"weights = {weights}")
                body.append(f"{one.owned} = [weight for _, weight in weights]")
                weights = "weights"
                if not body[-2].startswith("weights = ["):  # a call makes an iterator
                    body[-2] = f"weights = list({body[-2].removeprefix('weights = ')})"
        body.append(f"{one.attribute} = {one.optimiser.replace('WEIGHTS', weights)}")
        if one.schedule:
            body.append(f"{one.rate} = {one.schedule}")
        if one.scaler:
            body.append(f"{one.scaler} = torch.amp.GradScaler({one.owned}[0].device.type)")
    return [*rows, *laid(body)]


def _step(it: Written) -> list[str]:
    arguments = ["self", *(f"{x}: Tensor" for x in it.data)]
    arguments += [f"{x}: Tensor | None = None" for x in it.drawn]
    many = f"tuple[{', '.join(['Tensor'] * len(it.movers))}]"
    rows = head("step", arguments, 4, "Tensor" if it.single else many)
    rows.append(f'        """{_told(it)}"""')
    body: list[str] = []
    for lines in it.drawn.values():
        body += lines
    body += _shared(it)
    if it.single:
        one = it.movers[0]
        inner = [*_gradient_lines(it, one), *_moving(one)]
        if one.player.moves > 1:
            body += [f"for _ in range({one.player.moves}):", *(f"    {x}" for x in inner)]
        else:
            body += inner
        return [*rows, *laid([*body, "return value.detach()"])]
    if it.together:
        body.append(f"value = self.gradients({', '.join(_inputs(it, it.movers[0]))})")
        for one in it.movers:
            body += _moving(one)
        return [*rows, *laid([*body, f"return {', '.join(['value'] * len(it.movers))}"])]
    values = {id(one): one.value for one in it.movers}
    for one in it.movers:
        call = f"{values[id(one)]} = {_call(it, one)}"
        if it.simultaneous:
            body.append(call)
        elif one.player.moves > 1:
            body += [f"for _ in range({one.player.moves}):", f"    {call}"]
            body += [f"    {x}" for x in _moving(one)]
        else:
            body += [call, *_moving(one)]
    if it.simultaneous:
        for one in it.movers:
            body += _moving(one)
    return [*rows, *laid([*body, f"return {', '.join(values.values())}"])]


def _call(it: Written, one: Mover) -> str:
    """The call of the gradient of a player."""
    inputs = ", ".join(_given(it, one, x) for x in _inputs(it, one))
    return f"self.{_method(one)}({inputs})"


def move_of(one: Mover) -> str:
    """The name of the method that moves one player alone."""
    return one.attribute.removeprefix("self.") + "_move"


def _move(it: Written, one: Mover) -> list[str]:
    drawn = it.drawn_for(one)
    arguments = ["self", *(f"{x}: Tensor" for x in it.data)]
    rows = head(move_of(one), [*arguments, *(f"{x}: Tensor | None = None" for x in drawn)], 4)
    name = safety.docstring(safety.prose(one.player.name))
    rows.append(f'        """A move of {name} alone, on its own batch; returns its loss before."""')
    body = [line for x in drawn for line in it.drawn[x]]
    read = set(one.loss.inputs) & set(it.users)
    made = _shared(it, read) if read else []
    if made and not any(it.users[x][one.player.name] for x in read):
        made = ["with torch.no_grad():", *(f"    {x}" for x in made)]
    body += made
    body += [f"value = {_call(it, one)}", *_moving(one), "return value"]
    return [*rows, *laid(body)]


def _shared(it: Written, read: Collection[str] | None = None) -> list[str]:
    """The line that makes what several moves read, or what ``read`` names of it."""
    if it.shared is None:
        return []
    inputs = [f"self.{x}" if x in it.held else x for x in it.shared.inputs]
    names = [x if read is None or x in read else "_" for x in it.users]
    call = f"{', '.join(names)} = {it.shared.name}({', '.join(['self.model', *inputs])})"
    if it.regime.precision is None:
        return [call]
    given = [x for x in it.shared.inputs if x not in it.held]
    device = f"{given[0]}.device.type" if given else f"{it.movers[0].owned}[0].device.type"
    return [f"with torch.autocast({device}, dtype=torch.{it.regime.precision}):", f"    {call}"]


def _given(it: Written, one: Mover, name: str) -> str:
    """An input as the step hands it to a player: detached, where no gradient goes through it."""
    users = it.users.get(name)
    graded = users is not None and any(x for other in it.users.values() for x in other.values())
    return f"{name}.detach()" if users and graded and not users[one.player.name] else name


def _told(it: Written) -> str:
    if it.single:
        return "One step on a batch; returns its loss before the step."
    if it.simultaneous:
        return "One round, all at the same weights; returns the losses there."
    return "One round, the players in turn; returns the loss of each before its move."


def _method(one: Mover) -> str:
    return one.attribute.removeprefix("self.") + "_gradient"


def _inputs(it: Written, one: Mover) -> list[str]:
    """The inputs of the loss that the step has."""
    return [x for x in one.loss.inputs if x not in it.held]


def _gradients(it: Written) -> list[str]:
    """One backward pass for all players."""
    inputs = _inputs(it, it.movers[0])
    rows = head("gradients", ["self", *(f"{x}: Tensor" for x in inputs)], 4)
    rows.append('        """The loss, and its gradient by what all players move."""')
    owned = " + ".join(one.owned for one in it.movers)
    body = [f"{one.attribute}.zero_grad(set_to_none=True)" for one in it.movers]
    body += _gradient_lines(replace(it, regime=replace(it.regime, clip=None)), it.movers[0], owned)
    if it.regime.clip is not None:
        limit = safety.literal(it.regime.clip)
        body += [f"nn.utils.clip_grad_norm_({one.owned}, {limit})" for one in it.movers]
    return [*rows, *laid([*body, "return value.detach()"])]


def _gradient(it: Written, one: Mover) -> list[str]:
    inputs = _inputs(it, one)
    rows = head(_method(one), ["self", *(f"{x}: Tensor" for x in inputs)], 4)
    name = safety.docstring(safety.prose(one.player.name))
    rows.append(f'        """The loss of {name}, and its gradient by what {name} moves."""')
    return [*rows, *laid([*_gradient_lines(it, one), "return value.detach()"])]


def _gradient_lines(it: Written, one: Mover, owned: str = "") -> list[str]:
    arguments = ["self.model", *(f"self.{x}" if x in it.held else x for x in one.loss.inputs)]
    given = [x for x in one.loss.inputs if x not in it.held]
    device = f"{given[0]}.device.type" if given else f"{one.owned}[0].device.type"
    return backward(
        arguments,
        one.loss.name,
        "" if one.everything else f"inputs={owned or one.owned}",
        [] if owned else [f"{one.attribute}.zero_grad(set_to_none=True)"],
        it.chunked,
        it.regime,
        one.owned,
        one.scaler,
        one.attribute,
        device,
    )


def _moving(one: Mover) -> list[str]:
    rows = [f"{one.attribute}.step()"]
    if one.scaler:
        rows = [f"{one.scaler}.step({one.attribute})", f"{one.scaler}.update()"]
    return rows + ([f"{one.rate}.step()"] if one.schedule else [])


def _states(it: Written) -> list[str]:
    parts = ["self.model"]
    for one in it.movers:
        parts += [one.attribute, *([one.rate] if one.schedule else [])]
        parts += [one.scaler] if one.scaler else []
    pairs = [f"{safety.string(x.removeprefix('self.'))}: {x}.state_dict()" for x in parts]
    pairs += [f"{safety.string(x)}: self.{x}.detach()" for x in it.held]
    loads = [f"{x}.load_state_dict(state[{safety.string(x.removeprefix('self.'))}])" for x in parts]
    rows = [
        "    def state_dict(self) -> dict:",
        '        """What a restart needs: the weights, and the states of the optimisers."""',
        "        return {",
        *(f"            {x}," for x in pairs),
        "        }",
        "",
        "    def load_state_dict(self, state: dict) -> None:",
        '        """Go on from a state."""',
    ]
    body = list(loads)
    if it.held:
        body.append("with torch.no_grad():")
        body += [f"    self.{x}.copy_(state[{safety.string(x)}])" for x in it.held]
    return [*rows, *laid(body)]


def laid(body: Sequence[str], indent: int = 8) -> list[str]:
    """Statements as they are laid out in a method."""
    rows: list[str] = []
    for line in body:
        deeper = indent + len(line) - len(line.lstrip(" "))
        text = line.strip()
        target, equals, rest = text.partition(" = ")
        if text.startswith(("for ", "if ", "with ")) or not equals or "(" in target:
            rows += (
                layout.statement("", text, "", deeper)
                if not text.endswith(":")
                else (_opened(text, deeper))
            )
        else:
            rows += layout.statement(target, rest, "", deeper)
    return rows


def _opened(text: str, indent: int) -> list[str]:
    """The line that opens a block."""
    margin = " " * indent
    if len(margin + text) <= layout.WIDTH:
        return [margin + text]
    first, _, rest = text[:-1].partition(" in ")
    rows = layout.split(f"{margin}{first} in ", rest, margin)
    return [*rows[:-1], rows[-1] + ":"]
