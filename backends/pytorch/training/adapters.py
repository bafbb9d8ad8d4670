"""Adapters: the declared step inside of Lightning or accelerate, in a few lines.

Definition.  An adapter is a file beside the training file.  It hands the library the model and the
optimisers that ``Training`` made, puts the library's optimisers in their places, and leaves the
step to ``Training.step``: who moves when, and in which regime, stays as declared.

Law.  One process with an adapter makes the steps of the training file.  Models that are submodules
of one root are called one by one, which libraries do not wrap for several processes; the file says
so.

>>> from categorical import Dim, Real, op
>>> from categorical.learning.games import learner
>>> from categorical.learning.losses import mean_squared_error
>>> from categorical.learning.optimisers import sgd
>>> from backends.pytorch.training.write import train
>>> c, k = Dim.named("c k")
>>> model = op.linear(c, k).named("line")
>>> one = learner(model, mean_squared_error(Real[k]), sgd(0.1), sizes=dict(c=2, k=3))
>>> made = train(one, validate=False)
>>> "from accelerate import Accelerator" in adapter(made, "accelerate")
True

There are adapters for two libraries:

>>> adapter(made, "keras")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM024]: there is no adapter for `keras`
...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.pytorch import safety
from backends.pytorch.training.steps import Written, head, laid
from categorical.errors import SpecError

if TYPE_CHECKING:
    from backends.pytorch.training.write import Trained

LIBRARIES = ("lightning", "accelerate")


def adapter(made: Trained, library: str) -> str:
    """The text of the adapter of a training file."""
    if library not in LIBRARIES:
        raise SpecError(
            "CM024", f"there is no adapter for `{library}`", help=[" or ".join(LIBRARIES)]
        )
    lines = _lightning(made) if library == "lightning" else _accelerate(made)
    trusted = {
        ("collections.abc", "Iterable"),
        ("lightning", "LightningModule"),
        ("accelerate", "Accelerator"),
        (f"{made.module}_train", "Training"),
    }
    text = "\n".join(lines) + "\n"
    try:
        safety.check_source(text, frozenset(trusted))
    except safety.Unsafe as problem:
        raise SpecError("CM040", f"the adapter is refused: {problem}", origin=None) from None
    return text


def _parts(made: Trained) -> tuple[Written, list[str], list[str]]:
    """What the file is written from, the names of its optimisers, and its arguments."""
    it = made.it
    assert it is not None
    own = [one.attribute.removeprefix("self.") for one in it.movers]
    return it, own, ["model: nn.Module", *(f"{x}: Tensor" for x in it.held)]


def _top(made: Trained, library: str) -> list[str]:
    """The docstring: where the file comes from, and for how many processes it is."""
    it = made.it
    assert it is not None
    name = safety.docstring(f"{made.model.class_name}: {made.game.name}")
    one = [] if made.whole and not it.held else ["The models are called one by one: one process."]
    return [
        f'"""Training of {name}, by {library}.',
        "",
        *made.provenance,
        "",
        f"The step is that of {made.module}_train.py: who moves when, and how, stays as declared.",
        *one,
        '"""',
        "",
    ]


def _lightning(made: Trained) -> list[str]:
    it, own, arguments = _parts(made)
    held = "".join(f", self.{x}" for x in it.held)
    logged = '{"loss": losses}'
    if not it.single:
        pairs = (f"{safety.string(x.player.name)}: losses[{i}]" for i, x in enumerate(it.movers))
        logged = f"{{{', '.join(pairs)}}}"
    name = safety.class_name(f"{made.model.module_name}_lightning")
    optimizers = [f"self.rounds.{x}" for x in own]
    scaled = it.regime.precision == "float16"
    return [
        *_top(made, "Lightning"),
        "from lightning import LightningModule",
        "from torch import Tensor, nn",
        "",
        f"from {made.module}_train import Training",
        "",
        "",
        f"class {name}(LightningModule):",
        '    """A model and its training, for ``lightning.Trainer``."""',
        "",
        *head("__init__", ["self", *arguments], 4, "None"),
        *laid(
            [
                "super().__init__()",
                "self.automatic_optimization = False",
                "self.model = model",
                *(f"self.{x} = {x}" for x in it.held),
            ]
        ),
        "",
        "    def configure_optimizers(self) -> list:",
        '        """The optimisers of the training file."""',
        *laid(
            [
                f"self.rounds = Training(self.model{held})",
                f"return [{', '.join(optimizers)}]",
            ]
        ),
        "",
        "    def training_step(self, batch: list[Tensor], index: int) -> None:",
        '        """One step of each player on a batch."""',
        *laid(
            [
                # a gradient scaler has to see the optimisers themselves
                *([] if scaled else [f"{', '.join(optimizers)} = self.optimizers()"]),
                "losses = self.rounds.step(*batch)",
                f"self.log_dict({logged}, prog_bar=True)",
            ]
        ),
    ]


def _accelerate(made: Trained) -> list[str]:
    it, own, arguments = _parts(made)
    prepared = [f"training.{x}" for x in own]
    given = ", ".join(["model", *prepared, "batches"])
    step = "training.step(*batch)" if not it.single else "[training.step(*batch)]"
    arguments = ["accelerator: Accelerator", *arguments, "batches: Iterable", "epochs: int = 1"]
    return [
        *_top(made, "accelerate"),
        "from collections.abc import Iterable",
        "",
        "import torch",
        "from accelerate import Accelerator",
        f"from torch import {'Tensor, ' if it.held else ''}nn",
        "",
        f"from {made.module}_train import Training",
        "",
        "",
        *head("fit", arguments, 0, "Training"),
        '    """Train on batches where the accelerator says, and say how the losses go."""',
        *laid(
            [
                f"training = Training({', '.join(['model', *it.held])})",
                f"training.model, {', '.join(prepared)}, batches = accelerator.prepare({given})",
                "training.model.train()",
                "for epoch in range(epochs):",
                f"    losses = torch.tensor([{step} for batch in batches])",
                '    accelerator.print(f"epoch {epoch + 1}:", losses.mean(0).tolist())',
                "return training",
            ],
            4,
        ),
    ]
