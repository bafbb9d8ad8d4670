"""Loading a spec: a Python file is run, and the architectures it declares are collected.

Definition.  A *spec file* is a Python file with at least one module-level ``Architecture`` or
``Game``.  It is found by its path and run under a name of its own: no package called ``specs`` is
imported, so a user's own ``specs`` folder neither shadows anything nor is shadowed.  A spec is
code: load only what you would run.

Laws.  Loading twice gives two separate modules.  What a spec prints goes to stderr.  A spec that
does not end in time, does not import or declares nothing is one ``SpecError`` (CM038, CM027,
CM028) that names the line; an error of the language itself passes unchanged.

>>> import os, tempfile
>>> path = os.path.join(tempfile.mkdtemp(), "demo.py")
>>> def write(text):
...     _ = open(path, "w").write("from categorical import Dim, architecture, op\\n" + text)
>>> write('c = Dim("c")\\nnet = architecture(op.linear(c, c), sizes=dict(c=2), name="square")')
>>> [(found.variable, found.architecture.name) for found in load(path).declared]
[('net', 'square')]

A file without an architecture is rejected:

>>> write("")
>>> load(path)  # doctest: +ELLIPSIS
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM028]: `...demo.py` declares no architecture
...
"""

from __future__ import annotations

import contextlib
import hashlib
import linecache
import os
import re
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType, TracebackType
from typing import TYPE_CHECKING

from categorical.architecture import Architecture
from categorical.declaring import likely
from categorical.errors import Notice, SpecError
from categorical.face.limits import TooLong, limited
from categorical.inventory import Remark
from categorical.origin import PACKAGES, Origin, shown_path

if TYPE_CHECKING:
    from categorical.learning.games import Game

SECONDS = 30.0
LARGEST_FILE = 8_000_000


@dataclass(frozen=True)
class Declared:
    """One architecture with the variable it stands under and the path of its spec, as given."""

    variable: str
    architecture: Architecture
    path: str
    digest: str

    @property
    def name(self) -> str:
        return self.architecture.name


@dataclass(frozen=True)
class DeclaredGame:
    """One learner or game, in the same way."""

    variable: str
    game: Game
    path: str
    digest: str

    @property
    def name(self) -> str:
        return self.game.name


@dataclass(frozen=True)
class Spec:
    """A spec file that was run: its path as given, what it declares, and the notices it gave."""

    path: str
    declared: tuple[Declared, ...]
    notices: tuple[Notice, ...] = ()
    remarks: tuple[Remark, ...] = ()
    games: tuple[DeclaredGame, ...] = ()


def load(path: str | os.PathLike[str], seconds: float = SECONDS) -> Spec:
    """Run one spec file and collect its architectures, in the order of their definition."""
    given = os.fspath(path)
    source = _read(given)
    code = _compile(given, source)
    real = os.path.abspath(given)
    digest = hashlib.sha256(source).hexdigest()
    module = ModuleType(
        f"_commute_spec_{digest[:12]}_{hashlib.sha256(real.encode()).hexdigest()[:12]}"
    )
    module.__file__ = real
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _run(given, real, code, module, seconds)
    notices: dict[str, Notice] = {}
    for warning in caught:
        message = warning.message
        if isinstance(message, Notice):
            notices.setdefault(str(message), message)
        else:
            warnings.warn_explicit(message, warning.category, warning.filename, warning.lineno)
    found: dict[int, Declared] = {}
    for name, value in list(module.__dict__.items()):
        if isinstance(value, Architecture):
            found.setdefault(id(value), Declared(name, value, given, digest))
    names: dict[str, str] = {}
    for one in found.values():
        first = names.setdefault(one.architecture.name, one.variable)
        if first != one.variable:
            raise SpecError(
                "CM028",
                f"`{shown_path(real)}` declares two architectures called `{one.architecture.name}`",
                facts=[("declared as", f"{first}, {one.variable}")],
                help=[f'give one another name: {one.variable} = architecture(…, name="…")'],
                origin=one.architecture.origin,
            )
    games = _games(module, given, digest)
    if not found and not games:
        raise SpecError(
            "CM028",
            f"`{shown_path(real)}` declares no architecture",
            help=["declare one at the top level: model = architecture(arrow, laws=[…], sizes={…})"],
            origin=None,
        )
    remarks = tuple(v for v in module.__dict__.values() if isinstance(v, Remark))
    return Spec(given, tuple(found.values()), tuple(notices.values()), remarks, games)


