"""The trusted base of the checker: what each operation reads, and what it is natural for.

A shape says which axes an operation *acts* on, with the maps that it commutes with there, and which
maps it commutes with on all other axes, which it *carries* (one index at a time).  Its ``terms``
say what it computes as a polynomial: a sum of products of inputs, when the ``frozen`` inputs are
held fixed; ``None`` stands for any function.  ``sizes`` are index sets whose size it uses.

>>> sorted(RULES)[:3]
['abs', 'add', 'argmax']
>>> "magic" in RULES
False
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from proofs.checking.programs import Node, freeze, need


def words(text: str) -> frozenset[str]:
    """The set of the words of a text."""
    return frozenset(text.split())


ALL = words("linear orthogonal signed negation function bijection shift")
FUNCTION = words("function bijection shift")
ODD = FUNCTION | words("signed negation")
ORTHOGONAL = words("orthogonal signed negation bijection shift")
BIJECTION = words("bijection shift")
SHIFT = words("shift")
NONE: frozenset[str] = frozenset()
NUMBERS = ("real", "complex")
Terms = tuple[tuple[int, ...], ...] | None


@dataclass
class Shape:
    """See the module; ``cod`` are the types that the outputs must have."""

    rule: str
    cod: list[Any]
    acts: dict[Any, frozenset[str]]
    carried: frozenset[str]
    terms: Terms = None
    frozen: tuple[int, ...] = ()
    sizes: tuple[tuple[Any, frozenset[str]], ...] = ()


ODD_FUNCTIONS = words("tanh softsign hard_tanh sin erf reciprocal sign")
UNARY = ODD_FUNCTIONS | words(
    "relu gelu gelu_tanh silu sigmoid exp log sqrt rsqrt softplus elu leaky_relu abs cos square "
    "mish relu6 logsigmoid log1p"
)
BINARY = words("add sub mul div maximum minimum")


def with_axes(one: Any, axes: Iterable[Any]) -> Any:
    return (one[0], tuple(axes), one[2])


def arity(node: Node, count: int) -> None:
    need(len(node.dom) == count, f"`{node.op}` has the wrong number of inputs")


def numeric(node: Node) -> None:
    need(all(t[0] in NUMBERS for t in node.dom), f"`{node.op}` needs numbers")


def frame(node: Node, gone: Iterable[Any], new: Iterable[Any], source: int = 0) -> Any:
    """The only output's axes are those of an input, ``gone`` replaced by ``new`` in some order."""
    one, gone, new = node.dom[source], list(gone), list(new)
    need(set(gone) <= set(one[1]) and len(set(gone)) == len(gone), f"`{node.op}` lacks an axis")
    need(node.cod, f"`{node.op}` has no output")
    out = with_axes(one, node.cod[0][1])
    rest = [a for a in one[1] if a not in gone]
    need(sorted(map(str, [*rest, *new])) == sorted(map(str, out[1])), f"`{node.op}` moves an axis")
    return out


def pointwise(node: Node, mode: str) -> Shape:
    numeric(node)
    arity(node, 1 if node.op in UNARY else 2)
    need(len(set(node.dom)) == 1, f"`{node.op}` needs inputs of one type")
    terms: dict[str, Terms] = {"mul": ((0, 1),), "div": ((0,),), "square": ((0, 0),)}
    carried = ODD if node.op in ODD_FUNCTIONS else FUNCTION
    frozen = (1,) if node.op == "div" else ()
    return Shape("pointwise", [node.dom[0]], {}, carried, terms.get(node.op), frozen)


def addition(node: Node, mode: str) -> Shape:
    numeric(node)
    arity(node, 2)
    need(len(set(node.dom)) == 1, f"`{node.op}` needs inputs of one type")
    return Shape("addition", [node.dom[0]], {}, ALL, ((0,), (1,)))


def scaling(node: Node, mode: str) -> Shape:
    numeric(node)
    arity(node, 1)
    sizes: tuple[Any, ...] = ()
    if node.op == "scale_root":  # a map to another number of indices changes the factor
        sizes = ((freeze(node.attrs["of"]["index"]), ORTHOGONAL),)
    return Shape("scaling", [node.dom[0]], {}, ALL, ((0,),), sizes=sizes)


