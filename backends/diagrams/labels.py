"""Short texts for boxes and wires, and how wide they are.

Definition.  A wire is labelled with the axes of its type (``Real`` is left out), a box with its
name and the attributes that tell it from its neighbours.

Law.  ``text_width`` is an upper estimate for the usual sans-serif faces, so text that is given
this much room does not touch its neighbours.

>>> from categorical import Dim, Fin, Real, op
>>> n, c, h = Dim.named("n c h")
>>> type_label(Real[n, n.at("key")]), type_label(Fin(c)[n]), type_label(Real.scalar)
('n, n:key', 'Fin(c) n', 'ℝ')
>>> box_label(op.linear(c, h).op.box((Real[n, c],)))
('linear', 'c→h')

A long type is cut (the tooltip has all of it):

>>> type_label(Real[tuple(Dim(f"long_dimension_{i}") for i in range(4))])
'long_dimension_0, long_dime…'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from categorical.graph import Node, OperatorBox
from categorical.index import Axis, Derived, IndexSet
from categorical.records import Box
from categorical.spaces import Array

LONGEST = 28
_WIDTHS = {
    **dict.fromkeys("'il.,·| ", 0.32),
    **dict.fromkeys("jI:;!()[]{}-/ft", 0.395),
    **dict.fromkeys("rs", 0.5),
    **dict.fromkeys("mwMW@%→×↺…√Σ∿⊗⊕𝔹ℝℂ", 0.99),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ&=+<>", 0.76),
}


def text_width(text: str, size: float) -> float:
    """The width of a text at a font size, estimated from above."""
    return sum(_WIDTHS.get(letter, 0.64) for letter in text) * size


def shorten(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def axis_label(one: object) -> str:
    """An axis, with its label behind a colon; ``n′`` are positions computed from those of n."""
    index = one.index if isinstance(one, Axis) else one
    text = f"{index.base}′" if isinstance(index, Derived) else str(index)
    return f"{text}:{one.label}" if isinstance(one, Axis) and one.label else text


def type_label(type_: Array) -> str:
    """The axes of a type, and its kind where it is not real."""
    axes = ", ".join(map(axis_label, type_.axes))
    if type_.kind == "real":
        return shorten(axes) or "ℝ"
    head = f"Fin({type_.values})" if type_.kind == "fin" else type_.kind.capitalize()
    return shorten(f"{head} {axes}".strip())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return ""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (Axis, IndexSet, int)):
        return axis_label(value)
    if isinstance(value, (tuple, list)):
        return ", ".join(filter(None, map(_value, value)))
    return ""


def _contracted(box: Box) -> str:
    kept = {a for one in box.cod for a in one.axes}
    gone = dict.fromkeys(a for one in box.dom for a in one.axes if a not in kept)
    return "Σ " + ", ".join(map(axis_label, gone)) if gone else ""


def _arrow(old: str, new: str) -> Callable[[Box], str]:
    return lambda box: f"{axis_label(box.op[old])}→{axis_label(box.op[new])}"


def _windows(box: Box) -> str:
    """The ends, the kernels and the strides of a convolution or a pooling."""
    attrs = box.op.attrs
    ends = [axis_label(attrs[k]) for k in ("source", "target") if attrs.get(k) is not None]
    kernels = "×".join(str(one.kernel) for one in attrs["windows"])
    steps = {one.stride for one in attrs["windows"]} - {1}
    strides = "/" + ",".join(map(str, sorted(steps))) if steps else ""
    return " ".join(filter(None, ["→".join(ends), kernels, strides]))


def _solved(box: Box) -> str:
    """Of a solved layer: the channels, the number of maps, and the kernels of a convolution."""
    attrs = box.op.attrs
    inner = ", ".join(axis_label(c) for c in attrs["channels"] if c is not None)
    out = "" if attrs["out"] is None else axis_label(attrs["out"])
    channels = inner if attrs.get("mix") == "each" or not inner + out else f"{inner}→{out}"
    kernels = "×".join(str(one.kernel) for one in attrs.get("windows", ()))
    count = attrs["basis"].count
    fixed = "fixed " if attrs.get("coefficients") is not None else ""
    maps = f"{count} {fixed}map{'s' * (count != 1)}"
    return ", ".join(filter(None, [channels, maps, kernels]))


_SPECIAL: dict[str, Callable[[Box], str]] = {
    "linear": _arrow("source", "target"),
    "relabel": _arrow("old", "new"),
    "einsum": _contracted,
    "hom": _solved,
    "steerable_conv": _solved,
    "conv": _windows,
    "max_pool": _windows,
    "avg_pool": _windows,
    "scale": lambda box: "×" + _value(box.op["by"]),
    "scale_root": lambda box: f"/√({box.op['of']})",
    "split": lambda box: f"{_value(box.op['of'])}→{_value(box.op['into'])}",
    "expand": lambda box: "+" + _value(box.op["axes"]),
    "embedding": _arrow("rows", "width"),
    "take": lambda box: f"{_value(box.op['axis'])}[{box.op['at']}]",
    "scatter": lambda box: f"→{_value(box.op['into'])}",
    "degree": lambda box: f"→{_value(box.op['into'])}",
    "batch_norm": lambda box: _value(box.op["feature"]),
    "transpose": lambda box: "",
}
_QUIET = ("eps", "init", "momentum", "name", "label", "space", "values")


def box_label(box: Box) -> tuple[str, str]:
    """The name of a box and its telling attributes."""
    special = _SPECIAL.get(box.name)
    if special is not None:
        return box.name, shorten(special(box))
    found = []
    for key, value in box.op.attrs.items():
        if value is True and key == "masked":
            found.append("masked")
        elif key not in _QUIET and value not in (None, ()):
            found.append(_value(value))
    return box.name, shorten(" ".join(filter(None, found)))


def stem(name: str) -> str:
    """An instance name without the path to it and without its number."""
    return name.rpartition(".")[2].rstrip("_0123456789")


def operator_title(node: Node, box: OperatorBox) -> str:
    """The name of a part, and under which name it stands; ``R[f]`` for a reverse derivative."""
    region = box.regions[0]
    if box.name == "pullback":
        own = region.name or (region.nodes[0].name or region.nodes[0].box.name)
        return f"R[{own}]"
    if region.name and stem(node.name) != region.name:
        return f"{node.name}: {region.name}"
    return region.name or node.name


def repetition(box: OperatorBox) -> str:
    """How often the body of an operator runs: ``× 3 tied``, ``along t``, ``along t ←``, ``at every
    node``."""
    if box.name == "iterate":
        return f"× {box.attrs['times']} {box.attrs['weights']}"
    if "nodes" in box.attrs:
        return f"at every {box.attrs['nodes']}"
    if "over" not in box.attrs:
        return ""
    untied = " untied" if box.attrs.get("weights") == "untied" else ""
    return f"along {box.attrs['over']}{untied}{' ←' if box.attrs.get('reverse') else ''}"


def runs_by_port(box: OperatorBox) -> bool:
    """Whether each wire of a run is, an entry at a time, a wire of its cell: then the cell can be
    drawn around them.  (Lengths are none, nor are the children of a node.)"""
    return "over" in box.attrs and len(box.dom) == len(box.regions[0].dom)
