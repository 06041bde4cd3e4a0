"""What a read returned, as lines for people to read: each field that is not its default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

import msgspec


def lines(question: str, answer: Any) -> list[str]:
    """Return a question and its answer, a line for each row and one for each part of a page."""
    head = f"== {question}"
    if isinstance(answer, Exception):
        return [head, f"{type(answer).__name__}: {answer}"]
    return [head, *_rows(answer)]


def asked(question: str, ask: Any, *values: Any, **named: Any) -> list[str]:
    """Ask, and return the question and its answer; an error is an answer."""
    words = [word(each) for each in values] + [f"{name}={word(each)}" for name, each in named.items()]
    try:
        answer = ask(*values, **named)
    except Exception as error:
        answer = error
    return lines(f"{question}({', '.join(words)})", answer)


def word(value: Any) -> str:
    """Return any value in one line."""
    if isinstance(value, datetime):
        text = value.isoformat(sep=" ").removeprefix("2026-")
        return text.removesuffix("+00:00").removesuffix(":00")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, msgspec.Struct):
        return f"{type(value).__name__}({', '.join(_fields(value))})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(sorted(f"{word(key)}: {word(each)}" for key, each in value.items())) + "}"
    if isinstance(value, frozenset | set):
        return "{" + ", ".join(sorted(map(word, value))) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(word, value)) + "]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value) if isinstance(value, str) and value.isprintable() and value else repr(value)


def _fields(value: msgspec.Struct) -> Iterable[str]:
    for field in msgspec.structs.fields(value):
        found = getattr(value, field.name)
        if field.default is msgspec.NODEFAULT:
            empty = field.default_factory is not msgspec.NODEFAULT and not found
            usual = empty
        else:
            usual = found == field.default and type(found) is type(field.default)
        if not usual:
            yield f"{field.name}={word(found)}"


def _rows(answer: Any) -> Iterable[str]:
    if isinstance(answer, Mapping):
        return sorted(f"  {word(key)}: {word(each)}" for key, each in answer.items()) or ["  {}"]
    if isinstance(answer, list | tuple) and not hasattr(answer, "_fields"):
        return [f"  {word(each)}" for each in answer] or ["  []"]
    if isinstance(answer, msgspec.Struct):
        found = []
        for field in _fields(answer):
            name, _, _ = field.partition("=")
            whole = getattr(answer, name)
            if isinstance(whole, list | tuple) and whole and isinstance(whole[0], msgspec.Struct):
                found += [f"  {name}:", *(f"    {word(each)}" for each in whole)]
            else:
                found.append(f"  {field}")
        return found or ["  (nothing)"]
    return [f"  {word(answer)}"]