def _games(module: ModuleType, path: str, digest: str) -> tuple[DeclaredGame, ...]:
    """The learners and games of a spec; one that declares some has imported the language of it."""
    games = sys.modules.get("categorical.learning.games")
    if games is None:
        return ()
    found: dict[int, DeclaredGame] = {}
    for name, value in list(module.__dict__.items()):
        if isinstance(value, games.Game):
            found.setdefault(id(value), DeclaredGame(name, value, path, digest))
    return tuple(found.values())


def spec_files(paths: Sequence[str]) -> list[str]:
    """The files that paths name: a folder stands for the Python files in it, sorted."""
    files: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            inside = [
                os.path.join(path, name)
                for name in sorted(os.listdir(path))
                if name.endswith(".py") and not name.startswith(("_", "."))
            ]
            if not inside:
                raise SpecError("CM028", f"the folder `{path}` holds no Python file", origin=None)
            files.extend(inside)
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def atlas_folder() -> str:
    """The folder of the shipped atlas: beside the package, found by location, never imported."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.join(os.path.dirname(os.path.dirname(here)), "specs")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            source = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise _refusal(path, reason[0].lower() + reason[1:], "name a Python file") from None
    if len(source) > LARGEST_FILE:
        raise _refusal(path, f"the file has more than {LARGEST_FILE:,} bytes", "name a Python file")
    return source


def _compile(path: str, source: bytes) -> CodeType:
    real = os.path.abspath(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(source, real, "exec", dont_inherit=True)
    except SyntaxError as problem:
        origin = None
        if problem.lineno and problem.filename == real:
            origin = Origin.at(
                real, problem.lineno, problem.offset, problem.end_lineno, problem.end_offset
            )
            if not problem.end_offset or problem.end_offset <= (problem.offset or 0):
                origin = Origin.at(real, problem.lineno)
        raise _refusal(
            path, f"SyntaxError: {problem.msg}", "a spec is a Python file", origin
        ) from None
    except (ValueError, RecursionError, MemoryError) as problem:
        reason = f"{type(problem).__name__}: {problem}"
        raise _refusal(path, reason, "a spec is a Python file") from None


def _run(given: str, real: str, code: CodeType, module: ModuleType, seconds: float) -> None:
    """Run the code of a spec in its module, within the time limit."""

    def execute() -> None:
        with contextlib.redirect_stdout(sys.stderr):
            exec(code, module.__dict__)

    def give_up() -> None:
        """The spec swallows every interruption: the only way out is out of the process."""
        print(_too_long(real, seconds, None), file=sys.stderr, flush=True)
        os._exit(2)

    linecache.checkcache(real)
    sys.modules[module.__name__] = module
    folder = os.getcwd()
    done = False
    try:
        with _neighbours(os.path.dirname(real)):
            limited(execute, seconds, give_up)
        done = True
    except SpecError:
        raise
    except TooLong as problem:
        raise _too_long(real, seconds, _place(problem.__traceback__, real)) from None
    except SystemExit as problem:
        origin = _place(problem.__traceback__, real)
        reason = f"the file ended the program: sys.exit({problem.code!r})"
        raise _refusal(given, reason, "a spec only declares", origin) from None
    except Exception as problem:
        reason = "".join(traceback.format_exception_only(problem)).strip()
        trace = problem.__traceback__
        place, notes = _place(trace, real), _through(trace, real)
        raise _refusal(given, reason, _meant(problem), place, notes) from problem
    finally:
        os.chdir(folder)
        if not done:
            sys.modules.pop(module.__name__, None)


def _meant(problem: Exception) -> str:
    """What was probably meant by a name that a module of ours does not have."""
    module = getattr(problem, "obj", None) if isinstance(problem, AttributeError) else None
    name = getattr(problem, "name", None)
    if isinstance(problem, ImportError) and problem.name:  # its `name_from` is new in Python 3.12
        module = sys.modules.get(problem.name)
        wanted = re.match(r"cannot import name '(\w+)'", str(problem))
        name = wanted[1] if wanted else None
    if not isinstance(module, ModuleType) or not isinstance(name, str):
        return ""
    offered = {one: one for one in _public(module)}
    for inner in list(offered):
        for one in _public(getattr(module, inner)):
            offered.setdefault(one, f"{inner}.{one}")
    plain = {one: one.lower().replace("_", "") for one in offered}
    flat = name.lower().replace("_", "")
    same = [one for one in offered if flat == plain[one]]  # Adam, CrossEntropy
    same += [one for one in offered if flat == "".join(word[:1] for word in one.split("_"))]  # mse
    same += [one for one in offered if len(one) > 3 and flat.startswith(plain[one])]  # CosineRate
    close = same[0] if same else likely(name, offered)
    return f"`{offered[close]}` was probably meant" if close else ""


def _public(module: object) -> list[str]:
    """The names that a module of ours offers."""
    if not isinstance(module, ModuleType) or module.__name__.partition(".")[0] not in PACKAGES:
        return []
    own = [k for k, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__]
    return list(getattr(module, "__all__", None) or [k for k in own if not k.startswith("_")])


@contextlib.contextmanager
def _neighbours(folder: str) -> Iterator[None]:
    """Let a spec import its neighbours; they are forgotten afterwards, so that another folder's
    modules of the same name are not confused with them."""
    if folder in sys.path:
        yield
        return
    before = set(sys.modules)
    sys.path.append(folder)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
        for name in set(sys.modules) - before:
            root = name.partition(".")[0]
            if root not in PACKAGES and not name.startswith("_commute_spec_"):
                if _lies_in(sys.modules.get(root), folder):
                    del sys.modules[name]


def _lies_in(module: ModuleType | None, folder: str) -> bool:
    """Whether a top-level module stands directly in a folder."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return False
    own = os.path.dirname(os.path.abspath(file))
    return folder == (os.path.dirname(own) if hasattr(module, "__path__") else own)


