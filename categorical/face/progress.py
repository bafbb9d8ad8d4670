"""Progress: long work says where it is, on stderr, and only to a person.

Definition.  ``progress(total)`` gives a function that is called with a label before each step.  On
a terminal it moves a bar; elsewhere it does nothing, so that logs and pipes stay clean.

>>> with progress(3) as tick:
...     tick("one")
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress(total: int, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A bar of ``total`` steps on stderr, if that is a terminal."""
    if quiet or total < 1 or not sys.stderr.isatty():
        yield lambda label: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        started = False

        def tick(label: str) -> None:
            nonlocal started
            bar.update(task, description=label, advance=1 if started else 0)
            started = True

        yield tick
