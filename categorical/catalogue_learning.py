"""The codes about learning: lenses, derivatives, learners, games, schemas.

Definition.  Each row is (title, explanation, a snippet that raises the code, one that does not).

>>> sorted(ENTRIES)[0]
'CM052'
"""

ENTRIES: dict[str, tuple[str, str, str, str]] = {
    "CM052": (
        "lenses whose parts do not fit",
        """
        A lens reads a part, get: A → B, and takes a new part back, put: A × B′ → A′. Two lenses
        compose where the first shows what the second reads, and the second gives back what the
        first takes; an optic hands its residual from the way there to the way back. The laws of a
        lens that may be asked for need A = A′ and B = B′.
        """,
        """
        from categorical import identity
        from categorical.lenses import Lens

        net = Lens(get=op.relu.at(Real[n]), put=identity(Real[c], Real[n]))
        """,
        """
        from categorical.lenses import Lens

        net = Lens(get=op.relu.at(Real[n]), put=op.add.at(Real[n], Real[n]))
        """,
    ),
    "CM053": (
        "a schema whose paths do not meet or do not run side by side",
        """
        A schema lists objects, edges between them, and equations of paths: an equation says that
        two ways from one object to another are equal, so both start at one object and end at one.
        The legs of a cone go from its apex to the objects of its diagram.
        """,
        """
        from categorical.schemas import Schema

        edges = {"f": ("A", "B"), "g": ("B", "A")}
        cycle = Schema("cycle", "A B", edges, {"round": "f g = f"})
        """,
        """
        from categorical.schemas import Schema

        edges = {"f": ("A", "B"), "g": ("B", "A")}
        cycle = Schema("cycle", "A B", edges, {"round": "f g = 1"})
        """,
    ),
    "CM054": (
        "a functor out of a schema that misses or mistypes an edge",
        """
        A functor sends every object of the schema to a space (or a set) and every edge to an arrow
        (or a function) between the images of its ends: none missing, none left over. What a law, a
        loss or a degree says of an equation is said of these arrows.
        """,
        """
        from categorical.schemas import Schema, functor

        cycle = Schema("cycle", "A B", {"f": ("A", "B"), "g": ("B", "A")})
        nets = functor(cycle, {"A": Real[n], "B": Real[c]}, {"f": op.linear(n, c)})
        """,
        """
        from categorical.schemas import Schema, functor

        cycle = Schema("cycle", "A B", {"f": ("A", "B"), "g": ("B", "A")})
        edges = {"f": op.linear(n, c), "g": op.linear(c, n)}
        nets = functor(cycle, {"A": Real[n], "B": Real[c]}, edges)
        """,
    ),
    "CM055": (
        "an arrow without a reverse derivative",
        """
        The reverse derivative is defined box by box: from the cotangents of the outputs those of
        the inputs. A box that keeps state writes something besides its outputs, an opaque box says
        nothing but its type, of complex wires it would depend on a convention, and behind a box
        that makes indices or a mask of numbers nothing comes back.
        """,
        """
        from categorical.derivatives import reverse

        back = reverse(op.batch_norm(c, over=[n]).at(Real[n, c]))
        """,
        """
        from categorical.derivatives import reverse

        back = reverse(op.layer_norm(c).at(Real[n, c]))
        """,
    ),
    "CM056": (
        "a gradient of something that is no number",
        """
        A gradient is the reverse derivative at the cotangent 1, which only a number has. Of several
        outputs there is a Jacobian, and `pullback` is its transpose at a cotangent.
        """,
        """
        from categorical.derivatives import gradient

        slope = gradient(op.tanh.at(Real[n]))
        """,
        """
        from categorical.derivatives import gradient

        slope = gradient((op.tanh >> op.sum(n)).at(Real[n]))
        """,
    ),
    "CM057": (
        "a loss that does not fit its model or its label",
        """
        A loss scores one sample: it takes what the model makes and then the label, and ends in one
        number. The label of the data has the type of the label of the loss: a class is Fin(k), a
        distribution over the classes is Real[k].
        """,
        """
        from categorical.learning.losses import cross_entropy, with_label

        scored = with_label(op.linear(n, k), cross_entropy(Real[k]), Real[k])
        """,
        """
        from categorical.learning.losses import cross_entropy, with_label

        scored = with_label(op.linear(n, k), cross_entropy(Real[k]), Fin(k))
        """,
    ),
    "CM058": (
        "a game in which a weight has no player, or two",
        """
        In a game every weight is moved by exactly one player, or it is frozen; every player makes
        one output smaller, and moves something. A weight that nobody owns would stay at its start
        without a word, and one that two players own would be stepped twice.
        """,
        """
        from categorical.learning import Player, game, optimisers

        @arrow
        def energy(x: Real[n]) -> Real:
            return op.mean(c)(op.square(op.linear(n, c, name="near")(x)))

        play = game(energy, [Player("far", 0, optimisers.sgd(0.1), owns=("near.bias",))])
        """,
        """
        from categorical.learning import Player, game, optimisers

        @arrow
        def energy(x: Real[n]) -> Real:
            return op.mean(c)(op.square(op.linear(n, c, name="near")(x)))

        play = game(energy, [Player("far", 0, optimisers.sgd(0.1), owns=("near",))])
        """,
    ),
    "CM059": (
        "a student whose blocks do not match the teacher's",
        """
        In distillation a student is compared with a teacher: their ends, or what they have after
        named blocks, or a teacher in which the first blocks are the student's. What is compared has
        one type, or types that differ in one axis, which a linear adapter maps.
        """,
        """
        from categorical.learning.distillation import blocks, match
        from categorical.learning.optimisers import sgd

        teacher = blocks("teacher", body=op.linear(n, c), head=op.linear(c, k))
        student = blocks("student", body=op.linear(n, h), head=op.linear(h, k))
        play = match(student, teacher, {"body": "neck"}, sgd(0.1))
        """,
        """
        from categorical.learning.distillation import blocks, match
        from categorical.learning.optimisers import sgd

        teacher = blocks("teacher", body=op.linear(n, c), head=op.linear(c, k))
        student = blocks("student", body=op.linear(n, h), head=op.linear(h, k))
        play = match(student, teacher, {"body": "body"}, sgd(0.1))
        """,
    ),
}
