"""Checkpoint or store, on a chain of layers: one meaning, and what each choice costs."""

from __future__ import annotations

from itertools import pairwise

import pytest

from categorical import Dim, SpecError, op
from categorical.lenses import (
    chain_optic,
    choice_laws,
    choices,
    cost,
    lens_of,
    optic,
    slides,
    sliding_law,
    stored,
    table,
)
from tests.categorical.algebras.verdicts import every

a, b, c, d, e = Dim.named("a b c d e")
WIDTHS = (a, b, c, d, e)
mlp = [lens_of(op.linear(x, y) >> op.tanh) for x, y in pairwise(WIDTHS)]


def test_every_choice_has_one_meaning() -> None:
    found = choices(mlp, every=(1, 2, 3))
    assert len(found) == 6
    assert every(choice_laws(found)) == {"PROVED"}
    assert slides(found[0].optic, optic((mlp[0] >> mlp[1] >> mlp[2] >> mlp[3]).lens))


def test_what_each_choice_keeps() -> None:
    store, light, one, two, again = choices(mlp, every=(1, 2))
    assert str(again.cost.numbers) == "a"
    assert str(one.cost.numbers) == "a + b + c + d"
    assert str(two.cost.numbers) == "a + c"
    assert str(store.cost.numbers) == "a + 2*b + 2*c + 2*d + e"
    assert str(light.cost.numbers) == "a + b + c + d + e"
    assert store.cost.boxes == 0 < light.cost.boxes < one.cost.boxes
    sizes = dict(a=2, b=3, c=5, d=7, e=11)
    assert store.peak(**sizes) == store.cost.at(**sizes)
    assert two.peak(**sizes) > two.cost.at(**sizes)


def test_the_table_prints_the_counts() -> None:
    text = table(choices(mlp, every=(2,)), a=2, b=3, c=5, d=7, e=11)
    lines = text.splitlines()
    assert lines[0].startswith("choice") and len(lines) == 6
    assert lines[-1] == "at a=2, b=3, c=5, d=7, e=11"
    name, kept, numbers, *_ = (cell.strip() for cell in lines[3].split("|"))
    assert (name, kept, numbers) == ("input of every 2 layers", "a + c", "7")


def test_a_residual_for_each_layer() -> None:
    mixed = chain_optic(mlp, [stored, optic, stored, optic])
    assert slides(mixed, chain_optic(mlp))
    kept = cost(mixed, range(1, len(mixed.source)))
    assert str(kept.numbers) == "a + 2*b + c + 2*d" and kept.boxes > 0
    with pytest.raises(SpecError, match="4 layers has 1 residuals"):
        chain_optic(mlp, [stored])


def test_another_chain_is_another_optic() -> None:
    other = [*mlp[:-1], lens_of(op.linear(d, e) >> op.relu)]
    law = sliding_law(chain_optic(mlp, stored), chain_optic(other))
    assert every([law]) == {"REFUTED"}


def test_no_layers_and_no_segments() -> None:
    with pytest.raises(SpecError, match="no layers"):
        choices([])
    with pytest.raises(SpecError, match="segments of 0"):
        choices(mlp, every=(0,))
