"""Why a law holds: structural provers, certificates, and an independent checker.

A prover reads a graph and returns a ``Proof`` or an ``Obstruction``; ``certificate.bundle`` writes
proofs down as plain data; ``python -m proofs.checker FILE`` re-checks them with nothing but the
standard library and a table of its own.
"""
