"""Naming: one name a thing, within one scope of the generated file.

Law.  Names are given in the order of the text, so the same graph gives the same names.

>>> names = Names({"x"})
>>> names.local("x"), names.local("x"), names.local("sum")
('x_2', 'x_3', 'total')

A name that is no identifier never gets out:

>>> names.local("import os")
'import_os'
"""

from __future__ import annotations

from backends.pytorch import safety

#: What a person calls a value whose operation has the name of a builtin function.
_COMMON = {"sum": "total", "max": "largest", "min": "smallest", "abs": "magnitude", "input": "x"}


class Names:
    """The names of one scope."""

    def __init__(self, taken: set[str] | frozenset[str] = frozenset()) -> None:
        self.taken = set(taken)
        self._last: dict[str, int] = {}

    def _take(self, base: str) -> str:
        name, count = base, self._last.get(base, 1)
        while name in self.taken:
            count += 1
            name = f"{base.rstrip('_')}_{count}"
        self._last[base] = count
        self.taken.add(name)
        return name

    def release(self, name: str) -> None:
        """A name that was not needed after all."""
        self.taken.discard(name)

    def local(self, text: str) -> str:
        """A local variable."""
        return self._take(safety.variable(_COMMON.get(text, text)))

    def attribute(self, text: str) -> str:
        """An attribute of a module."""
        return self._take(safety.attribute(text))

    def class_name(self, text: str) -> str:
        """A class."""
        name = safety.class_name(text, frozenset(self.taken))
        self.taken.add(name)
        return name