def logic(node: Node, mode: str) -> Shape:
    compares = node.op in ("less", "less_equal", "equal")
    arity(node, 2 if compares or node.op in ("logical_and", "logical_or") else 1)
    need(len(set(node.dom)) == 1, f"`{node.op}` needs inputs of one type")
    one = node.dom[0]
    kinds = {"equal": (*NUMBERS, "bool", "fin")}.get(
        node.op, ("real", "fin") if compares else ("bool",)
    )
    need(one[0] in kinds, f"`{node.op}` of {one[0]}")
    kind = "real" if node.op == "indicator" else "bool"
    return Shape("logic", [(kind, one[1], None)], {}, FUNCTION)


def choice(node: Node, mode: str) -> Shape:
    arity(node, 3)
    mask, yes, no = node.dom
    need(
        mask[0] == "bool" and yes == no and set(mask[1]) <= set(yes[1]), "`where` has other inputs"
    )
    acts = {a: FUNCTION for a in mask[1]}
    return Shape("choice", [yes], acts, ALL, ((1,), (2,)), (0,))


def noise(node: Node, mode: str) -> Shape:
    numeric(node)
    arity(node, 2)
    need(node.dom[0] == node.dom[1] and node.data == 1, f"`{node.op}` has other noise")
    if mode == "eval":
        return Shape("noise", [node.dom[0]], {}, ALL, ((0,),))
    kept = ORTHOGONAL if node.op == "gaussian_noise" else BIJECTION
    terms: Terms = ((0, 1),) if node.op == "dropout" else ((0,), (1,))
    return Shape("noise", [node.dom[0]], {}, kept, terms)


def reduction(node: Node, mode: str) -> Shape:
    masked = bool(node.attrs.get("masked"))
    arity(node, 1 + masked)
    one, over = node.dom[0], node.attr_axes("over")
    need(one[0] in NUMBERS, f"`{node.op}` needs numbers")
    need(set(over) <= set(one[1]) and len(set(over)) == len(over), f"`{node.op}` lacks an axis")
    if masked:
        mask = node.dom[1]
        need(mask[0] == "bool" and set(mask[1]) <= set(one[1]), f"the mask of `{node.op}` is wrong")
    acts = {a: BIJECTION for a in over}
    if masked:
        acts.update((a, FUNCTION) for a in node.dom[1][1] if a not in over)
    if node.op == "softmax":
        return Shape("normalisation", [one], acts, FUNCTION)
    rest = with_axes(one, [a for a in one[1] if a not in over])
    if node.op in ("sum", "mean"):
        return Shape("reduction", [rest], acts, ALL, ((0,),), (1,) * masked)
    return Shape("reduction", [rest], acts, FUNCTION)


def argmax(node: Node, mode: str) -> Shape:
    arity(node, 1)
    over = node.axis(node.attrs.get("over"))
    rest = tuple(a for a in node.dom[0][1] if a != over)
    need(over in node.dom[0][1] and node.dom[0][0] == "real", "`argmax` lacks an axis")
    return Shape("argmax", [("fin", rest, over[0])], {over: BIJECTION}, FUNCTION)  # off ties


def normalisation(node: Node, mode: str) -> Shape:
    numeric(node)
    one, over = node.dom[0], node.attr_axes("over")
    need(set(over) <= set(one[1]), f"`{node.op}` lacks an axis")
    affine = bool(node.attrs.get("affine"))
    count = {"layer_norm": 2 * affine, "rms_norm": 1 * affine}.get(node.op, 0)
    arity(node, 1 + count)
    need(all(set(t[1]) == set(over) for t in node.dom[1:]), f"`{node.op}` has other weights")
    if node.op == "layer_norm":
        own, carried = (
            BIJECTION | ({"negation"} if not affine else NONE),
            FUNCTION if affine else ODD,
        )
    else:
        own, carried = ORTHOGONAL, ODD
        if node.attrs.get("p", 2) != 2:
            own = own - {"orthogonal"}
        if affine:
            own = BIJECTION
    return Shape("normalisation", [one], {a: own for a in over}, carried)


