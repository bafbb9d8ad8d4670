"""Nothing that a spec says becomes code; and a file that has more than it may is refused."""

from __future__ import annotations

import ast
import builtins
import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from backends.pytorch import build, safety
from categorical import Dim, Real, op
from categorical.graph import Builder
from categorical.records import Op

EVIL = [
    "x); import os; os.system('id') #",
    "x\nimport os\nos.system('id')",
    "x'''; import os",
    'x"""; import os; """',
    '"""',
    '"',
    "\\",
    '\\"\\"\\"',
    "\\\n",
    "{__import__('os').system('id')}",
    "{self.__class__}",
    "f'{1+1}'",
    "__class__",
    "__init__",
    "__import__",
    "__builtins__",
    "lambda",
    "import",
    "None",
    "True",
    "self",
    "torch",
    "nn",
    "F",
    "Config",
    "config",
    "forward",
    "parameters",
    "training",
    "state_dict",
    "to",
    "half",
    "exec",
    "eval",
    "open",
    "print",
    "ﬁ",
    "ｅｖａｌ",
    "x\u202eevil",
    "x\u2066; import os",
    "x\x00y",
    "x\r\nimport os",
    "x\u2028import os",
    "x\x0cimport os",
    "\ufeffimport os",
    "0day",
    "",
    " ",
    "-",
    "🙂",
    "a" * 500,
    "x: Tensor = torch.load('p')",
    "%s %d %(x)s",
    "{{ 7 * 7 }}{% for x in y %}",
    "# type: ignore",
]

n, c = Dim.named("n c")


def evil_graph(text: str):
    """A graph whose names and texts are all the given one (typing refuses most of them earlier)."""
    builder = Builder()
    x = builder.input(Real[n, c], text)
    (y,) = builder.apply(op.linear(c, c).op, (x,), text)
    builder.graph.names[y] = text
    (z,) = builder.apply(op.tanh.op, (y,))
    builder.graph.names[z] = text
    return builder.finish([z], text, text)


def strings(tree: ast.AST) -> set[str]:
    return {
        x.value for x in ast.walk(tree) if isinstance(x, ast.Constant) and isinstance(x.value, str)
    }


