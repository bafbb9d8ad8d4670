"""The tables of rules: complete, in agreement with the records, and sound in floats."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import categorical.op
from categorical import Dim
from categorical.graph import Operator
from categorical.records import EVAL, TRAIN, Context, Generator
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from proofs.certificate import bundle, claim
from proofs.checker import check
from proofs.checking.natural import check_natural
from proofs.checking.programs import Refusal, read_program
from proofs.checking.sharing import FREE
from proofs.checking.table import RULES, check_types, shape
from proofs.naturality import MAPS, prove_natural
from proofs.program import index, program
from proofs.rules import RULE, SENTENCES
from tests.proofs.boxes import GRAPHS, SIZES, n
from tests.proofs.graphs import close

assert categorical.op  # every family registers its generators

CASES = [(name, i) for name, graphs in GRAPHS.items() for i in range(len(graphs))]


def shipped() -> set[str]:
    """The generators of the language (tests may register others).

    Nothing is known of an opaque function, so no table has a rule for it.
    """
    own = {k for k, g in Generator.table.items() if g.typing.__module__.startswith("categorical")}
    return own - {"opaque"}


def test_every_generator_and_operator_has_a_rule_in_both_tables():
    known = shipped() | (set(Operator.table) - {"call", *FREE})
    assert known <= set(RULE), sorted(known - set(RULE))
    assert known <= set(RULES), sorted(known - set(RULES))
    assert set(RULE) == set(RULES) and set(RULES).isdisjoint(FREE)
    assert set(RULE.values()) <= set(SENTENCES)


def test_every_generator_is_tested_here():
    assert shipped() <= set(GRAPHS)


@pytest.mark.parametrize(("name", "place"), CASES)
def test_both_tables_name_the_same_rule(name, place):
    read = read_program(program(GRAPHS[name][place]), check_types)
    assert [shape(node, EVAL).rule for node in read.nodes] == [RULE[name]]


LOOSE = ("einsum", "gather", "where", "scatter")
EXTRA = [["dim", "extra", None, None], ""]


@pytest.mark.parametrize(("name", "place"), CASES)
def test_a_node_of_another_type_is_refused(name, place):
    """An axis too few, an axis too many, another kind: the checker derives the types again."""
    honest = program(GRAPHS[name][place])
    for node in honest["nodes"]:
        ins = node["ins"]
        several = node["op"] == "hom" and node["data"] > 1
        if (
            node["op"] in LOOSE or several or node["attrs"].get("masked")
        ):  # other data have a type as well
            ins = ins[node["data"] :]
        for wire in (*ins, *node["outs"]):
            kind, axes, values = honest["types"][honest["wires"][wire]]
            wrong = [
                [kind, [*axes, EXTRA], values],
                ["bool" if kind != "bool" else "real", axes, None],
            ]
            wrong += [[kind, axes[:k] + axes[k + 1 :], values] for k in range(len(axes))]
            for type_ in wrong:
                data = copy.deepcopy(honest)
                data["wires"][wire] = len(data["types"])
                data["types"].append(type_)
                with pytest.raises((Refusal, ValueError, IndexError, TypeError)):
                    read_program(data, check_types)


def moved(value, type_, maps, order, rng):
    """The action of one map of ``n`` on a value; every axis over n, and every index into n."""
    back = np.argsort(order)
    for place, axis in enumerate(type_.axes):
        if n not in axis.index.atoms:
            continue
        if axis.index is n:
            if maps in ("bijection", "shift", "function"):
                value = np.take(value, order, axis=place)
            else:
                matrix = rng[maps]
                value = np.moveaxis(np.tensordot(matrix, value, axes=(1, place)), 0, place)
        else:
            return None
    named = maps in ("bijection", "shift")  # matrices act on axes only
    if named and type_.values is not None and n in type_.values.atoms:
        value = back[value] if type_.values is n else None
    return value


def believed(graph, maps, mode):
    """Whether the prover finds a proof or the checker, asked alone, accepts the claim."""
    if prove_natural(graph, [n], maps, mode):
        return True
    claimed = {"maps": maps, "mode": mode, "dims": [index(n)], "scope": "all sizes"}
    try:
        check_natural([read_program(program(graph), check_types)], claimed, [])
    except Refusal:
        return False
    return True


@pytest.mark.parametrize("mode", [EVAL, TRAIN])
@pytest.mark.parametrize(("name", "place"), CASES)
def test_what_is_proved_of_one_node_holds_in_floats(name, place, mode):
    """Proved by the prover, or accepted by the checker alone."""
    graph, rng = GRAPHS[name][place], np.random.default_rng(7)
    size = SIZES["n"]
    reflection = np.eye(size) - 2 * np.outer(*[np.full(size, 1 / np.sqrt(size))] * 2)
    matrices = {
        "linear": rng.normal(size=(size, size)),
        "orthogonal": reflection @ np.roll(np.eye(size), 1, axis=0),
        "signed": np.roll(np.eye(size), 1, axis=0) * np.array([1, -1, 1, -1])[:, None],
        "negation": -np.eye(size),
    }
    ctx = Context(FloatAlgebra(), SIZES, mode)
    values = []
    for type_ in graph.dom:
        shape_ = ctx.shape(type_)
        if type_.kind == "bool":
            values.append(rng.random(shape_) < 0.6)
        elif type_.kind == "fin":
            values.append(rng.integers(0, ctx.size(type_.values), shape_))
        else:
            values.append(rng.normal(size=shape_) if name != "log" else rng.random(shape_) + 0.1)
    weights = {k: rng.normal(size=ctx.shape(r.space)) for k, r in graph.resources().items()}
    roles = {k: r for k, r in graph.resources().items()}
    if name == "batch_norm":
        weights = {k: np.abs(v) for k, v in weights.items()}
    for maps in MAPS:
        if not believed(graph, maps, mode):
            continue
        order = {"shift": np.array([3, 0, 1, 2]), "function": np.array([2, 0, 3, 3])}.get(
            maps, np.array([2, 0, 3, 1])
        )
        ins = [moved(v, t, maps, order, matrices) for v, t in zip(values, graph.dom)]
        if any(v is None for v in ins):
            continue
        # −1 keeps the distribution of Gaussian noise alone; a mask of dropout stays as it is
        moves = maps != "negation" or name == "gaussian_noise"
        own = {
            k: moved(v, roles[k].space, maps, order, matrices)
            if roles[k].role == "noise" and moves
            else v
            for k, v in weights.items()
        }
        with np.errstate(all="ignore"):
            before, after = run(graph, ctx, values, weights), run(graph, ctx, ins, own)
        for y, t, z in zip(before.outputs, graph.cod, after.outputs):
            wanted = moved(np.asarray(y), t, maps, order, matrices)
            assert wanted is None or close(wanted, np.asarray(z)), (maps, wanted, z)


@pytest.mark.parametrize("mode", [EVAL, TRAIN])
@pytest.mark.parametrize(("name", "place"), CASES)
def test_the_checker_proves_what_the_record_says_and_no_more(name, place, mode):
    """A prover that finds a proof convinces the checker; the classes differ nowhere else."""
    graph = GRAPHS[name][place]
    for maps in MAPS:
        proof = prove_natural(graph, [n], maps, mode)
        if proof:
            report = check(bundle("", [claim("law", proof)]))
            assert report.ok, (maps, report.errors)


def test_dims_of_one_name_and_two_sizes_are_two_dims():
    other = Dim("n", size=4)
    graph = (
        GRAPHS["linear"][2][:] if isinstance(GRAPHS["linear"][2], tuple) else GRAPHS["linear"][2]
    )
    assert prove_natural(graph, [other])
    assert not prove_natural(graph, [n])
