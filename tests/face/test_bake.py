"""``commute build --bake``: plain layers with the trained weights, or no file at all."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from backends.pytorch.loader import load, save
from categorical import cli
from categorical.face import building

SOLVED = """
from categorical.exact import Basis
v = Dim("v", size=2)
turn = Basis((2, 2), 2, [0, 0, 1, 1], [0, 3, 1, 2], [1, 1, -1, 1])
model = architecture(
    op.hom(turn, ((v,),), (v,), channels=(c,), out=k).at(Real[v, c]),
    laws=[laws.linear()],
    sizes=dict(c=3, k=4),
    name="turned",
)
"""


@pytest.fixture
def run(capsys):
    def go(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return go


@pytest.fixture
def folder(spec, run, tmp_path) -> Path:
    """A spec, its module and weights of it."""
    run("build", spec("turned", SOLVED), "-o", "model.py")
    (tmp_path / "project" / "model.certificate.json").unlink()
    module = made(tmp_path / "project" / "model.py", "Turned")
    torch.nn.init.normal_(next(module.parameters()))
    save(module, tmp_path / "project" / "w.safetensors")
    return tmp_path / "project"


def made(path: Path, name: str):
    space = runpy.run_path(str(path), run_name="model")
    return space[name]()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


GIVEN = ["model.py", "turned.py", "w.safetensors"]


def test_the_module_its_certificate_and_its_weights(run, folder) -> None:
    status, out, err = run("build", "turned.py", "--bake", "w.safetensors", "-o", "flat.py")
    assert status == 0, err
    written = ["flat.certificate.json", "flat.py", "flat.safetensors"]
    assert files(folder) == sorted([*GIVEN, *written]) and "flat.safetensors" in out
    assert out.count("(before baking)") == 2  # the number of parameters, and the laws
    plain, module = made(folder / "flat.py", "TurnedBaked"), made(folder / "model.py", "Turned")
    load(plain, folder / "flat.safetensors")
    load(module, folder / "w.safetensors")
    x = torch.randn(5, 2, 3)
    assert torch.allclose(plain(x), module(x), atol=1e-5)
    assert plain(x).abs().max() > 0.1
    source = (folder / "flat.py").read_text()
    assert "nn.Linear" in source and "before baking: " in source
    assert "build turned.py --arch turned --bake WEIGHTS.safetensors" in source.replace("\n", " ")
    told = json.loads((folder / "flat.certificate.json").read_text())["build"]
    assert told["laws_of_the_module"] == "before baking" and told["validation"]
    status, out, _ = run("recheck", "flat.certificate.json")
    assert status == 0 and "flat.py is the file that was built" in out


def test_the_name_without_an_output_and_the_element_type(run, folder) -> None:
    weights = load_file(folder / "w.safetensors")
    save_file({key: w.bfloat16() for key, w in weights.items()}, folder / "half.safetensors")
    assert run("build", "turned.py", "--bake", "half.safetensors", "--no-check")[0] == 0
    (one,) = load_file(folder / "turned_baked.safetensors").values()
    assert one.dtype == torch.bfloat16 and one.shape == (8, 6)


def refused(run, folder, code: str, *arguments: str) -> str:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    status, _, err = run("build", "turned.py", "--no-check", "--bake", *arguments)
    assert status == 2 and err.startswith(f"error[{code}]"), err
    assert before == {path: path.read_bytes() for path in folder.iterdir()}
    return err


def test_weights_that_are_none(run, folder) -> None:
    refused(run, folder, "CM030", "missing.safetensors", "-o", "flat.py")
    (folder / "broken.safetensors").write_bytes(b"no weights")
    refused(run, folder, "CM030", "broken.safetensors", "-o", "flat.py")


def test_weights_of_another_module(run, folder) -> None:
    save_file({"hom.weight": torch.zeros(2, 5, 3)}, folder / "other.safetensors")
    assert "hom.weight" in refused(run, folder, "CM042", "other.safetensors", "-o", "flat.py")
    save_file({"other.weight": torch.zeros(2, 4, 3)}, folder / "other.safetensors")
    refused(run, folder, "CM042", "other.safetensors", "-o", "flat.py")
    save(made(folder / "model.py", "Turned"), folder / "other.safetensors", "0" * 64)
    assert "belongs to the spec" in refused(
        run, folder, "CM042", "other.safetensors", "-o", "flat.py"
    )


def test_the_weights_are_not_written_over(run, folder) -> None:
    assert "it is read" in refused(run, folder, "CM030", "w.safetensors", "-o", "w.py")


def test_a_spec_in_which_nothing_is_solved_for(spec, run, folder) -> None:
    spec("good")
    save_file({"x": torch.zeros(1)}, folder / "x.safetensors")
    assert run("build", "good.py", "--bake", "x.safetensors", "-o", "m.py")[0] == 2
    assert files(folder) == sorted([*GIVEN, "good.py", "x.safetensors"])


@pytest.mark.parametrize("stage", ["baked", "certificate", "write_all_atomic"])
def test_what_breaks_leaves_nothing(run, folder, monkeypatch, stage) -> None:
    def broken(*arguments, **options):
        raise RuntimeError("planted")

    monkeypatch.setattr(building, stage, broken)
    assert run("build", "turned.py", "--bake", "w.safetensors", "-o", "m.py", "--no-check")[0] == 4
    assert files(folder) == GIVEN
