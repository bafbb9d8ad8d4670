"""Files: writing whole files or nothing.

Definition. A write is *atomic* when every reader sees either the old content or the new one,
whatever happens in between: the content goes to a temporary file in the same folder, is flushed to
the disk, and takes the name in one step.

Laws. On success the file holds exactly the given content. On failure a `SpecError` CM030 says why,
the old content is untouched, and no temporary file is left. `write_all_atomic` does this for
several files: if one of them cannot be written, none has changed.

Accepted:

>>> import os, tempfile
>>> folder = tempfile.mkdtemp()
>>> path = os.path.join(folder, "model.py")
>>> write_atomic(path, "x = 1\\n")
>>> open(path).read()
'x = 1\\n'

Rejected: a folder that is not there is named, not created.

>>> write_atomic(os.path.join(folder, "none", "model.py"), "")  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
categorical.errors.SpecError: error[CM030]: cannot write `...model.py`...
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping

from categorical.errors import SpecError

Path = str | os.PathLike[str]


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write one file, whole or not at all; text is written as UTF-8 with its own line ends."""
    write_all_atomic({path: content})


def write_all_atomic(contents: Mapping[Path, str | bytes]) -> None:
    """Write several files, all or none.

    Everything that can fail early (folders, permissions, disk space) fails before the first name
    changes; if a rename fails all the same, the earlier ones are taken back.
    """
    staged: list[tuple[str, str]] = []
    backups: list[tuple[str, str | None]] = []
    leftovers: list[str] = []
    shown = ""
    try:
        targets: set[str] = set()
        for path, content in contents.items():
            shown = os.fspath(path)
            target = _target(shown)
            if target in targets:
                raise _refusal(shown, "the same file is named twice in one request")
            targets.add(target)
            staged.append((target, _stage(target, shown, content, leftovers)))
        several = len(staged) > 1
        for target, temporary in staged:
            shown = target
            backup = _backup(target, leftovers) if several else None
            backups.append((target, backup))
            os.replace(temporary, target)
    except (OSError, ValueError) as problem:
        lost = _take_back(backups)
        raise _refusal(shown, _reason(problem), lost=lost) from problem
    except BaseException:
        _take_back(backups)
        raise
    finally:
        for leftover in leftovers:
            with contextlib.suppress(OSError):
                os.unlink(leftover)
    for folder in sorted({os.path.dirname(target) for target, _ in staged}):
        _flush_folder(folder)


def check_writable(paths: Iterable[Path]) -> None:
    """CM030 now rather than after the work: the paths name files that could be written."""
    for path in paths:
        shown = os.fspath(path)
        try:
            folder = os.path.dirname(_target(shown))
        except (OSError, ValueError) as problem:
            raise _refusal(shown, _reason(problem)) from problem
        if not _writable(folder):
            raise _refusal(shown, "permission denied: the folder is not writable")


def _target(path: str) -> str:
    """The real file behind a name: an ordinary file that may be written, or nothing yet."""
    if not path:
        raise _refusal(path, "the path is empty")
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(target) or path.endswith(os.sep):
        raise _refusal(path, "it names a folder, not a file", f"{path.rstrip(os.sep)}/model.py")
    if not os.path.lexists(folder):
        raise _refusal(path, f"the folder `{folder}` does not exist")
    if not os.path.isdir(folder):
        raise _refusal(path, f"`{folder}` is not a folder")
    if os.path.lexists(target):
        if not stat.S_ISREG(os.stat(target).st_mode):
            raise _refusal(path, "it is not an ordinary file")
        if not _writable(target):
            raise _refusal(path, "the file is read-only")
    return target


def _stage(target: str, shown: str, content: str | bytes, leftovers: list[str]) -> str:
    """Write the content to a temporary file beside the target, down to the disk."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.lexists(target) else None
    handle, temporary = tempfile.mkstemp(
        dir=os.path.dirname(target), prefix=f".{os.path.basename(target)[:64]}.", suffix=".part"
    )
    leftovers.append(temporary)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(temporary, (0o666 & ~_umask()) if mode is None else mode)
    return temporary


def _backup(target: str, leftovers: list[str]) -> str | None:
    """A second name for the old content, or None where the target is new."""
    if not os.path.lexists(target):
        return None
    folder, name = os.path.split(target)
    handle, backup = tempfile.mkstemp(dir=folder, prefix=f".{name[:64]}.", suffix=".old")
    os.close(handle)
    leftovers.append(backup)
    shutil.copy2(target, backup)
    return backup


def _take_back(backups: list[tuple[str, str | None]]) -> list[str]:
    """Undo the renames, last first; the names that could not be put back."""
    lost = []
    for target, backup in reversed(backups):
        try:
            if backup is not None:
                os.replace(backup, target)
            elif os.path.lexists(target):
                os.unlink(target)
        except OSError:
            lost.append(target)
    return lost


def _writable(target: str) -> bool:
    effective = os.access in os.supports_effective_ids
    return os.access(target, os.W_OK, effective_ids=effective)


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


def _flush_folder(folder: str) -> None:
    """Make the new names durable too, on systems where a folder can be flushed."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _reason(problem: OSError | ValueError) -> str:
    if isinstance(problem, UnicodeEncodeError):
        return "the text holds characters that UTF-8 cannot write"
    if isinstance(problem, PermissionError):
        return "permission denied: the folder is not writable"
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror[0].lower() + problem.strerror[1:]
    return str(problem)


def _refusal(
    path: str, reason: str, instead: str | None = None, lost: list[str] | None = None
) -> SpecError:
    kept = "nothing was written; what was there is unchanged"
    if lost:
        kept = "these files already had their new content: " + ", ".join(lost)
    return SpecError(
        "CM030",
        f"cannot write `{path}`",
        facts=[("reason", reason), ("state", kept)],
        help=[
            f"name a file: {instead}"
            if instead
            else "make the folder first, or choose another file"
            if reason.endswith("does not exist")
            else "choose a file in a folder you may write"
        ],
        origin=None,
    )
