"""Atomic writes: on every failure the old content is there, and nothing else."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from categorical.errors import SpecError
from categorical.files import write_all_atomic, write_atomic


def refused(excinfo: pytest.ExceptionInfo[SpecError]) -> str:
    assert excinfo.value.code == "CM030"
    return str(excinfo.value)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_and_bytes_are_written_exactly(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a.txt", "α\r\nβ\n")
    assert (tmp_path / "a.txt").read_bytes() == "α\r\nβ\n".encode()
    write_atomic(str(tmp_path / "a.txt"), b"\x00\xff")
    assert (tmp_path / "a.txt").read_bytes() == b"\x00\xff"
    assert names(tmp_path) == ["a.txt"]


def test_a_relative_path_is_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomic("model.py", "x")
    assert (tmp_path / "model.py").read_text() == "x"


def test_the_mode_is_kept_or_follows_the_mask(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new", "x")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o755)
    write_atomic(tmp_path / "new", "y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o755


def test_a_link_stays_a_link_and_its_file_changes(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"


def test_a_reader_of_the_old_file_keeps_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old content")
    with path.open() as reader:
        write_atomic(path, "new")
        assert reader.read() == "old content"
    assert path.read_text() == "new"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("none/model.py", "make the folder first"),
        ("file/model.py", "is not a folder"),
        ("folder", "it names a folder, not a file"),
        ("new/", "it names a folder, not a file"),
        ("fifo", "not an ordinary file"),
        ("x\0y", "null"),
        ("n" * 300, "name too long"),
    ],
)
def test_a_bad_path_is_refused_with_its_reason(tmp_path: Path, target: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    os.mkfifo(tmp_path / "fifo")
    before = names(tmp_path)
    with pytest.raises(SpecError) as excinfo:
        write_atomic(f"{tmp_path}/{target}", "new")
    assert reason in refused(excinfo)
    assert names(tmp_path) == before and (tmp_path / "file").read_text() == "old"


def test_an_empty_path_and_unwritable_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as excinfo:
        write_atomic("", "x")
    assert "the path is empty" in refused(excinfo)
    (tmp_path / "a").write_text("old")
    with pytest.raises(SpecError) as excinfo:
        write_atomic(tmp_path / "a", "half \ud800 a pair")
    assert "UTF-8" in refused(excinfo)
    assert (tmp_path / "a").read_text() == "old" and names(tmp_path) == ["a"]


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder, and a process without the right to pass over permissions."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_read_only_folder_and_a_read_only_file(as_nobody: Path) -> None:
    privileged = os.getuid() == 0
    if privileged:
        os.seteuid(0)
    (as_nobody / "a").write_text("old")
    (as_nobody / "sub").mkdir()
    (as_nobody / "sub").chmod(0o777)
    (as_nobody / "sub" / "b").write_text("old b")
    (as_nobody / "sub" / "b").chmod(0o444)
    (as_nobody / "a").chmod(0o666)
    as_nobody.chmod(0o555)
    if privileged:
        os.seteuid(65534)
    with pytest.raises(SpecError) as excinfo:
        write_atomic(as_nobody / "a", "new")
    assert "permission denied" in refused(excinfo)
    with pytest.raises(SpecError) as excinfo:
        write_atomic(as_nobody / "sub" / "b", "new")
    assert "read-only" in refused(excinfo)
    write_atomic(as_nobody / "sub" / "c", "fine")
    assert (as_nobody / "a").read_text() == "old"
    assert (as_nobody / "sub" / "b").read_text() == "old b"
    assert names(as_nobody) == ["a", "sub"] and names(as_nobody / "sub") == ["b", "c"]


def test_a_full_disk_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("categorical.files.os.fsync", full)
    with pytest.raises(SpecError) as excinfo:
        write_atomic(tmp_path / "a", "new")
    assert "no space left on device" in refused(excinfo)
    assert (tmp_path / "a").read_text() == "old" and names(tmp_path) == ["a"]


def test_several_files_all_or_none_when_one_path_is_bad(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old a")
    with pytest.raises(SpecError) as excinfo:
        write_all_atomic({tmp_path / "a": "1", tmp_path / "none" / "b": "2"})
    assert "does not exist" in refused(excinfo)
    assert (tmp_path / "a").read_text() == "old a" and names(tmp_path) == ["a"]
    write_all_atomic({tmp_path / "a": "1", tmp_path / "b": b"2"})
    assert names(tmp_path) == ["a", "b"]
    assert ((tmp_path / "a").read_text(), (tmp_path / "b").read_text()) == ("1", "2")


@pytest.mark.parametrize("interruption", [OSError(errno.EIO, "I/O error"), KeyboardInterrupt()])
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_several_files_all_or_none_when_a_rename_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    interruption: BaseException,
    failing: int,
) -> None:
    for name in "ac":
        (tmp_path / name).write_text(f"old {name}")
    calls = 0
    rename = os.replace

    def sometimes(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise interruption
        rename(source, target)

    monkeypatch.setattr("categorical.files.os.replace", sometimes)
    expected = SpecError if isinstance(interruption, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_all_atomic({tmp_path / name: f"new {name}" for name in "abc"})
    assert calls >= failing
    assert names(tmp_path) == ["a", "c"]
    assert (tmp_path / "a").read_text() == "old a" and (tmp_path / "c").read_text() == "old c"


def test_what_cannot_be_taken_back_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("old a")
    rename, calls = os.replace, 0

    def once(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(errno.EIO, "I/O error")
        rename(source, target)

    monkeypatch.setattr("categorical.files.os.replace", once)
    with pytest.raises(SpecError) as excinfo:
        write_all_atomic({tmp_path / "a": "new a", tmp_path / "b": "new b"})
    assert f"new content: {tmp_path / 'a'}" in refused(excinfo)
    assert (tmp_path / "a").read_text() == "new a"


def test_one_file_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as excinfo:
        write_all_atomic({tmp_path / "a": "1", f"{tmp_path}/./a": "2"})
    assert "named twice" in refused(excinfo)
    assert names(tmp_path) == []
