"""The help of commands under ``python -OO``, which removes docstrings: it is read from the source."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import click


def fill_help(verb: click.Command) -> None:
    """Give *verb*, and the commands in it, the help that it has without ``-OO``."""
    if not verb.help and verb.callback is not None:
        verb.help = docstring_of(verb.callback)
    if isinstance(verb, click.Group):
        for inner in verb.commands.values():
            fill_help(inner)


def docstring_of(function: Callable[..., Any]) -> str | None:
    """Return the docstring of *function* from its source; None without source or docstring."""
    code = inspect.unwrap(function).__code__
    try:
        functions = _functions(code.co_filename)
    except (OSError, SyntaxError, ValueError):
        return None
    return functions.get((code.co_name, code.co_firstlineno))


@lru_cache
def _functions(file: str) -> dict[tuple[str, int], str | None]:
    tree = ast.parse(Path(file).read_bytes())
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name, first] = ast.get_docstring(node)
    return found