def batch_norm(node: Node, mode: str) -> Shape:
    numeric(node)
    arity(node, 5)
    one, over, feature = node.dom[0], node.attr_axes("over"), node.attr_axes("feature")[0]
    need(feature in one[1] and feature not in over, "`batch_norm` lacks an axis")
    need(set(one[1]) == {feature, *over}, "`batch_norm` has further axes")
    need(
        all(t == ("real", (feature,), None) for t in node.dom[1:]), "`batch_norm` has other weights"
    )
    own = BIJECTION if mode == "train" else FUNCTION
    acts = {feature: NONE, **{a: own for a in over}}
    terms: Terms = ((0, 1), (3, 1), (2,)) if mode == "eval" else None
    return Shape("batch statistics", [one, node.dom[3], node.dom[4]], acts, NONE, terms, (4,))


def contraction(node: Node, mode: str) -> Shape:
    numeric(node)
    present = list(dict.fromkeys(a for one in node.dom for a in one[1]))
    keep = node.attr_axes("keep") if node.attrs.get("keep") else []
    if node.attrs.get("over") is None:
        out = keep
    else:
        over = node.attr_axes("over") if node.attrs["over"] else []
        out = [a for a in present if a not in keep and a not in over] + keep
    need(node.dom and set(out) <= set(present), "`einsum` keeps an axis that no factor has")
    acts = {}
    for a in present:
        holders = sum(a in one[1] for one in node.dom)
        if a in out:
            acts[a] = ALL if holders == 1 else FUNCTION
        else:
            acts[a] = ORTHOGONAL if holders == 2 else BIJECTION
    kind = node.cod[0][0] if node.cod and node.cod[0][0] in NUMBERS else "real"
    terms = (tuple(range(len(node.dom))),)
    return Shape("contraction", [(kind, tuple(out), None)], acts, ALL, terms)


def affine(node: Node, mode: str) -> Shape:
    numeric(node)
    bias = bool(node.attrs.get("bias"))
    arity(node, 2 + bias)
    one, weight = node.dom[0], node.dom[1]
    source, target = node.axis(node.attrs.get("source")), node.axis(node.attrs.get("target"))
    need(source in one[1] and len(weight[1]) == 2, "`linear` lacks an axis")
    need(weight[1][1] == source and weight[1][0][0] == target[0], "`linear` has another weight")
    need(not bias or node.dom[2][1] == (target,), "`linear` has another bias")
    out = with_axes(one, [target if a == source else a for a in one[1]])
    carried = FUNCTION if bias else ALL
    terms: Terms = ((0, 1), (2,)) if bias else ((0, 1),)
    return Shape("affine", [out], {target: ALL, source: ORTHOGONAL}, carried, terms)


def expansion(node: Node, mode: str) -> Shape:
    arity(node, 1)
    new = node.attr_axes("axes")
    out = with_axes(node.dom[0], [*new, *node.dom[0][1]])
    return Shape("expansion", [out], {a: FUNCTION for a in new}, ALL, ((0,),))


def renaming(node: Node, mode: str) -> Shape:
    arity(node, 1)
    one = node.dom[0]
    if node.op == "transpose":
        return Shape("renaming", [frame(node, [], [])], {}, ALL, ((0,),))
    if node.op == "squeeze":
        gone = node.attr_axes("axis")[0]
        single = gone[0] == ("points", 1) or (gone[0][0] == "dim" and gone[0][2] == 1)
        need(single, "`squeeze` drops an axis of more than one element")
        return Shape("renaming", [frame(node, [gone], [])], {}, ALL, ((0,),))
    old, new = node.axis(node.attrs.get("old")), node.axis(node.attrs.get("new"))
    need(old in one[1] and old[0] == new[0], "`relabel` changes an index set")
    out = with_axes(one, [new if a == old else a for a in one[1]])
    return Shape("renaming", [out], {}, ALL, ((0,),))


def parts(index: Any, kind: str) -> tuple[Any, ...]:
    return index[1:] if index[0] == kind else (index,)


