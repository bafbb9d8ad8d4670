"""Safety: nothing that a spec says can become code of its own.

Definition.  Three filters stand between a spec and the generated file.  Names go through
``identifier`` (ASCII letters, digits and single underscores, no keyword, no reserved name); values
through ``literal`` (the ``repr`` of numbers, strings and tuples of them); free text through
``docstring`` and ``comment``.  ``check_source`` then parses the whole file and accepts only what
generated files need.

Laws.  ``identifier`` returns an identifier whatever it is given.  A literal evaluates to its value.
A docstring is one string token.  ``check_source`` does not look at where text came from, so an
error in the first filters is still caught.

>>> identifier("x); import os; ("), identifier("__class__"), identifier("lambda"), identifier("ﬁ")
('x_import_os', 'class_', 'lambda_', 'fi')
>>> literal((1, 0.5, float("inf"), "a'b"))
'(1, 0.5, float("inf"), "a\\'b")'

Rejected: a file that imports something else, or touches a private name.

>>> check_source("import os")
Traceback (most recent call last):
...
backends.pytorch.safety.Unsafe: line 1: `import os` is not allowed in a generated file
>>> check_source("import torch\\ntorch.nn.__builtins__")
Traceback (most recent call last):
...
backends.pytorch.safety.Unsafe: line 2: the private attribute `__builtins__`
"""

from __future__ import annotations

import ast
import builtins
import keyword
import math
import re
import unicodedata
from fractions import Fraction
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Names that generated files use themselves.
GLOBALS = _words(
    """
    torch nn F math sys shutil self Tensor Config dataclass config described is_real is_complex
    is_fin is_bool check_inside check_state check_lengths stack_rows Training
    """
)

#: Public attributes of ``torch.nn.Module`` (a weight of such a name would hide them).
MODULE_ATTRIBUTES = _words(
    """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu
    cuda double dump_patches eval extra_repr float forward get_buffer get_extra_state
    get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers
    named_children named_modules named_parameters parameters register_backward_hook
    register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook
    requires_grad_ reset_parameters set_extra_state set_submodule share_memory state_dict
    to to_empty train training type xpu zero_grad config
    """
)

_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))


def identifier(text: str, taken: frozenset[str] = frozenset()) -> str:
    """An ASCII identifier that reads like ``text`` and is not reserved or taken."""
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:80] or "x"
    if name[0].isdigit():
        name = f"x{name}"
    if (
        keyword.iskeyword(name)
        or keyword.issoftkeyword(name)
        or name in GLOBALS
        or text.startswith("__")
    ):
        name += "_"
    if name in taken:
        count = 2
        while f"{name.rstrip('_')}_{count}" in taken:
            count += 1
        name = f"{name.rstrip('_')}_{count}"
    return name


def variable(text: str, taken: frozenset[str] = frozenset()) -> str:
    """An identifier for a local variable: builtins are not hidden."""
    name = identifier(text)
    return (
        identifier(f"{name}_" if name in _BUILTINS else name, taken)
        if name not in _BUILTINS
        else (_free(f"{name}_", taken))
    )


def _free(name: str, taken: frozenset[str]) -> str:
    if name not in taken:
        return name
    count = 2
    while f"{name}{count}" in taken:
        count += 1
    return f"{name}{count}"


def attribute(text: str, taken: frozenset[str] = frozenset()) -> str:
    """An identifier for an attribute of a module."""
    name = identifier(text)
    return _free(f"{name}_", taken) if name in MODULE_ATTRIBUTES else _free(name, taken)


def class_name(text: str, taken: frozenset[str] = frozenset()) -> str:
    """CamelCase: ``deep_sets`` is ``DeepSets``."""
    parts = [p for p in identifier(text).split("_") if p]
    name = "".join(p[0].upper() + p[1:] for p in parts) or "Model"
    if name in GLOBALS or name in _BUILTINS or keyword.iskeyword(name):
        name += "Module"
    base, count = name, 2
    while name in taken:
        name, count = f"{base}{count}", count + 1
    return name


def literal(value: Any) -> str:
    """Python source of a number, a string, ``None`` or a tuple of such."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, Fraction):
        value = value.numerator if value.denominator == 1 else float(value)
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(float(value))
        return f'float("{float(value)!r}")'
    if isinstance(value, complex):
        return repr(complex(value))
    if isinstance(value, str):
        return string(value)
    if isinstance(value, (tuple, list)):
        inner = [literal(v) for v in value]
        return f"({inner[0]},)" if len(inner) == 1 else f"({', '.join(inner)})"
    raise TypeError(f"{type(value).__name__} has no literal")


def string(text: str) -> str:
    """A string literal in double quotes where that needs no escapes."""
    text = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
    body = repr(text)
    if body[0] == "'" and '"' not in body and "\\'" not in body:
        return f'"{body[1:-1]}"'
    return body


def prose(text: str) -> str:
    """Free text as one line without control or direction-changing characters."""
    kept = "".join(
        c if c.isprintable() else " " for c in str(text) if unicodedata.category(c) != "Cf"
    )
    return kept.strip()


def docstring(text: str) -> str:
    """Free text that may stand between triple quotes; line ends are kept."""
    lines = []
    for line in str(text).splitlines():
        indent = len(line) - len(line.lstrip(" "))
        lines.append(" " * indent + prose(line).replace("\\", "\\\\") if line.strip() else "")
    whole = "\n".join(lines).strip().replace('""', "''")
    return f"'{whole[1:]}" if whole.startswith('"') else whole


def comment(text: str) -> str:
    """Free text that may stand behind ``# ``."""
    return prose(text)


