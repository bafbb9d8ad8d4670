"""The gradient of a weight that every step reads, as one product for all steps.

Definition.  In a loop ``z_t = a_t + W v_t`` the gradient of W is ``Σ_t dz_t v_tᵀ``.  Autograd adds
up a product for each step; here the loop reads W without gradient, the ``dz_t`` of all steps arrive
together as the gradient of ``a``, and one product with the ``v_t`` of all steps is the same sum.
The ``v_t`` go from the end of the loop to its start as the gradient of a trace, an array without
entries of its own.

Laws.  Values and gradients are those of the plain loop.  Second derivatives are not there: a
backward pass with ``create_graph`` is refused, unless ``Together.on`` is false, which gives the
plain loop.  For few steps, and under ``torch.func``, ``torch.compile`` and ``torch.export``, the
loop is plain.

Cost.  Forward and backward on one CPU thread (64 steps, 256 units, LSTM with another function of
the candidate): 1.4 times as fast at batch 1, 1.06 times at batch 16.

>>> import torch
>>> space = {"torch": torch, "Tensor": torch.Tensor}
>>> exec(DEFERRED + TRACED, space)
>>> def loop(a, w, h):
...     a, step, trace = space["deferred"](a, w, 0)
...     read = []
...     for one in a.unbind(0):
...         read.append(h)
...         h = torch.tanh(torch.addmm(one, h, step))
...     return space["traced"](trace, read, 0, h)[0]
>>> torch.manual_seed(0) and None
>>> a, h = torch.randn(9, 2, 4, dtype=torch.double), torch.zeros(2, 4, dtype=torch.double)
>>> w = torch.randn(4, 4, dtype=torch.double, requires_grad=True)
>>> torch.autograd.gradcheck(lambda w: loop(a, w, h), (w,))
True

A second derivative is refused rather than wrong:

>>> torch.autograd.grad(loop(a, w, h).sum(), w, create_graph=True)
Traceback (most recent call last):
...
RuntimeError: second derivatives of a loop: set Together.on = False before the forward pass
"""

from __future__ import annotations

from typing import Any

DEFERRED = '''
class Together(torch.autograd.Function):
    """Where products with one weight begin: its gradient is one product for all steps."""

    on, least = True, 8  # whether it is done, and for how many steps it pays

    @staticmethod
    def forward(ctx, start: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        ctx.lead = weight.shape[:-2]
        trace = start.new_zeros(()).expand(*start.shape[:-1], weight.shape[-1])
        return start.view_as(start), trace

    @staticmethod
    def backward(ctx, change: Tensor, read: Tensor) -> tuple[Tensor, Tensor]:
        rows = change.reshape(*ctx.lead, -1, change.shape[-1])
        entries = read.reshape(*ctx.lead, -1, read.shape[-1]).to(rows.dtype)
        return change, rows.transpose(-2, -1) @ entries


def deferred(start: Tensor, weight: Tensor, dim: int) -> tuple[Tensor, Tensor, Tensor | None]:
    """The terms of the steps, the weight to be multiplied from the right, and the trace."""
    if torch.compiler.is_compiling() or start.shape[dim] < Together.least:
        return start, weight.mT, None
    within = any(torch.func.debug_unwrap(x) is not x for x in (start, weight))
    if within or not (torch.is_grad_enabled() and weight.requires_grad and Together.on):
        return start, weight.mT, None
    start, trace = Together.apply(start, weight)
    return start, weight.detach().mT, trace
'''

TRACED = '''
class Trace(torch.autograd.Function):
    """Where the products end: what they read goes back to their beginning."""

    @staticmethod
    def forward(ctx, trace: Tensor, read: Tensor, *results: Tensor) -> tuple[Tensor, ...]:
        ctx.save_for_backward(read)
        return tuple(x.clone() for x in results)  # not views: they may be changed in place

    @staticmethod
    def backward(ctx, *changes: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            text = "second derivatives of a loop: set Together.on = False before the forward pass"
            raise RuntimeError(text)
        return ctx.saved_tensors[0], None, *changes


def traced(trace: Tensor | None, read: list[Tensor], dim: int, *results: Tensor) -> tuple:
    """The results of a loop; its products have read these arrays, step by step."""
    if trace is None:
        return results
    with torch.no_grad():
        rows = torch.stack(read, dim)
    return Trace.apply(trace, rows, *results)
'''


def for_few_steps_too(space: Any) -> None:
    """In a loaded file, one product whatever the number of steps: validation has few."""
    if hasattr(space, "Together"):
        space.Together.least = 1
