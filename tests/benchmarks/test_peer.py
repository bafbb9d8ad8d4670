"""Peers that are missing are reasons; the textbook layers are what they claim to be."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from tests.benchmarks import textbook
from tests.benchmarks.paired import Local, paired
from tests.benchmarks.peer import NAMES, SCRIPTS, Peer, Unavailable, peers


def test_pairs_and_environment_name_the_peers() -> None:
    found = peers(["emlp=/one/python"], {"COMMUTE_PEERS": "e3nn=/two/python,egnn=/three/python"})
    assert found["emlp"].python == "/one/python"
    assert found["e3nn"].python == "/two/python"
    assert "not given" in found["symm"].reason


def test_unknown_peers_are_refused() -> None:
    with pytest.raises(SystemExit, match="unknown peer 'elmp'"):
        peers(["elmp=/one/python"], {})


def test_every_peer_has_a_script() -> None:
    assert {path.stem.removeprefix("with_") for path in SCRIPTS.glob("with_*.py")} == set(NAMES)


@pytest.mark.parametrize(
    ("python", "reason"), [("", "not given"), ("/no/python", "does not start")]
)
def test_a_peer_that_is_not_there_is_a_reason(python: str, reason: str) -> None:
    peer = Peer("emlp", python)
    for _ in range(2):
        with pytest.raises(Unavailable, match=reason):
            peer.ask(do="prepare")


def test_a_peer_that_does_not_import_is_a_reason() -> None:
    with pytest.raises(Unavailable, match="does not import"):
        Peer("emlp", sys.executable).ask(do="prepare")


def test_interleaved_rounds_compare_with_the_baseline() -> None:
    done: list[str] = []
    contenders = {"a": Local(lambda: done.append("a"), 1), "b": Local(lambda: done.append("b"), 1)}
    found = paired(contenders, "a", rounds=4, least=0)
    assert done == ["a", "b", "a", "b", "b", "a", "a", "b", "b", "a"]
    assert found.faster["a"].median == 1


def test_the_fifteen_maps_are_equivariant_and_independent() -> None:
    torch.manual_seed(0)
    n, x = 5, torch.randn(1, 1, 5, 5, dtype=torch.float64)
    order = torch.tensor([3, 0, 4, 1, 2])
    moved = x[..., order, :][..., :, order]
    left, right = textbook.fifteen(moved), textbook.fifteen(x)[..., order, :][..., :, order]
    assert torch.allclose(left, right)
    units = torch.eye(n * n, dtype=torch.float64).view(n * n, 1, n, n)
    maps = textbook.fifteen(units)[:, 0].transpose(0, 1).reshape(15, -1)
    assert np.linalg.matrix_rank(maps.numpy()) == 15


def test_the_set_layer_sees_a_set() -> None:
    torch.manual_seed(0)
    layer, x, order = textbook.SetLayer(3, 4), torch.randn(2, 5, 3), torch.randperm(5)
    assert torch.allclose(layer(x[:, order]), layer(x)[:, order], atol=1e-6)
