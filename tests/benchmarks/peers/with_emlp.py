"""emlp (https://github.com/mfinzi/equivariant-MLP): the basis of an equivariant linear map."""

from serve import serve  # isort: skip

import os

# without this, its iterative solver stops with an error where numpy is 2 or newer
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

from importlib.metadata import version
from typing import Any

from emlp import groups
from emlp.reps import T, V


class Basis:
    """Solve the problem anew: the cache of solutions is emptied each time."""

    def __init__(self, group: str, source: int | None, target: int | None) -> None:
        self.problem = (group, source, target)
        self.facts: dict[str, Any] = {}
        name, *sizes = group.split()
        self.group = getattr(groups, name)(*map(int, sizes))

    def __call__(self) -> None:
        _, source, target = self.problem
        domain, codomain = (V if k is None else T(k) for k in (source, target))
        rep = (domain >> codomain)(self.group)
        rep.solcache.clear()
        self.facts["dimension"] = int(rep.equivariant_basis().shape[1])


def basis(group: str, source: int | None, target: int | None) -> Basis:
    """Maps of tensors of rank ``source`` to rank ``target``; None is the group's own space."""
    return Basis(group, source, target)


if __name__ == "__main__":
    serve({"basis": basis}, {"emlp": version("emlp"), "jax": version("jax")})