def skeleton(source: str) -> str:
    """The shape of a file: its syntax with names and strings blanked."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for field in ("id", "name", "attr", "arg"):
            if isinstance(getattr(node, field, None), str):
                setattr(node, field, "name")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = "text"
    return ast.dump(tree)


PLAIN = skeleton(build(evil_graph("plain"), {"c": 3}, "plain", validate=False).source)


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_names_and_texts_cannot_inject(text: str) -> None:
    graph = evil_graph(text)
    made = build(graph, {"c": 3}, text, [text], regenerate=text, validate=False)
    tree = ast.parse(made.source)
    assert {type(x).__name__ for x in tree.body} <= {
        "Expr", "Import", "ImportFrom", "ClassDef", "FunctionDef", "If"
    }  # fmt: skip
    if "." not in text:  # a dot in the name of a weight makes a module that holds it
        assert skeleton(made.source) == PLAIN
    assert all(ord(x) >= 32 or x == "\n" for x in made.source)
    assert not any(0x202A <= ord(x) <= 0x202E or 0x2066 <= ord(x) <= 0x2069 for x in made.source)
    module = made.module()
    assert module(torch.zeros(2, 3)).shape == (2, 3)


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_identifiers_are_identifiers(text: str) -> None:
    for make in (safety.identifier, safety.variable, safety.attribute, safety.class_name):
        name = make(text)
        assert name.isidentifier() and name.isascii() and "__" not in name
        assert name not in (
            "lambda",
            "import",
            "None",
            "True",
            "self",
            "torch",
            "nn",
            "F",
            "Config",
        )
    assert not hasattr(builtins, safety.variable(text))
    assert not hasattr(torch.nn.Module, safety.attribute(text))


def test_reserved_attributes_are_those_of_torch() -> None:
    public = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert public <= safety.MODULE_ATTRIBUTES


@given(st.text())
def test_texts_stay_texts(text: str) -> None:
    assert safety.identifier(text).isidentifier()
    assert isinstance(ast.literal_eval(safety.string(text)), str)
    block = f'"""{safety.docstring(text)}\n"""'
    tree = ast.parse(block)
    assert len(tree.body) == 1 and isinstance(tree.body[0].value, ast.Constant)
    assert "\n" not in safety.comment(text)
    assert ast.parse(f"x = 1  # {safety.comment(text)}\n").body[0].lineno == 1


words = st.text(st.characters(min_codepoint=32, max_codepoint=126))
numbers = st.one_of(st.integers(), st.floats(allow_nan=False), st.booleans(), st.none(), words)


@given(st.one_of(numbers, st.tuples(numbers, numbers), st.tuples(numbers)))
def test_a_literal_is_its_value(value: object) -> None:
    assert eval(safety.literal(value), {"float": float}) == value


def test_numbers_that_are_not_plain() -> None:
    assert eval(safety.literal(float("-inf"))) == -math.inf
    assert math.isnan(eval(safety.literal(float("nan"))))
    assert safety.literal(Fraction(1, 2)) == "0.5" and safety.literal(Fraction(4, 2)) == "2"
    for value in (object(), {1: 2}, [object()], lambda: None):
        with pytest.raises(TypeError):
            safety.literal(value)


REFUSED = [
    "import os",
    "import torch.hub",
    "from os import system",
    "from torch import load",
    "from . import x",
    "import torch\ntorch.load('x')",
    "import torch\ndef f():\n    other = torch\n    return other.load('x')",
    "from torch import nn\ndef f():\n    return nn.modules.torch.load('x')",
    "import torch\ndef f(g=torch):\n    return g.load('x')",
    "import torch\ndef f():\n    return torch.nn._reduction",
    "import sys\ndef f():\n    return [x.modules for x in (sys,)]",
    "import torch\ntorch.hub.load('x')",
    "def f():\n    return eval('1')",
    "def f():\n    return exec('1')",
    "def f():\n    return open('x')",
    "def f():\n    return getattr(f, 'x')",
    "def f():\n    return __import__('os')",
    "def f():\n    return f.__globals__",
    "def f():\n    return ().__class__.__bases__[0].__subclasses__()",
    "def f():\n    return [f][0]()",
    "def f():\n    global x",
    "def f():\n    del f",
    "async def f():\n    pass",
    "def f():\n    yield 1",
    "f = print('on import')",
    "print('on import')",
    "for i in range(3):\n    pass",
    "import sys\ndef f():\n    return sys.modules",
    "import shutil\ndef f():\n    shutil.rmtree('/')",
    "def torch():\n    pass",
    "def __getattr__(name):\n    pass",
    "if True:\n    pass",
    "def f(:",
    "import torch\nx = torch.ops",
    "def f():\n    return vars()",
    "def f():\n    return compile('1', '', 'eval')",
    "def f():\n    with open('x') as y:\n        pass",
]


@pytest.mark.parametrize("source", REFUSED)
def test_the_allow_list_refuses(source: str) -> None:
    with pytest.raises(safety.Unsafe):
        safety.check_source(source)


def test_the_allow_list_accepts_a_generated_file() -> None:
    safety.check_source(build(evil_graph("plain"), {"c": 3}, "plain", validate=False).source)


def test_attributes_of_an_op_are_literals() -> None:
    graph = (op.scale(0.1) >> op.leaky_relu(0.2)).at(Real[n]).graph()
    text = build(graph, {}, "numbers").source
    assert "* 0.1" in text and "F.leaky_relu(scale, 0.2)" in text
    bad = Op(op.scale(2.0).op.generator, by="1); import os; (")
    builder = Builder()
    x = builder.input(Real[n], "x")
    (y,) = builder.apply(bad, (x,))
    source = build(builder.finish([y], "bad"), {}, "bad", validate=False).source
    assert '"1); import os; ("' in source
