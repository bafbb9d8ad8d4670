"""Small groups for the tests, written out by hand."""

from categorical.exact import Matrix
from categorical.groups import FiniteGroup
from categorical.representations import Representation


def cyclic(n):
    turn = tuple((i + 1) % n for i in range(n))
    return FiniteGroup(f"C{n}", {"r": turn}, relations=(("r",) * n,), order=n)


def symmetric(n):
    cycle = (*range(1, n), 0)
    return FiniteGroup(f"S{n}", {"a": (1, 0, *range(2, n)), "b": cycle})


def dihedral(n):
    turn = tuple((i + 1) % n for i in range(n))
    flip = tuple(-i % n for i in range(n))
    relations = (("r",) * n, ("s", "s"), ("s", "r", "s", "r"))
    return FiniteGroup(f"D{n}", {"r": turn, "s": flip}, relations, order=2 * n)


def quaternion():
    i, j = (1, 2, 3, 0, 5, 6, 7, 4), (4, 7, 6, 5, 2, 1, 0, 3)
    relations = (("i",) * 4, ("i", "i", "j", "j"), ("i", "j", "i", "j^-1"))
    return FiniteGroup("Q8", {"i": i, "j": j}, relations, order=8)


def points(group):
    return Representation.of_permutations(group, group.permutations)


def plane(group):
    """The square's dihedral group on the plane, signed permutations."""
    maps = {"r": Matrix.of([[0, -1], [1, 0]]), "s": Matrix.of([[1, 0], [0, -1]])}
    return Representation(group, maps, name="plane")


def homs(x, y):
    """dim Hom(X, Y) by the rank of the equations over a large prime field; entries are whole."""
    prime = 2_147_483_629
    rows = []
    size = x.dimension * y.dimension
    for g in x.of.arrows:
        left = y.map(g).kron(Matrix.identity(x.dimension))
        right = Matrix.identity(y.dimension).kron(x.map(g).T)
        rows += (left - right).dense().tolist()
    for a in x.of.algebra:
        left = y.derivative(a).kron(Matrix.identity(x.dimension))
        right = Matrix.identity(y.dimension).kron(x.derivative(a).T)
        rows += (left - right).dense().tolist()
    return size - rank(rows, prime)


def rank(rows, prime):
    """The rank of a matrix of whole numbers modulo a prime."""
    kept = []
    for row in rows:
        row = {j: residue(v, prime) for j, v in enumerate(row) if residue(v, prime)}
        for pivot, known in kept:
            factor = row.get(pivot, 0)
            if factor:
                for j, v in known.items():
                    total = (row.get(j, 0) - factor * v) % prime
                    if total:
                        row[j] = total
                    else:
                        row.pop(j, None)
        if row:
            pivot = min(row)
            scale = pow(row[pivot], -1, prime)
            kept.append((pivot, {j: v * scale % prime for j, v in row.items()}))
    return len(kept)


def residue(value, prime):
    """A rational number modulo a prime."""
    return value.numerator * pow(value.denominator, -1, prime) % prime
