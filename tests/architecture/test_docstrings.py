"""What docstrings must say: a public function that raises says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from architecture.house import CORE, sources, tree

ROOMS = (
    "api", "attempts", "authoring", "importing", "loading", "model", "notifiers", "operators", "sensors",
    "service", "supervisor", "task_process", "testing", "timetable",
)  # fmt: skip
"""Where it holds; the docstrings of `cli` are what ``--help`` shows."""
REFUSING = {"refuse", "refuse_later", "refuse_unknown"}
"""Functions that raise `DagFileError`."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_public_function_that_raises_says_so(room: str) -> None:
    files = sources(CORE / room)
    assert files
    assert [f"{file.name}: {each}" for file in files for each in silent(tree(file))] == []


def test_silence_would_be_noticed() -> None:
    said = 'def {name}():\n    """{doc}"""\n    {body}\n'
    code = "".join(
        [
            said.format(name="one", doc="Do it.", body="raise ValueError"),
            said.format(name="two", doc="Raises ValueError.", body="raise ValueError"),
            said.format(name="three", doc="Do it.", body="refuse('no')"),
            said.format(name="_four", doc="Do it.", body="raise ValueError"),
            said.format(name="five", doc="Do it.", body="raise NotImplementedError"),
            "class Six:\n    def seven(self):\n        if self:\n            raise ValueError\n",
            "def eight():\n    def inner():\n        raise ValueError\n    return inner\n",
            "def nine():\n    try:\n        pass\n    except ValueError:\n        raise\n",
        ]
    )
    assert list(silent(ast.parse(code))) == ["one", "three", "Six.seven"]
    assert list(silent(ast.parse('"""Each raises ValueError."""\n' + code))) == []


def silent(module: ast.Module) -> Iterator[str]:
    """Yield the public functions that raise and do not say it; a module may say it once for each in it."""
    if "Each raises" not in (ast.get_docstring(module) or ""):
        yield from _silent(module, "")


def _silent(owner: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    for node in owner.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _silent(node, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            doc = (ast.get_docstring(node) or "").lower()
            if "raise" not in doc and "refus" not in doc and any(map(_raises, _inside(node))):
                yield f"{prefix}{node.name}"


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when the function itself is called."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _inside(child)


def _raises(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return node.exc is not None and "NotImplementedError" not in ast.unparse(node.exc)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSING
