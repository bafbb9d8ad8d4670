"""The atlas: published architectures, one a file, each with the laws it must satisfy.

How to read a spec.  The dimensions come first, in plain words.  Then the architecture, as a
function of typed wires (``@arrow``) or as a chain (``f >> g``).  Then the laws, as equations; the
checker proves them for all sizes, verifies them exactly, or tests them, and says which it did.  A
file may declare several architectures: a part (a gate, a fusion) with its own laws, or a variant.

Sizes are given once, at the end, and only those of weights: the number of tokens or items is read
from the data.  A spec describes one sample; the batch axis is added when the module is built.

Write your own the same way, in any folder: spec files are found by path, never imported by name.
"""
