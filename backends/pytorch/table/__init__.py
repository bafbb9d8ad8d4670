"""The rows of all generators, one family a file, named as the files of ``categorical/ops``."""

import importlib
import pkgutil

from backends.pytorch.table.base import LIBRARY, ROWS, Emit, library, row

for _found in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_found}")

__all__ = ["LIBRARY", "ROWS", "Emit", "library", "row"]
