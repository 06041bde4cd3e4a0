"""Numbers, words and defaults that the rooms are made with, against pages that are read in review.

Limits, pauses, widths of columns, tags of messages, what fields and arguments are if nobody says: none is
changed by a slip. What is new is on the pages when they are written next. After a change that is meant, write
them and read the difference::

    PENSTOCK_GOLDENS=write pytest tests/unit/test_settled_values.py
"""

from __future__ import annotations

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
_LONGEST = 200
"""Characters of a value that are shown; of the rest there is a checksum."""
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


@pytest.mark.skipif(not process.LINUX, reason="numbers of errors and flags are the system's")
@pytest.mark.parametrize("room", ROOMS)
def test_what_is_settled_is_what_it_was_when_it_was_read(room: str) -> None:
    file = FOLDER / f"{room}.txt"
    now = [line for path in sources(ROOT, room) for line in _module(path)]
    if os.environ.get("PENSTOCK_GOLDENS") == "write":
        file.write_text("\n".join(now) + "\n")
        pytest.skip("written")
    read = file.read_text().splitlines()
    assert [line for line in read if line not in set(now)] == []
    assert len(read) > 150


def _module(path: Path) -> Iterator[str]:
    if path.name == "__main__.py" or _OPTIONAL.search((ROOT / path).read_text()):
        return
    module = import_module(".".join(path.with_suffix("").parts[1:]).removesuffix(".__init__"))
    for name, value in vars(module).items():
        if _CONSTANT.fullmatch(name) and not isinstance(value, type | ModuleType) and _says(value):
            yield f"{module.__name__}.{name} = {_short(_shown(value))}"
    for value in vars(module).values():
        if isinstance(value, type | FunctionType) and value.__module__ == module.__name__:
            yield from _made(value)
        if isinstance(value, type) and value.__module__ == module.__name__:
            methods = (getattr(each, "__func__", each) for each in vars(value).values())
            written = not dataclasses.is_dataclass(value)
            for each in methods:
                if isinstance(each, FunctionType) and (written or not each.__name__.startswith("__")):
                    yield from _made(each)


def _made(value: type | FunctionType) -> Iterator[str]:
    """Say what a function's arguments or a class's fields are if nobody says."""
    said: list[str] = []
    if isinstance(value, FunctionType):
        found = inspect.signature(value).parameters.values()
        said = _defaults({each.name: each.default for each in found if each.default is not each.empty})
    elif issubclass(value, msgspec.Struct):
        config = value.__struct_config__
        said = [f"{config.tag_field} {config.tag}"] if config.tag is not None else []
        said += _defaults({each.encode_name: each.default for each in msgspec.structs.fields(value)})
    elif dataclasses.is_dataclass(value):
        said = ["frozen" if value.__dataclass_params__.frozen else "open"]  # type: ignore[attr-defined]
        said += _defaults({each.name: each.default for each in dataclasses.fields(value)})
    elif hasattr(value, "_field_defaults"):
        said = _defaults(value._field_defaults)
    if said:
        yield f"{value.__module__}.{value.__qualname__}: {', '.join(said)}"


def _defaults(found: Mapping[str, object]) -> list[str]:
    return [f"{name}={_shown(value)}" for name, value in found.items() if _says(value)]


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
    if isinstance(value, bytes) and len(value) > 80:
        return f"{len(value)} bytes"
    if value is None or isinstance(value, str | int | float | bytes):
        return repr(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return f"{type(value).__name__}({', '.join(_shown(getattr(value, each.name)) for each in fields)})"
    return str(getattr(value, "__qualname__", type(value).__qualname__))
