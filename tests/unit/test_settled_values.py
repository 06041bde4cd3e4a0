"""Numbers, words and defaults that the rooms are made with, against pages that are read in review.

Limits, pauses, widths of columns, tags of messages, what fields and arguments are if nobody says: none gets
another value by a slip. What is new or gone is on the pages when they are written next. After a change that
is meant, write them and read the difference::

    PENSTOCK_GOLDENS=write pytest tests/unit/test_settled_values.py
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import os
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any
from zlib import crc32

import msgspec
import pytest
from mutants.rooms import ROOMS, sources

from penstock import process

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "golden" / "settled"
_OPTIONAL = re.compile(r"^(?:from|import) (?:distributed|dask|alembic|cryptography)\b", re.MULTILINE)
"""What imports these belongs to processes of its own, and is slow to import."""
_MOVES = {"SCHEMA_VERSION", "TYPE_CHECKING"}
"""What each migration raises, and another test holds; what nobody changes."""
_LONGEST = 200
"""Characters of a value that are shown; of the rest there is a checksum."""
_PLAIN = "plain"


@pytest.mark.skipif(not process.LINUX, reason="numbers of errors and flags are the system's")
@pytest.mark.parametrize("room", ROOMS)
def test_what_is_settled_has_the_value_that_it_had_when_it_was_read(room: str) -> None:
    file = FOLDER / f"{room}.txt"
    now = dict(pair for path in sources(ROOT, room) for pair in _module(path))
    if os.environ.get("PENSTOCK_GOLDENS") == "write":
        lines = [f"{name} = {value}\n" for name, value in now.items() if value != _PLAIN]
        file.write_text("".join(lines), encoding="utf-8")
        pytest.skip("written")
    read = dict(line.split(" = ", 1) for line in file.read_text(encoding="utf-8").splitlines())
    changed = {name: (value, now[name]) for name, value in read.items() if now.get(name, value) != value}
    assert changed == {}
    assert len(read.keys() & now.keys()) > 100


def _module(path: Path) -> Iterator[tuple[str, str]]:
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.name == "__main__.py" or _OPTIONAL.search(text):
        return
    module = import_module(".".join(path.with_suffix("").parts[1:]).removesuffix(".__init__"))
    short = module.__name__.partition(".")[2]
    for name in _constants(ast.parse(text)):
        value = vars(module).get(name)
        if _says(value) and name not in _MOVES:
            yield f"{short}.{name}", _short(_shown(value))
    for value in vars(module).values():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield from _named(short, value, _arguments(value))
        elif isinstance(value, type) and value.__module__ == module.__name__:
            yield f"{short}.{value.__qualname__}", _made(value)
            yield from _named(short, value, _fields(value))
            for each in vars(value).values():
                function = getattr(each, "__func__", each)
                if isinstance(function, FunctionType) and not _is_generated(value, function):
                    yield from _named(short, function, _arguments(function))


def _named(module: str, what: type | FunctionType, found: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if _says(value):
            yield f"{module}.{what.__qualname__}({name})", _short(_shown(value))


def _constants(module: ast.Module) -> Iterator[str]:
    """Yield the names that a module's own lines give a value to."""
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (each.id for each in targets if isinstance(each, ast.Name))


def _is_generated(kind: type, function: FunctionType) -> bool:
    return dataclasses.is_dataclass(kind) and function.__name__.startswith("__")


def _arguments(function: FunctionType) -> dict[str, object]:
    found = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in found if each.default is not each.empty}


def _made(kind: type) -> str:
    if issubclass(kind, msgspec.Struct):
        return f"struct {kind.__struct_config__.tag_field} {kind.__struct_config__.tag}"
    if dataclasses.is_dataclass(kind):
        return "frozen" if kind.__dataclass_params__.frozen else "open"  # type: ignore[attr-defined]
    return "enum" if issubclass(kind, enum.Enum) else _PLAIN


def _fields(kind: type) -> Mapping[str, object]:
    """Return what the fields of a class are if nobody says."""
    if issubclass(kind, msgspec.Struct):
        return {each.encode_name: each.default for each in msgspec.structs.fields(kind)}
    if dataclasses.is_dataclass(kind):
        return {each.name: each.default for each in dataclasses.fields(kind)}
    if issubclass(kind, enum.Enum):
        return {each.name: each.value for each in kind}
    return dict(getattr(kind, "_field_defaults", {}))


def _says(value: object) -> bool:
    """Whether it is more than that there is nothing."""
    return isinstance(value, bool | int | float | str | bytes | re.Pattern | enum.Enum) or (
        isinstance(value, tuple | list | Mapping | set | frozenset) and bool(value)
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... {len(text)} {crc32(text.encode()):x}"


def _shown(value: Any) -> str:
    """Return a value as it is the same in every Python and process."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, re.Pattern):
        return f"{value.pattern!r} {int(value.flags)}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_shown(key)}: {_shown(each)}" for key, each in value.items()) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(_shown, value))) + "}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(map(_shown, value)) + ")"
    if value is None or isinstance(value, str | int | float | bytes):
        return repr(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return f"{type(value).__name__}({', '.join(_shown(getattr(value, each.name)) for each in fields)})"
    named = getattr(value, "__qualname__", type(value).__qualname__)
    return f"{value.__name__}" if isinstance(value, ModuleType) else str(named)
