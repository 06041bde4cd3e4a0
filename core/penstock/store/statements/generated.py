"""The files of `penstock.store.sql`, made from the statements of this room."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from penstock.store.query import Query, Write
from penstock.store.sqlite.core import expression_of, query_of

_HERE = Path(__file__).parent
FOLDER = _HERE.with_name("sql")
_NOT_STATEMENTS = {"__main__.py", "generated.py", "places.py", "rows.py"}
_WIDTH = 92


def files() -> dict[Path, str]:
    """Return each file of `penstock.store.sql` with the text that it should have."""
    found: dict[Path, str] = {}
    for path in sorted(_HERE.rglob("*.py")):
        place = path.relative_to(_HERE)
        if place.name == "__init__.py":
            found[FOLDER / place] = _package(place)
        elif place.name not in _NOT_STATEMENTS:
            module = import_module(".".join([__package__, *place.with_suffix("").parts]))
            found[FOLDER / place] = _file(module, path.read_text())
    return found


def _package(place: Path) -> str:
    name = ".".join([__package__, *place.parent.parts])
    return f'"""Statements as text, made from `{name}`: do not change them here."""\n'


def _file(module: ModuleType, source: str) -> str:
    lines = [f"{name} = {_value(getattr(module, name))}" for name in _names(source)]
    body = "\n".join(lines)
    used = [kind for kind in ("Query", "Table", "Write") if re.search(rf"\b{kind}\(", body)]
    uses = f"from penstock.store.query import {', '.join(used)}\n\n" if used else ""
    return (
        f'"""Made from `{module.__name__}` by `python -m {__package__}`: do not change it here."""\n\n'
        f"from __future__ import annotations\n\n{uses}{body}\n"
    )


def _names(source: str) -> Iterator[str]:
    """Yield the names that a file gives to statements, in their order."""
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(name, ast.Name) and name.id.isupper() and not name.id.startswith("_"):
                    yield name.id


def _value(value: Any) -> str:
    """Return the code of a value."""
    if isinstance(value, sa.Table):
        columns = [f"{column.name}={_kind(column)!r}" for column in value.c]
        return _call("Table", repr(str(value.name)), textwrap.fill(", ".join(columns), _WIDTH))
    if isinstance(value, Write):
        return _call("Write", _text(value.text), _text_of(value.names))
    if isinstance(value, Query):
        more = [f"{name}={getattr(value, name)!r}" for name in ("flags", "lists") if getattr(value, name)]
        columns = [_text_of(value.columns)] if value.columns else []
        return _call("Query", _text(value.text), *columns, *more)
    if isinstance(value, sa.ColumnElement | sa.TextClause):
        return _call("", _text(expression_of(value)))
    if isinstance(value, sa.Executable):
        return _value(query_of(value))
    if isinstance(value, Mapping):
        return _block("{", (f"{name!r}: {_value(each)},\n" for name, each in value.items()), "}")
    if isinstance(value, tuple):
        return _block("(", (f"{_value(each)},\n" for each in value), ")")
    assert isinstance(value, str | int), f"{value!r} cannot be written as text"
    return _call("", _text(value)) if isinstance(value, str) else repr(value)


def _call(name: str, *arguments: str) -> str:
    """Return a call; without a name only what is in its parentheses, in them if it has several lines."""
    short = f"{name}({', '.join(arguments)})" if name else arguments[0]
    if len(short) <= _WIDTH and "\n" not in short:
        return short
    return _block(f"{name}(", (f"{each}{',' if name else ''}\n" for each in arguments), ")")


def _block(opens: str, lines: Iterable[str], closes: str) -> str:
    return f"{opens}\n{textwrap.indent(''.join(lines), '    ')}{closes}"


def _text(text: str) -> str:
    """Return text as strings of one line each."""
    parts = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False, drop_whitespace=False)
    assert "".join(parts) == text
    return "\n".join(map(repr, parts))


def _text_of(names: tuple[str, ...]) -> str:
    return textwrap.fill(repr(names), _WIDTH)


def _kind(column: sa.Column[Any]) -> str:
    for kind, name in ((sa.Boolean, "bool"), (sa.Integer, "int"), (sa.Float, "float")):
        if isinstance(column.type, kind):
            return name + "?" * bool(column.nullable)
    return "str" + "?" * bool(column.nullable)
