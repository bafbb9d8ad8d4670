"""Fill in the outputs of the README with what the commands print: ``python -m tests.readme``.

With ``--check`` nothing is written; the exit status says whether the README is what they print.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def blocks(text: str) -> list[str]:
    """The Python blocks of the README, in order."""
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def files(text: str) -> dict[str, str]:
    """The files that the README speaks of."""
    pool, weighted = (b for b in blocks(text) if "architecture(" in b)
    wrong = pool.replace("op.linear(hidden, label)", "op.linear(feature, label)")
    assert wrong != pool
    training = next(b for b in blocks(text) if "learner(" in b)
    gan = (README.parent / "specs" / "gan.py").read_text()
    specs = {"pool.py": pool, "wrong.py": wrong, "weighted.py": weighted}
    return {**specs, "training.py": training, "specs/gan.py": gan}


def printed(*words: str) -> str:
    """What a command prints, times and spaces at the ends of lines left out."""
    from categorical import cli

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        cli.main(list(words))
    text = re.sub(r" +\d+(\.\d+)? m?s\b", "", out.getvalue())
    text = re.sub(r" +time\b", "", text)
    text = re.sub(r"─+", lambda m: "─" * 79 if len(m.group()) > 40 else m.group(), text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def filled(text: str) -> str:
    """The README with its outputs as the commands print them now."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            Path("specs").mkdir()
            for name, content in files(text).items():
                Path(name).write_text(content)

            def output(match: re.Match[str]) -> str:
                words = match.group(1).split()
                shown = printed(*words, "--no-cache") if words[0] == "check" else printed(*words)
                said = match.group(1)
                return f"<!-- output: {said} -->\n```console\n$ commute {said}\n{shown}\n```"

            text = re.sub(
                r"<!-- output: (.*?) -->\n```console\n.*?```", output, text, flags=re.DOTALL
            )
            printed("build", "pool.py", "-o", "pool_model.py")
            return re.sub(
                r"<!-- source: (\S+) (\S+) -->\n```python\n.*?```",
                part,
                text,
                flags=re.DOTALL,
            )
        finally:
            os.chdir(before)


def part(match: re.Match[str]) -> str:
    """A class, a function or a method of a file that was written, as it stands there."""
    file, name = match.groups()
    owner, _, method = name.partition(".")
    code = _block(Path(file).read_text(), owner, "")
    code = laid_out(textwrap.dedent(_block(code, method, "    "))) if method else code
    return f"<!-- source: {file} {name} -->\n```python\n{code.rstrip()}\n```"


def laid_out(code: str) -> str:
    """A method as a function: its lines have more room."""
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "100", "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout


def _block(source: str, name: str, margin: str) -> str:
    """The statement that defines a name, up to what stands no deeper."""
    body = re.search(
        rf"^{margin}(class|def) {name}\b.*?(?=^{margin}[^\s)]|\Z)", source, re.DOTALL | re.MULTILINE
    )
    assert body is not None, name
    return body.group()


def main() -> int:
    text = README.read_text()
    new = filled(text)
    if "--check" in sys.argv:
        return 0 if new == text else 1
    README.write_text(new)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
