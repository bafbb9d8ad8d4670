"""``commute build --train``: module, training file and adapters, all or none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from categorical import cli

LEARNER = """
from categorical import Dim, Fin, Real, architecture, arrow, laws, op
from categorical.learning.games import Player, game, learner
from categorical.learning.losses import cross_entropy, mean_squared_error
from categorical.learning.optimisers import sgd
from categorical.learning.optimisers_adaptive import adam

c, k = Dim.named("c k")
model = architecture(
    (op.linear(c, k) >> op.tanh).named("net"), laws=[laws.bounded(-1, 1)], sizes=dict(c=3, k=2)
)
training = learner(model, mean_squared_error(Real[k]), adam(0.01))
"""
SECOND = """
other = learner(model, cross_entropy(Real[k]), sgd(0.1), name="by_class")
"""
ALONE = (
    LEARNER.replace("model = architecture(\n    ", "net = (\n    ")
    .replace(
        '.named("net"), laws=[laws.bounded(-1, 1)], sizes=dict(c=3, k=2)\n)', '.named("net")\n)'
    )
    .replace("learner(model,", "learner(net,")
    .replace("adam(0.01))", "adam(0.01), sizes=dict(c=3, k=2))")
)


@pytest.fixture
def run(capsys):
    def go(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return go


@pytest.fixture
def here(tmp_path: Path, monkeypatch):
    """Write a spec into a folder that is the current one."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> str:
        (tmp_path / "spec.py").write_text(text)
        return "spec.py"

    write.folder = tmp_path  # type: ignore[attr-defined]
    return write


def files(here) -> set[str]:
    return {path.name for path in here.folder.iterdir() if path.is_file()} - {"spec.py"}


