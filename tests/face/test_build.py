"""``commute build`` and ``commute recheck``: all files or none, and no changed byte goes unseen."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from categorical import cli
from categorical.face import building
from categorical.face.certificate import combined

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(capsys):
    def go(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return go


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "project"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_build_writes_module_certificate_and_picture(spec, run, folder) -> None:
    status, out, err = run("build", spec("good"), "-o", "pool.py", "--svg")
    assert status == 0, err
    assert files(folder) == ["good.py", "pool.certificate.json", "pool.py", "pool.svg"]
    assert "parameters    8" in out and "contract      static" in out
    assert "weakest link: " in out and "agree with the reference" in out
    source = (folder / "pool.py").read_text()
    assert "PROVED invariant[Symmetric(n)]" in source
    space: dict[str, object] = {"__name__": "pool"}
    exec(compile(source, "pool.py", "exec", dont_inherit=True), space)
    import torch

    module = space["Pool"](space["Config"]())  # type: ignore[operator]
    x = torch.randn(5, 7, 3)
    assert torch.allclose(module(x), module(x.flip(1)), atol=1e-6)
    assert sum(p.numel() for p in module.parameters()) == 8


def test_a_build_is_the_same_from_run_to_run(spec, run, folder) -> None:
    spec("good")
    for name in ("one", "two"):
        assert run("build", "good.py", "-o", f"{name}.py", "--no-cache")[0] == 0
    assert (folder / "one.py").read_bytes() == (folder / "two.py").read_bytes()


def test_recheck_reads_what_build_wrote(spec, run, folder) -> None:
    run("build", spec("good"), "-o", "pool.py")
    status, out, _ = run("recheck", "pool.certificate.json")
    assert status == 0
    assert "invariant[Symmetric(n)]: natural for every bijection map of n" in out
    assert "pool.py is the file that was built" in out
    command = [sys.executable, "-m", "proofs.checker", str(folder / "pool.certificate.json")]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0 and "invariant[Symmetric(n)]" in answer.stdout
    data = json.loads((folder / "pool.certificate.json").read_text())
    assert data["build"]["laws"][0]["verdict"] == "PROVED"


def test_every_flipped_bit_is_refused(spec, run, folder) -> None:
    run("build", spec("good"), "-o", "pool.py")
    path = folder / "pool.certificate.json"
    whole = path.read_bytes()
    rng = random.Random(7)
    places = {0, len(whole) - 1, len(whole) - 2, *(rng.randrange(len(whole)) for _ in range(150))}
    for place in sorted(places):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(flipped))
        status, out, err = run("recheck", str(path))
        assert status == 1 and out == "" and err.startswith("error[CM031]"), place
        assert "Traceback" not in err
    path.write_bytes(whole)
    assert run("recheck", str(path))[0] == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b"null", b"[" * 99_999])
def test_a_file_that_is_no_certificate(spec, run, folder, content) -> None:
    spec("good")
    (folder / "x.certificate.json").write_bytes(content)
    status, _, err = run("recheck", "x.certificate.json")
    assert status == 1 and err.startswith("error[CM031]") and "Traceback" not in err
    assert run("recheck", "none.json")[0] == 1 and run("recheck", ".")[0] == 1


def test_a_claim_that_does_not_follow_is_refused_with_a_good_digest(spec, run, folder) -> None:
    """The digest alone would accept this forgery; the checker derives every step again."""
    run("build", spec("good"), "-o", "pool.py")
    data = json.loads((folder / "pool.certificate.json").read_text())
    one = {"programs": data["programs"], "claims": json.loads(json.dumps(data["claims"]))}
    (folder / "copy.certificate.json").write_text(combined("0", [one], data["build"]))
    assert run("recheck", "copy.certificate.json")[0] == 0
    one["claims"][0]["dims"] = ["c"]
    (folder / "copy.certificate.json").write_text(combined("0", [one], data["build"]))
    status, _, err = run("recheck", "copy.certificate.json")
    assert status == 1 and "CM031" in err


def test_a_changed_module_is_noticed(spec, run, folder) -> None:
    run("build", spec("good"), "-o", "pool.py")
    with open(folder / "pool.py", "a") as stream:
        stream.write("\n")
    status, _, err = run("recheck", "pool.certificate.json")
    assert status == 1 and "is not the file that was built" in err


def test_recheck_compares_the_spec(spec, run, folder) -> None:
    run("build", spec("good"), "-o", "pool.py")
    status, out, _ = run("recheck", "pool.certificate.json", "--spec", "good.py")
    assert status == 0 and "good.py is the spec that was built" in out
    for other in (spec("several"), "none.py"):
        status, _, err = run("recheck", "pool.certificate.json", "--spec", other)
        assert status == 1 and err.startswith("error[CM031]")


@pytest.mark.parametrize(
    "name",
    ['x"""; import os; y = """', "$(touch pwned)", "-o", "a b\nimport os", "__import__('os')"],
)
def test_a_file_name_is_never_code(spec, run, folder, name) -> None:
    path = folder / f"{name}.py"
    Path(spec("good")).rename(path)
    status, _, err = run("build", "-o", "m.py", "--", str(path))
    assert status == 0, err
    compiled = ast.parse((folder / "m.py").read_text())
    imported = {
        alias.name for node in compiled.body if isinstance(node, ast.Import) for alias in node.names
    }
    assert "os" not in imported and files(folder) == sorted(
        [path.name, "m.certificate.json", "m.py"]
    )


# --- what is refused ---------------------------------------------------------------------------


@pytest.fixture
def no_work(monkeypatch) -> None:
    """Whoever starts to work before the paths are known to be good fails the test."""

    def too_early(*arguments, **options):
        raise AssertionError("the work began before the output path was known to be good")

    monkeypatch.setattr(building, "run_laws", too_early)
    monkeypatch.setattr(building, "generate", too_early)


UNWRITABLE = ["no/such/folder/m.py", "there", "there/", "good.py", "good.py/m.py", "", "a\0b.py"]


@pytest.mark.parametrize("output", UNWRITABLE)
def test_a_path_that_cannot_be_written_is_refused_first(spec, run, folder, no_work, output) -> None:
    spec("good")
    (folder / "there").mkdir()
    if not output:
        output = " /nowhere"
    before = files(folder), (folder / "good.py").read_bytes()
    status, out, err = run("build", "good.py", "-o", output)
    assert status == 2 and err.startswith("error[CM030]") and out == ""
    assert before == (files(folder), (folder / "good.py").read_bytes())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused_first(spec, run, folder, no_work) -> None:
    spec("good")
    closed = folder / "closed"
    closed.mkdir(mode=0o500)
    status, _, err = run("build", "good.py", "-o", "closed/m.py")
    assert status == 2 and err.startswith("error[CM030]") and files(closed) == []


def test_a_certificate_that_cannot_be_written_is_refused_first(spec, run, folder, no_work) -> None:
    spec("good")
    (folder / "m.certificate.json").mkdir()
    status, _, err = run("build", "good.py", "-o", "m.py")
    assert status == 2 and err.startswith("error[CM030]") and not (folder / "m.py").exists()


def test_a_refuted_law_stops_the_build(spec, run, folder) -> None:
    status, out, err = run("build", spec("refuted"), "-o", "m.py")
    assert status == 1 and out == "" and files(folder) == ["refuted.py"]
    assert "not built" in err and "swap(n, 0, 1)" in err
    status, out, _ = run("build", "refuted.py", "-o", "m.py", "--force")
    assert status == 0 and "warning: invariant[Symmetric(n)] is REFUTED" in out
    assert "REFUTED invariant[Symmetric(n)]" in (folder / "m.py").read_text()


def test_a_law_that_should_fail_and_holds_stops_the_build(spec, run, folder) -> None:
    assert run("build", spec("unexpected"), "-o", "m.py")[0] == 1
    assert files(folder) == ["unexpected.py"]


def test_no_check_says_so(spec, run, folder) -> None:
    status, out, _ = run("build", spec("refuted"), "-o", "m.py", "--no-check")
    assert status == 0 and "not checked (--no-check)" in out
    assert "PROVED" not in (folder / "m.py").read_text()


def test_several_architectures_need_a_name(spec, run, folder) -> None:
    status, _, err = run("build", spec("several"), "-o", "m.py")
    assert status == 2 and "--arch affine" in err
    assert run("build", "several.py", "-o", "m.py", "--arch", "linear")[0] == 0
    assert "class Linear" in (folder / "m.py").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "model = architecture(op.linear(200_000, 200_000).at(Real[200_000]), name='wide')\n",
        "model = architecture(op.relu.at(Real[10**6, 10**6 + 1]), name='wide')\n",
    ],
)
def test_sizes_that_cannot_be_made_small_are_not_allocated(spec, run, folder, text) -> None:
    status, _, err = run("build", spec("wide", text), "-o", "m.py")
    assert status == 2 and err.startswith("error[CM026]") and files(folder) == ["wide.py"]


def test_large_sizes_of_dims_are_validated_at_small_ones(spec, run, folder) -> None:
    sizes = "sizes=dict(c=10**5, k=10**5)"
    status, out, _ = run("build", spec("wide", f"m = architecture(op.linear(c, k), {sizes})\n"))
    assert status == 0 and "10,000,100,000" in out


def test_a_size_that_a_weight_needs(spec, run, folder) -> None:
    spec("open", "model = architecture(op.linear(c, k), sizes=dict(c=3), name='open_one')\n")
    status, _, err = run("build", "open.py", "-o", "m.py")
    assert status == 2 and err.startswith("error[CM025]") and files(folder) == ["open.py"]


@pytest.mark.parametrize("stage", ["generate", "certificate", "write_all_atomic"])
def test_a_build_that_breaks_leaves_nothing(spec, run, folder, monkeypatch, stage) -> None:
    def broken(*arguments, **options):
        raise RuntimeError("planted")

    spec("good")
    (folder / "m.py").write_text("old\n")
    monkeypatch.setattr(building, stage, broken)
    assert run("build", "good.py", "-o", "m.py")[0] == 4
    assert files(folder) == ["good.py", "m.py"] and (folder / "m.py").read_text() == "old\n"


def test_a_module_that_disagrees_with_the_spec_is_not_written(
    spec, run, folder, monkeypatch
) -> None:
    from backends.pytorch.table import base

    monkeypatch.setitem(base.ROWS, "relu", lambda emit, box, ins: f"torch.tanh({ins[0]})")
    status, _, err = run("build", spec("good"), "-o", "m.py", "--no-check")
    assert status == 4 and err.startswith("error[CM040]") and files(folder) == ["good.py"]
