"""What a build made: the text of a module, where it came from, and what was compared.

Definition.  A ``Build`` is data; ``build`` makes it, ``validate`` and ``bake`` read it.

Law.  ``write`` writes the module and its certificate, both or none.

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> n, c, k = Dim.named("n c k")
>>> made = build(op.linear(c, k).at(Real[n, c]), {"c": 2, "k": 3}, "demo", validate=False)
>>> sorted(made.parameters.values()), made.certificate["sizes"]
(['linear.bias', 'linear.weight'], {'c': 2, 'k': 3})

A size of which the module knows nothing is refused by its ``Config``:

>>> made.module(depth=2)
Traceback (most recent call last):
...
TypeError: Config.__init__() got an unexpected keyword argument 'depth'
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backends.pytorch.recursion.streams import Stream, unrolled
from backends.pytorch.scope import ClassText
from categorical.files import write_all_atomic
from categorical.graph import Graph
from categorical.records import NOISE


@dataclass
class Build:
    """A generated module: its text, how it came about, and what was compared."""

    source: str
    module_name: str
    class_name: str
    graph: Graph
    spec_hash: str
    sizes: dict[str, int]
    main: ClassText
    late: list[str]
    config_fields: dict[str, str]
    contract: str
    derivation: list[str]
    laws: list[str]
    validation: dict[str, Any] = field(default_factory=dict)
    stream: Stream | None = None
    way: str = ""  # the method that ``run`` goes by, if it is not ``forward``

    def run(self, module: Any, inputs: Sequence[Any], sizes: Mapping[str, int]) -> Any:
        """The outputs of the module."""
        if self.way:
            return unrolled(self, module, inputs, sizes)
        return module(*inputs, *(sizes[s] for s in self.late))

    def keys(self, sizes: Mapping[str, int]) -> dict[str, str]:
        """The state-dict key of every weight and state, by its path in the spec."""
        resources = self.graph.resources(sizes)
        paths = [path for path, one in resources.items() if one.role != NOISE]
        return {path: self.main.key(path) for path in paths}

    @property
    def parameters(self) -> dict[str, str]:
        """The state-dict keys at the sizes of the build."""
        return self.keys(self.sizes)

    @property
    def certificate(self) -> dict[str, Any]:
        """What the build claims, as JSON."""
        return {
            "format": "commute-build-1",
            "module": self.module_name,
            "class": self.class_name,
            "spec_sha256": self.spec_hash,
            "source_sha256": hashlib.sha256(self.source.encode()).hexdigest(),
            "sizes": dict(sorted(self.sizes.items())),
            "contract": self.contract,
            "parameters": dict(self.parameters),
            "derivation": list(self.derivation),
            "laws": list(self.laws),
            "validation": self.validation,
        }

    def write(self, path: str | Path) -> list[Path]:
        """Write ``model.py`` and ``model.certificate.json``; both or none."""
        target = Path(path)
        other = target.with_suffix(".certificate.json")
        text = json.dumps(self.certificate, indent=2, ensure_ascii=False) + "\n"
        write_all_atomic({target: self.source, other: text})
        return [target, other]

    def module(self, **config: int) -> Any:
        """The generated ``nn.Module``, at the sizes of the build or at others."""
        from backends.pytorch.loader import load_source

        space = load_source(self.source, self.module_name)
        return getattr(space, self.class_name)(space.Config(**config))