def test_a_learner_is_built_with_its_module(here, run) -> None:
    status, out, err = run("build", here(LEARNER), "--train", "-o", "net.py")
    assert status == 0, err
    assert files(here) == {"net.py", "net.certificate.json", "net_train.py"}
    assert "agree with the declared step" in out and "torch.optim.Adam(lr=0.01, fused=True)" in out
    assert "weakest link" in out
    said = json.loads((here.folder / "net.certificate.json").read_text())["build"]
    assert said["training"]["game"] == "net_training" and said["training"]["validation"]["rounds"]
    for name in ("net.py", "net_train.py"):
        command = [sys.executable, name, *(["--selftest"] if name == "net_train.py" else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "restart ok" in done.stdout


def test_the_module_is_that_of_a_plain_build(here, run) -> None:
    here(LEARNER)
    assert run("build", "spec.py", "--train", "-o", "net.py")[0] == 0
    assert run("build", "spec.py", "-o", "again.py")[0] == 0
    assert (here.folder / "net.py").read_bytes() == (here.folder / "again.py").read_bytes()


def test_the_bytes_do_not_depend_on_the_run(here) -> None:
    here(LEARNER)
    texts = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "categorical.cli", "build", "spec.py", "--train"]
        command += ["-o", "net.py", "--no-check", "--adapter", "lightning"]
        root = str(Path(__file__).resolve().parents[2])
        done = subprocess.run(
            command,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        texts.add(
            tuple((here.folder / f"net{x}.py").read_text() for x in ("", "_train", "_lightning"))
        )
    assert len(texts) == 1


def test_a_learner_without_an_architecture(here, run) -> None:
    status, out, err = run("build", here(ALONE), "--train", "-o", "net.py")
    assert status == 0, err
    assert "no law" in out or "0 laws" in out
    assert run("check", "spec.py")[1].startswith("game `net_training`: net moves 2 weights")


@pytest.mark.parametrize("command", ["build", "draw"])
def test_a_learner_alone_is_no_architecture(command: str, here, run) -> None:
    status, _, err = run(command, here(ALONE), "-o", "net.py" if command == "build" else "net.svg")
    assert status == 2 and "declares no architecture" in err and "--train" in err
    for name in ("training", "net_training"):
        status, _, err = run(command, "spec.py", "--arch", name)
        assert status == 2 and f"`{name}` is a learner or a game, and no architecture" in err
    status, _, err = run(command, "spec.py", "--arch", "lime")
    assert status == 2 and "no architecture is called `lime`" in err
    assert files(here) == set()


def test_an_unknown_name_where_there_are_learners_only(here, run) -> None:
    status, _, err = run("check", here(ALONE), "--arch", "nope")
    assert status == 2 and "no learner or game is called `nope`" in err and "net_training" in err
    assert run("list", "spec.py")[0] == 0
    status, _, err = run("build", "spec.py", "-o", "net.py")
    assert status == 2 and "CM028" in err


def test_check_lists_learners_and_games(here, run) -> None:
    status, out, _ = run("check", here(LEARNER + SECOND), "--no-cache")
    assert status == 0
    assert "game `net_training`: net moves 2 weights (net by adam)" in out
    assert "game `by_class`: net moves 2 weights (net by sgd)" in out
    status, out, _ = run("check", "spec.py", "--types", "--json")
    names = [one["name"] for one in json.loads(out)["games"]]
    assert status == 0 and names == ["net_training", "by_class"]
    assert run("list", "spec.py")[0] == 0
    status, out, _ = run("check", "spec.py", "--arch", "by_class")
    assert status == 0 and "by_class" in out and "net_training" not in out


def test_which_one(here, run) -> None:
    both = (LEARNER + SECOND).replace("training =", "first =")
    status, _, err = run("build", here(both), "--train", "-o", "net.py")
    assert status == 2 and "declares 2 learners and games" in err and "--arch first" in err
    status, _, err = run("build", "spec.py", "--train", "-o", "net.py", "--arch", "lime")
    assert status == 2 and "no learner or game is called `lime`" in err and "by_class" in err
    assert files(here) == set()
    status, out, err = run("build", "spec.py", "--train", "-o", "net.py", "--arch", "other")
    assert status == 0 and "torch.optim.SGD" in out, err
    status, _, err = run("build", here(LEARNER), "--train", "-o", "net.py", "--arch", "net")
    assert status == 0, err


def test_a_spec_without_a_learner(here, run) -> None:
    text = LEARNER.partition("training =")[0]
    status, _, err = run("build", here(text), "--train", "-o", "net.py")
    assert status == 2 and "CM028" in err and "declares no learner and no game" in err
    assert "net" in err and "learner(model, loss, adam(1e-3))" in err
    assert files(here) == set()


def test_adapters_stand_beside(here, run) -> None:
    command = ["build", here(LEARNER), "--train", "-o", "net.py", "--svg"]
    command += ["--adapter", "lightning", "--adapter", "accelerate"]
    status, _, err = run(*command)
    assert status == 0, err
    assert files(here) >= {"net.svg", "net_lightning.py", "net_accelerate.py"}
    assert "LightningModule" in (here.folder / "net_lightning.py").read_text()
    assert "Accelerator" in (here.folder / "net_accelerate.py").read_text()
    assert "<svg" in (here.folder / "net.svg").read_text()


def test_wrong_usage(here, run) -> None:
    here(LEARNER)
    status, _, err = run("build", "spec.py", "--adapter", "lightning", "-o", "net.py")
    assert status == 2 and "add --train" in err
    status, _, err = run("build", "spec.py", "--train", "--bake", "w.safetensors", "-o", "net.py")
    assert status == 2 and "not allowed with" in err
    status, _, err = run("build", "spec.py", "--train", "-o", "my-net.py")
    assert status == 2 and "cannot import `my-net`" in err
    status, _, err = run("build", "spec.py", "--train", "--adapter", "keras", "-o", "net.py")
    assert status == 2 and "invalid choice" in err
    assert files(here) == set()


def test_a_changed_training_file_is_noticed(here, run) -> None:
    assert run("build", here(LEARNER), "--train", "-o", "net.py")[0] == 0
    status, out, err = run("recheck", "net.certificate.json")
    assert status == 0 and "net_train.py is the training file that was built" in out, err
    file = here.folder / "net_train.py"
    file.write_text(file.read_text().replace("lr=0.01", "lr=0.02"))
    status, _, err = run("recheck", "net.certificate.json")
    assert status == 1 and "is not the training file that was built" in err


@pytest.mark.parametrize("name", ["copy.py", "torch.py", "class.py", "my-net.py"])
def test_a_module_that_cannot_be_imported(name: str, here, run) -> None:
    status, _, err = run("build", here(LEARNER), "--train", "-o", name)
    assert status == 2 and "CM024" in err and files(here) == set()


def test_a_model_called_training(here, run) -> None:
    text = LEARNER.replace('named("net")', 'named("Training")')
    status, _, err = run("build", here(text), "--train", "-o", "net.py")
    assert status == 0, err
    command = [sys.executable, "net_train.py", "--selftest"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_wrong_training_file_is_not_written(here, run, monkeypatch) -> None:
    from backends.pytorch.training import optim

    right = optim.making
    monkeypatch.setattr(optim, "making", lambda *parts: right(*parts).replace("lr=0.01", "lr=0.02"))
    status, _, err = run("build", here(LEARNER), "--train", "-o", "net.py")
    assert status == 4 and "CM040" in err and "disagrees with the declared step" in err
    assert files(here) == set()


def test_all_files_or_none(here, run) -> None:
    (here.folder / "net_train.py").mkdir()
    status, _, err = run("build", here(LEARNER), "--train", "-o", "net.py")
    assert status == 2 and "CM030" in err
    assert files(here) == set()


def test_a_refuted_law_stops_the_build(here, run) -> None:
    text = LEARNER.replace("laws.bounded(-1, 1)", "laws.bounded(0, 1)")
    status, _, err = run("build", here(text), "--train", "-o", "net.py")
    assert status == 1 and "not built" in err and files(here) == set()
    status, out, _ = run("build", "spec.py", "--train", "-o", "net.py", "--force")
    assert status == 0 and "warning" in out
    assert "REFUTED" in (here.folder / "net_train.py").read_text()
