"""The catalogue of codes: one stable code for each kind of mistake, explained once.

Definition. An *entry* says what the code means, why it is refused, and shows the smallest snippet
that raises it beside one that does not. Python snippets run after `PREAMBLE`; a "spec" is the
content of a file that `commute check` refuses; a "shell" snippet is a command line.

Laws. Codes are never reused. Every code that the packages raise stands here.

Accepted:

>>> print(explain("CM005").splitlines()[0])
CM005: an axis is missing

Rejected: a code that does not exist, with the nearest range.

>>> explain("CM999")
Traceback (most recent call last):
    ...
KeyError: 'CM999 is not a code; the codes are CM001 to CM040'
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent, fill, indent

PREAMBLE = """\
from categorical import Bool, Dim, Fin, Real, architecture, arrow, laws, op
n, c, h, k = Dim.named("n c h k")
"""


@dataclass(frozen=True)
class Entry:
    """What one code means, with a snippet that raises it and one that does not."""

    title: str
    explanation: str
    wrong_example: str
    right_example: str
    kind: str = "python"
    notice: bool = False


CATALOGUE: dict[str, Entry] = {}


def _add(
    code: str,
    title: str,
    why: str,
    wrong: str,
    right: str,
    kind: str = "python",
    notice: bool = False,
) -> None:
    assert code not in CATALOGUE, code
    texts = [dedent(text).strip("\n") + "\n" for text in (wrong, right)]
    CATALOGUE[code] = Entry(title, " ".join(why.split()), texts[0], texts[1], kind, notice)


def explain(code: str) -> str:
    """The page that `commute explain CODE` prints."""
    code = code.strip().upper()
    if code not in CATALOGUE:
        first, last = min(CATALOGUE), max(CATALOGUE)
        raise KeyError(f"{code} is not a code; the codes are {first} to {last}")
    entry = CATALOGUE[code]
    again = {"python": "not:", "spec": "not, as a spec file:", "shell": "not:"}[entry.kind]
    parts = [
        f"{code}: {entry.title}",
        fill(entry.explanation, 88),
        f"{again}\n{indent(entry.wrong_example, '    ').rstrip()}",
        f"but:\n{indent(entry.right_example, '    ').rstrip()}",
    ]
    if entry.notice:
        parts.insert(2, "This is a notice: it is printed once for each place and stops nothing.")
    return "\n\n".join(parts) + "\n"


_add(
    "CM001",
    "two arrows do not compose",
    """In `f >> g` every wire that `f` produces must be the wire that `g` expects at that place. The
    message shows both boundaries and names the first wire that differs.""",
    "net = op.linear(c, h) >> op.linear(k, c)",
    "net = op.linear(c, h) >> op.linear(h, k)",
)
_add(
    "CM002",
    "the wires agree, in another order",
    """Both sides have the same wires in different orders. Crossing wires is a choice, so it is
    written down: insert the permutation that the help line gives.""",
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
    @arrow
    def two(x: Real[c]) -> Real[c] * Real[h]:
        return x, op.linear(c, h)(x)

    @arrow
    def merge(y: Real[h], x: Real[c]) -> Real[h]:
        return y + op.linear(c, h)(x)

    net = two >> op.swap >> merge
    """,
)
_add(
    "CM003",
    "one size, two index sets",
    """Sizes multiply in any order, index sets do not: `h * w` and `w * h` have the same number of
    points and enumerate them differently. A `view` that only keeps the count would silently shuffle
    the data; it is a transpose followed by a merge, and is written so.""",
    """
    w = Dim("w")

    @arrow
    def flat(x: Real[h, w]) -> Real[w * h]:
        return op.merge(h, w)(x)
    """,
    """
    w = Dim("w")

    @arrow
    def flat(x: Real[h, w]) -> Real[w * h]:
        return op.merge(w, h)(op.transpose(w, h)(x))
    """,
)
_add(
    "CM004",
    "a silent broadcast was refused",
    """Adding arrays over different axes would repeat one of them along the axes it lacks. That is
    sometimes meant and often a bug (a loss between `[n, 1]` and `[n]`), so it is written down.""",
    """
    @arrow
    def shift(x: Real[n, c], b: Real[c]) -> Real[n, c]:
        return x + b
    """,
    """
    @arrow
    def shift(x: Real[n, c], b: Real[c]) -> Real[n, c]:
        return x + op.broadcast(n)(b)
    """,
)
_add(
    "CM005",
    "an axis is missing",
    """The operation acts along an axis that the wire does not have. The message lists the axes
    that it does have.""",
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
)
_add(
    "CM006",
    "an axis is ambiguous",
    """Two axes of the wire range over the same index set, and the operation could mean either.
    Name the occurrence by its label.""",
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
)
_add(
    "CM007",
    "the number of wires is wrong",
    "An arrow takes exactly the wires of its domain; there are no defaults and no rest arguments.",
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
)
_add(
    "CM008",
    "a condition on sizes cannot hold",
    """Quotients such as `d // h` hold under the condition that `h` divides `d`. The sizes given
    contradict a condition; the message gives the least counterexample.""",
    """
    d = Dim("d")
    heads = op.split(d, h, d // h)
    model = architecture(heads, sizes=dict(d=100, h=8))
    """,
    """
    d = Dim("d")
    heads = op.split(d, h, d // h)
    model = architecture(heads, sizes=dict(d=96, h=8))
    """,
)
_add(
    "CM009",
    "one index set twice, without a label",
    """Two axes of one array over one index set cannot be told apart unless one of them carries a
    label.""",
    "scores = Real[n, n]",
    'scores = Real[n, n.at("key")]',
)
_add(
    "CM010",
    "a residual connection changes the width",
    "`x + f(x)` needs `f` to return the space of `x`: project back, or project the shortcut too.",
    """
    block = op.residual(op.linear(c, h) >> op.relu)
    """,
    """
    block = op.residual(op.linear(c, h) >> op.relu >> op.linear(h, c))
    """,
)
_add(
    "CM011",
    "the kind of a wire is wrong",
    """Wires carry real numbers, complex numbers, truth values, or indices into a set. An operation
    on one kind does not apply to another: indices are embedded or looked up, not multiplied.""",
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
)
_add(
    "CM012",
    "a decision on the value of a wire",
    """An arrow is one fixed diagram. `if`, `while`, `and`, `or` and `not` need a value now, and a
    wire has none until the model runs. Use `op.where`, a mask, or a static Python condition.""",
    """
    @arrow
    def net(x: Real[c]) -> Real[c]:
        return op.relu(x) if x else x
    """,
    """
    @arrow
    def net(x: Real[c]) -> Real[c]:
        return op.where(op.greater(x, op.relu(x)), op.relu(x), x)
    """,
)
_add(
    "CM013",
    "a wire of another arrow",
    """A wire lives inside the arrow whose body is being written. It cannot be kept and used in
    another one: pass it as an argument.""",
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
)
_add(
    "CM014",
    "a random box copied or merged",
    """Running one dropout and copying its result is not the same as running two. A rewrite that
    copies or merges boxes with noise, or a law that needs it, is refused.""",
    """
    drop = op.dropout(0.5)
    law = laws.equal(drop >> op.copy, op.copy >> (drop @ drop))
    model = architecture(drop, on=Real[c], laws=[law])
    """,
    """
    gate = op.relu
    law = laws.equal(gate >> op.copy, op.copy >> (gate @ gate))
    model = architecture(gate, on=Real[c], laws=[law])
    """,
)
_add(
    "CM015",
    "tying arrows that carry state",
    """Tied arrows share one set of weights. Running statistics are written in program order, so
    two uses that share them would depend on which ran first.""",
    """
    from categorical import tie

    net = tie(op.batch_norm(c) >> op.batch_norm(c))
    """,
    """
    from categorical import tie

    net = tie(op.linear(c, c) >> op.linear(c, c))
    """,
)
_add(
    "CM016",
    "an activation that is not odd, on a sign action",
    """The group acts on this axis by changing signs. A pointwise function commutes with that only
    if it is odd: tanh, or a gate, not relu.""",
    """
    s = Dim("s", action="sign")
    net = op.linear(s, s) >> op.relu
    """,
    """
    s = Dim("s", action="sign")
    net = op.linear(s, s) >> op.tanh
    """,
)
_add(
    "CM017",
    "a pointwise activation on a rotation action",
    """The group mixes the coordinates of this axis. No nonlinear function applied to each
    coordinate commutes with that. Gate by the norm, multiply by invariants, or take products.""",
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
        return x * op.broadcast(v)(op.sigmoid(op.sum(v)(x * x)))
    """,
)
_add(
    "CM018",
    "one arrow called twice: two sets of weights",
    """Composition never shares parameters: `f >> f` has those of `f` twice, and calling one arrow
    twice in a body does the same. If one set was meant, say so with `tie`.""",
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
    notice=True,
)
_add(
    "CM019",
    "a tie between unequal parameter spaces",
    "Tied parameters are one tensor: they need one space, with the same axes in the same order.",
    """
    from categorical import tie

    net = tie(op.linear(c, h, name="a") >> op.linear(h, c, name="b"), a="b")
    """,
    """
    from categorical import tie

    net = tie(op.linear(c, c, name="a") >> op.linear(c, c, name="b"), a="b")
    """,
)
_add(
    "CM020",
    "no parameter of that name",
    "The name selects no parameter of the arrow. The message lists the names that exist.",
    """
    from categorical import tie

    net = tie(op.linear(c, c, name="a") >> op.linear(c, c, name="b"), a="missing")
    """,
    """
    from categorical import tie

    net = tie(op.linear(c, c, name="a") >> op.linear(c, c, name="b"), a="b")
    """,
)
_add(
    "CM021",
    "a law that this boundary cannot state",
    """The law speaks of an axis, a wire or a shape that the arrow's boundary does not have, so
    there is nothing to check.""",
    """
    from categorical.groups import Symmetric

    model = architecture(op.linear(c, h), laws=[laws.invariant(under=Symmetric(n))])
    """,
    """
    from categorical.groups import Symmetric

    net = op.linear(c, h) >> op.sum(n)
    model = architecture(net, on=Real[n, c], laws=[laws.invariant(under=Symmetric(n))])
    """,
)
_add(
    "CM022",
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
)
_add(
    "CM023",
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
)
_add(
    "CM024",
    "a name that cannot be used",
    """Names become variables and `state_dict` keys of the generated file, so they are plain ASCII
    identifiers, and neither Python keywords nor attributes of `nn.Module`.""",
    'channels = Dim("number of channels")',
    'channels = Dim("channels")',
)
_add(
    "CM025",
    "a size that is missing, not positive, or not allowed",
    "Building needs a positive whole number for every dimension that is not left open.",
    "model = architecture(op.linear(c, h), sizes=dict(c=0, h=8))",
    "model = architecture(op.linear(c, h), sizes=dict(c=4, h=8))",
)
_add(
    "CM026",
    "too large",
    """The parameters and arrays are counted before anything is allocated, and the count is above
    the limit. Lower a size, or raise the limit.""",
    """
    model = architecture(op.linear(c, h), sizes=dict(c=10**9, h=10**9))
    model.check()
    """,
    """
    model = architecture(op.linear(c, h), sizes=dict(c=10, h=10))
    model.check()
    """,
)
_add(
    "CM027",
    "the spec file cannot be imported",
    "Running the file raised an error that is not one of ours; the message shows its last lines.",
    "import no_such_module",
    "model = architecture(op.linear(c, h), sizes=dict(c=4, h=8))",
    kind="spec",
)
_add(
    "CM028",
    "the file declares no architecture",
    "The file ran, and made no `architecture(...)`. An arrow alone has no laws and no sizes.",
    "net = op.linear(c, h)",
    "model = architecture(op.linear(c, h), sizes=dict(c=4, h=8))",
    kind="spec",
)
_add(
    "CM029",
    "an arrow that contains itself",
    "An arrow is a finite diagram, so it cannot call itself. Repetition is `iterate` or a fold.",
    """
    @arrow
    def net(x: Real[c]) -> Real[c]:
        return net(op.relu(x))
    """,
    """
    from categorical import iterate

    net = iterate(op.linear(c, c) >> op.relu, 3)
    """,
)
_add(
    "CM030",
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
)
_add(
    "CM031",
    "a certificate does not check",
    """The independent checker could not follow the certificate to its claim: the file was changed,
    or belongs to another spec. Nothing in it should be believed; build again.""",
    "commute recheck changed.certificate.json",
    "commute build model_spec.py -o model.py && commute recheck model.certificate.json",
    kind="shell",
)
_add(
    "CM032",
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
)
_add(
    "CM033",
    "a string where a dimension is expected",
    "Dimensions are objects: two files cannot mean different things by the same spelling.",
    'x = Real["n", c]',
    "x = Real[n, c]",
)
_add(
    "CM034",
    "a Python loop over a wire",
    """A wire has no elements while the arrow is being written. Operations act along a named axis; a
    recurrence is a fold.""",
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
)
_add(
    "CM035",
    "a wire is never used",
    """The value is computed or passed in, and nothing depends on it. Drop it, or discard it on
    purpose.""",
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
    notice=True,
)
_add(
    "CM036",
    "a label that is already taken",
    "Two axes of one wire would have the same index set and the same label.",
    """
    @arrow
    def net(x: Real[n, n.at("key")]) -> Real[n, n.at("key")]:
        return op.relabel(n, "key")(x)
    """,
    """
    @arrow
    def net(x: Real[n, n.at("key")]) -> Real[n.at("query"), n.at("key")]:
        return op.relabel(n, "query")(x)
    """,
)
_add(
    "CM037",
    "a sum type needs a case",
    "A wire of type `A + B` is one of the two: say what happens to each with `case(f, g)`.",
    """
    @arrow
    def net(x: Real[c] + Real[h]) -> Real[h]:
        return op.relu(x)
    """,
    """
    from categorical import case

    net = case(op.linear(c, h), op.relu)
    """,
)
_add(
    "CM038",
    "the spec took too long",
    "Loading and checking run under a time limit. Look for a loop that does not end, or raise it.",
    "while True: pass",
    "model = architecture(op.linear(c, h), sizes=dict(c=4, h=8))",
    kind="spec",
)
_add(
    "CM039",
    "looking up in the wrong index set",
    """A wire of type `Fin(v)` holds indices into `v`, so it can only select along an axis over `v`;
    anything else would read some other entry.""",
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
)
_add(
    "CM040",
    "the generated file disagrees with the spec",
    """The file was run and compared with the reference meaning before it was written, and they
    differ. Nothing was written. This is a bug in Commute or in torch: please report it.""",
    "commute build model_spec.py -o model.py  # a backend with a planted bug",
    "commute build model_spec.py -o model.py",
    kind="shell",
)
