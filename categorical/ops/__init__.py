"""The generators, one family a file; ``categorical.op`` is their public surface."""
