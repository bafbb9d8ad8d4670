"""The codes about models: sizes, weights, groups, laws, spec files and what is written to disk.

Definition. Each row is (title, explanation, a snippet that raises the code, one that does not).

>>> ENTRIES["CM031"][2]
'commute recheck changed.certificate.json'
"""

ENTRIES: dict[str, tuple[str, str, str, str]] = {
    "CM008": (
        "a condition on sizes cannot hold",
        """
        Quotients such as `d // h` hold under the condition that `h` divides `d`. The sizes
        given contradict a condition; the message gives the least counterexample.
        """,
        """
        from categorical import architecture

        d = Dim("d")
        heads = op.split(d, h, d // h)
        model = architecture(heads, sizes=dict(d=100, h=8))
        """,
        """
        from categorical import architecture

        d = Dim("d")
        heads = op.split(d, h, d // h)
        model = architecture(heads, sizes=dict(d=96, h=8))
        """,
    ),
    "CM014": (
        "a random box copied or merged",
        """
        Running one dropout and copying its result is not the same as running two. Whatever
        copies, shares or merges boxes with noise is refused.
        """,
        """
        from categorical import tie

        drop = tie(op.dropout(0.5).at(Real[c]))
        """,
        """
        from categorical import copy

        drop = op.dropout(0.5).at(Real[c]) >> copy(Real[c])
        """,
    ),
    "CM015": (
        "tying arrows that carry state",
        """
        Tied arrows share one set of weights. Running statistics are written in program order,
        so two uses that share them would depend on which ran first.
        """,
        """
        from categorical import tie

        net = tie(op.batch_norm(c, over=(n,)).at(Real[n, c]))
        """,
        """
        from categorical import tie

        net = tie(op.linear(c, c) >> op.linear(c, c))
        """,
    ),
    "CM016": (
        "an activation that is not odd, on a sign action",
        """
        The group acts on this axis by changing signs. A pointwise function commutes with that
        only if it is odd: tanh, or a gate, not relu.
        """,
        """
        s = Dim("s", action="sign")
        net = op.linear(s, s) >> op.relu
        """,
        """
        s = Dim("s", action="sign")
        net = op.linear(s, s) >> op.tanh
        """,
    ),
    "CM017": (
        "a pointwise activation on a rotation action",
        """
        The group mixes the coordinates of this axis. No nonlinear function applied to each
        coordinate commutes with that. Gate by the norm, multiply by invariants, or take
        products.
        """,
        """
        v = Dim("v", action="rotation", size=3)

        @arrow
        def net(x: Real[n, v]) -> Real[n, v]:
            return op.relu(x)
        """,
        """
        v = Dim("v", action="rotation", size=3)

        @arrow
        def net(x: Real[n, v]) -> Real[n, v]:
            gate = op.sigmoid(op.contract(v)(x, x))
            return op.einsum(n, v)(x, gate)
        """,
    ),
    "CM018": (
        "one arrow called twice: two sets of weights",
        """
        Composition never shares parameters: `f >> f` has those of `f` twice, and calling one
        arrow twice in a body does the same. If one set was meant, say so with `tie`.
        """,
        """
        layer = op.linear(c, c)

        @arrow
        def net(x: Real[c]) -> Real[c]:
            return layer(op.relu(layer(x)))
        """,
        """
        from categorical import tie

        layer = op.linear(c, c)
        net = tie(layer >> op.relu >> layer)
        """,
    ),
    "CM019": (
        "a tie between unequal parameter spaces",
        """
        Tied parameters are one tensor: they need one space, with the same axes in the same
        order.
        """,
        """
        from categorical import tie

        net = op.linear(c, h, name="a") >> op.linear(h, c, name="b")
        tied = tie(net, {"a.weight": "b.weight"})
        """,
        """
        from categorical import tie

        net = op.linear(c, c, name="a") >> op.linear(c, c, name="b")
        tied = tie(net, {"a.weight": "b.weight"})
        """,
    ),
    "CM020": (
        "no parameter of that name",
        "The name selects no parameter of the arrow. The message lists the names that exist.",
        """
        from categorical import tie

        net = op.linear(c, c, name="a") >> op.linear(c, c, name="b")
        tied = tie(net, {"a.weight": "missing.weight"})
        """,
        """
        from categorical import tie

        net = op.linear(c, c, name="a") >> op.linear(c, c, name="b")
        tied = tie(net, {"a.weight": "b.weight"})
        """,
    ),
    "CM021": (
        "a law that this boundary cannot state",
        """
        The law speaks of an axis, a wire or a shape that the arrow's boundary does not have, so
        there is nothing to check.
        """,
        """
        from categorical import architecture, laws
        from categorical.groups import Symmetric

        model = architecture(op.linear(c, h), laws=[laws.invariant(under=Symmetric(n))])
        """,
        """
        from categorical import architecture, laws
        from categorical.groups import Symmetric

        net = (op.linear(c, h) >> op.sum(n)).at(Real[n, c])
        model = architecture(net, laws=[laws.invariant(under=Symmetric(n))])
        """,
    ),
    "CM024": (
        "a name that cannot be used",
        """
        Names become variables and `state_dict` keys of the generated file, so they are plain
        ASCII identifiers, and neither Python keywords nor attributes of `nn.Module`.
        """,
        'channels = Dim("number of channels")',
        'channels = Dim("channels")',
    ),
    "CM025": (
        "a size that is missing, not positive, or not allowed",
        "Building needs a positive whole number for every dimension that is not left open.",
        """
        from categorical import architecture

        model = architecture(op.linear(c, h), sizes=dict(c=0, h=8))
        """,
        """
        from categorical import architecture

        model = architecture(op.linear(c, h), sizes=dict(c=4, h=8))
        """,
    ),
    "CM026": (
        "too large",
        """
        The parameters and arrays are counted before anything is allocated, and the count is
        above the limit. Lower a size, or raise the limit.
        """,
        """
        from categorical import architecture

        model = architecture(op.linear(c, h), sizes=dict(c=10**9, h=10**9))
        model.check()
        """,
        """
        from categorical import architecture

        model = architecture(op.linear(c, h), sizes=dict(c=10, h=10))
        model.check()
        """,
    ),
    "CM027": (
        "the spec file cannot be imported",
        """
        Running the file raised an error that is not one of ours; the message shows its last
        lines.
        """,
        "import no_such_module",
        """
        from categorical import architecture

        model = architecture(op.linear(c, h), sizes=dict(c=4, h=8))
        """,
    ),
    "CM028": (
        "the file declares no architecture",
        "The file ran, and made no `architecture(...)`. An arrow alone has no laws and no sizes.",
        "net = op.linear(c, h)",
        """
        from categorical import architecture

        model = architecture(op.linear(c, h), sizes=dict(c=4, h=8))
        """,
    ),
    "CM030": (
        "a file cannot be written",
        "The message gives the reason. Files are written whole or not at all.",
        """
        from categorical.files import write_atomic

        write_atomic("no/such/folder/model.py", "x = 1")
        """,
        """
        import os, tempfile
        from categorical.files import write_atomic

        write_atomic(os.path.join(tempfile.mkdtemp(), "model.py"), "x = 1")
        """,
    ),
    "CM031": (
        "a certificate does not check",
        """
        The independent checker could not follow the certificate to its claim: the file was
        changed, or belongs to another spec. Nothing in it should be believed; build again.
        """,
        "commute recheck changed.certificate.json",
        "commute build model_spec.py -o model.py && commute recheck model.certificate.json",
    ),
    "CM032": (
        "repeating an arrow whose ends differ",
        "`iterate` feeds the result back in, so the arrow must return the space it takes.",
        """
        from categorical import iterate

        net = iterate(op.linear(c, h), 3)
        """,
        """
        from categorical import iterate

        net = iterate(op.linear(c, c), 3)
        """,
    ),
    "CM038": (
        "the spec took too long",
        """
        Loading and checking run under a time limit. Look for a loop that does not end, or raise
        it.
        """,
        "while True: pass",
        """
        from categorical import architecture

        model = architecture(op.linear(c, h), sizes=dict(c=4, h=8))
        """,
    ),
    "CM040": (
        "the generated file disagrees with the spec",
        """
        The file was run and compared with the reference meaning before it was written, and they
        differ. Nothing was written. This is a bug in Commute or in torch: please report it.
        """,
        "commute build model_spec.py -o model.py  # a backend with a planted bug",
        "commute build model_spec.py -o model.py",
    ),
    "CM041": (
        "a number outside its range",
        """
        A probability lies between 0 and 1, a small constant that guards a division is not negative,
        and a constant on a wire is finite: what does not count is masked, not set to −∞.
        """,
        "drop = op.dropout(1.5)",
        "drop = op.dropout(0.5)",
    ),
    "CM042": (
        "an argument of the wrong kind",
        """
        The functions that make arrows check what they are given against their annotations, when an
        arrow is made and never when it runs.
        """,
        """
        from categorical import iterate

        net = iterate(op.linear, 3)
        """,
        """
        from categorical import iterate

        net = iterate(op.linear(c, c), 3)
        """,
    ),
    "CM043": (
        "a group or a representation that is not what it is declared to be",
        """
        A group is declared by generators, with relations and an order; a representation by a matrix
        for each generator.  Relations, brackets and orders are checked, exactly, when the object is
        made: every layer that is solved for rests on them.
        """,
        """
        from categorical.groups import FiniteGroup

        turn = FiniteGroup("Z2", {"r": (1, 2, 0)}, relations=(("r", "r"),))
        """,
        """
        from categorical.groups import FiniteGroup

        turn = FiniteGroup("Z3", {"r": (1, 2, 0)}, relations=(("r", "r", "r"),))
        """,
    ),
    "CM044": (
        "a layer that cannot be solved for",
        """
        The solver is exact or refuses: an answer that would not fit into memory, numbers outside
        the known fields, a group whose generators are not known, and two types that no map but
        zero joins are named, and nothing is computed in floats instead.
        """,
        """
        from categorical.exact import Matrix, sqrt
        from categorical.groups import FiniteGroup
        from categorical.representations import Representation

        turn = FiniteGroup("Z2", {"r": (1, 0)}, relations=(("r", "r"),))
        flip = Representation(turn, {"r": Matrix.of([[0, sqrt(7)], [1 / sqrt(7), 0]])})
        """,
        """
        from categorical.exact import Matrix, sqrt
        from categorical.groups import FiniteGroup
        from categorical.representations import Representation

        turn = FiniteGroup("Z2", {"r": (1, 0)}, relations=(("r", "r"),))
        flip = Representation(turn, {"r": Matrix.of([[0, sqrt(3)], [1 / sqrt(3), 0]])})
        """,
    ),
}