# --- the allow-list -----------------------------------------------------------------------------


class Unsafe(ValueError):
    """The generated text has a construct that generated files do not have."""


_NODES = (
    ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.ClassDef, ast.FunctionDef,
    ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For,
    ast.If, ast.IfExp, ast.While, ast.With, ast.withitem, ast.Raise, ast.Assert, ast.Expr,
    ast.Call, ast.keyword, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Constant,
    ast.Tuple, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.GeneratorExp, ast.DictComp,
    ast.SetComp, ast.comprehension, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
    ast.JoinedStr, ast.FormattedValue, ast.Starred, ast.Load, ast.Store, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop, ast.Pass, ast.Try, ast.ExceptHandler, ast.Lambda,
    ast.Break, ast.Continue,
)  # fmt: skip

_IMPORTS = {"torch", "math", "sys", "shutil", "torch.nn.functional"}
_FROM = {
    "dataclasses": {"dataclass"},
    "torch": {"Tensor", "nn"},
    "torch.nn": {"functional"},
}
_CALLS = _words(
    """
    super len range zip enumerate tuple list dict int float bool isinstance ValueError
    print min max sum abs any all reversed sorted dataclass str round AssertionError
    RuntimeError TypeError set type
    """
)
_MODULES = frozenset(("torch", "nn", "F", "math", "sys", "shutil"))
_DUNDER = frozenset(("__init__", "__post_init__", "__name__"))
_FORBIDDEN_ATTRIBUTES = _words(
    """
    load save hub jit system popen package utils_cpp_extension ops library classes mtypes
    multiprocessing distributed _C f_globals gi_frame func_globals mro
    """
)


def check_source(source: str, trusted: frozenset[tuple[str, str]] = frozenset()) -> ast.Module:
    """Parse a generated file; ``Unsafe`` where it has a construct that is not on the list.

    ``trusted`` are the (module, function) pairs that the spec names itself, for opaque functions.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as problem:
        raise Unsafe(f"line {problem.lineno}: not Python: {problem.msg}") from None
    functions = (ast.FunctionDef, ast.ClassDef)
    nodes = list(ast.walk(tree))
    defined = {n.name for n in nodes if isinstance(n, functions)}
    local = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    local |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    defined |= {function for _, function in trusted}
    callable_ = defined | _CALLS | local
    for node in nodes:
        line = f"line {getattr(node, 'lineno', 0)}"
        if not isinstance(node, _NODES):
            raise Unsafe(f"{line}: {type(node).__name__} is not allowed in a generated file")
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in _IMPORTS:
                    raise Unsafe(
                        f"{line}: `import {alias.name}` is not allowed in a generated file"
                    )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (node.module, alias.name) in trusted and not node.level:
                    continue
                if node.level or alias.name not in _FROM.get(node.module or "", ()):
                    raise Unsafe(f"{line}: `from {node.module} import {alias.name}` is not allowed")
        elif isinstance(node, ast.Attribute):
            _attribute(line, node)
        elif isinstance(node, ast.Name) and node.id.startswith("__") and node.id not in _DUNDER:
            raise Unsafe(f"{line}: the private name `{node.id}`")
        elif isinstance(node, ast.FunctionDef):
            if node.name.startswith("__") and node.name not in _DUNDER:
                raise Unsafe(f"{line}: the private function `{node.name}`")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id not in callable_:
                raise Unsafe(f"{line}: a call of `{node.func.id}`")
            if node.func.id == "type" and not _of_one(node):
                raise Unsafe(f"{line}: `type` makes a class")
            if node.func.id in _BUILTINS and node.func.id not in _CALLS:
                raise Unsafe(f"{line}: a call of `{node.func.id}`")
        elif isinstance(node, ast.Call) and not isinstance(node.func, (ast.Attribute, ast.Call)):
            raise Unsafe(f"{line}: a call of a computed function")
    for name in (defined | local) & _MODULES:
        raise Unsafe(f"the file redefines `{name}`")
    bases = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in _MODULES and id(node) not in bases:
            raise Unsafe(f"line {node.lineno}: `{node.id}` stands alone")
    _only_declarations(tree)
    return tree


def _of_one(node: ast.Call) -> bool:
    """Whether ``type`` is asked for a class, and does not make one."""
    one = len(node.args) == 1 and not node.keywords
    return one and not isinstance(node.args[0], ast.Starred)


def _attribute(line: str, node: ast.Attribute) -> None:
    if node.attr.startswith("_") and node.attr not in _DUNDER:
        raise Unsafe(f"{line}: the private attribute `{node.attr}`")
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id in _MODULES and node.attr in _FORBIDDEN_ATTRIBUTES:
        raise Unsafe(f"{line}: `{ast.unparse(node)}`")
    if isinstance(node.value, ast.Name):
        if node.value.id == "sys" and node.attr not in ("argv", "exit"):
            raise Unsafe(f"{line}: `sys.{node.attr}`")
        if node.value.id == "shutil" and node.attr != "which":
            raise Unsafe(f"{line}: `shutil.{node.attr}`")


def _only_declarations(tree: ast.Module) -> None:
    """Nothing runs when the file is imported, but for constants and decorators."""
    for place, node in enumerate(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef)):
            continue
        constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if constant and place == 0:
            continue
        if isinstance(node, ast.Assign) and not any(
            isinstance(n, ast.Call) for n in ast.walk(node.value)
        ):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'":
            continue
        raise Unsafe(f"line {node.lineno}: a statement that runs on import")
