"""Optimisers of torch: the text that makes one, and what it calls the parts of its state.

Definition.  ``Optimiser.torch`` names a class of ``torch.optim`` and its arguments; ``making`` is
the call.  The classes whose kernels run on every device are asked to be fused.

Law.  ``state`` of an optimiser of torch is ``to_torch`` of the state of ours, part by part.

>>> from categorical.learning.optimisers import sgd
>>> from categorical.learning.optimisers_adaptive import adam
>>> making(sgd(0.1, momentum=0.9), "weights")
'torch.optim.SGD(weights, lr=0.1, momentum=0.9, fused=True)'
>>> making(adam(1e-3), "weights")
'torch.optim.Adam(weights, lr=0.001, fused=True)'

A class that is not written (Muon of torch iterates in bfloat16, so it is another step):

>>> from dataclasses import replace
>>> making(replace(sgd(0.1), torch=("Eval", {})), "weights")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM024]: training files have no optimiser `Eval`
...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backends.pytorch import safety
from categorical.errors import SpecError
from categorical.learning.optimisers import Optimiser

#: With a fused kernel wherever torch runs (that of Adagrad is for CPUs only).
FUSED = ("SGD", "Adam", "AdamW")
CLASSES = (*FUSED, "Adagrad", "RMSprop", "Adadelta", "Adamax", "NAdam", "RAdam")

#: What torch calls the parts of the state, by the class and our name.
STATES = {
    ("SGD", "buffer"): "momentum_buffer",
    ("SGD", "velocity"): "momentum_buffer",
    ("Adagrad", "square"): "sum",
    ("Adagrad", "step"): "step",
    ("RMSprop", "square"): "square_avg",
    ("RMSprop", "mean"): "grad_avg",
    ("RMSprop", "buffer"): "momentum_buffer",
    **{
        (name, ours): theirs
        for name in ("Adam", "AdamW", "NAdam", "RAdam")
        for ours, theirs in (
            ("mean", "exp_avg"),
            ("square", "exp_avg_sq"),
            ("largest", "max_exp_avg_sq"),
            ("momenta", "mu_product"),
            ("step", "step"),
        )
    },
    ("Adadelta", "square"): "square_avg",
    ("Adadelta", "moved"): "acc_delta",
    ("Adamax", "mean"): "exp_avg",
    ("Adamax", "largest"): "exp_inf",
    ("Adamax", "step"): "step",
}


def arguments(given: Any) -> str:
    """Keyword arguments as text."""
    return ", ".join(f"{safety.identifier(k)}={safety.literal(v)}" for k, v in given.items())


def making(optimiser: Optimiser, weights: str) -> str:
    """The call that makes the optimiser of torch."""
    name, given = optimiser.torch
    if name not in CLASSES:
        raise SpecError(
            "CM024",
            f"training files have no optimiser `{name}`",
            help=[f"one of {', '.join(CLASSES)}"],
        )
    fused = {"fused": True} if name in FUSED else {}
    return f"torch.optim.{name}({weights}, {arguments({**given, **fused})})"


def schedule(optimiser: Optimiser, attribute: str) -> str:
    """The call that makes the schedule of its rate, "" where the rate is constant."""
    if optimiser.schedule is None or optimiser.schedule.name == "constant":
        return ""
    return _scheduler(attribute, *optimiser.schedule.torch)


def _scheduler(attribute: str, name: str, given: Mapping[str, Any]) -> str:
    """The call of one scheduler, with those that it takes turns with."""
    rest = arguments({k: v for k, v in given.items() if k != "schedulers"})
    if "schedulers" in given:
        turns = ", ".join(_scheduler(attribute, *one) for one in given["schedulers"])
        rest = f"schedulers=[{turns}], {rest}"
    return f"torch.optim.lr_scheduler.{safety.identifier(name)}({attribute}, {rest})"


def shown(optimiser: Optimiser) -> str:
    """The optimiser for a reader."""
    rate = schedule(optimiser, "").replace("torch.optim.lr_scheduler.", "").replace("(, ", "(")
    return making(optimiser, "").replace("(, ", "(") + (f", rate {rate}" if rate else "")


def state(kind: str, part: str, of: Any) -> Any:
    """The part of the state of a weight that torch keeps (``None`` where it keeps none)."""
    return of.get(STATES.get((kind, part), ""))
