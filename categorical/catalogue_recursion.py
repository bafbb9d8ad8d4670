"""The codes about recursion: cells, bounds, lengths, trees.

Definition.  Each row is (title, explanation, a snippet that raises the code, one that does not).

>>> sorted(ENTRIES)[0]
'CM045'
"""

_CELL = """
        from categorical.recursion import fold

        t = Dim("t")
"""

ENTRIES: dict[str, tuple[str, str, str, str]] = {
    "CM045": (
        "a cell that is no algebra or coalgebra of its functor",
        """
        A cell takes its states first and returns them last, in the same types: the carrier. A fold
        needs S × A → S, a Mealy machine S × I → O × S, an unfolding S → O × S.
        """,
        _CELL
        + """
        net = fold((op.linear(h, k) @ op.linear(c, k)) >> op.add, over=t)
        """,
        _CELL
        + """
        net = fold((op.linear(h, h) @ op.linear(c, h)) >> op.add, over=t)
        """,
    ),
    "CM046": (
        "an unfolding without a bound",
        """
        A coalgebra goes on for ever, and an array has finitely many entries: the axis along which
        it is unfolded says how many.
        """,
        """
        from categorical.recursion import unfold

        stream = unfold(op.linear(h, c) >> op.relu)
        """,
        """
        from categorical import copy
        from categorical.recursion import unfold

        t = Dim("t")
        cell = copy(Real[h]) >> (op.linear(h, c) @ op.linear(h, h))
        stream = unfold(cell, over=t)
        """,
    ),
    "CM047": (
        "lengths that are no lengths",
        """
        The lengths of a batch count entries along the axis of the run: Fin(t + 1), one number for
        each sample.
        """,
        _CELL
        + """
        cell = (op.linear(h, h) @ op.linear(c, h)) >> op.add
        net = fold(cell, over=t, lengths=True).at(Real[h], Real[t, c], Fin(t)[()])
        """,
        _CELL
        + """
        cell = (op.linear(h, h) @ op.linear(c, h)) >> op.add
        net = fold(cell, over=t, lengths=True).at(Real[h], Real[t, c], Fin(t + 1)[()])
        """,
    ),
    "CM048": (
        "a functor, a monad or an algebra that does not fit",
        """
        A polynomial functor acts on spaces case by case, and its cases are known before anything
        runs: a power by an index set of a sum, or a function space as a value, is refused. A
        structure map, a homomorphism and the two sides of a diagram have the very cases of their
        functor.
        """,
        """
        from categorical.algebras import X

        partial = (1 + X) ** n
        """,
        """
        from categorical.algebras import X

        partial = 1 + X ** n
        """,
    ),
    "CM049": (
        "a theory that cannot be read, or a model that is none",
        """
        A theory names operations with arities, and equations of terms in them; a model gives an
        arrow of that arity for each operation, between the carriers of its sorts.
        """,
        """
        from categorical.algebras import Theory

        magma = Theory("magma", {"mul": 2}, {"associative": "mul(mul(x, y), z) = times(x, y)"})
        """,
        """
        from categorical.algebras import Theory

        magma = Theory("magma", {"mul": 2}, {"commutative": "mul(x, y) = mul(y, x)"})
        """,
    ),
    "CM050": (
        "arrays that are no forest",
        """
        A forest is the children of each node, Fin(node)[node, child], and which of them are there,
        Bool[node, child]. A child is a node of the same forest, and no node is its own descendant:
        a fold would have no state to start from.
        """,
        """
        from categorical import Bool
        from categorical.recursion import rose_fold

        node, child = Dim.named("node child")
        cell = (op.linear(c, h) @ op.sum(child).at(Real[child, h])) >> op.add
        net = rose_fold(cell, over=node, arity=child)
        net = net.at(Real[node, c], Fin(child)[node, child], Bool[node, child])
        """,
        """
        from categorical import Bool
        from categorical.recursion import rose_fold

        node, child = Dim.named("node child")
        cell = (op.linear(c, h) @ op.sum(child).at(Real[child, h])) >> op.add
        net = rose_fold(cell, over=node, arity=child)
        net = net.at(Real[node, c], Fin(node)[node, child], Bool[node, child])
        """,
    ),
    "CM051": (
        "an arrow that cannot run step by step",
        """
        The step of an arrow along t computes the outputs at one index from the inputs at that index
        and a state. What looks at later indices has none: a run from the last entry to the first, a
        sum over t that is read at every index, attention without a causal mask, statistics along t.
        """,
        _CELL
        + """
        from categorical.recursion import step_form

        form = step_form(op.flip(t).at(Real[t, c]), over=t)
        """,
        _CELL
        + """
        from categorical.recursion import step_form

        form = step_form((op.linear(c, h) >> op.tanh).at(Real[t, c]), over=t)
        """,
    ),
}
