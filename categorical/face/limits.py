"""Time limits: a call ends within its wall-clock time, or is stopped.

Definition.  ``limited(f, seconds)`` is ``f()`` if that ends in time, and raises ``TooLong``
otherwise.  In the main thread an interval timer interrupts the call (and keeps interrupting, for
code that swallows exceptions); elsewhere the call runs in a thread that is told to stop.  A call
that swallows every interruption cannot be stopped from inside: ``last_resort`` is called, which
does not return.

Law.  A timer that was running before is running afterwards, with the time that it had left.

>>> limited(lambda: 1 + 1, 5.0)
2

>>> def forever():
...     while True:
...         pass
>>> limited(forever, 0.05)
Traceback (most recent call last):
...
categorical.face.limits.TooLong: 0.05 s are over
"""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
AGAIN = 0.5
PATIENCE = 8


class TooLong(BaseException):
    """The time is over; no ordinary ``except Exception`` holds it up."""


def limited(
    function: Callable[[], T], seconds: float, last_resort: Callable[[], None] = lambda: None
) -> T:
    """The value of a call, or ``TooLong``; 0 seconds or less is no limit."""
    if seconds <= 0:
        return function()
    main = threading.current_thread() is threading.main_thread()
    if main and hasattr(signal, "setitimer"):
        return _with_timer(function, seconds, last_resort)
    return _in_thread(function, seconds)


def _with_timer(function: Callable[[], T], seconds: float, last_resort: Callable[[], None]) -> T:
    rings = 0

    def over(number: int, frame: FrameType | None) -> None:
        nonlocal rings
        rings += 1
        if rings > PATIENCE:
            last_resort()
        raise TooLong(f"{seconds:g} s are over")

    started = time.monotonic()
    previous = signal.signal(signal.SIGALRM, over)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        return function()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        if left:
            rest = max(left - (time.monotonic() - started), 0.001)
            signal.setitimer(signal.ITIMER_REAL, rest, interval)


def _in_thread(function: Callable[[], T], seconds: float) -> T:
    answers: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(function())
        except BaseException as problem:
            errors.append(problem)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    tries = 0
    while thread.is_alive() and tries < 4:
        stop = ctypes.py_object(TooLong)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), stop)
        thread.join(AGAIN)
        tries += 1
    if tries:
        trace = errors[0].__traceback__ if errors else None
        raise TooLong(f"{seconds:g} s are over").with_traceback(trace)
    if errors:
        raise errors[0]
    return answers[0]
