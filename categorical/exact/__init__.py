"""Exact linear algebra: cyclotomic numbers, sparse matrices, bases of tensors."""

from categorical.exact.basis import Basis
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Cyclotomic, Number, cos, root, sin, sqrt

__all__ = ["Basis", "Cyclotomic", "Matrix", "Number", "cos", "root", "sin", "sqrt"]
