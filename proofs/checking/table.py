"""The trusted base of the checker: what each operation reads, and what it is natural for.

>>> sorted(RULES)[:3]
['abs', 'add', 'cos']
>>> "magic" in RULES
False
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofs.checking.programs import Node, need


def words(text: str) -> frozenset[str]:
    """The set of the words of a text."""
    return frozenset(text.split())


ALL = words("linear orthogonal signed negation function bijection shift")
FUNCTION = words("function bijection shift")
ODD = FUNCTION | words("signed negation")
ORTHOGONAL = words("orthogonal signed negation bijection shift")
BIJECTION = words("bijection shift")
NONE: frozenset[str] = frozenset()


@dataclass
class Shape:
    """How an operation treats axes: those it acts on with the maps it is natural for, and the maps
    it is natural for on all others (which it merely carries along, one index at a time)."""

    rule: str
    cod: list[Any]
    acts: dict[Any, frozenset[str]]
    carried: frozenset[str]


ODD_FUNCTIONS = words("tanh softsign hard_tanh sin erf sign")
UNARY = ODD_FUNCTIONS | words(
    "relu gelu gelu_tanh silu sigmoid exp log sqrt rsqrt softplus elu leaky_relu abs cos square "
    "reciprocal mish relu6 logsigmoid"
)
BINARY = words("add sub mul div maximum minimum")


def with_axes(one: Any, axes: Any) -> Any:
    return (one[0], tuple(axes), one[2])


def numeric(node: Node) -> None:
    need(all(t[0] in ("real", "complex") for t in node.dom), f"`{node.op}` needs numbers")


def pointwise(node: Node) -> Shape:
    numeric(node)
    need(len(node.dom) == (1 if node.op in UNARY else 2), f"`{node.op}` has the wrong arity")
    need(len(set(node.dom)) == 1, f"`{node.op}` needs inputs of one type")
    linear = node.op in ("add", "sub")
    return Shape(
        "pointwise",
        [node.dom[0]],
        {},
        ALL if linear else ODD if node.op in ODD_FUNCTIONS else FUNCTION,
    )


def scaling(node: Node) -> Shape:
    numeric(node)
    need(len(node.dom) == 1, "`scale` has one input")
    return Shape("scaling", [node.dom[0]], {}, ALL)


def reduction(node: Node) -> Shape:
    masked = bool(node.attrs.get("masked"))
    need(len(node.dom) == 1 + masked, f"`{node.op}` has the wrong arity")
    one, over = node.dom[0], node.attr_axes("over")
    need(one[0] in ("real", "complex"), f"`{node.op}` needs numbers")
    need(set(over) <= set(one[1]) and len(set(over)) == len(over), f"`{node.op}` lacks an axis")
    if masked:
        mask = node.dom[1]
        need(mask[0] == "bool" and set(mask[1]) <= set(one[1]), f"the mask of `{node.op}` is wrong")
    acts = {a: BIJECTION for a in over}
    if node.op == "softmax":
        return Shape("normalisation", [one], acts, FUNCTION)
    rest = with_axes(one, [a for a in one[1] if a not in over])
    carried = ALL if node.op in ("sum", "mean") and not masked else FUNCTION
    return Shape("reduction", [rest], acts, carried)


def contraction(node: Node) -> Shape:
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
    return Shape("contraction", [("real", tuple(out), None)], acts, ALL)


def affine(node: Node) -> Shape:
    numeric(node)
    bias = bool(node.attrs.get("bias"))
    need(node.data == 1 and len(node.dom) == 2 + bias, "`linear` has the wrong arity")
    one, weight = node.dom[0], node.dom[1]
    source, target = node.axis(node.attrs.get("source")), node.axis(node.attrs.get("target"))
    need(source in one[1] and len(weight[1]) == 2, "`linear` lacks an axis")
    need(weight[1][1] == source and weight[1][0][0] == target[0], "`linear` has another weight")
    need(not bias or node.dom[2][1] == (target,), "`linear` has another bias")
    out = with_axes(one, [target if a == source else a for a in one[1]])
    carried = FUNCTION if bias else ALL
    return Shape("affine", [out], {target: ALL, source: ORTHOGONAL}, carried)


def expansion(node: Node) -> Shape:
    need(len(node.dom) == 1, "`expand` has one input")
    new = node.attr_axes("axes")
    out = with_axes(node.dom[0], [*new, *node.dom[0][1]])
    return Shape("expansion", [out], {a: FUNCTION for a in new}, ALL)


def renaming(node: Node) -> Shape:
    need(len(node.dom) == 1, f"`{node.op}` has one input")
    old, new = node.axis(node.attrs.get("old")), node.axis(node.attrs.get("new"))
    need(old in node.dom[0][1] and old[0] == new[0], "`relabel` changes an index set")
    return Shape(
        "renaming",
        [with_axes(node.dom[0], [new if a == old else a for a in node.dom[0][1]])],
        {},
        ALL,
    )


def iteration(node: Node) -> Shape:
    need(len(node.bodies) == 1 and node.attrs.get("weights") in ("tied", "untied", "stacked"),
         "`iterate` has one body and a way to keep weights")  # fmt: skip
    body = node.bodies[0]
    domain = [body.types[w] for w in body.inputs]
    need(domain == list(node.dom) and [body.types[w] for w in body.outputs] == domain,
         "the body of `iterate` has another type")  # fmt: skip
    need(not body.updates or node.attrs["weights"] == "untied", "state cannot be shared by steps")
    return Shape("iteration", domain, {}, ALL)


RULES: dict[str, Callable[[Node], Shape]] = {
    **dict.fromkeys([*UNARY, *BINARY], pointwise),
    **dict.fromkeys(["sum", "mean", "softmax"], reduction),
    "scale": scaling,
    "einsum": contraction,
    "linear": affine,
    "expand": expansion,
    "relabel": renaming,
    "iterate": iteration,
}


def shape(node: Node) -> Shape:
    need(node.op in RULES, f"`{node.op}` is not in the table of the checker")
    return RULES[node.op](node)


def check_types(node: Node) -> None:
    need(tuple(shape(node).cod) == node.cod, f"`{node.op}` does not have the type it claims")