def regrouping(node: Node, mode: str) -> Shape:
    """merge and split: natural on factors that stay factors, in their order."""
    arity(node, 1)
    if node.op == "merge":
        gone = node.attr_axes("axes")
        new = [
            a for a in node.cod[0][1] if a not in node.dom[0][1] or (len(gone) == 1 and a in gone)
        ]
        need(len(new) == 1, "`merge` makes one axis")
    else:
        gone, new = node.attr_axes("of"), node.attr_axes("into")
    out = frame(node, gone, new)
    before = [f for a in gone for f in parts(a[0], "product")]
    after = [f for a in new for f in parts(a[0], "product")]
    own = ALL if before == after else NONE
    return Shape("regrouping", [out], dict.fromkeys([*gone, *new], own), ALL, ((0,),))


def diagonal(node: Node, mode: str) -> Shape:
    arity(node, 1)
    axes = node.attr_axes("axes")
    need(len({a[0] for a in axes}) == 1, "`diagonal` of two index sets")
    out = frame(node, axes[1:], [])
    return Shape("diagonal", [out], {a: FUNCTION for a in axes}, ALL, ((0,),))


def joining(node: Node, mode: str) -> Shape:
    """concat and unconcat: natural on the terms of a sum."""
    if node.op == "concat":
        need(len(node.attrs["axes"]) == len(node.dom) > 0, "`concat` has other inputs")
        pieces = [node.axis(a, i) for i, a in enumerate(node.attrs["axes"])]
        whole = [a for a in node.cod[0][1] if a not in node.dom[0][1]] or pieces[:1]
        need(len(whole) == 1, "`concat` makes one axis")
        outs = [frame(node, [p], whole, i) for i, p in enumerate(pieces)]
        need(len(set(outs)) == 1, "`concat` joins wires that differ elsewhere")
        cod, terms = outs[:1], tuple((i,) for i in range(len(node.dom)))
    else:
        arity(node, 1)
        whole, pieces = node.attr_axes("of"), node.attr_axes("parts")
        rest = [a for a in node.dom[0][1] if a not in whole]
        need(
            len(node.cod) == len(pieces) and whole[0] in node.dom[0][1], "`unconcat` lacks an axis"
        )
        for piece, one in zip(pieces, node.cod, strict=True):
            need(
                one[0] == node.dom[0][0] and set(one[1]) == {*rest, piece},
                "`unconcat` moves an axis",
            )
        cod, terms = list(node.cod), ((0,),)
    split = [t for p in pieces for t in parts(p[0], "sum")]
    exact = split == list(parts(whole[0][0], "sum"))
    own = NONE if not exact else ALL if len(set(split)) == len(split) else FUNCTION
    return Shape("joining", cod, dict.fromkeys([*whole, *pieces], own), ALL, terms)


def cutting(node: Node, mode: str) -> Shape:
    """slice, take, flip, roll: they tell the positions of their axis apart."""
    arity(node, 1)
    gone = node.attr_axes("axis")[0]
    rest = [a for a in node.dom[0][1] if a != gone]
    new = [a for a in node.cod[0][1] if a not in rest]
    need(len(new) == (node.op != "take"), f"`{node.op}` makes another axis")
    need(node.op not in ("flip", "roll") or new == [gone], f"`{node.op}` changes an axis")
    own = {"roll": SHIFT | {"negation"}, "flip": words("negation")}.get(node.op, NONE)
    acts = dict.fromkeys([gone, *new], own)
    ends = [node.attrs.get(k) for k in ("start", "stop")]
    sizes = tuple((freeze(e["index"]), ORTHOGONAL) for e in ends if isinstance(e, dict))
    return Shape("cutting", [frame(node, [gone], new)], acts, ALL, ((0,),), sizes=sizes)