def _frames(trace: TracebackType | None) -> list[TracebackType]:
    found = []
    while trace is not None:
        found.append(trace)
        trace = trace.tb_next
    return found


def _place(trace: TracebackType | None, real: str) -> Origin | None:
    """The innermost frame of a traceback that stands in the spec itself."""
    for one in reversed(_frames(trace)):
        if one.tb_frame.f_code.co_filename == real:
            return Origin(one.tb_frame.f_code, one.tb_lasti)
    return None


def _through(trace: TracebackType | None, real: str) -> list[str]:
    """Where the error was raised, if that is not in the spec itself."""
    frames = _frames(trace)
    if not frames or frames[-1].tb_frame.f_code.co_filename == real:
        return []
    last = frames[-1]
    name = last.tb_frame.f_code.co_filename
    if name.startswith("<frozen") or name == __file__:
        return []
    return [f"raised at {shown_path(name)}:{last.tb_lineno}"]


def _too_long(real: str, seconds: float, origin: Origin | None) -> SpecError:
    where = ["this is the line that was running when the time was up"] if origin else []
    return SpecError(
        "CM038",
        f"`{shown_path(real)}` did not end within {seconds:g} s",
        notes=where,
        help=["look for a loop that does not end, or raise the limit: --time-limit SECONDS"],
        origin=origin,
    )


def _refusal(
    path: str, reason: str, advice: str, origin: Origin | None = None, notes: Sequence[str] = ()
) -> SpecError:
    return SpecError(
        "CM027",
        f"`{shown_path(os.path.abspath(path))}` cannot be loaded",
        facts=[("reason", reason)],
        help=[advice] if advice else [],
        notes=notes,
        origin=origin,
    )
