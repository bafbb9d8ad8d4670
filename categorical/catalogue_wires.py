"""The codes about wires and axes: what does not fit together while an arrow is being written.

Definition. Each row is (title, explanation, a snippet that raises the code, one that does not).

>>> ENTRIES["CM009"][2]
'scores = Real[n, n]'
"""

ENTRIES: dict[str, tuple[str, str, str, str]] = {
    "CM001": (
        "two arrows do not compose",
        """
        In `f >> g` every wire that `f` produces must be the wire that `g` expects at that
        place. The message shows both boundaries and names the first wire that differs.
        """,
        "net = op.linear(c, h) >> op.linear(k, c)",
        "net = op.linear(c, h) >> op.linear(h, k)",
    ),
    "CM002": (
        "the wires agree, in another order",
        """
        Both sides have the same wires in different orders. Crossing wires is a choice, so it is
        written down: insert the permutation that the help line gives.
        """,
        """
        @arrow
        def two(x: Real[c]) -> Real[c] * Real[h]:
            return x, op.linear(c, h)(x)

        @arrow
        def merge(y: Real[h], x: Real[c]) -> Real[h]:
            return y + op.linear(c, h)(x)

        net = two >> merge
        """,
        """
        from categorical import swap

        @arrow
        def two(x: Real[c]) -> Real[c] * Real[h]:
            return x, op.linear(c, h)(x)

        @arrow
        def merge(y: Real[h], x: Real[c]) -> Real[h]:
            return y + op.linear(c, h)(x)

        net = two >> swap(Real[c], Real[h]) >> merge
        """,
    ),
    "CM003": (
        "one size, two index sets",
        """
        Sizes multiply in any order, index sets do not: `h * w` and `w * h` have the same number
        of points and enumerate them differently. A `view` that only keeps the count would
        silently shuffle the data; it is a transpose followed by a merge, and is written so.
        """,
        """
        w = Dim("w")

        @arrow
        def dense(x: Real[h, w]) -> Real[k]:
            return op.linear(w * h, k)(op.merge(h, w)(x))
        """,
        """
        w = Dim("w")

        @arrow
        def dense(x: Real[h, w]) -> Real[k]:
            return op.linear(h * w, k)(op.merge(h, w)(x))
        """,
    ),
    "CM004": (
        "a silent broadcast was refused",
        """
        Adding arrays over different axes would repeat one of them along the axes it lacks. That
        is sometimes meant and often a bug (a loss between `[n, 1]` and `[n]`), so it is written
        down.
        """,
        """
        @arrow
        def shift(x: Real[n, c], b: Real[c]) -> Real[n, c]:
            return x + b
        """,
        """
        @arrow
        def shift(x: Real[n, c], b: Real[c]) -> Real[n, c]:
            return x + op.expand(n)(b)
        """,
    ),
    "CM005": (
        "an axis is missing",
        """
        The operation acts along an axis that the wire does not have. The message lists the axes
        that it does have.
        """,
        """
        @arrow
        def pool(x: Real[c]) -> Real[c]:
            return op.mean(n)(x)
        """,
        """
        @arrow
        def pool(x: Real[n, c]) -> Real[c]:
            return op.mean(n)(x)
        """,
    ),
    "CM006": (
        "an axis is ambiguous",
        """
        Two axes of the wire range over the same index set, and the operation could mean either.
        Name the occurrence by its label.
        """,
        """
        @arrow
        def degree(a: Real[n, n.at("key")]) -> Real[n]:
            return op.sum(n)(a)
        """,
        """
        @arrow
        def degree(a: Real[n, n.at("key")]) -> Real[n]:
            return op.sum(n.at("key"))(a)
        """,
    ),
    "CM007": (
        "the number of wires is wrong",
        """
        An arrow takes exactly the wires of its domain; there are no defaults and no rest
        arguments.
        """,
        """
        @arrow
        def net(x: Real[c], y: Real[c]) -> Real[h]:
            return op.linear(c, h)(x, y)
        """,
        """
        @arrow
        def net(x: Real[c], y: Real[c]) -> Real[h]:
            return op.linear(c, h)(x + y)
        """,
    ),
    "CM009": (
        "one index set twice, without a label",
        """
        Two axes of one array over one index set cannot be told apart unless one of them carries
        a label.
        """,
        "scores = Real[n, n]",
        'scores = Real[n, n.at("key")]',
    ),
    "CM010": (
        "a residual connection changes the width",
        """
        `x + f(x)` needs `f` to return the space of `x`: project back, or project the shortcut
        too.
        """,
        """
        from categorical.composites import residual

        block = residual(op.linear(c, h) >> op.relu)
        """,
        """
        from categorical.composites import residual

        block = residual(op.linear(c, h) >> op.relu >> op.linear(h, c))
        """,
    ),
    "CM011": (
        "the kind of a wire is wrong",
        """
        Wires carry real numbers, complex numbers, truth values, or indices into a set. An
        operation on one kind does not apply to another: indices are embedded or looked up, not
        multiplied.
        """,
        """
        @arrow
        def net(token: Fin(k)[n]) -> Real[n, c]:
            return op.relu(token)
        """,
        """
        @arrow
        def net(token: Fin(k)[n]) -> Real[n, c]:
            return op.relu(op.embedding(k, c)(token))
        """,
    ),
    "CM012": (
        "a decision on the value of a wire",
        """
        An arrow is one fixed diagram. `if`, `while`, `and`, `or` and `not` need a value now,
        and a wire has none until the model runs. Use `op.where`, a mask, or a static Python
        condition.
        """,
        """
        @arrow
        def net(x: Real[c]) -> Real[c]:
            return op.relu(x) if x else x
        """,
        """
        @arrow
        def net(x: Real[c]) -> Real[c]:
            return op.where(x > 0, op.relu(x), x)
        """,
    ),
    "CM013": (
        "a wire of another arrow",
        """
        A wire lives inside the arrow whose body is being written. It cannot be kept and used in
        another one: pass it as an argument.
        """,
        """
        kept = []

        @arrow
        def first(x: Real[c]) -> Real[c]:
            kept.append(x)
            return x

        @arrow
        def second(y: Real[c]) -> Real[c]:
            return y + kept[0]
        """,
        """
        @arrow
        def second(y: Real[c], x: Real[c]) -> Real[c]:
            return y + x
        """,
    ),
    "CM022": (
        "the result is not of the annotated type",
        "The body of the arrow returns another space than the annotation after `->` says.",
        """
        @arrow
        def net(x: Real[n, c]) -> Real[k]:
            return op.linear(c, k)(x)
        """,
        """
        @arrow
        def net(x: Real[n, c]) -> Real[n, k]:
            return op.linear(c, k)(x)
        """,
    ),
    "CM023": (
        "an argument without an annotation",
        "An arrow needs the space of every wire it takes: nothing is guessed from the first call.",
        """
        @arrow
        def net(x) -> Real[h]:
            return op.linear(c, h)(x)
        """,
        """
        @arrow
        def net(x: Real[c]) -> Real[h]:
            return op.linear(c, h)(x)
        """,
    ),
    "CM029": (
        "an arrow that contains itself",
        """
        An arrow is a finite diagram, so it cannot call itself. Repetition is `iterate` or a
        fold.
        """,
        """
        @arrow
        def net(x: Real[c]) -> Real[c]:
            return net(op.relu(x))
        """,
        """
        from categorical import iterate

        net = iterate(op.linear(c, c) >> op.relu, 3)
        """,
    ),
    "CM033": (
        "a string where a dimension is expected",
        "Dimensions are objects: two files cannot mean different things by the same spelling.",
        'x = Real["n", c]',
        "x = Real[n, c]",
    ),
    "CM034": (
        "a Python loop over a wire",
        """
        A wire has no elements while the arrow is being written. Operations act along a named
        axis; a recurrence is a fold.
        """,
        """
        @arrow
        def net(x: Real[n, c]) -> Real[c]:
            return sum(row for row in x)
        """,
        """
        @arrow
        def net(x: Real[n, c]) -> Real[c]:
            return op.sum(n)(x)
        """,
    ),
    "CM035": (
        "a wire is never used",
        """
        The value is computed or passed in, and nothing depends on it. Drop it, or discard it on
        purpose.
        """,
        """
        @arrow
        def net(x: Real[c], y: Real[c]) -> Real[h]:
            return op.linear(c, h)(x)
        """,
        """
        @arrow
        def net(x: Real[c]) -> Real[h]:
            return op.linear(c, h)(x)
        """,
    ),
    "CM036": (
        "a label that is already taken",
        "Two axes of one wire would have the same index set and the same label.",
        """
        @arrow
        def net(x: Real[n, n.at("key")]) -> Real[n, n.at("key")]:
            return op.relabel(n, n.at("key"))(x)
        """,
        """
        @arrow
        def net(x: Real[n, n.at("key")]) -> Real[n.at("query"), n.at("key")]:
            return op.relabel(n, n.at("query"))(x)
        """,
    ),
    "CM037": (
        "a sum type needs a case",
        "A wire of type `A + B` is one of the two: say what happens to each with `case(f, g)`.",
        """
        @arrow
        def net(x: Real[c] + Real[h]) -> Real[h]:
            return op.relu(x)
        """,
        """
        from categorical import case

        net = case(op.linear(c, h), op.relu.at(Real[h]))
        """,
    ),
    "CM039": (
        "looking up in the wrong index set",
        """
        A wire of type `Fin(v)` holds indices into `v`, so it can only select along an axis over
        `v`; anything else would read some other entry.
        """,
        """
        e = Dim("e")

        @arrow
        def neighbours(x: Real[n, c], src: Fin(k)[e]) -> Real[e, c]:
            return op.gather(n)(x, src)
        """,
        """
        e = Dim("e")

        @arrow
        def neighbours(x: Real[n, c], src: Fin(n)[e]) -> Real[e, c]:
            return op.gather(n)(x, src)
        """,
    ),
}