def constant(node: Node, mode: str) -> Shape:
    arity(node, 1 if node.op in ("full_like", "parameter") else 0)
    if node.op == "parameter":
        return Shape("parameter", [node.dom[0]], {}, ALL, ((0,),))
    if node.op in ("full", "full_like", "table"):
        one = node.dom[0] if node.op == "full_like" else freeze(node.attrs["space"]["array"])
        zero = one[0] in NUMBERS and node.attrs.get("value") in (0, {"float": "0x0.0p+0"})
        if node.op == "table":
            return Shape("table", [one], dict.fromkeys(one[1], NONE), NONE, ((),))
        return Shape("constant", [one], {}, ALL if zero else FUNCTION, () if zero else ((),))
    if node.op == "positions":
        over = node.axis(node.attrs["over"])
        return Shape("positions", [("fin", (over,), over[0])], {over: BIJECTION}, NONE, ((),))
    row, column = node.axis(node.attrs["row"]), node.axis(node.attrs["column"])
    need(row[0] == column[0] and row != column, f"`{node.op}` needs two occurrences of one set")
    own, kind = (ORTHOGONAL, "real") if node.op == "eye" else (NONE, "bool")
    rule = "identity matrix" if node.op == "eye" else "ordered mask"
    return Shape(rule, [(kind, (row, column), None)], {row: own, column: own}, NONE, ((),))


def lookup(node: Node, mode: str) -> Shape:
    """gather, embedding, one_hot: entries at given indices."""
    fin = node.dom[1 if node.op == "gather" else 0]
    need(fin[0] == "fin", f"`{node.op}` needs indices")
    if node.op == "gather":
        arity(node, 2)
        along = node.attr_axes("axis")[0]
        new = [a for a in fin[1] if a == along or a not in node.dom[0][1]]
        need(fin[2] == along[0], "`gather` got indices into another set")
        acts = {**{a: FUNCTION for a in fin[1]}, along: BIJECTION}
        return Shape("lookup", [frame(node, [along], new)], acts, ALL, ((0,),), (1,))
    if node.op == "one_hot":
        arity(node, 1)
        into = node.attr_axes("axis")[0]
        need(fin[2] == into[0], "`one_hot` got indices into another set")
        return Shape(
            "lookup", [("real", (*fin[1], into), None)], {into: BIJECTION}, FUNCTION, ((),)
        )
    arity(node, 2)
    rows, width = node.attr_axes("rows")[0], node.attr_axes("width")[0]
    table = node.dom[1]
    good = len(table[1]) == 2 and fin[2] == rows[0] == table[1][0][0] and table[1][1] == width
    need(good and table[0] in NUMBERS, "`embedding` has another weight")
    acts = {width: NONE, rows: NONE, table[1][0]: NONE}
    return Shape("lookup", [("real", (*fin[1], width), None)], acts, FUNCTION, ((1,),), (0,))


def scattering(node: Node, mode: str) -> Shape:
    """scatter, scatter_max, degree: symmetric in the entries that have one index."""
    fin, into = node.dom[-1], node.attr_axes("into")[0]
    place = len(node.dom) - 1
    arity(node, 1 if node.op == "degree" else 2)
    over = [node.axis(a, place) for a in node.attrs["over"]]
    need(over and set(over) <= set(fin[1]) <= set(node.dom[0][1]), f"`{node.op}` lacks an axis")
    need(fin[0] == "fin" and fin[2] == into[0], f"`{node.op}` got indices into another set")
    acts = {**{a: FUNCTION for a in fin[1]}, **{a: BIJECTION for a in (*over, into)}}
    out = frame(node, over, [into])
    if node.op == "degree":
        return Shape("scattering", [("real", out[1], None)], acts, FUNCTION, ((),), (0,))
    if node.op == "scatter_max":
        return Shape("scattering", [out], acts, FUNCTION)
    return Shape("scattering", [out], acts, ALL, ((0,),), (1,))


