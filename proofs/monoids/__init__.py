"""Monoids that act on states: read off cells, proved, and handed to the backends.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import scan
>>> from proofs.monoids.reading import read
>>> t, s = Dim.named("t s")
>>> run = scan(op.mul.at(Real[s], Real[s]) >> op.scale(0.5), over=t).graph()
>>> [str(stage.family) for stage in read(run.nodes[0].box).stages]
['diagonal affine maps']
"""