def window(node: Node, mode: str) -> Shape:
    """conv and pools: circular windows at stride 1 commute with shifts of their axis."""
    numeric(node)
    over, windows = node.attr_axes("over"), [w["record"] for w in node.attrs["windows"]]
    need(len(over) == len(windows) and all(a in node.dom[0][1] for a in over), "no such windows")
    acts: dict[Any, frozenset[str]] = {}
    channels = node.op == "conv" and "source" in node.attrs
    gone = [*over, *(node.attr_axes("source") if channels else [])]
    rest = [a for a in node.dom[0][1] if a not in gone]
    new = [a for a in node.cod[0][1] if a not in rest]
    need(len(new) == len(gone), f"`{node.op}` makes other axes")
    acts.update(dict.fromkeys([*gone, *new], NONE))
    for a, one in zip(over, windows, strict=True):
        circular = one["padding"] == "circular" and one["stride"] == 1
        trivial = one["kernel"] == 1 and one["stride"] == 1 and one["pads"] == [0, 0]
        if a in new and trivial:
            del acts[a]  # one entry at a time: carried
        elif a in new and circular:
            acts[a] = SHIFT
    out = frame(node, gone, new)
    if node.op == "conv":
        bias = bool(node.attrs.get("bias"))
        arity(node, 2 + bias)
        target = node.attr_axes("target") if channels else []
        kernel = node.dom[1][1][len(target) * 2 :]
        need(len(kernel) == len(over), "`conv` has another weight")
        need(all(a[0] == ("points", w["kernel"]) for a, w in zip(kernel, windows, strict=True)),
             "`conv` has another weight")  # fmt: skip
        need(not target or node.dom[1][1][0][0] == target[0][0], "`conv` has another weight")
        need(not bias or list(node.dom[2][1]) == target, "`conv` has another bias")
        for extra in node.dom[1:]:
            acts.update((a, NONE) for a in extra[1] if a not in over)
        terms: Terms = ((0, 1), (2,)) if bias else ((0, 1),)
        return Shape("window", [out], acts, FUNCTION if bias else ALL, terms)
    arity(node, 1)
    average = node.op == "avg_pool"
    return Shape("window", [out], acts, ALL if average else FUNCTION, ((0,),) if average else None)


def iteration(node: Node, mode: str) -> Shape:
    known = node.attrs.get("weights") in ("tied", "untied", "stacked")
    need(len(node.bodies) == 1 and known, "`iterate` has one body and a way to keep weights")
    body = node.bodies[0]
    domain = [body.types[w] for w in body.inputs]
    good = domain == list(node.dom) and [body.types[w] for w in body.outputs] == domain
    need(good, "the body of `iterate` has another type")
    need(not body.updates or node.attrs["weights"] == "untied", "state cannot be shared by steps")
    times = freeze(node.attrs["times"]["index"])
    return Shape("iteration", domain, {}, ALL, sizes=((times, NONE),))


def elsewhere(node: Node, mode: str) -> Shape:
    from proofs.checking.others import SHAPES  # which reads this table

    return SHAPES[node.op](node, mode)


RULES: dict[str, Callable[[Node, str], Shape]] = {
    **dict.fromkeys([*UNARY, *(BINARY - {"add", "sub"})], pointwise),
    **dict.fromkeys(["add", "sub"], addition),
    **dict.fromkeys(["scale", "scale_root"], scaling),
    **dict.fromkeys(
        words("less less_equal equal logical_and logical_or logical_not indicator"), logic
    ),
    **dict.fromkeys(words("dropout gumbel_noise gaussian_noise"), noise),
    **dict.fromkeys(words("sum mean max min logsumexp softmax"), reduction),
    **dict.fromkeys(words("layer_norm rms_norm normalise"), normalisation),
    **dict.fromkeys(words("relabel transpose squeeze"), renaming),
    **dict.fromkeys(words("merge split"), regrouping),
    **dict.fromkeys(words("concat unconcat"), joining),
    **dict.fromkeys(words("slice take flip roll"), cutting),
    **dict.fromkeys(
        words("full full_like eye causal_mask band_mask positions table parameter"), constant
    ),
    **dict.fromkeys(words("gather embedding one_hot"), lookup),
    **dict.fromkeys(words("scatter scatter_max degree"), scattering),
    **dict.fromkeys(words("conv max_pool avg_pool"), window),
    **dict(where=choice, argmax=argmax, batch_norm=batch_norm, einsum=contraction, linear=affine),
    **dict(expand=expansion, diagonal=diagonal, iterate=iteration),
    **dict.fromkeys(words("steerable_conv hom scan tree_fold"), elsewhere),
}


def shape(node: Node, mode: str) -> Shape:
    """The shape of a node, after its types have been derived again."""
    need(node.op in RULES, f"`{node.op}` is not in the table of the checker")
    found = RULES[node.op](node, mode)
    need(tuple(found.cod) == node.cod, f"`{node.op}` does not have the type it claims")
    return found


def check_types(node: Node) -> None:
    """Refuse a node whose types are not derived by its rule."""
    shape(node, "eval")
